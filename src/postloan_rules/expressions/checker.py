"""Gives every node its type, resolves its names, and says what is wrong, all of it at once.

After a problem the part has the type `any`, which goes with everything, so that one slip is reported once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, assert_never

from attrs import evolve

from postloan_rules.expressions import calls, narrowing, operations, slips
from postloan_rules.expressions.functions.properties import PROPERTIES, property_type
from postloan_rules.expressions.nodes import (
    And,
    Arithmetic,
    Between,
    BooleanLiteral,
    Call,
    Comparison,
    EqualityTest,
    Filter,
    GlobalName,
    If,
    In,
    Index,
    ItemField,
    ListLiteral,
    LocalName,
    Negate,
    Node,
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
    children,
)
from postloan_rules.expressions.printer import quoted
from postloan_rules.expressions.scopes import ItemScope, LoopScope, Scope, find
from postloan_rules.expressions.types import (
    ANY,
    BOOLEAN,
    DAYS,
    MONEY,
    MONTHS,
    NULL,
    NUMBER,
    NUMERIC,
    STRING,
    EnumType,
    ListType,
    RangeType,
    RecordType,
    Type,
    Variable,
    type_name,
)
from postloan_rules.problems import Problem, did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postloan_rules.expressions.functions import Function
    from postloan_rules.expressions.narrowing import Key
    from postloan_rules.problems import Text

__all__ = ["check_tree"]

_Any = TypeVar("_Any", bound=Node)
_VERBS = {
    "+": "added",
    "-": "subtracted",
    "*": "multiplied",
    "/": "divided",
    "**": "raised to a power",
}
_SHOWN = 40
_FEW = 5


class _Checker:
    """Checks the trees of one text against the names and functions that it may use."""

    def __init__(self, text: Text, names: Mapping[str, Variable], functions: Mapping[str, Function]) -> None:
        self.text = text
        self.names = names
        self.functions = functions
        self.problems: list[Problem] = []
        self.scopes: list[Scope] = []
        self.known: frozenset[Key] = frozenset()
        # The words of the enumeration that the part at hand is compared with.
        self.words: tuple[str, ...] = ()
        self.count = 0

    # Reporting

    def report(self, code: str, message: str, start: int, end: int, help_: str = "") -> None:
        """Note a problem; its place is a stretch of the text."""
        self.problems.append(Problem(code, message, self.text.span(start, end), help_))

    def wrong(self, node: _Any, code: str, message: str, help_: str = "") -> _Any:
        """Note a problem with a part, and give the part the type that goes with everything."""
        self.report(code, message, node.start, node.end, help_)
        return evolve(node, type=ANY, unknown=True)

    def shown(self, node: Node) -> str:
        """The author's words for a part, shortened."""
        written = " ".join(self.text.value[node.start : node.end].split())
        return written if len(written) <= _SHOWN else f"{written[: _SHOWN - 1]}…"

    def number(self, node: _Any) -> _Any:
        """The node with the next number."""
        self.count += 1
        return evolve(node, id=self.count - 1)

    # Nodes

    def check(self, node: Node) -> Node:
        """The node and all below it, typed, numbered from the outside in, names resolved."""
        match node:
            case NumberLiteral():
                return evolve(self.number(node), type=NUMBER, unknown=False)
            case StringLiteral():
                return evolve(self.number(node), type=STRING, unknown=False)
            case BooleanLiteral():
                return evolve(self.number(node), type=BOOLEAN, unknown=False)
            case NullLiteral():
                return evolve(self.number(node), type=NULL, unknown=True)
            case TemporalLiteral():
                return evolve(self.number(node), type=calls.type_of(node.value), unknown=False)
            case GlobalName():
                return self.name(node)
            case Path():
                return self.path(self.number(node))
            case Comparison():
                return self.comparison(node)
            case And() | Or():
                return self.joined(self.number(node))
            case Not():
                checked = self.number(node)
                operand = self.boolean(node.operand)
                return evolve(checked, operand=operand, type=BOOLEAN, unknown=operand.unknown)
            case Arithmetic():
                return self.arithmetic(self.number(node))
            case Negate():
                return self.negation(self.number(node))
            case Call():
                return self.call(self.number(node))
            case Filter():
                return self.filter(self.number(node))
            case In():
                return self.membership(self.number(node))
            case Between():
                return self.between(self.number(node))
            case If():
                return self.conditional(self.number(node))
            case Quantified():
                return self.quantified(self.number(node))
            case ListLiteral():
                return self.list_literal(self.number(node))
            case RangeLiteral():
                return self.range_literal(self.number(node))
            case RecordLiteral():
                return self.record_literal(self.number(node))
            case EqualityTest() | Index() | LocalName() | ItemField() | UnknownTest():
                # Made by the checker, or checked with the node around them.
                raise AssertionError(node)
            case _:
                assert_never(node)

    def name(self, node: GlobalName) -> Node:
        found = find(node, self.scopes, self.names)
        if found is None:
            return self.unknown_name(self.number(node))
        resolved, variable = found
        return self.seen(self.number(resolved), variable.type, unknown=variable.unknown)

    def seen(self, node: _Any, type_: Type, *, unknown: bool) -> _Any:
        """The node with its type; known where a condition has made sure of it."""
        typed = evolve(node, type=type_)
        return evolve(typed, unknown=unknown and narrowing.key(typed) not in self.known)

    def unknown_name(self, node: GlobalName) -> Node:
        if node.name == "?":
            return self.wrong(
                node,
                "PR0234",
                "`?` stands for the input of a table cell, and there is none here",
                "write a name",
            )
        known = [*self.names, *(name for scope in self.scopes for name in scope.names())]
        lower = node.name.lower()
        call = node.name in self.functions
        help_ = f"`{node.name}` is a function: write `{node.name}(...)`" if call else ""
        if not help_ and nearest(node.name, known) is None:
            word = f"write `{quoted(node.name)}`, in quotes" if node.name in self.words else ""
            help_ = word or slips.FOREIGN_NAMES.get(lower, "")
        return self.wrong(
            node, "PR0220", f"unknown name `{node.name}`", help_ or did_you_mean(node.name, known)
        )

    def path(self, node: Path) -> Node:
        source = self.check(node.source)
        node = evolve(node, source=source)
        listed = source.type if isinstance(source.type, ListType) else None
        type_ = source.type if listed is None else listed.item
        if type_ in (ANY, NULL):
            return evolve(node, type=ANY if listed is None else ListType(ANY, unknown=True), unknown=True)
        variable = _part(type_, node.field)
        if variable is None:
            self.unknown_part(node, source, type_)
            return evolve(node, type=ANY, unknown=True)
        if listed is not None:
            unknown = listed.unknown or variable.unknown
            return evolve(node, type=ListType(variable.type, unknown=unknown), unknown=source.unknown)
        return self.seen(node, variable.type, unknown=source.unknown or variable.unknown)

    def unknown_part(self, node: Path, source: Node, type_: Type) -> None:
        known = _parts(type_)
        if isinstance(type_, RecordType):
            message = f"`{type_name(type_)}` has no field `{node.field}`"
        elif known:
            message = f"{_an(type_)} has no part `{node.field}`"
        else:
            message = f"`{self.shown(source)}` is {_an(type_)}, which has no fields"
        help_ = did_you_mean(node.field, known, what="it has") or "take the field away"
        written = self.text.value[source.end : node.end]
        start = source.end + len(written) - len(written.partition(".")[2].lstrip())
        self.report("PR0221", message, start, node.end, help_)

    # Conditions

    def boolean(self, node: Node) -> Node:
        """A part that has to be a condition."""
        checked = self.check(node)
        if checked.type not in (BOOLEAN, ANY, NULL):
            return self.wrong(
                checked,
                "PR0226",
                f"`{self.shown(checked)}` is {_an(checked.type)}, not a condition",
                "compare it with something, as in `x > 0` or `x != null`",
            )
        return checked

    def joined(self, node: And | Or) -> Node:
        """`and` and `or`: what one part makes sure of is known in the others, wherever they stand.

        In `x > 3 and x != null` an unknown x makes the whole false, as it does in `x != null and x > 3`. Any
        order of checking is right: a part that may be unknown itself makes the whole one that may be unknown.
        """
        truth = isinstance(node, And)
        before = self.known
        order = sorted(
            range(len(node.operands)), key=lambda index: narrowing.rank(node.operands[index], truth)
        )
        operands = list(node.operands)
        for index in order:
            checked = self.value_as_condition(node, index) or self.boolean(operands[index])
            operands[index] = checked
            self.known |= narrowing.facts(checked, truth)
        self.known = before
        unknown = any(operand.unknown for operand in operands)
        return evolve(node, operands=tuple(operands), type=BOOLEAN, unknown=unknown)

    def value_as_condition(self, node: And | Or, index: int) -> Node | None:
        """`x = "a" or "b"` is a habit of speech that deserves its own help."""
        operand, before = node.operands[index], node.operands[index - 1] if index else None
        literal = isinstance(operand, StringLiteral | NumberLiteral)
        if not (
            literal and isinstance(node, Or) and isinstance(before, Comparison) and before.operator == "="
        ):
            return None
        left, right = (self.text.value[part.start : part.end] for part in (before.left, before.right))
        return self.wrong(
            self.number(operand),
            "PR0226",
            f"`{self.shown(operand)}` is {_an(self.check(operand).type)}, not a condition",
            f"write `{left} in ({right}, {self.shown(operand)})`",
        )

    def comparison(self, node: Comparison) -> Node:
        nulls = isinstance(node.left, NullLiteral), isinstance(node.right, NullLiteral)
        if not any(nulls):
            checked = self.number(node)
            left = self.check(node.left)
            right = self.compared_with(left, node.right)
            left, right = self.pair(checked, left, right, ordered=node.operator not in {"=", "!="})
            return evolve(checked, left=left, right=right, type=BOOLEAN, unknown=_either_unknown(left, right))
        if node.operator not in {"=", "!="}:
            null = node.right if nulls[1] else node.left
            self.report(
                "PR0235",
                f"`{node.operator}` with `null` is never known",
                null.start,
                null.end,
                "write `= null` or `!= null`",
            )
            return evolve(self.number(node), type=BOOLEAN, unknown=True)
        test = UnknownTest(
            id=node.id,
            start=node.start,
            end=node.end,
            type=BOOLEAN,
            unknown=False,
            operand=node.left if nulls[1] else node.right,
            negated=node.operator == "!=",
        )
        test = self.number(test)
        return evolve(test, operand=self.check(test.operand))

    def compared_with(self, other: Node, node: Node) -> Node:
        """A part that is compared with another: one of its words without quotes gets help of its own."""
        self.words = other.type.members if isinstance(other.type, EnumType) else ()
        checked = self.check(node)
        self.words = ()
        return checked

    def pair(self, whole: Node, left: Node, right: Node, *, ordered: bool = False) -> tuple[Node, Node]:
        """Two values that are compared: literals take the unit or the set of words of the other side."""
        left, right = self.suited(left, right.type), self.suited(right, left.type)
        if not operations.comparable(left.type, right.type):
            code = "PR0225" if {left.type, right.type} <= NUMERIC else "PR0223"
            if isinstance(left.type, ListType) is not isinstance(right.type, ListType):
                code = "PR0228"
            self.report(
                code, self.differs(left, right, "compared"), whole.start, whole.end, self.advice(left, right)
            )
        elif ordered:
            for side in (left, right):
                if not operations.ordered(side.type):
                    self.report(
                        "PR0224",
                        f"`{self.shown(side)}` is {_an(side.type)}, which has no order",
                        side.start,
                        side.end,
                        "compare with `=` or `!=`, or write `x in (...)`",
                    )
                    break
        return left, right

    def differs(self, left: Node, right: Node, verb: str) -> str:
        ours, theirs = _an(left.type), _an(right.type)
        if ours == theirs:
            return f"`{self.shown(left)}` and `{self.shown(right)}` are both {ours}, and cannot be {verb}"
        return f"`{self.shown(left)}` is {ours} and `{self.shown(right)}` is {theirs}: they cannot be {verb}"

    def advice(self, left: Node, right: Node) -> str:
        text, number = (left, right) if isinstance(left, StringLiteral) else (right, left)
        if isinstance(text, StringLiteral) and number.type in NUMERIC:
            return f"a text is never read as a number: write `{text.value}` without quotes"
        return operations.advice(left.type, right.type)

    def suited(self, node: Node, other: Type) -> Node:
        """A literal, in the unit or the set of words that the other side needs."""
        if other in NUMERIC and calls.is_bare(node):
            return calls.in_unit(node, other)
        if isinstance(other, EnumType) and isinstance(node, StringLiteral) and node.type == STRING:
            if node.value not in other.members:
                return self.wrong(
                    node,
                    "PR0222",
                    f"`{quoted(node.value)}` is not one of the words of {other.name or 'the other side'}",
                    _member_help(node.value, other),
                )
            return evolve(node, type=other)
        if isinstance(other, ListType) and isinstance(node, ListLiteral):
            items = tuple(self.suited(item, other.item) for item in node.items)
            return self.listed(evolve(node, items=items))
        return node

    def between(self, node: Between) -> Node:
        operand, low, high = (self.check(part) for part in (node.operand, node.low, node.high))
        if calls.is_bare(operand):
            operand = self.suited(operand, high.type if calls.is_bare(low) else low.type)
        _, low = self.pair(node, operand, low, ordered=True)
        _, high = self.pair(node, operand, high, ordered=True)
        unknown = operand.unknown or _either_unknown(low, high)
        return evolve(node, operand=operand, low=low, high=high, type=BOOLEAN, unknown=unknown)

    def membership(self, node: In) -> Node:
        operand = self.check(node.operand)
        tests = tuple(self.test(test, operand) for test in node.tests)
        for test in tests:
            operand = self.suited(operand, _searched(test.type))
        asks = any(_is_null_test(test) for test in tests)
        # `x in (null, 1)` is true for an unknown x.
        unknown = (operand.unknown and not asks) or any(test.unknown or _loose(test.type) for test in tests)
        unknown = unknown or _loose(operand.type)
        return evolve(node, operand=operand, tests=tests, type=BOOLEAN, unknown=unknown)

    def test(self, test: Node, operand: Node) -> Node:
        """One test of `in`, against the value that is tested."""
        match test:
            case EqualityTest(value=NullLiteral()):
                checked = self.number(test)
                null = self.check(test.value)
                return evolve(checked, value=null, type=BOOLEAN, unknown=False)
            case EqualityTest():
                checked = self.number(test)
                _, value = self.pair(test, operand, self.compared_with(operand, test.value))
                return evolve(checked, value=value, type=BOOLEAN, unknown=value.unknown)
            case RangeLiteral():
                bounds = self.number(test)
                low, high = (self.bound(end, operand) for end in (test.low, test.high))
                return self.ranged(evolve(bounds, low=low, high=high))
            case ListLiteral() if not isinstance(operand.type, ListType):
                whole = self.number(test)
                items = tuple(self.item_test(item, operand) for item in test.items)
                return self.listed(evolve(whole, items=items))
            case _:
                return self.value_test(self.compared_with(operand, test), operand)

    def bound(self, end: Node | None, operand: Node) -> Node | None:
        if end is None:
            return None
        checked = self.check(end)
        if isinstance(end, NullLiteral):
            return self.null_bound(checked)
        return self.pair(checked, operand, checked, ordered=True)[1]

    def null_bound(self, node: Node) -> Node:
        return self.wrong(
            node, "PR0232", "a range has no end `null`", "write `>= 1` or `<= 10` for a range with one end"
        )

    def item_test(self, item: Node, operand: Node) -> Node:
        """An item of a list that is searched: a value, or a range that may hold it."""
        if isinstance(item, RangeLiteral):
            return self.test(item, operand)
        checked = self.compared_with(operand, item)
        if isinstance(checked.type, RangeType):
            return self.value_test(checked, operand)
        suited = self.suited(checked, operand.type)
        if not operations.comparable(operand.type, suited.type) and isinstance(operand.type, EnumType):
            return self.pair(item, operand, suited)[1]
        return suited

    def value_test(self, test: Node, operand: Node) -> Node:
        """A test that is a value: a range, a list, or something equal."""
        match test.type:
            case RangeType(item):
                operand = self.suited(operand, item)
                if not operations.comparable(operand.type, item):
                    self.report(
                        "PR0223",
                        self.differs(operand, test, "compared"),
                        test.start,
                        test.end,
                        operations.advice(operand.type, item),
                    )
                return test
            case ListType(item, unknown):
                inner = _searched(test.type)
                operand = self.suited(operand, inner)
                whole = isinstance(operand.type, ListType) and operations.comparable(operand.type, test.type)
                if not whole and not operations.comparable(operand.type, inner):
                    self.report(
                        "PR0223",
                        self.differs(operand, test, "compared"),
                        test.start,
                        test.end,
                        operations.advice(operand.type, inner),
                    )
                return evolve(test, unknown=test.unknown or unknown or _loose(item))
            case _:
                return self.pair(test, operand, test)[1]

    def conditional(self, node: If) -> Node:
        condition = self.boolean(node.condition)
        before = self.known
        self.known = before | narrowing.facts(condition, truth=True)
        then = self.check(node.then)
        self.known = before | narrowing.facts(condition, truth=False)
        otherwise = self.check(node.otherwise)
        self.known = before
        then, otherwise = self.suited(then, otherwise.type), self.suited(otherwise, then.type)
        type_ = operations.unified([then.type, otherwise.type])
        node = evolve(
            node,
            condition=condition,
            then=then,
            otherwise=otherwise,
            unknown=condition.unknown or then.unknown or otherwise.unknown,
        )
        if type_ is None:
            return self.wrong(
                node,
                "PR0229",
                f"`then` gives {_an(then.type)} and `else` gives {_an(otherwise.type)}",
                "give both the same type",
            )
        return evolve(node, type=type_)

    # Numbers, dates, texts

    def arithmetic(self, node: Arithmetic) -> Node:
        left, right = self.check(node.left), self.check(node.right)
        for side in (left, right):
            if side.type == NULL:
                self.report(
                    "PR0235",
                    f"`{node.operator}` with `null` is never known",
                    side.start,
                    side.end,
                    "write a value",
                )
                return evolve(node, left=left, right=right, type=ANY, unknown=True)
        both_bare = calls.is_bare(left) and calls.is_bare(right)
        if node.operator in {"+", "-"} and not both_bare:
            left, right = self.suited(left, right.type), self.suited(right, left.type)
        node = evolve(node, left=left, right=right)
        type_ = operations.arithmetic(node.operator, left.type, right.type)
        if type_ is None:
            units = {left.type, right.type} <= NUMERIC
            return self.wrong(
                node,
                "PR0225" if units else "PR0224",
                self.differs(left, right, _VERBS[node.operator]),
                self.advice(left, right),
            )
        unknown = left.unknown or right.unknown or type_ == ANY
        if node.operator in {"/", "**"}:
            unknown = unknown or not (_nonzero(right) or narrowing.nonzero(right, self.known))
        return evolve(node, type=type_, unknown=unknown)

    def negation(self, node: Negate) -> Node:
        operand = self.check(node.operand)
        node = evolve(node, operand=operand)
        type_ = operations.negated(operand.type)
        if type_ is None:
            return self.wrong(
                node,
                "PR0224",
                f"`{self.shown(operand)}` is {_an(operand.type)}, and has no `-`",
                "only numbers, amounts and durations have a sign",
            )
        return evolve(node, type=type_, unknown=operand.unknown)

    # Lists and records

    def filter(self, node: Filter) -> Node:
        source = self.check(node.source)
        item = source.type.item if isinstance(source.type, ListType) else source.type
        item_unknown = isinstance(source.type, ListType) and source.type.unknown
        self.scopes.append(ItemScope(node.id, Variable(item, unknown=item_unknown)))
        condition = self.check(node.condition)
        self.scopes.pop()
        listed = source.type if isinstance(source.type, ListType) else ListType(source.type)
        node = evolve(node, source=source, condition=condition)
        if condition.type in NUMERIC:
            return self.index(node, source, condition, item)
        if condition.type not in (BOOLEAN, ANY, NULL):
            return self.wrong(
                node,
                "PR0226",
                f"`{self.shown(condition)}` is {_an(condition.type)}, neither a condition nor a position",
                "write `list[condition]`, or `list[1]` for the first item and `list[-1]` for the last",
            )
        known = narrowing.facts(condition, truth=True)
        return evolve(
            node,
            type=narrowing.narrowed(listed, node.id, known),
            unknown=source.unknown or condition.unknown or condition.type == ANY,
        )

    def index(self, node: Filter, source: Node, position: Node, item: Type) -> Node:
        if _reads(position, node.id):
            return self.wrong(
                node,
                "PR0230",
                f"the position `{self.shown(position)}` depends on the item itself",
                "write a condition, or a position that is the same for all items",
            )
        if isinstance(position, NumberLiteral) and (
            position.value != int(position.value) or not position.value
        ):
            return self.wrong(
                node,
                "PR0230",
                f"no item has the position {position.value}",
                "the first item is `[1]`, and the last is `[-1]`",
            )
        index = Index(id=node.id, start=node.start, end=node.end, source=source, index=position, unknown=True)
        return self.seen(index, item, unknown=True)

    def quantified(self, node: Quantified) -> Node:
        depth = len(self.scopes)
        unknown = False
        iterators = []
        for iterator in node.iterators:
            source = self.check(iterator.source)
            stop = None if iterator.stop is None else self.check(iterator.stop)
            unknown = unknown or source.unknown or (stop is not None and stop.unknown)
            variable = self.iterated(source, stop)
            self.scopes.append(LoopScope(node.id, iterator.name, variable))
            iterators.append(evolve(iterator, source=source, stop=stop))
        condition = self.boolean(node.condition)
        del self.scopes[depth:]
        return evolve(
            node,
            iterators=tuple(iterators),
            condition=condition,
            type=BOOLEAN,
            unknown=unknown or condition.unknown,
        )

    def iterated(self, source: Node, stop: Node | None) -> Variable:
        """What the variable of `some` or `every` stands for."""
        if stop is not None:
            for end in (source, stop):
                if end.type not in {NUMBER, ANY}:
                    self.wrong(
                        end,
                        "PR0230",
                        f"`{self.shown(end)}` is {_an(end.type)}",
                        "`1..3` counts whole numbers",
                    )
            return Variable(NUMBER)
        if isinstance(source.type, ListType):
            return Variable(source.type.item, unknown=source.type.unknown)
        if source.type not in (ANY, NULL):
            self.wrong(
                source,
                "PR0230",
                f"`{self.shown(source)}` is {_an(source.type)}, not a list",
                "write a list, or `1..3`",
            )
        return Variable(ANY, unknown=True)

    def list_literal(self, node: ListLiteral) -> Node:
        items = [self.check(item) for item in node.items]
        units = {item.type for item in items if item.type in NUMERIC and not calls.is_bare(item)}
        sets = {item.type for item in items if isinstance(item.type, EnumType)}
        if len(units) == 1:
            items = [self.suited(item, next(iter(units))) for item in items]
        if len(sets) == 1:
            items = [self.suited(item, next(iter(sets))) for item in items]
        return self.listed(evolve(node, items=tuple(items)))

    def listed(self, node: ListLiteral) -> ListLiteral:
        type_ = operations.unified([item.type for item in node.items]) if node.items else ANY
        item = ANY if type_ in (None, NULL) or type_ is None else type_
        unknown = any(item.unknown for item in node.items)
        return evolve(node, type=ListType(item, unknown=unknown), unknown=False)

    def range_literal(self, node: RangeLiteral) -> Node:
        low, high = (None if end is None else self.check(end) for end in (node.low, node.high))
        ends = [end for end in (low, high) if end is not None]
        nulls = [end for end in ends if isinstance(end, NullLiteral)]
        if nulls:
            self.null_bound(nulls[0])
        elif low is not None and high is not None:
            low, high = self.pair(node, low, high, ordered=True)
        elif not operations.ordered(ends[0].type):
            self.pair(node, ends[0], ends[0], ordered=True)
        return self.ranged(evolve(node, low=low, high=high))

    def ranged(self, node: RangeLiteral) -> RangeLiteral:
        ends = [end for end in (node.low, node.high) if end is not None]
        type_ = operations.unified([end.type for end in ends]) or ANY
        return evolve(
            node, type=RangeType(ANY if type_ == NULL else type_), unknown=any(end.unknown for end in ends)
        )

    def record_literal(self, node: RecordLiteral) -> Node:
        fields: dict[str, Variable] = {}
        entries = []
        for entry in node.entries:
            value = self.check(entry.value)
            if entry.name in fields:
                self.report(
                    "PR0233", f"`{entry.name}` is given twice", entry.start, entry.end, "give it once"
                )
            fields[entry.name] = Variable(ANY if value.type == NULL else value.type, unknown=value.unknown)
            entries.append(evolve(entry, value=value))
        return evolve(node, entries=tuple(entries), type=RecordType("", fields), unknown=False)

    # Functions

    def call(self, node: Call) -> Node:
        function = self.functions.get(node.function)
        if function is None:
            return self.unknown_function(node)
        resolved = calls.in_order(node, function)
        if isinstance(resolved, calls.Misfit):
            for argument in node.arguments:
                self.check(argument)
            start, end = resolved.place or (node.start, node.end)
            self.report(resolved.code, resolved.message, start, end, resolved.help)
            return evolve(node, arguments=(), names=(), type=ANY, unknown=True)
        arguments = tuple(self.check(argument) for argument in resolved)
        node = evolve(node, arguments=arguments, names=())
        result = calls.result_of(node, function)
        if isinstance(result, calls.Misfit):
            only = arguments[0] if len(arguments) == 1 else node
            start, end = result.place or (only.start, only.end)
            self.report(result.code, result.message, start, end, result.help)
            return evolve(node, type=ANY, unknown=True)
        return evolve(node, type=result.type, unknown=result.unknown)

    def unknown_function(self, node: Call) -> Node:
        for argument in node.arguments:
            self.check(argument)
        help_ = slips.FOREIGN_FUNCTIONS.get(node.function.lower(), "")
        if not help_ and (node.function in self.names or _find_name(node.function, self.scopes)):
            help_ = f"`{node.function}` is a name, not a function; write an operator before the bracket"
        self.report(
            "PR0260",
            f"unknown function `{node.function}`",
            node.start,
            node.name_end,
            help_ or did_you_mean(node.function, list(self.functions), what="known functions"),
        )
        return evolve(node, type=ANY, unknown=True)

    def expected(self, node: Node, type_: Type) -> Node:
        """The whole expression, where a value of a certain type is needed."""
        node = self.suited(node, type_)
        if not operations.fits(node.type, type_):
            return self.wrong(
                node,
                "PR0227",
                f"`{self.shown(node)}` is {_an(node.type)}, and {_an(type_)} is needed",
                operations.advice(node.type, type_),
            )
        return node


def check_tree(
    tree: Node,
    text: Text,
    names: Mapping[str, Variable],
    functions: Mapping[str, Function],
    expected: Type | None = None,
) -> tuple[Node, tuple[Problem, ...]]:
    """The tree with types, numbers and resolved names, and what is wrong with it.

    Args:
        tree: As the parser gave it.
        text: What the author wrote.
        names: What each name that it may use stands for.
        functions: The functions that it may call.
        expected: The type that is needed, if one is.
    """
    checker = _Checker(text, names, functions)
    root = checker.check(tree)
    if expected is not None:
        root = checker.expected(root, expected)
    return root, tuple(checker.problems)


def _part(type_: Type, name: str) -> Variable | None:
    if isinstance(type_, RecordType):
        return type_.fields.get(name)
    return property_type(type_, name)


def _parts(type_: Type) -> list[str]:
    if isinstance(type_, RecordType):
        return list(type_.fields)
    return [name for name in PROPERTIES if property_type(type_, name) is not None]


def _find_name(name: str, scopes: Sequence[Scope]) -> bool:
    """Whether a scope has that name."""
    return any(name in scope.names() for scope in scopes)


def _an(type_: Type) -> str:
    """The type with its article."""
    name = type_name(type_)
    if isinstance(type_, EnumType):
        return name if len(type_.members) <= _FEW else f"one of the words of {type_.name}"
    if type_ in (MONEY, DAYS, MONTHS):
        return name
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"


def _member_help(value: str, type_: EnumType) -> str:
    near = nearest(value, type_.members)
    if near is not None:
        return f"did you mean `{quoted(near)}`?"
    return f"the words are: {', '.join(quoted(member) for member in type_.members)}"


def _searched(type_: Type) -> Type:
    """The type of the values in a range, or in a list of values or ranges."""
    if isinstance(type_, ListType):
        type_ = type_.item
    return type_.item if isinstance(type_, RangeType) else type_


def _loose(type_: Type) -> bool:
    """Whether values of the type may turn out not to be comparable, or to hold something unknown."""
    match type_:
        case ListType(item, unknown):
            return unknown or _loose(item)
        case RangeType(item):
            return _loose(item)
        case RecordType():
            return True
        case _:
            return type_ in (ANY, NULL)


def _either_unknown(left: Node, right: Node) -> bool:
    return left.unknown or right.unknown or _loose(left.type) or _loose(right.type)


def _nonzero(node: Node) -> bool:
    if isinstance(node, Negate):
        return _nonzero(node.operand)
    return isinstance(node, NumberLiteral) and bool(node.value)


def _is_null_test(test: Node) -> bool:
    return isinstance(test, EqualityTest) and test.operator == "=" and isinstance(test.value, NullLiteral)


def _reads(node: Node, binder: int) -> bool:
    if isinstance(node, LocalName | ItemField):
        return node.binder == binder
    return any(_reads(child, binder) for child in children(node))
