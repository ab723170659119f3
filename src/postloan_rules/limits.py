"""How much is taken of a policy, an expression, a snapshot or a table. A service may take less, never more.

What is past a limit is a problem like any other: with a code, a place, and what to do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LIMITS", "Limits", "described"]


def _limit(most: int, unit: str, code: str, what: str, reason: str) -> Any:  # noqa: ANN401 - as attrs types it
    metadata = {"unit": unit, "code": code, "what": what, "reason": reason}
    return field(default=most, metadata=metadata, validator=_at_most)


def _at_most(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    if type(value) is not int or value < 1:
        raise ValueError(f"the limit `{attribute.name}` is a whole number of 1 or more, not {value!r}")
    most = attribute.default
    if most is not None and value > most:
        raise ValueError(
            f"the limit `{attribute.name}` is at most {most:,} {attribute.metadata['unit']}, and {value:,} "
            "is more: a limit can be made smaller only"
        )


@frozen(kw_only=True)
class Limits:
    """How much is taken; each limit has the largest value that there is unless a smaller one is given.

    >>> Limits(snapshot_bytes=100_000).snapshot_bytes
    100000

    Raises:
        ValueError: for a limit above its default, or below 1.
    """

    file_bytes: int = _limit(
        1 << 20,
        "bytes",
        "PR0101, PR0802, PR0850",
        "a file of a policy, a table, a mapping, a DMN file",
        "the largest policy that ships has 32 kB in a file",
    )
    policy_files: int = _limit(
        200,
        "files",
        "PR1000",
        "the files of a policy, with those that it uses",
        "a folder with thousands of files is a mistake in a path",
    )
    policy_bytes: int = _limit(
        1 << 22,
        "bytes",
        "PR1001",
        "the files of a policy together",
        "loading takes some ten seconds for each million",
    )
    definitions: int = _limit(
        20_000,
        "names and rules",
        "PR1002",
        "inputs, parameters, facts, tables, scorecards, triggers, responses and rules together",
        "no person can answer for more",
    )
    problems: int = _limit(
        500,
        "problems",
        "PR1003",
        "the mistakes of a policy that are told",
        "a text that is no policy at all must not keep a service busy",
    )
    yaml_depth: int = _limit(
        50,
        "levels",
        "PR0108",
        "lists and sections in one another",
        "the language needs nine",
    )
    name_length: int = _limit(
        80,
        "characters",
        "PR0305",
        "a name",
        "a name is read in messages and columns",
    )
    digits: int = _limit(
        34,
        "digits",
        "PR0204, PR0311",
        "a number in a policy",
        "what arithmetic keeps exactly",
    )
    expression_length: int = _limit(
        10_240,
        "characters",
        "PR0290",
        "an expression",
        "a longer one is several facts",
    )
    expression_depth: int = _limit(
        100,
        "levels",
        "PR0291",
        "brackets, conditions and calls in one another",
        "the reader and each backend go one level down at a time",
    )
    expression_steps: int = _limit(
        1_000_000,
        "steps",
        "PR1010",
        "what an expression takes where each list has a hundred members",
        "a loop in a loop in a loop takes minutes for a customer of the usual size",
    )
    policy_steps: int = _limit(
        5_000_000,
        "steps",
        "PR1011",
        "what all expressions of a policy take together, for one account, counted in the same way",
        "many dear expressions are as slow as one that is dearer still",
    )
    type_parts: int = _limit(
        1_000,
        "parts",
        "PR1012",
        "what the type of a value is made of: fields of records, items of lists",
        "facts that hold a fact twice, and so on, would double at each step",
    )
    table_rows: int = _limit(
        10_000,
        "rows",
        "PR0802",
        "a table in a file",
        "each cell is an expression that is checked",
    )
    table_columns: int = _limit(
        200,
        "columns",
        "PR1004",
        "a table in a file",
        "each column is an input or an output",
    )
    unpacked_bytes: int = _limit(
        1 << 25,
        "bytes",
        "PR0802",
        "an Excel file, unpacked",
        "a small file can unpack to more than any memory",
    )
    snapshot_bytes: int = _limit(
        10_000_000,
        "bytes",
        "PR0703",
        "the JSON text of a snapshot",
        "a snapshot holds one customer; a large one has 50,000",
    )
    list_members: int = _limit(
        10_000,
        "members",
        "PR0703",
        "a list of a snapshot, and its attributes",
        "loops run once for each",
    )
    records: int = _limit(
        50_000,
        "records",
        "PR1005",
        "the records of a snapshot together",
        "a customer of many years and accounts has a few thousand",
    )
    text_length: int = _limit(
        1_000,
        "characters",
        "PR0703",
        "a text of a snapshot",
        "names, numbers and codes are short; notes do not belong in a snapshot",
    )


LIMITS = Limits()
"""The largest of each."""


def described() -> Mapping[str, Mapping[str, str]]:
    """By limit: its value with its unit, the code of its problem, what it limits, and why."""
    return {
        each.name: {
            "most": f"{each.default:,} {each.metadata['unit']}",
            "code": each.metadata["code"],
            "what": each.metadata["what"],
            "reason": each.metadata["reason"],
        }
        for each in attrs.fields(Limits)
    }
