"""Examples as YAML, in the layout of the policy team's own."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.analysis.missing_examples.expecting import expected
from postloan_rules.analysis.missing_examples.wording import name_of, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from postloan_rules.analysis.missing_examples.making import Made, Written

__all__ = ["as_yaml", "flow", "named"]

_WIDTH = 110
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(@[A-Za-z0-9_-]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}|-?[0-9]+\.[0-9]+")
_NOT_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_KINDS = ("remove", "change", "add")


def named(made: Made, taken: Iterable[str]) -> list[tuple[str, Written]]:
    """The examples with their names, each of which no other example has."""
    names = set(taken)
    found = []
    for example in made.examples:
        first = name_of(example)
        name, number = first, 1
        while name in names:
            number += 1
            name = f"{first} ({number})"
        names.add(name)
        found.append((name, example))
    return found


def as_yaml(made: Made, policy: str, taken: Iterable[str]) -> str:
    """The file.

    Args:
        made: What to write.
        policy: The name of the policy.
        taken: Names that other examples have.
    """
    lines = [
        f"# Examples that {policy} had none for, made by a program.",
        "# What they expect is what the policy says now. Look at each: is it right?",
        "# If it is, delete its line `confirmed: false`. If not, correct what it expects, or the policy.",
        f"profiles_of: {quoted(policy)}",
    ]
    if made.profiles:
        lines += ["snapshots:"]
        for name, data in made.profiles.items():
            lines += [f"  {name}:", *_block(data, 4)]
    lines += ["examples:"]
    for number, (name, example) in enumerate(named(made, taken)):
        lines += [""] if number else []
        lines += _example(name, example)
    return "\n".join(lines) + "\n"


def _example(name: str, example: Written) -> Iterator[str]:
    yield f"  - name: {quoted(name)}"
    yield "    # It shows:"
    said = list(dict.fromkeys(sentence(goal) for goal in example.shows))
    for each in said[:_MOST_SHOWN]:
        yield f"    #   {each}"
    if len(said) > _MOST_SHOWN:
        yield f"    #   and {len(said) - _MOST_SHOWN} more"
    yield f"    profile: {example.profile}"
    for kind in _KINDS:
        edits = [each for each in example.edits if each.kind == kind]
        if kind == "remove" and edits:
            yield from _line("remove", [each.path for each in edits], 4)
        elif edits:
            yield from _line(kind, {each.path: each.value for each in edits}, 4)
    yield from _line("expect", expected(example), 4)
    yield "    confirmed: false"


_MOST_SHOWN = 8


def _line(key: str, value: object, indent: int) -> Iterator[str]:
    """One entry on a line, or on several where it is too long."""
    blank = " " * indent
    line = f"{blank}{quoted(key)}: {flow(value)}"
    if len(line) <= _WIDTH or not isinstance(value, dict | list) or not value:
        yield line
        return
    yield f"{blank}{quoted(key)}:"
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _line(name, each, indent + 2)
    else:
        for each in value:
            yield f"{blank}  - {flow(each)}"


def _block(data: Mapping[str, object], indent: int) -> Iterator[str]:
    for name, each in data.items():
        yield from _line(name, each, indent)


def flow(value: object) -> str:
    """A value on one line."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return f"{value:f}" if isinstance(value, Decimal) else str(value)
        case dict():
            return "{" + ", ".join(f"{quoted(name)}: {flow(each)}" for name, each in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(flow(each) for each in value) + "]"
        case _:
            return quoted(str(value))


def quoted(text: str) -> str:
    """A text, in quotes where YAML would take it for something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
