"""From the typed tree of an expression to Python source that gives the same values as the evaluator.

Types and what may be unknown are used where they can be relied on at run time. The checker's own `unknown`
cannot: `x > 3` in `x > 3 and x != null` is known there only because the other part is looked at first. What
is known here is worked out again, along the way that the code takes.
"""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING, Literal, Protocol, assert_never, cast

from attrs import evolve, field, frozen

from postloan_rules.expressions import narrowing
from postloan_rules.expressions.compiled_code import (
    FALSE,
    TRUE,
    UNKNOWN,
    Code,
    Form,
    Module,
    both,
    either,
    known_or_unknown,
    made,
    named,
    opposite,
)
from postloan_rules.expressions.evaluator import evaluate_node
from postloan_rules.expressions.functions import FUNCTIONS
from postloan_rules.expressions.functions.properties import PROPERTIES
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
from postloan_rules.expressions.printer import canonical
from postloan_rules.expressions.types import (
    ANY,
    BOOLEAN,
    DATE,
    DAYS,
    DAYS_DURATION,
    MONTHS,
    MONTHS_DURATION,
    NULL,
    NUMBER,
    NUMERIC,
    STRING,
    EnumType,
    ListType,
    RecordType,
    ScalarType,
    Type,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from postloan_rules.expressions.evaluator import Names as Values
    from postloan_rules.expressions.expression import Expression
    from postloan_rules.expressions.functions import Function
    from postloan_rules.expressions.narrowing import Key
    from postloan_rules.expressions.nodes import Iterator

__all__ = ["Names", "Writer", "compiled", "expression_code"]

ITEM = "item"
WHOLE = (NUMBER, DAYS, MONTHS)
"""The types that a checked field holds as a Python int."""

_SIGNS = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_OPERATIONS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "**": "power"}
_DIRECT_KINDS = (DATE, DAYS_DURATION, MONTHS_DURATION)
_FEW = 8


class Names(Protocol):
    """What the names of an expression are in the generated code."""

    @property
    def direct(self) -> Collection[str]:
        """The record types whose values are objects with checked fields, which are read as attributes."""

    @property
    def of_the_day(self) -> Collection[str]:
        """The names whose values hang on the day alone."""

    def code(self, name: str) -> Code:
        """The piece that stands for a name."""


@frozen
class Bound:
    """A local name: its piece, and its type."""

    code: Code
    type: Type


@frozen
class Loop:
    """A loop that is being written: the names of its items, and what is worked out before it."""

    around: Writer
    bound: Mapping[tuple[int, str], Bound]
    before: dict[str, Code] = field(factory=dict)


@frozen
class Writer:
    """Writes expressions as Python, into a module."""

    module: Module
    names: Names
    functions: Mapping[str, Function]
    known: frozenset[Key] = frozenset()
    """What the code around has made sure of."""
    loop: Loop | None = None

    # What a node is, before how it is written

    def constant(self, node: Node) -> Code | None:
        """The piece of a part that hangs on literals or on the day alone."""
        if isinstance(node, GlobalName):
            return self.names.code(node.name) if node.name in self.names.of_the_day else None
        return self._constant(node)

    def code(self, node: Node) -> Code:
        """The piece that gives a node's value."""
        folded = self._constant(node)
        if folded is not None:
            return folded
        if self.loop is not None and not _reads(node, self.loop.bound):
            return self._before_loop(self.loop, node)
        return self._code(node)

    def value(self, node: Node) -> Code:
        """The same, with a number as a Decimal: for what may be shown, or calculated with."""
        code = self.code(node)
        if code.form == "value":
            return code
        return known_or_unknown(self.module, "D({0})", code)

    def condition(self, node: Node) -> Code:
        """A piece that gives true, false or None."""
        code = self.code(node)
        if node.type == BOOLEAN:
            return code
        return made(self.module, f"truth({code.text})", code)

    def knowing(self, more: frozenset[Key]) -> Writer:
        """A writer for a place where more is known."""
        return evolve(self, known=self.known | more) if more - self.known else self

    def _constant(self, node: Node) -> Code | None:
        """A literal, or a part that hangs on literals or on the day alone."""
        match node:
            case NumberLiteral(value=number):
                return self.module.number(number)
            case StringLiteral() | TemporalLiteral():
                return Code(self.module.constant(node.value), known=True)
            case BooleanLiteral(value=truth):
                return TRUE if truth else FALSE
            case NullLiteral():
                return UNKNOWN
            case GlobalName() | LocalName() | ItemField() | EqualityTest():
                return None
        if not self._settled(node):
            return None
        if not any(isinstance(part, GlobalName) for part in _walk(node)):
            found = evaluate_node(node, {}, self.functions)
            if found is None:
                return UNKNOWN
            if node.type in NUMERIC:
                return self.module.number(found)  # type: ignore[arg-type]  # a number, by its type
            if isinstance(found, bool):
                return TRUE if found else FALSE
            return Code(self.module.constant(found), known=True)
        return self.module.of_the_day(node, canonical(node), number=node.type in NUMERIC)

    def _settled(self, node: Node) -> bool:
        """Whether a part hangs on literals and the day alone."""
        return all(
            part.name in self.names.of_the_day if isinstance(part, GlobalName) else True
            for part in _walk(node)
        ) and not _free(node)

    def _before_loop(self, loop: Loop, node: Node) -> Code:
        """A part that does not hang on the item: worked out once, before the loop."""
        code = loop.around.code(node)
        if code.simple:
            return code
        name = self.module.fresh("h")
        loop.before[name] = code
        return Code(name, frozenset({name}), code.known, code.form)

    def _code(self, node: Node) -> Code:
        match node:
            case Comparison():
                return self._comparison(node)
            case GlobalName(name=name):
                code = self.names.code(name)
                return evolve(code, known=code.known or (name,) in self.known)
            case LocalName(name=name, binder=binder):
                return self._local(binder, name)
            case ItemField():
                return self._item_field(node)
            case Path():
                return self._path(node)
            case And():
                return self._joined(node, truth=True)
            case Or():
                return self._joined(node, truth=False)
            case Not(operand=operand):
                return opposite(self.module, self.condition(operand))
            case Arithmetic():
                return self._arithmetic(node)
            case Negate(operand=operand):
                return self._call("negate", self.value(operand))
            case Call():
                return self._function(node)
            case UnknownTest(operand=operand, negated=negated):
                return self._unknown_test(self.code(operand), negated=negated)
            case Filter():
                return self._loops(node)
            case Quantified():
                return self._quantified(node, 0)
            case Index():
                return self._index(node)
            case In():
                return self._membership(node)
            case Between():
                return self._between(node)
            case If():
                return self._conditional(node)
            case ListLiteral(items=items):
                codes = [self.value(item) for item in items]
                text = "".join(f"{code.text}, " for code in codes)
                return made(self.module, f"({text})", *codes, known=True)
            case RangeLiteral():
                return self._range(node)
            case RecordLiteral(entries=entries):
                codes = [self.value(entry.value) for entry in entries]
                pairs = (
                    f"{self.module.constant(entry.name)}: {code.text}"
                    for entry, code in zip(entries, codes, strict=True)
                )
                return made(self.module, f"{{{', '.join(pairs)}}}", *codes, known=True)
            case NumberLiteral() | StringLiteral() | TemporalLiteral() | BooleanLiteral() | NullLiteral():
                raise AssertionError(node)  # a constant
            case EqualityTest():
                raise AssertionError(node)  # written by the `in` around it
            case _:
                assert_never(node)

    def _call(self, name: str, *codes: Code) -> Code:
        return made(self.module, f"{name}({', '.join(code.text for code in codes)})", *codes)

    # Names and fields

    def _bound(self, binder: int, name: str) -> Bound:
        loop = self.loop
        while loop is not None:
            if (binder, name) in loop.bound:
                return loop.bound[binder, name]
            loop = loop.around.loop
        raise AssertionError(name)

    def _local(self, binder: int, name: str) -> Code:
        code = self._bound(binder, name).code
        return evolve(code, known=code.known or (f"{binder}:{name}",) in self.known)

    def _item_field(self, node: ItemField) -> Code:
        item, type_ = self._local(node.binder, ITEM), self._bound(node.binder, ITEM).type
        known = (f"{node.binder}:{ITEM}", f".{node.name}") in self.known
        return self._read(item, type_, node.name, known=known)

    def _path(self, node: Path) -> Code:
        source = node.source
        key = narrowing.key(node)
        known = key is not None and key in self.known
        if isinstance(source.type, ListType):
            return self._loops(node) if self._is_direct(source.type.item) else self._part(node)
        if isinstance(source.type, RecordType):
            return self._read(self.code(source), source.type, node.field, known=known)
        if source.type == DAYS_DURATION and node.field == "days":
            return known_or_unknown(self.module, "days_of({0})", self.code(source))
        return self._part(node)

    def _part(self, node: Path) -> Code:
        """A part of a date, a duration or a range, or of a record of any kind."""
        part, type_ = PROPERTIES.get(node.field), node.source.type
        source = self.value(node.source)
        if part is not None and type_ in part.of:
            return self._call(self.module.constant(part.read), source)
        return self._call("field_of", source, Code(self.module.constant(node.field)))

    def _read(self, record: Code, type_: Type, name: str, *, known: bool) -> Code:
        if not isinstance(type_, RecordType) or not self._is_direct(type_) or not _is_attribute(name, type_):
            return self._call("field_of", record, Code(self.module.constant(name)))
        variable = type_.fields[name]
        # A field that is known belongs to a known record.
        record = evolve(record, known=record.known or known)
        form: Form = "whole" if variable.type in WHOLE else "value"
        return known_or_unknown(
            self.module, "{0}." + name, record, known=known or not variable.unknown, form=form
        )

    def _is_direct(self, type_: Type) -> bool:
        return isinstance(type_, RecordType) and type_.name in self.names.direct

    def _unknown_test(self, operand: Code, *, negated: bool) -> Code:
        if operand.known:
            return TRUE if negated else FALSE
        word = "is not" if negated else "is"
        return made(self.module, f"({operand.text} {word} None)", operand, known=True)

    # Conditions

    def _joined(self, node: And | Or, *, truth: bool) -> Code:
        """`and` (or `or`): certain parts first, since what they make sure of is then known in the others."""
        join = both if truth else either
        plain = [self.condition(operand) for operand in node.operands if not _compound(operand)]
        if len(plain) == len(node.operands) and all(code.known for code in plain):
            return join(self.module, plain)
        certain: list[Code] = []
        waiting = sorted(
            node.operands, key=lambda operand: (_compound(operand), narrowing.rank(operand, truth))
        )
        writer = self
        # Two rounds: a plain part that was not certain may be so by what stands behind it.
        for final in (False, True):
            unsure: list[Node] = []
            codes: list[Code] = []
            for operand in waiting:
                if _compound(operand) and not final:
                    unsure.append(operand)
                    continue
                code = writer.condition(operand)
                if not code.known:
                    unsure.append(operand)
                    codes.append(code)
                    continue
                certain.append(code)
                writer = writer.knowing(narrowing.facts(operand, truth))
            waiting = unsure
            if final:
                return join(self.module, [*certain, *codes])
        raise AssertionError(node)

    def _conditional(self, node: If) -> Code:
        condition = self.condition(node.condition)
        then_writer = self.knowing(narrowing.facts(node.condition, truth=True))
        else_writer = self.knowing(narrowing.facts(node.condition, truth=False))
        then, otherwise = then_writer.value(node.then), else_writer.value(node.otherwise)
        parts = (condition, then, otherwise)
        if condition.known:
            known = then.known and otherwise.known
            text = f"({then.text} if {condition.text} else {otherwise.text})"
            return made(self.module, text, *parts, known=known)
        first, again = named(self.module, condition)
        text = f"(None if {first} is None else {then.text} if {again} else {otherwise.text})"
        return made(self.module, text, *parts)

    def _comparison(self, node: Comparison) -> Code:
        return self._compared(node.operator, (self.code(node.left), node.left.type), node.right)

    def _compared(self, operator: str, left: tuple[Code, Type], right: Node) -> Code:
        (ours, type_), theirs = left, self.code(right)
        if _plainly(type_, right.type):
            sides = (
                evolve(ours, text=ours.matching(theirs)),
                evolve(theirs, text=theirs.matching(ours)),
            )
            return known_or_unknown(self.module, f"{{0}} {_SIGNS[operator]} {{1}}", *sides)
        sign = Code(self.module.constant(operator))
        return self._call("compared", sign, _shown(self.module, ours), _shown(self.module, theirs))

    def _between(self, node: Between) -> Code:
        operand, low, high = (self.code(part) for part in (node.operand, node.low, node.high))
        plain = all(_plainly(node.operand.type, end.type) for end in (node.low, node.high))
        if plain and low.known and high.known:
            ends = (evolve(end, text=end.matching(operand)) for end in (low, high))
            return known_or_unknown(self.module, "{1} <= {0} <= {2}", operand, *ends)
        return self._call("between", *(_shown(self.module, code) for code in (operand, low, high)))

    def _membership(self, node: In) -> Code:
        operand = self.code(node.operand)
        among = self._among(node, operand)
        if among is not None:
            return among
        if operand.simple or len(node.tests) == 1:
            return either(self.module, [self._test(test, operand, node.operand.type) for test in node.tests])
        name = self.module.fresh("x")
        subject = Code(name, frozenset({name}), operand.known, operand.form)
        found = either(self.module, [self._test(test, subject, node.operand.type) for test in node.tests])
        parameters = sorted(found.uses - {name})
        function = self.module.function([name, *parameters], [f"return {found.text}"])
        arguments = ", ".join([operand.text, *parameters])
        rest = Code("", frozenset(parameters))
        return made(self.module, f"{function}({arguments})", operand, rest, known=found.known)

    def _among(self, node: In, operand: Code) -> Code | None:
        """The test against a list of literals of one kind, which is one look-up."""
        tests = node.tests
        if len(tests) == 1 and isinstance(tests[0], ListLiteral):
            tests = tests[0].items
        if not tests or isinstance(node.operand.type, ListType):
            return None
        values: list[object] = []
        for test in tests:
            if not isinstance(test, NumberLiteral | StringLiteral) or not _plainly(
                node.operand.type, test.type
            ):
                return None
            value: object = test.value
            if isinstance(test, NumberLiteral) and operand.form != "value":
                value = int(test.value) if test.value == test.value.to_integral_value() else test.value
            values.append(value)
        members = tuple(values) if len(values) <= _FEW else frozenset(values)
        return known_or_unknown(self.module, f"{{0}} in {self.module.constant(members)}", operand)

    def _test(self, test: Node, subject: Code, type_: Type) -> Code:
        match test:
            case EqualityTest(value=NullLiteral(), operator=operator):
                return self._unknown_test(subject, negated=operator == "!=")
            case EqualityTest(operator=operator, value=value):
                return self._compared(operator, (subject, type_), value)
            case RangeLiteral(low=low, high=high):
                plain = all(_plainly(type_, end.type) for end in (low, high) if end is not None)
                codes = [None if end is None else self.code(end) for end in (low, high)]
                if plain and all(code is None or code.known for code in codes):
                    return self._within(test, subject, *codes)
            case _ if _is_scalar(test.type) and _is_scalar(type_):
                return self._compared("=", (subject, type_), test)
        return self._call("matches", self.value(test), _shown(self.module, subject))

    def _within(self, node: RangeLiteral, subject: Code, low: Code | None, high: Code | None) -> Code:
        signs = ("<=" if node.low_closed else "<", "<=" if node.high_closed else "<")
        ends = [evolve(end, text=end.matching(subject)) for end in (low, high) if end is not None]
        text = "{0}" if low is None else f"{{1}} {signs[0]} {{0}}"
        if high is not None:
            text += f" {signs[1]} {{{len(ends)}}}"
        return known_or_unknown(self.module, text, subject, *ends)

    # Calculation

    def _arithmetic(self, node: Arithmetic) -> Code:
        left, right = self.value(node.left), self.value(node.right)
        types = {node.left.type, node.right.type}
        operation = _OPERATIONS[node.operator]
        if types == {DATE} and node.operator == "-":
            return known_or_unknown(self.module, "{0} - {1}", left, right)
        if types <= NUMERIC and node.operator != "**":
            # A result may go past the largest number, so it is never sure to be known.
            return known_or_unknown(
                self.module, f"{operation}_numbers({{0}}, {{1}})", left, right, known=False
            )
        return self._call(operation, left, right)

    def _range(self, node: RangeLiteral) -> Code:
        ends = [
            evolve(UNKNOWN, known=True) if end is None else self.value(end) for end in (node.low, node.high)
        ]
        text = f"ranged({{0}}, {{1}}, {node.low_closed}, {node.high_closed})"
        return known_or_unknown(self.module, text, *ends)

    def _index(self, node: Index) -> Code:
        source, position = self.value(node.source), self.code(node.index)
        literal = position.whole.strip("()")
        if isinstance(node.source.type, ListType) and literal.lstrip("-").isdecimal() and int(literal):
            place = int(literal) - (int(literal) > 0)
            return known_or_unknown(self.module, f"nth({{0}}, {place})", source, known=False)
        return self._call("item_at", source, _shown(self.module, position))

    def _function(self, node: Call) -> Code:
        function = self.functions[node.function]
        ours = FUNCTIONS.get(node.function)
        special = self._special(node) if ours is not None and ours.apply is function.apply else None
        if special is not None:
            return special
        return self._call(
            self.module.constant(function.apply), *(self.value(argument) for argument in node.arguments)
        )

    def _special(self, node: Call) -> Code | None:
        """The functions that are called most, written for the types at hand."""
        arguments = node.arguments
        types = [argument.type for argument in arguments]
        only = types[0] if len(types) == 1 else None
        match node.function:
            case "count" if isinstance(only, ListType):
                return self._loops(arguments[0], "count")
            case "sum" if isinstance(only, ListType) and only.item in NUMERIC:
                return self._loops(arguments[0], "sum")
            case "max" | "min":
                name = "larg" if node.function == "max" else "small"
                if isinstance(only, ListType) and _ordered(only.item):
                    return self._call(f"{name}est", self.value(arguments[0]))
                if len(types) == 2 and _ordered(types[0]) and _plainly(*types):
                    sides = [self.value(argument) for argument in arguments]
                    return known_or_unknown(self.module, f"{name}er({{0}}, {{1}})", *sides)
        return None

    # Loops

    def _quantified(self, node: Quantified, index: int) -> Code:
        """`some` or `every`; a second variable is a loop in the loop."""
        if index == len(node.iterators):
            return self.condition(node.condition)
        iterator = node.iterators[index]
        source, type_ = self._iterated(iterator)
        variable = self.module.fresh("i")
        unknown = type_.unknown if isinstance(type_, ListType) else iterator.stop is None
        item = Code(variable, frozenset({variable}), known=not unknown)
        loop = Loop(
            self, {(node.id, iterator.name): Bound(item, type_.item if isinstance(type_, ListType) else ANY)}
        )
        condition = evolve(self, loop=loop)._quantified(node, index + 1)  # noqa: SLF001 - of its own class
        some = node.kind == "some"
        decided = condition.text if some else f"not {condition.text}"
        lines = [f"for {variable} in source:", f"    if {decided}: return {some}", f"return {not some}"]
        if not condition.known:
            lines = [
                "unsure = False",
                f"for {variable} in source:",
                f"    truth_now = {condition.text}",
                f"    if truth_now is {some}: return {some}",
                "    if truth_now is None: unsure = True",
                f"return None if unsure else {not some}",
            ]
        return self._looped(loop, source, condition.uses - {variable}, lines, known=condition.known)

    def _iterated(self, iterator: Iterator) -> tuple[Code, Type]:
        source = self.value(iterator.source)
        if iterator.stop is not None:
            return self._call("counted", source, self.value(iterator.stop)), NUMBER
        if isinstance(iterator.source.type, ListType):
            return source, iterator.source.type
        return self._call("items_of", source), iterator.source.type

    def _loops(self, node: Node, into: Literal["list", "count", "sum"] = "list") -> Code:
        """Filters, one behind the other, then a field of what is kept, then its number or sum: one loop."""
        read, filters, source_node = _chain(node, self._is_direct)
        if read is None and not filters:
            source = self.value(node)
            if into == "count":
                return known_or_unknown(self.module, "len({0})", source, form="whole")
            return self._call("total", source) if into == "sum" else source
        variable = self.module.fresh("i")
        item_type, unknown = _item(source_node.type)
        item = Bound(Code(variable, frozenset({variable}), known=not unknown), item_type)
        loop = Loop(self, {})
        body: list[str] = []
        uses: frozenset[str] = frozenset()
        known = True
        writer = self
        for each in filters:
            # What an earlier filter has made sure of is in the type of the next one's items.
            kept_type, kept_unknown = _item(each.source.type)
            bound = Bound(evolve(item.code, known=item.code.known or not kept_unknown), kept_type)
            loop = evolve(loop, bound={**loop.bound, (each.id, ITEM): bound})
            writer = evolve(self, loop=loop)
            condition = writer.condition(each.condition)
            uses |= condition.uses
            if condition.known:
                body.append(f"if not {condition.text}: continue")
                continue
            known = False
            body += [
                f"truth_now = {condition.text}",
                "if truth_now is None: return None",
                "if not truth_now: continue",
            ]
        kept = item.code
        if read is not None:
            kept_type, kept_unknown = _item(read.source.type)
            inside = evolve(self, loop=loop)
            kept = inside._read(  # noqa: SLF001 - of its own class
                evolve(kept, known=not kept_unknown), kept_type, read.field, known=False
            )
        ending, form, sure = _ending(self.module, kept, into, body)
        source = self._source(source_node)
        return self._looped(
            loop, source, (uses | kept.uses) - {variable}, ending(variable), known=known and sure, form=form
        )

    def _source(self, node: Node) -> Code:
        code = self.value(node)
        return code if isinstance(node.type, ListType) else self._call("items_of", code)

    def _looped(
        self,
        loop: Loop,
        source: Code,
        uses: frozenset[str],
        lines: Sequence[str],
        *,
        known: bool,
        form: Form = "value",
    ) -> Code:
        """The call of a function that loops over the source."""
        outer = sorted(uses - loop.before.keys())
        before = list(loop.before)
        if not source.known:
            lines = ["if source is None: return None", *lines]
        name = self.module.function(["source", *outer, *before], lines)
        arguments = [source.text, *outer, *(loop.before[each].text for each in before)]
        parts = [source, Code("", frozenset(outer)), *loop.before.values()]
        text = f"{name}({', '.join(arguments)})"
        return made(self.module, text, *parts, known=known and source.known, form=form)


def _ending(
    module: Module, kept: Code, into: Literal["list", "count", "sum"], body: Sequence[str]
) -> tuple[Callable[[str], list[str]], Form, bool]:
    """The lines of the loop, given its variable; the form of its result; whether that is sure to be known."""
    inside = [f"    {line}" for line in body]

    def lines(variable: str) -> list[str]:
        head = [f"for {variable} in source:", *inside]
        if into == "count":
            return ["number = 0", *head, "    number += 1", "return number"]
        shown = _shown(module, kept)
        if into == "sum":
            unknown = [] if kept.known else ["    if amount is None: return None"]
            return [
                "result = ZERO",
                *head,
                f"    amount = {shown.text}",
                *unknown,
                "    result = sum_of_two(result, amount)",
                "return finite(result)",
            ]
        return ["found = []", *head, f"    found.append({shown.text})", "return tuple(found)"]

    return lines, "whole" if into == "count" else "value", into != "sum"


def _chain(node: Node, is_direct: Callable[[Type], bool]) -> tuple[Path | None, list[Filter], Node]:
    """A field that is read of each item, the filters before it in their order, and the list at the start."""
    read: Path | None = None
    if isinstance(node, Path) and isinstance(node.source.type, ListType) and is_direct(node.source.type.item):
        read, node = node, node.source
    filters: list[Filter] = []
    while isinstance(node, Filter) and len(filters) < _FEW:
        filters.append(node)
        node = node.source
    return read, filters[::-1], node


def _item(type_: Type) -> tuple[Type, bool]:
    """The type of a list's items, and whether they may be unknown. One value is a list of itself."""
    return (type_.item, type_.unknown) if isinstance(type_, ListType) else (type_, False)


def _shown(module: Module, code: Code) -> Code:
    """A number as a Decimal."""
    return code if code.form == "value" else known_or_unknown(module, "D({0})", code)


def _is_attribute(name: str, type_: RecordType) -> bool:
    # The name goes into the text: it is a field of our own records, and a plain name of Python's.
    return name in type_.fields and name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def _is_scalar(type_: Type) -> bool:
    return isinstance(type_, EnumType) or (isinstance(type_, ScalarType) and type_ not in (ANY, NULL))


def _textual(type_: Type) -> bool:
    return type_ == STRING or isinstance(type_, EnumType)


def _plainly(left: Type, right: Type) -> bool:
    """Whether known values of the two types compare by Python's own operators."""
    if left in NUMERIC:
        return right in NUMERIC
    if _textual(left):
        return _textual(right)
    return left == right and left in (BOOLEAN, *_DIRECT_KINDS)


def _ordered(type_: Type) -> bool:
    return type_ in NUMERIC or type_ in _DIRECT_KINDS


def _compound(node: Node) -> bool:
    return any(isinstance(part, And | Or | If) for part in _walk(node))


def _walk(node: Node) -> list[Node]:
    """The node and all below it."""
    found = [node]
    for each in found:
        found += children(each)
    return found


def _reads(node: Node, bound: Mapping[tuple[int, str], object]) -> bool:
    """Whether a part reads any of these local names."""
    return any(_key(part) in bound for part in _walk(node) if isinstance(part, LocalName | ItemField))


def _key(node: LocalName | ItemField) -> tuple[int, str]:
    return node.binder, node.name if isinstance(node, LocalName) else ITEM


def _free(node: Node) -> bool:
    """Whether a part reads a local name that is given around it."""
    inside = _walk(node)
    own = {part.id for part in inside if isinstance(part, Filter | Quantified)}
    return any(part.binder not in own for part in inside if isinstance(part, LocalName | ItemField))


def expression_code(writer: Writer, expression: Expression) -> Code:
    """The piece that gives an expression's value; a number is a Decimal."""
    code = writer.value(expression.root)
    if expression.root.type != ANY or expression.type == ANY:
        return code
    type_ = writer.module.constant(expression.type)
    return made(writer.module, f"asked({code.text}, {type_})", code)


@frozen
class _Looked:
    """Names that are looked up in what the caller gives."""

    module: Module
    direct: Collection[str] = ()
    of_the_day: Collection[str] = ()

    def code(self, name: str) -> Code:
        return Code(f"plain(names[{self.module.constant(name)}])", frozenset({"names"}))


def compiled(expression: Expression, direct: Collection[str] = ()) -> Callable[[Values], object]:
    """A function that gives the value of an expression for names and their values, as the evaluator does.

    Args:
        expression: What was checked.
        direct: The record types whose values are objects with checked fields: amounts and rates are Decimal,
            other numbers int.
    """
    module = Module()
    code = expression_code(Writer(module, _Looked(module, direct), expression.functions), expression)
    module.function(["names"], [f"return {code.text}"], "value")
    namespace = module.namespace()
    exec(module.compiled(), namespace)  # noqa: S102 - our own text: no word of a policy is in it
    return cast("Callable[[Values], object]", namespace["value"])
