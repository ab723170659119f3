"""What is fuzzed: bytes from anywhere into each reader. Only the project's own exceptions may come out."""

from __future__ import annotations

import datetime as dt
import json
import struct
import tempfile
from copy import deepcopy
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import postloan_rules as plr
from builders import HEAD, customer
from expressions.backends import alike
from postloan_rules.decisions.decide import decide as decided_by_evaluator
from postloan_rules.expressions import (
    ANY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS,
    DAYS_DURATION,
    MONEY,
    MONTHS,
    MONTHS_DURATION,
    NUMBER,
    RATIO,
    STRING,
    TIME,
    EnumType,
    ListType,
    Months,
    Range,
    RangeType,
    RecordType,
    Variable,
    check,
    check_tests,
    value,
)
from postloan_rules.expressions.compiled import compiled
from postloan_rules.policy.dmn import DmnInvalid, from_dmn
from postloan_rules.policy.files import unsaved
from postloan_rules.portfolio.sample import sample
from postloan_rules.problems import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["TARGETS"]


def _told(error: Exception) -> None:
    assert str(error)


# A policy: YAML text


@cache
def _file() -> Path:
    """A policy's file that is there; its text is given instead of what stands in it."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz"))
    file = folder / "policy.yaml"
    file.touch()
    return file


@cache
def _customers() -> tuple[plr.Snapshot, ...]:
    return (customer(), *sample(2, seed=5))


def policy(data: bytes) -> None:
    """Load a policy. One that loads decides, and both ways of deciding agree.

    Most of a policy's text must be right for any of it to be looked at: unless the first byte is `!`, a head
    is put before it.
    """
    text = data[1:] if data[:1] == b"!" else HEAD.encode() + data
    file = _file()
    try:
        with unsaved({file: text.decode("utf-8", "surrogateescape")}):
            rules = plr.load(file)
    except plr.RuleSetInvalid as error:
        _told(error)
        return
    for snapshot in _customers():
        _same_decision(rules, snapshot)


def _same_decision(rules: plr.RuleSet, snapshot: plr.Snapshot) -> None:
    try:
        judged = decided_by_evaluator(rules.policy, snapshot).to_json()
    except plr.SnapshotInvalid as error:
        _told(error)
        judged = ""
    try:
        found = rules.decide(snapshot).to_json()
    except plr.SnapshotInvalid:
        found = ""
    assert found == judged, (found, judged)


# An expression

_ITEM = RecordType(
    "Item",
    {
        "amount": Variable(MONEY, unknown=True),
        "count": Variable(NUMBER, unknown=False),
        "on": Variable(DATE, unknown=True),
        "kind": Variable(EnumType("kind", ("red", "green")), unknown=True),
        "parts": Variable(ListType(NUMBER, unknown=True), unknown=True),
    },
)
_NAMES: Mapping[str, Variable] = {
    "n": Variable(NUMBER, unknown=False),
    "m": Variable(MONEY, unknown=True),
    "r": Variable(RATIO, unknown=True),
    "d": Variable(DAYS, unknown=True),
    "k": Variable(MONTHS, unknown=False),
    "b": Variable(BOOLEAN, unknown=True),
    "s": Variable(STRING, unknown=True),
    "e": Variable(EnumType("kind", ("red", "green")), unknown=False),
    "day": Variable(DATE, unknown=False),
    "moment": Variable(DATE_TIME, unknown=True),
    "clock": Variable(TIME, unknown=True),
    "p": Variable(DAYS_DURATION, unknown=True),
    "q": Variable(MONTHS_DURATION, unknown=True),
    "xs": Variable(ListType(NUMBER, unknown=True), unknown=True),
    "ss": Variable(ListType(STRING), unknown=False),
    "items": Variable(ListType(_ITEM), unknown=False),
    "item1": Variable(_ITEM, unknown=True),
    "span": Variable(RangeType(NUMBER), unknown=True),
    "a": Variable(ANY, unknown=True),
}
_FIRST = {
    "amount": Decimal("12.50"),
    "count": Decimal(2),
    "on": dt.date(2026, 11, 30),
    "kind": "red",
    "parts": (),
}
_SECOND = {"amount": None, "count": Decimal(-1), "on": None, "kind": None, "parts": (Decimal(1), None)}
_VALUES: tuple[Mapping[str, object], ...] = (
    {
        "n": Decimal(3),
        "m": Decimal("100.50"),
        "r": Decimal("0.25"),
        "d": Decimal(30),
        "k": Decimal(12),
        "b": True,
        "s": "a, b",
        "e": "red",
        "day": dt.date(2026, 11, 30),
        "moment": dt.datetime.fromisoformat("2026-11-30T23:59:00"),
        "clock": dt.time(12, 0),
        "p": dt.timedelta(days=3),
        "q": Months(14),
        "xs": (Decimal(1), Decimal(2), Decimal("-0.5")),
        "ss": ("x", "y"),
        "items": (_FIRST, _SECOND),
        "item1": _FIRST,
        "span": Range(Decimal(1), Decimal(5), start_closed=True, end_closed=False),
        "a": (Decimal(1), "x", None),
    },
    {
        **{name: None for name, variable in _NAMES.items() if variable.unknown},
        "n": Decimal(0),
        "k": Decimal(0),
        "e": "green",
        "day": dt.date(1, 1, 1),
        "xs": (Decimal(1), None),
        "ss": (),
        "items": (),
    },
)
_WORDS = tuple((Path(__file__).parent / "words.txt").read_text(encoding="utf-8").splitlines())
"""One byte, one word: what is made of them is an expression more often than what is made of letters."""


def expression(data: bytes) -> None:
    """Read, check, print and evaluate an expression; the evaluator and generated Python agree.

    The first byte says how the rest is meant: as text, as the tests of a cell, or each byte as a word.
    """
    if not data:
        return
    words, rest = data[0] & 2, data[1:]
    if not words:
        text = rest.decode("utf-8", "surrogateescape")
    else:
        text = " ".join(_WORDS[each % len(_WORDS)] for each in rest[:200])
    try:
        if data[0] & 4:
            checked = check_tests(Text.of(text), _NAMES, subject=Variable(NUMBER, unknown=True))
        else:
            checked = check(Text.of(text), _NAMES)
    except plr.ExpressionInvalid as error:
        _told(error)
        return
    if not data[0] & 4:
        again = check(Text.of(checked.canonical), _NAMES)
        assert again.canonical == checked.canonical, (checked.canonical, again.canonical)
    generated = compiled(checked)
    for values in _VALUES:
        given = {**values, "?": values["n"]}
        judged, found = value(checked, given), generated(given)
        assert alike(judged, found), (text, judged, found)


# A snapshot


def snapshot(data: bytes) -> None:
    """Read a snapshot. One that is taken is written as a text that reads as the same."""
    try:
        read = plr.Snapshot.from_json(data)
    except plr.SnapshotInvalid as error:
        _told(error)
        return
    written = read.to_json()
    again = plr.Snapshot.from_json(written)
    assert again == read
    assert again.to_json() == written


# A DMN file


def dmn(data: bytes) -> None:
    """Read a DMN file."""
    try:
        model = from_dmn(data, "fuzz.dmn")
    except DmnInvalid as error:
        _told(error)
        return
    assert model.yaml


# Snapshots near valid ones, decided twice


@cache
def _rules() -> tuple[plr.RuleSet, ...]:
    return (plr.shipped("credit_card"), plr.shipped("personal_loan"))


@cache
def _bases() -> tuple[Mapping[str, Any], ...]:
    inputs = [{each.name for each in rules.policy.inputs} for rules in _rules()]
    return tuple(
        {
            **base.to_dict(),
            "attributes": {name: given for name, given in base.attributes.items() if name in both},
        }
        for both in inputs
        for base in sample(6, seed=17)
    )


_DATES = ("2026-11-30", "2026-11-01", "2025-12-31", "2024-02-29", "0001-01-01", "9999-12-31", "2026-13-01")
_TEXTS = ("", "x", "A-1", "credit_card", "red", "\u4e2d", "\ud800", "\x00", "P1M", "1" * 40, "NaN")
_AMOUNTS = ("0", "0.01", "-1", "100.50", "99999999999999", "1e5", "0.001", "-0", "1" * 200)


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _leaves(each, (*path, place))
    if path:
        yield path


@cache
def _paths(base: int) -> tuple[tuple[Any, ...], ...]:
    return tuple(_leaves(_bases()[base]))


def decide(data: bytes) -> None:
    """Change a valid snapshot here and there, as the bytes say; where it is still valid, decide it twice.

    Four bytes are one change: two choose the place, one the kind of change, one the value.
    """
    if not data:
        return
    base = data[0] % len(_bases())
    paths = _paths(base)
    tree = deepcopy(dict(_bases()[base]))
    for place, how, which in struct.iter_unpack(">HBB", data[1 : 1 + 4 * min((len(data) - 1) // 4, 40)]):
        _change(tree, paths[place % len(paths)], how % 8, which)
    text = json.dumps(tree)
    try:
        read = plr.Snapshot.from_json(text)
    except plr.SnapshotInvalid as error:
        _told(error)
        return
    assert plr.Snapshot.from_json(read.to_json()) == read
    rules = _rules()[base >= len(_bases()) // 2]
    _same_decision(rules, read)


def _change(tree: dict[str, Any], path: tuple[Any, ...], how: int, which: int) -> None:
    *above, last = path
    node: Any = tree
    for step in above:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return
    if not isinstance(node, dict | list) or (
        isinstance(node, list) and (not isinstance(last, int) or last >= len(node))
    ):
        return
    old = node[last] if isinstance(node, list) else node.get(last)
    if how:
        node[last] = _replacement(old, how, which)
    elif isinstance(node, list):
        del node[last]
    else:
        node.pop(last, None)


def _replacement(old: Any, how: int, which: int) -> Any:  # noqa: ANN401 - any JSON
    match how:
        case 1:
            return None
        case 2:
            return which
        case 3:
            return _DATES[which % len(_DATES)]
        case 4:
            return _AMOUNTS[which % len(_AMOUNTS)]
        case 5:
            return _TEXTS[which % len(_TEXTS)]
        case 6 if isinstance(old, list):
            return old * (which % 4)
        case 6 if isinstance(old, int) and not isinstance(old, bool):
            return old + which - 128
        case 6 if isinstance(old, str) and old[:4].isdigit() and old[4:5] == "-":
            return str(dt.date(2026, 11, 30) - dt.timedelta(days=3 * which))
        case _:
            return not old if isinstance(old, bool) else [] if which % 2 else {}


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "policy": policy,
    "expression": expression,
    "snapshot": snapshot,
    "dmn": dmn,
    "decide": decide,
}
