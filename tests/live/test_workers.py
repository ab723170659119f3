"""Workers that die or hang lose nothing, and none outlives the process that started it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from live.matching_cases import event, policy_of
from postloan_rules.live.matching import Work
from postloan_rules.live.pool import Pool
from postloan_rules.live.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.live.matching import Candidates
    from postloan_rules.live.worker import Ask
    from postloan_rules.policy.model import Policy
    from postloan_rules.snapshot import Event

PATTERNS = {
    "cash_then_limit": "sequence: [cash_withdrawal, temporary_limit_requested], within: 9 days",
    "three": "count: {event: cash_withdrawal, at_least: 3}, within: 9 days",
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return policy_of(PATTERNS)


def batches(count: int, customers: int, size: int = 40) -> Iterator[list[Work]]:
    """Events of customers in the order of time, over and over the same ones."""
    chance = random.Random(1)
    windows: dict[str, tuple[Event, ...]] = {}
    for number in range(count):
        new: dict[str, list[Event]] = {}
        for place in range(size):
            kind = chance.choice(("cash_withdrawal", "temporary_limit_requested"))
            customer = f"c{chance.randrange(customers)}"
            new.setdefault(customer, []).append(event(f"e{number}-{place}", kind, number // 2))
        batch = []
        for customer, some in new.items():
            window = windows.get(customer, ())[-12:]
            batch.append(Work(customer, window, tuple(some)))
            windows[customer] = (*window, *some)
        yield batch


def undisturbed(policy: Policy, count: int, customers: int) -> list[Candidates]:
    with Workers(policy, 2) as workers:
        found = [workers.candidates(batch) for batch in batches(count, customers)]
        assert workers.restarts == 0
    return found


def gone(pid: int) -> bool:
    """Whether a process has ended, with some seconds' grace."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


def test_workers_that_are_killed_at_any_moment_lose_nothing(policy: Policy) -> None:
    expected = undisturbed(policy, 60, 100)
    assert sum(map(len, expected)) > 500
    with Workers(policy, 2) as workers:
        over = threading.Event()

        def kill() -> None:
            chance = random.Random(2)
            while not over.is_set():
                for pid in workers.pids:
                    if chance.random() < 0.5:
                        try:
                            os.kill(pid, signal.SIGKILL)
                        except ProcessLookupError:
                            continue
                over.wait(chance.uniform(0.1, 0.3))

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            while workers.restarts < 5:
                found = [workers.candidates(batch) for batch in batches(60, 100)]
                for had, should in zip(found, expected, strict=True):
                    # More than before may be said: by the sessions of the turn before, and where no worker lived.
                    assert all(triggers <= had[key] for key, triggers in should.items())
        finally:
            over.set()
            killer.join()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_worker_that_dies_is_replaced_and_asked_again(policy: Policy, number: signal.Signals) -> None:
    expected = undisturbed(policy, 6, 10)
    with Workers(policy, 2) as workers:
        for batch, should in zip(batches(6, 10), expected, strict=True):
            for pid in workers.pids:
                os.kill(pid, number)
                assert gone(pid)
            assert workers.candidates(batch) == should
        assert workers.restarts >= 5


def test_a_worker_that_hangs_is_replaced_and_asked_again(policy: Policy) -> None:
    expected = undisturbed(policy, 3, 10)
    with Workers(policy, 1, patience=1) as workers:
        for batch, should in zip(batches(3, 10), expected, strict=True):
            for pid in workers.pids:
                os.kill(pid, signal.SIGSTOP)
            assert workers.candidates(batch) == should
        assert workers.restarts == 2


def test_ctrl_c_is_not_for_the_workers(policy: Policy) -> None:
    expected = undisturbed(policy, 4, 10)
    with Workers(policy, 2) as workers:
        for batch, should in zip(batches(4, 10), expected, strict=True):
            for pid in workers.pids:
                assert os.getpgid(pid) != os.getpgid(0)
                os.kill(pid, signal.SIGINT)
            assert workers.candidates(batch) == should
        assert workers.restarts == 0


def test_ctrl_c_between_a_question_and_its_answer_does_not_mix_them_up(policy: Policy) -> None:
    expected = undisturbed(policy, 3, 10)
    asked = list(batches(3, 10))
    with Workers(policy, 1) as workers:
        assert workers.candidates(asked[0]) == expected[0]
        (pid,) = workers.pids
        os.kill(pid, signal.SIGSTOP)
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(KeyboardInterrupt):
                workers.candidates(asked[1])
        finally:
            signal.signal(signal.SIGALRM, before)
        assert gone(pid)
        assert workers.candidates(asked[2]) == expected[2]


def test_a_question_asked_again_has_the_same_answer(policy: Policy) -> None:
    (batch,) = batches(1, 10)
    with Workers(policy, 1) as workers:
        assert workers.candidates(batch) == workers.candidates(batch)


def test_closed_workers_are_gone_and_start_again_when_they_are_asked(policy: Policy) -> None:
    (batch,) = batches(1, 10)
    workers = Workers(policy, 2)
    found = workers.candidates(batch)
    pids = workers.pids
    workers.close()
    assert len(pids) == 2
    assert all(map(gone, pids))
    workers.close()
    assert workers.candidates(batch) == found
    workers.close()


PARENT = """
    import sys, time
    from live.matching_cases import event, policy_of
    from postloan_rules.live.matching import Work
    from postloan_rules.live.workers import Workers

    # Without a guard around it: a worker does not run the service's own file.
    workers = Workers(policy_of({"three": "count: {event: cash_withdrawal, at_least: 2}, within: 9 days"}), 2)
    for number in range(8):
        found = workers.candidates([Work(f"c{number}", (), tuple(event(f"e{i}", "cash_withdrawal", 0) for i in (1, 2)))])
        assert len(found) == 2
    print(*workers.pids, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_workers_go_with_the_process_that_started_them(tmp_path: Path, number: signal.Signals) -> None:
    file = tmp_path / "service.py"
    file.write_text(textwrap.dedent(PARENT), encoding="utf-8")
    tests = Path(__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tests)},
    ) as service:
        assert service.stdout is not None
        pids = [int(pid) for pid in service.stdout.readline().split()]
        assert len(pids) == 2
        service.send_signal(number)
        service.wait()
    assert all(map(gone, pids))


ASKS: list[Ask] = [(0, "c", [], [])]


def pool(rules: dict[str, object], **options: int) -> Pool:
    return Pool([{"name": "p", "rules": rules, "kind": "sequence", "steps": 2}], 1, **options)


def test_a_question_that_no_worker_survives_has_no_answer() -> None:
    never: dict[str, object] = {"may": {"all": [{"m0": {"s9": 1}}, {"m1": {"s8": 1}}], "cap": 9}}
    broken = pool(never)
    assert broken.ask(ASKS) == [None]
    assert (broken.restarts, broken.unanswered, broken.pids) == (3, 1, ())
    refused = pool({"may": {"all": "nonsense"}})
    assert refused.ask(ASKS) == [None]


def test_a_worker_that_has_grown_is_renewed(policy: Policy) -> None:
    expected = undisturbed(policy, 3, 10)
    with Workers(policy, 1) as workers:
        assert workers.pool is not None
        workers.pool.memory = 1
        found = [workers.candidates(batch) for batch in batches(3, 10)]
        assert workers.pool.renewed == 3
        assert workers.restarts == 0
    assert found == expected


def test_large_batches_go_in_several_messages(policy: Policy) -> None:
    (batch,) = batches(1, 500, size=1000)
    with Workers(policy, 2) as one, Workers(policy, 1) as other:
        assert other.pool is not None
        other.pool.most = 7
        assert one.candidates(batch) == other.candidates(batch)


def test_a_policy_without_patterns_needs_no_workers() -> None:
    with Workers(policy_of({})) as workers:
        assert workers.candidates([Work("c", (), (event("1", "cash_withdrawal", 0),))]) == {}
        assert (workers.pids, workers.held, workers.restarts) == ((), (), 0)
