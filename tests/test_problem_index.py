"""docs/problems.md has an entry for every code, and what it shows is what is printed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = re.compile(r"PR[01]\d{3}")
PAGE = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^### (PR[01]\d{3})\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
CASES = tuple((ROOT / "tests" / "cases").glob("*/*/expected.txt"))


@cache
def codes_in_source() -> frozenset[str]:
    sources = (ROOT / "src").rglob("*.py")
    return frozenset(code for path in sources for code in CODE.findall(path.read_text(encoding="utf-8")))


@cache
def printed() -> dict[str, set[str]]:
    """What the cases print under each code: message and help."""
    found: dict[str, set[str]] = {}
    for path in CASES:
        for block in re.split(r"\n(?=\S)", path.read_text(encoding="utf-8")):
            code = CODE.search(block.partition("\n")[0])
            if code is not None:
                found.setdefault(code[0], set()).add(shown(block))
    return found


def shown(block: str) -> str:
    """A problem as the page shows it, without its place and the line of the file."""
    head, *below = block.rstrip().split("\n")
    helps = [line for line in below if line.startswith("  help: ")]
    return "\n".join([CODE.split(head, maxsplit=1)[1], *helps])


def test_every_code_has_an_entry_and_every_entry_a_code() -> None:
    assert set(ENTRIES) == codes_in_source()


def test_each_code_has_one_entry_and_they_stand_in_order() -> None:
    headings = re.findall(r"^### (PR[01]\d{3})$", PAGE, re.MULTILINE)
    assert headings == sorted(set(headings))


@pytest.mark.parametrize("code", ENTRIES)
def test_an_entry_shows_its_own_code_as_it_is_printed(code: str) -> None:
    (example,) = re.findall(r"```text\n(.*?)\n```", ENTRIES[code], re.DOTALL)
    assert CODE.findall(example.partition("\n")[0]) == [code]
    if code in printed():
        assert shown(example) in printed()[code]


def test_every_code_of_policies_and_tables_is_provoked_by_a_case_or_a_test() -> None:
    provoked = set(printed())
    for path in (ROOT / "tests").rglob("test_*.py"):
        provoked |= set(CODE.findall(path.read_text(encoding="utf-8")))
    of_policies = {code for code in codes_in_source() if code < "PR0600" or "PR0800" < code < "PR0850"}
    assert of_policies - provoked == set()
