"""An expression as a formula. What has none is a free value of its type, the same for the same text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import evolve, field, frozen

from postloan_rules.analysis.proof.rebuilding import spelled
from postloan_rules.analysis.proof.values import (
    ALWAYS,
    NEVER,
    CannotSay,
    Known,
    Listing,
    Record,
    Span,
    Symbol,
    Truth,
    all_of,
    any_of,
    both,
    chosen,
    compared,
    literal,
    negated,
    opposite,
    plain,
    product,
    quotient,
)
from postloan_rules.expressions import (
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    EnumType,
    EqualityTest,
    GlobalName,
    If,
    In,
    ListLiteral,
    Negate,
    Node,
    Not,
    NullLiteral,
    Or,
    Path,
    RangeLiteral,
    ScalarType,
    UnknownTest,
    children,
    evaluate_node,
)
from postloan_rules.expressions.nodes import (
    Filter,
    ItemField,
    LocalName,
    Quantified,
)
from postloan_rules.expressions.printer import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.analysis.proof.world import World
    from postloan_rules.expressions import Function

__all__ = ["Encoder", "Scope"]

_SLACK = 4
"""So many days a number of months may be longer or shorter than as many months of the mean length."""


class Scope(Protocol):
    """What names stand for."""

    @property
    def world(self) -> World:
        """The variables."""

    def symbol(self, name: str) -> Symbol:
        """The value of a name. Raises CannotSay for lists and the like."""

    def text(self, name: str) -> str:
        """The name with all that it stands for, so that equal texts are equal values."""

    def record_field(self, of: Record, node: Path) -> Symbol:
        """A field of a record."""

    def freed(self, node: Node, key: str, functions: Mapping[str, Function]) -> Truth | Known:
        """The free value for a part that has no formula."""


@frozen
class Encoder:
    """One expression being put into formulas."""

    scope: Scope
    functions: Mapping[str, Function]
    known: dict[int, Symbol] = field(factory=dict)

    def truth(self, node: Node) -> Truth:
        """The formula of a condition."""
        found = self.value(node)
        if found is None:
            return Truth(NEVER, NEVER)
        if not isinstance(found, Truth):
            raise CannotSay
        return found

    def value(self, node: Node) -> Symbol:
        """The formula of a part; a free value where there is none."""
        try:
            return self._look(node)
        except CannotSay:
            if not isinstance(node.type, ScalarType | EnumType) or _bound_outside(node):
                raise
            return self.scope.freed(node, self.key(node), self.functions)

    def key(self, node: Node) -> str:
        """The text of a part with all that its names stand for."""
        return canonical(spelled(node, self.scope.text))

    def _look(self, node: Node) -> Symbol:
        if _closed(node):
            return self._literal(node)
        match node:
            case GlobalName(name=name):
                return self.scope.symbol(name)
            case Comparison(operator=operator, left=left, right=right):
                return compared(operator, self.value(left), self.value(right))
            case And(operands=operands):
                return all_of([self.truth(each) for each in operands])
            case Or(operands=operands):
                return any_of([self.truth(each) for each in operands])
            case Not(operand=operand):
                return negated(self.truth(operand))
            case Path():
                return self._path(node)
            case UnknownTest(operand=operand, negated=inverted):
                known = self.known_when(operand)
                return Truth(known, opposite(known)) if inverted else Truth(opposite(known), known)
            case Arithmetic(operator=operator, left=left, right=right):
                return self._calculated(operator, self.value(left), self.value(right))
            case Negate(operand=operand):
                found = self.value(operand)
                return None if found is None else evolve(_single(found), term=-plain(_single(found)).term)
            case Between(operand=operand, low=low, high=high):
                subject = self.value(operand)
                return all_of(
                    [compared(">=", subject, self.value(low)), compared("<=", subject, self.value(high))]
                )
            case In(operand=operand, tests=tests):
                subject = self.value(operand)
                return any_of([self._test(each, subject) for each in tests])
            case If(condition=condition, then=then, otherwise=otherwise):
                asked = self.truth(condition)
                return chosen([(asked.yes, self.value(then)), (asked.no, self.value(otherwise))])
            case Call():
                return self._call(node)
            case RangeLiteral():
                start = None if node.low is None else _single(self.value(node.low))
                stop = None if node.high is None else _single(self.value(node.high))
                return Span(start, stop, node.low_closed, node.high_closed)
            case ListLiteral(items=items):
                return Listing(tuple(self.value(each) for each in items))
            case _:
                raise CannotSay

    def _literal(self, node: Node) -> Symbol:
        match node:
            case NullLiteral():
                return None
            case ListLiteral(items=items):
                return Listing(tuple(self._literal(each) for each in items))
            case RangeLiteral():
                ends = [
                    None if each is None else _single(self._literal(each)) for each in (node.low, node.high)
                ]
                return Span(ends[0], ends[1], node.low_closed, node.high_closed)
        found = evaluate_node(node, {}, self.functions)
        return literal(found, self.scope.world.code(found) if isinstance(found, str) else None)

    def known_when(self, node: Node) -> Formula:
        """When a part is known; of lists, too."""
        try:
            found = self.value(node)
        except CannotSay:
            if _bound_outside(node):
                raise
            if not node.unknown:
                return ALWAYS
            return self.scope.world.listed(self.key(node), node, self.functions)
        match found:
            case None:
                return NEVER
            case Truth() | Known() | Record():
                return found.known
            case _:
                return ALWAYS

    def _path(self, node: Path) -> Symbol:
        source = self.value(node.source)
        match source:
            case Record():
                return self.scope.record_field(source, node)
            case Known(kind="days") if node.field == "days" and _whole(source):
                return evolve(source, kind="number")
            case Known(kind="months") if node.field == "months":
                return Known("number", z3.ToReal(source.term), source.known)
            case _:
                raise CannotSay

    def _calculated(self, operator: str, left: Symbol, right: Symbol) -> Symbol:
        if left is None or right is None:
            return None
        one, other = _single(left), _single(right)
        if operator == "/":
            if one.kind == other.kind == "months":
                one, other = _as_number(one), _as_number(other)
            if one.kind == other.kind == "number":
                return quotient(one, other)
            raise CannotSay
        one, other = plain(one), plain(other)
        known = both(one.known, other.known)
        match operator, one.kind, other.kind:
            case (("+" | "-"), ("number" | "days" | "months"), _) if one.kind == other.kind:
                term = one.term + other.term if operator == "+" else one.term - other.term
                return Known(one.kind, term, known)
            case "*", "number", "number":
                return Known("number", product(one.term, other.term), known)
            case "-", "date", "date":
                return Known("days", z3.ToReal(one.term - other.term), known)
            case (("+" | "-"), "date", "days") if _whole_literal(other):
                step = z3.ToInt(other.term)
                # Past either end of the calendar there is no day: no proof is to hang on that.
                moved = z3.simplify(one.term + step if operator == "+" else one.term - step)
                return Known("date", moved, both(known, moved >= 1, moved <= 3_652_059))
        raise CannotSay

    def _test(self, test: Node, subject: Symbol) -> Truth:
        if isinstance(test, EqualityTest):
            if isinstance(test.value, NullLiteral):
                known = NEVER if subject is None else _known(subject)
                return (
                    Truth(opposite(known), known) if test.operator == "=" else Truth(known, opposite(known))
                )
            return compared(test.operator, subject, self.value(test.value))
        return self._matches(self.value(test), subject)

    def _matches(self, candidate: Symbol, subject: Symbol) -> Truth:
        match candidate:
            case Span():
                return _within(subject, candidate)
            case Listing(items=items):
                return any_of([self._matches(each, subject) for each in items])
            case _:
                return compared("=", subject, candidate)

    def _call(self, node: Call) -> Symbol:
        if node.function in ("max", "min", "abs", "floor", "ceiling"):
            given = [self.value(each) for each in node.arguments]
            if len(given) == 1 and isinstance(given[0], Listing):
                given = list(given[0].items)
            if any(each is None for each in given):
                return None
            singles = [plain(_single(each)) for each in given]
            return _reckoned(node.function, singles)
        if node.function == "years and months duration" and len(node.arguments) == 2:
            start, end = (self.value(each) for each in node.arguments)
            if isinstance(start, Known) and isinstance(end, Known) and start.kind == end.kind == "date":
                return self._months(node, start, end)
        raise CannotSay

    def _months(self, node: Call, start: Known, end: Known) -> Known:
        """Whole months between two days: a free number that is about as many as the days say."""
        found = _single(self.scope.freed(node, self.key(node), self.functions))
        months, days = z3.ToReal(found.term), z3.ToReal(end.term - start.term)
        length = z3.Q(30_436_875, 1_000_000)
        known = both(start.known, end.known)
        forward = z3.And(
            days >= months * length - _SLACK, days <= (months + 1) * length + _SLACK, months >= 0
        )
        back = z3.And(days <= months * length + _SLACK, days >= (months - 1) * length - _SLACK, months <= 0)
        self.scope.world.axioms += [
            known == found.known,
            z3.Implies(known, z3.If(end.term >= start.term, forward, back)),
        ]
        return found


def _reckoned(function: str, values: Sequence[Known]) -> Known:
    first, *others = values
    known = both(*(each.known for each in values))
    term = first.term
    match function:
        case "max" | "min" if others and all(each.kind == first.kind for each in others):
            for each in others:
                better = each.term > term if function == "max" else each.term < term
                term = z3.If(better, each.term, term)
            return Known(first.kind, term, known)
        case "abs" if not others:
            return Known(first.kind, z3.If(term >= 0, term, -term), known)
        case "floor" if not others and first.kind == "number":
            return Known("number", z3.ToReal(z3.ToInt(term)), known)
        case "ceiling" if not others and first.kind == "number":
            return Known("number", -z3.ToReal(z3.ToInt(-term)), known)
    raise CannotSay


def _within(subject: Symbol, values: Span) -> Truth:
    parts = []
    known = NEVER if subject is None else _known(subject)
    for end, closed, sign in ((values.low, values.low_closed, ">"), (values.high, values.high_closed, "<")):
        if end is None:
            parts.append(Truth(known, NEVER))
        else:
            parts.append(compared(sign + "=" if closed else sign, subject, end))
    # A range with an unknown end is unknown as a whole.
    whole = both(*(end.known for end in (values.low, values.high) if end is not None))
    found = all_of(parts)
    return Truth(both(whole, found.yes), both(whole, found.no))


def _known(symbol: Symbol) -> Formula:
    if isinstance(symbol, Truth | Known | Record):
        return symbol.known
    return NEVER if symbol is None else ALWAYS


def _single(symbol: Symbol) -> Known:
    if not isinstance(symbol, Known):
        raise CannotSay
    return symbol


def _as_number(months: Known) -> Known:
    return evolve(months, kind="number", term=z3.ToReal(months.term))


def _whole_literal(value: Known) -> bool:
    found = z3.simplify(value.term)
    return bool(z3.is_true(value.known) and z3.is_rational_value(found) and found.denominator_as_long() == 1)


def _whole(value: Known) -> bool:
    """Whether a duration is of whole days: the difference of two dates is."""
    return bool(z3.is_app_of(value.term, z3.Z3_OP_TO_REAL))


def _closed(node: Node) -> bool:
    """Whether it reads nothing, so that it is worked out at once."""
    if isinstance(node, GlobalName | LocalName | ItemField | EqualityTest):
        return False
    return all(_closed(part) for part in children(node))


def _bound_outside(node: Node) -> bool:
    """Whether it reads an item of a list that stands outside of it."""
    inner: set[int] = set()
    return _reads_outside(node, inner)


def _reads_outside(node: Node, inner: set[int]) -> bool:
    if isinstance(node, LocalName | ItemField):
        return node.binder not in inner
    if isinstance(node, Filter | Quantified):
        inner = inner | {node.id}
    return any(_reads_outside(part, inner) for part in children(node))
