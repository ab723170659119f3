"""What fuzzing began with and what it has found: each input again, through the same target."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
INPUTS = [
    (folder.name, file.name) for folder in sorted(CORPUS.iterdir()) for file in sorted(folder.iterdir())
]


@pytest.mark.parametrize(("target", "name"), INPUTS)
def test_nothing_but_problems_comes_out(target: str, name: str) -> None:
    TARGETS[target]((CORPUS / target / name).read_bytes())


def test_every_target_has_inputs_and_none_is_large() -> None:
    assert {target for target, _ in INPUTS} == set(TARGETS)
    assert max((CORPUS / target / name).stat().st_size for target, name in INPUTS) < 50_000
