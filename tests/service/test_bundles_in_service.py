"""Bundles in service: a signed one comes in, and one that is changed, unsigned or older does not."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import pytest

from postloan_rules.bundles import build, load_bundle
from postloan_rules.service import Policies

if TYPE_CHECKING:
    from pathlib import Path

    import postloan_rules as plr
    from policy_directory import Directory

DAY = date(2027, 2, 1)


def reading(path: Path, profile: str | None, at_least: str | None = None) -> plr.RuleSet:
    return load_bundle(path, profile=profile, at_least=at_least)


def bundle(directory: Directory, tmp_path: Path, version: str, name: str) -> Path:
    directory.policy(version=version)
    place = tmp_path / "bundles"
    place.mkdir(exist_ok=True)
    file = place / name
    file.write_bytes(build(directory.path / "cards"))
    return file


def test_a_bundle_is_served_and_replaced(directory: Directory, tmp_path: Path) -> None:
    file = bundle(directory, tmp_path, "1.0", "cards.plr")
    policies = Policies(file.parent, bundle=reading)
    assert policies.at(DAY).version == "1.0"
    bundle(directory, tmp_path, "1.1", "cards.plr")
    policies.refresh()
    assert policies.at(DAY).version == "1.1"
    # A newer file beside it, and the older one taken away.
    bundle(directory, tmp_path, "1.2", "cards-1.2.plr")
    policies.refresh()
    assert [each.code for each in policies.problems["cards"]] == ["PR1023"]
    assert policies.at(DAY).version == "1.1"
    file.unlink()
    policies.refresh()
    assert policies.at(DAY).version == "1.2"
    assert policies.problems == {}


def test_a_bundle_that_is_damaged_or_older_does_not_come_in(directory: Directory, tmp_path: Path) -> None:
    file = bundle(directory, tmp_path, "1.1", "cards.plr")
    policies = Policies(file.parent, bundle=partial(reading, at_least="1.1"))
    good = file.read_bytes()
    bundle(directory, tmp_path, "1.0", "cards.plr")
    policies.refresh()
    assert policies.at(DAY).version == "1.1"
    assert [each.code for each in policies.problems["cards.plr"]] == ["PR1050"]
    file.write_bytes(good[: len(good) // 2])
    policies.refresh()
    assert policies.at(DAY).version == "1.1"
    assert policies.counters().refused == 2


def test_where_bundles_are_demanded_folders_are_passed_over(directory: Directory) -> None:
    directory.policy()
    policies = Policies(directory.path, bundle=reading, folders=False)
    assert not policies.ready
    assert Policies(directory.path / "cards", folders=False).now.products == {}


def test_only_signed_bundles_come_in_where_keys_are_given(directory: Directory, tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    from postloan_rules.bundles import read_bundle
    from postloan_rules.bundles.keys import SigningKey, new_keys

    key = SigningKey.read(new_keys(tmp_path / "release")[0])

    def signed_only(path: Path, profile: str | None) -> plr.RuleSet:
        return load_bundle(path, profile=profile, keys=[key.public])

    file = bundle(directory, tmp_path, "1.0", "cards.plr")
    policies = Policies(file.parent, bundle=signed_only, folders=False)
    assert not policies.ready
    file.write_bytes(read_bundle(file).signed(key).to_bytes())
    policies.refresh()
    assert policies.ready
    assert policies.at(DAY).version == "1.0"
