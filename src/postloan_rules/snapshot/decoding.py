"""JSON text to values that lose nothing: exact numbers, keys that stand twice, the place of a slip."""

from __future__ import annotations

import json
import re
from collections import Counter

from attrs import frozen

from postloan_rules.limits import LIMITS, Limits
from postloan_rules.problems import Problem, Source, Span

__all__ = ["Inexact", "Repeated", "decode"]

_LONGEST_INTEGER = 40


@frozen
class Inexact:
    """A number that the JSON text does not give as an exact integer: with a point, an exponent, or no end."""

    text: str


class Repeated(dict[str, object]):
    """An object in which keys stand twice; it holds the last value of each."""

    twice: tuple[str, ...] = ()


def decode(text: str | bytes, limits: Limits = LIMITS) -> object:
    """The values that a JSON text holds, or the problem because of which it holds none."""
    most = limits.snapshot_bytes
    if len(text) > most:
        return Problem(
            "PR0703",
            f"the text has {len(text):,} characters, and a snapshot at most {most:,}",
            path="$",
            help="a snapshot holds one customer; give each customer's snapshot by itself",
        )
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            return Problem(
                "PR0701",
                f"byte {error.start + 1} is not UTF-8",
                path="$",
                help="save the text as UTF-8; it may be GBK or Latin-1 now",
            )
    text = text.removeprefix("\ufeff")
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=Inexact,
            parse_constant=Inexact,
        )
    except json.JSONDecodeError as error:
        return _not_json(text, error.pos)
    except RecursionError:
        return Problem(
            "PR0703",
            "lists and objects are nested too deeply",
            path="$",
            help="a snapshot is at most five levels deep",
        )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    repeated = Repeated(values)
    counted = Counter(key for key, _ in pairs)
    repeated.twice = tuple(key for key, times in counted.items() if times > 1)
    return repeated


def _integer(text: str) -> int | Inexact:
    # An integer of any length is legal JSON; beyond some length even its conversion costs too much.
    return int(text) if len(text) <= _LONGEST_INTEGER else Inexact(text)


def _not_json(text: str, offset: int) -> Problem:
    """The slip at a place, told by what stands there, so that every version of Python says the same."""
    closing = re.compile(r",\s*([}\]])").match(text, offset)
    if closing:
        # Newer versions of Python point at the comma, older ones at the bracket behind it.
        offset = closing.start(1)
    message, advice = _slip(text, offset)
    source = Source("snapshot", text)
    return Problem(
        "PR0702", f"this is not JSON: {message}", Span(source, offset, min(offset + 1, len(text))), advice
    )


def _slip(text: str, offset: int) -> tuple[str, str]:
    if not text.strip():
        return "the text is empty", 'write an object: {"as_of": ...}'
    before = text[:offset].rstrip()
    found = text[offset : offset + 1]
    word = re.compile(r"[A-Za-z]+").match(text, offset)
    if not text[offset:].strip():
        return "the text ends before the object does", "add what is missing at the end: `}`, `]` or a quote"
    match found:
        case "}" | "]" if before.endswith(","):
            return f"a comma stands before `{found}`", "take the last comma away"
        case '"' if text.find('"', offset + 1) < 0:
            return "a quote is opened and never closed", 'add the closing `"`'
        case '"':
            return (
                "something is missing before this text",
                "put a comma between two members, a colon after a key",
            )
        case "'":
            return "texts stand in double quotes", "write \" instead of '"
        case "/" | "#":
            return "there are no comments in JSON", "take the comment away"
        case "\n" | "\r" | "\t":
            return "a text holds a line break or a tab", "write the text on one line"
        case "\\":
            return (
                "this is no escape",
                'write `\\\\` for a backslash, `\\n` for a line break, `\\"` for a quote',
            )
        case _ if word and word[0] in {"True", "False", "None"}:
            right = {"True": "true", "False": "false", "None": "null"}[word[0]]
            return f"`{word[0]}` is not a value", f"write `{right}`"
        case _ if word and text[offset - 1 : offset] == '"':
            return f"`{word[0]}` is not expected here", "look for a quote that is missing further to the left"
        case _ if word:
            return f"`{word[0]}` is not expected here", "texts and keys stand in double quotes"
        case _ if found.isdigit() and text[offset - 1 : offset] == "0":
            return "a number does not begin with 0", "take the zero away, or write a text in quotes"
        case _ if before.endswith(("}", "]")) and found in "{[":
            return "there is more after the end", "a snapshot is one object; give each customer's by itself"
        case _:
            return (
                f"`{found}` is not expected here",
                "look for a comma, a colon or a quote that is missing before it",
            )
