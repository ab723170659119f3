"""Functions of texts. Characters are Unicode code points, so a Chinese character or an emoji is one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.expressions.functions.arguments import listed, text, whole
from postloan_rules.expressions.functions.results import gives
from postloan_rules.expressions.functions.signature import Function, Parameter, checked
from postloan_rules.expressions.types import ANY, BOOLEAN, NULL, NUMBER, STRING, Variable
from postloan_rules.expressions.values import MOST_CHARACTERS, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from postloan_rules.expressions.functions.signature import Result

__all__ = ["STRINGS"]


def _length(value: object) -> Decimal | None:
    found = text(value)
    return None if found is None else Decimal(len(found))


def _substring(value: object, start: object, *length: object) -> str | None:
    found, place = text(value), whole(start)
    if found is None or not place or abs(place) > len(found):
        return None
    rest = found[place - 1 :] if place > 0 else found[place:]
    if not length:
        return rest
    count = whole(length[0])
    return rest[:count] if count is not None and count >= 1 else None


def _before(value: object, match: object) -> str | None:
    found, mark = text(value), text(match)
    if found is None or mark is None:
        return None
    place = found.find(mark)
    return found[:place] if place > 0 else ""


def _after(value: object, match: object) -> str | None:
    found, mark = text(value), text(match)
    if found is None or mark is None:
        return None
    place = found.find(mark)
    return found[place + len(mark) :] if place >= 0 else ""


def _contains(value: object, match: object) -> bool | None:
    found, mark = text(value), text(match)
    return None if found is None or mark is None else mark in found


def _starts_with(value: object, match: object) -> bool | None:
    found, mark = text(value), text(match)
    return None if found is None or mark is None else found.startswith(mark)


def _ends_with(value: object, match: object) -> bool | None:
    found, mark = text(value), text(match)
    return None if found is None or mark is None else found.endswith(mark)


def _upper_case(value: object) -> str | None:
    found = text(value)
    return None if found is None else found.upper()


def _lower_case(value: object) -> str | None:
    found = text(value)
    return None if found is None else found.lower()


def _join(values: object, delimiter: object = None) -> str | None:
    items = listed(values)
    between = "" if delimiter is None else text(delimiter)
    if items is None or between is None:
        return None
    known = [item for item in items if item is not None]
    texts = [str(item) for item in known if isinstance(item, str)]
    length = sum(map(len, texts)) + len(between) * max(len(texts) - 1, 0)
    return between.join(texts) if len(texts) == len(known) and length <= MOST_CHARACTERS else None


def _join_result(arguments: Sequence[Variable]) -> Variable:
    # An unknown item or separator is left out, so only the list itself can leave the result unknown.
    source = arguments[0]
    return Variable(STRING, unknown=source.unknown or source.type in (ANY, NULL))


def _string(
    name: str,
    overloads: tuple[tuple[Parameter, ...], ...],
    meaning: str,
    examples: tuple[tuple[str, str], ...],
    apply: Callable[..., object],
    result: Result,
    *,
    unknown: str = "",
) -> Function:
    return Function(
        name,
        overloads,
        meaning,
        examples,
        checked(name, overloads, result),
        apply,
        total=not unknown,
        unknown=unknown,
    )


_TEXT = Parameter("string", "string")
_MATCH = Parameter("match", "string")
_DELIMITER = Parameter("delimiter", "string", optional=True)

STRINGS: tuple[Function, ...] = (
    _string(
        "string length",
        ((_TEXT,),),
        "how many characters the text has",
        (('string length("abc")', "3"), ('string length("信用卡")', "3")),
        _length,
        gives(NUMBER),
    ),
    _string(
        "substring",
        (
            (
                _TEXT,
                Parameter("start position", "plain number"),
                Parameter("length", "plain number", optional=True),
            ),
        ),
        "the text from a position on, or so many characters of it",
        (
            ('substring("foobar", 3)', "obar"),
            ('substring("foobar", -2, 1)', "a"),
            ('substring("foobar", 7)', "null"),
        ),
        _substring,
        gives(STRING, partial=True),
        unknown="the start is outside the text, or the length is below 1",
    ),
    _string(
        "substring before",
        ((_TEXT, _MATCH),),
        "what stands before the first match; empty when there is none",
        (('substring before("foobar", "bar")', "foo"), ('substring before("foobar", "x")', "")),
        _before,
        gives(STRING),
    ),
    _string(
        "substring after",
        ((_TEXT, _MATCH),),
        "what stands after the first match; empty when there is none",
        (('substring after("foobar", "ob")', "ar"), ('substring after("foobar", "x")', "")),
        _after,
        gives(STRING),
    ),
    _string(
        "contains",
        ((_TEXT, _MATCH),),
        "whether the match stands in the text",
        (('contains("foobar", "ob")', "true"), ('contains("foobar", "of")', "false")),
        _contains,
        gives(BOOLEAN),
    ),
    _string(
        "starts with",
        ((_TEXT, _MATCH),),
        "whether the text begins with the match",
        (('starts with("foobar", "fo")', "true"),),
        _starts_with,
        gives(BOOLEAN),
    ),
    _string(
        "ends with",
        ((_TEXT, _MATCH),),
        "whether the text ends with the match",
        (('ends with("foobar", "r")', "true"),),
        _ends_with,
        gives(BOOLEAN),
    ),
    _string(
        "upper case",
        ((_TEXT,),),
        "the text in capitals",
        (('upper case("aBc4")', "ABC4"),),
        _upper_case,
        gives(STRING),
    ),
    _string(
        "lower case",
        ((_TEXT,),),
        "the text in small letters",
        (('lower case("aBc4")', "abc4"),),
        _lower_case,
        gives(STRING),
    ),
    _string(
        "string join",
        (
            (Parameter("list", "list of strings"), _DELIMITER),
            (_TEXT, _DELIMITER),
        ),
        "the texts in one, with the delimiter between them; unknown ones are left out",
        (('string join(["a", "b", "c"], " and ")', "a and b and c"), ('string join(["a", null, "c"])', "ac")),
        _join,
        _join_result,
    ),
    _string(
        "string",
        ((Parameter("from", "any value"),),),
        "the value as text; equal numbers have equal texts",
        (("string(1.10)", "1.1"), ('string(duration("PT49H"))', "P2DT1H"), ("string(true)", "true")),
        text_of,
        gives(STRING),
    ),
)
