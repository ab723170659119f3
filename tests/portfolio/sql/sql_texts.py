"""Random expressions of every kind of value, and rows whose numbers lie at thresholds and one unit beside them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import strategies as st

from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS,
    MONEY,
    MONTHS,
    NUMBER,
    RATIO,
    STRING,
    EnumType,
    ListType,
    RecordType,
    Variable,
)

__all__ = ["NAMES", "rows", "texts"]

_KIND = EnumType("kind", ("cash", "card", "loan"))
_PART = RecordType("part", {"amount": Variable(MONEY), "share": Variable(RATIO, unknown=True)})
_ITEM = RecordType(
    "item",
    {
        "amount": Variable(MONEY, unknown=True),
        "limit": Variable(MONEY),
        "on": Variable(DATE),
        "late": Variable(DAYS, unknown=True),
        "tag": Variable(STRING, unknown=True),
        "kind": Variable(_KIND),
        "done": Variable(BOOLEAN, unknown=True),
        "parts": Variable(ListType(_PART), unknown=True),
    },
)
NAMES = {
    "a": Variable(MONEY, unknown=True),
    "b": Variable(MONEY),
    "c": Variable(MONEY, unknown=True),
    "rate": Variable(RATIO, unknown=True),
    "share": Variable(RATIO),
    "n": Variable(NUMBER, unknown=True),
    "days": Variable(DAYS, unknown=True),
    "months": Variable(MONTHS),
    "day": Variable(DATE, unknown=True),
    "other_day": Variable(DATE),
    "moment": Variable(DATE_TIME, unknown=True),
    "word": Variable(STRING, unknown=True),
    "mark": Variable(STRING),
    "kind": Variable(_KIND, unknown=True),
    "flag": Variable(BOOLEAN, unknown=True),
    "things": Variable(ListType(_ITEM), unknown=True),
    "items": Variable(ListType(_ITEM)),
    "dates": Variable(ListType(DATE, unknown=True)),
    "first": Variable(_ITEM, unknown=True),
}

_order = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
_list = st.sampled_from(["items", "things"])
_number = st.sampled_from(["0", "1", "3", "2.5", "-1", "0.9", "0.3", "100", "90", "7"])
_rounding = st.sampled_from(
    ["floor", "ceiling", "decimal", "round up", "round down", "round half up", "round half down"]
)
_period = st.sampled_from(["P1M", "P6M", "-P1M", "P1Y1M", "P30D", "P1D", "-P45D", "P1DT12H"])


def _text(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(template.format, *parts)


_condition = st.one_of(
    st.sampled_from(
        [
            "amount > 100", "amount >= 0.9 * limit", "amount / limit >= 0.9", "late > 30", "late = null", "done", "not(done)",
            'tag = "x"', 'kind = "cash"', 'kind in ("cash", "loan")', "on > other_day", 'on > other_day - duration("P6M")',
            "amount != null and amount > 100", "item.limit > b", "sum(parts.amount) > 100", "amount between 50 and 100",
            "some p in parts satisfies p.amount > b", "count(parts[share > 0.5]) >= 1", "late in [1..30]", "on >= max(items.on)",
            'tag in ("x", "y")', "done = flag", "amount > a", "(on - other_day).days < 30",
        ]
    ),
)  # fmt: skip
_filter = st.one_of(
    _condition, _text("{} and {}", _condition, _condition), _text("{} or {}", _condition, _condition)
)
_kept = st.one_of(
    _list,
    _text("{}[{}]", _list, _filter),
    _text("{}[{}][{}]", _list, _condition, _condition),
    _text("latest({}, {})", _list, st.sampled_from(["1", "2", "5"])),
)

_money = st.recursive(
    st.one_of(
        st.sampled_from(["a", "b", "c", "first.amount"]),
        _text("sum({}.{})", _kept, st.sampled_from(["amount", "limit"])),
        _text("{}({}.{})", st.sampled_from(["max", "min"]), _kept, st.sampled_from(["amount", "limit"])),
        _text("median({}.amount)", _list),
        _text(
            "{}[{}].{}", _kept, st.sampled_from(["1", "-1", "2", "n"]), st.sampled_from(["amount", "limit"])
        ),
    ),
    lambda inner: st.one_of(
        _text("({} {} {})", inner, st.sampled_from(["+", "-"]), inner),
        _text("{} * {}", st.sampled_from(["0.9", "1.1", "share", "rate", "n", "2"]), inner),
        _text("{} / {}", inner, st.sampled_from(["2", "4", "0.5", "3", "n", "share"])),
        _text("{}({}, {})", st.sampled_from(["max", "min"]), inner, inner),
        _text("-({})", inner),
        _text("abs({})", inner),
        _text("(if {} > {} then {} else {})", inner, inner, inner, inner),
        _text("{}({}, {})", _rounding, inner, st.sampled_from(["0", "1", "2", "-2"])),
    ),
    max_leaves=3,
)
_ratio = st.one_of(
    _text("({} / {})", _money, _money),
    st.sampled_from(["share", "rate", "(a / b)", "((a - b) / a)", "max(a, 0) / b"]),
    _text("mean({}.limit) / b", _kept),
    _text("mean({}.amount) / {}", _kept, _money),
    _text("({} / {} - {} / {})", st.just("a"), st.just("b"), st.just("c"), st.just("b")),
)
_count = st.one_of(
    _text("count({})", _kept),
    _text("{}({})", st.sampled_from(["floor", "ceiling"]), _ratio),
    _text("{}({}, {})", _rounding, _ratio, st.sampled_from(["0", "1", "-1"])),
    _text("modulo({}, {})", st.sampled_from(["n", "7", "-7.5"]), st.sampled_from(["2", "n", "-3", "0.5"])),
    st.sampled_from(["day.year", "day.month", "other_day.day", "day.weekday", "day of year(day)", "week of year(other_day)", "string length(word)", "moment.hour", "count(dates)", 'years and months duration(day, other_day) / duration("P1M")', "years and months duration(other_day, day).years"]),
)  # fmt: skip
_date = st.recursive(
    st.one_of(
        st.sampled_from(["day", "other_day", "min(dates)", "max(dates[item != null])", "first.on", 'date("2026-01-31")', "date(moment)"]),
        _text("max({}.on)", _kept),
        _text("max(concatenate({}.on, dates, [day]))", _kept),
    ),
    lambda inner: st.one_of(
        _text('{} + duration("{}")', inner, _period), _text('({} - duration("{}"))', inner, _period)
    ),
    max_leaves=2,
)  # fmt: skip
_days = st.one_of(
    _text("({} - {}).days", _date, _date),
    _text("days between({}, {})", _date, _date),
    st.sampled_from(["days", "max(items.late)", "(moment - moment).days", "first.late"]),
)
_string = st.one_of(
    st.sampled_from(["word", "mark", "string(b)", "string(n)", "string(day)", "string(flag)", "first.tag", "day of week(day)", "month of year(other_day)"]),
    _text("substring(word, {})", st.sampled_from(["1", "2", "-2", "2, 1", "-1, 3"])),
    _text("{}(word, {})", st.sampled_from(["substring before", "substring after"]), st.sampled_from(["mark", '"b"', '""'])),
    _text("string join({}.tag, {})", _list, st.sampled_from(["mark", '", "', "word"])),
    st.sampled_from(["upper case(word)", "lower case(word)"]),
)  # fmt: skip
_truth = st.one_of(
    _text("{} {} {}", _money, _order, _money),
    _text("{} {} {} * {}", _money, _order, st.sampled_from(["0.9", "share", "rate", "1.1"]), _money),
    _text("{} {} {}", _ratio, _order, st.sampled_from(["0.9", "0.3", "0", "1", "share", "rate", "1.5"])),
    _text("{} {} {}", _ratio, _order, _ratio),
    _text("{} {} {}", _count, _order, _number),
    _text("{} {} {}", _date, _order, _date),
    _text("{} {} {}", _days, _order, st.sampled_from(["0", "30", "days", "-1"])),
    _text("{} {} {}", _string, st.sampled_from(["=", "!=", "<", ">="]), _string),
    _text("{}({}, {})", st.sampled_from(["contains", "starts with", "ends with"]), _string, st.sampled_from(["mark", '"b"', "word", '""'])),
    _text("{} in {}", _money, st.sampled_from(["[0..100]", "(90..b]", "(100, 90, a)", "[a..b)", "items.limit", "(> 100)"])),
    _text("{} between {} and {}", _ratio, st.sampled_from(["0", "rate"]), st.sampled_from(["0.9", "share"])),
    _text("some x in {} satisfies x.{}", _kept, st.sampled_from(["amount > b", "done", "late >= days", "tag = word"])),
    _text("every x in {}, y in {} satisfies x.{}", _kept, _list, st.sampled_from(["limit >= y.limit", "on < y.on or x.done", "amount != y.amount"])),
    _text("{}({}.done)", st.sampled_from(["all", "any"]), _kept),
    _text("list contains({}.tag, {})", _list, st.sampled_from(["word", '"x"'])),
    _text("{} {} null", st.one_of(_kept, _money, _ratio, _date, _string), st.sampled_from(["=", "!="])),
    _text("(moment - {}) < duration({})", st.just("moment"), st.sampled_from(['"PT1H"', '"P1D"'])),
    _text("{}([a..b], {})", st.sampled_from(["before", "after", "overlaps", "includes"]), st.sampled_from(["[90..100]", "(c..100)", "[100..a]"])),
    _text("even({})", st.sampled_from(["n", "3", "count(items)"])),
)  # fmt: skip
_lists = st.one_of(
    _text("{}.{}", _kept, st.sampled_from(["amount", "on", "tag", "late", "kind"])),
    _text("distinct values({}.{})", _list, st.sampled_from(["tag", "kind", "amount"])),
    _text("reverse({}.limit)", _kept),
    _text("flatten({}.parts).amount", _kept),
    _text("sublist({}.limit, {})", _list, st.sampled_from(["1", "2, 1", "-1", "-2, 1", "1, 0"])),
    _text("{}({}.limit, {}, {})", st.sampled_from(["insert before", "list replace"]), _list, st.sampled_from(["1", "-1", "2"]), st.sampled_from(["a", "b"])),
    _text("remove({}.on, {})", _list, st.sampled_from(["1", "-1", "2"])),
    _text("append({}.limit, {})", _list, st.sampled_from(["a", "b, 3", "null"])),
    _text("union({}.tag, [word, mark])", _list),
    _text("items[some x in {} satisfies x.limit > limit].amount", _list),
)  # fmt: skip
texts = st.one_of(
    _truth,
    _truth,
    _text("({} and {})", _truth, _truth),
    _text("({} or {})", _truth, _truth),
    _money,
    _ratio,
    _count,
    _date,
    _days,
    _string,
    _lists,
)

_cent = Decimal("0.01")
_base = st.sampled_from(
    [Decimal(0), Decimal(90), Decimal(100), Decimal(1000), Decimal("33.33"), Decimal("0.01"), Decimal(300)]
)
_amount = st.one_of(
    st.builds(lambda base, step: base + step * _cent, _base, st.integers(-1, 1)),
    st.integers(-(10**6), 10**6).map(lambda cents: cents * _cent),
    st.sampled_from([Decimal(10) ** 15, -(Decimal(10) ** 15), Decimal("9999999999999999.99")]),
)  # fmt: skip
_share = st.sampled_from(
    [
        Decimal(0),
        Decimal("0.9"),
        Decimal("0.3"),
        Decimal("0.89999999"),
        Decimal(1),
        Decimal("-0.5"),
        Decimal("0.33333333"),
    ]
)
_plain = st.sampled_from(
    [Decimal(0), Decimal(1), Decimal(2), Decimal(-3), Decimal("2.5"), Decimal("0.333333"), Decimal(7)]
)
_when = st.one_of(
    st.dates(dt.date(2025, 11, 25), dt.date(2026, 3, 5)),
    st.sampled_from([dt.date(2024, 2, 29), dt.date(2026, 1, 31), dt.date(2026, 2, 28), dt.date(1, 1, 1), dt.date(9999, 12, 31)]),
)  # fmt: skip
_word = st.sampled_from(["", "x", "y", "b", "abc", "ABc", "信用卡", "straße", "a b"])
_kind = st.sampled_from(_KIND.members)


def _maybe(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(values, values, st.none())


_part = st.fixed_dictionaries({"amount": _amount, "share": _maybe(_share)})
_item = st.fixed_dictionaries(
    {
        "amount": _maybe(_amount),
        "limit": _amount,
        "on": _when,
        "late": _maybe(st.sampled_from([Decimal(0), Decimal(1), Decimal(30), Decimal(31)])),
        "tag": _maybe(_word),
        "kind": _kind,
        "done": _maybe(st.booleans()),
        "parts": _maybe(st.lists(_part, max_size=2).map(tuple)),
    }
)
_items = st.lists(_item, max_size=4).map(tuple)
rows = st.fixed_dictionaries(
    {
        "a": _maybe(_amount),
        "b": _amount,
        "c": _maybe(_amount),
        "rate": _maybe(_share),
        "share": _share,
        "n": _maybe(_plain),
        "days": _maybe(st.sampled_from([Decimal(0), Decimal(30), Decimal(31), Decimal(90)])),
        "months": st.sampled_from([Decimal(0), Decimal(6), Decimal(12)]),
        "day": _maybe(_when),
        "other_day": _when,
        "moment": _maybe(st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 2, 1))),  # noqa: DTZ001 - without a zone, as in snapshots
        "word": _maybe(_word),
        "mark": _word,
        "kind": _maybe(_kind),
        "flag": _maybe(st.booleans()),
        "things": _maybe(_items),
        "items": _items,
        "dates": st.lists(_maybe(_when), max_size=3).map(tuple),
        "first": _maybe(_item),
    }
)
