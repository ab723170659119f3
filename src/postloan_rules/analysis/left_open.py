"""What the policy team leaves open on purpose, with its reason: files in `analysis` beside a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.policy import files
from postloan_rules.policy.reading import Reading
from postloan_rules.problems import Problem, in_order, nearest, render

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from postloan_rules.problems import Span

__all__ = [
    "CHANGES",
    "GOALS",
    "LeftOpen",
    "LeftOpenInvalid",
    "List",
    "load_left_open",
    "misplaced",
    "reason_for",
]


@frozen
class List:
    """One of the files: its name, and what its entries are."""

    file: str
    key: str
    what: str
    met: str
    """What makes an entry superfluous, in words."""


GOALS = List("coverage.yaml", "goal", "goal", "an example shows it")
CHANGES = List("mutations.yaml", "change", "change", "an example notices it")


class LeftOpenInvalid(Exception):  # noqa: N818 - a finding with its problems, like those of policies
    """A list that can't be used, with everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


@frozen
class LeftOpen:
    """One entry: of what, which goal or change, and why no example is written for it."""

    subject: str
    which: str
    reason: str
    subject_span: Span = field(repr=False, eq=False)
    which_span: Span = field(repr=False, eq=False)


def load_left_open(rules: Path, of: List) -> tuple[LeftOpen, ...]:
    """The entries of a list beside a policy; none where there is no such file.

    Raises:
        LeftOpenInvalid: with everything that is wrong with the file.
    """
    file = (rules if rules.is_dir() else rules.parent) / "analysis" / of.file
    if not file.is_file():
        return ()
    reading = Reading()
    document = files.load_file(file, reading)
    node = document[1] if document is not None else None
    keys = ("subject", of.key, "reason")
    found: list[LeftOpen] = []
    for item in reading.items(node, f"a list of {of.what}s") if node is not None else ():
        entries = reading.section(item, f"an entry of {of.file}", keys, keys)
        said = {key: reading.text(entries[key].value, f"`{key}`") for key in keys if key in entries}
        if len(said) == len(keys):
            spans = (entries["subject"].value.span, entries[of.key].value.span)
            entry = LeftOpen(said["subject"], said[of.key], said["reason"], *spans)
            if entry in found or reason_for(entry.subject, entry.which, found) is not None:
                message = f"this {of.what} of {entry.subject} is given twice"
                reading.note("PR0614", message, spans[1], "keep one of the two")
            found.append(entry)
    if reading.problems:
        raise LeftOpenInvalid(reading.problems)
    return tuple(found)


def reason_for(subject: str, which: str, entries: Iterable[LeftOpen]) -> str | None:
    """Why a goal or change is left open; None where nothing is said of it."""
    return next((each.reason for each in entries if (each.subject, each.which) == (subject, which)), None)


def misplaced(
    entries: Sequence[LeftOpen],
    every: Collection[tuple[str, str]],
    still: Collection[tuple[str, str]],
    of: List,
) -> Iterator[Problem]:
    """What is wrong with entries: of something that is not there, or that is left open no more.

    Args:
        entries: What the list says.
        every: The subject and the name of each goal or change that there is.
        still: Those that no example shows or notices.
        of: Which list it is.
    """
    subjects = list(dict.fromkeys(subject for subject, _ in every))
    for entry in entries:
        if (entry.subject, entry.which) in still:
            continue
        if entry.subject not in subjects:
            help_ = _nearest(entry.subject, subjects)
            message = f"there is no {of.what} of {entry.subject}"
            yield Problem("PR0612", message, entry.subject_span, help_)
        elif (entry.subject, entry.which) not in every:
            known = [which for subject, which in every if subject == entry.subject]
            help_ = _nearest(entry.which, known)
            message = f"{entry.subject} has no {of.what}: {entry.which}"
            yield Problem("PR0612", message, entry.which_span, help_)
        else:
            message = f"{entry.subject}: {entry.which}: nothing is left open here, {of.met}"
            yield Problem("PR0613", message, entry.which_span, "take the entry out")


def _nearest(text: str, known: Sequence[str]) -> str:
    """Which one may be meant; the texts hold words in backticks themselves."""
    found = nearest(text, known)
    return f"did you mean: {found}" if found is not None else f"the first is: {known[0]}" if known else ""
