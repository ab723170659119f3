"""Text → tokens, each with its place. Signs of other languages are reported, and read as what was meant."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import frozen

from postloan_rules.limits import LIMITS
from postloan_rules.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Container

    from postloan_rules.limits import Limits
    from postloan_rules.problems import Text

__all__ = ["KEYWORDS", "Token", "TokenKind", "tokens"]

TokenKind: TypeAlias = Literal["number", "string", "name", "keyword", "symbol", "end"]

KEYWORDS = frozenset(
    {
        "and",
        "between",
        "else",
        "every",
        "external",
        "false",
        "for",
        "function",
        "if",
        "in",
        "not",
        "null",
        "or",
        "return",
        "satisfies",
        "some",
        "then",
        "true",
    }
)

_EXPONENT = 6144
_SHOWN = 60
_READ = Context(traps=[])
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_GROUPS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_NAME = re.compile(r"[^\W\d]\w*")
_SPACE = re.compile(r"\s+")
_SYMBOL = re.compile(r"\*\*|\.\.|<=|>=|!=|[-+*/=<>.,:()\[\]{}?@]")

_FOREIGN = re.compile(r"===|!==|==|&&|\|\||<>|=>|=<|=~|:=|//|/\*|[!&|;$#^%`~\\€£¥￥]")
_MEANT = {
    "==": "=",
    "===": "=",
    "!==": "!=",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
    ":=": "=",
    "^": "**",
}
_MEANT_WORDS = {"&&": "and", "&": "and", "||": "or", "|": "or"}
_FOREIGN_HELP = {
    "!": "write `not(...)`",
    "=~": "write `contains(text, part)` or `starts with(text, part)`",
    "//": "an expression has no comments; write a comment in the YAML, after `#`",
    "/*": "an expression has no comments; write a comment in the YAML, after `#`",
    "#": "an expression has no comments; put the comment outside the expression",
    "%": "write a ratio, such as `0.90`, or `modulo(a, b)` for the remainder of a division",
    ";": "write `,` between values, and `and` or `or` between conditions",
    "`": 'write a name without quotes, and a text as `"text"`',
    "\\": 'a backslash is written inside a text only, as `"\\\\"`',
}
_MONEY_HELP = "write the amount alone; the currency is stated once, in the rule set"
_WIDE = {
    "，": ",",
    "、": ",",
    "（": "(",
    "）": ")",
    "［": "[",
    "］": "]",
    "【": "[",
    "】": "]",
    "｛": "{",
    "｝": "}",
    "：": ":",
    "？": "?",
    "＝": "=",
    "＜": "<",
    "＞": ">",
    "≤": "<=",
    "≥": ">=",
    "≦": "<=",
    "≧": ">=",
    "≠": "!=",
    "＋": "+",
    "－": "-",
    "−": "-",
    "–": "-",
    "—": "-",
    "×": "*",
    "＊": "*",
    "÷": "/",
    "／": "/",
    "．": ".",
    "。": ".",
    "＠": "@",
    "…": "..",
}
_QUOTES = {"“": "”“", "”": "”“", "‘": "’‘", "’": "’‘", "「": "」", "『": "』", "＂": "＂", "'": "'"}
_ESCAPES = {'"': '"', "'": "'", "\\": "\\", "n": "\n", "t": "\t", "r": "\r", "/": "/"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.?))", re.DOTALL)


@frozen
class Token:
    """A word of the text: its kind, the text as it is meant (not always as written), its place, its value."""

    kind: TokenKind
    text: str
    start: int
    end: int
    value: Decimal | str | None = None


class _Lexer:
    def __init__(self, text: Text, known: Container[str], limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.source = text.value
        self.known = known
        self.at = 0
        self.found: list[Token] = []
        self.problems: list[Problem] = []

    def report(self, code: str, message: str, start: int, end: int, help_: str = "") -> None:
        self.problems.append(Problem(code, message, self.text.span(start, end), help_))

    def add(
        self, kind: TokenKind, text: str, end: int, value: Decimal | str | None = None, *, start: int = -1
    ) -> None:
        self.found.append(Token(kind, text, self.at if start < 0 else start, end, value))
        self.at = end

    def run(self) -> None:
        while self.at < len(self.source):
            character = self.source[self.at]
            space = _SPACE.match(self.source, self.at)
            if space is not None:
                self.at = space.end()
            elif character == '"':
                self.string()
            elif character in _QUOTES:
                self.foreign_string()
            elif "0" <= character <= "9" or (character == "." and self.starts_fraction()):
                self.number()
            elif character in _WIDE:
                self.wide()
            else:
                self.word_or_symbol()
        self.add("end", "", self.at)

    def starts_fraction(self) -> bool:
        """Whether a point begins a number such as `.5`, rather than a path."""
        following = self.source[self.at + 1 : self.at + 2]
        if not following or not "0" <= following <= "9":
            return False
        last = self.found[-1] if self.found else None
        return (
            last is None
            or last.end != self.at
            or (last.kind == "symbol" and last.text not in {")", "]", "}", "?"})
        )

    def number(self) -> None:
        date = _DATE.match(self.source, self.at)
        if date is not None:
            self.bare_date(date.group(), date.end())
        else:
            self.plain_number()

    def bare_date(self, written: str, end: int) -> None:
        """A date without quotes would be read as two subtractions."""
        start = self.at
        self.report("PR0208", f"`{written}` is not a date here", start, end, f'write `date("{written}")`')
        self.found.append(Token("symbol", "@", start, start))
        self.add("string", written, end, written, start=start)

    def plain_number(self) -> None:
        match = _NUMBER.match(self.source, self.at)
        assert match is not None  # noqa: S101 - the caller has seen a digit
        start, end, digits = self.at, match.end(), match.group()
        groups = _GROUPS.match(self.source, self.at)
        if groups is not None:
            end = groups.end()
            written = groups.group()
            digits = written.replace(",", "")
            self.report(
                "PR0204",
                f"`{written}` is not a number",
                start,
                end,
                f"write `{digits}`; in a list put a space after each comma: `{written.replace(',', ', ')}`",
            )
        value = Decimal(digits, _READ)
        if len(value.as_tuple().digits) > self.limits.digits:
            self.report(
                "PR0204",
                f"`{_shortened(digits)}` has more than {self.limits.digits} digits",
                start,
                end,
                "write fewer digits",
            )
            value = Decimal(0)
        elif not value.is_finite() or (value and abs(value.adjusted()) > _EXPONENT):
            self.report("PR0204", f"`{_shortened(digits)}` is too large or too small a number", start, end)
            value = Decimal(0)
        if self.source[end : end + 1] in {"%", "％"}:
            end += 1
            share = format(value.scaleb(-2).normalize(), "f")
            self.report("PR0208", f"`{digits}%` is not a number", start, end, f"write `{share}`")
            value = value.scaleb(-2)
        else:
            tail = _NAME.match(self.source, end)
            if tail is not None:
                end = self.number_with_letters(start, end, tail.end())
        self.add("number", digits, end, value, start=start)

    def number_with_letters(self, start: int, digits_end: int, end: int) -> int:
        written = self.source[start:end]
        digits, tail = self.source[start:digits_end], self.source[digits_end:end]
        if tail.startswith("_") and tail.replace("_", "").isdigit():
            help_ = f"write `{written.replace('_', '')}`"
        elif tail.lower() in KEYWORDS:
            help_ = f"put a space between them: `{digits} {tail}`"
        else:
            help_ = f"write `{digits}`; a name begins with a letter"
        self.report("PR0204", f"`{written}` is not a number", start, end, help_)
        return end

    def string(self) -> None:
        start = self.at
        at = start + 1
        while at < len(self.source) and self.source[at] != '"':
            at += 2 if self.source[at] == "\\" else 1
        if at >= len(self.source):
            self.report(
                "PR0202",
                "a text is opened and never closed",
                start,
                len(self.source),
                'write `"` at its end',
            )
            self.add("string", self.source[start:], len(self.source), self.source[start + 1 :])
            return
        self.add("string", self.source[start : at + 1], at + 1, self.unescape(start + 1, at))

    def unescape(self, start: int, end: int) -> str:
        pieces: list[str] = []
        at = start
        for match in _ESCAPE.finditer(self.source, start, end):
            pieces.append(self.source[at : match.start()])
            at = match.end()
            four, six, other = match.groups()
            if four or six:
                number = int(four or six, 16)
                if number > 0x10FFFF:
                    self.report("PR0203", f"`{match.group()}` is not a character", match.start(), match.end())
                else:
                    pieces.append(chr(number))
            elif other in _ESCAPES:
                pieces.append(_ESCAPES[other])
            else:
                self.report(
                    "PR0203",
                    f"`{match.group()}` means nothing in a text",
                    match.start(),
                    match.end(),
                    "write `\\\\` for a backslash",
                )
        pieces.append(self.source[at:end])
        # Two halves of a character outside the first plane, as JSON writes it, are one character.
        joined = "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if "\ufffd" in joined and "\ufffd" not in self.source[start:end]:
            self.report("PR0203", "half a character is written in a text", start - 1, end + 1)
        return joined

    def foreign_string(self) -> None:
        start = self.at
        closing = _QUOTES[self.source[start]]
        ends = [index for index in range(start + 1, len(self.source)) if self.source[index] in closing + '"']
        if not ends:
            self.report(
                "PR0202",
                "a text is opened and never closed",
                start,
                len(self.source),
                'write texts as `"text"`',
            )
            self.add("string", self.source[start:], len(self.source), self.source[start + 1 :])
            return
        end = ends[0] + 1
        content = self.source[start + 1 : ends[0]]
        written = self.source[start:end]
        self.report("PR0208", f"`{written}` is not a text here", start, end, f'write `"{content}"`')
        self.add("string", written, end, content)

    def wide(self) -> None:
        character = self.source[self.at]
        meant = _WIDE[character]
        end = self.at + 1
        # `＞＝` and `<＝` are one symbol.
        following = self.source[end : end + 1]
        if meant in {"<", ">"} and following in {"=", "＝"}:
            meant, end = meant + "=", end + 1
        elif meant == "=" and following in {"=", "＝"}:
            end += 1
        self.report(
            "PR0208",
            f"`{self.source[self.at : end]}` is not a sign of this language",
            self.at,
            end,
            f"write `{meant}`",
        )
        self.add("symbol", meant, end)

    def word_or_symbol(self) -> None:
        name = _NAME.match(self.source, self.at)
        foreign = _FOREIGN.match(self.source, self.at)
        symbol = _SYMBOL.match(self.source, self.at)
        if name is not None:
            self.word(name.group(), name.end())
        elif foreign is not None and (foreign.group() != "!" or symbol is None):
            self.foreign(foreign.group(), foreign.end())
        elif symbol is not None:
            self.add("symbol", symbol.group(), symbol.end())
        else:
            character = self.source[self.at]
            shown = character if character.isprintable() else f"U+{ord(character):04X}"
            self.report("PR0201", f"`{shown}` has no meaning here", self.at, self.at + 1, "take it out")
            self.at += 1

    def word(self, word: str, end: int) -> None:
        lower = word.lower()
        if word in KEYWORDS:
            self.add("keyword", word, end)
        elif lower in KEYWORDS and word not in self.known and not self.after_point():
            self.report("PR0208", f"`{word}` is written in lower case", self.at, end, f"write `{lower}`")
            self.add("keyword", lower, end)
        else:
            self.add("name", word, end)

    def after_point(self) -> bool:
        return bool(self.found) and self.found[-1].kind == "symbol" and self.found[-1].text == "."

    def foreign(self, written: str, end: int) -> None:
        start = self.at
        meant = _MEANT.get(written) or _MEANT_WORDS.get(written)
        if written in "$€£¥￥":
            help_ = _MONEY_HELP
        else:
            help_ = f"write `{meant}`" if meant else _FOREIGN_HELP.get(written, "take it out")
        self.report("PR0208", f"`{written}` is not a sign of this language", start, end, help_)
        if written in _MEANT:
            self.add("symbol", _MEANT[written], end)
        elif written in _MEANT_WORDS:
            self.add("keyword", _MEANT_WORDS[written], end)
        elif written == "!":
            self.add("symbol", "!", end)
        elif written in {"//", "/*", "#"}:
            self.at = len(self.source)
        else:
            self.at = end


def _shortened(digits: str) -> str:
    return digits if len(digits) <= _SHOWN else f"{digits[:_SHOWN]}…"


def tokens(
    text: Text, known: Container[str] = (), limits: Limits = LIMITS
) -> tuple[tuple[Token, ...], tuple[Problem, ...]]:
    """The tokens of a text, ended by one of kind `end`, and what is wrong with its words.

    Args:
        text: What the author wrote.
        known: The names that the author may use, so that a name such as `IF` is not taken for a keyword.
        limits: How much is taken.
    """
    lexer = _Lexer(text, known, limits)
    lexer.run()
    return tuple(lexer.found), tuple(lexer.problems)
