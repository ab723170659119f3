"""Tokens → tree, by operator precedence. Every node keeps the exact place of what the author wrote.

From loosest to tightest: `or`; `and`; comparisons, `between`, `in`; `+ -`; `* /`; `**`; unary `-`;
filters, paths and calls. As in the standard, `-2 ** 2` is 4 and `2 ** 3 ** 2` is 64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NoReturn, TypedDict, cast

from attrs import evolve, field, frozen

from postloan_rules.expressions import slips
from postloan_rules.expressions.lexer import Token, tokens
from postloan_rules.expressions.nodes import (
    And,
    Arithmetic,
    ArithmeticOperator,
    Between,
    BooleanLiteral,
    Call,
    Comparison,
    ComparisonOperator,
    Entry,
    EqualityTest,
    Filter,
    GlobalName,
    If,
    In,
    Iterator,
    ListLiteral,
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
    children,
)
from postloan_rules.expressions.values import temporal_from_text
from postloan_rules.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from decimal import Decimal

    from postloan_rules.problems import Text

__all__ = ["DEEPEST", "LONGEST", "Parsed", "parse", "parse_tests"]

LONGEST = 10_240
"""How many characters an expression may have."""
DEEPEST = 100
"""How deep an expression may be nested."""

_OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER, _UNARY = range(1, 8)
_POWERS = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "between", "in"), _COMPARE),
    **dict.fromkeys("+-", _ADD),
    **dict.fromkeys("*/", _MULTIPLY),
    "**": _POWER,
}
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_OPENING = {"(": ")", "[": "]", "{": "}"}
_PROPERTIES = frozenset({"time offset", "start included", "end included"})
_STARTERS = frozenset({"(", "[", "{", "-", "@", "?", "<", "<=", ">", ">=", "=", "!=", "!"})
_VALUE_WORDS = frozenset({"true", "false", "null", "not", "if", "some", "every", "for", "function"})


@frozen
class Parsed:
    """What was read of a text: the tree, or the parts of it that could be read, and the problems."""

    trees: tuple[Node, ...]
    problems: tuple[Problem, ...] = field(repr=False)


class _Place(TypedDict):
    id: int
    start: int
    end: int


class _Stop(Exception):  # noqa: N818 - control flow inside this module, never an error that a caller sees
    """Reading cannot go on from here."""


class _Parser:
    def __init__(self, text: Text, functions: Collection[str], known: Collection[str]) -> None:
        self.text = text
        self.tokens, problems = tokens(text, known)
        self.problems = list(problems)
        self.known = known
        self.phrases = frozenset(name for name in functions if " " in name)
        self.longest_phrase = max((name.count(" ") + 1 for name in self.phrases), default=1)
        self.at = 0
        self.depth = 0
        self.heights: list[int] = []
        self.finished: list[Node] = []
        self.tests = False

    # Tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def sees(self, *texts: str) -> bool:
        return self.token.text in texts and self.token.kind in {"symbol", "keyword"}

    def takes(self, text: str) -> bool:
        if self.sees(text):
            self.at += 1
            return True
        return False

    def report(self, code: str, message: str, start: int, end: int, help_: str = "") -> None:
        self.problems.append(Problem(code, message, self.text.span(start, end), help_))

    def stop(self, code: str, message: str, start: int, end: int, help_: str = "") -> NoReturn:
        self.report(code, message, start, end, help_)
        raise _Stop

    def missing(self, what: str, help_: str = "") -> NoReturn:
        """Stop because something is not where it has to be."""
        token = self.token
        where = "at the end" if token.kind == "end" else f"before `{self.shown(token)}`"
        self.stop("PR0205", f"{what} is missing {where}", token.start, token.end, help_)

    def shown(self, token: Token) -> str:
        return self.text.value[token.start : token.end]

    def close(self, opening: Token, *closing: str) -> Token:
        if self.sees(*closing):
            return self.next()
        return self.unclosed(opening, closing)

    def unclosed(self, opening: Token, closing: tuple[str, ...]) -> NoReturn:
        wanted = " or ".join(f"`{text}`" for text in closing)
        token = self.token
        if token.kind == "end" or token.text in {")", "]", "}", "then", "else", "satisfies"}:
            self.stop(
                "PR0207",
                f"`{opening.text}` is never closed",
                opening.start,
                opening.end,
                f"write {wanted} where it ends",
            )
        self.unexpected(f"write an operator, `,` or {wanted} before it")

    def unexpected(self, help_: str = "") -> NoReturn:
        token, before = self.token, self.tokens[self.at - 1] if self.at else None
        shown = self.shown(token)
        slip = slips.after_value(token, self.peek(), before, self.text.value)
        if slip is not None:
            self.stop("PR0208", slip.message, token.start, slip.end, slip.help)
        self.stop("PR0206", f"`{shown}` is not expected here", token.start, token.end, help_)

    # Nodes

    def place(self, start: int, *below: Node | None, end: int = -1) -> _Place:
        """The number and place of a new node over the nodes below it; refuses a tree that is too deep."""
        height = 1 + max((self.heights[node.id] for node in below if node is not None), default=0)
        stop = self.tokens[self.at - 1].end if end < 0 else end
        if height > DEEPEST:
            self.too_deep(start, stop)
        self.heights.append(height)
        return {"id": len(self.heights) - 1, "start": start, "end": stop}

    def too_deep(self, start: int, end: int) -> NoReturn:
        self.stop(
            "PR0291",
            f"the expression is nested more than {DEEPEST} deep",
            start,
            end,
            "name a part of it as a fact of its own",
        )

    # Expressions

    def expression(self, power: int = 0) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            self.too_deep(self.token.start, self.token.end)
        left = self.operand(power)
        while True:
            token = self.token
            binding = _POWERS.get(token.text, 0) if token.kind in {"symbol", "keyword"} else 0
            if token.kind == "name" and power < _COMPARE and slips.is_null(token, self.peek(), self.peek(2)):
                left = self.is_null(left)
            elif binding <= power:
                break
            else:
                left = self.joined(left, token) if binding <= _AND else self.infix(left, token, binding)
        self.depth -= 1
        return left

    def joined(self, first: Node, operator: Token) -> Node:
        """`a and b and c` as one node, however long: a loop, so that its length is not depth."""
        operands = [first]
        outermost = self.depth == 1
        while self.takes(operator.text):
            if outermost:
                self.finished.append(operands[-1])
            operands.append(self.expression(_POWERS[operator.text]))
        kind = And if operator.text == "and" else Or
        return kind(operands=tuple(operands), **self.place(first.start, *operands))

    def infix(self, left: Node, token: Token, binding: int) -> Node:
        chained = isinstance(left, Comparison | In | Between) and not self.bracketed_whole(left)
        if chained and binding > _COMPARE:
            self.unexpected("put brackets around what belongs together")
        self.next()
        if token.text == "between":
            node: Node = self.between(left)
        elif token.text == "in":
            node = self.membership(left)
        else:
            right = self.expression(binding)
            place = self.place(left.start, left, right)
            if binding > _COMPARE:
                operator = cast("ArithmeticOperator", token.text)
                return Arithmetic(operator=operator, left=left, right=right, **place)
            comparison = cast("ComparisonOperator", token.text)
            node = Comparison(operator=comparison, left=left, right=right, **place)
        if chained:
            help_ = slips.unchained(self.text.value, left, node)
            self.report("PR0212", "comparisons cannot be chained", left.start, node.end, help_)
            if isinstance(left, Comparison) and isinstance(node, Comparison):
                both = (left, evolve(node, left=left.right))
                return And(operands=both, **self.place(left.start, *both))
        return node

    def bracketed_whole(self, node: Node) -> bool:
        """Whether a comparison has brackets of its own around it."""
        return node.start < children(node)[0].start

    def is_null(self, left: Node) -> Node:
        """`x is null`, said as people say it, is reported and read as `x = null`."""
        start = self.next().start
        negated = self.takes("not")
        end = self.next().end
        sign: ComparisonOperator = "!=" if negated else "="
        self.report(
            "PR0208",
            f"`{self.text.value[start:end]}` is not a test of this language",
            start,
            end,
            f"write `{sign} null`",
        )
        null = NullLiteral(**self.place(start))
        return Comparison(operator=sign, left=left, right=null, **self.place(left.start, left, null))

    def between(self, operand: Node) -> Node:
        low = self.expression(_COMPARE)
        if not self.takes("and"):
            self.missing("the `and` of `between`", "write `x between 1 and 10`")
        high = self.expression(_COMPARE)
        return Between(operand=operand, low=low, high=high, **self.place(operand.start, operand, low, high))

    # `in` and the tests of table cells

    def membership(self, operand: Node) -> Node:
        tests = self.bracketed_tests() if self.sees("(") else (self.test(_COMPARE),)
        return In(operand=operand, tests=tests, **self.place(operand.start, operand, *tests))

    def bracketed_tests(self) -> tuple[Node, ...]:
        opening = self.next()
        if self.sees(")"):
            self.missing("a value to compare with", "write `x in (1, 2, 3)`")
        alone = self.sees(*_COMPARISONS)
        first = self.test()
        if self.sees("..") and not alone:
            return (self.range_from(opening, first),)
        return self.more_tests(first, opening)

    def more_tests(self, first: Node, opening: Token) -> tuple[Node, ...]:
        tests = [first]
        while self.takes(","):
            tests.append(self.test())
        self.close(opening, ")")
        return tuple(tests)

    def test(self, power: int = 0) -> Node:
        """One test: `< 5`, `= 5`, or an expression whose value is compared with."""
        token = self.token
        if not self.sees(*_COMPARISONS):
            value = self.expression(power)
            if isinstance(value, NullLiteral):
                return EqualityTest(operator="=", value=value, **self.place(value.start, value))
            return value
        self.next()
        value = self.expression(_COMPARE)
        if token.text in {"=", "!="}:
            operator = cast("Literal['=', '!=']", token.text)
            return EqualityTest(operator=operator, value=value, **self.place(token.start, value))
        return self.half_range(token, value)

    def half_range(self, token: Token, value: Node, start: int = -1) -> Node:
        above = token.text.startswith(">")
        closed = token.text.endswith("=")
        return RangeLiteral(
            low=value if above else None,
            high=None if above else value,
            low_closed=above and closed,
            high_closed=not above and closed,
            **self.place(token.start if start < 0 else start, value),
        )

    def range_from(self, opening: Token, low: Node) -> Node:
        self.next()
        high = self.expression(_COMPARE)
        closing = self.close(opening, ")", "]", "[")
        return RangeLiteral(
            low=low,
            high=high,
            low_closed=opening.text == "[",
            high_closed=closing.text == "]",
            **self.place(opening.start, low, high),
        )

    def cell(self) -> Node:
        """The tests of a table cell, as a condition on the input value `?`."""
        token = self.token
        if self.sees("-") and self.peek().kind == "end":
            self.next()
            return BooleanLiteral(value=True, **self.place(token.start))
        if self.sees("not") and self.peek().text == "(" and self.encloses_all():
            self.at += 1
            opening = self.next()
            inner = self.condition_of([self.test()], opening)
            return Not(operand=inner, **self.place(token.start, inner))
        return self.condition_of([self.test()], None)

    def encloses_all(self) -> bool:
        """Whether the bracket after `not` closes at the very end of the cell."""
        depth = 0
        for index in range(self.at + 1, len(self.tokens)):
            token = self.tokens[index]
            if token.kind == "symbol":
                depth += (token.text in _OPENING) - (token.text in {")", "]", "}"})
            if depth == 0:
                return self.tokens[index + 1].kind == "end"
        return True

    def condition_of(self, tests: list[Node], opening: Token | None) -> Node:
        while self.takes(","):
            tests.append(self.test())
        if opening is not None:
            self.close(opening, ")")
        values = tuple(test for test in tests if not _reads_input(test))
        parts = [test for test in tests if _reads_input(test)]
        if values:
            start, end = values[0].start, values[-1].end
            subject = GlobalName(name="?", **self.place(start, end=start))
            member = In(operand=subject, tests=values, **self.place(start, subject, *values, end=end))
            parts.insert(0, member)
        if len(parts) == 1:
            return parts[0]
        return Or(operands=tuple(parts), **self.place(min(part.start for part in parts), *parts))

    # Operands

    def operand(self, power: int) -> Node:
        """A value with any number of minus signs before it."""
        signs: list[Token] = []
        while self.sees("-", "!"):
            signs.append(self.next())
            if len(signs) > DEEPEST:
                self.too_deep(signs[0].start, signs[-1].end)
        token = self.token
        if self.sees("if", "some", "every") and (signs or power > _AND):
            help_ = "it reaches as far to the right as it can: put brackets around all of it"
            self.stop(
                "PR0206", f"`{token.text}` is not expected in the middle", token.start, token.end, help_
            )
        node = self.postfix(self.primary())
        for sign in reversed(signs):
            kind = Negate if sign.text == "-" else Not
            node = kind(operand=node, **self.place(sign.start, node))
        return node

    def postfix(self, node: Node) -> Node:
        while True:
            if self.sees("."):
                node = self.path(node)
            elif self.sees("[") and self.opens_filter():
                opening = self.next()
                condition = self.expression()
                self.close(opening, "]")
                node = Filter(source=node, condition=condition, **self.place(node.start, node, condition))
            else:
                return node

    def opens_filter(self) -> bool:
        """Whether a bracket after a value begins a filter; in `[1..3[` it ends a range."""
        following = self.peek()
        if following.kind == "symbol":
            return following.text in _STARTERS
        return following.kind != "end" and (following.kind != "keyword" or following.text in _VALUE_WORDS)

    def path(self, source: Node) -> Node:
        self.next()
        token = self.token
        if token.kind not in {"name", "keyword"}:
            self.missing("the name of a field", "write `account.current_balance`")
        self.next()
        name = token.text
        pair = f"{name} {self.token.text}"
        if pair in _PROPERTIES and self.token.kind == "name":
            self.next()
            name = pair
        return Path(source=source, field=name, **self.place(source.start, source))

    def primary(self) -> Node:
        token = self.token
        match token.kind:
            case "number":
                self.next()
                return NumberLiteral(value=cast("Decimal", token.value), **self.place(token.start))
            case "string":
                self.next()
                return StringLiteral(value=str(token.value), **self.place(token.start))
            case "name":
                return self.name()
            case "keyword":
                return self.keyword()
            case "symbol":
                return self.symbol()
            case "end":
                return self.missing_operand()

    def missing_operand(self) -> NoReturn:
        token = self.token
        if self.at == 0 and token.kind == "end":
            self.stop("PR0213", "the expression is empty", 0, 0, "write a condition or a value")
        if self.at == 0:
            shown = self.shown(token)
            help_ = slips.instead_of_value(token, shown)
            self.stop("PR0205", f"a value is missing before `{shown}`", token.start, token.end, help_)
        before = self.tokens[self.at - 1]
        self.stop(
            "PR0205",
            f"a value is missing after `{self.shown(before)}`",
            before.start if token.kind == "end" else token.start,
            before.end if token.kind == "end" else token.end,
            slips.instead_of_value(token, self.shown(token)),
        )

    def name(self) -> Node:
        token = self.token
        phrase = self.phrase()
        if phrase is not None:
            return self.call(phrase, token)
        self.next()
        if self.sees("("):
            return self.call(token.text, token)
        return GlobalName(name=token.text, **self.place(token.start))

    def phrase(self) -> str | None:
        """The longest function name of several words that begins here, when a bracket follows it."""
        for length in range(self.longest_phrase, 1, -1):
            words = self.tokens[self.at : self.at + length]
            candidate = " ".join(word.text for word in words)
            if candidate in self.phrases and self.peek(length).text == "(":
                self.at += length
                return candidate
        return None

    def keyword(self) -> Node:
        token = self.token
        match token.text:
            case "true" | "false":
                self.next()
                return BooleanLiteral(value=token.text == "true", **self.place(token.start))
            case "null":
                self.next()
                return NullLiteral(**self.place(token.start))
            case "not":
                return self.negation()
            case "if":
                return self.conditional()
            case "some" | "every":
                return self.quantified()
            case "for" | "function" | "external" | "return":
                return self.stop(
                    "PR0209",
                    f"`{token.text}` is not in the language",
                    token.start,
                    token.end,
                    slips.NOT_IN_LANGUAGE[token.text],
                )
            case _:
                return self.missing_operand()

    def negation(self) -> Node:
        token = self.next()
        if not self.sees("("):
            self.report(
                "PR0207",
                "`not` needs its brackets",
                token.start,
                token.end,
                "write `not(condition)`",
            )
            operand = self.expression(_AND)
            return Not(operand=operand, **self.place(token.start, operand))
        opening = self.next()
        operand = self.expression()
        self.close(opening, ")")
        return Not(operand=operand, **self.place(token.start, operand))

    def conditional(self) -> Node:
        token = self.next()
        condition = self.expression()
        if not self.takes("then"):
            self.missing("the `then` of `if`", "write `if condition then value else value`")
        then = self.expression()
        if not self.takes("else"):
            self.missing(
                "the `else` of `if`", "every `if` says what else: `if condition then value else value`"
            )
        otherwise = self.expression()
        return If(
            condition=condition,
            then=then,
            otherwise=otherwise,
            **self.place(token.start, condition, then, otherwise),
        )

    def quantified(self) -> Node:
        token = self.next()
        form = f"write `{token.text} x in list satisfies condition`"
        iterators: list[Iterator] = []
        below: list[Node | None] = []
        while True:
            variable = self.token
            if variable.kind != "name":
                self.missing("the name of the variable", form)
            self.next()
            if not self.takes("in"):
                self.missing(f"the `in` of `{token.text}`", form)
            source = self.expression(_COMPARE)
            stop = self.expression(_COMPARE) if self.takes("..") else None
            iterators.append(
                Iterator(name=variable.text, source=source, stop=stop, start=variable.start, end=variable.end)
            )
            below += [source, stop]
            if not self.takes(","):
                break
        if not self.takes("satisfies"):
            self.missing(f"the `satisfies` of `{token.text}`", form)
        condition = self.expression()
        return Quantified(
            kind=cast("Literal['some', 'every']", token.text),
            iterators=tuple(iterators),
            condition=condition,
            **self.place(token.start, condition, *below),
        )

    def symbol(self) -> Node:
        token = self.token
        match token.text:
            case "(":
                return self.bracketed()
            case "[" | "]":
                return self.list_or_range()
            case "{":
                return self.record()
            case "@":
                return self.temporal()
            case "?":
                self.next()
                return GlobalName(name="?", **self.place(token.start))
            case _:
                return self.missing_operand()

    def bracketed(self) -> Node:
        opening = self.next()
        operator = self.token
        if self.sees("<", "<=", ">", ">="):
            self.next()
            value = self.expression(_COMPARE)
            self.close(opening, ")")
            return self.half_range(operator, value, opening.start)
        if self.sees(")"):
            self.missing("a value")
        inner = self.expression()
        if self.sees(".."):
            return self.range_from(opening, inner)
        closing = self.close(opening, ")")
        # The brackets belong to the place of what they hold, so that a span never cuts them in half.
        return evolve(inner, start=opening.start, end=closing.end)

    def list_or_range(self) -> Node:
        opening = self.next()
        if opening.text == "[" and self.takes("]"):
            return ListLiteral(items=(), **self.place(opening.start))
        items = [self.expression()]
        if self.sees(".."):
            return self.range_from(opening, items[0])
        if opening.text == "]":
            self.at -= 1
            self.stop(
                "PR0206",
                "`]` is not expected here",
                opening.start,
                opening.end,
                "a list begins with `[`, and a range without its lowest value with `(`",
            )
        while self.takes(","):
            items.append(self.expression())
        self.close(opening, "]")
        return ListLiteral(items=tuple(items), **self.place(opening.start, *items))

    def record(self) -> Node:
        opening = self.next()
        entries: list[Entry] = []
        while not self.sees("}") or entries:
            first = self.token
            name = self.label()
            if name is None:
                self.missing("the name of an entry", 'write `{name: "Li", months: 3}`')
            end = self.tokens[self.at - 1].end
            self.next()
            entries.append(Entry(name=name, value=self.expression(), start=first.start, end=end))
            if not self.takes(","):
                break
        self.close(opening, "}")
        values = tuple(entry.value for entry in entries)
        return RecordLiteral(entries=tuple(entries), **self.place(opening.start, *values))

    def label(self) -> str | None:
        """Words or a text followed by a colon: the name of an entry or of an argument. The colon stays."""
        if self.token.kind == "string" and self.peek().text == ":":
            return str(self.next().value)
        ahead = 0
        while self.peek(ahead).kind in {"name", "keyword"}:
            ahead += 1
        if ahead == 0 or self.peek(ahead).text != ":":
            return None
        words = self.tokens[self.at : self.at + ahead]
        self.at += ahead
        return " ".join(word.text for word in words)

    def temporal(self) -> Node:
        token = self.next()
        if self.token.kind != "string":
            self.missing("a text", 'write `@"2026-12-01"`')
        literal = self.next()
        value = temporal_from_text(str(literal.value))
        if value is None:
            self.stop(
                "PR0211",
                f"`{self.text.value[token.start : literal.end]}` is not a date, a time or a duration",
                token.start,
                literal.end,
                slips.TEMPORAL_HELP,
            )
        return TemporalLiteral(value=value, **self.place(token.start))

    def call(self, function: str, first: Token) -> Node:
        name_end = self.tokens[self.at - 1].end
        opening = self.next()
        arguments: list[Node] = []
        labels: list[str | None] = []
        while not self.sees(")") or arguments:
            labels.append(self.label())
            if labels[-1] is not None:
                self.next()
            arguments.append(self.expression())
            if not self.takes(","):
                break
        self.close(opening, ")")
        names = tuple(label for label in labels if label is not None)
        if names and len(names) < len(labels):
            self.report(
                "PR0263",
                f"`{function}` is given some values by name and some by place",
                arguments[0].start,
                arguments[-1].end,
                "name all of them, or none",
            )
            names = ()
        return Call(
            function=function,
            arguments=tuple(arguments),
            names=names,
            name_end=name_end,
            **self.place(first.start, *arguments),
        )

    # The whole text

    def run(self, rule: Callable[[], Node]) -> Parsed:
        trees: list[Node] = []
        while True:
            self.finished = []
            self.depth = 0
            try:
                tree = rule()
                if self.token.kind != "end":
                    self.finished.append(tree)
                    self.unexpected("write `and`, `or` or another operator before it")
                trees.append(tree)
                break
            except _Stop:
                trees += self.finished
                if not self.skip():
                    break
                rule = self.expression
        return Parsed(tuple(trees), tuple(self.problems))

    def skip(self) -> bool:
        """Go on after the next `and` or `or` outside brackets, so that the rest is checked too."""
        depth = 0
        for index, token in enumerate(self.tokens):
            if token.kind == "symbol":
                depth += (token.text in _OPENING) - (token.text in {")", "]", "}"})
            between = token.text == "and" and any(
                before.text == "between" for before in self.tokens[max(0, index - 8) : index]
            )
            if index >= self.at and depth <= 0 and token.kind == "keyword" and token.text in {"and", "or"}:
                if between:
                    continue
                self.at = index + 1
                return True
        return False


def _reads_input(node: Node) -> bool:
    """Whether a test of a cell speaks of its input value itself, as `? > 5` does."""
    if isinstance(node, GlobalName):
        return node.name == "?"
    return any(_reads_input(child) for child in children(node))


def parse(text: Text, functions: Collection[str] = (), known: Collection[str] = ()) -> Parsed:
    """The tree of an expression.

    Args:
        text: What the author wrote.
        functions: The names of all functions, so that those of several words are recognised.
        known: The names that the author may use.
    """
    if len(text.value) > LONGEST:
        return _too_long(text)
    parser = _Parser(text, functions, known)
    return parser.run(parser.expression)


def parse_tests(text: Text, functions: Collection[str] = (), known: Collection[str] = ()) -> Parsed:
    """The tree of a table cell: a condition on the input value, which is called `?`."""
    if len(text.value) > LONGEST:
        return _too_long(text)
    parser = _Parser(text, functions, known)
    return parser.run(parser.cell)


def _too_long(text: Text) -> Parsed:
    message = f"the expression is longer than {LONGEST} characters"
    place = text.span(LONGEST, LONGEST + 1)
    return Parsed((), (Problem("PR0290", message, place, "name parts of it as facts of their own"),))
