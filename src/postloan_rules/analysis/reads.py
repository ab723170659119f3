"""Which fields of the snapshot the value of an expression hangs on, told from its tree alone."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, assert_never

from attrs import evolve, frozen

from postloan_rules.expressions import (
    ANY,
    NUMBER,
    And,
    Arithmetic,
    Between,
    BooleanLiteral,
    Call,
    Comparison,
    EqualityTest,
    Expression,
    Filter,
    GlobalName,
    If,
    In,
    Index,
    ItemField,
    ListLiteral,
    ListType,
    LocalName,
    Negate,
    Not,
    NullLiteral,
    NumberLiteral,
    Or,
    Path,
    Quantified,
    RangeLiteral,
    RecordLiteral,
    StringLiteral,
    TemporalLiteral,
    UnknownTest,
    Variable,
    check,
    children,
)
from postloan_rules.policy.functions import EQUIVALENTS, KNOWN_FUNCTIONS
from postloan_rules.policy.vocabulary import ACCOUNT, record
from postloan_rules.problems import Text
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from postloan_rules.expressions import Node

__all__ = ["NOTHING", "Flow", "Reads", "Record", "below", "flow_of", "joined", "of_paths", "order", "through"]

Reads: TypeAlias = "Mapping[str, tuple[str, ...]]"
"""Fields by path, each with the shortest way by which it is read (facts, tables, triggers, rules)."""

_PASSING = frozenset({"append", "concatenate", "flatten", "reverse"})
"""Functions that hand items on without looking at them."""
_CHOOSING = frozenset({"sublist", "insert before", "remove", "latest"})
"""The same, where the order of the items decides which ones."""
_ORDERLESS = frozenset(
    {"count", "sum", "min", "max", "mean", "median", "stddev", "mode", "product", "all", "any"}
)
"""Functions of a list to which the order of its items does not matter."""

_ORDERED_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Account": ("date_opened", "account_id"),
        "Statement": ("cycle_end",),
        "Instalment": ("start", "plan_id"),
        "BureauReport": ("pulled_on", "source"),
        "Complaint": ("opened_on", "id"),
        "Event": ("occurred_on", "id"),
        "Review": ("reviewed_on", "id"),
    }
)
"""The fields that alone put the records of a list in order. Other records are told apart by all they hold."""


@frozen
class Record:
    """Records of the snapshot that a value is, or holds: where they stand, and of which kind they are."""

    path: str
    kind: str

    def field(self, name: str) -> Flow:
        """What reading one field of them hangs on."""
        info = catalogue.records()[self.kind].by_name.get(name)
        if info is None:
            return NOTHING
        path = f"{self.path}.{name}"
        if info.record is None:
            return Flow(of_paths([path]))
        held = Record(path + ("[]" if info.many else ""), info.record)
        return Flow(of_paths([path]), frozenset([held]), order(held) if info.many else frozenset())


@frozen
class Flow:
    """What a value hangs on: the fields that are read for it, and records that have not been looked into."""

    reads: Reads
    records: frozenset[Record] = frozenset()
    order: frozenset[str] = frozenset()
    """The fields that put its items in order, where it is a list."""

    def used(self) -> Reads:
        """What it hangs on where it is looked at as a whole: every field of its records, and their order."""
        inside = [path for each in self.records for path in below(each)]
        return joined([self.reads, of_paths([*self.order, *inside])])

    def in_order(self) -> Flow:
        """The same value, where the order of its items has been made use of."""
        return Flow(joined([self.reads, of_paths(self.order)]), self.records)


NOTHING = Flow(MappingProxyType({}))


def of_paths(paths: Iterable[str]) -> Reads:
    """Fields that are read directly."""
    return dict.fromkeys(paths, ())


def joined(several: Iterable[Reads]) -> Reads:
    """All of these fields, each with the shortest of its ways."""
    found: dict[str, tuple[str, ...]] = {}
    for reads in several:
        for path, way in reads.items():
            if path not in found or (len(way), way) < (len(found[path]), found[path]):
                found[path] = way
    return found


def through(step: str, reads: Reads) -> Reads:
    """The same fields, read by way of something that has a name."""
    return {path: (*way, step) for path, way in reads.items()}


@cache
def below(records: Record) -> tuple[str, ...]:
    """Every field of these records, and of the records that they hold; what no rule may read among them."""
    found: list[str] = []
    for info in catalogue.records()[records.kind].fields:
        path = f"{records.path}.{info.name}"
        found.append(path)
        if info.record is not None:
            found += below(Record(path + ("[]" if info.many else ""), info.record))
    return tuple(found)


def order(records: Record) -> frozenset[str]:
    """The fields that decide in which order the records of a list stand."""
    if records.kind not in _ORDERED_BY:
        return frozenset(below(records))
    return frozenset(f"{records.path}.{name}" for name in _ORDERED_BY[records.kind])


_Names: TypeAlias = "Callable[[str], Flow]"
_Local: TypeAlias = "Mapping[tuple[int, str], Flow]"


def flow_of(expression: Expression, names: _Names) -> Flow:
    """What the value of an expression hangs on.

    Args:
        expression: Checked, with its names resolved.
        names: What each name that it reads hangs on.
    """
    return _flow(expression.root, names, {})


def _flow(node: Node, names: _Names, local: _Local) -> Flow:
    match node:
        case GlobalName(name=name):
            return names(name)
        case LocalName(name=name, binder=binder):
            return local[binder, name]
        case ItemField(name=name, binder=binder):
            return _field(local[binder, "item"], name)
        case Path(source=source, field=field):
            return _field(_flow(source, names, local), field)
        case Filter(source=source, condition=condition):
            items = _flow(source, names, local)
            inner = {**local, (node.id, "item"): evolve(items, order=frozenset())}
            holds = _flow(condition, names, inner).used()
            return evolve(items, reads=joined([items.reads, holds]))
        case Index(source=source, index=index):
            items = _flow(source, names, local).in_order()
            return evolve(items, reads=joined([items.reads, _flow(index, names, local).used()]))
        case Quantified(iterators=iterators, condition=condition):
            inner, reads = dict(local), []
            for each in iterators:
                items = _flow(each.source, names, inner)
                reads.append(items.reads)
                if each.stop is not None:
                    reads.append(_flow(each.stop, names, inner).used())
                inner[node.id, each.name] = evolve(items, order=frozenset())
            return Flow(joined([*reads, _flow(condition, names, inner).used()]))
        case Call():
            return _call(node, names, local)
        case If(condition=condition, then=then, otherwise=otherwise):
            both = _together([_flow(then, names, local), _flow(otherwise, names, local)])
            return evolve(both, reads=joined([_flow(condition, names, local).used(), both.reads]))
        case ListLiteral(items=parts):
            return _together([_flow(part, names, local) for part in parts])
        case UnknownTest(operand=operand):
            return Flow(_flow(operand, names, local).reads)
        case In(operand=operand, tests=tests):
            flows = [_flow(part, names, local) for part in (operand, *tests)]
            if not isinstance(operand.type, ListType) and operand.type != ANY:
                flows = [evolve(flow, order=frozenset()) for flow in flows]
            return Flow(joined(flow.used() for flow in flows))
        case (
            Comparison()
            | And()
            | Or()
            | Not()
            | Negate()
            | Arithmetic()
            | Between()
            | EqualityTest()
            | RangeLiteral()
            | RecordLiteral()
        ):
            return Flow(joined(_flow(part, names, local).used() for part in children(node)))
        case NumberLiteral() | StringLiteral() | BooleanLiteral() | NullLiteral() | TemporalLiteral():
            return NOTHING
        case _:
            assert_never(node)


def _together(flows: list[Flow]) -> Flow:
    return Flow(
        joined(flow.reads for flow in flows),
        frozenset().union(*(flow.records for flow in flows)),
        frozenset().union(*(flow.order for flow in flows)),
    )


def _field(source: Flow, name: str) -> Flow:
    """What a field hangs on: of records, of each record in a list, or a part of a date or duration."""
    inner = _together([each.field(name) for each in source.records])
    return Flow(joined([source.reads, inner.reads]), inner.records, source.order | inner.order)


def _call(node: Call, names: _Names, local: _Local) -> Flow:
    arguments = [_flow(argument, names, local) for argument in node.arguments]
    if node.function in EQUIVALENTS:
        given = dict(zip((ACCOUNT, "n"), arguments, strict=False))
        return Flow(flow_of(_equivalent(node.function), lambda name: given.get(name, NOTHING)).used())
    if node.function in _PASSING:
        return _together(arguments)
    if node.function in _CHOOSING:
        return _together([each.in_order() for each in arguments])
    if node.function == "count" or (
        node.function in _ORDERLESS and not any(each.records for each in arguments)
    ):
        return Flow(joined(each.reads for each in arguments))
    return Flow(joined(each.used() for each in arguments))


@cache
def _equivalent(function: str) -> Expression:
    names = {ACCOUNT: Variable(record("Account")), "n": Variable(NUMBER)}
    return check(Text.of(EQUIVALENTS[function]), names, functions=KNOWN_FUNCTIONS)
