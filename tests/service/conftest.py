"""A directory of small policies that tests edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy_directory import Directory

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory(tmp_path / "policies")
