"""Gives every node its type, resolves its names, and says what is wrong, all of it at once.

After a problem the part has the type `any`, which goes with everything, so that one slip is reported once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from attrs import evolve

from postloan_rules.expressions import calls, narrowing, operations, slips
from postloan_rules.expressions.comparing import Comparing
from postloan_rules.expressions.findings import an
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
from postloan_rules.expressions.scopes import ItemScope, LoopScope, Scope
from postloan_rules.expressions.types import (
    ANY,
    BOOLEAN,
    NULL,
    NUMBER,
    NUMERIC,
    STRING,
    ListType,
    RecordType,
    Type,
    Variable,
)
from postloan_rules.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postloan_rules.expressions.functions import Function
    from postloan_rules.problems import Problem, Text

__all__ = ["check_tree"]


class _Checker(Comparing):
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

    def boolean(self, node: Node) -> Node:
        """A part that has to be a condition."""
        checked = self.check(node)
        if checked.type not in (BOOLEAN, ANY, NULL):
            return self.wrong(
                checked,
                "PR0226",
                f"`{self.shown(checked)}` is {an(checked.type)}, not a condition",
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
            f"`{self.shown(operand)}` is {an(self.check(operand).type)}, not a condition",
            f"write `{left} in ({right}, {self.shown(operand)})`",
        )

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
                f"`then` gives {an(then.type)} and `else` gives {an(otherwise.type)}",
                "give both the same type",
            )
        return evolve(node, type=type_)

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
                f"`{self.shown(condition)}` is {an(condition.type)}, neither a condition nor a position",
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
                        f"`{self.shown(end)}` is {an(end.type)}",
                        "`1..3` counts whole numbers",
                    )
            return Variable(NUMBER)
        if isinstance(source.type, ListType):
            return Variable(source.type.item, unknown=source.type.unknown)
        if source.type not in (ANY, NULL):
            self.wrong(
                source,
                "PR0230",
                f"`{self.shown(source)}` is {an(source.type)}, not a list",
                "write a list, or `1..3`",
            )
        return Variable(ANY, unknown=True)

    def record_literal(self, node: RecordLiteral) -> Node:
        """A record."""
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
                f"`{self.shown(node)}` is {an(node.type)}, and {an(type_)} is needed",
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


def _find_name(name: str, scopes: Sequence[Scope]) -> bool:
    """Whether a scope has that name."""
    return any(name in scope.names() for scope in scopes)


def _reads(node: Node, binder: int) -> bool:
    if isinstance(node, LocalName | ItemField):
        return node.binder == binder
    return any(_reads(child, binder) for child in children(node))
