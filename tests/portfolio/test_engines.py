"""DuckDB decides as Python does: shipped policies, their examples, values at thresholds, random policies."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import postloan_rules as plr
from builders import policy
from postloan_rules.analysis.examples import load_examples
from postloan_rules.portfolio.columns.reading import open_customers
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.decide_many import PythonEngine
from postloan_rules.portfolio.duckdb_engine import DuckdbEngine
from postloan_rules.portfolio.sample import sample
from postloan_rules.portfolio.verifying import differences
from strategies.policies import policy_text
from strategies.snapshots import snapshots

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


def agree(ruleset: plr.RuleSet, engine: DuckdbEngine, customers: Iterable[Snapshot]) -> int:
    """Hold the engine to Python; gives how many rows it left to Python."""
    table = pa.Table.from_batches([table_of(customers)])
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


@pytest.mark.parametrize("reports", [False, True], ids=["no reports", "reports alone"])
def test_customers_without_a_history(ruleset: plr.RuleSet, duckdb: DuckdbEngine, *, reports: bool) -> None:
    customers = [
        evolve(
            each,
            bureau_reports=each.bureau_reports if reports else (),
            events=(),
            complaints=(),
            reviews=(),
        )
        for each in sample(300, seed=22)
    ]
    # What the shorter query leaves out is no reason for doubt.
    assert agree(ruleset, duckdb, customers) < 10


def test_examples_of_the_policy(ruleset: plr.RuleSet, duckdb: DuckdbEngine) -> None:
    folder = ROOT / "rules" / ruleset.id.removesuffix("_post_loan")
    examples = load_examples(folder, ruleset.policy)
    customers = [each.snapshot for each in examples]
    assert len(customers) > 50
    agree(ruleset, duckdb, customers)


def at_thresholds(ruleset: plr.RuleSet) -> list[Snapshot]:
    """Made-up customers moved to each number that the policy compares with, and one unit to either side."""
    numbers = {
        each.value
        for parameter in ruleset.policy.parameters
        for each in parameter.values
        if isinstance(each.value, Decimal)
    }
    numbers |= {Decimal(each) for each in ("0", "1", "30", "60", "5000", "20000", "50000")}
    cent = Decimal("0.01")
    base = [snapshot for snapshot in sample(60, seed=5) if snapshot.accounts]
    found: list[Snapshot] = []
    for index, number in enumerate(sorted(numbers)):
        snapshot = base[index % len(base)]
        account = snapshot.accounts[0]
        limit = account.credit_limit or Decimal(10_000)
        amount = number if number > 2 else (number * limit).quantize(cent)
        for step in (-1, 0, 1):
            owed = amount + step * cent
            moved = evolve(account, current_balance=owed)
            if number == number.to_integral_value() and number + step >= 0:
                moved = evolve(moved, days_past_due=int(number) + step)
            if account.statements:
                last = evolve(account.statements[-1], closing_balance=owed)
                moved = evolve(moved, statements=(*account.statements[:-1], last))
            income = snapshot.customer.monthly_income
            customer = snapshot.customer
            if income is not None and number < 2:
                previous = Decimal(10_000)
                customer = evolve(customer, monthly_income=previous * (1 - number) + step * cent)
                if customer.monthly_income is not None and customer.monthly_income < 0:
                    customer = snapshot.customer
            changed = evolve(snapshot, customer=customer, accounts=(moved, *snapshot.accounts[1:]))
            with suppress(plr.SnapshotInvalid):
                found.append(changed.checked())
    return found


def test_values_at_each_threshold_and_one_unit_to_either_side(
    ruleset: plr.RuleSet, duckdb: DuckdbEngine
) -> None:
    customers = at_thresholds(ruleset)
    assert len(customers) > 50
    agree(ruleset, duckdb, customers)


@pytest.mark.parametrize("number", range(3))
def test_random_policies_and_random_customers(number: int) -> None:
    ruleset = policy(policy_text(number))
    engine = DuckdbEngine.of(ruleset.policy, ruleset.decide, anyway=True)

    @settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(snapshots(("CNY",)), min_size=20, max_size=40))
    def engines_agree(drawn: list[Snapshot]) -> None:
        without = [evolve(each, attributes={}) for each in drawn]
        known = [evolve(each, attributes=_inputs(index)) for index, each in enumerate(drawn)]
        agree(ruleset, engine, [*without, *known])

    engines_agree()


def _inputs(index: int) -> dict[str, str | int | bool | None]:
    return {
        "watched": index % 2 == 0,
        "previous_income": ("10000", "0", "5000.01")[index % 3],
        "grade": "ABC"[index % 3],
    }
