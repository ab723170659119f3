"""Lists: kept unmade until something needs them, so that counting and adding up look at each item once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from attrs import evolve
from sqlglot import exp

from postloan_rules.expressions import BOOLEAN, NUMBER, ListType, RecordType, Type
from postloan_rules.portfolio.sql.column import (
    Column,
    Exact,
    Form,
    Items,
    ListForm,
    RecordForm,
    doubts,
    substituted,
)
from postloan_rules.portfolio.sql.exactness import constant_part, sql_type
from postloan_rules.portfolio.sql.numbers import exact, number_column
from postloan_rules.portfolio.sql.tree import (
    Sql,
    all_sql,
    any_sql,
    binary,
    call,
    case,
    cast,
    column,
    dot,
    equals,
    false,
    is_known,
    not_sql,
    null,
    number,
    true,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from postloan_rules.portfolio.sql.dialect import Dialect

__all__ = [
    "LONGEST",
    "WHOLE",
    "counted",
    "extreme",
    "field_column",
    "filtered",
    "item_at",
    "items_of",
    "known",
    "list_column",
    "list_type",
    "made",
    "of_form",
    "quantified",
    "source_of",
    "total",
    "with_field",
]

LONGEST = 10
"""A list of an Arrow column has at most 2^31 items: ten digits."""
WHOLE = Exact(LONGEST, integer=True)


def of_form(sql: Sql, type_: Type, form: Form, *, unknown: bool) -> Column:
    """A column of a form, as a value of the language."""
    return Column(sql, type_, form if isinstance(form, Exact) else None, None, unknown, form)


def field_column(record: Column, name: str, missing: Callable[[], Exception]) -> Column:
    """A field of a record; unknown where the record is."""
    if record.fields is not None:
        found = record.fields.get(name)
        if found is None:
            raise missing()
        return evolve(found, unknown=found.unknown or record.unknown)
    if not isinstance(record.form, RecordForm) or not isinstance(record.type, RecordType):
        raise missing()
    if name not in record.form.fields or name not in record.type.fields:
        raise missing()
    declared = record.type.fields[name]
    made_of = of_form(
        dot(record.sql, name),
        declared.type,
        record.form.fields[name],
        unknown=record.unknown or declared.unknown,
    )
    return evolve(made_of, doubt=record.doubt)


def items_of(listed: Column, fresh: Callable[[], str], missing: Callable[[], Exception]) -> Items:
    """The items of a list, under a variable of their own."""
    variable = fresh()
    if listed.items is not None:
        held = listed.items
        return evolve(
            held,
            variable=variable,
            item=substituted(held.item, held.variable, column(variable)),
            condition=None
            if held.condition is None
            else substituted(held.condition, held.variable, column(variable)),
        )
    if not isinstance(listed.type, ListType) or not isinstance(listed.form, ListForm):
        raise missing()
    item = of_form(column(variable), listed.type.item, listed.form.item, unknown=listed.type.unknown)
    return Items(listed.sql, variable, item, None, listed.unknown, listed.doubt)


def _unsure(items: Items) -> bool:
    """Whether the condition may be unknown for an item."""
    return items.condition is not None and items.condition.unknown and not items.none


def _doubt(items: Items, dialect: Dialect, *columns: Column | None) -> Sql | None:
    """Where the condition, or what is asked of an item, is in doubt for some item."""
    found = None if items.none else doubts([items.condition, *columns])
    if found is None:
        return items.doubt
    lifted = _lifted(items, dialect, found)
    return lifted if items.doubt is None else any_sql([items.doubt, lifted])


def _lifted(items: Items, dialect: Dialect, doubt: Sql) -> Sql:
    present = dialect.some(items.source, items.variable, doubt, unknown=False)
    return exp.Coalesce(this=present, expressions=[false()]) if items.unknown else present


def known(items: Items, dialect: Dialect) -> Sql | None:
    """Where the list is known, given that its source is; None where that is always."""
    if not _unsure(items) or items.condition is None:
        return None
    return dialect.all_known(items.source, items.variable, items.condition.sql)


def source_of(items: Items, dialect: Dialect) -> Sql:
    """The list as SQL, with its condition but without what is seen of each item; whether known or not."""
    if items.condition is None:
        return items.source
    return dialect.kept(items.source, items.variable, items.condition.sql)


def made(items: Items, dialect: Dialect) -> Sql:
    """The whole list as SQL."""
    listed = dialect.each(source_of(items, dialect), items.variable, items.item.sql)
    sure = known(items, dialect)
    return listed if sure is None else case([(sure, listed)])


def list_column(items: Items, dialect: Dialect) -> Column:
    """The items as a value of the language."""
    type_ = ListType(items.item.type, items.item.unknown)
    return Column(
        made(items, dialect),
        type_,
        doubt=_doubt(items, dialect, items.item),
        unknown=items.unknown or _unsure(items),
        form=ListForm(items.item.form),
        items=items,
    )


def list_type(type_: Type, form: Form, dialect: Dialect) -> str:
    """The engine's type of values of a type and form (those that lists are made of in an expression)."""
    if isinstance(form, Exact):
        return sql_type(form)
    names = {"boolean": "BOOLEAN", "date": "DATE", "date-time": dialect.moment_type}
    return names.get(getattr(type_, "name", ""), dialect.text_type)


def with_field(items: Items, name: str, missing: Callable[[], Exception]) -> Items:
    """The list of a field of each item."""
    return evolve(items, item=field_column(items.item, name, missing))


def filtered(items: Items, condition: Column) -> Items:
    """The items for which the condition holds as well."""
    before = items.condition
    if items.none:
        return items
    if before is None:
        return evolve(items, condition=condition)
    if before.unknown:
        # Where the first condition is unknown for an item, so is the list, whatever the second says.
        sql = case([(before.sql, condition.sql)], before.sql)
    else:
        sql = all_sql([before.sql, condition.sql])
    both = Column(
        sql, BOOLEAN, doubt=doubts([before, condition]), unknown=before.unknown or condition.unknown
    )
    return evolve(items, condition=both)


def counted(items: Items, dialect: Dialect) -> Column:
    """How many items there are."""
    if items.none:
        return number_column(constant_part(Decimal(0)), NUMBER, unknown=False)
    if items.condition is None:
        sql = dialect.length(items.source)
    else:
        sql = dialect.count_true(
            items.source, items.variable, items.condition.sql, unknown=items.condition.unknown
        )
    unknown = items.unknown or _unsure(items)
    return Column(sql, NUMBER, WHOLE, _doubt(items, dialect), unknown, WHOLE)


def total(items: Items, type_: Type, dialect: Dialect) -> Column | None:
    """The sum of the items; None where they are not exact or too long."""
    if not isinstance(items.item.number, Exact):
        return None
    if items.none:
        return number_column(constant_part(Decimal(0)), type_, unknown=False)
    part = exact(items.item)
    digits = part.exact.digits + LONGEST
    if digits > 34:
        return None
    form = Exact(digits, part.exact.scale, part.exact.integer and digits <= 18, part.exact.tick)
    body: Sql = part.sql
    if items.condition is not None:
        zero = cast(number(0), sql_type(part.exact))
        body = (
            case([(items.condition.sql, body), (not_sql(items.condition.sql), zero)])
            if items.condition.unknown
            else case([(items.condition.sql, body)], zero)
        )
    unsure = _unsure(items) or items.item.unknown
    sql = dialect.total(items.source, items.variable, body, sql_type(form), unknown=unsure)
    return Column(sql, type_, form, _doubt(items, dialect, items.item), items.unknown or unsure, form)


def extreme(items: Items, side: Literal["least", "greatest"], dialect: Dialect) -> Column:
    """The least or greatest item; unknown where there is none, or one is unknown."""
    if items.none:
        return Column(null(), items.item.type)
    body = items.item.sql
    if items.condition is not None:
        body = case([(items.condition.sql, body)])
    found = dialect.extreme(items.source, items.variable, body, side)
    sure = _all_known(items, dialect)
    sql = found if sure is None else case([(sure, found)])
    return Column(
        sql,
        items.item.type,
        items.item.number,
        _doubt(items, dialect, items.item),
        unknown=True,
        form=items.item.form,
    )


def _all_known(items: Items, dialect: Dialect) -> Sql | None:
    """Where the condition is known for every item, and every item that it keeps is known."""
    if not items.item.unknown:
        return known(items, dialect)
    if items.condition is None:
        return dialect.all_known(items.source, items.variable, items.item.sql)
    kept, item = items.condition.sql, is_known(items.item.sql)
    settled = case([(kept, case([(item, true())])), (not_sql(kept), true())])
    return dialect.all_known(items.source, items.variable, settled)


def item_at(items: Items, position: int | Column, dialect: Dialect) -> Column:
    """The item at a position, from 1 or from the end; unknown where there is none."""
    if items.none:
        return Column(null(), items.item.type)
    sure = known(items, dialect)
    guards = [] if sure is None else [sure]
    if isinstance(position, int):
        place: Sql = number(position)
    else:
        place, whole = _whole_place(position)
        guards += whole
    found = dialect.item(source_of(items, dialect), place)
    if guards:
        found = case([(all_sql(guards), found)])
    item = substituted(items.item, items.variable, found)
    where = doubts([item, None if isinstance(position, int) else position])
    lifted = _doubt(items, dialect)
    found_doubts = [each for each in (where, lifted) if each is not None]
    return evolve(item, unknown=True, doubt=any_sql(found_doubts) if found_doubts else None)


def _whole_place(position: Column) -> tuple[Sql, list[Sql]]:
    """The position as a whole number of 32 bits, and where it is one."""
    sql = position.sql
    guards = [binary(exp.NEQ, sql, number(0))]
    part = exact(position)
    if part.exact.scale:
        guards.append(equals(sql, call("floor", sql)))
    if part.exact.digits > LONGEST - 1:
        guards.append(binary(exp.LTE, call("abs", sql), number(2**31 - 1)))
    return cast(sql, "INT"), guards


def quantified(items: Items, kind: Literal["some", "every"], condition: Column, dialect: Dialect) -> Column:
    """Whether the condition holds for some or every item, with three truth values."""
    if items.none:
        return Column(false() if kind == "some" else true(), BOOLEAN, unknown=False, constant=kind == "every")
    body = condition.sql if kind == "some" else not_sql(condition.sql)
    if items.condition is not None:
        # Where the list is unknown so is the answer; an item that is not in it does not count.
        body = case([(items.condition.sql, body)], false())
    sql = dialect.some(items.source, items.variable, body, unknown=condition.unknown)
    if kind == "every":
        sql = not_sql(sql)
    sure = known(items, dialect)
    if sure is not None:
        sql = case([(sure, sql)])
    return Column(
        sql,
        BOOLEAN,
        doubt=_doubt(items, dialect, condition),
        unknown=items.unknown or _unsure(items) or condition.unknown,
    )
