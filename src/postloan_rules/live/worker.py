"""The process that runs durable-rules: it is told the patterns once, then answers batch after batch.

It is run as a file, by an interpreter of its own, and needs only the standard library and durable-rules.
It has one thread, speaks to its parent through one socket (its standard input), and goes when that is closed.
What it holds is a cache: everything that it is asked comes with what is needed to build it up again.

durable-rules is spoken to through its engine, not through `durable.engine.Host`: the host starts two threads
that touch every session, and swallows what goes wrong. How the engine is used keeps clear of its faults; each
is named where it would bite, and in docs/durable-rules.md.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys
from collections import OrderedDict
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

__all__ = [
    "FACTS",
    "FRAMES",
    "Answer",
    "Ask",
    "Broken",
    "Engine",
    "Fact",
    "Held",
    "Hello",
    "Pattern",
    "fits",
    "main",
    "read",
    "write",
]

FACTS = 128
"""So many facts of one customer are held for one pattern. (An entry of the engine takes 9 kB.)"""
FRAMES = 4096
"""So many combinations of facts are worked out at most for one question."""
_GIVEN_UP = 70


class Fact(NamedTuple):
    """What the engine is told of an event: whole numbers, and the event's id, which stays outside of it."""

    event: str
    earliest: int
    latest: int
    opens: int
    closes: int
    steps: int


Ask: TypeAlias = "tuple[int, str, Sequence[Fact], Sequence[Fact]]"
"""A pattern, a customer, the facts known before, and the new ones: which of these may complete it?"""


class Held(TypedDict):
    """A pattern that is held: its name, its rules as data, and what its facts are like."""

    name: str
    rules: Mapping[str, object]
    kind: str
    steps: int


class Hello(TypedDict):
    """What a worker is told at its start."""

    path: list[str]
    patterns: list[Held]
    sessions: int
    patience: int


class Answer(TypedDict):
    """What a worker says: for each question the places of the new facts that may, and how it is doing."""

    answers: list[list[int]]
    memory: int
    asserted: int
    built: int


class Broken(Exception):  # noqa: N818 - a state of the engine, after which it can't be trusted
    """The engine said what it never should; the process ends, and another takes its place."""


class Engine(Protocol):
    """The calls of durable-rules' engine that are used here, and no others."""

    def create_ruleset(self, name: str, rules: str, /) -> int:
        """The number of a new rule set."""
        ...

    def assert_facts(self, ruleset: int, facts: str, /) -> tuple[int, int]:
        """Whether facts of one session were taken (0), and the number of the session."""
        ...

    def start_action_for_state(self, ruleset: int, state: int, /) -> tuple[str, str] | None:
        """The session, and its first matches."""
        ...

    def complete_and_start_action(self, ruleset: int, state: int, /) -> str | None:
        """The next matches."""
        ...

    def delete_state(self, ruleset: int, session: str, /) -> None:
        """Forget a session."""
        ...


_Order: TypeAlias = tuple[int, int, str]


class _Session:
    """What the engine holds of one customer for one pattern."""

    def __init__(self, slot: int) -> None:
        self.slot = slot
        self.numbers: dict[Fact, int] = {}
        self.last: _Order = (0, 0, "")
        self.reach = 0
        self.fresh = 0


class Pattern:
    """One pattern in a rule set of its own, with a few sessions that the latest customers use in turn."""

    def __init__(self, engine: Engine, held: Held, sessions: int) -> None:
        self._engine = engine
        self._steps = held["steps"]
        self._counting = held["kind"] == "count"
        self._ruleset = engine.create_ruleset(held["name"], json.dumps(held["rules"]))
        self._resident: OrderedDict[str, _Session] = OrderedDict()
        self._free = list(range(sessions))
        self.asserted = 0
        self.built = 0
        self._warm_up()

    def may_complete(self, customer: str, known: Sequence[Fact], new: Sequence[Fact]) -> list[int]:
        """The places in `new` of the facts that stand in a match of the rule."""
        places = {fact: index for index, fact in enumerate(new)}
        new = list(places)
        known = [fact for fact in dict.fromkeys(known) if fact not in new]
        session = self._resident.get(customer)
        if session is not None and not self._extends(session, known, new):
            self._drop(customer)
            session = None
        if session is None:
            session = self._open(customer)
        else:
            self._resident.move_to_end(customer)
        known = [fact for fact in known if fact not in session.numbers]
        frames = self._count(session, known, new) if self._counting else self._sequence(session, known, new)
        place = {session.numbers[fact]: index for fact, index in places.items()}
        if self._counting:
            return [
                index for rank, index in place.items() if any(first <= rank <= last for first, last in frames)
            ]
        return sorted({place[rank] for frame in frames for rank in frame if rank in place})

    def _extends(self, session: _Session, known: Sequence[Fact], new: Sequence[Fact]) -> bool:
        """Whether the session can go on with these facts; else it is built up anew from them."""
        if any(fact in session.numbers for fact in new):
            # The matches of a fact are told once, when it comes: a question asked again needs a new session.
            return False
        missing = [fact for fact in known if fact not in session.numbers] + list(new)
        if self._counting:
            few = len(session.numbers) + len(missing) <= FACTS
            return few and all(_by_close(fact) > session.last for fact in missing)
        return fits([*session.numbers, *missing], self._steps)

    def _open(self, customer: str) -> _Session:
        if not self._free:
            self._drop(next(iter(self._resident)))
        session = self._resident[customer] = _Session(self._free.pop())
        self.built += 1
        return session

    def _drop(self, customer: str) -> None:
        session = self._resident.pop(customer)
        # Not by retracting its facts: a fact keeps the places of matches that were delivered, and retracting
        # it touches what stands there now.
        self._engine.delete_state(self._ruleset, str(session.slot))
        self._free.append(session.slot)

    def _sequence(self, session: _Session, known: Iterable[Fact], new: Iterable[Fact]) -> list[list[int]]:
        texts = []
        for fresh, facts in ((0, known), (1, new)):
            for fact in facts:
                number = session.numbers[fact] = len(session.numbers)
                texts.append(_timed(session.slot, number, fact, fresh, self._steps))
        names = [f"m{step}" for step in range(self._steps)]
        return [[frame[name]["id"] for name in names] for frame in self._delivered(texts)]

    def _count(self, session: _Session, known: Iterable[Fact], new: Iterable[Fact]) -> list[list[int]]:
        texts = []
        fresh = frozenset(new)
        for fact in sorted((*known, *new), key=_by_close):
            rank = session.numbers[fact] = len(session.numbers)
            session.last = _by_close(fact)
            session.reach = max(session.reach, fact.opens)
            before = session.fresh
            session.fresh += fact in fresh
            moments = (session.reach, fact.closes)
            texts.append(_ranked(session.slot, rank, moments, before, session.fresh))
        return [[frame["m0"]["id"], frame["m1"]["id"]] for frame in self._delivered(texts)]

    def _delivered(self, texts: Sequence[str]) -> list[dict[str, dict[str, int]]]:
        """Tell the engine facts of one session, and take all matches that they make."""
        if not texts:
            return []
        self.asserted += len(texts)
        result, state = self._engine.assert_facts(self._ruleset, f"[{','.join(texts)}]")
        if result != 0:
            raise Broken(f"a fact was not taken: {result}")
        frames: list[dict[str, dict[str, int]]] = []
        started = self._engine.start_action_for_state(self._ruleset, state)
        messages = started[1] if started is not None else None
        while messages is not None:
            frames += json.loads(messages)["may"]
            messages = self._engine.complete_and_start_action(self._ruleset, state)
        return frames

    def _warm_up(self) -> None:
        """Let every session deliver a match before any is deleted.

        Deleting a session frees two texts that only a delivered match sets: without one it frees what happens
        to stand there. Sessions are used in turn, so once for each is enough.
        """
        customers = [str(number) for number in range(len(self._free))]
        for customer in customers:
            session = self._open(customer)
            if self._counting:
                # As far apart as the pattern asks for, without the facts between.
                ranks = (0, self._steps - 1)
                found = bool(self._delivered([_ranked(session.slot, rank, (1, 1), 0, 1) for rank in ranks]))
            else:
                facts = [Fact(str(step), 1, 1, 1, 1, 1 << step) for step in range(self._steps)]
                found = bool(self._sequence(session, (), facts))
            if not found:
                raise Broken("a pattern does not match what it should")
        for customer in customers:
            self._drop(customer)
        self.asserted = self.built = 0


def _timed(slot: int, number: int, fact: Fact, fresh: int, steps: int) -> str:
    """A fact of a sequence.

    Its id is a small number: the engine tells facts, and sessions, apart by a 32-bit hash of the id's text.
    """
    marks = "".join(f',"s{step}":1' for step in range(steps) if fact.steps >> step & 1)
    return (
        f'{{"id":{number},"sid":{slot},"l":{fact.earliest},"h":{fact.latest},'
        f'"a":{fact.opens},"b":{fact.closes},"n":{fresh},"z":0{marks}}}'
    )


def _ranked(slot: int, rank: int, moments: tuple[int, int], before: int, until: int) -> str:
    """A fact of a count: its rank in time, and how many new ones there are before it and up to it."""
    opens, closes = moments
    return (
        f'{{"id":{rank},"sid":{slot},"r":{rank},"a":{opens},"b":{closes},'
        f'"p":{before},"c":{until},"n":1,"z":0,"s0":1}}'
    )


def fits(facts: Collection[Fact], steps: int) -> bool:
    """Whether these facts of a sequence are few enough, and so are the matches and halves of matches."""
    if len(facts) > FACTS:
        return False
    counts = [sum(fact.steps >> step & 1 for fact in facts) for step in range(steps)]
    if sum(accumulate(counts, lambda product, count: product * count)) <= FRAMES:
        return True
    # More exactly: how many chains in the order of time end at each fact, step by step.
    total = 0
    ending = [(fact.earliest, 1) for fact in facts if fact.steps & 1]
    for step in range(1, steps):
        ending = [
            (fact.earliest, sum(count for earliest, count in ending if earliest <= fact.latest))
            for fact in facts
            if fact.steps >> step & 1
        ]
        total += sum(count for _, count in ending)
    return total <= FRAMES


def _by_close(fact: Fact) -> _Order:
    return fact.closes, fact.opens, fact.event


def read(connection: socket.socket) -> bytes | None:
    """The next message, or None when the other side is gone."""
    head = _exactly(connection, 4)
    return None if head is None else _exactly(connection, struct.unpack("!I", head)[0])


def write(connection: socket.socket, message: bytes) -> None:
    """Send a message: its length, then itself."""
    connection.sendall(struct.pack("!I", len(message)) + message)


def _exactly(connection: socket.socket, length: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(min(length - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _memory() -> int:
    """The memory that this process has, in kB; where the system does not say, the most it has had.

    Linux counts what the parent had when it started this process into the most, so that is of no use there.
    """
    try:
        with open("/proc/self/statm", "rb") as pages:  # noqa: PTH123 - a worker loads as little as it can
            return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    except OSError:
        pass
    import resource  # noqa: PLC0415 - only a worker needs it, and it is not there on every system

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


def _serve(connection: socket.socket) -> None:
    text = read(connection)
    if text is None:
        return
    hello: Hello = json.loads(text)
    sys.path += [entry for entry in hello["path"] if entry not in sys.path]
    import durable_rules_engine  # type: ignore[import-not-found] # noqa: PLC0415 - only the worker needs it

    engine: Engine = durable_rules_engine
    patterns = [Pattern(engine, held, hello["sessions"]) for held in hello["patterns"]]
    write(connection, b"{}")
    while (text := read(connection)) is not None:
        # A worker that hangs inside the engine can't see its parent go: the alarm ends it then.
        signal.alarm(hello["patience"])
        answers = []
        for pattern, customer, known, new in json.loads(text):
            answers.append(
                patterns[pattern].may_complete(
                    customer, [Fact(*fact) for fact in known], [Fact(*fact) for fact in new]
                )
            )
        said = Answer(
            answers=answers,
            memory=_memory(),
            asserted=sum(pattern.asserted for pattern in patterns),
            built=sum(pattern.built for pattern in patterns),
        )
        write(connection, json.dumps(said).encode())
        signal.alarm(0)


def main() -> None:
    """Serve the parent at the other end of standard input until it goes."""
    # Ctrl-C is for the parent, which closes its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=0) as connection:
        try:
            _serve(connection)
        except (Broken, MemoryError, OSError):
            # The parent sees the socket close, and asks another worker.
            sys.exit(_GIVEN_UP)


if __name__ == "__main__":
    main()
