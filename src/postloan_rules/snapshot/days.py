"""ISO texts to days and moments."""

from __future__ import annotations

import datetime as dt
import re

from postloan_rules.snapshot.refusal import Refusal, another_kind, found

__all__ = ["read_date", "read_date_time"]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?", re.ASCII)
_ZONE = re.compile(r"(Z|[+-][0-9]{2}:?[0-9]{2})$", re.ASCII)
_DATE_HELP = 'write year-month-day, for example "2026-11-30"'
_DATE_TIME_HELP = 'write day and local time, for example "2026-11-30T14:05:00"'
_LOCAL_HELP = 'give the local time alone, for example "2026-11-30T14:05:00"'


def read_date(value: object) -> object:
    """The day that a value gives."""
    match value:
        case dt.datetime():
            return another_kind("a date", value, "give the day alone")
        case dt.date():
            return _plausible(value, value)
        case str() if _DATE.fullmatch(value):
            try:
                day = dt.date.fromisoformat(value)
            except ValueError:
                return Refusal("PR0710", f"{found(value)}: there is no such day", _DATE_HELP)
            return _plausible(day, value)
        case str():
            return Refusal("PR0710", f"{found(value)} is not a date", _help_for(value))
        case _:
            return another_kind("a date", value, _DATE_HELP)


def _help_for(text: str) -> str:
    compact = re.fullmatch(r"([0-9]{4})([./]?)([0-9]{2})\2([0-9]{2})", text, re.ASCII)
    if compact:
        return f'write "{compact[1]}-{compact[3]}-{compact[4]}"'
    if _DATE.match(text) and text[10:11] in {"T", " "}:
        return f'give the day alone: "{text[:10]}"'
    if re.fullmatch(r"[0-9]{4}-[0-9]{1,2}", text, re.ASCII):
        return f"the day is missing: {_DATE_HELP}"
    return _DATE_HELP


def _plausible(day: dt.date, value: object) -> dt.date | Refusal:
    if 1900 <= day.year < 2200:
        return day
    return Refusal("PR0712", f"{found(value)} is not between 1900 and 2199")


def read_date_time(value: object) -> object:
    """The moment that a value gives, in local time."""
    match value:
        case dt.datetime():
            moment = value
        case str() if _DATE_TIME.fullmatch(value):
            try:
                moment = dt.datetime.fromisoformat(value)
            except ValueError:
                return Refusal("PR0710", f"{found(value)}: there is no such moment", _DATE_TIME_HELP)
        case str() if _DATE_TIME.match(value) and _ZONE.search(value):
            return Refusal("PR0710", f"{found(value)} has a time zone", _LOCAL_HELP)
        case str():
            return Refusal("PR0710", f"{found(value)} is not a date-time", _DATE_TIME_HELP)
        case _:
            return another_kind("a date-time", value, _DATE_TIME_HELP)
    if moment.tzinfo is not None:
        return Refusal("PR0710", f"{found(value)} has a time zone", _LOCAL_HELP)
    plausible = _plausible(moment.date(), value)
    return plausible if isinstance(plausible, Refusal) else moment
