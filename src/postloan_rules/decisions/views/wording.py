"""The words of the views, in English and Chinese, from gettext catalogues."""

from __future__ import annotations

import datetime as dt
import gettext
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.decisions.decision import Cause
from postloan_rules.decisions.triggers import State
from postloan_rules.decisions.views.numerals import Numerals
from postloan_rules.decisions.views.view import Value
from postloan_rules.decisions.views.visible import visible
from postloan_rules.expressions import ListType, text_of, type_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.decisions.distance import Direction
    from postloan_rules.decisions.views.reasons import (
        DistanceView,
        GapView,
        ReasonView,
        RuleGapView,
        WhyNotView,
    )
    from postloan_rules.decisions.views.view import Line, TriggerView, Truth, View, WithheldView
    from postloan_rules.expressions import Type
    from postloan_rules.policy.model import Words

__all__ = ["DOMAIN", "LANGUAGES", "LOCALE", "Wording"]

LANGUAGES = ("en", "zh")
DOMAIN = "postloan_rules"
LOCALE = Path(__file__).parents[2] / "locale"
"""Where the catalogues are."""

_ITEMS = 5
"""So many members of a list are shown."""


def _later(message: str) -> str:
    """Mark a message that is put in the language where it is used."""
    return message


_STATES: Mapping[State, str] = {
    State.FIRED: _later("fired"),
    State.NOT_FIRED: _later("not fired"),
    State.UNKNOWN: _later("unknown"),
}
_TRUTHS: Mapping[Truth, str] = {
    "true": _later("true"),
    "false": _later("false"),
    "unknown": _later("unknown"),
}
_RULES: Mapping[Truth, str] = {
    "true": _later("holds"),
    "false": _later("does not hold"),
    "unknown": _later("unknown"),
}
_KINDS: Mapping[str, str] = {
    "any": _later("any of"),
    "all": _later("all of"),
    "none": _later("none of"),
    "fact": _later("fact"),
    "parameter": _later("parameter"),
    "input": _later("input"),
    "trigger": _later("trigger"),
    "event": _later("event"),
    "pattern": _later("pattern of events"),
    "table": _later("table"),
    "points": _later("points"),
}

_BY: Mapping[Direction, str] = {
    "more": _later("{of} would have to be {amount} more"),
    "less": _later("{of} would have to be {amount} less"),
    "later": _later("{of} would have to be {amount} later"),
    "earlier": _later("{of} would have to be {amount} earlier"),
}
_BEYOND: Mapping[Direction, str] = {
    "more": _later("{of} would have to be over {amount} more"),
    "less": _later("{of} would have to be over {amount} less"),
    "later": _later("{of} would have to be over {amount} later"),
    "earlier": _later("{of} would have to be over {amount} earlier"),
}
_SLIGHTLY: Mapping[Direction, str] = {
    "more": _later("{of} would have to be more than it is, however little"),
    "less": _later("{of} would have to be less than it is, however little"),
    "later": _later("{of} would have to be later than it is, however little"),
    "earlier": _later("{of} would have to be earlier than it is, however little"),
}


class Wording:
    """One language: its words, and its way to write values."""

    def __init__(self, language: str, currency: str) -> None:
        self.language = language
        self._catalogue = _catalogue(language)
        self.numerals = Numerals(language, currency)

    def say(self, message: str, **parts: object) -> str:
        """A message in this language, its parts filled in."""
        return self._catalogue.gettext(message).format(**parts)

    def count(self, one: str, many: str, number: Decimal | int) -> str:
        """A message about a number of things."""
        chosen = self._catalogue.ngettext(one, many, 1 if number == 1 else 2)
        return chosen.format(n=self.numerals.number(Decimal(number)))

    def words(self, words: Words | None, name: str) -> str:
        """A text of the policy in this language, or else the name of what it is about."""
        return visible(words.in_language(self.language)) if words is not None else visible(name)

    def state(self, state: State) -> str:
        """What became of a trigger."""
        return self.say(_STATES[state])

    def holds(self, truth: Truth) -> str:
        """Whether a rule holds."""
        return self.say(_RULES[truth])

    def truth(self, truth: Truth) -> str:
        """True, false or unknown."""
        return self.say(_TRUTHS[truth])

    def kind(self, kind: str) -> str | None:
        """What kind of thing a line is; None for conditions and fields, which speak for themselves."""
        return self.say(_KINDS[kind]) if kind in _KINDS else None

    def value(self, value: Value) -> str:
        """A value in words."""
        if value.mask is not None:
            return visible(value.mask)
        if value.truth is not None:
            return self.truth(value.truth)
        return self._known(value.known, value.type)

    def _known(self, known: object, type_: Type | None) -> str:
        match known:
            case int() | Decimal():
                return self._quantity(Decimal(known), type_name(type_) if type_ is not None else "")
            case dt.datetime():
                return self.numerals.moment(known)
            case dt.date():
                return self.numerals.day(known)
            case tuple():
                return self._list(known, type_.item if isinstance(type_, ListType) else None)
            case _:
                text = text_of(known)
                return visible(text) if text is not None else self.say("a record")

    def _quantity(self, number: Decimal, unit: str) -> str:
        match unit:
            case "money":
                return self.numerals.money(number)
            case "days":
                return self.count("{n} day", "{n} days", number)
            case "months":
                return self.count("{n} month", "{n} months", number)
            case _:
                return self.numerals.number(number)

    def _list(self, items: tuple[object, ...], type_: Type | None) -> str:
        if not items:
            return self.say("none")
        if any(item is not None and text_of(item) is None for item in items):
            return self.count("{n} record", "{n} records", len(items))
        texts = [self.value(Value(item, type_)) for item in items[:_ITEMS]]
        if len(items) > _ITEMS:
            texts.append(self.say("{n} more", n=len(items) - _ITEMS))
        return self.say(", ").join(texts)

    def line(self, line: Line) -> str:
        """What a line is about, as its author wrote it."""
        match line.kind:
            case "any" | "all" | "none" if line.text == line.kind:
                return self.say(_KINDS[line.kind])
            case "due":
                return self.say("day on which the next review is due")
            case "events":
                return self.say("new events of type {type}", type=line.text)
            case "event":
                return f"{line.text} {line.record}" if line.record is not None else line.text
            case "row":
                return self.say("row {number}", number=line.text)
            case _:
                return line.text

    def said(self, trigger: TriggerView) -> str:
        """What the policy says of a trigger that fired; empty if it says nothing."""
        pieces = trigger.said.get(self.language) or trigger.said.get("en")
        if pieces is None:
            pieces = next(iter(trigger.said.values()), ())
        return "".join(
            visible(piece) if isinstance(piece, str) else self._within_text(piece) for piece in pieces
        )

    def _within_text(self, value: Value) -> str:
        """A value in a text of the policy, which says by itself what days and months it speaks of."""
        unit = type_name(value.type) if value.type is not None else ""
        if unit in ("days", "months") and isinstance(value.known, int | Decimal):
            return self.numerals.number(Decimal(value.known))
        return self.value(value)

    def because(self, said: str) -> str:
        """What follows a name, set off from it."""
        return self.say(": ") + said

    def account(self, account: str) -> str:
        """An account by its number."""
        return self.say("account {account}", account=account)

    def head(self, view: View) -> str:
        """Who and when."""
        return self.say(
            "Customer {customer} as of {day}", customer=view.customer, day=self.numerals.day(view.as_of)
        )

    def policy(self, view: View) -> str:
        """By which policy."""
        return self.say(
            "{ruleset} {version}, profile {profile}",
            ruleset=view.ruleset,
            version=view.version,
            profile=view.profile,
        )

    def rules(self, names: tuple[str, ...]) -> str:
        """Which rules call for a response."""
        if not names:
            return self.say("by what is unknown")
        return self.say("by {rules}", rules=self.say(", ").join(visible(name) for name in names))

    def cause(self, withheld: WithheldView) -> str:
        """Why a response is withheld."""
        match withheld.cause:
            case Cause.OUTRANKED:
                return self.say(
                    "outranked by {response}", response=self.words(withheld.by_title, withheld.by or "")
                )
            case Cause.COOL_DOWN:
                until = self.numerals.day(withheld.until) if withheld.until is not None else ""
                return self.say("taken lately; rests until {day}", day=until)
            case Cause.CONSTRAINT:
                return self.say(
                    "withheld by the constraint {constraint}", constraint=visible(withheld.by or "")
                )
            case Cause.UNKNOWN:
                return self.say("its {parameter} is unknown", parameter=withheld.by)

    def missing(self, names: tuple[str, ...]) -> str:
        """What is not known."""
        return self.say("missing: {fields}", fields=self.say(", ").join(names))

    def next_review(self, view: View) -> str:
        """When to look again."""
        if view.next_review is None:
            return self.say("none: no account is under the policy")
        days = (view.next_review - view.as_of).days
        day = self.numerals.day(view.next_review)
        if not days:
            return self.say("{day}, today", day=day)
        return self.say("{day}, in {days}", day=day, days=self.count("{n} day", "{n} days", days))

    def enough(self, reason: ReasonView) -> str:
        """How many conditions are enough, and how many make no difference beside them."""
        number = len(reason.conditions)
        said = self.count("{n} condition is enough", "{n} conditions are enough", number)
        if reason.left_out:
            said += self.say(
                "; {n} more make no difference", n=self.numerals.number(Decimal(reason.left_out))
            )
        return said if reason.smallest else said + self.say(" (not proved to be the fewest)")

    def why_not(self, answer: WhyNotView) -> Iterator[str]:
        """What withholds a response, or would withhold it, and what else there is to say."""
        if answer.withheld is not None:
            yield self.cause(answer.withheld)
        for each in answer.even_then:
            yield self.say("even if it were called for: {cause}", cause=self.cause(each))
        if answer.note:
            yield answer.note

    def lacks(self, rule: RuleGapView) -> str:
        """How much a rule lacks."""
        if not rule.possible:
            return self.say("can't hold: its conditions contradict each other")
        number = len(rule.needs)
        said = self.count("lacks {n} condition", "lacks {n} conditions", number)
        if not rule.in_force:
            said += self.say("; not in force on this day")
        return said if rule.smallest else said + self.say(" (not proved to be the fewest)")

    def gap(self, gap: GapView) -> str:
        """What would have to change for a condition to be as a rule needs it."""
        if gap.distance is not None:
            return self._distance(gap.distance)
        if gap.missing:
            return self.missing(gap.missing)
        if gap.values:
            return self.say("would have to be {value}", value=self.say(" or ").join(gap.values))
        return self.say("would have to be {value}", value=self.truth(gap.needed))

    def _distance(self, distance: DistanceView) -> str:
        parts = {"of": distance.of, "amount": self._amount(distance.amount, distance.unit)}
        if distance.beyond and not distance.amount:
            return self.say(_SLIGHTLY[distance.direction], **parts)
        messages = _BEYOND if distance.beyond else _BY
        said = self.say(messages[distance.direction], **parts)
        if distance.target is not None:
            said += self.say(", to {target}", target=self.value(distance.target))
        return said

    def _amount(self, amount: Decimal, unit: str) -> str:
        match unit:
            case "days" | "months":
                return self._quantity(amount, unit)
            case "seconds":
                return self.count("{n} second", "{n} seconds", amount)
            case "" | "ratio":
                return self.numerals.number(amount)
            case _:
                return self.numerals.money(amount)

    def left_out(self, view: View) -> str:
        """What is not shown, and how to see it."""
        triggers, rules = view.left_out
        return self.say(
            "Left out: triggers that did not fire ({triggers}), rules that do not hold ({rules}); "
            "--all shows them",
            triggers=triggers,
            rules=rules,
        )

    def hidden(self) -> str:
        """That something is hidden, and how to see it."""
        return self.say("Numbers of customers and accounts are hidden; --show customer,accounts shows them")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE, [language])
