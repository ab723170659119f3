"""From triggers to a decision: candidates, the choice among them, what withholds them, the next review.

A row is an account, or a customer where the policy is about none or the customer has no account under it.
What is about the customer stands in each of the customer's rows, and is the same in all of them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import define, field
from sqlglot import exp

from postloan_rules.expressions import GlobalName, Path
from postloan_rules.policy.model import REFER, IfUnknown, Never, That, TriggerKind
from postloan_rules.portfolio.sql.amounts import carried
from postloan_rules.portfolio.sql.column import Column
from postloan_rules.portfolio.sql.definitions import own, parameter_name
from postloan_rules.portfolio.sql.refusal import Refused
from postloan_rules.portfolio.sql.tree import (
    Sql,
    all_sql,
    any_sql,
    binary,
    case,
    cast,
    coalesce,
    column,
    equals,
    false,
    is_known,
    is_unknown,
    not_sql,
    null,
    number,
    text,
    true,
)
from postloan_rules.portfolio.sql.trees import replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from postloan_rules.expressions import Node
    from postloan_rules.policy.model import Policy, Response, Rule, Schedule
    from postloan_rules.policy.periods import Period
    from postloan_rules.portfolio.sql.definitions import Definitions
    from postloan_rules.portfolio.sql.dialect import Dialect
    from postloan_rules.portfolio.sql.stages import Stages

__all__ = ["ROW", "TAKEN", "Choice", "Chosen", "after", "dated", "day_of"]

ROW = "row_number"
"""The column that says which row of the data a row belongs to."""

_LAST = "9999-12-31"


@define
class Chosen:
    """The columns of one response."""

    response: Response
    rules: list[Rule] = field(factory=list)
    """The rules that can call for it, by id."""
    alive: str = ""
    """Whether it is called for and nothing withholds it so far."""
    outranked: str | None = None
    unknown: str | None = None
    cool: str | None = None
    breached: str | None = None
    """Each holds by what it is withheld, where it is withheld by that."""
    texts: dict[str, str] = field(factory=dict)
    """The texts of its parameters."""


def day_of(day: str) -> Sql:
    """A date."""
    return cast(text(day), "DATE")


def dated(value: Column) -> Sql:
    """A date that has the type of one where it is nowhere known, too."""
    return null("DATE") if value.empty else value.sql


@define
class Choice:
    """The stages from triggers to decisions."""

    policy: Policy
    definitions: Definitions
    dialect: Dialect
    stages: Stages
    scope: dict[str, Column]
    compiled: Callable[[Node, dict[str, Column]], Column]
    account_id: Sql | None
    """The account's number; None where the policy is about no account."""
    together: bool
    """Whether a customer can have several rows."""
    reviewed: bool = True
    """Whether anybody was reviewed before, so that responses can rest."""
    holds: dict[str, str] = field(factory=dict)
    """By rule: whether it holds in the row."""
    holds_anywhere: dict[str, str] = field(factory=dict)
    """By rule: whether it holds in any row of the customer."""
    chosen: dict[str, Chosen] = field(factory=dict)
    referred: dict[str, str] = field(factory=dict)
    """By constraint: whether it could not be settled."""
    added: str = ""
    """Whether a person must look though no rule says so."""
    next_review: str = ""
    problems: list[Refused] = field(factory=list)

    @property
    def has_account(self) -> Sql:
        """Whether the row is an account."""
        return is_known(self.account_id) if self.account_id is not None else true()

    def made(self) -> None:
        """All stages."""
        self._rules()
        self._candidates()
        self._ranks()
        self._parameters(
            [each for each in self.chosen.values() if each.response.name != REFER or each.rules],
            lambda each: column(each.alive),
        )
        self._unknown_parameters()
        self._cool_downs([each for each in self.chosen.values() if each.alive])
        self._constraints()
        self._refer()
        self._next()

    def _add(self, columns: Sequence[tuple[str, Sql]], doubt: Sequence[Sql] = ()) -> None:
        self.stages.add(columns, doubt=doubt)

    def _anywhere(self, columns: Sequence[str], hint: str) -> dict[str, str]:
        """Whether each is true in any row of the customer."""
        if not self.together or self.account_id is None:
            return {name: name for name in columns}
        found = {name: self.stages.fresh(hint) for name in columns}
        self._add(
            [
                (
                    fresh,
                    exp.Window(this=exp.LogicalOr(this=column(name)), partition_by=[column(ROW)]),
                )
                for name, fresh in found.items()
            ]
        )
        return found

    # Rules and candidates

    def _rules(self) -> None:
        per_account = {each.name for each in self.policy.triggers if each.per_account}
        columns: list[tuple[str, Sql]] = []
        for number_, rule in enumerate(self.policy.rules):
            condition = self.compiled(self.definitions.condition(rule.condition), self.scope)
            parts = [coalesce(condition.sql, false()) if condition.unknown else condition.sql]
            if rule.triggers & per_account:
                parts.append(self.has_account)
            parts += self._in_force(rule.since, rule.until)
            self.holds[rule.id] = self.stages.fresh(f"rule_{number_}")
            columns.append((self.holds[rule.id], all_sql(parts)))
        self._add(columns)

    def _in_force(self, since: date | None, until: date | None) -> list[Sql]:
        today = self.scope["as_of"].sql
        found: list[Sql] = []
        if since is not None:
            found.append(binary(exp.GTE, today, day_of(since.isoformat())))
        if until is not None:
            found.append(binary(exp.LTE, today, day_of(until.isoformat())))
        return found

    def _candidates(self) -> None:
        for rule in self.policy.rules:
            for name in rule.responses:
                each = self.chosen.setdefault(name, Chosen(self.policy.responses[name]))
                if rule not in each.rules:
                    each.rules.append(rule)
        self.chosen.setdefault(REFER, Chosen(self.policy.responses[REFER]))
        wide = {
            self.holds[rule.id]
            for each in self.chosen.values()
            if not each.response.per_account
            for rule in each.rules
        }
        anywhere = self._anywhere(sorted(wide), "rule_anywhere")
        self.holds_anywhere = {id_: anywhere[name] for id_, name in self.holds.items() if name in anywhere}
        columns: list[tuple[str, Sql]] = []
        for each in self.chosen.values():
            each.rules.sort(key=lambda rule: rule.id)
            if not each.rules:
                continue
            called = any_sql(column(self.holding(each, rule)) for rule in each.rules)
            if each.response.per_account:
                called = all_sql((called, self.has_account))
            each.alive = self.stages.fresh(f"called_{each.response.name}")
            columns.append((each.alive, called))
        self._add(columns)

    def holding(self, each: Chosen, rule: Rule) -> str:
        """The column that says whether a rule calls for a response, in the row or for the customer."""
        return (self.holds if each.response.per_account else self.holds_anywhere)[rule.id]

    def _ranks(self) -> None:
        families: dict[tuple[str, bool], list[Chosen]] = {}
        for each in self.chosen.values():
            if each.alive:
                families.setdefault((each.response.family, each.response.per_account), []).append(each)
        columns: list[tuple[str, Sql]] = []
        for family in families.values():
            family.sort(key=lambda each: -each.response.rank)
            before: list[tuple[Sql, Sql]] = []
            for each in family:
                called = column(each.alive)
                better = [condition for condition, _ in before]
                if before:
                    each.outranked = self.stages.fresh(f"outranked_{each.response.name}")
                    columns.append((each.outranked, case([(called, case(before))])))
                    each.alive = self.stages.fresh(f"first_{each.response.name}")
                    columns.append((each.alive, all_sql((called, not_sql(any_sql(better))))))
                before = [*before, (called, text(each.response.name))]
        self._add(columns)

    # What withholds

    def _parameters(self, responses: Sequence[Chosen], when: Callable[[Chosen], Sql]) -> None:
        columns: list[tuple[str, Sql]] = []
        doubts: list[Sql] = []
        for each in responses:
            for parameter in each.response.parameters:
                name = parameter_name(each.response.name, parameter.name)
                root = self.definitions.roots.get(name)
                if root is None:
                    doubts.append(when(each))
                    each.texts[parameter.name] = self.stages.fresh(name)
                    columns.append((each.texts[parameter.name], null("TEXT")))
                    self.scope[name] = _nothing(parameter.type)
                    continue
                try:
                    found = carried(
                        self.compiled(root, self.scope), parameter, self.policy.currency, self.dialect.name
                    )
                except Refused as refused:
                    self.problems.append(refused)
                    continue
                if found.value.doubt is not None:
                    doubts.append(all_sql((when(each), coalesce(found.value.doubt, false()))))
                kept, more = self.stages.keep(found.value, name)
                columns += [(column_, case([(when(each), sql)])) for column_, sql in more]
                self.scope[name] = kept
                each.texts[parameter.name] = self.stages.fresh(f"{name}_text")
                columns.append((each.texts[parameter.name], case([(when(each), found.text)])))
        self._add(columns, doubts)

    def _unknown_parameters(self) -> None:
        columns: list[tuple[str, Sql]] = []
        for each in self.chosen.values():
            if not each.texts or each.response.name == REFER:
                continue
            alive = column(each.alive)
            missing = [(is_unknown(column(kept)), text(name)) for name, kept in each.texts.items()]
            each.unknown = self.stages.fresh(f"unknown_{each.response.name}")
            columns.append((each.unknown, case([(alive, case(missing))])))
            each.alive = self.stages.fresh(f"known_{each.response.name}")
            columns.append(
                (each.alive, all_sql((alive, *(is_known(column(kept)) for kept in each.texts.values()))))
            )
        self._add(columns)

    def _cool_downs(self, responses: Sequence[Chosen]) -> None:
        if not self.reviewed:
            return
        columns = []
        for each in responses:
            each.cool = self.stages.fresh(f"cool_{each.response.name}")
            columns.append((each.cool, case([(column(each.alive), self.resting(each.response))])))
        self._add(columns)
        columns = []
        for each in responses:
            alive = column(each.alive)
            each.alive = self.stages.fresh(f"rested_{each.response.name}")
            columns.append((each.alive, all_sql((alive, is_unknown(column(each.cool or ""))))))
        self._add(columns)

    def resting(self, response: Response) -> Sql:
        """The last day on which a response rests after it was taken; nothing where it does not rest today."""
        taken = column(TAKEN)
        one = column("t")
        mine: list[Sql] = [equals(exp.Dot(this=one, expression=_quoted("response")), text(response.name))]
        if response.per_account and self.account_id is not None:
            account = exp.Dot(this=one.copy(), expression=_quoted("account_id"))
            mine.append(any_sql((is_unknown(account), equals(account, self.account_id))))
        until: Sql = exp.Dot(this=one.copy(), expression=_quoted("cool_down_until"))
        if response.cool_down is not None:
            taken_on = exp.Dot(this=one.copy(), expression=_quoted("taken_on"))
            end = self._after(taken_on, response.cool_down)
            until = coalesce(until, self.dialect.plus_days(end, number(-1)))
        kept = self.dialect.kept(taken, "t", all_sql(mine))
        last = self.dialect.extreme(kept, "t", until, "greatest")
        return case([(binary(exp.GTE, last, self.scope["as_of"].sql), last)])

    def _after(self, day: Sql, period: Period) -> Sql:
        return after(self.dialect, self.scope, day, period)

    def _constraints(self) -> None:
        breaches: dict[str, list[tuple[str, str]]] = {}
        local: list[tuple[str, Sql]] = []
        doubts: list[Sql] = []
        wide: list[str] = []
        for constraint in sorted(self.policy.constraints, key=lambda each: each.id):
            named = [self.chosen.get(name) for name in constraint.responses]
            present = [each for each in named if each is not None and each.alive]
            if isinstance(constraint, Never):
                found = self._never(present)
            elif len(present) < len(named):
                continue  # what no rule calls for is never chosen
            else:
                found = self._that(constraint, present, local, doubts)
            for each, breached in found:
                name = self.stages.fresh(f"breach_{constraint.id}_{each.response.name}")
                local.append((name, breached))
                breaches.setdefault(each.response.name, []).append((constraint.id, name))
                if not each.response.per_account:
                    wide.append(name)
        self._add(local, doubts)
        anywhere = self._anywhere(wide, "breach_anywhere")
        columns: list[tuple[str, Sql]] = []
        for name, found_in in breaches.items():
            each = self.chosen[name]
            alive = column(each.alive)
            by = [(column(anywhere.get(breached, breached)), text(id_)) for id_, breached in found_in]
            each.breached = self.stages.fresh(f"breached_{name}")
            columns.append((each.breached, case([(alive, case(by))])))
            each.alive = self.stages.fresh(f"kept_{name}")
            broken = any_sql(condition for condition, _ in by)
            columns.append((each.alive, all_sql((alive, not_sql(broken)))))
        self._add(columns)

    def _never(self, present: list[Chosen]) -> list[tuple[Chosen, Sql]]:
        """Of those that are chosen together all but the one of the highest rank (then the last name)."""
        order = sorted(present, key=lambda each: (each.response.rank, each.response.name))
        return [
            (
                each,
                all_sql((column(each.alive), any_sql(column(other.alive) for other in order[index + 1 :]))),
            )
            for index, each in enumerate(order[:-1])
        ]

    def _that(
        self,
        constraint: That,
        present: list[Chosen],
        local: list[tuple[str, Sql]],
        doubts: list[Sql],
    ) -> list[tuple[Chosen, Sql]]:
        judged = [column(each.alive) for each in present]
        if constraint.per_account:
            judged.append(self.has_account)
        names = set(constraint.responses)

        def flat(node: Node) -> Node | None:
            match node:
                case Path(source=GlobalName(name=name), field=field_) if name in names:
                    return self.definitions.trees.name(parameter_name(name, field_), node.type)
                case _:
                    return None

        try:
            made = self.compiled(replaced(constraint.expression.root, flat), self.scope)
        except Refused as refused:
            self.problems.append(refused)
            doubts.append(all_sql(judged))
            return []
        if made.doubt is not None:
            doubts.append(all_sql((*judged, coalesce(made.doubt, false()))))
        referred = self.stages.fresh(f"unsettled_{constraint.id}")
        self.referred[constraint.id] = referred
        local.append((referred, all_sql((*judged, is_unknown(made.sql)))))
        breached = all_sql((*judged, not_sql(coalesce(made.sql, false()))))
        return [(each, breached) for each in present]

    # Referral and the next review

    def _refer(self) -> None:
        unsettled: list[Sql] = [column(name) for name in self.referred.values()]
        unsettled += [
            is_known(column(each.unknown)) for each in self.chosen.values() if each.unknown is not None
        ]
        unsettled += list(self.unknown_triggers().values())
        refer = self.chosen[REFER]
        wanted = self.stages.fresh("unsettled")
        self._add([(wanted, any_sql(unsettled))])
        anywhere = self._anywhere([wanted], "unsettled_anywhere")[wanted]
        self.added = self.stages.fresh("added")
        called = column(self._called(refer)) if refer.rules else false()
        self._add([(self.added, all_sql((column(anywhere), not_sql(called))))])
        self.extra = Chosen(refer.response, alive=self.added)
        self._parameters([self.extra], lambda each: column(each.alive))
        self._cool_downs([self.extra])

    extra: Chosen | None = None
    """The referral that no rule calls for."""

    def _called(self, each: Chosen) -> str:
        name = self.stages.fresh(f"called_by_rules_{each.response.name}")
        called = any_sql(column(self.holding(each, rule)) for rule in each.rules)
        self._add([(name, called)])
        return name

    def unknown_triggers(self) -> dict[str, Sql]:
        """By trigger that refers what is unknown: whether it is unknown in the row."""
        return {
            each.name: all_sql(
                (is_unknown(self.scope[each.name].sql), *((self.has_account,) if each.per_account else ()))
            )
            for each in self.policy.triggers
            if each.if_unknown is IfUnknown.REFER and each.name in self.scope
        }

    def _next(self) -> None:
        schedule = self.policy.schedule
        self.next_review = self.stages.fresh("next_review")
        if schedule is None:
            self._add([(self.next_review, null("DATE"))])
            return
        happened = [
            coalesce(self.scope[each.name].sql, false())
            for each in self.policy.triggers
            if each.kind is not TriggerKind.CONDITION
        ]
        done = [column(each.alive) for each in (*self.chosen.values(), self.extra) if each and each.alive]
        per_account = self.policy.subject is not None
        day = dated(self.scope[own("reviews/last/day", per_account=per_account)])
        due = dated(self.scope[own("reviews/last/next_due", per_account=per_account)])
        today = self.scope["as_of"].sql
        attention = self.stages.fresh("attention")
        self._add([(attention, any_sql((*happened, *done, is_unknown(day))))])
        start, end = self.stages.fresh("start"), self.stages.fresh("interval_end")
        self._add([(start, case([(column(attention), today)], day))])
        self._add([(end, self._interval_end(schedule, column(start)))])
        later = self.dialect.greatest((_earlier(self.dialect, column(end), due), today), "greatest")
        found = case([(column(attention), column(end))], later)
        if per_account:
            found = case([(self.has_account, found)])
        self._add([(self.next_review, found)])

    def _interval_end(self, schedule: Schedule, start: Sql) -> Sql:
        standard = self._after(start, schedule.standard)
        never = day_of(_LAST)
        asked: list[Sql] = []
        conditions: list[Sql] = []
        for each in schedule.adjustments:
            made = self.compiled(self.definitions.condition(each.condition), self.scope)
            condition = coalesce(made.sql, false())
            conditions.append(condition)
            asked.append(case([(condition, self._after(start, each.every))], never))
        end = standard
        if asked:
            least = asked[0] if len(asked) == 1 else self.dialect.greatest(asked, "least")
            end = case([(any_sql(conditions), least)], standard)
        if schedule.longest is not None:
            end = self.dialect.greatest((end, self._after(start, schedule.longest)), "least")
        if schedule.shortest is not None:
            end = self.dialect.greatest((end, self._after(start, schedule.shortest)), "greatest")
        return end


def after(dialect: Dialect, scope: Mapping[str, Column], day: Sql, period: Period) -> Sql:
    """The day so much later, at most the last one of the calendar; something for no day, too."""
    length: Sql
    if period.parameter is None:
        length = number(period.length or 0)
    else:
        made = scope[period.parameter]
        length = number(_whole(made.constant)) if made.constant is not None else cast(made.sql, "INT")
    if period.unit == "days":
        found = dialect.plus_days(day, length)
    else:
        found = dialect.plus_months(day, length, date=True)
    return coalesce(found, day_of(_LAST))


TAKEN = "taken"
"""The column of all that was done after reviews."""


def _quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def _earlier(dialect: Dialect, day: Sql, other: Sql) -> Sql:
    """The earlier of two days; the second one may be unknown."""
    return case([(is_known(other), dialect.greatest((day, other), "least"))], day)


def _nothing(type_: object) -> Column:
    return Column(exp.Null(), type_)  # type: ignore[arg-type]


def _whole(value: object) -> int:
    if not isinstance(value, Decimal):
        raise TypeError(value)
    return int(value)
