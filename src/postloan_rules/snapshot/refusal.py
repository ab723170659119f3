"""Why a value is refused, and how the value and what may be meant by it are shown."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import SequenceMatcher

from attrs import frozen

from postloan_rules.problems import nearest
from postloan_rules.snapshot.decoding import Inexact

__all__ = ["CONTROL", "SHOWN", "SURROGATE", "Refusal", "another_kind", "found", "suggestion"]

SHOWN = 60
"""How much of a value is shown."""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
_LISTED = 24
_SURE = 0.75


@frozen
class Refusal:
    """Why a value cannot be taken, and what to write instead."""

    code: str
    message: str
    help: str = ""


def another_kind(expected: str, value: object, advice: str = "") -> Refusal:
    """The refusal of a value that is of another kind than its field."""
    return Refusal("PR0705", f"expected {expected}, found {found(value)}", advice)


def found(value: object) -> str:
    """The value as its author wrote it, short enough to show."""
    match value:
        case str():
            text = json.dumps(value[: 2 * SHOWN], ensure_ascii=False)
        case bool() | None:
            text = json.dumps(value)
        case int() | Decimal():
            text = str(value)
        case Inexact():
            text = value.text
        case Mapping():
            return "an object"
        case Sequence():
            return "a list"
        case dt.date():
            text = value.isoformat()
        case _:
            return f"a value that JSON does not have, `{type(value).__name__}`"
    text = SURROGATE.sub("\ufffd", CONTROL.sub(" ", text))
    return f"`{text}`" if len(text) <= SHOWN else f"`{text[: SHOWN - 3]}...`"


def suggestion(name: str, known: Sequence[str], *, what: str) -> str:
    """The known name that is surely meant, or all of them: a wrong guess would change a decision."""
    name = name[:SHOWN]
    guess = nearest(name, known)
    if guess is not None and SequenceMatcher(None, name.lower(), guess.lower()).ratio() >= _SURE:
        return f"did you mean `{guess}`?"
    listed = ", ".join(f"`{item}`" for item in sorted(known)[:_LISTED])
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f"{what}: {listed}{more}"
