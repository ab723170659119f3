"""How far a value is from where a condition would turn, exactly and in its unit."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import evolve, frozen

from postloan_rules.decisions.evidence import moving_sides, plain_value, worded
from postloan_rules.expressions import (
    BOOLEAN,
    CONTEXT,
    DATE,
    DATE_TIME,
    DAYS,
    DAYS_DURATION,
    MONEY,
    MONTHS,
    MONTHS_DURATION,
    NUMBER,
    RATIO,
    STRING,
    Arithmetic,
    Between,
    Call,
    Comparison,
    EnumType,
    EqualityTest,
    Expression,
    GlobalName,
    If,
    In,
    Index,
    ListType,
    Months,
    Negate,
    Node,
    NumberLiteral,
    Path,
    Range,
    Type,
    evaluate_node,
    text_of,
    type_name,
)
from postloan_rules.snapshot import catalogue
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from postloan_rules.decisions.literals import Atom, Literals

__all__ = ["Distance", "distance", "wanted_values"]

Direction: TypeAlias = Literal["more", "less", "later", "earlier"]

_CANDIDATE = "\0candidate"
"""A name that no policy can have, for the value that is tried."""
_BEGINNING = dt.datetime(1, 1, 1)  # noqa: DTZ001 - the snapshot's times have no zone


@frozen
class Distance:
    """How much a value would have to change, all else being as it is.

    `beyond` tells that it must change by more than `amount`, however little more: ratios, and numbers that
    need not be whole, have no smallest step. Money changes in the currency's minor unit; days, months and
    counts are whole.
    """

    of: str
    """What would have to change, as the author wrote it."""
    value: object
    """What it is now."""
    threshold: object
    """What it is held against: the boundary that is nearest."""
    amount: Decimal
    unit: str
    """A currency, `days`, `months`, `seconds`, `ratio`, or empty for counts and plain numbers."""
    direction: Direction
    beyond: bool
    target: object
    """The value that would do; None where there is no nearest one (`beyond`)."""
    relative: Decimal
    """The amount as a share of the threshold (of 365 days for dates), to compare across units."""

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return {
            "of": self.of,
            "value": plain_value(self.value),
            "threshold": plain_value(self.threshold),
            "amount": text_of(self.amount),
            "unit": self.unit,
            "direction": self.direction,
            "beyond": self.beyond,
            "target": plain_value(self.target),
        }

    def __str__(self) -> str:
        unit = self.unit.removesuffix("s") if self.amount == 1 and self.unit != "ratio" else self.unit
        amount = f"{worded(self.amount)} {unit}".strip()
        to = f", to {worded(self.target)}" if self.target is not None else ""
        if self.beyond and not self.amount:
            return f"{self.of} would have to be {self.direction} than it is, however little"
        past = "over " if self.beyond else ""
        return f"{self.of} would have to be {past}{amount} {self.direction}{to}"


def distance(atom: Atom, literals: Literals, *, target: bool) -> Distance | None:
    """The smallest change of one side of a condition that makes it true (or false).

    None where there is none to state: its value is unknown, or has no measure, or no value would do.
    """
    if atom.kind == "due":
        return _to_review(atom, literals.snapshot.as_of, target=target)
    found = _subject(atom, literals)
    if found is None:
        return None
    subject, thresholds = found
    scale = _Scale.of(subject.node, subject.value, thresholds, literals)
    if scale is None:
        return None
    return scale.nearest(subject, thresholds, target=target)


def _to_review(atom: Atom, today: dt.date, *, target: bool) -> Distance | None:
    due = atom.value
    if not isinstance(due, dt.date):
        return None
    to = today if target else today + dt.timedelta(days=1)
    days = Decimal(abs((due - to).days))
    direction: Direction = "earlier" if target else "later"
    share = CONTEXT.divide(days, Decimal(365))
    return Distance("the next review", due, today, days, "days", direction, False, to, share)


def wanted_values(atom: Atom, literals: Literals, *, target: bool) -> tuple[str, ...]:
    """The words, texts or truth values that would make a condition true (or false), in their order.

    Empty where any other value would do, or where values have a measure.
    """
    expression = atom.expression
    if expression is None:
        return ()
    found = _subject(atom, literals, known=False)
    if found is None:
        return ()
    subject, thresholds = found
    kind = subject.node.type
    if isinstance(kind, EnumType):
        tried: Iterable[object] = kind.members
    elif kind in (STRING, BOOLEAN):
        tried = dict.fromkeys(each for each in thresholds if each is not None)
    else:
        return ()
    return tuple(worded(each) for each in tried if subject.gives(each) is target)


@frozen
class _Subject:
    """The side of a condition that is moved, and the condition with a hole in its place."""

    node: Node
    value: object
    whole: Node
    expression: Expression
    names: dict[str, object]

    def gives(self, tried: object) -> object:
        """The condition's truth value with another value in the hole."""
        return evaluate_node(self.whole, {**self.names, _CANDIDATE: tried}, self.expression.functions)

    @property
    def text(self) -> str:
        return self.expression.text.value[self.node.start : self.node.end]


def _subject(
    atom: Atom, literals: Literals, *, known: bool = True
) -> tuple[_Subject, tuple[object, ...]] | None:
    expression = atom.expression
    if expression is None:
        return None
    root = expression.root
    side: Node
    whole: Node

    def value(node: Node) -> object:
        return evaluate_node(node, atom.names, expression.functions)

    match root:
        case Comparison():
            side, other, swapped = moving_sides(root, literals)
            hole = _hole(side)
            whole = evolve(root, right=hole) if swapped else evolve(root, left=hole)
            thresholds: tuple[object, ...] = (value(other),)
        case Between(operand=side, low=low, high=high):
            whole = evolve(root, operand=_hole(side))
            thresholds = (value(low), value(high))
        case In(operand=side, tests=tests):
            whole = evolve(root, operand=_hole(side))
            thresholds = tuple(end for test in tests for end in _ends(_tested(test, value)))
        case _:
            return None
    now = value(side)
    if known and (now is None or any(each is None for each in thresholds)):
        return None
    return _Subject(side, now, whole, expression, atom.names), thresholds


def _hole(side: Node) -> GlobalName:
    return GlobalName(
        id=side.id, start=side.start, end=side.end, type=side.type, unknown=side.unknown, name=_CANDIDATE
    )


def _tested(test: Node, value: Callable[[Node], object]) -> object:
    return value(test.value) if isinstance(test, EqualityTest) else value(test)


def _ends(tested: object) -> Iterator[object]:
    """The boundaries that a test of `in` sets."""
    if isinstance(tested, tuple):
        for each in tested:
            yield from _ends(each)
    elif isinstance(tested, Range):
        if tested.start is not None:
            yield tested.start
        if tested.end is not None:
            yield tested.end
    else:
        yield tested


@frozen
class _Scale:
    """How values of a type stand on a line, and by what steps they move."""

    unit: str
    step: Decimal | None
    kind: Type
    days: bool = False
    """Whether a duration is counted in days rather than microseconds."""

    @classmethod
    def of(
        cls, node: Node, value: object, thresholds: tuple[object, ...], literals: Literals
    ) -> _Scale | None:
        """The scale of a part of an expression; None where its values have no measure."""
        kind = node.type
        one = Decimal(1)
        if kind == MONEY:
            return cls(literals.policy.currency, one.scaleb(-minor_digits(literals.policy.currency)), kind)
        if kind in (DAYS, MONTHS):
            return cls(type_name(kind), one, kind)
        if kind == NUMBER:
            return cls("", one if _whole(node, literals) else None, kind)
        if kind == RATIO:
            return cls("ratio", None, kind)
        if kind == DATE:
            return cls("days", one, kind)
        if kind == MONTHS_DURATION:
            return cls("months", one, kind)
        if kind == DAYS_DURATION:
            lengths = [each for each in (value, *thresholds) if isinstance(each, dt.timedelta)]
            in_days = all(each % dt.timedelta(days=1) == dt.timedelta(0) for each in lengths)
            return cls("days", one, kind, days=True) if in_days else cls("seconds", None, kind)
        if kind == DATE_TIME and not any(_zoned(each) for each in (value, *thresholds)):
            return cls("seconds", None, kind)
        return None

    def position(self, value: object) -> Decimal | None:
        """Where a value stands."""
        match value:
            case bool():
                return None
            case Decimal():
                return value
            case dt.datetime():
                return _seconds(value - _BEGINNING) if self.kind == DATE_TIME else None
            case dt.date():
                return Decimal(value.toordinal()) if self.kind == DATE else None
            case dt.timedelta():
                return Decimal(value.days) if self.days else _seconds(value)
            case Months():
                return Decimal(value.months)
            case _:
                return None

    def value(self, position: Decimal) -> object:
        """The value that stands there; None where there is none."""
        if self.kind == DATE:
            return _date(position)
        if self.kind == MONTHS_DURATION:
            return Months(int(position))
        if self.kind == DAYS_DURATION:
            return dt.timedelta(days=int(position)) if self.days else _duration(position)
        if self.kind == DATE_TIME:
            return _BEGINNING + _duration(position)
        return position

    def nearest(self, subject: _Subject, thresholds: tuple[object, ...], *, target: bool) -> Distance | None:
        """The nearest value for which the condition comes out as wanted."""
        here = self.position(subject.value)
        marks = sorted({mark for each in thresholds if (mark := self.position(each)) is not None})
        if here is None or not marks:
            return None
        tried = self._stepped(here, marks) if self.step is not None else _apart(here, marks)
        for amount, place, beyond, up in sorted(tried, key=lambda each: (each[0], each[2], not each[3])):
            candidate = self.value(place)
            if candidate is not None and subject.gives(candidate) is target:
                mark = min(marks, key=lambda each: (_gap(each, place), each))
                return self._distance(subject, thresholds, mark, amount, candidate, beyond=beyond, up=up)
        return None

    def _stepped(
        self, here: Decimal, marks: Iterable[Decimal]
    ) -> Iterator[tuple[Decimal, Decimal, bool, bool]]:
        """The places a step around each boundary: how far, where, never beyond, whether upwards."""
        step = self.step or Decimal(1)
        for mark in marks:
            steps = CONTEXT.divide(CONTEXT.subtract(mark, here), step).to_integral_value(ROUND_FLOOR)
            for more in (-1, 0, 1, 2):
                moved = CONTEXT.multiply(CONTEXT.add(steps, Decimal(more)), step)
                if moved:
                    yield moved.copy_abs(), CONTEXT.add(here, moved), False, moved > 0

    def _distance(
        self,
        subject: _Subject,
        thresholds: tuple[object, ...],
        mark: Decimal,
        amount: Decimal,
        candidate: object,
        *,
        beyond: bool,
        up: bool,
    ) -> Distance:
        threshold = next(each for each in thresholds if self.position(each) == mark)
        moments = self.kind in (DATE, DATE_TIME)
        direction: Direction = ("later" if up else "earlier") if moments else "more" if up else "less"
        return Distance(
            subject.text,
            subject.value,
            threshold,
            amount,
            self.unit,
            direction,
            beyond,
            None if beyond else candidate,
            self._relative(amount, mark),
        )

    def _relative(self, amount: Decimal, mark: Decimal) -> Decimal:
        if self.kind == DATE:
            return CONTEXT.divide(amount, Decimal(365))
        if self.kind == DATE_TIME:
            return CONTEXT.divide(amount, Decimal(365 * 86_400))
        return CONTEXT.divide(amount, max(mark.copy_abs(), self.step or Decimal(0)) or Decimal(1))


def _apart(here: Decimal, marks: list[Decimal]) -> Iterator[tuple[Decimal, Decimal, bool, bool]]:
    """Each boundary, and a place in each stretch between them: how far, where, whether beyond, whether up.

    A condition does not change within a stretch, so that one place in it speaks for all of it.
    """
    for mark in marks:
        if mark != here:
            yield _gap(mark, here), mark, False, mark > here
    one = Decimal(1)
    ends = [CONTEXT.subtract(marks[0], one), *marks, CONTEXT.add(marks[-1], one)]
    for low, high in itertools.pairwise(ends):
        place = CONTEXT.divide(CONTEXT.add(low, high), Decimal(2))
        inside = low < here < high or (here <= low == ends[0]) or (here >= high == ends[-1])
        if inside:
            continue
        up = place > here
        edge = low if up else high
        yield _gap(edge, here), place, True, up


def _zoned(value: object) -> bool:
    return isinstance(value, dt.datetime) and value.tzinfo is not None


def _gap(one: Decimal, other: Decimal) -> Decimal:
    return CONTEXT.subtract(one, other).copy_abs()


def _seconds(length: dt.timedelta) -> Decimal:
    return Decimal(length // dt.timedelta(microseconds=1)).scaleb(-6, CONTEXT)


def _duration(seconds: Decimal) -> dt.timedelta:
    return dt.timedelta(microseconds=int(seconds.scaleb(6, CONTEXT)))


def _date(position: Decimal) -> dt.date | None:
    if not dt.date.min.toordinal() <= position <= dt.date.max.toordinal():
        return None
    return dt.date.fromordinal(int(position))


# Which numbers are whole

_OF_ARGUMENTS = frozenset({"sum", "min", "max", "abs", "product"})
_ALWAYS = frozenset(
    {
        "count",
        "floor",
        "ceiling",
        "late_months",
        "clean_months",
        "minimum_payments",
        "string length",
        "day of year",
        "week of year",
    }
)


def _whole(node: Node, literals: Literals) -> bool:
    """Whether the numbers that a part of an expression gives are whole, as far as its text tells."""
    match node:
        case NumberLiteral(value=number):
            return number == number.to_integral_value()
        case Arithmetic(operator="+" | "-" | "*", left=left, right=right):
            return _whole(left, literals) and _whole(right, literals)
        case Negate(operand=operand):
            return _whole(operand, literals)
        case If(then=then, otherwise=otherwise):
            return _whole(then, literals) and _whole(otherwise, literals)
        case Call(function=function):
            if function in _ALWAYS:
                # `floor(x, 2)` keeps decimals.
                return function not in ("floor", "ceiling") or len(node.arguments) == 1
            return function in _OF_ARGUMENTS and all(_whole(each, literals) for each in node.arguments)
        case GlobalName(name=name):
            return _whole_name(name, literals)
        case Path(source=source, field=field):
            return _counted(source.type, field)
        case Index(source=source):
            return _whole(source, literals)
        case _:
            return False


def _whole_name(name: str, literals: Literals) -> bool:
    fact = literals.facts.get(name)
    if fact is not None:
        if fact.type in (DAYS, MONTHS):
            return True
        return isinstance(fact.definition, Expression) and _whole(fact.definition.root, literals)
    parameter = next((each for each in literals.policy.parameters if each.name == name), None)
    if parameter is None:
        return False
    return all(
        isinstance(each.value, Decimal) and each.value == each.value.to_integral_value()
        for each in parameter.values
    )


def _counted(record: Type, field: str) -> bool:
    """Whether a field of the snapshot is a count."""
    kind = record.item if isinstance(record, ListType) else record
    spoken = type_name(kind)
    for name, info in catalogue.records().items():
        if name.lower() == spoken.replace(" ", ""):
            return any(
                each.name == field and each.kind in ("count", "days", "months") for each in info.fields
            )
    return False
