from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from explained import HARMFUL, decide

if TYPE_CHECKING:
    import postloan_rules as plr


@pytest.fixture
def decision() -> plr.Decision:
    """One with every state: fired, not fired, unknown."""
    return decide()


@pytest.fixture
def harmful() -> plr.Decision:
    """One about a customer and an account whose numbers mean harm."""
    return decide(HARMFUL, "A" + HARMFUL)
