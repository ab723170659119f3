"""Worker processes and who looks after them: one that dies or hangs is replaced, and asked again."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.live.worker import Hello, read, write
from postloan_rules.problems import Problem, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.live.worker import Answer, Ask, Held

__all__ = ["Pool", "WorkersUnavailable", "default_count"]

_TRIES = 3
"""A question that ends so many workers in turn is not asked again."""
_START = 30
"""So many seconds a worker may take to start."""


class WorkersUnavailable(Exception):  # noqa: N818 - a finding with its problems, like those of policies
    """What runs patterns on durable-rules is not installed."""

    def __init__(self) -> None:
        self.problems = (
            Problem(
                "PR0910",
                "matching live events on durable-rules needs the package durable-rules",
                help="install it with `pip install 'postloan-rules[live]'`, or ask for no workers: the "
                "evaluator finds the same",
            ),
        )
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(render, self.problems))


def default_count() -> int:
    """As many workers as there are processors besides the one that asks; at least one."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)) - 1)
    return max(1, (os.cpu_count() or 1) - 1)


class _Gone(Exception):  # noqa: N818 - a state, that the pool sees to
    """The worker died, or did not answer in time."""


class _Process:
    """One worker process and the socket to it."""

    def __init__(self, hello: bytes, patience: int) -> None:
        own, other = socket.socketpair()
        with other:
            # An interpreter of its own runs the worker's file: nothing of this process is copied or imported,
            # and a service needs no `if __name__ == "__main__"`. A session of its own keeps Ctrl-C from it.
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter and a file of this package
                [sys.executable, "-P", str(Path(__file__).with_name("worker.py"))],
                stdin=other.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._connection = own
        own.settimeout(max(patience, _START))
        try:
            self.send(hello)
            self.receive()
        except BaseException:
            self.kill()
            raise
        own.settimeout(patience)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, message: bytes) -> None:
        try:
            write(self._connection, message)
        except OSError as error:
            raise _Gone from error

    def receive(self) -> Answer:
        try:
            text = read(self._connection)
        except OSError as error:
            raise _Gone from error
        if text is None:
            raise _Gone
        answer: Answer = json.loads(text)
        return answer

    def kill(self) -> None:
        """End it at once: it holds nothing that is not elsewhere."""
        self._connection.close()
        self._process.kill()
        self._process.wait()


@define
class Pool:
    """Workers that hold the same patterns; a customer is always asked of the same one.

    Not for several threads at once.

    Args:
        patterns: What the workers hold.
        count: How many workers.
        patience: So many seconds a worker may take for an answer.
        sessions: So many customers a worker holds for each pattern at one time.
        memory: The kB after which a worker is replaced by a fresh one.
        most: The most facts that are sent in one message.
    """

    patterns: Sequence[Held]
    count: int
    patience: int = 30
    sessions: int = 32
    memory: int = 512 * 1024
    most: int = 2000
    restarts: int = field(default=0, init=False)
    """Workers that died or hung, and were replaced."""
    renewed: int = field(default=0, init=False)
    """Workers that were replaced since they had grown."""
    grown: int = field(default=0, init=False)
    """The most memory, in kB, that a worker has had."""
    unanswered: int = field(default=0, init=False)
    """Questions that no worker survived."""
    _hello: bytes = field(init=False)
    _workers: list[_Process | None] = field(init=False)

    def __attrs_post_init__(self) -> None:
        found = find_spec("durable_rules_engine")
        if found is None or found.origin is None:
            raise WorkersUnavailable
        hello = Hello(
            path=[str(Path(found.origin).parent)],
            patterns=list(self.patterns),
            sessions=self.sessions,
            # The worker's own alarm is for when nobody is left to end it.
            patience=2 * self.patience,
        )
        self._hello = json.dumps(hello).encode()
        self._workers = [None] * self.count

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are running."""
        return tuple(worker.pid for worker in self._workers if worker is not None)

    def ask(self, asks: Sequence[Ask]) -> list[Sequence[int] | None]:
        """The answer to each question: places of new facts, or None where no worker could say."""
        answers: list[Sequence[int] | None] = [None] * len(asks)
        waiting = [self._parts(asks, number) for number in range(self.count)]
        while any(waiting):
            sent: list[tuple[int, list[int]]] = []
            for number, parts in enumerate(waiting):
                if parts:
                    sent.append((number, parts.pop()))
            messages = {
                number: json.dumps([asks[index] for index in indices]).encode() for number, indices in sent
            }
            self._exchange(sent, messages, answers)
        return answers

    def close(self) -> None:
        """End all workers."""
        for number, worker in enumerate(self._workers):
            if worker is not None:
                self._workers[number] = None
                worker.kill()

    def _parts(self, asks: Sequence[Ask], number: int) -> list[list[int]]:
        """The questions for one worker, in messages of a size; the last of them first."""
        parts: list[list[int]] = []
        size = self.most
        for index, (_, customer, known, new) in enumerate(asks):
            # Not `hash`: that differs from one run of a service to the next.
            if zlib.crc32(customer.encode()) % self.count == number:
                if size >= self.most:
                    parts.append([])
                    size = 0
                parts[-1].append(index)
                size += len(known) + len(new)
        return parts[::-1]

    def _exchange(
        self,
        sent: Sequence[tuple[int, list[int]]],
        messages: dict[int, bytes],
        answers: list[Sequence[int] | None],
    ) -> None:
        """Send each worker its message, then take the answers; who is gone is replaced and asked alone."""
        gone = set()
        try:
            for number, _ in sent:
                if not self._sent(number, messages[number]):
                    gone.add(number)
            for number, indices in sent:
                said = None if number in gone else self._received(number)
                for _ in range(_TRIES - 1):
                    if said is None and self._sent(number, messages[number]):
                        said = self._received(number)
                if said is None:
                    self.unanswered += len(indices)
                    continue
                for index, places in zip(indices, said["answers"], strict=True):
                    answers[index] = places
                self.grown = max(self.grown, said["memory"])
                if said["memory"] > self.memory:
                    self._end(number)
                    self.renewed += 1
        except BaseException:
            # Interrupted between a question and its answer: the next answer would be to this question.
            self.close()
            raise

    def _sent(self, number: int, message: bytes) -> bool:
        try:
            worker = self._workers[number]
            if worker is None:
                worker = self._workers[number] = _Process(self._hello, self.patience)
            worker.send(message)
        except _Gone:
            self._replace(number)
            return False
        return True

    def _received(self, number: int) -> Answer | None:
        worker = self._workers[number]
        if worker is None:
            return None
        try:
            return worker.receive()
        except _Gone:
            self._replace(number)
            return None

    def _replace(self, number: int) -> None:
        self.restarts += 1
        self._end(number)

    def _end(self, number: int) -> None:
        worker = self._workers[number]
        self._workers[number] = None
        if worker is not None:
            worker.kill()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):
            self.close()
