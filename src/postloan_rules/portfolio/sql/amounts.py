"""What a response carries: values rounded as the policy says, and their texts as in the decision's JSON."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen
from sqlglot import exp

from postloan_rules.decisions.values import finished
from postloan_rules.expressions import BOOLEAN, DATE, MONEY, NUMERIC, STRING, EnumType
from postloan_rules.policy.model import Round, Rounding
from postloan_rules.portfolio.decisions_table import plain
from postloan_rules.portfolio.sql.column import Column, Exact, Part
from postloan_rules.portfolio.sql.exactness import constant_part, in_form, multiplied, reciprocal, sql_type
from postloan_rules.portfolio.sql.refusal import refusal
from postloan_rules.portfolio.sql.tree import (
    Sql,
    all_sql,
    any_sql,
    binary,
    call,
    case,
    cast,
    equals,
    is_known,
    negative,
    not_sql,
    null,
    number,
    text,
)
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from postloan_rules.policy.model import ResponseParameter

__all__ = ["Carried", "carried"]

_JUDGED = 28
"""The evaluator rounds with so many digits."""


@frozen
class Carried:
    """A parameter's value, and its text."""

    value: Column
    text: Sql


def carried(made: Column, parameter: ResponseParameter, currency: str, engine: str) -> Carried:
    """The value of a response's parameter as the response carries it.

    Raises:
        Refused: for a kind of value that has no text in a decision.
    """
    if made.constant is not None:
        return _constant(made, parameter, currency, engine)
    if made.empty:
        return Carried(made, null("TEXT"))
    kind = made.type
    if kind in NUMERIC:
        return _number(made, parameter, currency)
    if kind == BOOLEAN:
        return Carried(made, case([(made.sql, text("true")), (not_sql(made.sql), text("false"))]))
    if kind == DATE:
        return Carried(made, cast(made.sql, "TEXT"))
    if kind == STRING or isinstance(kind, EnumType):
        return Carried(made, made.sql)
    raise refusal(f"the parameter `{parameter.name}`", engine, parameter.span)


def _constant(made: Column, parameter: ResponseParameter, currency: str, engine: str) -> Carried:
    value = finished(made.constant, parameter, currency)
    if isinstance(value, Decimal):
        return Carried(_column(made, constant_part(value), value), text(plain(value) or ""))
    if not isinstance(value, bool | str | dt.date):
        raise refusal(f"the parameter `{parameter.name}`", engine, parameter.span)
    return Carried(made, text(plain(value) or ""))


def _number(made: Column, parameter: ResponseParameter, currency: str) -> Carried:
    if not isinstance(made.number, Exact):
        # No digit of it is sure: where it is known, the row is decided again.
        known = is_known(made.sql)
        stand_in = case([(known, number(0))])
        value = Column(stand_in, made.type, Exact(1, integer=True), doubt=known)
        return Carried(value, cast(stand_in, "TEXT"))
    doubts: list[Sql] = [] if made.doubt is None else [made.doubt]
    part = Part(made.sql, made.number)
    start = part
    if parameter.round is not None:
        part = _rounded(part, parameter.round, doubts)
    money = parameter.type == MONEY
    if money and part.exact.scale > minor_digits(currency):
        step = Round(Decimal(1).scaleb(-minor_digits(currency)), Rounding.HALF_EVEN)
        part = _rounded(part, step, doubts)
    # A zero may have a minus in the evaluator: what was below zero, or a product, keeps its sign.
    zero = equals(part.sql, number(0))
    doubts.append(all_sql((zero, binary(exp.LT, start.sql, number(0)))))
    if money:
        form = Exact(max(part.exact.whole_digits, 1) + minor_digits(currency), minor_digits(currency))
        last = Part(in_form(part, form), form)
        shown = cast(last.sql, "TEXT")
    else:
        last, shown = part, _short(part)
    return Carried(Column(last.sql, made.type, last.exact, any_sql(doubts), made.unknown), shown)


def _column(made: Column, part: Part, value: Decimal) -> Column:
    return Column(part.sql, made.type, part.exact, None, unknown=False, constant=value)


def _short(part: Part) -> Sql:
    """The number without trailing zeros."""
    shown = cast(part.sql, "TEXT")
    if part.exact.scale == 0:
        return shown
    return call("rtrim", call("rtrim", shown, text("0")), text("."))


def _rounded(part: Part, to: Round, doubts: list[Sql]) -> Part:
    """The number rounded to a multiple of a step, exactly; where that can't be said, in doubt."""
    inverse = reciprocal(to.to)
    steps = multiplied(part, constant_part(inverse)) if inverse is not None else None
    if steps is None:
        doubts.append(is_known(part.sql))
        return part
    form = Exact(max(steps.exact.whole_digits, 1) + 1, 0)
    if steps.exact.digits > _JUDGED:
        most = Decimal(10) ** max(_JUDGED - steps.exact.scale, 0)
        doubts.append(binary(exp.GTE, call("abs", steps.sql), number(most)))
    whole = Part(cast(_whole(steps, to.mode), sql_type(form)), form)
    made = multiplied(whole, constant_part(to.to))
    if made is None:
        doubts.append(is_known(part.sql))
        return part
    return made


def _whole(steps: Part, mode: Rounding) -> Sql:
    """A whole number of steps."""
    if steps.exact.scale == 0:
        return steps.sql
    amount = steps.sql
    below = binary(exp.LT, amount, number(0))
    up, down = call("ceil", amount), call("floor", amount)
    match mode:
        case Rounding.UP:
            return case([(below, down)], up)
        case Rounding.DOWN:
            return case([(below, up)], down)
        case Rounding.HALF_UP:
            size = call("abs", amount)
            rest = binary(exp.Sub, size, call("floor", size))
            nearest = case(
                [(binary(exp.GTE, rest, number(Decimal("0.5"))), call("ceil", size))], call("floor", size)
            )
            return case([(below, negative(nearest))], nearest)
        case Rounding.HALF_EVEN:
            rest = binary(exp.Sub, amount, down)
            half = number(Decimal("0.5"))
            halved = binary(exp.Mul, down, number(Decimal("0.5")))
            odd = exp.NEQ(this=halved, expression=call("floor", halved))
            more = any_sql((binary(exp.GT, rest, half), all_sql((equals(rest, half), odd))))
            return case([(more, up)], down)
