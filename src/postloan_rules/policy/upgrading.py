"""What to write in the place of what is deprecated, file by file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.policy.homes import policies_of
from postloan_rules.policy.loader import load_as_far_as_possible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postloan_rules.problems import Edit

__all__ = ["upgrades"]


def upgrades(files: Iterable[Path]) -> dict[Path, set[Edit]]:
    """What is to be written anew in each file, by the policies that they belong to.

    What stands in a file is known from the policies that read it: whether a text is an expression, say.

    Returns:
        By the resolved path of the file; a file where nothing is deprecated is left out.
    """
    resolved = {file.resolve() for file in files}
    found: dict[Path, set[Edit]] = {}
    for policy in {policy for file in resolved for policy in policies_of(file)}:
        for problem in load_as_far_as_possible(policy).problems:
            for fix in problem.fixes:
                # Several policies may read the file, each by a path of its own.
                found.setdefault(Path(fix.span.file).resolve(), set()).add(fix.edit)
    return {file: edits for file, edits in found.items() if file in resolved}
