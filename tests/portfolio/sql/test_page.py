from __future__ import annotations

from pathlib import Path

from portfolio.sql.page import function_table

PAGE = (Path(__file__).parents[3] / "docs" / "sql.md").read_text(encoding="utf-8")


def test_the_page_lists_every_function_by_engine() -> None:
    assert function_table() in PAGE
