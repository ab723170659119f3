"""How values are written: ISO dates, times and durations, numbers, and the text of any value."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal

import attrs

from postloan_rules.expressions.quantities import CONTEXT, Months, Range, finite, kind, months

__all__ = [
    "date_from_text",
    "date_time_from_text",
    "duration_from_text",
    "number_from_text",
    "temporal_from_text",
    "text_of",
    "time_from_text",
]

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?"
)
# INVARIANT: a part of a duration has at most 18 digits, so that reading it takes no time worth naming.
_YEARS_AND_MONTHS = re.compile(r"(-?)P(?:([0-9]{1,18})Y)?(?:([0-9]{1,18})M)?")
_DAYS_AND_TIME = re.compile(
    r"(-?)P(?:([0-9]{1,18})D)?"
    r"(?:T(?:([0-9]{1,18})H)?(?:([0-9]{1,18})M)?(?:([0-9]{1,18})(?:\.([0-9]+))?S)?)?"
)
_LONGEST_PLAIN = 60


def number_from_text(text: str) -> Decimal | None:
    """The number written as in an expression: `-12`, `0.5`, `.5`, `1.2e3`."""
    return finite(CONTEXT.create_decimal(text)) if _NUMBER.fullmatch(text) else None


def date_from_text(text: str) -> dt.date | None:
    """The date of `2026-02-28`; None for a day that does not exist, and outside the years 1 to 9999."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def time_from_text(text: str) -> dt.time | None:
    """The time of `10:30:00`, `10:30:00.25`, `10:30:00Z` or `10:30:00+08:00`, cut at 6 digits of fraction."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute, second, fraction, zone = found.groups()
    try:
        return dt.time(int(hour), int(minute), int(second), _microseconds(fraction), _zone(zone))
    except ValueError:
        return None


def date_time_from_text(text: str) -> dt.datetime | None:
    """The moment of `2026-02-28T10:30:00`, with or without an offset; a date alone is its first moment.

    `T24:00:00` is the first moment of the next day.
    """
    day_text, mark, time_text = text.partition("T")
    day = date_from_text(day_text)
    if day is None:
        return None
    if not mark:
        return dt.datetime.combine(day, dt.time())
    end_of_day = time_text.startswith("24:00:00")
    time = time_from_text("00" + time_text[2:] if end_of_day else time_text)
    if time is None or (end_of_day and time.microsecond):
        return None
    moment = dt.datetime.combine(day, time)
    try:
        return moment + dt.timedelta(days=1) if end_of_day else moment
    except OverflowError:
        return None


def duration_from_text(text: str) -> dt.timedelta | Months | None:
    """The duration of `P1Y6M` (years and months) or `P3DT4H30M` (days and time); `-P1D` goes back."""
    if text.endswith(("P", "T")):
        return None
    found = _YEARS_AND_MONTHS.fullmatch(text)
    if found is not None:
        sign, years, month_count = found.groups()
        count = 12 * int(years or 0) + int(month_count or 0)
        return months(-count if sign else count)
    found = _DAYS_AND_TIME.fullmatch(text)
    if found is None:
        return None
    sign, days, hours, minutes, seconds, fraction = found.groups()
    whole = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    length = whole * 1_000_000 + _microseconds(fraction)
    try:
        return dt.timedelta(microseconds=-length if sign else length)
    except OverflowError:
        return None


def temporal_from_text(text: str) -> dt.date | dt.time | dt.timedelta | Months | None:
    """The date, date-time, time or duration that the text writes, as in `@"2026-02-28"`."""
    return (
        date_from_text(text)
        or (date_time_from_text(text) if "T" in text else None)
        or _first_known(time_from_text(text), duration_from_text(text))
    )


def text_of(value: object) -> str | None:
    """The value as text, as `string(...)` gives it; None for an unknown value and for a record.

    Equal numbers have equal texts: `1.50` is written `1.5`.
    """
    if isinstance(value, str):
        return str(value)
    return None if kind(value) == "unknown" else _written(value, depth=0)


def _first_known(
    time: dt.time | None, duration: dt.timedelta | Months | None
) -> dt.time | dt.timedelta | Months | None:
    # A zero duration is false in Python, so `or` would lose it.
    return time if time is not None else duration


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "")[:6].ljust(6, "0"))


def _zone(text: str | None) -> dt.timezone | None:
    if text is None:
        return None
    if text == "Z":
        return dt.UTC
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    if minutes > 59 or hours > 18 or (seconds and seconds[0] > 59):
        raise ValueError(text)
    offset = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    return dt.timezone(-offset if text[0] == "-" else offset)


def _written(value: object, depth: int) -> str | None:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return _number_text(value)
        case str():
            return _quoted(value) if depth else str(value)
        case dt.datetime():
            return f"{_date_text(value)}T{_time_text(value)}{_zone_text(value)}"
        case dt.date():
            return _date_text(value)
        case dt.time():
            return f"{_time_text(value)}{_zone_text(value)}"
        case dt.timedelta():
            return _days_text(value)
        case Months():
            return _months_text(value)
        case tuple():
            items = [_written(item, depth + 1) for item in value]
            return f"[{', '.join(item for item in items if item is not None)}]" if None not in items else None
        case Range():
            return _range_text(value, depth)
        case Mapping():
            pairs = [(str(name), _written(item, depth + 1)) for name, item in value.items()]
            if any(text is None for _, text in pairs):
                return None
            return f"{{{', '.join(f'{name}: {text}' for name, text in pairs)}}}"
        case _:
            record = type(value)
            if not attrs.has(record):
                return None
            return _written({part.name: getattr(value, part.name) for part in attrs.fields(record)}, depth)


def _range_text(value: Range, depth: int) -> str | None:
    start, end = _written(value.start, depth + 1), _written(value.end, depth + 1)
    if start is None or end is None:
        return None
    return f"{'[' if value.start_closed else '('}{start}..{end}{']' if value.end_closed else ')'}"


def _quoted(text: str) -> str:
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _number_text(value: Decimal) -> str | None:
    if not value.is_finite():
        return None
    if not value:
        return "0"
    short = value.normalize(CONTEXT)
    exponent = short.as_tuple().exponent
    if isinstance(exponent, int) and -_LONGEST_PLAIN <= exponent <= _LONGEST_PLAIN:
        return f"{short:f}"
    return str(short)


def _date_text(value: dt.date) -> str:
    return f"{value.year:04}-{value.month:02}-{value.day:02}"


def _time_text(value: dt.time | dt.datetime) -> str:
    return f"{value.hour:02}:{value.minute:02}:{value.second:02}{_fraction_text(value.microsecond)}"


def _fraction_text(microseconds: int) -> str:
    return f".{microseconds:06}".rstrip("0") if microseconds else ""


def _zone_text(value: dt.time | dt.datetime) -> str:
    offset = value.utcoffset()
    if offset is None:
        return ""
    seconds = abs(offset) // dt.timedelta(seconds=1)
    if not seconds:
        return "Z"
    sign = "-" if offset < dt.timedelta() else "+"
    tail = f":{seconds % 60:02}" if seconds % 60 else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}{tail}"


def _days_text(value: dt.timedelta) -> str:
    length = abs(value)
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{length.days}D" if length.days else ""
    fraction = _fraction_text(length.microseconds)
    time = "".join(
        (
            f"{hours}H" if hours else "",
            f"{minutes}M" if minutes else "",
            f"{seconds}{fraction}S" if seconds or fraction else "",
        )
    )
    if not days and not time:
        return "PT0S"
    return f"{'-' if value < dt.timedelta() else ''}P{days}{'T' if time else ''}{time}"


def _months_text(value: Months) -> str:
    years, rest = divmod(abs(value.months), 12)
    if not value.months:
        return "P0M"
    sign = "-" if value.months < 0 else ""
    return f"{sign}P{f'{years}Y' if years else ''}{f'{rest}M' if rest else ''}"
