from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expressions import conditions
from portfolio.sql import sql_texts
from portfolio.sql.rows import judged

if TYPE_CHECKING:
    from collections.abc import Mapping

Rows = list["Mapping[str, object]"]


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    st.lists(conditions.conditions, min_size=1, max_size=12),
    st.lists(conditions.values, min_size=1, max_size=15),
)
def test_random_conditions_equal_the_evaluators(texts: list[str], rows: Rows) -> None:
    found = judged(texts, conditions.NAMES, rows)
    assert found.wrong == ()
    assert not found.refused


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(sql_texts.texts, min_size=1, max_size=12), st.lists(sql_texts.rows, min_size=1, max_size=12))
def test_random_values_of_every_kind_equal_the_evaluators(texts: list[str], rows: Rows) -> None:
    assert judged(texts, sql_texts.NAMES, rows).wrong == ()
