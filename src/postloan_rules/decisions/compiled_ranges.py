"""Many conditions on the same few values, looked up together: thresholds in order, a bit for each condition.

A condition is written as `or` of terms, each an `and` of tests of one value by constants. For every value,
the thresholds of all tests cut the number line into cells, and in one cell each test has one answer. So one
search among the thresholds answers them all, and an `and` of bits joins the values. Three truth values come
out as they do one by one: `and`, `or` and `not` over them follow the same laws of distribution as sets do.
"""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, cast

from attrs import define, field, frozen

from postloan_rules.expressions import (
    BOOLEAN,
    NUMERIC,
    STRING,
    And,
    Between,
    BooleanLiteral,
    Comparison,
    EnumType,
    EqualityTest,
    GlobalName,
    In,
    Node,
    Not,
    Or,
    Path,
    RangeLiteral,
    StringLiteral,
    UnknownTest,
)
from postloan_rules.expressions.printer import canonical
from postloan_rules.policy.model import Condition, Group, Leaf, Named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from postloan_rules.expressions.compiled_code import Code

__all__ = ["FEWEST", "Conditions", "Index", "Term", "Test", "terms_of"]

FEWEST = 32
"""Below so many conditions each is tested by itself."""
MOST_TERMS = 4

_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@frozen
class Span:
    """A part of the number line between two constants, by name; None is open."""

    low: str | None
    low_closed: bool
    high: str | None
    high_closed: bool


@frozen
class Test:
    """A test of one value. Of a number, the parts of the line where it holds; of words, which ones."""

    subject: str
    node: Node
    spans: tuple[Span, ...] = ()
    words: frozenset[object] | None = None
    opposite: bool = False
    """Whether it holds where the spans or words do not."""
    null: bool = False
    """Whether it asks if the value is unknown."""


Term: TypeAlias = "tuple[Test, ...]"
Constant: TypeAlias = "Callable[[Node], Code | None]"
"""The piece of a part that is a constant, or hangs on the day alone."""


def terms_of(condition: Condition, constant: Constant) -> tuple[Term, ...] | None:
    """A condition as `or` of `and` of tests; None where it is of another kind, or gets too long."""
    return _tree(condition, constant, holds=True)


def _tree(condition: Condition, constant: Constant, *, holds: bool) -> tuple[Term, ...] | None:
    match condition:
        case Leaf(expression=expression):
            return _terms(expression.root, constant, holds=holds)
        case Group(mode="none", parts=parts):
            return _joined([_tree(part, constant, holds=not holds) for part in parts], every=holds)
        case Group(mode=mode, parts=parts):
            return _joined(
                [_tree(part, constant, holds=holds) for part in parts], every=(mode == "all") is holds
            )
        case Named():
            return None


def _terms(node: Node, constant: Constant, *, holds: bool) -> tuple[Term, ...] | None:
    match node:
        case And() | Or():
            parts = [_terms(part, constant, holds=holds) for part in node.operands]
            return _joined(parts, every=isinstance(node, And) is holds)
        case Not(operand=operand):
            return _terms(operand, constant, holds=not holds)
        case _:
            test = _test(node, constant, holds=holds)
            return None if test is None else ((test,),)


def _joined(parts: Sequence[tuple[Term, ...] | None], *, every: bool) -> tuple[Term, ...] | None:
    found: tuple[Term, ...] = ((),) if every else ()
    for part in parts:
        if part is None:
            return None
        found = tuple((*one, *other) for one in found for other in part) if every else (*found, *part)
        if len(found) > MOST_TERMS:
            return None
    return found


def _test(node: Node, constant: Constant, *, holds: bool) -> Test | None:
    match node:
        case GlobalName() | Path() if node.type == BOOLEAN:
            return _about(node, words=frozenset({holds}))
        case UnknownTest(operand=operand, negated=negated):
            return _about(operand, null=True, opposite=negated is holds)
        case Comparison(operator=operator, left=left, right=right):
            for subject, bound, sign in ((left, right, operator), (right, left, _MIRRORED[operator])):
                found = _compared(subject, sign if holds else _OPPOSITE[sign], bound, constant)
                if found is not None:
                    return found
            return None
        case Between(operand=operand, low=low, high=high):
            spans: tuple[Span | None, ...] = (_span(low, high, constant),)
        case In(operand=operand, tests=tests):
            if all(isinstance(test, StringLiteral) for test in tests):
                words = frozenset(test.value for test in tests if isinstance(test, StringLiteral))
                return _about(operand, words=words, opposite=not holds) if _worded(operand) else None
            spans = tuple(_member(test, constant) for test in tests)
        case _:
            return None
    if operand.type not in NUMERIC:
        return None
    known = tuple(span for span in spans if span is not None)
    return _about(operand, spans=known, opposite=not holds) if len(known) == len(spans) else None


def _about(
    subject: Node,
    *,
    spans: tuple[Span, ...] = (),
    words: frozenset[object] | None = None,
    opposite: bool = False,
    null: bool = False,
) -> Test | None:
    inner = subject
    while isinstance(inner, Path):
        inner = inner.source
    if not isinstance(inner, GlobalName):
        return None
    return Test(canonical(subject), subject, spans, words, opposite, null)


def _worded(node: Node) -> bool:
    return node.type == STRING or isinstance(node.type, EnumType)


def _compared(subject: Node, sign: str, bound: Node, constant: Constant) -> Test | None:
    if _worded(subject) and isinstance(bound, StringLiteral) and sign in ("=", "!="):
        return _about(subject, words=frozenset({bound.value}), opposite=sign == "!=")
    if subject.type == BOOLEAN and isinstance(bound, BooleanLiteral) and sign in ("=", "!="):
        return _about(subject, words=frozenset({bound.value is (sign == "=")}))
    name = _name(bound, constant) if subject.type in NUMERIC else None
    if name is None:
        return None
    span = {
        "=": Span(name, True, name, True),
        "!=": Span(name, True, name, True),
        "<": Span(None, False, name, False),
        "<=": Span(None, False, name, True),
        ">": Span(name, False, None, False),
        ">=": Span(name, True, None, False),
    }[sign]
    return _about(subject, spans=(span,), opposite=sign == "!=")


def _name(bound: Node | None, constant: Constant) -> str | None:
    """The name of a constant number."""
    code = constant(bound) if bound is not None and bound.type in NUMERIC else None
    return code.text if code is not None and code.simple and code.text != "None" else None


def _span(low: Node, high: Node, constant: Constant) -> Span | None:
    ends = _name(low, constant), _name(high, constant)
    return None if None in ends else Span(ends[0], True, ends[1], True)


def _member(test: Node, constant: Constant) -> Span | None:
    if isinstance(test, RangeLiteral):
        ends = [None if end is None else _name(end, constant) for end in (test.low, test.high)]
        if any(
            end is not None and name is None for end, name in zip((test.low, test.high), ends, strict=True)
        ):
            return None
        return Span(ends[0], test.low_closed, ends[1], test.high_closed)
    if isinstance(test, EqualityTest):
        return None
    name = _name(test, constant)
    return None if name is None else Span(name, True, name, True)


# Looking up


@define
class _Table:
    """The bits of all terms for every value of one subject."""

    untested: int
    """The terms that do not test it."""
    null_true: int = 0
    null_maybe: int = 0
    thresholds: list[int | Decimal] = field(factory=list)
    at: list[int] = field(factory=list)
    between: list[int] = field(factory=list)
    words: dict[object, int] = field(factory=dict)
    other: int = 0

    def bits(self, value: object) -> int:
        """The terms that hold, as far as this value counts."""
        if not self.between:
            return self.words.get(value, self.other)
        # A number, by the type of the subject.
        number = cast("Decimal", value)
        place = bisect_left(self.thresholds, number)
        if place < len(self.thresholds) and self.thresholds[place] == number:
            return self.at[place]
        return self.between[place]


@frozen
class Conditions:
    """Conditions that are looked up together: the terms of each, by the place of its bit."""

    terms: Mapping[int, tuple[Term, ...]]
    subjects: tuple[str, ...]
    width: int
    """How many bits there are."""

    @property
    def constants(self) -> frozenset[str]:
        """The names of the constants that they test by."""
        return frozenset(
            name
            for terms in self.terms.values()
            for term in terms
            for test in term
            for span in test.spans
            for name in (span.low, span.high)
            if name is not None
        )


class Index:
    """Conditions ready to be looked up; the terms of one stand as many bits apart as there are places."""

    __slots__ = ("_all", "_mask", "_planes", "_tables", "_width")

    def __init__(self, written: Conditions, constants: Mapping[str, object]) -> None:
        conditions, width = written.terms, written.width
        self._width = width
        self._mask = (1 << width) - 1
        self._planes = max(len(terms) for terms in conditions.values())
        bits: list[tuple[int, Term]] = [
            (1 << (place + plane * width), term)
            for place, terms in conditions.items()
            for plane, term in enumerate(terms)
        ]
        self._all = sum(bit for bit, _ in bits)
        self._tables = [_table(subject, bits, self._all, constants) for subject in written.subjects]

    def __call__(self, *values: object) -> tuple[int, int]:
        """The bits of the conditions that hold, and of those that are unknown."""
        found = self._all
        for table, value in zip(self._tables, values, strict=True):
            if value is None:
                return self._with_unknown(values)
            found &= table.bits(value)
        return self._folded(found), 0

    def _with_unknown(self, values: Sequence[object]) -> tuple[int, int]:
        found = maybe = self._all
        for table, value in zip(self._tables, values, strict=True):
            if value is None:
                found &= table.null_true
                maybe &= table.null_maybe
            else:
                bits = table.bits(value)
                found &= bits
                maybe &= bits
        held = self._folded(found)
        return held, self._folded(maybe) & ~held

    def _folded(self, bits: int) -> int:
        """A condition holds where one of its terms does."""
        found = bits & self._mask
        for _ in range(self._planes - 1):
            bits >>= self._width
            found |= bits & self._mask
        return found


def _table(
    subject: str, bits: Iterable[tuple[int, Term]], everything: int, constants: Mapping[str, object]
) -> _Table:
    tested: list[tuple[int, list[Test]]] = []
    untested = everything
    for bit, term in bits:
        tests = [test for test in term if test.subject == subject]
        if tests:
            tested.append((bit, tests))
            untested ^= bit
    table = _Table(untested, null_true=untested, null_maybe=untested)
    for bit, tests in tested:
        asked = [test for test in tests if test.null]
        if any(test.opposite for test in asked):
            continue
        table.null_maybe |= bit
        if len(asked) == len(tests):
            table.null_true |= bit
    if any(test.words is not None for _, tests in tested for test in tests):
        _by_words(table, tested)
    else:
        _by_number(table, tested, constants)
    return table


def _by_words(table: _Table, tested: Sequence[tuple[int, list[Test]]]) -> None:
    named = {word for _, tests in tested for test in tests for word in test.words or ()}
    table.words = dict.fromkeys(named, table.untested)
    table.other = table.untested
    for bit, tests in tested:
        if all(_has(test, None) for test in tests):
            table.other |= bit
        for word in named:
            if all(_has(test, word) for test in tests):
                table.words[word] |= bit


def _has(test: Test, word: object) -> bool:
    """Whether a test holds for a known word."""
    if test.null:
        return test.opposite
    return (word in (test.words or ())) is not test.opposite


def _by_number(
    table: _Table, tested: Sequence[tuple[int, list[Test]]], constants: Mapping[str, object]
) -> None:
    ends = {
        name: _number(constants[name])
        for _, tests in tested
        for test in tests
        for span in test.spans
        for name in (span.low, span.high)
        if name is not None
    }
    thresholds = sorted(set(ends.values()))
    place = {value: number for number, value in enumerate(thresholds)}
    # The cells: below the first threshold, at it, between it and the second, and so on.
    cells = 2 * len(thresholds) + 1
    whole = (1 << cells) - 1
    changes = [0] * (cells + 1)
    for bit, tests in tested:
        held = whole
        for test in tests:
            held &= (
                whole if test.null and test.opposite else 0 if test.null else _cells(test, place, ends, cells)
            )
        turns = held ^ (held << 1)
        while turns:
            lowest = turns & -turns
            changes[lowest.bit_length() - 1] ^= bit
            turns ^= lowest
    found = 0
    answers: list[int] = []
    for cell in range(cells):
        found ^= changes[cell]
        answers.append(table.untested | found)
    table.thresholds = list(thresholds)
    table.between, table.at = answers[::2], answers[1::2]


def _number(value: object) -> int | Decimal:
    if not isinstance(value, Decimal):
        raise TypeError(value)
    return int(value) if value == value.to_integral_value() else value


def _cells(
    test: Test, place: Mapping[int | Decimal, int], ends: Mapping[str, int | Decimal], cells: int
) -> int:
    """The cells in which a test holds, as bits."""
    found = 0
    for span in test.spans:
        first = 0 if span.low is None else 2 * place[ends[span.low]] + (1 if span.low_closed else 2)
        last = cells - 1 if span.high is None else 2 * place[ends[span.high]] + (1 if span.high_closed else 0)
        if first <= last:
            found |= (1 << (last + 1)) - (1 << first)
    return ((1 << cells) - 1) ^ found if test.opposite else found
