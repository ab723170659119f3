"""Checks operators, `in`, lists and ranges: values whose types go together, and literals that take a unit."""

from __future__ import annotations

from attrs import evolve

from postloan_rules.expressions import calls, narrowing, operations
from postloan_rules.expressions.findings import an, either_unknown, loose, searched
from postloan_rules.expressions.naming import Naming
from postloan_rules.expressions.nodes import (
    Arithmetic,
    Between,
    Comparison,
    EqualityTest,
    If,
    In,
    ListLiteral,
    Negate,
    Node,
    NullLiteral,
    NumberLiteral,
    RangeLiteral,
    StringLiteral,
    UnknownTest,
)
from postloan_rules.expressions.printer import quoted
from postloan_rules.expressions.types import (
    ANY,
    BOOLEAN,
    NULL,
    NUMERIC,
    STRING,
    EnumType,
    ListType,
    RangeType,
    Type,
)
from postloan_rules.problems import nearest

__all__ = ["Comparing"]


_MOST_EXPONENT = 12
_VERBS = {
    "+": "added",
    "-": "subtracted",
    "*": "multiplied",
    "/": "divided",
    "**": "raised to a power",
}


class Comparing(Naming):
    """Checks parts whose values are compared or calculated with each other."""

    def comparison(self, node: Comparison) -> Node:
        """A comparison; with the literal `null`, the test for unknown."""
        nulls = isinstance(node.left, NullLiteral), isinstance(node.right, NullLiteral)
        if not any(nulls):
            checked = self.number(node)
            left = self.check(node.left)
            right = self.compared_with(left, node.right)
            left, right = self.pair(checked, left, right, ordered=node.operator not in {"=", "!="})
            return evolve(checked, left=left, right=right, type=BOOLEAN, unknown=either_unknown(left, right))
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
                        f"`{self.shown(side)}` is {an(side.type)}, which has no order",
                        side.start,
                        side.end,
                        "compare with `=` or `!=`, or write `x in (...)`",
                    )
                    break
        return left, right

    def differs(self, left: Node, right: Node, verb: str) -> str:
        """What the two types are that do not go together."""
        ours, theirs = an(left.type), an(right.type)
        if ours == theirs:
            return f"`{self.shown(left)}` and `{self.shown(right)}` are both {ours}, and cannot be {verb}"
        return f"`{self.shown(left)}` is {ours} and `{self.shown(right)}` is {theirs}: they cannot be {verb}"

    def advice(self, left: Node, right: Node) -> str:
        """What to write where two types do not go together."""
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
        if isinstance(other, EnumType) and isinstance(node, If) and node.type == STRING:
            then, otherwise = self.suited(node.then, other), self.suited(node.otherwise, other)
            type_ = operations.unified([then.type, otherwise.type])
            return evolve(node, then=then, otherwise=otherwise, type=type_ or STRING)
        if isinstance(other, ListType) and isinstance(node, ListLiteral):
            items = tuple(self.suited(item, other.item) for item in node.items)
            return self.listed(evolve(node, items=items))
        return node

    def between(self, node: Between) -> Node:
        """`between`, whose three parts are of one type."""
        operand, low, high = (self.check(part) for part in (node.operand, node.low, node.high))
        if calls.is_bare(operand):
            operand = self.suited(operand, high.type if calls.is_bare(low) else low.type)
        _, low = self.pair(node, operand, low, ordered=True)
        _, high = self.pair(node, operand, high, ordered=True)
        unknown = operand.unknown or either_unknown(low, high)
        return evolve(node, operand=operand, low=low, high=high, type=BOOLEAN, unknown=unknown)

    def membership(self, node: In) -> Node:
        """`in`, each test against the value that is tested."""
        operand = self.check(node.operand)
        tests = tuple(self.test(test, operand) for test in node.tests)
        for test in tests:
            operand = self.suited(operand, searched(test.type))
        asks = any(_is_null_test(test) for test in tests)
        # `x in (null, 1)` is true for an unknown x.
        unknown = (operand.unknown and not asks) or any(test.unknown or loose(test.type) for test in tests)
        unknown = unknown or loose(operand.type)
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
        """One end of a range that is tested."""
        if end is None:
            return None
        checked = self.check(end)
        if isinstance(end, NullLiteral):
            return self.null_bound(checked)
        return self.pair(checked, operand, checked, ordered=True)[1]

    def null_bound(self, node: Node) -> Node:
        """A problem: a range has no end `null`."""
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
                inner = searched(test.type)
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
                return evolve(test, unknown=test.unknown or unknown or loose(item))
            case _:
                return self.pair(test, operand, test)[1]

    def list_literal(self, node: ListLiteral) -> Node:
        """A list; its literals take the unit of its other items."""
        items = [self.check(item) for item in node.items]
        units = {item.type for item in items if item.type in NUMERIC and not calls.is_bare(item)}
        sets = {item.type for item in items if isinstance(item.type, EnumType)}
        if len(units) == 1:
            items = [self.suited(item, next(iter(units))) for item in items]
        if len(sets) == 1:
            items = [self.suited(item, next(iter(sets))) for item in items]
        return self.listed(evolve(node, items=tuple(items)))

    def listed(self, node: ListLiteral) -> ListLiteral:
        """A list literal with its type."""
        type_ = operations.unified([item.type for item in node.items]) if node.items else ANY
        item = ANY if type_ in (None, NULL) or type_ is None else type_
        unknown = any(item.unknown for item in node.items)
        return evolve(node, type=ListType(item, unknown=unknown), unknown=False)

    def range_literal(self, node: RangeLiteral) -> Node:
        """A range that stands by itself."""
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
        """A range literal with its type."""
        ends = [end for end in (node.low, node.high) if end is not None]
        type_ = operations.unified([end.type for end in ends]) or ANY
        return evolve(
            node, type=RangeType(ANY if type_ == NULL else type_), unknown=any(end.unknown for end in ends)
        )

    def arithmetic(self, node: Arithmetic) -> Node:
        """An operator on numbers, dates, durations or texts."""
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
        if node.operator == "/":
            unknown = unknown or not (_nonzero(right) or narrowing.nonzero(right, self.known))
        elif node.operator == "**":
            unknown = unknown or not _small_exponent(right)
        return evolve(node, type=type_, unknown=unknown)

    def negation(self, node: Negate) -> Node:
        """A number or duration with a minus sign."""
        operand = self.check(node.operand)
        node = evolve(node, operand=operand)
        type_ = operations.negated(operand.type)
        if type_ is None:
            return self.wrong(
                node,
                "PR0224",
                f"`{self.shown(operand)}` is {an(operand.type)}, and has no `-`",
                "only numbers, amounts and durations have a sign",
            )
        return evolve(node, type=type_, unknown=operand.unknown)


def _nonzero(node: Node) -> bool:
    if isinstance(node, Negate):
        return _nonzero(node.operand)
    return isinstance(node, NumberLiteral) and bool(node.value)


def _small_exponent(node: Node) -> bool:
    """Whether a power with this exponent always has a result."""
    return isinstance(node, NumberLiteral) and node.value in range(1, _MOST_EXPONENT + 1)


def _member_help(value: str, type_: EnumType) -> str:
    near = nearest(value, type_.members)
    if near is not None:
        return f"did you mean `{quoted(near)}`?"
    return f"the words are: {', '.join(quoted(member) for member in type_.members)}"


def _is_null_test(test: Node) -> bool:
    return isinstance(test, EqualityTest) and test.operator == "=" and isinstance(test.value, NullLiteral)
