from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import postloan_rules as plr
from live import small

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ruleset(tmp_path: Path) -> plr.RuleSet:
    """Three patterns: cash and then a limit, three times cash, no payment after a statement."""
    return load(tmp_path, small.text())


def load(folder: Path, text: str) -> plr.RuleSet:
    file = folder / "policy.yaml"
    file.write_text(text, encoding="utf-8")
    return plr.load(file)
