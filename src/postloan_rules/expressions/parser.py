"""Tokens → tree, by operator precedence. Every node keeps the exact place of what the author wrote.

From loosest to tightest: `or`; `and`; comparisons, `between`, `in`; `+ -`; `* /`; `**`; unary `-`;
filters, paths and calls. As in the standard, `-2 ** 2` is 4 and `2 ** 3 ** 2` is 64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from attrs import evolve, field, frozen

from postloan_rules.expressions import slips
from postloan_rules.expressions.cursor import Stop
from postloan_rules.expressions.nodes import (
    And,
    Arithmetic,
    ArithmeticOperator,
    Between,
    BooleanLiteral,
    Comparison,
    ComparisonOperator,
    EqualityTest,
    GlobalName,
    If,
    In,
    Iterator,
    Node,
    Not,
    NullLiteral,
    Or,
    Quantified,
    children,
    names_in,
)
from postloan_rules.expressions.operands import AND, COMPARE, Operands
from postloan_rules.limits import LIMITS
from postloan_rules.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from postloan_rules.expressions.lexer import Token
    from postloan_rules.limits import Limits
    from postloan_rules.problems import Text

__all__ = ["Parsed", "parse", "parse_tests"]

_POWERS = {
    "or": 1,
    "and": AND,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "between", "in"), COMPARE),
    **dict.fromkeys("+-", 4),
    **dict.fromkeys("*/", 5),
    "**": 6,
}
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")


@frozen
class Parsed:
    """What was read of a text: the tree, or the parts of it that could be read, and the problems."""

    trees: tuple[Node, ...]
    problems: tuple[Problem, ...] = field(repr=False)
    warnings: tuple[Problem, ...] = field(repr=False, default=())


class _Parser(Operands):
    def expression(self, power: int = 0) -> Node:
        self.depth += 1
        if self.depth > self.limits.expression_depth:
            self.too_deep(self.token.start, self.token.end)
        left = self.operand(power)
        while True:
            token = self.token
            binding = _POWERS.get(token.text, 0) if token.kind in {"symbol", "keyword"} else 0
            if token.kind == "name" and power < COMPARE and slips.is_null(token, self.peek(), self.peek(2)):
                left = self.is_null(left)
            elif binding <= power:
                break
            else:
                left = self.joined(left, token) if binding <= AND else self.infix(left, token, binding)
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
        """One operator with its right side."""
        chained = isinstance(left, Comparison | In | Between) and not self.bracketed_whole(left)
        if chained and binding > COMPARE:
            self.unexpected("put brackets around what belongs together")
        self.next()
        if token.text == "between":
            node: Node = self.between(left)
        elif token.text == "in":
            node = self.membership(left)
        else:
            right = self.expression(binding)
            place = self.place(left.start, left, right)
            if binding > COMPARE:
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
        """`operand between low and high`."""
        low = self.expression(COMPARE)
        if not self.takes("and"):
            self.missing("the `and` of `between`", "write `x between 1 and 10`")
        high = self.expression(COMPARE)
        return Between(operand=operand, low=low, high=high, **self.place(operand.start, operand, low, high))

    def membership(self, operand: Node) -> Node:
        tests = self.bracketed_tests() if self.sees("(") else (self.test(COMPARE),)
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
        value = self.expression(COMPARE)
        if token.text in {"=", "!="}:
            operator = cast("Literal['=', '!=']", token.text)
            return EqualityTest(operator=operator, value=value, **self.place(token.start, value))
        return self.half_range(token, value)

    def cell(self) -> Node:
        """The tests of a table cell, as a condition on the input value `?`."""
        token = self.token
        if token.kind == "end":
            self.stop("PR0213", "the cell is empty", 0, 0, "write `-` where anything will do")
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
                depth += (token.text in _OPENING) - (token.text in _CLOSING)
            if depth == 0:
                return self.tokens[index + 1].kind == "end"
        return True

    def condition_of(self, tests: list[Node], opening: Token | None) -> Node:
        while self.takes(","):
            tests.append(self.test())
        if opening is not None:
            self.close(opening, ")")
        conditions = [not isinstance(test, EqualityTest) and "?" in names_in(test) for test in tests]
        values = tuple(test for test, holds in zip(tests, conditions, strict=True) if not holds)
        parts = [test for test, holds in zip(tests, conditions, strict=True) if holds]
        if values:
            start, end = values[0].start, values[-1].end
            subject = GlobalName(name="?", **self.place(start, end=start))
            member = In(operand=subject, tests=values, **self.place(start, subject, *values, end=end))
            parts.insert(0, member)
        if len(parts) == 1:
            return parts[0]
        return Or(operands=tuple(parts), **self.place(min(part.start for part in parts), *parts))

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
        """`not(...)`."""
        token = self.next()
        if not self.sees("("):
            self.report(
                "PR0207",
                "`not` needs its brackets",
                token.start,
                token.end,
                "write `not(condition)`",
            )
            operand = self.expression(AND)
            return Not(operand=operand, **self.place(token.start, operand))
        opening = self.next()
        operand = self.expression()
        self.close(opening, ")")
        return Not(operand=operand, **self.place(token.start, operand))

    def conditional(self) -> Node:
        """`if ... then ... else ...`."""
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
        """`some` or `every`."""
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
            source = self.expression(COMPARE)
            stop = self.expression(COMPARE) if self.takes("..") else None
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

    def run(self, rule: Callable[[], Node]) -> Parsed:
        trees: list[Node] = []
        while True:
            self.finished = []
            self.depth = 0
            try:
                tree = rule()
                if self.token.kind != "end":
                    self.finished.append(tree)
                    self.unexpected(_before_rest(tree, self.token))
                trees.append(tree)
                break
            except Stop:
                trees += self.finished
                if not self.skip():
                    break
                rule = self.expression
        return Parsed(tuple(trees), tuple(self.problems), tuple(self.warnings))

    def skip(self) -> bool:
        """Go on after the next `and` or `or` outside brackets, so that the rest is checked too."""
        depth = 0
        for index, token in enumerate(self.tokens):
            if token.kind == "symbol":
                depth += (token.text in _OPENING) - (token.text in _CLOSING)
            between = token.text == "and" and any(
                before.text == "between" for before in self.tokens[max(0, index - 8) : index]
            )
            if index >= self.at and depth <= 0 and token.kind == "keyword" and token.text in {"and", "or"}:
                if between:
                    continue
                self.at = index + 1
                return True
        return False


def _before_rest(tree: Node, token: Token) -> str:
    """What to write where an expression has ended and something follows."""
    if token.text == "," and isinstance(tree, In):
        return "put all the values in brackets: `x in (1, 2)`"
    return "write `and`, `or` or another operator before it"


def parse(
    text: Text, functions: Collection[str] = (), known: Collection[str] = (), limits: Limits = LIMITS
) -> Parsed:
    """The tree of an expression.

    Args:
        text: What the author wrote.
        functions: The names of all functions, so that those of several words are recognised.
        known: The names that the author may use.
        limits: How much is taken.
    """
    if len(text.value) > limits.expression_length:
        return _too_long(text, limits.expression_length)
    parser = _Parser(text, functions, known, limits)
    return parser.run(parser.expression)


def parse_tests(
    text: Text, functions: Collection[str] = (), known: Collection[str] = (), limits: Limits = LIMITS
) -> Parsed:
    """The tree of a table cell: a condition on the input value, which is called `?`."""
    if len(text.value) > limits.expression_length:
        return _too_long(text, limits.expression_length)
    parser = _Parser(text, functions, known, limits)
    return parser.run(parser.cell)


def _too_long(text: Text, most: int) -> Parsed:
    message = f"the expression is longer than {most:,} characters"
    place = text.span(most, most + 1)
    return Parsed((), (Problem("PR0290", message, place, "name parts of it as facts of their own"),))
