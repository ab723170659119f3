"""Many requests while the policy is edited, half of the edits bad: no decision is wrong, and none is missing."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

from builders import account, customer
from postloan_rules.service import Policies

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy_directory import Directory

EDITS, THREADS = 24, 4
DAY = date(2027, 2, 1)
CUSTOMERS = [(days, customer(account(days_past_due=days), as_of="2027-02-01")) for days in range(20, 60)]


def limit(number: int) -> int:
    """Where the version with this number calls."""
    return 25 + number


def test_no_decision_is_wrong_or_missing_while_the_policy_is_edited(directory: Directory) -> None:
    directory.policy(version="0", limit=limit(0))
    over, wrong, answered = Event(), Counter[str](), [Counter[str]() for _ in range(THREADS)]

    def ask(found: Counter[str]) -> None:
        while not over.is_set():
            for days, snapshot in CUSTOMERS:
                decision = policies.decide(snapshot)
                called = any(each.response == "call" for each in decision.responses)
                found[decision.version] += 1
                # A version that is bad has a letter in its number, so that it can't be read as one.
                if called != (days >= limit(int(decision.version))):
                    wrong[decision.version] += 1

    def wait_until(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.002)

    def refused_more_than(before: int) -> bool:
        return policies.counters().refused > before

    def serves(version: str) -> bool:
        return policies.at(DAY).version == version

    with Policies(directory.path).watch(every=0.005) as policies:
        threads = [Thread(target=ask, args=(found,)) for found in answered]
        for thread in threads:
            thread.start()
        for number in range(1, EDITS + 1):
            if number % 2:
                refused = policies.counters().refused
                directory.policy(version=f"{number}x", limit=limit(number), example=1)
                wait_until(partial(refused_more_than, refused))
            else:
                directory.policy(version=str(number), limit=limit(number))
                wait_until(partial(serves, str(number)))
        over.set()
        for thread in threads:
            thread.join()
    total = sum(answered, Counter[str]())
    assert wrong == Counter()
    assert set(total) <= {str(number) for number in range(0, EDITS + 1, 2)}
    assert total.total() > 1_000
