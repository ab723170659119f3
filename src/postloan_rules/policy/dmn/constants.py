"""Constants as FEEL writes them, and those that change with the days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from postloan_rules.expressions import quoted
from postloan_rules.expressions.values import text_of
from postloan_rules.policy.tables import AS_OF

if TYPE_CHECKING:
    from postloan_rules.policy.model import Parameter

__all__ = ["constant_text", "parameter_text"]


def constant_text(value: object) -> str:
    """A constant of a policy as an expression."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case date():
            return f'@"{value.isoformat()}"'
        case _:
            return text_of(value) or "null"


def parameter_text(parameter: Parameter) -> str:
    """The value of a parameter; where it changes, by the day."""
    *earlier, last = parameter.values
    written = constant_text(last.value)
    if last.until is not None:
        written = f'if {AS_OF} <= @"{last.until}" then {written} else null'
    following = last.since
    for dated in reversed(earlier):
        written = f'if {AS_OF} < @"{following}" then {constant_text(dated.value)} else {written}'
        following = dated.since
    if following is not None:
        written = f'if {AS_OF} < @"{following}" then null else {written}'
    return written
