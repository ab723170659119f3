from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from postloan_rules.portfolio.arms import Arms
from postloan_rules.portfolio.challenge import challenge
from postloan_rules.portfolio.deciding import Variant
from postloan_rules.portfolio.rates import (
    alike,
    detectable,
    difference,
    difference_test,
    rate,
    split_as_meant,
)

if TYPE_CHECKING:
    from pathlib import Path

    from postloan_rules.portfolio.population import Portfolio

    from .conftest import Written

D = Decimal
IDS = [f"C-{number}" for number in range(12)]


def test_the_arm_is_the_same_in_every_process() -> None:
    code = (
        "from decimal import Decimal; from postloan_rules.portfolio.arms import Arms; "
        f"print([Arms(Decimal('0.3'), 'spring').arm(each) for each in {IDS}])"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert printed == {str([Arms(D("0.3"), "spring").arm(each) for each in IDS])}
    # These are kept for good: another division would send customers to the other policy.
    assert printed == {"[0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0]"}


def test_a_larger_share_keeps_those_who_are_in_the_smaller_one() -> None:
    ids = [f"{number:06}" for number in range(5000)]
    small, large = ({each for each in ids if Arms(D(share), "s").arm(each)} for share in ("0.1", "0.2"))
    assert small < large
    assert 400 < len(small) < 600
    other = {each for each in ids if Arms(D("0.1"), "t").arm(each)}
    assert 20 < len(small & other) < 90


def test_salt_and_number_do_not_run_together() -> None:
    one = [Arms(D("0.5"), "a").arm(f"b{number}") for number in range(64)]
    two = [Arms(D("0.5"), "ab").arm(f"{number}") for number in range(64)]
    assert one != two


def test_intervals_are_those_of_the_literature() -> None:
    # Newcombe 1998, example (a) of both papers: 81 of 263; 56 of 70 against 48 of 80.
    found = rate(81, 263)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (D("0.2553"), D("0.3662"))
    gap = difference((48, 80), (56, 70))
    assert gap is not None
    assert (gap.value, round(gap.low, 4), round(gap.high, 4)) == (D("0.2"), D("0.0524"), D("0.3339"))
    # Fisher's tea: 3 of 4 against 1 of 4.
    assert difference_test((3, 4), (1, 4)) == D("0.485714")
    assert split_as_meant(50, 100, D("0.5")) == D(1)
    assert alike([(10, 10), (20, 20)]) == D(1)
    assert detectable(D("0.2"), 1000, 1000) == D("0.050116")


def test_of_nothing_nothing_is_said() -> None:
    assert rate(0, 0) is None
    assert difference((0, 0), (1, 2)) is None
    assert difference_test((1, 2), (0, 0)) is None
    assert split_as_meant(0, 0, D("0.1")) is None
    assert alike([(3, 0)]) is None
    assert detectable(D(0), 10, 10) is None


@pytest.fixture
def hundred(six: Portfolio) -> Portfolio:
    """A hundred customers; every second is overdue, every fourth went bad."""
    rows = [f"{n},{60 if n % 2 else 0},100,1000,{int(n % 4 == 0)}" for n in range(100)]
    six.data.write_text("\n".join(["ID,LATE,BILL,LIMIT,BAD", *rows]) + "\n", encoding="utf-8")
    return six


def test_each_customer_is_decided_by_the_policy_of_the_arm(written: Written, hundred: Portfolio) -> None:
    arms = Arms(D("0.4"), "x")
    challengers = [number for number in range(100) if arms.arm(str(number))]
    never = written("never", ("late: {type: days, value: 60}", "late: {type: days, value: 999}"))
    found = challenge(Variant(written()), Variant(never), hundred, arms, by=["account.days_past_due >= 60"])
    champion, challenger = found.results
    assert (champion.customers, challenger.customers) == (100 - len(challengers), len(challengers))
    assert (challenger.adverse, challenger.bad) == (0, sum(number % 4 == 0 for number in challengers))
    assert champion.adverse == sum(number % 2 for number in range(100) if number not in challengers)
    assert (champion.balance, challenger.balance) == (
        D(100) * champion.customers,
        D(100) * challenger.customers,
    )
    adverse = next(each for each in found.measures if each.name == "adverse response")
    assert adverse.difference is not None
    assert adverse.difference.high < 0
    assert adverse.p_value is not None
    assert adverse.p_value < D("0.001")
    shares = [each for each in found.balances if not each.money]
    assert sum(each.champion or 0 for each in shares) == 1
    assert found.outcome == "default"


def test_the_same_policy_twice_differs_by_chance_alone(written: Written, hundred: Portfolio) -> None:
    found = challenge(Variant(written()), Variant(written()), hundred, Arms(D("0.5"), "x"))
    for measure in found.measures:
        if measure.difference is not None and measure.p_value is not None and measure.p_value > D("0.05"):
            assert measure.difference.low <= 0 <= measure.difference.high
    assert found.split is not None


def test_the_division_is_written_for_the_bank(written: Written, hundred: Portfolio, tmp_path: Path) -> None:
    target = tmp_path / "it's arms.csv"
    arms = Arms(D("0.4"), "x")
    challenge(Variant(written()), Variant(written()), hundred, arms, assignment=target, workers=1)
    lines = target.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "customer_id,arm"
    assert lines[1:] == [f"{n},{'challenger' if arms.arm(str(n)) else 'champion'}" for n in range(100)]
