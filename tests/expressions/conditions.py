"""Random conditions that the checker takes, over a few typed names, and values for those names."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import strategies as st

from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DAYS,
    MONEY,
    NUMBER,
    RATIO,
    EnumType,
    ListType,
    RecordType,
    Variable,
)

__all__ = ["NAMES", "conditions", "values"]

_STATUS = EnumType("status", ("employed", "unemployed"))
_ACCOUNT = RecordType(
    "account",
    {
        "balance": Variable(MONEY),
        "limit": Variable(MONEY, unknown=True),
        "overdue": Variable(DAYS, unknown=True),
        "open": Variable(BOOLEAN, unknown=True),
    },
)
NAMES = {
    "x": Variable(NUMBER, unknown=True),
    "y": Variable(NUMBER),
    "share": Variable(RATIO, unknown=True),
    "flag": Variable(BOOLEAN, unknown=True),
    "status": Variable(_STATUS, unknown=True),
    "day": Variable(DATE, unknown=True),
    "account": Variable(_ACCOUNT, unknown=True),
    "accounts": Variable(ListType(_ACCOUNT)),
    "others": Variable(ListType(_ACCOUNT), unknown=True),
    "amounts": Variable(ListType(MONEY, unknown=True)),
}

_order = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
_sign = st.sampled_from(["+", "-", "*"])
_literal = st.sampled_from(["0", "1", "2.5", "-1"])


def _numbers(names: list[str]) -> st.SearchStrategy[str]:
    leaf = st.one_of(st.sampled_from(names), _literal)
    return st.one_of(
        leaf,
        st.builds("({} {} {})".format, leaf, _sign, leaf),
        st.builds("({} / {})".format, leaf, leaf),
        st.builds("(if {} {} {} then {} else {})".format, leaf, _order, leaf, leaf, leaf),
    )


def _over_records(paths: list[str], flag: str) -> st.SearchStrategy[str]:
    """Conditions on one account, whose fields are written with these paths."""
    balance, limit, overdue = paths
    return st.one_of(
        st.builds(
            "{} {} {}".format,
            st.sampled_from([balance, limit]),
            _order,
            st.sampled_from([balance, limit, "1"]),
        ),
        st.builds("{} {} {}".format, st.just(overdue), _order, _literal),
        st.builds("{} {} null".format, st.sampled_from([limit, overdue, flag]), st.sampled_from(["=", "!="])),
        st.just(f"{balance} / {limit} > 0.5"),
        st.just(f"{limit} > 0"),
        st.just(flag),
    )


def _joined(pieces: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(pieces, min_size=2, max_size=3).map(lambda parts: f"({' and '.join(parts)})"),
        st.lists(pieces, min_size=2, max_size=3).map(lambda parts: f"({' or '.join(parts)})"),
        pieces.map("not({})".format),
        st.builds("(if {} then {} else {})".format, pieces, pieces, pieces),
    )


_fields = st.recursive(_over_records(["balance", "limit", "overdue"], "open"), _joined, max_leaves=3)
_item = st.recursive(_over_records(["a.balance", "a.limit", "a.overdue"], "a.open"), _joined, max_leaves=3)
_own = _over_records(["account.balance", "account.limit", "account.overdue"], "account.open")
_plain = _numbers(["x", "y", "share"])
_list = st.sampled_from(["accounts", "others"])
_leaves = st.one_of(
    st.builds("{} {} {}".format, _plain, _order, _plain),
    st.builds("{} {} null".format, st.sampled_from(["x", "share", "status", "day", "account", "flag"]), st.sampled_from(["=", "!="])),
    st.builds("status {} {}".format, st.sampled_from(["=", "!="]), st.sampled_from(['"employed"', '"unemployed"'])),
    st.builds("x in ({})".format, st.lists(st.sampled_from(["1", "x", "null", "< 3", "[0..2]", "!= y", "[x, 2]"]), min_size=1, max_size=3).map(", ".join)),
    st.builds("{} between {} and {}".format, _plain, _plain, _plain),
    st.sampled_from(["flag", "true", "false", 'day > date("2026-01-31") - duration("P1M")']),
    _own,
    st.builds("(some a in {} satisfies {})".format, _list, _item),
    st.builds("(every a in {} satisfies {})".format, _list, _item),
    st.builds("count({}[{}]) > 1".format, _list, _fields),
    st.builds("sum({}[{}].{}) > 2".format, _list, _fields, st.sampled_from(["limit", "balance"])),
    st.builds("{}[{}][{}].limit > 1".format, _list, _fields, st.sampled_from(["1", "-1", "y"])),
    st.builds("sum(amounts[{}]) > 1".format, st.sampled_from(["item > 0", "item != null", "item = null or item > 1"])),
)  # fmt: skip
conditions = st.recursive(_leaves, _joined, max_leaves=6)
"""Texts of conditions over `NAMES`."""

_number = st.sampled_from([Decimal(0), Decimal(1), Decimal(2), Decimal("2.5"), Decimal(-1)])
_truth = st.booleans()


def _maybe(values_: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), values_)


_account = st.fixed_dictionaries(
    {"balance": _number, "limit": _maybe(_number), "overdue": _maybe(_number), "open": _maybe(_truth)}
)
_accounts = st.lists(_account, max_size=3).map(tuple)
values = st.fixed_dictionaries(
    {
        "x": _maybe(_number),
        "y": _number,
        "share": _maybe(_number),
        "flag": _maybe(_truth),
        "status": _maybe(st.sampled_from(["employed", "unemployed"])),
        "day": _maybe(st.dates(dt.date(2025, 1, 1), dt.date(2026, 12, 31))),
        "account": _maybe(_account),
        "accounts": _accounts,
        "others": _maybe(_accounts),
        "amounts": st.lists(_maybe(_number), max_size=3).map(tuple),
    }
)
"""Values for `NAMES`: some unknown, where they may be."""
