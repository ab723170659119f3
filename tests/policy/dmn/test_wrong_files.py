"""What is said of DMN files that can't be read: every `wrong/*.dmn`, with the text that is shown for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from postloan_rules.policy.dmn import DmnInvalid, from_dmn
from postloan_rules.policy.dmn.document import LARGEST

FOLDER = Path(__file__).parent / "wrong"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.dmn")), ids=lambda file: file.stem)
def test_every_problem_is_shown_with_its_place_and_what_to_do(file: Path) -> None:
    with pytest.raises(DmnInvalid) as caught:
        from_dmn(file.read_bytes(), file.name)
    assert str(caught.value) == file.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n")


def test_every_case_has_its_text() -> None:
    assert {file.stem for file in FOLDER.glob("*.dmn")} == {file.stem for file in FOLDER.glob("*.txt")}


@pytest.mark.parametrize("make", [str, str.encode], ids=["text", "bytes"])
def test_a_file_that_is_too_large_is_not_read(make: type[str]) -> None:
    with pytest.raises(DmnInvalid, match=r"PR0850: the file has more than 1,048,576 bytes"):
        from_dmn(make("<" + "a" * LARGEST), "large.dmn")


def test_a_file_in_another_encoding_is_told() -> None:
    with pytest.raises(DmnInvalid, match=r"x\.dmn:2:3: error PR0867: the file is not UTF-8 text"):
        from_dmn(b"<a>\n  \xff</a>", "x.dmn")
