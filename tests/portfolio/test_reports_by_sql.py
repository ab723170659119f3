"""Reports decided by SQL are those decided one by one, figure for figure."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from postloan_rules.portfolio.arms import Arms
from postloan_rules.portfolio.challenge import challenge
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.deciding import Variant
from postloan_rules.portfolio.deciding_columns import one_by_one
from postloan_rules.portfolio.impact import impact
from postloan_rules.portfolio.months import successive
from postloan_rules.portfolio.population import Portfolio
from postloan_rules.portfolio.simulation import simulate
from postloan_rules.portfolio.sweep import Axis, sweep
from postloan_rules.portfolio.track import track
from postloan_rules.snapshot import Snapshot

if TYPE_CHECKING:
    from .conftest import Written

D = Decimal
SHIPPED = Path(__file__).parents[2] / "rules" / "credit_card"
ENGINES = (False, True)
NEW = (("0.90", "0.85"), ("0.5 *", "0.6 *"), ("value: 60", "value: 90"))


def test_sweep(written: Written, six: Portfolio, many: Portfolio) -> None:
    axes = [
        Axis("high", (D("0.85"), D("0.90"), D("0.95")), D("0.05")),
        Axis("late", (D(30), D(60), D(90)), D(30)),
    ]
    for portfolio in (six, many):
        # Of two parameters more policies are made than are decided in one reading of the customers.
        alone, by_sql = (sweep(Variant(written()), axes, portfolio, by_sql=sql) for sql in ENGINES)
        assert len(alone.points) == 9
        assert by_sql == alone


def test_challenge(written: Written, six: Portfolio, many: Portfolio) -> None:
    both = (Variant(written()), Variant(written("new", *NEW)))
    for portfolio, salt in itertools.product((six, many), ("a", "b")):
        arms = Arms(D("0.4"), salt)
        alone, by_sql = (
            challenge(*both, portfolio, arms, by=["account.days_past_due > 0"], by_sql=sql) for sql in ENGINES
        )
        assert by_sql == alone


@pytest.fixture(scope="module")
def successive_months(tmp_path_factory: pytest.TempPathFactory) -> list[Portfolio]:
    """Forty made-up customers over four months, some of which have not joined in the first."""
    folder = tmp_path_factory.mktemp("months")
    customers = list(successive(40, 4, 11, dt.date(2026, 11, 30)))
    found = []
    for number, month in enumerate(zip(*customers, strict=True)):
        path = folder / f"{number}.jsonl"
        path.write_text("".join(f"{each.to_json()}\n" for each in month if each is not None), "utf-8")
        found.append(Portfolio(path))
    return found


def test_track(successive_months: list[Portfolio], tmp_path: Path) -> None:
    shipped = [track(Variant(SHIPPED), successive_months, by_sql=sql) for sql in ENGINES]
    assert shipped[1] == shipped[0]
    assert sum(each.resting for each in shipped[0].months) > 0
    assert sum(each.due for each in shipped[0].months[1:]) > 0
    # As columns the reviews that were carried on stand where the file's own stood.
    files = []
    for number, month in enumerate(successive_months):
        lines = month.data.read_bytes().splitlines()
        path = tmp_path / f"{number}.parquet"
        pq.write_table(_table([Snapshot.from_json(line) for line in lines]), path)
        files.append(Portfolio(path))
    in_columns = track(Variant(SHIPPED), files, states="response", by_sql=True)
    assert in_columns.months == shipped[0].months
    assert in_columns.flapping == shipped[0].flapping


def _table(snapshots: list[Snapshot]) -> pa.Table:
    return pa.Table.from_batches([table_of(snapshots)])


def test_events_of_the_day_are_considered_by_the_review_of_the_day(written: Written, tmp_path: Path) -> None:
    asked = (
        "triggers:\n",
        "triggers:\n  asked: {kind: event, event: temporary_limit_requested}\n  due: {kind: schedule}\n",
    )
    rule = ("rules:\n", "rules:\n  - {id: R-0, if: asked, then: [seal]}\n")
    files = []
    for day in ("2026-01-31", "2026-02-28", "2026-03-31"):
        event = {
            "id": "E1",
            "type": "temporary_limit_requested",
            "occurred_on": "2026-01-31",
            "account_id": "A-1",
        }
        late = {"id": "E2", "type": "temporary_limit_requested", "occurred_on": "2026-01-30"}
        late |= {"recorded_on": "2026-02-28", "account_id": "A-1"}
        events = [event] if day < "2026-02-28" else [event, late]
        account = {"account_id": "A-1", "product": "credit_card", "current_balance": "1"}
        path = tmp_path / f"{day}.jsonl"
        snapshot = {
            "as_of": day,
            "currency": "CNY",
            "jurisdiction": "CN",
            "customer": {"customer_id": "A"},
            "accounts": [account | {"credit_limit": "1000", "days_past_due": 0}],
            "bureau_reports": [],
            "events": events,
            "complaints": [],
            "reviews": [],
        }
        path.write_text(json.dumps(snapshot) + "\n", "utf-8")
        files.append(Portfolio(path))
    alone, by_sql = (track(Variant(written("asks", asked, rule)), files, by_sql=sql) for sql in ENGINES)
    assert [each.adverse for each in alone.months] == [1, 1, 0]
    assert by_sql == alone


def test_the_first_customers_only(written: Written, six: Portfolio, many: Portfolio) -> None:
    for whole in (six, many):
        portfolio = Portfolio(whole.data, whole.mapping, limit=4)
        alone, by_sql = (simulate(written(), portfolio, by_sql=sql) for sql in ENGINES)
        assert alone.report.head.decided == 4
        assert by_sql == alone


def test_what_is_wrong_with_a_customer_is_told_alike(written: Written, many: Portfolio) -> None:
    lines = many.data.read_text("utf-8").splitlines()
    lines[3] = lines[3].replace('"CNY"', '"EUR"')
    lines[5] = lines[5].replace('"as_of": "', '"as_of": "x')
    lines[7] = "[]"
    many.data.write_text("\n".join(lines) + "\n", "utf-8")
    for limit in (None, 5, 6):
        portfolio = Portfolio(many.data, limit=limit)
        alone, by_sql = (simulate(written(), portfolio, by_sql=sql) for sql in ENGINES)
        assert alone.refused == {None: 3, 5: 1, 6: 2}[limit]
        assert by_sql == alone


def test_why_sql_does_not_decide_is_told(written: Written, six: Portfolio) -> None:
    old = Variant(written())
    new = Variant(written("euro", ("currency: CNY\n", "currency: CNY\neffective: {from: 2027-01-01}\n")))
    said: list[str] = []
    found = impact(old, new, six, by_sql=True, say=said.append)
    assert said == ["decided one by one, not by SQL: the policies are for different currencies or days"]
    assert (found.decided, found.refused) == (0, 6)
    assert one_by_one([old.policy(), old.policy()]) is None
