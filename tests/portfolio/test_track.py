"""Months of two customers that can be counted by hand, and made-up customers month by month."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.portfolio.deciding import Variant
from postloan_rules.portfolio.months import days_of, successive
from postloan_rules.portfolio.population import Portfolio
from postloan_rules.portfolio.report import share
from postloan_rules.portfolio.sample import sample
from postloan_rules.portfolio.simulation import simulate
from postloan_rules.portfolio.track import track
from postloan_rules.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .conftest import Written

RESTS = ("  seal: {family: use,", "  seal: {family: use, cool_down: 40 days,")
DUE = (
    "triggers:\n",
    "triggers:\n  review_due: {kind: schedule}\n",
)
DAYS = ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30")


def months(folder: Path, late: Mapping[str, Sequence[int | None]]) -> list[Portfolio]:
    """A file for each month, with how late each customer is; None is in no file."""
    found = []
    for at, day in enumerate(DAYS):
        path = folder / f"{day}.jsonl"
        lines = [
            json.dumps(
                {
                    "as_of": day,
                    "currency": "CNY",
                    "jurisdiction": "CN",
                    "customer": {"customer_id": name},
                    "accounts": [
                        {
                            "account_id": f"{name}-1",
                            "product": "credit_card",
                            "current_balance": "100",
                            "credit_limit": "1000",
                            "days_past_due": days[at],
                        }
                    ],
                    "bureau_reports": [],
                    "events": [],
                    "complaints": [],
                    "reviews": [],
                }
            )
            for name, days in late.items()
            if days[at] is not None
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        found.append(Portfolio(path))
    return found


def test_cool_downs_run_from_month_to_month(written: Written, tmp_path: Path) -> None:
    files = months(tmp_path, {"A": (60, 0, 60, 0), "B": (60, 60, 60, 60)})
    found = track(Variant(written("tiny", RESTS)), files)
    # Taken on 31 January it rests until 11 March, taken again on 31 March until 9 May.
    assert [(each.decided, each.adverse, each.resting) for each in found.months] == [
        (2, 2, 0),
        (2, 0, 1),
        (2, 2, 0),
        (2, 0, 1),
    ]
    assert [each.last_day for each in found.months] == [dt.date.fromisoformat(day) for day in DAYS]


def test_who_goes_back_and_forth_is_told_from_who_rests(written: Written, tmp_path: Path) -> None:
    files = months(tmp_path, {"A": (60, 0, 60, 0), "B": (60, 60, 60, 60)})
    (seal,) = track(Variant(written("tiny", RESTS)), files).flapping
    assert (seal.response, seal.called, seal.flapping, seal.returns, seal.most) == ("seal", 2, 1, 1, 1)
    assert seal.examples == ("A",)


def test_transitions_and_stays_are_counted_for_each_pair_of_months(written: Written, tmp_path: Path) -> None:
    files = months(tmp_path, {"A": (60, 60, 0, 0), "B": (0, 0, 60, None), "C": (None, 0, 0, 60)})
    found = track(Variant(written()), files)
    assert {(each.before, each.after): (each.customers, each.rate) for each in found.transitions} == {
        ("nothing", "nothing"): (3, Decimal("0.6")),
        ("nothing", "adverse"): (2, Decimal("0.4")),
        ("adverse", "nothing"): (1, share(1, 3)),
        ("adverse", "adverse"): (1, share(1, 3)),
        ("adverse", "not there"): (1, share(1, 3)),
        ("not there", "nothing"): (1, None),
    }
    assert {
        each.state: (each.customers, each.spells, each.running, each.months, each.longest)
        for each in found.stays
    } == {
        "nothing": (3, 3, 1, 6, 2),
        "adverse": (3, 3, 2, 4, 2),
    }
    assert [(each.entered, each.left) for each in found.months] == [(0, 0), (1, 0), (0, 0), (0, 1)]


def test_reviews_fall_due_as_the_policy_set_them(written: Written, tmp_path: Path) -> None:
    files = months(tmp_path, {"A": (0, 0, 0, 0)})
    every = written("often", DUE, ("standard: 6 months", "standard: 2 months"))
    # There is no review on file: the first is due at once, and the next one two months later.
    assert [each.due for each in track(Variant(every), files).months] == [1, 0, 1, 0]


def test_one_month_is_the_simulation(written: Written, many: Portfolio) -> None:
    found = track(Variant(written()), [many])
    (month,) = found.months
    simulated = simulate(written(), many).report
    groups = {line.name: line.customers for line in simulated.groups}
    assert dict(month.responses) == {line.name: line.customers for line in simulated.responses}
    assert (month.decided, month.adverse) == (groups["all customers"], groups["an adverse response"])
    assert month.responded == 80 - groups["no response called for"]
    assert (found.transitions, {each.longest for each in found.stays}) == ((), {1})


def test_the_counts_do_not_depend_on_the_number_of_workers(written: Written, tmp_path: Path) -> None:
    late = {f"C{number:03}": tuple((number * step) % 90 for step in range(1, 5)) for number in range(450)}
    files = months(tmp_path, late)
    alone, together = (track(Variant(written("tiny", RESTS)), files, workers=jobs) for jobs in (1, 2))
    assert alone == together


def test_made_up_months_are_the_same_customers_growing_older() -> None:
    as_of = dt.date(2026, 11, 30)
    assert days_of(3, as_of) == (dt.date(2026, 9, 30), dt.date(2026, 10, 30), as_of)
    last = list(sample(60, seed=5, as_of=as_of))
    for customer, now in zip(successive(60, 4, 5, as_of), last, strict=True):
        assert customer[-1] == now
        there = [snapshot for snapshot in customer if snapshot is not None]
        for snapshot in there:
            assert Snapshot.from_json(snapshot.to_json()) == snapshot
        for before, after in itertools.pairwise(there):
            _grows(before, after)


def _grows(before: Snapshot, after: Snapshot) -> None:
    assert before.customer.customer_id == after.customer.customer_id
    accounts = {account.account_id: account for account in after.accounts}
    for account in before.accounts:
        later = accounts[account.account_id]
        ends = [each.cycle_end for each in account.statements or ()]
        assert [each.cycle_end for each in later.statements or ()][: len(ends)] == ends
        paid = account.payments or ()
        assert (later.payments or ())[: len(paid)] == paid
        assert later.days_past_due in (0, *range(account.days_past_due, 10_000)) or later.days_past_due < 62
    known = {event.id for event in after.events}
    assert {event.id for event in before.events} <= known


def test_a_last_missed_payment_is_not_yet_missed_a_month_before() -> None:
    as_of = dt.date(2026, 11, 30)
    late = [
        [
            max((account.days_past_due for account in snapshot.accounts), default=0)
            for snapshot in months
            if snapshot
        ]
        for months in successive(300, 6, 1, as_of)
    ]
    worsened = sum(1 for days in late if days[-1] >= 30 and days[0] == 0)
    assert worsened > 0
