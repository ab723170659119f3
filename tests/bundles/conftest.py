from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bundles.small import written
from postloan_rules.bundles import build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small policy."""
    return written(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="session")
def bundle(folder: Path) -> bytes:
    """Its bundle."""
    return build(folder)
