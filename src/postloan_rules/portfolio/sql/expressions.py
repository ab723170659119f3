"""From the typed tree of an expression to a tree of SQL with the evaluator's meaning.

Unknown is NULL. What can't be kept exactly is refused by name and place; what is exact but for rows near a
threshold carries a doubt, and those rows are decided again by the evaluator.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, assert_never

from attrs import evolve, field, frozen

from postloan_rules.expressions import (
    ANY,
    BOOLEAN,
    FUNCTIONS,
    NUMBER,
    NUMERIC,
    STRING,
    And,
    Arithmetic,
    Between,
    BooleanLiteral,
    Call,
    Comparison,
    EnumType,
    EqualityTest,
    Expression,
    Filter,
    Function,
    GlobalName,
    If,
    In,
    Index,
    ItemField,
    ListLiteral,
    ListType,
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
    RangeType,
    RecordLiteral,
    RecordType,
    StringLiteral,
    TemporalLiteral,
    Type,
    UnknownTest,
    Variable,
    check,
    children,
    evaluate_node,
)
from postloan_rules.expressions.evaluator import MOST_STEPS
from postloan_rules.expressions.functions import PROPERTIES
from postloan_rules.policy.functions import EQUIVALENTS
from postloan_rules.portfolio.sql import comparing, numbers, temporal
from postloan_rules.portfolio.sql.column import Column, Ends, Exact, Items, doubts
from postloan_rules.portfolio.sql.dialect import VARIABLE
from postloan_rules.portfolio.sql.functions import TRANSLATIONS, Calling
from postloan_rules.portfolio.sql.lists import (
    field_column,
    filtered,
    item_at,
    items_of,
    known,
    list_column,
    quantified,
)
from postloan_rules.portfolio.sql.literals import list_of, literal, nothing
from postloan_rules.portfolio.sql.refusal import Refused, refusal
from postloan_rules.portfolio.sql.tree import (
    all_sql,
    case,
    false,
    is_known,
    is_unknown,
    not_sql,
    true,
)
from postloan_rules.problems import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from postloan_rules.portfolio.sql.dialect import Dialect

__all__ = ["Compiler"]


class Compiler:
    """Makes SQL of expressions for one engine. The variables of its lambdas never repeat."""

    def __init__(
        self,
        dialect: Dialect,
        functions: Mapping[str, Function] = FUNCTIONS,
        *,
        outside: Callable[[Column], Column] | None = None,
    ) -> None:
        """A compiler.

        Args:
            dialect: The engine's way of writing.
            functions: The functions that expressions may call.
            outside: Takes a value that stands inside a lambda but is the same for every item, and gives the
                column to read instead, so that the engine works it out once a row. It stays where it is
                where nothing is given.
        """
        self.dialect = dialect
        self.functions = functions
        self.outside = outside
        self._numbers: Iterator[int] = count(1)

    def compile(self, node: Node, scope: Mapping[str, Column], text: Text | None = None) -> Column:
        """The tree as SQL.

        Args:
            node: The tree, checked.
            scope: The column (or parts of one) that each name of the caller's stands for.
            text: What the author wrote, for the place of a refusal.

        Raises:
            Refused: for what the engine cannot compute as the evaluator does.
        """
        return _Walk(self, scope, text, {}).column(node)

    def expression(self, expression: Expression, scope: Mapping[str, Column]) -> Column:
        """A checked expression as SQL; raises as `compile` does."""
        return self.compile(expression.root, scope, expression.text)

    def fresh(self) -> str:
        """A new name for the variable of a lambda."""
        return f"{VARIABLE}{next(self._numbers)}"


@cache
def _equivalent(name: str, account: RecordType) -> Expression:
    names = {"account": Variable(account, unknown=True), "n": Variable(NUMBER, unknown=True)}
    return check(Text.of(EQUIVALENTS[name]), names)


@frozen
class _Walk:
    compiler: Compiler
    scope: Mapping[str, Column] = field(repr=False)
    text: Text | None
    local: Mapping[tuple[int, str], Column] = field(repr=False)
    assumed: frozenset[Node] = frozenset()
    """What is known wherever the value counts, because a test for null stands beside it."""

    @property
    def dialect(self) -> Dialect:
        return self.compiler.dialect

    def within(self, binder: int, name: str, value: Column) -> _Walk:
        # Names of items may be the same as those of a list around this one.
        assumed = frozenset(each for each in self.assumed if not _reads_items(each))
        return evolve(self, local={**self.local, (binder, name): value}, assumed=assumed)

    def refused(self, node: Node, what: str, help_: str = "") -> Refused:
        span = None if self.text is None else self.text.span(node.start, node.end)
        return refusal(what, self.dialect.name, span, help_)

    def column(self, node: Node) -> Column:
        """The value of a node."""
        if not isinstance(node, EqualityTest | RecordLiteral) and children(node) and _is_constant(node):
            settled = literal(
                evaluate_node(node, {}, self.compiler.functions),
                self.dialect,
                None if node.type == ANY else node.type,
            )
            if settled is not None:
                return settled
        outside = self.compiler.outside
        if outside is not None and self.local and isinstance(node, _WORK) and not _reads_items(node):
            inner = evolve(self, local={}, assumed=frozenset())
            made = inner.column(node)
            return made if made.constant is not None or made.items is not None else outside(made)
        made = self._made(node)
        if made.unknown and not made.empty and self.assumed and node in self.assumed:
            made = evolve(made, unknown=False)
        return made

    def assuming(self, known_nodes: Iterable[Node]) -> _Walk:
        """The walk where these are known."""
        return evolve(self, assumed=self.assumed | frozenset(known_nodes))

    def _operands(self, operands: tuple[Node, ...], *, negated: bool) -> list[Column]:
        """The operands of `and` (`or`), beside `x != null` (`x = null`), which is never unknown itself.

        The checker narrows more than that, but only where the operands before are true: in SQL a later
        operand still counts beside one that is unknown.
        """
        tested = [
            each.operand for each in operands if isinstance(each, UnknownTest) and each.negated is negated
        ]
        beside = self.assuming(tested) if tested else self
        return [
            self.column(each) if isinstance(each, UnknownTest) else beside.column(each) for each in operands
        ]

    def _constant(self, node: Node, value: object) -> Column:
        made = literal(value, self.dialect, None if node.type == ANY else node.type)
        if made is None:
            raise self.refused(node, "this value")
        return made

    def _made(self, node: Node) -> Column:
        match node:
            case GlobalName(name=name):
                return self.scope[name]
            case LocalName(name=name, binder=binder):
                return self.local[binder, name]
            case ItemField(name=name, binder=binder):
                return self._field(node, self.local[binder, "item"], name)
            case Path(source=source, field=name):
                return self._field(node, self.column(source), name)
            case NumberLiteral() | StringLiteral() | BooleanLiteral() | TemporalLiteral():
                return self._constant(node, node.value)
            case NullLiteral():
                return nothing()
            case Comparison(operator=operator, left=left, right=right):
                made = comparing.compare(operator, self.column(left), self.column(right), self.dialect)
                if made is None:
                    raise self.refused(node, "a comparison of lists, records or ranges")
                return made
            case UnknownTest(operand=operand, negated=negated):
                return self._unknown(self.column(operand), negated=negated)
            case And(operands=operands):
                return comparing.all_of(self._operands(operands, negated=True))
            case Or(operands=operands):
                return comparing.any_of(self._operands(operands, negated=False))
            case Not(operand=operand):
                inner = self.column(operand)
                return comparing.truth(not_sql(inner.sql), inner)
            case Between(operand=operand, low=low, high=high):
                return self._between(node, self.column(operand), self.column(low), self.column(high))
            case In(operand=operand, tests=tests):
                subject = self.column(operand)
                return comparing.any_of([self._test(each, subject) for each in tests])
            case If():
                return self._if(node)
            case Arithmetic():
                return self._arithmetic(node)
            case Negate(operand=operand):
                return self._negated(self.column(operand))
            case Filter(source=source, condition=condition):
                return self._filter(node, self.column(source), condition)
            case Index(source=source, index=index):
                return self._index(node, self.column(source), self.column(index))
            case Quantified():
                return self.iterated(node, 0)
            case ListLiteral(items=parts):
                return self._list(node, [self.column(each) for each in parts])
            case RangeLiteral():
                return self._range(node)
            case RecordLiteral(entries=entries):
                fields = {entry.name: self.column(entry.value) for entry in entries}
                return Column(true(), node.type, unknown=False, fields=fields)
            case Call():
                return self._call(node)
            case EqualityTest():
                raise AssertionError(node)
            case _:
                assert_never(node)

    # Records and lists

    def _field(self, node: Node, source: Column, name: str) -> Column:
        if source.empty:
            return nothing(node.type)
        if isinstance(source.type, ListType):
            items = self._items(node, source)
            seen = self._field(node, items.item, name)
            return list_column(evolve(items, item=seen), self.dialect)
        if isinstance(source.type, RecordType):
            return field_column(source, name, lambda: self.refused(node, f"the field `{name}`"))
        if source.ends is not None and name in ("start", "end"):
            end = source.ends.low if name == "start" else source.ends.high
            return nothing(node.type) if end is None else end
        made = temporal.temporal_part(source, name, self.dialect) if name in PROPERTIES else None
        if made is None:
            raise self.refused(node, f"the part `{name}` of this value")
        return made

    def _items(self, node: Node, source: Column) -> Items:
        if not isinstance(source.type, ListType) or source.empty:
            raise self.refused(node, "a single value in place of a list")
        return items_of(source, self.compiler.fresh, lambda: self.refused(node, "this kind of list"))

    def _filter(self, node: Filter, source: Column, condition: Node) -> Column:
        if source.empty and isinstance(source.type, ListType):
            return nothing(source.type)
        items = self._items(node, source)
        if items.none:
            return list_column(items, self.dialect)
        holds = self.within(node.id, "item", items.item).column(condition)
        return list_column(filtered(items, holds), self.dialect)

    def _index(self, node: Index, source: Column, index: Column) -> Column:
        if source.empty or index.empty:
            return nothing(node.type)
        items = self._items(node, source)
        if isinstance(index.constant, Decimal):
            position = index.constant
            if position != position.to_integral_value() or not position or abs(position) > 2**31:
                return nothing(items.item.type)
            return item_at(items, int(position), self.dialect)
        if not isinstance(index.number, Exact):
            raise self.refused(node, "a position that is a quotient")
        return item_at(items, index, self.dialect)

    def _list(self, node: ListLiteral, items: list[Column]) -> Column:
        item = node.type.item if isinstance(node.type, ListType) and node.type.item != ANY else None
        made = list_of(
            items, item or next((each.type for each in items if not each.empty), STRING), self.dialect
        )
        if made is None:
            raise self.refused(node, "a list of these values")
        return evolve(made, constant=()) if not items else made

    def _range(self, node: RangeLiteral) -> Column:
        low = None if node.low is None else self.column(node.low)
        high = None if node.high is None else self.column(node.high)
        ends = [each for each in (low, high) if each is not None]
        if any(each.empty for each in ends):
            return nothing(node.type)
        known_ends = [is_known(each.sql) for each in ends if each.unknown]
        sql = case([(all_sql(known_ends), true())]) if known_ends else true()
        type_ = node.type if isinstance(node.type, RangeType) else RangeType(ends[0].type)
        return Column(
            sql,
            type_,
            None,
            doubts(ends),
            bool(known_ends),
            ends=Ends(low, high, node.low_closed, node.high_closed),
        )

    def iterated(self, node: Quantified, index: int) -> Column:
        """The quantifier from one of its variables on."""
        iterator = node.iterators[index]
        source = self.column(iterator.source)
        if iterator.stop is not None:
            source = self._steps(node, source, self.column(iterator.stop))
        if source.empty:
            return nothing(BOOLEAN)
        items = self._items(node, source)
        if items.none:
            return quantified(items, node.kind, nothing(BOOLEAN), self.dialect)
        inner = self.within(node.id, iterator.name, items.item)
        last = index + 1 == len(node.iterators)
        holds = inner.column(node.condition) if last else inner.iterated(node, index + 1)
        if holds.type != BOOLEAN and not holds.empty:
            raise self.refused(node.condition, "a condition that is no truth value")
        return quantified(items, node.kind, holds, self.dialect)

    def _steps(self, node: Quantified, first: Column, last: Column) -> Column:
        start, end = first.constant, last.constant
        if not isinstance(start, Decimal) or not isinstance(end, Decimal):
            raise self.refused(node, "counting between computed numbers")
        if start != start.to_integral_value() or end != end.to_integral_value():
            return nothing()
        if abs(end - start) >= MOST_STEPS:
            return nothing()
        step = 1 if start <= end else -1
        return self._constant(node, tuple(Decimal(each) for each in range(int(start), int(end) + step, step)))

    # Truth values

    def _unknown(self, operand: Column, *, negated: bool) -> Column:
        if operand.empty:
            return Column(false() if negated else true(), BOOLEAN, unknown=False, constant=not negated)
        if not operand.unknown:
            return Column(true() if negated else false(), BOOLEAN, doubt=operand.doubt, unknown=False)
        if operand.items is not None:
            sure = known(operand.items, self.dialect)
            parts = [is_known(operand.items.source)] if operand.items.unknown else []
            parts += [] if sure is None else [sure]
            holds = all_sql(parts)
            # An unknown source makes the second part whatever it may be, and the first false.
            sql = case([(holds, true())], false()) if sure is not None else holds
            sql = sql if negated else not_sql(sql)
        else:
            sql = is_known(operand.sql) if negated else is_unknown(operand.sql)
        return comparing.truth(sql, operand, unknown=False)

    def _between(self, node: Node, subject: Column, low: Column, high: Column) -> Column:
        first = comparing.compare(">=", subject, low, self.dialect)
        last = comparing.compare("<=", subject, high, self.dialect)
        if first is None or last is None:
            raise self.refused(node, "a comparison of lists, records or ranges")
        return comparing.all_of([first, last])

    def _test(self, test: Node, subject: Column) -> Column:
        if isinstance(test, EqualityTest):
            if isinstance(test.value, NullLiteral):
                return self._unknown(subject, negated=test.operator == "!=")
            made = comparing.compare(test.operator, subject, self.column(test.value), self.dialect)
        else:
            made = self._matched(test, self.column(test), subject)
        if made is None:
            raise self.refused(test, "this test")
        return made

    def _matched(self, test: Node, candidate: Column, subject: Column) -> Column | None:
        if candidate.empty:
            return nothing(BOOLEAN)
        if candidate.ends is not None:
            if isinstance(subject.type, RangeType):
                return None
            return comparing.in_range(subject, candidate.ends, self.dialect)
        if isinstance(candidate.type, ListType):
            if isinstance(subject.type, ListType):
                return None
            return comparing.member(
                subject,
                candidate,
                self.compiler.fresh,
                lambda: self.refused(test, "this kind of list"),
                self.dialect,
            )
        return comparing.compare("=", subject, candidate, self.dialect)

    def _if(self, node: If) -> Column:
        condition = self.column(node.condition)
        then = self.assuming(_known_if(node.condition, True)).column(node.then)
        otherwise = self.assuming(_known_if(node.condition, False)).column(node.otherwise)
        if condition.empty:
            return nothing(node.type)
        type_ = next((each.type for each in (then, otherwise) if not each.empty), node.type)
        unknown = condition.unknown or then.unknown or otherwise.unknown
        branches = [(condition.sql, then)]
        last: Column | None = otherwise
        if condition.unknown:
            branches.append((not_sql(condition.sql), otherwise))
            last = None
        values = [each for each in (then, otherwise) if not each.empty]
        where = doubts([condition, then, otherwise])
        if any(each.number is not None for each in values):
            if len({each.number.tick for each in values if isinstance(each.number, Exact)}) > 1:
                raise self.refused(node, "a choice between such durations")
            made = numbers.chosen(branches, last, type_, unknown=unknown)
            return evolve(made, doubt=where)
        if any(each.fields is not None or each.ends is not None for each in values) or any(
            each.form != values[0].form for each in values
        ):
            raise self.refused(node, "a choice between such values")
        sql = case([(holds, each.sql) for holds, each in branches], None if last is None else last.sql)
        if isinstance(type_, EnumType) and any(each.type != type_ for each in values):
            type_ = STRING
        if isinstance(type_, ListType) and any(
            isinstance(each.type, ListType) and each.type.unknown for each in values
        ):
            type_ = ListType(type_.item, unknown=True)
        return Column(sql, type_, None, where, unknown, values[0].form if values else None)

    # Numbers and dates

    def _negated(self, operand: Column) -> Column:
        if operand.empty:
            return operand
        made = numbers.negate(operand, operand.type)
        return evolve(made, constant=None) if temporal.is_duration(operand.type) else made

    def _arithmetic(self, node: Arithmetic) -> Column:
        left, right = self.column(node.left), self.column(node.right)
        if left.empty or right.empty:
            return nothing(node.type)
        made = self._operated(node, left, right)
        if made is None:
            raise self.refused(node, f"`{node.operator}` with these values")
        return made

    def _operated(self, node: Arithmetic, left: Column, right: Column) -> Column | None:
        type_: Type = node.type if node.type != ANY else left.type
        if left.type in NUMERIC and right.type in NUMERIC:
            if type_ not in NUMERIC:
                type_ = NUMBER
            return self._calculated(node, left, right, type_)
        ours, theirs = (temporal.is_duration(each.type) for each in (left, right))
        moments = [temporal.is_moment(each.type) for each in (left, right)]
        texts = [each.type == STRING or isinstance(each.type, EnumType) for each in (left, right)]
        match node.operator:
            case "+" if all(texts):
                return None
            case "+" if moments[0] and theirs:
                return temporal.moved(left, right, self.dialect, back=False)
            case "+" if ours and moments[1]:
                return temporal.moved(right, left, self.dialect, back=False)
            case "-" if moments[0] and theirs:
                return temporal.moved(left, right, self.dialect, back=True)
            case "-" if all(moments):
                return temporal.apart(left, right, self.dialect)
            case "+" | "-" if ours and left.type == right.type:
                return temporal.summed(left, right, minus=node.operator == "-")
            case "*" if ours and isinstance(right.number, Exact):
                return temporal.scaled(left, right)
            case "*" if theirs and isinstance(left.number, Exact):
                return temporal.scaled(right, left)
            case "/" if ours and left.type == right.type:
                return temporal.duration_quotient(left, right, type_ if type_ in NUMERIC else NUMBER)
            case _:
                return None

    def _calculated(self, node: Arithmetic, left: Column, right: Column, type_: Type) -> Column | None:
        match node.operator:
            case "+":
                return numbers.add(left, right, type_)
            case "-":
                return numbers.subtract(left, right, type_)
            case "*":
                return numbers.multiply(left, right, type_)
            case "/":
                return numbers.divide(left, right, type_)
            case "**":
                return self._power(left, right, type_)
            case _:
                assert_never(node.operator)

    def _power(self, left: Column, right: Column, type_: Type) -> Column | None:
        exponent = right.constant
        if not isinstance(left.number, Exact) or exponent not in (Decimal(1), Decimal(2), Decimal(3)):
            return None
        result = left
        for _ in range(int(str(exponent)) - 1):
            result = numbers.multiply(result, left, type_)
        return result if isinstance(result.number, Exact) else None

    # Functions

    def _call(self, node: Call) -> Column:
        arguments = tuple(self.column(each) for each in node.arguments)
        if node.function in EQUIVALENTS and node.function not in FUNCTIONS:
            return self._equivalent(node, arguments)
        translated = TRANSLATIONS.get(node.function)
        if translated is None:
            raise self.refused(node, f"`{node.function}`")
        if _settled(arguments):
            values = [None if each.empty else each.constant for each in arguments]
            return self._constant(node, self.compiler.functions[node.function].apply(*values))
        if arguments[0].empty and isinstance(arguments[0].type, ListType):
            # Whatever is asked of an unknown list is unknown.
            return nothing(node.type)
        if arguments[0].empty:
            raise self.refused(node, f"`{node.function}` of null")

        def refused(reason: str) -> Refused:
            return self.refused(node, f"`{node.function}` {reason}".strip())

        calling = Calling(arguments, node.type, self.dialect, self.compiler.fresh, refused)
        return translated(calling)

    def _equivalent(self, node: Call, arguments: tuple[Column, ...]) -> Column:
        account = arguments[0]
        if not isinstance(account.type, RecordType):
            raise self.refused(node, f"`{node.function}` of this value")
        defined = _equivalent(node.function, account.type)
        scope = dict(zip(("account", "n"), arguments, strict=False))
        try:
            return evolve(self, scope=scope, text=None, local={}, assumed=frozenset()).column(defined.root)
        except Refused as found:
            reason = found.problems[0].message.partition(" cannot be kept")[0]
            raise self.refused(node, f"`{node.function}`, which needs {reason},") from found


_WORK = (Arithmetic, Call, Index, Quantified, If, Comparison, In, Between, Negate)
"""What takes work, so that it had better not be done again for each item of a list."""


def _settled(arguments: tuple[Column, ...]) -> bool:
    """Whether the arguments are the same in every row."""
    return all(each.constant is not None or each.empty for each in arguments)


def _reads_items(node: Node, own: frozenset[int] = frozenset()) -> bool:
    """Whether the value may differ from item to item of a list around it."""
    if isinstance(node, LocalName | ItemField):
        return node.binder not in own
    if isinstance(node, Filter | Quantified):
        own |= {node.id}
    return any(_reads_items(each, own) for each in children(node))


def _known_if(condition: Node, holds: bool) -> Iterator[Node]:  # noqa: FBT001 - a truth value is the question
    """What is known where the condition is true (or false)."""
    match condition:
        case UnknownTest(operand=operand, negated=negated) if negated is holds:
            yield operand
        case And(operands=operands) if holds:
            for each in operands:
                yield from _known_if(each, holds)
        case Or(operands=operands) if not holds:
            for each in operands:
                yield from _known_if(each, holds)
        case Not(operand=operand):
            yield from _known_if(operand, not holds)
        case _:
            return


def _is_constant(node: Node) -> bool:
    if isinstance(node, GlobalName | LocalName | ItemField):
        return False
    return all(_is_constant(each) for each in children(node))
