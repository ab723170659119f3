"""All that a policy computes, as expressions with names: facts, tables, scorecards, what triggers hang on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, assert_never

from attrs import define, evolve, field, frozen

from postloan_rules.expressions import (
    BOOLEAN,
    INPUT,
    NUMBER,
    BooleanLiteral,
    Expression,
    GlobalName,
    ListType,
    LocalName,
    Node,
    NullLiteral,
    NumberLiteral,
    RecordType,
    StringLiteral,
    TemporalLiteral,
    names_in,
)
from postloan_rules.policy.conditions import leaves
from postloan_rules.policy.model import (
    Group,
    IfUnknown,
    Leaf,
    Named,
    ScoreUse,
    TableUse,
    That,
    TriggerKind,
)
from postloan_rules.policy.patterns import steps_of
from postloan_rules.policy.scorecards import REASONS
from postloan_rules.policy.tables import AS_OF, HitPolicy
from postloan_rules.policy.triggers import EVENT
from postloan_rules.policy.vocabulary import ACCOUNT, record, snapshot_names
from postloan_rules.portfolio.sql.patterns import may_be_complete, pattern_tree
from postloan_rules.portfolio.sql.refusal import Refused, refusal
from postloan_rules.portfolio.sql.trees import Trees, replaced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from postloan_rules.expressions import Type
    from postloan_rules.policy.model import Condition, Definition, Policy, Trigger
    from postloan_rules.policy.periods import Period
    from postloan_rules.policy.scorecards import Scorecard
    from postloan_rules.policy.tables import DecisionTable, Row
    from postloan_rules.problems import Problem, Span, Text

__all__ = ["MADE", "Definitions", "Item", "definitions_of", "own", "parameter_name"]

NEW_EVENTS = "events/new"
SEEN_EVENTS = "events/seen"
MADE = ("events", "reviews")
"""Lists that are read so often that they are made once; so begin their names."""
OWN = "@account"
"""What a hidden name about the account ends with, where there is one about the customer too."""


def own(name: str, *, per_account: bool) -> str:
    """A hidden name, about the account or about the customer."""
    return name + OWN if per_account else name


@frozen
class Item:
    """Something that is computed for each customer or each account, and read under its name."""

    name: str
    root: Node = field(repr=False)
    per_account: bool
    span: Span | None = field(repr=False, default=None)
    text: Text | None = field(repr=False, default=None)
    """What the author wrote, where it is one expression."""
    doubtful: bool = False
    """Whether rows in which it holds are in doubt."""
    reads: frozenset[str] = field(init=False, repr=False)

    @reads.default
    def _reads(self) -> frozenset[str]:
        return frozenset(names_in(self.root))


@define
class Definitions:
    """The items of a policy, by name, in an order in which each comes after those it reads."""

    policy: Policy
    engine: str
    trees: Trees = field(factory=Trees)
    items: dict[str, Item] = field(factory=dict)
    refusals: dict[str, tuple[Problem, ...]] = field(factory=dict)
    """By the name of what is refused."""
    roots: dict[str, Node] = field(factory=dict)
    """How the parameters of responses are computed."""

    @contextmanager
    def refusing(self, name: str) -> Iterator[None]:
        """Keep what SQL can't say under the name of what needs it, and go on."""
        try:
            yield
        except Refused as refused:
            self.refusals[name] = refused.problems

    def add(self, name: str, root: Node, span: Span | None = None, text: Text | None = None) -> GlobalName:
        """Keep an item, and give its name."""
        if name not in self.items:
            reads = names_in(root)
            per_account = any(self._of_account(each) for each in reads)
            self.items[name] = Item(name, root, per_account, span, text)
        return self.trees.name(name, root.type)

    def _of_account(self, name: str) -> bool:
        if name == ACCOUNT:
            return True
        item = self.items.get(name)
        return item is not None and item.per_account

    # Where there is a subject, what is about the account reads the customer's events and reviews and its own.

    def of_scope(self, name: str, *, per_account: bool) -> Node:
        """Events or reviews: all, or those of the account and those of no account."""
        trees = self.trees
        source = trees.name(name, snapshot_names()[name].type)
        if not per_account:
            return source
        item_type = source.type.item if isinstance(source.type, ListType) else source.type
        if not isinstance(item_type, RecordType):
            raise TypeError(item_type)
        account = trees.field(trees.name(ACCOUNT, record("Account")), "account_id")

        def mine(binder: int) -> Node:
            of = trees.item_field(binder, "account_id", item_type)
            return trees.either((trees.unknown(of), trees.compared("=", of, account)))

        return self.add(own(name, per_account=True), trees.filtered(source, mine))

    def last_review(self, *, per_account: bool) -> Node:
        """The latest review of the customer or of the account."""
        reviews = self.of_scope("reviews", per_account=per_account)
        return self.add(own("reviews/last", per_account=per_account), self.trees.latest(reviews))

    def review_day(self, *, per_account: bool) -> Node:
        """The day of the latest review."""
        root = self.trees.field(self.last_review(per_account=per_account), "reviewed_on")
        return self.add(own("reviews/last/day", per_account=per_account), root)

    def next_due(self, *, per_account: bool) -> Node:
        """The day on which the latest review said that the next one is due."""
        root = self.trees.field(self.last_review(per_account=per_account), "next_due")
        return self.add(own("reviews/last/next_due", per_account=per_account), root)

    def new_events(self, *, per_account: bool) -> Node:
        """Events that no review has looked at, of the types that the policy listens to."""
        return self._events(NEW_EVENTS, per_account=per_account, fresh=True)

    def seen_events(self, *, per_account: bool) -> Node:
        """The other events."""
        return self._events(SEEN_EVENTS, per_account=per_account, fresh=False)

    def _events(self, hidden: str, *, per_account: bool, fresh: bool) -> Node:
        trees = self.trees
        name = own(hidden, per_account=per_account)
        if name in self.items:
            return trees.name(name, self.items[name].root.type)
        event = record("Event")
        events = self.of_scope("events", per_account=per_account)
        review = self.last_review(per_account=per_account)
        day = self.review_day(per_account=per_account)
        seen = self.add(
            own("reviews/last/events", per_account=per_account), trees.field(review, "considered_events")
        )
        types = sorted(self._listened_to(per_account=per_account))

        def wanted(binder: int) -> Node:
            recorded_on = trees.item_field(binder, "recorded_on", event)
            recorded = trees.chosen(
                trees.known(recorded_on),
                recorded_on,
                trees.item_field(binder, "occurred_on", event),
                recorded_on.type,
            )
            type_ = trees.item_field(binder, "type", event)
            listened = trees.either(trees.is_text(type_, each) for each in types)
            named = trees.call("list contains", (seen, trees.item_field(binder, "id", event)), BOOLEAN)
            considered = trees.both((trees.known(seen), named))
            new = trees.either(
                (
                    trees.unknown(day),
                    trees.compared(">", recorded, day),
                    trees.both((trees.compared("=", recorded, day), trees.negated(considered))),
                )
            )
            return trees.both((listened, new if fresh else trees.negated(new)))

        return self.add(name, trees.filtered(events, wanted))

    def _listened_to(self, *, per_account: bool) -> set[str]:
        found: set[str] = set()
        for trigger in self.policy.triggers:
            if trigger.per_account == per_account:
                if trigger.kind is TriggerKind.EVENT:
                    found.add(trigger.event or "")
                if trigger.pattern is not None:
                    found.update(step.event for step in steps_of(trigger.pattern))
        return found

    # Conditions and definitions

    def condition(self, condition: Condition) -> Node:
        """A tree of conditions as one expression."""
        match condition:
            case Leaf(expression=expression):
                return expression.root
            case Named(trigger=trigger):
                return self.trees.name(trigger, BOOLEAN)
            case Group(mode=mode, parts=parts):
                nodes = tuple(self.condition(part) for part in parts)
                if mode == "all":
                    return self.trees.both(nodes)
                any_ = self.trees.either(nodes)
                return any_ if mode == "any" else self.trees.negated(any_)
            case _:
                assert_never(condition)

    def definition(self, definition: Definition) -> Node:
        """How a value is computed, as an expression."""
        match definition:
            case Expression(root=root):
                return root
            case TableUse(table=table, output=output):
                return self._table(self.policy.tables[table], output)
            case ScoreUse(scorecard=card, part=part):
                if part == "score":
                    return self._score(card)
                raise refusal(f"the ranking of the reasons of `{card.name}`", self.engine, card.span)
            case _:
                assert_never(definition)

    def _in_force(self, since: date | None, until: date | None) -> Iterator[Node]:
        trees = self.trees
        today = trees.name(AS_OF, snapshot_names()[AS_OF].type)
        if since is not None:
            yield trees.compared(">=", today, trees.day(since))
        if until is not None:
            yield trees.compared("<=", today, trees.day(until))

    # Decision tables

    def _table(self, table: DecisionTable, output: str) -> Node:
        trees = self.trees
        prefix = f"table/{table.name}"
        subjects = [
            self.add(f"{prefix}/input/{number}", each.expression.root, _span(each.expression))
            for number, each in enumerate(table.inputs)
        ]
        index = next(at for at, each in enumerate(table.outputs) if each.name == output)
        kind = table.outputs[index].type
        nothing = trees.literal(None, kind)
        states = [self._row(row, subjects) for row in table.rows]
        default = table.outputs[index].default
        otherwise = default.root if default is not None else nothing
        cells = [row.outputs[index].root for row in table.rows]
        if table.hit is HitPolicy.FIRST:
            result = otherwise
            for state, cell in zip(reversed(states), reversed(cells), strict=True):
                result = trees.chosen(state, cell, result, kind)
        else:
            named = [
                self.add(f"{prefix}/row/{number}", state, table.rows[number].span)
                for number, state in enumerate(states)
            ]
            result = self._hit(table, named, cells, otherwise, index)
            unsure = trees.either(trees.unknown(each) for each in named)
            result = trees.chosen(unsure, nothing, result, kind)
        for column, subject in zip(table.inputs, subjects, strict=True):
            if column.allowed is not None:
                passes = trees.surely(_about(column.allowed, subject))
                result = trees.chosen(passes, result, nothing, kind)
        return self.add(f"{prefix}/output/{output}", result, table.span)

    def _row(self, row: Row, subjects: list[GlobalName]) -> Node:
        tests = [
            _about(test, subject)
            for test, subject in zip(row.tests, subjects, strict=True)
            if test is not None
        ]
        return self.trees.both((*self._in_force(row.since, row.until), *tests))

    def _hit(
        self, table: DecisionTable, states: list[GlobalName], cells: list[Node], otherwise: Node, index: int
    ) -> Node:
        trees = self.trees
        kind = table.outputs[index].type
        nothing = trees.literal(None, kind)
        match table.hit:
            case HitPolicy.UNIQUE | HitPolicy.ANY:
                clashes = [
                    trees.both((states[first], states[second]))
                    for second in range(len(states))
                    for first in range(second)
                    if table.hit is HitPolicy.UNIQUE or self._differ(table, first, second)
                ]
                one = self._first(states, cells, otherwise, kind)
                return trees.chosen(trees.either(clashes), nothing, one, kind) if clashes else one
            case HitPolicy.PRIORITY:
                order = sorted(range(len(states)), key=lambda number: self._priority(table, number))
                ranked = [states[number] for number in order]
                return self._first(ranked, [cells[number] for number in order], otherwise, kind)
            case HitPolicy.COLLECT_COUNT:
                total: Node = trees.whole(0)
                for state in states:
                    one = trees.chosen(state, trees.whole(1), trees.whole(0), total.type)
                    total = trees.arithmetic("+", total, one, total.type)
                return total
            case _:
                what = f"the hit policy `{table.hit.value}` of the table `{table.name}`"
                raise refusal(what, self.engine, table.span)

    def _first(self, states: list[GlobalName], cells: list[Node], otherwise: Node, kind: Type) -> Node:
        result = otherwise
        for state, cell in zip(reversed(states), reversed(cells), strict=True):
            result = self.trees.chosen(state, cell, result, kind)
        return result

    def _differ(self, table: DecisionTable, first: int, second: int) -> bool:
        """Whether two rows give different outputs; what is no literal can't be told before the run."""
        left = [_plain(cell, table, self.engine) for cell in table.rows[first].outputs]
        return left != [_plain(cell, table, self.engine) for cell in table.rows[second].outputs]

    def _priority(self, table: DecisionTable, number: int) -> tuple[int, ...]:
        cells = [_plain(cell, table, self.engine) for cell in table.rows[number].outputs]
        return tuple(
            output.values.index(cell) if cell in output.values else len(output.values)
            for output, cell in zip(table.outputs, cells, strict=True)
        )

    # Scorecards

    def _score(self, card: Scorecard) -> Node:
        trees = self.trees
        total: Node = trees.literal(card.base, NUMBER)
        for each in card.characteristics:
            subject = self.add(f"score/{card.name}/{each.name}", each.expression.root, each.span)
            unknown = trees.literal(each.unknown, NUMBER)
            points: Node = trees.literal(None, NUMBER)
            for attribute in reversed(each.attributes):
                given = trees.literal(attribute.points, NUMBER)
                if attribute.test is None:
                    points = given
                    continue
                test = _about(attribute.test, subject)
                points = trees.chosen(
                    trees.unknown(test), unknown, trees.chosen(test, given, points, NUMBER), NUMBER
                )
            points = trees.chosen(trees.unknown(subject), unknown, points, NUMBER)
            total = trees.arithmetic("+", total, points, NUMBER)
        return total

    # Triggers

    def trigger(self, trigger: Trigger) -> Node | None:
        """What a trigger hangs on, as an expression; None for one that the schedule decides."""
        never = self.trees.literal(False, BOOLEAN)
        root: Node | None
        match trigger.kind:
            case TriggerKind.SCHEDULE:
                return None
            case TriggerKind.CONDITION:
                root = self.condition(trigger.condition) if trigger.condition is not None else never
            case TriggerKind.EVENT:
                root = self._event(trigger)
            case TriggerKind.PATTERN:
                root = pattern_tree(self, trigger)
                if root is None:
                    self._doubt(trigger)
                    root = never
            case _:
                assert_never(trigger.kind)
        if trigger.if_unknown is IfUnknown.FIRE:
            root = self.trees.either((self.trees.unknown(root), root))
        return root

    def _doubt(self, trigger: Trigger) -> None:
        """Where a pattern that SQL does not look for could be, the row is in doubt."""
        name = f"doubt/{trigger.name}"
        self.add(name, may_be_complete(self, trigger))
        self.items[name] = evolve(self.items[name], doubtful=True)

    def _event(self, trigger: Trigger) -> Node:
        trees = self.trees
        events = self.new_events(per_account=trigger.per_account)

        def one(item: LocalName) -> Node:
            kind = trees.is_text(trees.field(item, "type"), trigger.event or "")
            if trigger.condition is None:
                return kind
            condition = replaced(
                self.condition(trigger.condition),
                lambda node: item if isinstance(node, GlobalName) and node.name == EVENT else None,
            )
            return trees.both((kind, condition))

        return trees.some(EVENT, events, one)

    def add_parameter(self, name: str) -> None:
        """A parameter; where its value changes with the day, a choice by day."""
        parameter = next(each for each in self.policy.parameters if each.name == name)
        root: Node = self.trees.literal(None, parameter.type)
        for dated in reversed(parameter.values):
            value = self.trees.literal(dated.value, parameter.type)
            days = tuple(self._in_force(dated.since, dated.until))
            root = self.trees.chosen(self.trees.both(days), value, root, parameter.type) if days else value
        self.add(name, root, parameter.span)


def _about(test: Expression, subject: Node) -> Node:
    """A test of a table's cell, with what is tested in the place of `?`."""
    return replaced(
        test.root, lambda node: subject if isinstance(node, GlobalName) and node.name == INPUT else None
    )


def _plain(cell: Expression, table: DecisionTable, engine: str) -> object:
    match cell.root:
        case NumberLiteral() | StringLiteral() | BooleanLiteral() | TemporalLiteral():
            return cell.root.value
        case NullLiteral():
            return None
        case _:
            what = f"a computed output of the table `{table.name}`, whose rows must be told apart,"
            raise refusal(what, engine, _span(cell))


def _span(expression: Expression) -> Span:
    return expression.text.span(0, len(expression.text.value))


def definitions_of(policy: Policy, engine: str) -> Definitions:
    """Everything that a decision needs of a policy, each thing after those it reads.

    What SQL can't say stands in `refusals`, and is no item.
    """
    found = Definitions(policy, engine)
    wanted = _wanted(policy)
    for parameter in policy.parameters:
        if parameter.name in wanted:
            found.add_parameter(parameter.name)
    for fact in policy.facts:
        if fact.name in wanted:
            with found.refusing(fact.name):
                text = fact.definition.text if isinstance(fact.definition, Expression) else None
                found.add(fact.name, found.definition(fact.definition), fact.span, text)
    for per_account in {each.per_account for each in policy.triggers} | {policy.subject is not None}:
        found.review_day(per_account=per_account)
        found.next_due(per_account=per_account)
    for trigger in policy.triggers:
        with found.refusing(trigger.name):
            root = found.trigger(trigger)
            if root is not None:
                found.add(trigger.name, root, trigger.span)
    for response in policy.responses.values():
        for each in response.parameters:
            name = parameter_name(response.name, each.name)
            with found.refusing(name):
                found.roots[name] = found.definition(each.definition)
        if response.reasons_from is not None:
            with found.refusing(response.reasons_from + REASONS):
                what = f"the ranking of the reasons from `{response.reasons_from}`"
                raise refusal(what, engine, response.span)
    return found


def parameter_name(response: str, parameter: str) -> str:
    """The name under which a response's parameter is kept."""
    return f"{response}.{parameter}"


def _wanted(policy: Policy) -> frozenset[str]:
    """The names that triggers, responses and constraints hang on."""
    facts = {each.name: each for each in policy.facts}
    waiting: list[str] = list(_read(policy))
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            if name in facts:
                waiting += _reads(facts[name].definition, policy)
    return frozenset(found)


def _read(policy: Policy) -> Iterator[str]:
    if policy.subject is not None and policy.subject.where is not None:
        yield from policy.subject.where.reads
    for trigger in policy.triggers:
        for leaf in leaves(trigger.condition):
            yield from leaf.expression.reads
        # A pattern takes its parameters by the day of its end: it reads none of the day's own.
    for response in policy.responses.values():
        for each in response.parameters:
            yield from _reads(each.definition, policy)
        yield from _of_period(response.cool_down)
    for constraint in policy.constraints:
        if isinstance(constraint, That):
            yield from constraint.expression.reads
    schedule = policy.schedule
    if schedule is not None:
        periods = (schedule.standard, schedule.shortest, schedule.longest)
        for period in (*periods, *(each.every for each in schedule.adjustments)):
            yield from _of_period(period)


def _of_period(period: Period | None) -> Iterator[str]:
    if period is not None and period.parameter is not None:
        yield period.parameter


def _reads(definition: Definition, policy: Policy) -> frozenset[str]:
    match definition:
        case Expression():
            return definition.reads
        case TableUse(table=table):
            return policy.tables[table].reads
        case ScoreUse(scorecard=card):
            return card.reads
        case _:
            assert_never(definition)
