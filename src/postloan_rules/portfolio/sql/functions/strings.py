"""Functions of texts. Characters are Unicode code points, in the engines as in the evaluator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    NUMERIC,
    STRING,
    EnumType,
    ListType,
)
from postloan_rules.portfolio.sql.column import Column, Exact, doubts
from postloan_rules.portfolio.sql.lists import WHOLE, list_column
from postloan_rules.portfolio.sql.numbers import exact
from postloan_rules.portfolio.sql.tree import (
    Sql,
    any_sql,
    binary,
    case,
    cast,
    coalesce,
    equals,
    false,
    not_sql,
    number,
    text,
)
from postloan_rules.portfolio.sql.tree import (
    call as called,
)

if TYPE_CHECKING:
    from postloan_rules.portfolio.sql.functions.calling import Calling, Translation, Translations

__all__ = ["STRINGS"]


def _texts(call: Calling) -> tuple[Column, ...] | None:
    """The arguments as texts; None where one is unknown in every row."""
    if any(each.empty for each in call.arguments):
        return None
    if not all(each.type == STRING or isinstance(each.type, EnumType) for each in call.arguments):
        raise call.refused("of values that are no texts")
    return call.arguments


def _of_texts(call: Calling, sql: Sql, *columns: Column) -> Column:
    return Column(sql, call.type, None, doubts(columns), any(each.unknown for each in columns))


def _length(call: Calling) -> Column:
    given = _texts(call)
    if given is None:
        return call.nothing()
    return Column(
        call.dialect.text_length(given[0].sql), call.type, WHOLE, given[0].doubt, given[0].unknown, WHOLE
    )


def _contains(call: Calling) -> Column:
    given = _texts(call)
    if given is None:
        return call.nothing()
    sql = call.dialect.contains(given[0].sql, given[1].sql)
    return Column(sql, BOOLEAN, None, doubts(given), given[0].unknown or given[1].unknown)


def _starts_with(call: Calling) -> Column:
    given = _texts(call)
    if given is None:
        return call.nothing()
    value, mark = given
    start = call.dialect.piece(value.sql, number(1), call.dialect.text_length(mark.sql))
    return Column(equals(start, mark.sql), BOOLEAN, None, doubts(given), value.unknown or mark.unknown)


def _ends_with(call: Calling) -> Column:
    given = _texts(call)
    if given is None:
        return call.nothing()
    value, mark = given
    dialect = call.dialect
    length = dialect.text_length(mark.sql)
    start = binary(exp.Add, binary(exp.Sub, dialect.text_length(value.sql), length), number(1))
    end = dialect.piece(value.sql, start, None)
    fits = binary(exp.GTE, start, number(1))
    sql = case([(fits, equals(end, mark.sql)), (not_sql(fits), false())])
    return Column(sql, BOOLEAN, None, doubts(given), value.unknown or mark.unknown)


def _before(call: Calling) -> Column:
    given = _texts(call)
    if given is None:
        return call.nothing()
    value, mark = given
    place = call.dialect.position(value.sql, mark.sql)
    piece = call.dialect.piece(value.sql, number(1), binary(exp.Sub, place, number(1)))
    found = binary(exp.GT, place, number(1))
    return _of_texts(call, case([(found, piece), (not_sql(found), text(""))]), value, mark)


def _after(call: Calling) -> Column:
    given = _texts(call)
    if given is None:
        return call.nothing()
    value, mark = given
    dialect = call.dialect
    place = dialect.position(value.sql, mark.sql)
    # An empty mark is found before the first character.
    start = case(
        [(equals(mark.sql, text("")), number(1))], binary(exp.Add, place, dialect.text_length(mark.sql))
    )
    found = any_sql([binary(exp.GTE, place, number(1)), equals(mark.sql, text(""))])
    piece = dialect.piece(value.sql, start, None)
    return _of_texts(call, case([(found, piece), (not_sql(found), text(""))]), value, mark)


def _substring(call: Calling) -> Column:
    value, start, *length = call.arguments
    if any(each.empty for each in call.arguments):
        return call.nothing()
    place = call.whole(start)
    count = call.whole(length[0]) if length else None
    if place is None or (length and count is None):
        raise call.refused("with a computed position")
    if not place or (count is not None and count < 1):
        return call.nothing()
    dialect = call.dialect
    size = dialect.text_length(value.sql)
    first: Sql = number(place) if place > 0 else binary(exp.Sub, size, number(-place - 1))
    piece = dialect.piece(value.sql, first, None if count is None else number(count))
    inside = binary(exp.GTE, size, number(abs(place)))
    return Column(case([(inside, piece)]), STRING, None, doubts([value]), unknown=True)


def _cased(name: str) -> Translation:
    def translated(call: Calling) -> Column:
        given = _texts(call)
        if given is None:
            return call.nothing()
        value = given[0]
        # Beyond ASCII the engines and Python know different rules (as for the German sharp s).
        strange = coalesce(not_sql(call.dialect.plain(value.sql)), false())
        doubt = any_sql([each for each in (value.doubt, strange) if each is not None])
        return Column(called(name, value.sql), STRING, None, doubt, value.unknown)

    return translated


def _join(call: Calling) -> Column:
    listed, *rest = call.arguments
    between: Sql = text("")
    if rest and not rest[0].empty:
        between = coalesce(rest[0].sql, text("")) if rest[0].unknown else rest[0].sql
    if listed.empty:
        return call.nothing()
    if not isinstance(listed.type, ListType):
        return Column(listed.sql, STRING, None, listed.doubt, listed.unknown)
    if listed.type.item != STRING and not isinstance(listed.type.item, EnumType):
        raise call.refused("of values that are no texts")
    held = list_column(call.items(listed), call.dialect)
    sql = call.dialect.joined(held.sql, between)
    return Column(sql, STRING, None, doubts([held, *rest]), held.unknown)


def _string(call: Calling) -> Column:
    value = call.arguments[0]
    if value.empty:
        return call.nothing()
    if value.type == STRING or isinstance(value.type, EnumType):
        return Column(value.sql, STRING, None, value.doubt, value.unknown)
    if value.type == BOOLEAN:
        sql = case([(value.sql, text("true")), (not_sql(value.sql), text("false"))])
    elif value.type == DATE:
        sql = cast(value.sql, call.dialect.text_type)
    elif value.type in NUMERIC and isinstance(value.number, Exact):
        sql = _number_text(call, value)
    else:
        raise call.refused("of this value")
    return Column(sql, STRING, None, value.doubt, value.unknown)


def _number_text(call: Calling, value: Column) -> Sql:
    """The number without zeros at the end of its decimals."""
    part = exact(value)
    shown = cast(part.sql, call.dialect.text_type)
    if not part.exact.scale:
        return shown
    cut = call.dialect.without_last(call.dialect.without_last(shown, "0"), ".")
    return case([(equals(part.sql, number(0)), text("0"))], cut)


STRINGS: Translations = {
    "string length": _length,
    "substring": _substring,
    "substring before": _before,
    "substring after": _after,
    "contains": _contains,
    "starts with": _starts_with,
    "ends with": _ends_with,
    "upper case": _cased("upper"),
    "lower case": _cased("lower"),
    "string join": _join,
    "string": _string,
}
