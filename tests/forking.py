"""Forks in a process of their own: `python tests/forking.py rule_set` or `… policies FOLDER`.

Among tests, a process holds threads and locks of other libraries, which a fork takes along.
"""

from __future__ import annotations

import multiprocessing
import sys
import warnings
from datetime import date
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import postloan_rules as plr
from deciding_elsewhere import digest_by_policies, digest_of, version_after_refresh
from policy_directory import Directory
from postloan_rules.service import Policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PROCESSES = 4


def forked(work: Callable[[int], str], starts: Iterable[int]) -> list[str]:
    """What processes forked from this one say."""
    with warnings.catch_warnings():
        # From 3.12 on Python warns of any fork while threads run, which is what is tried here.
        warnings.simplefilter("ignore", DeprecationWarning)
        with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
            return pool.map(work, starts, chunksize=1)


def rule_set() -> None:
    """A rule set that has decided before is used by forks."""
    ruleset = plr.shipped("credit_card")
    one = digest_of(ruleset)
    assert forked(partial(digest_of, ruleset), range(0, PROCESSES * 3, 3)) == [one] * PROCESSES


# Reached through a fork, and not through pickling: a process that is forked has it already.
_HELD: list[Policies] = []


def _digest_of_held(start: int) -> str:
    return digest_by_policies(_HELD[0], "cards", start)


def _refreshed_held(_: int) -> str:
    return version_after_refresh(_HELD[0], date(2027, 2, 1))


def busy_policies(folder: str) -> None:
    """Policies with a watcher and shadows at work are forked while both are busy."""
    directory = Directory(Path(folder))
    directory.policy(version="1", limit=45)
    directory.policy("shadow/next", limit=30)
    with Policies(directory.path).watch(every=0.001) as policies:
        one = digest_by_policies(policies, "cards")
        busy = Thread(target=digest_by_policies, args=(policies, "cards"))
        busy.start()
        _HELD[:] = [policies]
        assert forked(_digest_of_held, range(PROCESSES)) == [one] * PROCESSES
        directory.policy(version="2", limit=45)
        assert set(forked(_refreshed_held, range(PROCESSES))) == {"2"}
        busy.join()


if __name__ == "__main__":
    if sys.argv[1] == "rule_set":
        rule_set()
    else:
        busy_policies(sys.argv[2])
