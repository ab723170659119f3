"""The wide form: a column for each trigger and each response, by every engine the same."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

import postloan_rules as plr
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.sample import sample

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ruleset() -> plr.RuleSet:
    return plr.load(ROOT / "rules" / "personal_loan")


def test_the_wide_form_says_what_the_decisions_say(ruleset: plr.RuleSet) -> None:
    book = pa.Table.from_batches([table_of(sample(150, seed=21))])
    wide = ruleset.decide_many(book, form="wide").table
    by_python = ruleset.decide_many(book, form="wide", engine="python").table
    assert wide.drop_columns(["redecided"]).equals(by_python.drop_columns(["redecided"]))
    decisions = ruleset.decide_many(book, engine="python").table.to_pylist()
    for row, decision in zip(wide.to_pylist(), decisions, strict=True):
        chosen = {each["response"] for each in decision["responses"]}
        fired = {each["trigger"] for each in decision["triggers"] if each["state"] == "fired"}
        assert {name for name in ruleset.policy.responses if row[name]} == chosen
        assert {each.name for each in ruleset.policy.triggers if row[each.name]} == fired
