"""Pages are opened in Debian's Chromium; where there is none, these tests are skipped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
AXE = Path(os.environ.get("AXE_CORE", ROOT / "node_modules" / "axe-core" / "axe.min.js"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of a file: while it is open, its event loop keeps others from the thread."""
    if not CHROMIUM.is_file():
        pytest.skip(
            f"there is no {CHROMIUM}: install it (apt-get install chromium), or say in CHROMIUM where it is"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, headless=True)
        yield started
        started.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker axe-core, as a script."""
    if not AXE.is_file():
        pytest.skip(f"there is no {AXE}: run `npm install axe-core`, or say in AXE_CORE where axe.min.js is")
    return AXE.read_text(encoding="utf-8")
