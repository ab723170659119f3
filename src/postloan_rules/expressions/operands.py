"""The values of an expression: literals, names, calls, paths, filters, lists, ranges and records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NoReturn, cast

from attrs import evolve

from postloan_rules.expressions import slips
from postloan_rules.expressions.cursor import Cursor
from postloan_rules.expressions.deprecated import TURNED
from postloan_rules.expressions.nodes import (
    Call,
    Entry,
    Filter,
    GlobalName,
    ListLiteral,
    Negate,
    Node,
    Not,
    NumberLiteral,
    Path,
    RangeLiteral,
    RecordLiteral,
    StringLiteral,
    TemporalLiteral,
)
from postloan_rules.expressions.values import temporal_from_text

if TYPE_CHECKING:
    from decimal import Decimal

    from postloan_rules.expressions.lexer import Token

__all__ = ["AND", "COMPARE", "Operands"]

AND, COMPARE = 2, 3
"""How tightly `and` and comparisons hold together; the parser has the whole order."""

_PROPERTIES = frozenset({"time offset", "start included", "end included"})
_STARTERS = frozenset({"(", "[", "{", "-", "@", "?", "<", "<=", ">", ">=", "=", "!=", "!"})
_VALUE_WORDS = frozenset({"true", "false", "null", "not", "if", "some", "every", "for", "function"})


class Operands(Cursor, ABC):
    """Reads one value; whole expressions, with their operators, are the parser's."""

    @abstractmethod
    def expression(self, power: int = 0) -> Node:
        """The expression that begins here, up to an operator that holds no tighter than `power`."""

    @abstractmethod
    def keyword(self) -> Node:
        """A value that begins with a keyword: `true`, `not(...)`, `if`, `some` …."""

    def operand(self, power: int) -> Node:
        """A value with any number of minus signs before it."""
        signs: list[Token] = []
        while self.sees("-", "!"):
            signs.append(self.next())
            if len(signs) > self.limits.expression_depth:
                self.too_deep(signs[0].start, signs[-1].end)
        token = self.token
        if self.sees("if", "some", "every") and (signs or power > AND):
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
        """A value with the paths and filters that follow it."""
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
        """`source.field`."""
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
        """A value by itself."""
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
        """Stop where a value has to be."""
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
        """A name, or the call of a function."""
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

    def symbol(self) -> Node:
        """A value that begins with a sign."""
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
        """What stands in round brackets: any expression, or a range."""
        opening = self.next()
        operator = self.token
        if self.sees("<", "<=", ">", ">="):
            self.next()
            value = self.expression(COMPARE)
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

    def half_range(self, token: Token, value: Node, start: int = -1) -> Node:
        """A range with one end, such as `>= 5`."""
        above = token.text.startswith(">")
        closed = token.text.endswith("=")
        return RangeLiteral(
            low=value if above else None,
            high=None if above else value,
            low_closed=above and closed,
            high_closed=not above and closed,
            **self.place(token.start if start < 0 else start, value),
        )

    def list_or_range(self) -> Node:
        """What stands in square brackets."""
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

    def range_from(self, opening: Token, low: Node) -> Node:
        """The rest of a range, after its first end."""
        self.next()
        high = self.expression(COMPARE)
        closing = self.close(opening, ")", "]", "[")
        turned = {opening: "("} if opening.text == "]" else {}
        if closing.text == "[":
            turned[closing] = ")"
        if turned:
            self.deprecated(TURNED, opening.start, closing.end, turned)
        return RangeLiteral(
            low=low,
            high=high,
            low_closed=opening.text == "[",
            high_closed=closing.text == "]",
            **self.place(opening.start, low, high),
        )

    def record(self) -> Node:
        """`{name: value}`."""
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
        """`@"2026-12-01"`."""
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
        """The values in the brackets of a call."""
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
