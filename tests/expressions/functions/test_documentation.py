from __future__ import annotations

from pathlib import Path

from postloan_rules.expressions.functions.documentation import functions_section, with_functions

PAGE = Path(__file__).parents[3] / "docs" / "language.md"


def test_the_page_shows_the_functions_as_they_are() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == with_functions(text), (
        "bring it up to date: python -m postloan_rules.expressions.functions.documentation docs/language.md"
    )


def test_only_the_section_of_the_functions_is_written_anew() -> None:
    page = "# Title\n\n## Before\n\ntext\n\n## Functions\n\nold\n\n### older\n\n## After\n\ntext\n"
    written = with_functions(page)
    assert written.startswith("# Title\n\n## Before\n\ntext\n\n## Functions\n")
    assert written.endswith("\n\n## After\n\ntext\n")
    assert "older" not in written
    assert with_functions(written) == written


def test_a_page_without_the_section_gets_it_at_its_end() -> None:
    assert with_functions("# Title\n") == f"# Title\n\n{functions_section()}"
    assert with_functions("").startswith("# The rule language\n\n## Functions\n")
