"""What holds for every snapshot."""

from __future__ import annotations

import copy
import json
import pickle
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postloan_rules.snapshot import Attributes, Snapshot, SnapshotInvalid
from postloan_rules.snapshot.catalogue import records
from postloan_rules.snapshot.numbers import read_money
from strategies.snapshots import snapshot_data, snapshots

if TYPE_CHECKING:
    import random

RELAXED = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])


@RELAXED
@given(snapshots())
def test_json_comes_back_exactly(snapshot: Snapshot) -> None:
    text = snapshot.to_json()
    again = Snapshot.from_json(text)
    assert again == snapshot
    assert again.to_json() == text
    assert Snapshot.from_json(text.encode()) == snapshot


@RELAXED
@given(snapshots())
def test_a_dict_comes_back_exactly(snapshot: Snapshot) -> None:
    assert Snapshot.from_dict(snapshot.to_dict()) == snapshot
    assert json.loads(snapshot.to_json()) == snapshot.to_dict()
    assert snapshot.checked() == snapshot


def shuffled(value: Any, chance: random.Random) -> Any:  # noqa: ANN401 - JSON values of any kind
    match value:
        case dict():
            items = list(value.items())
            chance.shuffle(items)
            return {key: shuffled(item, chance) for key, item in items}
        case list():
            members = [shuffled(item, chance) for item in value]
            chance.shuffle(members)
            return members
        case _:
            return value


@RELAXED
@given(snapshot_data(), st.randoms(use_true_random=False))
def test_order_never_matters(data: dict[str, Any], chance: random.Random) -> None:
    snapshot = Snapshot.from_dict(data)
    other = Snapshot.from_dict(shuffled(copy.deepcopy(data), chance))
    assert other == snapshot
    assert other.to_json() == snapshot.to_json()
    assert other.fingerprint == snapshot.fingerprint


@RELAXED
@given(snapshots(), snapshots())
def test_fingerprints_are_equal_for_equal_snapshots_only(first: Snapshot, second: Snapshot) -> None:
    assert (first == second) == (first.fingerprint == second.fingerprint)


@RELAXED
@given(snapshots())
def test_snapshots_can_be_kept_and_sent(snapshot: Snapshot) -> None:
    assert pickle.loads(pickle.dumps(snapshot)) == snapshot  # noqa: S301 - our own bytes
    assert copy.deepcopy(snapshot) == snapshot
    assert hash(copy.deepcopy(snapshot)) == hash(snapshot)


@RELAXED
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists), st.data())
def test_any_value_anywhere_is_told_as_a_problem_or_taken(value: object, data: st.DataObject) -> None:
    snapshot = data.draw(snapshot_data())
    name = data.draw(st.sampled_from([item.name for item in records()["Snapshot"].fields]))
    snapshot[name] = value
    for account in snapshot["accounts"] if isinstance(snapshot["accounts"], list) else ():
        if isinstance(account, dict):
            account[data.draw(st.sampled_from(list(records()["Account"].by_name)))] = value
    with suppress(SnapshotInvalid):
        Snapshot.from_dict(snapshot).to_json()


def test_true_is_not_one() -> None:
    assert Attributes({"n": True}) != Attributes({"n": 1})
    assert Attributes({"n": 1}) == {"n": 1}
    assert hash(Attributes({"n": 1})) == hash(Attributes({"n": 1}))


class _Other(str):
    """A text that is not known to be written as this library writes amounts."""

    __slots__ = ()


@given(
    st.from_regex(r"-?[0-9]{1,17}(\.[0-9]{0,3})?", fullmatch=True),
    st.sampled_from([0, 2, 3]),
    st.sampled_from(["credit_limit", "current_balance"]),
)
def test_an_amount_as_written_is_read_as_any_other(text: str, digits: int, name: str) -> None:
    item = records()["Account"].by_name[name]
    assert repr(read_money(text, item, digits)) == repr(read_money(_Other(text), item, digits))
