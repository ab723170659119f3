"""Fields that no response may hang on: protected attributes always, and what stands in for them by a list."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.analysis.influence import INPUTS, canonical
from postloan_rules.policy import files
from postloan_rules.policy.reading import Reading
from postloan_rules.problems import Problem, did_you_mean, in_order, render
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from postloan_rules.analysis.influence import Influences
    from postloan_rules.analysis.reads import Reads
    from postloan_rules.policy.model import Policy
    from postloan_rules.problems import Span

__all__ = ["SHIPPED_BANS", "Ban", "BansInvalid", "Breach", "breaches", "known_paths", "load_bans"]

SHIPPED_BANS = files.SHIPPED / "banned.yaml"
"""The list that comes with the library; empty, with what to think about as comments."""


class BansInvalid(Exception):  # noqa: N818 - a finding with its problems, like those of policies
    """A list of banned fields that can't be used, with everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


@frozen
class Ban:
    """A field of the snapshot (or a record, with all its fields) that must change nothing, and why."""

    path: str
    reason: str

    def covers(self, path: str) -> bool:
        """Whether a field is this one, or lies below it."""
        own, other = canonical(self.path), canonical(path)
        return other == own or other.startswith((f"{own}.", f"{own}[]"))


@frozen
class Breach:
    """A banned field that can change a response, or (where `response` is None) the day of the next review."""

    response: str | None
    path: str
    way: tuple[str, ...]
    """By way of what: facts, tables, triggers, rules."""
    ban: Ban
    span: Span | None = field(repr=False, eq=False)

    def problem(self) -> Problem:
        """The breach as it is shown."""
        what = f"the response `{self.response}`" if self.response is not None else "the next review"
        message = f"`{self.path}` can change {what}, and may not: {self.ban.reason}"
        help_ = f"it does so by: {' → '.join(self.way)}" if self.way else "it is read directly"
        return Problem("PR0389", message, self.span, help_)


@cache
def known_paths() -> tuple[tuple[str, bool], ...]:
    """Every field of the snapshot by its path, and whether it is protected."""
    found: list[tuple[str, bool]] = []
    waiting = [("", "Snapshot", False)]
    while waiting:
        start, kind, hidden = waiting.pop(0)
        for each in catalogue.records()[kind].fields:
            path = f"{start}.{each.name}" if start else each.name
            protected = hidden or each.protected
            found.append((path, protected))
            if each.record is not None:
                waiting.append((path + ("[]" if each.many else ""), each.record, protected))
    return tuple(found)


def load_bans(file: Path) -> tuple[Ban, ...]:
    """The bans of a file: a list of `{path, reason}`.

    Raises:
        BansInvalid: with everything that is wrong with it.
    """
    reading = Reading()
    document = files.load_file(file, reading)
    found: list[Ban] = []
    node = document[1] if document is not None else None
    known = {path for path, _ in known_paths()}
    for item in reading.items(node, "a list of banned fields") if node is not None else ():
        keys = reading.section(item, "a banned field", ("path", "reason"), ("path", "reason"))
        said = {key: reading.text(keys[key].value, f"`{key}` of a banned field") for key in keys}
        if len(said) < 2:
            continue
        path = said["path"]
        if canonical(path) not in known and not path.startswith(f"{INPUTS}."):
            help_ = did_you_mean(path, sorted(known), what="the fields are")
            if "did you mean" not in help_:
                help_ = (
                    f"`postloan fields` lists them; members of a list are written `[]`, inputs `{INPUTS}.x`"
                )
            reading.note("PR0388", f"the snapshot has no field `{path}`", keys["path"].value.span, help_)
        found.append(Ban(path, said["reason"]))
    if reading.problems:
        raise BansInvalid(reading.problems)
    return tuple(found)


def breaches(policy: Policy, influences: Influences, bans: Iterable[Ban]) -> tuple[Breach, ...]:
    """Every banned field that can change a response or the next review; protected ones are always banned."""
    protected = [Ban(path, "it is a protected attribute") for path, hidden in known_paths() if hidden]
    every = tuple({ban.path: ban for ban in (*bans, *protected)}.values())
    found: list[Breach] = []
    for name, each in influences.responses.items():
        span = policy.responses[name].span
        found += [Breach(name, *hit, span) for hit in _hits(each.all_fields(), every)]
    span_of_schedule = policy.schedule.span if policy.schedule is not None else None
    found += [Breach(None, *hit, span_of_schedule) for hit in _hits(influences.next_review, every)]
    return tuple(found)


def _hits(reads: Reads, bans: tuple[Ban, ...]) -> Iterator[tuple[str, tuple[str, ...], Ban]]:
    for path in sorted(reads):
        ban = next((each for each in bans if each.covers(path)), None)
        if ban is not None:
            yield path, reads[path], ban
