"""Each folder under cases/wrong_policies holds one mistake, and the whole text that its author sees.

`pytest --rewrite-expected` writes the texts anew; read the difference as a user would.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from postloan_rules.policy import RuleSetInvalid, load_policy

CASES = Path(__file__).parent.parent / "cases" / "wrong_policies"


def shown(folder: Path) -> str:
    try:
        load_policy(folder)
    except RuleSetInvalid as error:
        return str(error).replace(f"{folder.as_posix()}/", "").replace(folder.as_posix(), ".") + "\n"
    return "the policy loads\n"


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_the_author_is_told(folder: Path, rewrite_expected: bool) -> None:
    expected = folder / "expected.txt"
    if rewrite_expected:
        expected.write_text(shown(folder), encoding="utf-8")
    assert shown(folder) == expected.read_text(encoding="utf-8")


def test_there_are_at_least_fifty() -> None:
    assert len(list(CASES.iterdir())) >= 50
