"""Random texts of the rule language: right ones, and right ones with a part changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from hypothesis import strategies as st

from postloan_rules.expressions.lexer import KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["changed_texts", "texts"]

# A text, and how tightly it holds together: 0 for `if`, 9 for what never needs brackets.
Piece: TypeAlias = "tuple[str, int]"
LAST, OR, AND, COMPARE, SUM, PRODUCT, POWER, UNARY, VALUE = range(9)

_names = st.sampled_from(["a", "b", "balance", "逾期天数", "item", "x1", "_y", "inside", "order"])
_numbers = st.sampled_from(["0", "1", "30", "0.90", ".5", "1e3", "12.50", "1234567890"])
_strings = st.sampled_from(
    ['""', '"a"', '"信用卡"', r'"say \"no\""', r'"back\\slash"', '"two words"', r'"\u4E2D"']
)
_moments = st.sampled_from(['@"2026-12-01"', '@"P3M"', '@"P30D"', '@"10:30:00"', '@"2026-12-01T10:30:00"'])
_leaves = st.one_of(
    _names, _numbers, _strings, _moments, st.sampled_from(["true", "false", "null", "?", "[]", "{}"])
).map(lambda text: (text, VALUE))
_blank = st.sampled_from(["", " ", "  ", "\n"])
_gap = st.sampled_from([" ", "  ", "\n"])
_extra = st.booleans()


def _in_brackets(piece: Piece, power: int, *, extra: bool = False) -> str:
    text, own = piece
    return f"({text})" if own < power or extra else text


def _chain(pieces: st.SearchStrategy[Piece], signs: list[str], power: int) -> st.SearchStrategy[Piece]:
    """Two values with an operator between them."""

    def join(left: Piece, sign: str, right: Piece, blank: str, extra: bool) -> Piece:
        side = power + (1 if power == COMPARE else 0)
        first = _in_brackets(left, side, extra=extra)
        return f"{first}{blank}{sign}{blank}{_in_brackets(right, power + 1)}", power

    blank = _gap if signs[0].isalpha() else _blank
    return st.builds(join, pieces, st.sampled_from(signs), pieces, blank, _extra)


def _wrapped(
    pieces: st.SearchStrategy[Piece], write: Callable[[str], str], power: int
) -> st.SearchStrategy[str]:
    return pieces.map(lambda piece: write(_in_brackets(piece, power)))


def _values(pieces: st.SearchStrategy[Piece]) -> st.SearchStrategy[str]:
    whole, summed = _wrapped(pieces, str, LAST), _wrapped(pieces, str, SUM)
    listed = st.lists(whole, min_size=1, max_size=3).map(", ".join)
    function = st.sampled_from(
        ["count", "f", "date and time", "string  length", "substring", "years and months duration"]
    )
    label = st.sampled_from(["a", "start position", '"key"', "从"])
    entry = st.builds("{}: {}".format, label, whole)
    entries = st.lists(entry, min_size=1, max_size=2).map(",".join)
    return st.one_of(
        st.builds("({})".format, whole),
        st.builds("not({})".format, whole),
        st.builds("{}({})".format, function, st.one_of(st.just(""), listed, entries)),
        st.builds("[{}]".format, listed),
        st.builds("{{{}}}".format, entries),
        st.builds("{}{}..{}{}".format, st.sampled_from("(["), summed, summed, st.sampled_from(")]")),
        # A bracket turned outwards is told from a filter by what follows it.
        st.builds("({}{}..{}{})".format, st.sampled_from("([]"), summed, summed, st.sampled_from(")][")),
        st.builds("({} {})".format, st.sampled_from(["<", "<=", ">", ">="]), summed),
        st.builds(
            "{}.{}".format,
            _wrapped(pieces, str, VALUE),
            st.sampled_from(["f", "time offset", "start  included", "and", "余额"]),
        ),
        st.builds("{}[{}]".format, _wrapped(pieces, str, VALUE), whole),
    )


def _tests(pieces: st.SearchStrategy[Piece]) -> st.SearchStrategy[str]:
    summed = _wrapped(pieces, str, SUM)
    signed = st.builds("{} {}".format, st.sampled_from(["<", ">=", "=", "!="]), summed)
    bracketed = st.lists(st.one_of(signed, _wrapped(pieces, str, LAST)), min_size=1, max_size=3)
    return st.one_of(signed, bracketed.map(lambda tests: f"({', '.join(tests)})"))


def _larger(pieces: st.SearchStrategy[Piece]) -> st.SearchStrategy[Piece]:
    whole, summed = _wrapped(pieces, str, LAST), _wrapped(pieces, str, SUM)
    iterator = st.builds(
        "{} in {}".format, _names, st.one_of(summed, st.builds("{}..{}".format, summed, summed))
    )
    iterators = st.lists(iterator, min_size=1, max_size=2).map(", ".join)
    return st.one_of(
        _values(pieces).map(lambda text: (text, VALUE)),
        _chain(pieces, ["or"], OR),
        _chain(pieces, ["and"], AND),
        _chain(pieces, ["=", "!=", "<", "<=", ">", ">="], COMPARE),
        _chain(pieces, ["+", "-"], SUM),
        _chain(pieces, ["*", "/"], PRODUCT),
        _chain(pieces, ["**"], POWER),
        _wrapped(pieces, "-{}".format, UNARY).map(lambda text: (text, UNARY)),
        st.builds("{} in {}".format, summed, _tests(pieces)).map(lambda text: (text, COMPARE)),
        st.builds("{} between {} and {}".format, summed, summed, summed).map(lambda text: (text, COMPARE)),
        st.builds("if {} then {} else {}".format, whole, whole, whole).map(lambda text: (text, LAST)),
        st.builds("{} {} satisfies {}".format, st.sampled_from(["some", "every"]), iterators, whole).map(
            lambda text: (text, LAST)
        ),
    )


texts = st.recursive(_leaves, _larger, max_leaves=10).map(lambda piece: piece[0])
"""Texts that the language takes."""

_SCRAPS = [
    *"()[]{}.,:?@<>=+-*/!&|'\"#%；，（）“ \t",
    "..", "==", "!=", "<=", "**", " 1", " a", " 余额 ", ' "x" ', "1,000", "90%",
    *(f" {word} " for word in sorted(KEYWORDS)), " True ", " is null", " not in ", "date and time(", "[1", "3[", "\\u12", "\x00",
]  # fmt: skip


@st.composite
def changed_texts(draw: st.DrawFn) -> str:
    """A text that the language takes, with up to three pieces put in, taken out or repeated."""
    text = draw(texts)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 4)))
        text = text[:start] + draw(st.sampled_from(["", *_SCRAPS])) + text[end:]
    return text
