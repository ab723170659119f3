from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expressions.conditions import NAMES, conditions, values
from portfolio.sql.rows import judged

if TYPE_CHECKING:
    from collections.abc import Mapping


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(conditions, min_size=1, max_size=12), st.lists(values, min_size=1, max_size=15))
def test_random_conditions_equal_the_evaluators(texts: list[str], rows: list[Mapping[str, object]]) -> None:
    found = judged(texts, NAMES, rows)
    assert found.wrong == ()
    assert not found.refused
