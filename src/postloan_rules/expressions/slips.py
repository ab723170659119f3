"""What people write out of habit from other languages, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions.nodes import Comparison

if TYPE_CHECKING:
    from postloan_rules.expressions.lexer import Token
    from postloan_rules.expressions.nodes import Node

__all__ = [
    "FOREIGN_FUNCTIONS",
    "FOREIGN_NAMES",
    "NOT_IN_LANGUAGE",
    "TEMPORAL_HELP",
    "Slip",
    "after_value",
    "instead_of_value",
    "is_null",
    "unchained",
]

TEMPORAL_HELP = 'write `@"2026-12-01"`, `@"2026-12-01T10:30:00"`, `@"10:30:00"`, `@"P3M"` or `@"P30D"`'

NOT_IN_LANGUAGE = {
    "for": "write a path such as `accounts.current_balance`, a filter `accounts[...]`, or `some` or `every`",
    "function": "write a named fact instead",
    "external": "an expression runs no other code; write a named fact",
    "return": "an expression is its own value; `some` and `every` are followed by `satisfies`",
}

FOREIGN_NAMES = {
    "none": "write `null`, as in `x = null`",
    "nil": "write `null`, as in `x = null`",
    "undefined": "write `null`, as in `x = null`",
    "unknown": "write `null`, as in `x = null`",
    "nan": "write `null`, as in `x = null`",
    "yes": "write `true`",
    "no": "write `false`",
    "today": "the date of the snapshot is `as_of`",
    "now": "the date of the snapshot is `as_of`",
}

_TEXT_SEARCH = "regular expressions are not in the language; write `contains`, `starts with` or `ends with`"
FOREIGN_FUNCTIONS = {
    "matches": _TEXT_SEARCH,
    "replace": _TEXT_SEARCH,
    "split": _TEXT_SEARCH,
    "regex": _TEXT_SEARCH,
    "today": "the date of the snapshot is `as_of`",
    "now": "the date of the snapshot is `as_of`",
    "avg": "write `mean`",
    "average": "write `mean`",
    "len": "write `count` for a list, `string length` for a text",
    "length": "write `count` for a list, `string length` for a text",
    "size": "write `count`",
    "isnull": "write `x = null`",
    "is_null": "write `x = null`",
    "is defined": "write `x != null`",
    "coalesce": "write `if x != null then x else 0`",
    "ifnull": "write `if x != null then x else 0`",
    "iif": "write `if condition then value else value`",
    "invoke": "an expression runs no other code; write a named fact",
    "upper": "write `upper case`",
    "lower": "write `lower case`",
    "datediff": "subtract one date from the other",
}

_INFIX_WORDS = {
    "contains": "write `contains(text, part)`, or `list contains(list, value)` for a list",
    "like": "write `contains(text, part)`",
    "matches": _TEXT_SEARCH,
    "is": "write `=`",
    "equals": "write `=`",
    "eq": "write `=`",
    "ne": "write `!=`",
    "gt": "write `>`",
    "ge": "write `>=`",
    "gte": "write `>=`",
    "lt": "write `<`",
    "le": "write `<=`",
    "lte": "write `<=`",
    "mod": "write `modulo(a, b)`",
    "div": "write `/`",
    "xor": "write `a != b`",
    "instance": "types are checked when the rules load; leave `instance of` out",
    "where": "write the condition in brackets after the list: `accounts[condition]`",
}


_UNITS = frozenset(
    {
        "day",
        "days",
        "month",
        "months",
        "year",
        "years",
        "yuan",
        "rmb",
        "cny",
        "usd",
        "eur",
        "天",
        "个月",
        "元",
    }
)


@frozen
class Slip:
    """What is wrong, up to where, and what to write instead."""

    message: str
    end: int
    help: str
    code: str = "PR0208"


def after_value(token: Token, following: Token, before: Token | None, text: str) -> Slip | None:
    """What somebody meant who wrote this word where an operator has to be."""
    written = text[token.start : token.end]
    if token.kind == "keyword" and token.text == "not" and following.text == "in":
        whole = text[token.start : following.end]
        return Slip(f"`{whole}` is not an operator", following.end, "write `not(x in (...))`")
    if token.kind == "name" and token.text.lower() in _INFIX_WORDS:
        return Slip(f"`{written}` is not an operator", token.end, _INFIX_WORDS[token.text.lower()])
    if (
        token.kind == "name"
        and token.text.lower() in _UNITS
        and before is not None
        and before.kind == "number"
    ):
        return Slip(
            f"`{written}` is not written after a number",
            token.end,
            f"write `{before.text}` alone: it takes the unit of what it is compared with",
        )
    if token.kind == "symbol" and token.text in {")", "]", "}"}:
        return Slip(
            f"`{written}` closes nothing", token.end, "take it out, or open the bracket before", "PR0206"
        )
    if token.kind == "name" and before is not None and before.kind == "name":
        joined = f"{before.text}_{token.text}"
        return Slip(
            f"`{written}` follows another name",
            token.end,
            f"names have no spaces: write `{joined}`, or an operator between the two",
            "PR0206",
        )
    return None


def instead_of_value(token: Token, written: str) -> str:
    """What to do where an operator or a bracket stands in the place of a value."""
    if token.kind == "end":
        return "write the value that it is compared or joined with"
    if token.text in {"=", "!=", "<", "<=", ">", ">="}:
        return f"write a value before `{written}`; a test such as `{written} 5` alone belongs in a table cell"
    return f"write a value before `{written}`"


def is_null(token: Token, second: Token, third: Token) -> bool:
    """Whether the words are `is null` or `is not null`."""
    if token.text.lower() != "is":
        return False
    return second.text == "null" or (second.text == "not" and third.text == "null")


def unchained(text: str, left: Node, whole: Node) -> str:
    """What to write for `1 < x < 5`."""
    if not (isinstance(left, Comparison) and isinstance(whole, Comparison)):
        return "put brackets around the first comparison"
    first, middle, last = (text[node.start : node.end] for node in (left.left, left.right, whole.right))
    if left.operator == whole.operator == "<=":
        return f"write `{middle} between {first} and {last}`"
    return f"write `{first} {left.operator} {middle} and {middle} {whole.operator} {last}`"
