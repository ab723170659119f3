"""Eight threads and four processes decide the same bytes as one does."""

from __future__ import annotations

import asyncio
import multiprocessing
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

import pytest

import postloan_rules as plr
from deciding_elsewhere import (
    digest_by_policies,
    digest_from,
    digest_of,
    plain_snapshots,
    shipped_digest,
    version_after_refresh,
)
from postloan_rules.service import Policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from policy_directory import Directory

THREADS, PROCESSES = 8, 4


def in_processes(method: str, work: Callable[[int], str], starts: Iterable[int]) -> list[str]:
    context = multiprocessing.get_context(method)
    with warnings.catch_warnings():
        # From 3.12 on Python warns of any fork while threads run, which is what is tried here.
        warnings.simplefilter("ignore", DeprecationWarning)
        with context.Pool(PROCESSES) as pool:
            return pool.map(work, starts, chunksize=1)


def test_threads_that_share_a_rule_set_decide_as_one() -> None:
    one = shipped_digest()
    # All of them decide first on a rule set that no one has used, so that all compile it at once.
    shared = plr.shipped("credit_card")
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(partial(digest_of, shared), range(THREADS)))
    assert set(found) == {one}


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_processes_that_are_given_a_rule_set_decide_as_one(method: str) -> None:
    ruleset = plr.shipped("credit_card")
    one = digest_of(ruleset)
    found = in_processes(method, partial(digest_of, ruleset), range(0, PROCESSES * 3, 3))
    assert found == [one] * PROCESSES


def test_processes_that_load_it_themselves_decide_as_one(directory: Directory) -> None:
    directory.policy(limit=45)
    one = digest_from(directory.path, 0)
    assert in_processes("spawn", partial(digest_from, directory.path), range(PROCESSES)) == [one] * PROCESSES


def test_policies_decide_the_same_in_threads_while_others_look_at_the_files(directory: Directory) -> None:
    directory.policy(limit=45)
    directory.policy("shadow/next", limit=30)
    with Policies(directory.path).watch(every=0.005) as policies:
        one = digest_by_policies(policies, "cards")
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(partial(digest_by_policies, policies, "cards"), range(THREADS)))
    assert set(found) == {one}


# Reached through a fork, and not through pickling: a process that is forked has it already.
_HELD: list[Policies] = []


def _digest_of_held(start: int) -> str:
    return digest_by_policies(_HELD[0], "cards", start)


def _refreshed_held(_: int) -> str:
    return version_after_refresh(_HELD[0], date(2027, 2, 1))


def test_a_fork_takes_no_lock_and_no_thread_along(directory: Directory) -> None:
    """Policies with a watcher and shadows at work are forked while both are busy."""
    directory.policy(version="1", limit=45)
    directory.policy("shadow/next", limit=30)
    with Policies(directory.path).watch(every=0.001) as policies:
        one = digest_by_policies(policies, "cards")
        busy = Thread(target=digest_by_policies, args=(policies, "cards"))
        busy.start()
        _HELD[:] = [policies]
        try:
            assert in_processes("fork", _digest_of_held, range(PROCESSES)) == [one] * PROCESSES
            directory.policy(version="2", limit=45)
            assert set(in_processes("fork", _refreshed_held, range(PROCESSES))) == {"2"}
        finally:
            _HELD.clear()
            busy.join()


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
