"""The head of a policy: its name, version, currency, when it is in force, what it is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions import BOOLEAN
from postloan_rules.policy.checking import Names
from postloan_rules.policy.model import Subject
from postloan_rules.policy.vocabulary import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from postloan_rules.policy.checking import Checking
    from postloan_rules.policy.model import Words
    from postloan_rules.policy.reader import Entry
    from postloan_rules.policy.reading import Reading

__all__ = ["HEADER", "LANGUAGE", "Head", "check_required", "read_head", "read_subject"]

LANGUAGE = 1
"""The version of the rule language."""

HEADER = (
    "ruleset",
    "version",
    "language",
    "title",
    "owner",
    "effective",
    "currency",
    "subject",
    "use",
    "note",
)
_REQUIRED = ("ruleset", "version", "language", "currency")


@frozen
class Head:
    """What the lines at the head of a policy say."""

    id: str
    version: str
    title: Words | None
    owner: str
    currency: str
    since: date | None
    until: date | None


def check_required(reading: Reading, header: Mapping[str, Entry]) -> None:
    """Note what the head lacks."""
    for name in _REQUIRED:
        if name not in header:
            span = header["ruleset"].key.span
            reading.note("PR0302", f"the policy lacks `{name}`", span, _header_help(name))


def _header_help(name: str) -> str:
    examples = {
        "version": 'add a line such as `version: "2026.12"`',
        "language": f"add the line `language: {LANGUAGE}`",
        "currency": "add a line such as `currency: CNY`",
    }
    return examples.get(name, f"add a line `{name}: ...`")


def read_head(reading: Reading, header: Mapping[str, Entry]) -> Head:
    """What the head says, checked."""

    def text(name: str) -> str:
        return reading.text(header[name].value, f"`{name}`") if name in header else ""

    if "language" in header:
        number = reading.number(header["language"].value, "`language`")
        if number is not None and number != LANGUAGE:
            span = header["language"].value.span
            message = f"the rule language {number} is not known here"
            reading.note("PR0312", message, span, f"write `language: {LANGUAGE}`")
    currency = text("currency")
    if currency and re.fullmatch("[A-Z]{3}", currency) is None:
        help_ = "write the three capital letters of ISO 4217, such as CNY"
        reading.note("PR0314", f"`{currency}` is no currency", header["currency"].value.span, help_)
    since = until = None
    if "effective" in header:
        keys = reading.section(header["effective"].value, "`effective`", ("from", "to"))
        since = reading.day(keys["from"].value, "`from` of `effective`") if "from" in keys else None
        until = reading.day(keys["to"].value, "`to` of `effective`") if "to" in keys else None
        if since is not None and until is not None and until < since:
            message = f"`effective` ends ({until}) before it begins ({since})"
            reading.note("PR0318", message, header["effective"].value.span, "exchange the dates")
    title: Words | None = None
    if "title" in header:
        title = reading.words(header["title"].value, "the title")
    ruleset = header["ruleset"].value
    scalar = reading.scalar(ruleset, "`ruleset`")
    name = reading.name(scalar, "a rule set") if scalar is not None else None
    return Head(name or "", text("version"), title, text("owner"), currency, since, until)


def read_subject(checking: Checking, header: Mapping[str, Entry]) -> Subject | None:
    """Which accounts the policy is about."""
    reading = checking.reading
    entry = header.get("subject")
    if entry is None:
        return None
    keys = reading.section(entry.value, "`subject`", ("each", "where"), ("each",))
    if "each" in keys:
        each = reading.text(keys["each"].value, "`each` of `subject`")
        if each and each != "accounts":
            help_ = "write `each: accounts`"
            span = keys["each"].value.span
            reading.note("PR0314", f"`{each}` can't be the subject of a policy", span, help_)
    where = None
    if "where" in keys and checking.account is not None:
        names = {**checking.known, **checking.account.fields}
        del names[ACCOUNT]
        what = "`where` of `subject`"
        where = checking.expression(keys["where"].value, what, Names(names), expected=BOOLEAN)
    return Subject(where, entry.key.span)
