"""The customer's notice of a decision: what was done, why in words, what would change it, how to complain."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions import text_of, type_name
from postloan_rules.policy.conditions import leaves, named
from postloan_rules.policy.periods import after
from postloan_rules.policy.reasons import MOST
from postloan_rules.problems import Problem, in_order, render
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postloan_rules.decisions.decision import ChosenResponse, Decision
    from postloan_rules.expressions import Type
    from postloan_rules.policy.model import Policy, Response, Trigger
    from postloan_rules.policy.reasons import Reason
    from postloan_rules.snapshot import Snapshot

__all__ = ["Action", "Line", "Notice", "NoticeInvalid", "ToldReason", "amount_of", "masked", "notice_of"]

_SHOWN = 4
"""So many characters of an account's number are shown."""
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class NoticeInvalid(Exception):  # noqa: N818 - a finding with its problems, like those of policies and snapshots
    """A notice that can't be written, with everything that stands in its way."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


@frozen
class Line:
    """A value with its name, both in words."""

    name: str
    value: str


@frozen
class Action:
    """Something that was done, and for which account (the last characters of its number)."""

    title: str
    account: str | None
    values: tuple[Line, ...]
    effective: str | None
    """From which day, where the policy says so."""
    because: tuple[str, ...]
    """What it was decided by; empty unless the policy discloses it."""
    limits: tuple[Line, ...]
    """The limits that it was decided by; empty unless the policy discloses them."""


@frozen
class ToldReason:
    """A reason in the customer's words, and what would change it."""

    code: str
    text: str
    improve: str | None


@frozen
class Notice:
    """All that a notice says, as texts in one language."""

    language: str
    date: str
    reference: str
    """Tells the bank which decision it is about; says nothing of the customer."""
    actions: tuple[Action, ...]
    reasons: tuple[ToldReason, ...]
    """The principal ones, at most four."""
    more: int
    """How many reasons there are besides."""
    improve: tuple[str, ...]
    complain: str


def notice_of(policy: Policy, snapshot: Snapshot, decision: Decision, language: str) -> Notice | None:
    """The notice of a decision; None when nothing in it is against the customer.

    Raises:
        NoticeInvalid: where a principal reason is not one for customers of this jurisdiction.
    """
    adverse = [each for each in decision.responses if each.adverse]
    if not adverse:
        return None
    writing = _Writing(policy, snapshot, decision, language)
    codes = decision.reasons[:MOST]
    reasons = writing.reasons(codes)
    return Notice(
        language=language,
        date=_day(decision.as_of, language),
        reference=f"{decision.version}-{decision.snapshot_fingerprint.removeprefix('sha256:')[:12]}",
        actions=tuple(writing.action(each) for each in adverse),
        reasons=reasons,
        more=len(decision.reasons) - len(codes),
        improve=tuple(dict.fromkeys(each.improve for each in reasons if each.improve is not None)),
        complain=policy.catalogue.how_to_complain(snapshot.jurisdiction).in_language(language),
    )


@frozen
class _Writing:
    policy: Policy
    snapshot: Snapshot
    decision: Decision
    language: str

    def reasons(self, codes: Iterable[str]) -> tuple[ToldReason, ...]:
        jurisdiction = self.snapshot.jurisdiction
        # INVARIANT: the loader lets no code through that the catalogue lacks.
        found = [self.policy.catalogue.reasons[code] for code in codes]
        problems = [_elsewhere(each, jurisdiction) for each in found if not each.told_in(jurisdiction)]
        if problems:
            raise NoticeInvalid(problems)
        return tuple(self._told(each) for each in found)

    def _told(self, reason: Reason) -> ToldReason:
        improve = reason.improve.in_language(self.language) if reason.improve is not None else None
        return ToldReason(reason.code, reason.wording.in_language(self.language), improve)

    def action(self, chosen: ChosenResponse) -> Action:
        response = self.policy.responses[chosen.response]
        title = response.title.in_language(self.language) if response.title is not None else None
        types = {each.name: each.type for each in response.parameters}
        disclosed = list(self._fired(chosen)) if response.disclose else []
        return Action(
            title=title or _spoken(response.name),
            account=masked(chosen.account_id) if chosen.account_id is not None else None,
            values=tuple(
                Line(self._name(name), self._value(value, types[name]))
                for name, value in chosen.parameters.items()
            ),
            effective=self._effective(response),
            because=tuple(self._because(disclosed, chosen)),
            limits=tuple(dict.fromkeys(self._limits(disclosed))),
        )

    def _name(self, parameter: str) -> str:
        words = self.policy.catalogue.parameters.get(parameter)
        return words.in_language(self.language) if words is not None else _spoken(parameter)

    def _value(self, value: object, kind: Type) -> str:
        return amount_of(value, kind, self.policy.currency, self.language)

    def _effective(self, response: Response) -> str | None:
        period = response.notice.before if response.notice is not None else None
        if period is None:
            return None
        length = period.length or 0
        if period.parameter is not None:
            length = int(str(self._parameter(period.parameter)))
        return _day(after(self.decision.as_of, length, period.unit), self.language)

    def _parameter(self, name: str) -> object:
        found = next(each for each in self.policy.parameters if each.name == name)
        return found.on(self.decision.as_of)

    def _fired(self, chosen: ChosenResponse) -> Iterator[Trigger]:
        """The triggers that fired and that the response's rules name."""
        of_rules = {
            each.trigger
            for rule in self.policy.rules
            if rule.id in chosen.rules and chosen.response in rule.responses
            for each in named(rule.condition)
        }
        fired = set(self.decision.fired(chosen.account_id)) | {
            each.trigger
            for each in self.decision.triggers
            if each.account_id is None and each.state == "fired"
        }
        for trigger in self.policy.triggers:
            if trigger.name in of_rules & fired:
                yield trigger

    def _because(self, triggers: list[Trigger], chosen: ChosenResponse) -> Iterator[str]:
        names = {trigger.name for trigger in triggers}
        mine = (None, chosen.account_id)
        for each in self.decision.trace.triggers if names else ():
            if each.trigger in names and (chosen.account_id is None or each.account_id in mine):
                said = each.because.get(self.language) or each.because.get("en")
                if said:
                    yield said

    def _limits(self, triggers: list[Trigger]) -> Iterator[Line]:
        """The parameters that the triggers' conditions compare with."""
        read = {
            name for each in triggers for leaf in leaves(each.condition) for name in leaf.expression.reads
        }
        for parameter in self.policy.parameters:
            if parameter.name in read:
                note = parameter.note.in_language(self.language) if parameter.note is not None else None
                value = self._value(parameter.on(self.decision.as_of), parameter.type)
                yield Line(note or _spoken(parameter.name), value)


def masked(account_id: str) -> str:
    """An account's number with all but its last four characters hidden; of a short one, half of it."""
    shown = _SHOWN if len(account_id) > _SHOWN else len(account_id) // 2
    return "****" + (account_id[-shown:] if shown else "")


def amount_of(value: object, kind: Type, currency: str, language: str) -> str:
    """A value as it is written to customers: with its unit, and in the form of the language."""
    chinese = language == "zh"
    match value:
        case None:
            return "未知" if chinese else "not known"
        case bool():
            return ("是" if value else "否") if chinese else ("yes" if value else "no")
        case dt.date():
            return _day(value, language)
        case Decimal():
            return _number(value, type_name(kind), currency, language)
        case _:
            return text_of(value) or str(value)


def _number(value: Decimal, kind: str, currency: str, language: str) -> str:
    chinese = language == "zh"
    if kind == "money":
        amount = f"{value:,.{minor_digits(currency)}f}"
        return f"人民币{amount}元" if chinese and currency == "CNY" else f"{currency} {amount}"
    if kind == "ratio":
        return f"{_plain(value * 100)}%"
    if kind in ("days", "months"):
        if chinese:
            return f"{_plain(value)}{'天' if kind == 'days' else '个月'}"
        return f"{_plain(value)} {kind.removesuffix('s') if value == 1 else kind}"
    return _plain(value)


def _plain(value: Decimal) -> str:
    return f"{Decimal(f'{value.normalize():f}'):,}"


def _day(day: dt.date, language: str) -> str:
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _elsewhere(reason: Reason, jurisdiction: str) -> Problem:
    message = f"the reason `{reason.code}` is not one for customers in {jurisdiction}"
    help_ = (
        f"it is for {', '.join(reason.jurisdictions)}: give the response another reason, or widen this one"
    )
    return Problem("PR0385", message, reason.span, help_)
