from __future__ import annotations

import pytest

from portfolio.sql.rows import scope_of
from portfolio.sql.test_traps import NAMES
from postloan_rules.expressions import TIME, Variable, check
from postloan_rules.portfolio.sql.column import Column
from postloan_rules.portfolio.sql.duckdb import DUCKDB
from postloan_rules.portfolio.sql.expressions import Compiler
from postloan_rules.portfolio.sql.refusal import Refused
from postloan_rules.portfolio.sql.tree import column
from postloan_rules.problems import Text


def compiled(text: str, compiler: Compiler) -> Column:
    names = {**NAMES, "clock": Variable(TIME)}
    return compiler.expression(check(Text.of(text, "facts.yaml"), names), scope_of(NAMES))


@pytest.mark.parametrize(
    ("text", "what", "place"),
    [
        ("a > 5 and sqrt(n) > 2", "`sqrt`", 11),
        ("count(words) > 1 and words = words", "a comparison of lists, records or ranges", 22),
        ("word + word", "`+` with these values", 1),
        ("n ** n", "`**` with these values", 1),
        ("stddev(lines.amount)", "`stddev`", 1),
        ('number(word) = 1 or date(word) > @"2026-01-01"', "`number`", 1),
        ('date(word) > @"2026-01-01"', "`date` of values that are no dates", 1),
    ],
)
def test_what_is_not_kept_is_refused_by_name_and_place(text: str, what: str, place: int) -> None:
    with pytest.raises(Refused) as caught:
        compiled(text, Compiler(DUCKDB))
    (problem,) = caught.value.problems
    assert problem.code == "PR0950"
    assert problem.message == f"{what} cannot be kept in SQL for duckdb"
    assert problem.span is not None
    assert str(problem.span) == f"facts.yaml:1:{place}"
    assert "help: decide with the engine `python`" in str(caught.value)


def test_what_is_the_same_for_every_item_is_taken_out_of_the_lambda() -> None:
    placed: list[str] = []

    def outside(made: Column) -> Column:
        placed.append(made.sql.sql("duckdb"))
        return Column(column("once"), made.type, made.number, None, made.unknown, made.form)

    made = compiled(
        "count(lines[amount > max(lines.amount) - b and late > 3])", Compiler(DUCKDB, outside=outside)
    )
    assert len(placed) == 1
    assert "LIST_MAX" in placed[0]
    assert '"once"' in made.sql.sql("duckdb")
    assert "LIST_MAX" not in made.sql.sql("duckdb")
