from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

import postloan_rules as plr
from bundles.small import written
from bundles.test_building import SNAPSHOT
from postloan_rules.bundles import build
from postloan_rules.bundles.keys import new_keys

if TYPE_CHECKING:
    from pathlib import Path

    from postloan_rules.decisions import Decision

AT = dt.datetime(2026, 11, 30, 18, 0)  # noqa: DTZ001 - the caller's own time


def customer(number: int) -> plr.Snapshot:
    return plr.Snapshot.from_dict({**SNAPSHOT, "customer": {"customer_id": f"C-{number}"}})


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small policy."""
    return written(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    """A folder with its bundle."""
    place = tmp_path_factory.mktemp("shelf")
    (place / "tiny.plr").write_bytes(build(folder))
    return place


@pytest.fixture(scope="session")
def decisions(folder: Path) -> list[Decision]:
    """Decisions on thirty customers."""
    ruleset = plr.load(folder)
    return [ruleset.decide(customer(number)) for number in range(30)]


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signing key; the public one stands beside it."""
    return new_keys(tmp_path_factory.mktemp("keys") / "audit.pem")[0]


@pytest.fixture(params=["jsonl", "sqlite"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where a log is begun, in each of its forms."""
    return tmp_path / f"log.{request.param}"
