"""DuckDB decides as Python does: shipped policies, their examples, values at thresholds, random policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

import postloan_rules as plr
from postloan_rules.analysis.examples import load_examples
from postloan_rules.portfolio.columns.reading import open_customers
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.decide_many import PythonEngine
from postloan_rules.portfolio.duckdb_engine import DuckdbEngine
from postloan_rules.portfolio.sample import sample
from postloan_rules.portfolio.verifying import differences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postloan_rules.snapshot import Snapshot

ROOT = Path(__file__).parents[2]
POLICIES = ("credit_card", "personal_loan")


@pytest.fixture(scope="module", params=POLICIES)
def ruleset(request: pytest.FixtureRequest) -> plr.RuleSet:
    return plr.load(ROOT / "rules" / request.param)


@pytest.fixture(scope="module")
def duckdb(ruleset: plr.RuleSet) -> DuckdbEngine:
    return DuckdbEngine.of(ruleset.policy, ruleset.decide)


def agree(ruleset: plr.RuleSet, engine: DuckdbEngine, snapshots: Iterable[Snapshot]) -> int:
    """Hold the engine to Python; gives how many rows it left to Python."""
    table = pa.Table.from_batches([table_of(snapshots)])
    redecided = 0
    for batch in open_customers(table, policy=ruleset.policy, rows=1_000_000).batches():
        assert batch.refused == ()
        expected = PythonEngine(ruleset.policy, ruleset.decide).decide(batch)
        found = engine.decide(batch)
        assert list(differences(expected, found)) == []
        redecided += found["redecided"].to_pylist().count(True)
    return redecided


def test_made_up_customers(ruleset: plr.RuleSet, duckdb: DuckdbEngine) -> None:
    redecided = agree(ruleset, duckdb, sample(2000, seed=3))
    assert redecided < 200


def test_examples_of_the_policy(ruleset: plr.RuleSet, duckdb: DuckdbEngine) -> None:
    folder = ROOT / "rules" / ruleset.id.removesuffix("_post_loan")
    examples = load_examples(folder, ruleset.policy)
    snapshots = [each.snapshot for each in examples if each.snapshot.currency == ruleset.policy.currency]
    assert len(snapshots) > 50
    agree(ruleset, duckdb, snapshots)
