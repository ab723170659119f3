"""Where reading stands in the tokens of a text, what is wrong so far, and where new nodes are placed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypedDict

from postloan_rules.expressions import slips
from postloan_rules.expressions.lexer import Token, tokens
from postloan_rules.limits import LIMITS
from postloan_rules.problems import Fix, Problem, edited

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from postloan_rules.expressions.deprecated import Deprecation
    from postloan_rules.expressions.nodes import Node
    from postloan_rules.limits import Limits
    from postloan_rules.problems import Text

__all__ = ["Cursor", "Place", "Stop"]


class Place(TypedDict):
    """The number and the place of a node."""

    id: int
    start: int
    end: int


class Stop(Exception):  # noqa: N818 - control flow of the parser, never an error that a caller sees
    """Reading cannot go on from here."""


class Cursor:
    """Reads the tokens of one text from first to last."""

    def __init__(
        self, text: Text, functions: Collection[str], known: Collection[str], limits: Limits = LIMITS
    ) -> None:
        self.text = text
        self.limits = limits
        self.tokens, problems = tokens(text, known, limits)
        self.problems = list(problems)
        self.warnings: list[Problem] = []
        self.known = known
        self.phrases = frozenset(name for name in functions if " " in name)
        self.longest_phrase = max((name.count(" ") + 1 for name in self.phrases), default=1)
        self.at = 0
        self.depth = 0
        self.heights: list[int] = []
        self.finished: list[Node] = []
        self.tests = False

    @property
    def token(self) -> Token:
        """The token that is read next."""
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token:
        """The token some steps ahead."""
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        """Take the next token."""
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def sees(self, *texts: str) -> bool:
        """Whether the next token is one of these signs or keywords."""
        return self.token.text in texts and self.token.kind in {"symbol", "keyword"}

    def takes(self, text: str) -> bool:
        """Take the next token if it is this sign or keyword."""
        if self.sees(text):
            self.at += 1
            return True
        return False

    def report(self, code: str, message: str, start: int, end: int, help_: str = "") -> None:
        """Note a problem; its place is a stretch of the text."""
        self.problems.append(Problem(code, message, self.text.span(start, end), help_))

    def deprecated(self, way: Deprecation, start: int, end: int, instead: Mapping[Token, str]) -> None:
        """Warn of an old way of writing; `instead` has what each of its tokens becomes."""
        written = self.text.value[start:end]
        new = edited(
            written, ((each.start - start, each.end - start, text) for each, text in instead.items())
        )
        known = f"{way.what} are deprecated since {way.since}, and language {way.language} refuses them"
        self.warnings.append(
            Problem(
                "PR0270",
                f"`{written}`: {known}",
                self.text.span(start, end),
                f"write `{new}`; `postloan fmt --upgrade` does it in YAML files",
                severity="warning",
                fixes=tuple(
                    Fix(self.text.span(each.start, each.end), text) for each, text in instead.items()
                ),
            )
        )

    def stop(self, code: str, message: str, start: int, end: int, help_: str = "") -> NoReturn:
        """Note a problem from which reading cannot go on here."""
        self.report(code, message, start, end, help_)
        raise Stop

    def missing(self, what: str, help_: str = "") -> NoReturn:
        """Stop because something is not where it has to be."""
        token = self.token
        where = "at the end" if token.kind == "end" else f"before `{self.shown(token)}`"
        self.stop("PR0205", f"{what} is missing {where}", token.start, token.end, help_)

    def shown(self, token: Token) -> str:
        """The author's words for a token."""
        return self.text.value[token.start : token.end]

    def close(self, opening: Token, *closing: str) -> Token:
        """Take the bracket that closes another."""
        if self.sees(*closing):
            return self.next()
        return self.unclosed(opening, closing)

    def unclosed(self, opening: Token, closing: tuple[str, ...]) -> NoReturn:
        """Stop at a bracket that is not closed where it should be."""
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
        """Stop at a token that cannot stand here."""
        token, before = self.token, self.tokens[self.at - 1] if self.at else None
        shown = self.shown(token)
        slip = slips.after_value(token, self.peek(), before, self.text.value)
        if slip is not None:
            self.stop(slip.code, slip.message, token.start, slip.end, slip.help)
        self.stop("PR0206", f"`{shown}` is not expected here", token.start, token.end, help_)

    def place(self, start: int, *below: Node | None, end: int = -1) -> Place:
        """The number and place of a new node over the nodes below it; refuses a tree that is too deep."""
        height = 1 + max((self.heights[node.id] for node in below if node is not None), default=0)
        stop = self.tokens[self.at - 1].end if end < 0 else end
        if height > self.limits.expression_depth:
            self.too_deep(start, stop)
        self.heights.append(height)
        return {"id": len(self.heights) - 1, "start": start, "end": stop}

    def too_deep(self, start: int, end: int) -> NoReturn:
        """Stop because the expression is nested too deep."""
        self.stop(
            "PR0291",
            f"the expression is nested more than {self.limits.expression_depth} deep",
            start,
            end,
            "name a part of it as a fact of its own",
        )
