"""Newer ways of writing in the place of deprecated ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.policy.homes import policies_of
from postloan_rules.policy.loader import load_as_far_as_possible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from postloan_rules.problems import Fix

__all__ = ["applied", "upgrades"]


def upgrades(files: Iterable[Path]) -> dict[Path, tuple[Fix, ...]]:
    """What is to be written anew in each file, by the policies that they belong to.

    What stands in a file is known from the policies that read it: whether a text is an expression, say.

    Returns:
        By the resolved path of the file; a file where nothing is deprecated is left out.
    """
    resolved = dict.fromkeys(file.resolve() for file in files)
    found: dict[Path, dict[Fix, None]] = {}
    for policy in dict.fromkeys(policy for file in resolved for policy in policies_of(file)):
        for problem in load_as_far_as_possible(policy).problems:
            for fix in problem.fixes:
                found.setdefault(Path(fix.span.file).resolve(), {})[fix] = None
    return {file: tuple(fixes) for file, fixes in found.items() if file in resolved}


def applied(text: str, fixes: Collection[Fix]) -> str:
    """A text with each fix in its place."""
    for fix in sorted(fixes, key=lambda each: -each.span.start):
        text = f"{text[: fix.span.start]}{fix.text}{text[fix.span.end :]}"
    return text
