"""Small changes to a policy, one at a time, such as a slip of the pen would make.

A threshold is moved by one in its last written digit, `>=` becomes `>`, `any` becomes `all`, a part of a
condition, a row or a rule is left out, a rank is put past its neighbour's.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from postloan_rules.expressions import (
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    EqualityTest,
    Expression,
    Filter,
    If,
    In,
    Index,
    ListLiteral,
    Negate,
    Node,
    Not,
    NumberLiteral,
    Or,
    Path,
    Quantified,
    RangeLiteral,
    UnknownTest,
)
from postloan_rules.expressions.printer import canonical
from postloan_rules.policy.model import (
    Adjustment,
    Condition,
    Dated,
    Definition,
    Fact,
    Group,
    IfUnknown,
    Leaf,
    Named,
    Parameter,
    Response,
    ResponseParameter,
    Rule,
    ScoreUse,
    TableUse,
    Trigger,
)
from postloan_rules.policy.tables import DecisionTable, HitPolicy, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from postloan_rules.expressions import ComparisonOperator
    from postloan_rules.policy.model import Mode, Policy
    from postloan_rules.policy.periods import Period
    from postloan_rules.problems import Span

__all__ = ["Mutant", "Part", "mutants"]

T = TypeVar("T")
Part: TypeAlias = Parameter | Fact | DecisionTable | Trigger | Response | Rule | Adjustment
_Changed: TypeAlias = "tuple[T, Span, str]"
"""What the thing becomes, where that is, and what was done, in words."""


@frozen
class Mutant:
    """A policy with one change."""

    owner: str
    """What was changed, such as "the trigger `job_lost`"."""
    change: str
    """What was done to it, such as "`>=` became `>` in `dpd >= 60`"."""
    span: Span = field(repr=False, eq=False)
    policy: Policy = field(repr=False, eq=False)
    before: Part | None = field(default=None, repr=False, eq=False)
    """The parameter, fact, table … as it was, where the change is within one."""
    after: Part | None = field(default=None, repr=False, eq=False)
    """The same as it became; None where it is left out."""


def mutants(policy: Policy) -> Iterator[Mutant]:
    """Every small change of a policy, in the order of its sections."""
    yield from _of_parameters(policy)
    yield from _of_facts(policy)
    yield from _of_tables(policy)
    yield from _of_triggers(policy)
    yield from _of_responses(policy)
    yield from _of_rules(policy)
    yield from _of_schedule(policy)


# Sections


def _of_parameters(policy: Policy) -> Iterator[Mutant]:
    for number, parameter in enumerate(policy.parameters):
        for changed, span, change in _parameter(parameter):
            whole = evolve(policy, parameters=_put(policy.parameters, number, changed))
            yield Mutant(f"the parameter `{parameter.name}`", change, span, whole, parameter, changed)


def _parameter(parameter: Parameter) -> Iterator[_Changed[Parameter]]:
    for number, dated in enumerate(parameter.values):
        for value, change in _constant(dated.value):
            changed = evolve(
                parameter, values=_put(parameter.values, number, Dated(value, dated.since, dated.until))
            )
            yield changed, parameter.span, change


def _constant(value: object) -> Iterator[tuple[object, str]]:
    if isinstance(value, bool):
        yield not value, f"`{_shown(value)}` became `{_shown(not value)}`"
    elif isinstance(value, Decimal):
        for moved in _moved(value):
            yield moved, f"`{value}` became `{moved}`"


def _shown(value: bool) -> str:  # noqa: FBT001 - a truth value is the data here
    return "true" if value else "false"


def _moved(number: Decimal) -> tuple[Decimal, Decimal]:
    """One more and one less in the last digit that is written."""
    exponent = number.as_tuple().exponent
    step = Decimal(1).scaleb(min(exponent, 0)) if isinstance(exponent, int) else Decimal(1)
    return number + step, number - step


def _of_facts(policy: Policy) -> Iterator[Mutant]:
    for number, fact in enumerate(policy.facts):
        definition = fact.definition
        if isinstance(definition, TableUse | ScoreUse):
            continue
        for changed, span, change in _expression(definition):
            part = evolve(fact, definition=changed)
            whole = evolve(policy, facts=_put(policy.facts, number, part))
            yield Mutant(f"the fact `{fact.name}`", change, span, whole, fact, part)


def _of_tables(policy: Policy) -> Iterator[Mutant]:
    for name, table in policy.tables.items():
        for changed, span, change in _table(table):
            whole = evolve(policy, tables={**policy.tables, name: changed})
            yield Mutant(f"the table `{name}`", change, span, whole, table, changed)


def _table(table: DecisionTable) -> Iterator[_Changed[DecisionTable]]:
    for number, row in enumerate(table.rows):
        for changed, span, change in _row(row):
            yield evolve(table, rows=_put(table.rows, number, changed)), span, f"row {number + 1}: {change}"
        if len(table.rows) > 1:
            yield evolve(table, rows=_without(table.rows, number)), row.span, f"row {number + 1} is left out"
        if table.hit is HitPolicy.FIRST and number + 1 < len(table.rows):
            rows = (*table.rows[:number], table.rows[number + 1], row, *table.rows[number + 2 :])
            change = f"rows {number + 1} and {number + 2} changed places"
            yield evolve(table, rows=rows), row.span, change


def _row(row: Row) -> Iterator[_Changed[Row]]:
    for number, test in enumerate(row.tests):
        if test is None:
            continue
        for changed, span, change in _expression(test):
            yield evolve(row, tests=_put(row.tests, number, changed)), span, change
    for number, output in enumerate(row.outputs):
        for changed, span, change in _expression(output):
            yield evolve(row, outputs=_put(row.outputs, number, changed)), span, change


def _of_triggers(policy: Policy) -> Iterator[Mutant]:
    for number, trigger in enumerate(policy.triggers):
        for changed, span, change in _trigger(trigger):
            whole = evolve(policy, triggers=_put(policy.triggers, number, changed))
            yield Mutant(f"the trigger `{trigger.name}`", change, span, whole, trigger, changed)


def _trigger(trigger: Trigger) -> Iterator[_Changed[Trigger]]:
    if trigger.condition is not None:
        for changed, span, change in _condition(trigger.condition):
            yield evolve(trigger, condition=changed), span, change
    if trigger.if_unknown is not None:
        for other in IfUnknown:
            if other is not trigger.if_unknown:
                change = f"`if_unknown: {trigger.if_unknown}` became `{other}`"
                yield evolve(trigger, if_unknown=other), trigger.span, change


def _of_responses(policy: Policy) -> Iterator[Mutant]:
    for name, response in policy.responses.items():
        rivals = [each for each in policy.responses.values() if each.family == response.family]
        for changed, span, change in _response(response, rivals):
            whole = evolve(policy, responses={**policy.responses, name: changed})
            yield Mutant(f"the response `{name}`", change, span, whole, response, changed)


def _response(response: Response, rivals: Iterable[Response]) -> Iterator[_Changed[Response]]:
    above = min((each.rank for each in rivals if each.rank > response.rank), default=None)
    if above is not None:
        change = f"`rank: {response.rank}` became {above + 1}, past the next in its family"
        yield evolve(response, rank=above + 1), response.span, change
    if response.cool_down is not None:
        for period, change in _period(response.cool_down):
            yield evolve(response, cool_down=period), response.span, f"`cool_down`: {change}"
    for number, parameter in enumerate(response.parameters):
        for changed, span, change in _response_parameter(parameter):
            parameters = _put(response.parameters, number, changed)
            yield evolve(response, parameters=parameters), span, f"`{parameter.name}`: {change}"


def _response_parameter(parameter: ResponseParameter) -> Iterator[_Changed[ResponseParameter]]:
    definition: Definition = parameter.definition
    if not isinstance(definition, TableUse | ScoreUse):
        for changed, span, change in _expression(definition):
            yield evolve(parameter, definition=changed), span, change


def _period(period: Period) -> Iterator[tuple[Period, str]]:
    if period.length is not None:
        for length in (period.length - 1, period.length + 1):
            if length >= 0:
                changed = evolve(period, length=length)
                yield changed, f"`{period}` became `{changed}`"


def _of_rules(policy: Policy) -> Iterator[Mutant]:
    for number, rule in enumerate(policy.rules):
        owner = f"the rule `{rule.id}`"
        for changed, span, change in _rule(rule):
            whole = evolve(policy, rules=_put(policy.rules, number, changed))
            yield Mutant(owner, change, span, whole, rule, changed)
        whole = evolve(policy, rules=_without(policy.rules, number))
        yield Mutant(owner, "it is left out", rule.span, whole, rule)


def _rule(rule: Rule) -> Iterator[_Changed[Rule]]:
    for changed, span, change in _condition(rule.condition):
        yield evolve(rule, condition=changed), span, change
    if len(rule.responses) > 1:
        for number, response in enumerate(rule.responses):
            responses = _without(rule.responses, number)
            yield evolve(rule, responses=responses), rule.span, f"`{response}` is left out"


def _of_schedule(policy: Policy) -> Iterator[Mutant]:
    schedule = policy.schedule
    if schedule is None:
        return
    for period, change in _period(schedule.standard):
        whole = evolve(policy, schedule=evolve(schedule, standard=period))
        yield Mutant("the schedule", f"`standard`: {change}", schedule.span, whole)
    for number, adjustment in enumerate(schedule.adjustments):
        owner = f"the interval `{adjustment.every}`"
        for period, change in _period(adjustment.every):
            changed = evolve(adjustment, every=period)
            adjustments = _put(schedule.adjustments, number, changed)
            whole = evolve(policy, schedule=evolve(schedule, adjustments=adjustments))
            yield Mutant(owner, change, adjustment.span, whole, adjustment, changed)
        for condition, span, change in _condition(adjustment.condition):
            changed = evolve(adjustment, condition=condition)
            adjustments = _put(schedule.adjustments, number, changed)
            whole = evolve(policy, schedule=evolve(schedule, adjustments=adjustments))
            yield Mutant(owner, change, span, whole, adjustment, changed)


# Conditions and expressions


def _condition(condition: Condition) -> Iterator[_Changed[Condition]]:
    match condition:
        case Leaf(expression=expression):
            for root, span, change in _expression(expression):
                yield Leaf(root), span, change
        case Named():
            return
        case Group(mode=mode, parts=parts, span=span):
            if mode != "none" and len(parts) > 1:
                other: Mode = "all" if mode == "any" else "any"
                yield evolve(condition, mode=other), span, f"`{mode}` became `{other}`"
            if len(parts) > 1:
                for number, part in enumerate(parts):
                    change = f"{_named(part)} is left out"
                    yield evolve(condition, parts=_without(parts, number)), part.span, change
            for number, part in enumerate(parts):
                for changed, where, change in _condition(part):
                    yield evolve(condition, parts=_put(parts, number, changed)), where, change


def _named(condition: Condition) -> str:
    match condition:
        case Leaf(expression=expression):
            return f"`{expression.canonical}`"
        case Named(trigger=trigger):
            return f"`{trigger}`"
        case Group(mode=mode):
            return f"the part `{mode}: ...`"


def _expression(expression: Expression) -> Iterator[_Changed[Expression]]:
    for root, node, change in _node(expression.root):
        span = expression.text.span(node.start, node.end)
        yield evolve(expression, root=root, canonical=canonical(root)), span, change


_NEIGHBOUR: Mapping[ComparisonOperator, ComparisonOperator] = {
    ">=": ">",
    ">": ">=",
    "<=": "<",
    "<": "<=",
    "=": "!=",
    "!=": "=",
}


def _node(node: Node) -> Iterator[tuple[Node, Node, str]]:
    """What a tree becomes, the node that was changed in it, and what was done."""
    yield from _here(node)
    match node:
        case Comparison() | Arithmetic():
            yield from _within(node.left, lambda each: evolve(node, left=each))
            yield from _within(node.right, lambda each: evolve(node, right=each))
        case And() | Or():
            for number, part in enumerate(node.operands):
                for changed, at, change in _node(part):
                    yield evolve(node, operands=_put(node.operands, number, changed)), at, change
        case Path():
            yield from _within(node.source, lambda each: evolve(node, source=each))
        case Filter():
            yield from _within(node.source, lambda each: evolve(node, source=each))
            yield from _within(node.condition, lambda each: evolve(node, condition=each))
        case Index():
            yield from _within(node.source, lambda each: evolve(node, source=each))
        case Call():
            for number, argument in enumerate(node.arguments):
                for changed, at, change in _node(argument):
                    yield evolve(node, arguments=_put(node.arguments, number, changed)), at, change
        case Not() | Negate() | UnknownTest():
            yield from _within(node.operand, lambda each: evolve(node, operand=each))
        case In():
            yield from _within(node.operand, lambda each: evolve(node, operand=each))
            for number, test in enumerate(node.tests):
                for changed, at, change in _node(test):
                    yield evolve(node, tests=_put(node.tests, number, changed)), at, change
        case Between():
            yield from _within(node.low, lambda each: evolve(node, low=each))
            yield from _within(node.high, lambda each: evolve(node, high=each))
        case EqualityTest():
            yield from _within(node.value, lambda each: evolve(node, value=each))
        case If():
            yield from _within(node.condition, lambda each: evolve(node, condition=each))
            yield from _within(node.then, lambda each: evolve(node, then=each))
            yield from _within(node.otherwise, lambda each: evolve(node, otherwise=each))
        case Quantified():
            yield from _within(node.condition, lambda each: evolve(node, condition=each))
        case ListLiteral():
            for number, item in enumerate(node.items):
                for changed, at, change in _node(item):
                    yield evolve(node, items=_put(node.items, number, changed)), at, change
        case RangeLiteral():
            if node.low is not None:
                yield from _within(node.low, lambda each: evolve(node, low=each))
            if node.high is not None:
                yield from _within(node.high, lambda each: evolve(node, high=each))
        case _:
            return


def _within(part: Node, put: Callable[[Node], Node]) -> Iterator[tuple[Node, Node, str]]:
    for changed, at, change in _node(part):
        yield put(changed), at, change


def _here(node: Node) -> Iterator[tuple[Node, Node, str]]:
    """Changes of the node itself."""
    match node:
        case NumberLiteral(value=number):
            for moved in _moved(number):
                yield evolve(node, value=moved), node, f"`{number}` became `{moved}`"
        case Comparison(operator=operator):
            other = _NEIGHBOUR[operator]
            change = f"`{operator}` became `{other}` in `{canonical(node)}`"
            yield evolve(node, operator=other), node, change
        case UnknownTest(negated=negated):
            yield evolve(node, negated=not negated), node, f"`{canonical(node)}` became its opposite"
        case And(operands=operands) | Or(operands=operands):
            words = ("and", "or") if isinstance(node, And) else ("or", "and")
            swapped = (Or if isinstance(node, And) else And)(
                operands=operands,
                id=node.id,
                start=node.start,
                end=node.end,
                type=node.type,
                unknown=node.unknown,
            )
            yield swapped, node, f"`{words[0]}` became `{words[1]}` in `{canonical(node)}`"
            for at, operand in enumerate(operands):
                rest = _without(operands, at)
                left: Node = evolve(node, operands=rest) if len(rest) > 1 else rest[0]
                yield left, operand, f"`{canonical(operand)}` is left out"
        case In(tests=tests) if len(tests) > 1:
            for at, test in enumerate(tests):
                yield evolve(node, tests=_without(tests, at)), test, f"`{canonical(test)}` is left out"
        case RangeLiteral(low=low, high=high):
            if low is not None:
                changed = evolve(node, low_closed=not node.low_closed)
                yield changed, node, f"`{canonical(node)}` became `{canonical(changed)}`"
            if high is not None:
                changed = evolve(node, high_closed=not node.high_closed)
                yield changed, node, f"`{canonical(node)}` became `{canonical(changed)}`"
        case _:
            return


def _put(items: tuple[T, ...], number: int, item: T) -> tuple[T, ...]:
    return (*items[:number], item, *items[number + 1 :])


def _without(items: tuple[T, ...], number: int) -> tuple[T, ...]:
    return (*items[:number], *items[number + 1 :])
