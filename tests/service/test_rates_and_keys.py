"""Tokens come back at their rate, and keys are read as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan_rules.service.keys import KeysInvalid, add_key, read_keys
from postloan_rules.service.rates import Bucket

if TYPE_CHECKING:
    from pathlib import Path


def test_a_bucket_lets_through_what_it_holds_and_then_its_rate() -> None:
    bucket = Bucket(rate=10, most=3)
    assert [bucket.wait(0.0) for _ in range(3)] == [0, 0, 0]
    assert bucket.wait(0.0) == pytest.approx(0.1)
    assert bucket.wait(0.05) == pytest.approx(0.05)
    assert bucket.wait(0.1) == 0
    assert bucket.wait(100.0) == 0
    bucket.owe(20)
    assert bucket.wait(100.0) == pytest.approx(1.9)


@given(
    rate=st.floats(0.5, 100),
    most=st.integers(1, 50),
    steps=st.lists(st.tuples(st.floats(-1, 5), st.integers(0, 20)), max_size=40),
)
def test_no_caller_gets_more_than_the_rate_and_what_the_bucket_holds(
    rate: float, most: int, steps: list[tuple[float, int]]
) -> None:
    bucket, now, latest, taken = Bucket(rate, most), 0.0, 0.0, 0
    for step, more in steps:
        # A clock that goes backwards gives no tokens.
        now += step
        latest = max(latest, now)
        gained = max(0.0, latest)
        if bucket.wait(now) == 0:
            taken += 1
            bucket.owe(more)
            taken += more
        backwards = sum(max(0.0, -each) for each, _ in steps)
        owed = max((each for _, each in steps), default=0)
        assert taken <= most + rate * (gained + backwards) + owed + 1e-6


def test_each_line_that_is_no_key_is_told(tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    add_key(file, "one")
    line = file.read_text(encoding="utf-8").splitlines()[-1]
    digest = line.split()[1]
    file.write_text(
        f"# who may ask\n{line}\none {digest}\ntwo secret\nThree {digest}\nfour {digest} fast\nfive {digest} 0/s\n",
        encoding="utf-8",
    )
    with pytest.raises(KeysInvalid) as caught:
        read_keys(file)
    assert [each.span.line for each in caught.value.problems if each.span] == [3, 4, 5, 6, 7]
    assert {each.code for each in caught.value.problems} == {"PR1103"}
    assert "there are two keys `one`" in str(caught.value)


def test_a_key_is_found_by_itself_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    made = {name: add_key(file, name, rate) for name, rate in (("one", None), ("two", "2.5/s"))}
    keys = read_keys(file)
    for name, key in made.items():
        found = keys.holder(key)
        assert found is not None
        assert found.name == name
    assert [each.rate for each in keys.keys] == [None, 2.5]
    for other in ("", "plk_", made["one"][:-1], made["one"] + " ", "\udcff", "é" * 300):
        assert keys.holder(other) is None
