"""Eight threads and four processes decide the same bytes as one does."""

from __future__ import annotations

import asyncio
import multiprocessing
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import postloan_rules as plr
from deciding_elsewhere import (
    digest_by_policies,
    digest_from,
    digest_of,
    plain_snapshots,
    shipped_digest,
)
from postloan_rules.service import Policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from policy_directory import Directory

THREADS, PROCESSES = 8, 4


FORKING = Path(__file__).parents[1] / "forking.py"


def spawned(work: Callable[[int], str], starts: Iterable[int]) -> list[str]:
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        return pool.map(work, starts, chunksize=1)


def test_threads_that_share_a_rule_set_decide_as_one() -> None:
    one = shipped_digest()
    # All of them decide first on a rule set that no one has used, so that all compile it at once.
    shared = plr.shipped("credit_card")
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(partial(digest_of, shared), range(THREADS)))
    assert set(found) == {one}


def test_processes_that_are_given_a_rule_set_decide_as_one() -> None:
    ruleset = plr.shipped("credit_card")
    one = digest_of(ruleset)
    assert spawned(partial(digest_of, ruleset), range(0, PROCESSES * 3, 3)) == [one] * PROCESSES


def test_processes_that_load_it_themselves_decide_as_one(directory: Directory) -> None:
    directory.policy(limit=45)
    one = digest_from(directory.path, 0)
    assert spawned(partial(digest_from, directory.path), range(PROCESSES)) == [one] * PROCESSES


def test_policies_decide_the_same_in_threads_while_others_look_at_the_files(directory: Directory) -> None:
    directory.policy(limit=45)
    directory.policy("shadow/next", limit=30)
    with Policies(directory.path).watch(every=0.005) as policies:
        one = digest_by_policies(policies, "cards")
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(partial(digest_by_policies, policies, "cards"), range(THREADS)))
    assert set(found) == {one}


@pytest.mark.parametrize("what", ["rule_set", "policies"])
def test_forks_take_no_lock_and_no_thread_along(what: str, tmp_path: Path) -> None:
    folder = [tmp_path / "policies"] if what == "policies" else []
    subprocess.run([sys.executable, FORKING, what, *folder], check=True, timeout=300)


def test_an_async_service_goes_on_between_decisions(directory: Directory) -> None:
    """A loop that decides directly is held up by one decision at a time: others run in between."""
    directory.policy(limit=45)
    policies = Policies(directory.path)
    customers = plain_snapshots()
    turns: list[str] = []

    async def decide() -> None:
        for each in customers:
            policies.decide(each, "cards")
            turns.append("decision")
            await asyncio.sleep(0)

    async def other() -> None:
        for _ in customers:
            turns.append("other")
            await asyncio.sleep(0)

    async def both() -> None:
        await asyncio.gather(decide(), other())

    asyncio.run(both())
    assert turns == ["decision", "other"] * len(customers)
