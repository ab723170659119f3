"""Functions that ask about a list or make a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve
from sqlglot import exp

from postloan_rules.expressions import BOOLEAN, ListType, Type
from postloan_rules.portfolio.sql.column import Column, Exact, ListForm, RecordForm, doubts
from postloan_rules.portfolio.sql.comparing import member, same_kind, truth
from postloan_rules.portfolio.sql.exactness import common_form, sql_type
from postloan_rules.portfolio.sql.lists import items_of, list_column, list_type
from postloan_rules.portfolio.sql.literals import list_of
from postloan_rules.portfolio.sql.tree import (
    Sql,
    all_sql,
    binary,
    case,
    cast,
    column,
    equals,
    is_known,
    is_unknown,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.portfolio.sql.functions.calling import Calling, Translations

__all__ = ["LISTS"]


def _made(sql: Sql, like: Column, *columns: Column, unknown: bool | None = None) -> Column:
    """A list with items as those of another."""
    may_be = any(each.unknown for each in columns) if unknown is None else unknown
    return Column(sql, like.type, None, doubts(columns), may_be, like.form)


def _whole_list(call: Calling, listed: Column) -> Column:
    """The list as one that SQL holds, in the form of its items."""
    return list_column(call.items(listed), call.dialect) if listed.items is not None else listed


def _latest(call: Calling) -> Column:
    listed, count = call.arguments
    if count.empty:
        return call.nothing()
    if not isinstance(count.number, Exact):
        raise call.refused("with a count that is no exact number")
    items = call.items(listed)
    if items.condition is not None:
        items = items_of(
            evolve(_whole_list(call, listed), items=None), call.fresh, lambda: call.refused("of this list")
        )
    known = call.whole(count)
    dialect = call.dialect
    if known is not None and known > 0:
        source = dialect.latest(items.source, number(known))
    elif count.number.scale:
        raise call.refused("with a count that is no whole number")
    else:
        at_most = case(
            [
                (binary(exp.GT, count.sql, number(2**31 - 1)), number(2**31 - 1)),
                (binary(exp.GTE, count.sql, number(1)), cast(count.sql, "BIGINT")),
                (binary(exp.LT, count.sql, number(1)), number(0)),
            ]
        )
        none = dialect.kept(items.source, call.fresh(), exp.Boolean(this=False))
        source = case(
            [
                (binary(exp.GT, at_most, number(0)), dialect.latest(items.source, at_most)),
                (is_known(count.sql), none),
            ]
        )
    return list_column(evolve(items, source=source, unknown=items.unknown or count.unknown), dialect)


def _alike(call: Calling, lists: Sequence[Column]) -> tuple[list[Column], Column]:
    """The lists with items of one form, and a list to take the type and form of the result from."""
    held = [_whole_list(call, each) for each in lists]
    forms = [each.form for each in held]
    if any(not isinstance(form, ListForm) for form in forms):
        raise call.refused("of these lists")
    inner = [form.item for form in forms if isinstance(form, ListForm)]
    types = [each.type.item for each in held if isinstance(each.type, ListType)]
    if all(isinstance(form, Exact) for form in inner):
        common = common_form([form for form in inner if isinstance(form, Exact)])
        if common.digits > 34 or len({form.tick for form in inner if isinstance(form, Exact)}) > 1:
            raise call.refused("of numbers with so many digits")
        held = [_cast_items(call, each, common) for each in held]
        return held, evolve(held[0], form=ListForm(common))
    if any(form != inner[0] for form in inner) or not all(same_kind(types[0], each) for each in types):
        raise call.refused("of lists of several kinds")
    return held, held[0]


def _cast_items(call: Calling, listed: Column, form: Exact) -> Column:
    held = listed.form.item if isinstance(listed.form, ListForm) else None
    if held == form or listed.empty:
        return listed
    variable = call.fresh()
    body = cast(column(variable), sql_type(form))
    return evolve(listed, sql=call.dialect.each(listed.sql, variable, body), form=ListForm(form), items=None)


def _concatenate(call: Calling) -> Column:
    return _concatenated(call, call.arguments)


def _concatenated(call: Calling, lists: Sequence[Column]) -> Column:
    if any(each.empty for each in lists):
        return call.nothing()
    held, like = _alike(call, lists)
    made = call.dialect.concatenated([each.sql for each in held])
    known = [is_known(each.sql) for each in held if each.unknown]
    sql = case([(all_sql(known), made)]) if known else made
    type_ = call.type if isinstance(call.type, ListType) else like.type
    unknown_items = any(isinstance(each.type, ListType) and each.type.unknown for each in held)
    if isinstance(like.type, ListType):
        type_ = ListType(like.type.item, unknown_items)
    return Column(sql, type_, None, doubts(held), bool(known), like.form)


def _append(call: Calling) -> Column:
    listed, *items = call.arguments
    item_type = listed.type.item if isinstance(listed.type, ListType) else call.type
    if all(each.empty for each in items):
        return _concatenated(call, [listed, _unknown_items(call, listed, len(items))])
    added = list_of(items, _item_type(items, item_type), call.dialect)
    if added is None:
        raise call.refused("of these values")
    return _concatenated(call, [listed, added])


def _unknown_items(call: Calling, listed: Column, count: int) -> Column:
    """So many unknown items, in a list like another."""
    held = _whole_list(call, listed)
    form = held.form.item if isinstance(held.form, ListForm) else None
    if isinstance(form, ListForm | RecordForm) or not isinstance(held.type, ListType):
        raise call.refused("of null")
    type_ = list_type(held.type.item, form, call.dialect)
    sql = call.dialect.list_of([exp.Null() for _ in range(count)], type_)
    return Column(sql, ListType(held.type.item, unknown=True), unknown=False, form=held.form)


def _item_type(items: Sequence[Column], otherwise: Type) -> Type:
    return next((each.type for each in items if not each.empty), otherwise)


def _distinct(call: Calling) -> Column:
    return _distinct_of(call, call.arguments[0])


def _distinct_of(call: Calling, listed: Column) -> Column:
    held = _whole_list(call, listed)
    if not isinstance(held.form, ListForm) or isinstance(held.form.item, ListForm | RecordForm):
        raise call.refused("of these values")
    return _made(call.dialect.distinct(held.sql), held, held)


def _union(call: Calling) -> Column:
    return _distinct_of(call, _concatenated(call, call.arguments))


def _reverse(call: Calling) -> Column:
    held = _whole_list(call, call.arguments[0])
    return _made(call.dialect.reversed(held.sql), held, held)


def _flatten(call: Calling) -> Column:
    listed = call.arguments[0]
    held = _whole_list(call, listed)
    dialect = call.dialect
    while isinstance(held.type, ListType) and isinstance(held.type.item, ListType):
        inner = held.form.item if isinstance(held.form, ListForm) else None
        if not isinstance(inner, ListForm):
            raise call.refused("of these lists")
        sql = held.sql
        # An unknown list among them is one unknown item of the result.
        if held.type.unknown:
            variable = call.fresh()
            one = dialect.list_of([exp.Null()], None)
            body = case([(is_unknown(column(variable)), one)], column(variable))
            sql = dialect.each(sql, variable, body)
        type_ = ListType(held.type.item.item, held.type.unknown or held.type.item.unknown)
        held = Column(dialect.flattened(sql), type_, None, held.doubt, held.unknown, inner)
    return held


def _contains(call: Calling) -> Column:
    listed, element = call.arguments
    items = call.items(listed)
    dialect = call.dialect
    if element.empty:
        held = list_column(items, dialect)
        return Column(_has_unknown(call, held), BOOLEAN, None, held.doubt, unknown=True)
    if not same_kind(items.item.type, element.type):
        raise call.refused("of a value of another kind")
    held = list_column(items, dialect)
    found = member(element, held, call.fresh, lambda: call.refused("of this list"), dialect)
    if found is None:
        raise call.refused("of these values")
    if not element.unknown:
        return found
    asked = _has_unknown(call, held)
    return truth(case([(is_unknown(element.sql), asked)], found.sql), found, unknown=True)


def _has_unknown(call: Calling, held: Column) -> Sql:
    """Whether an unknown value is in it: true beside an unknown item, else only an empty list is sure."""
    variable = call.fresh()
    found = call.dialect.some(held.sql, variable, is_unknown(column(variable)), unknown=False)
    empty = equals(call.dialect.length(held.sql), number(0))
    return case([(found, exp.Boolean(this=True)), (empty, exp.Boolean(this=False))])


def _sublist(call: Calling) -> Column:
    listed, start, *length = call.arguments
    held = _whole_list(call, listed)
    place = call.whole(start)
    count = call.whole(length[0]) if length else None
    if place is None or (length and count is None):
        raise call.refused("with a computed position")
    if place == 0 or (count is not None and count < 0):
        return call.nothing()
    dialect = call.dialect
    size = dialect.length(held.sql)
    first: Sql = number(place) if place > 0 else binary(exp.Sub, size, number(-place - 1))
    inside = [binary(exp.GTE, size, number(abs(place)))]
    if count is not None:
        last = number(place - 1 + count) if place > 0 else number(count)
        room = size if place > 0 else number(-place)
        inside.append(binary(exp.LTE, last, room))
    made = (
        dialect.kept(held.sql, call.fresh(), exp.Boolean(this=False))
        if count == 0
        else dialect.slice(held.sql, first, None if count is None else number(count))
    )
    return _made(case([(all_sql(inside), made)]), held, held, unknown=True)


def _changed(call: Calling, item: Column | None, *, cut: int) -> Column:
    """The list with `cut` items from a position on taken out, and an item put there."""
    listed, position = call.arguments[:2]
    place = call.whole(position)
    if place is None:
        raise call.refused("with a computed position")
    if not place:
        return call.nothing()
    held = _whole_list(call, listed)
    dialect = call.dialect
    size = dialect.length(held.sql)
    before: Sql = number(place - 1) if place > 0 else binary(exp.Sub, size, number(-place))
    start = binary(exp.Add, before, number(1 + cut))
    parts = [evolve(held, sql=_first(call, held.sql, before), items=None)]
    if item is not None:
        empty = item.empty
        one = _unknown_items(call, held, 1) if empty else list_of([item], item.type, dialect)
        if one is None:
            raise call.refused("of this value")
        parts.append(one)
    after = binary(exp.Add, binary(exp.Sub, size, start), number(1))
    none = dialect.kept(held.sql, call.fresh(), exp.Boolean(this=False))
    rest = case([(binary(exp.GT, after, number(0)), dialect.slice(held.sql, start, after))], none)
    parts.append(evolve(held, sql=rest, items=None))
    made = _concatenated(call, parts)
    inside = binary(exp.GTE, size, number(abs(place)))
    return evolve(made, sql=case([(inside, made.sql)]), unknown=True)


def _first(call: Calling, items: Sql, count: Sql) -> Sql:
    none = call.dialect.kept(items, call.fresh(), exp.Boolean(this=False))
    return case([(binary(exp.GT, count, number(0)), call.dialect.slice(items, number(1), count))], none)


def _remove(call: Calling) -> Column:
    return _changed(call, None, cut=1)


def _replace(call: Calling) -> Column:
    return _changed(call, call.arguments[2], cut=1)


def _insert(call: Calling) -> Column:
    return _changed(call, call.arguments[2], cut=0)


LISTS: Translations = {
    "remove": _remove,
    "list replace": _replace,
    "insert before": _insert,
    "latest": _latest,
    "concatenate": _concatenate,
    "append": _append,
    "union": _union,
    "distinct values": _distinct,
    "reverse": _reverse,
    "flatten": _flatten,
    "list contains": _contains,
    "sublist": _sublist,
}
