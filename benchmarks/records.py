# ruff: noqa: INP001, T201, S311 - a script, not a package; it prints; its chance is seeded
"""The decision log under kills and tampering, and decisions made again from it.

    python benchmarks/records.py kill --runs 200
    python benchmarks/records.py tamper --changes 1000
    python benchmarks/records.py replay --decisions 100000

Each part ends with a line of counts, and with the exit code 1 where something was lost, missed or different.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

import postloan_rules as plr
from postloan_rules.bundles import build
from postloan_rules.bundles.keys import PublicKey, new_keys
from postloan_rules.portfolio.sample import sample
from postloan_rules.records import (
    DecisionLog,
    Head,
    LogError,
    Outcome,
    Shelf,
    SqliteKeys,
    new_master,
    open_source,
    read_records,
    replay,
    verify,
)
from postloan_rules.records.line import FIRST, read_line, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from postloan_rules.decisions import Decision
    from postloan_rules.records.line import Line

POLICY = """\
ruleset: small
version: "1"
language: 1
currency: CNY
subject: {each: accounts}
triggers:
  overdue: {kind: condition, when: account.days_past_due > 0}
responses:
  look_again: {family: review, rank: 1}
rules:
  - {id: S-1, if: overdue, then: [look_again]}
"""
START = datetime.fromisoformat("2026-11-30T08:00:00")
FORMS = ("jsonl", "sqlite")


def small_policy(folder: Path) -> Path:
    """A policy that loads at once."""
    (folder / "small").mkdir(exist_ok=True)
    (folder / "small" / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return folder / "small"


def small_decisions(ruleset: plr.RuleSet, count: int, seed: int) -> Iterator[Decision]:
    """Decisions on made-up customers, by the policy that loads at once."""
    for customer in sample(count, seed=seed):
        yield ruleset.decide(evolve(customer, attributes={}))


# --- kill ---------------------------------------------------------------------------------------------------


def write_until_killed(folder: Path, form: str, seed: int) -> None:
    """The process that is killed: it says of each record that is acknowledged which one it is."""
    chance = random.Random(seed)
    ruleset = plr.load(folder / "small")
    decisions = list(small_decisions(ruleset, 12, seed))
    keys = SqliteKeys(folder / "keys.db", folder / "master") if seed % 2 else None
    lock = threading.Lock()
    log = DecisionLog(folder / f"log.{form}", signing=folder / "key.pem", every=25, sealing=keys)
    print("opened", flush=True)

    def work(number: int) -> None:
        own = random.Random(seed * 10 + number)
        while True:
            taken = [
                log.append(own.choice(decisions), at=START + timedelta(seconds=seed), id=f"{seed}-{number}")
                for _ in range(own.choice((1, 2, 10, 40, 300)))
            ]
            log.flush()
            with lock:
                for each in taken:
                    print(each.head, flush=False)
                sys.stdout.flush()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(chance.randrange(1, 5))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def killed(folder: Path, form: str, seed: int) -> list[Head]:
    """Start such a process, kill it at some moment; what it acknowledged."""
    chance = random.Random(seed + 1_000_000)
    command = [sys.executable, __file__, "write", str(folder), form, str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - itself
        timer: threading.Timer | None = None
        said: list[str] = []
        for line in process.stdout or ():
            said.append(line)
            if timer is None:
                # From the moment at which it opens the log: in the first write, in the last, between two.
                timer = threading.Timer(chance.random() ** 2 * 0.6, process.kill)
                timer.start()
    if process.returncode != -9:
        raise SystemExit(f"the process ended by itself with {process.returncode}")
    # A line that was cut off acknowledges nothing: nobody has read it.
    heads = [Head.read(line) for line in said[1:] if line.endswith("\n")]
    return [head for head in heads if head is not None]


def kill(runs: int, seed: int) -> bool:
    """Kill a writing process again and again; nothing that it acknowledged may be lost."""
    acknowledged = lost = unreadable = asides = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small_policy(folder)
        key = PublicKey.read(new_keys(folder / "key.pem")[1])
        new_master(folder / "master")
        known: dict[str, list[Head]] = {form: [] for form in FORMS}
        for run in range(runs):
            form = FORMS[run % 2]
            heads = killed(folder, form, seed + run)
            known[form] += heads
            acknowledged += len(heads)
            # Opening sets a half-written end aside; then the log must be whole and say all that it said.
            DecisionLog(folder / f"log.{form}", signing=folder / "key.pem", every=25).close()
            found = verify(folder / f"log.{form}", [key])
            unreadable += not found.sound
            if found.problem is not None:
                print(found.problem)
            hashes = dict(_heads(folder / f"log.{form}"))
            lost += sum(hashes.get(head.number) != head.hash for head in heads)
        for form in FORMS:
            hashes = dict(_heads(folder / f"log.{form}"))
            lost += sum(hashes.get(head.number) != head.hash for head in known[form])
            with_keys = SqliteKeys(folder / "keys.db", folder / "master")
            half = sum(
                record.content is None for record in read_records(folder / f"log.{form}", keys=with_keys)
            )
            unreadable += half
            asides += len(list(folder.glob(f"log.{form}.unfinished-*")))
    print(
        f"{runs} processes killed: {acknowledged} records acknowledged, {lost} of them lost,"
        f" {unreadable} half-read; {asides} half-written ends set aside"
    )
    return not lost and not unreadable


def _heads(path: Path) -> Iterator[tuple[int, str]]:
    for raw in open_source(path).lines():
        line = read_line(raw.data)
        if line is not None:
            yield line.number, line.hash


# --- tamper -------------------------------------------------------------------------------------------------


def tamper(changes: int, seed: int) -> bool:
    """Change signed logs at random; each change must be found, and the first record that it hurts named."""
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    missed = misnamed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ruleset = plr.load(small_policy(folder))
        secret, public = new_keys(folder / "key.pem")
        key = PublicKey.read(public)
        originals: dict[str, tuple[list[bytes], Head]] = {}
        for form in FORMS:
            path = folder / f"log.{form}"
            with DecisionLog(path, signing=secret, every=20) as log:
                for number, decision in enumerate(small_decisions(ruleset, 120, seed)):
                    log.append(decision, at=START, id=str(number))
                    if number % 7 == 0:
                        log.flush()
            head = log.durable
            if not verify(path, [key], expect=head).sound:
                raise SystemExit("the log is not sound before it is changed")
            originals[form] = [raw.data for raw in open_source(path).lines()], head
        for _ in range(changes):
            form = chance.choice(FORMS)
            lines, head = originals[form]
            kind = chance.choice(list(CHANGES))
            changed, hurt = CHANGES[kind](chance, list(lines))
            path = folder / f"changed.{form}"
            _put(path, changed, cut=kind == "cut in a line")
            result = verify(path, [key], expect=head)
            tried[f"{kind}, {form}"] += 1
            if result.problem is None:
                missed += 1
                print(f"missed: {kind} in {form} at record {hurt}")
                continue
            found[f"{kind}, {form}"] += 1
            misnamed += not result.problem.path.endswith(f"record {hurt}")
    for what, count in sorted(tried.items()):
        print(f"{what}: {found[what]} of {count} found")
    print(f"{changes} changes: {sum(found.values())} found, {missed} missed, {misnamed} under another record")
    return not missed and not misnamed


def _put(path: Path, lines: list[bytes], *, cut: bool) -> None:
    """The changed log, as somebody would leave it who can write the file."""
    if path.suffix == ".jsonl":
        text = b"".join(line + b"\n" for line in lines)
        path.write_bytes(text[:-1] if cut else text)
        return
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    source = sqlite3.connect(path.with_name("log.sqlite"))
    target = sqlite3.connect(path, isolation_level=None)
    source.backup(target)
    source.close()
    target.execute("DROP TRIGGER records_stay")
    target.execute("DROP TRIGGER records_are_kept")
    target.execute("BEGIN")
    target.execute("DELETE FROM records")
    target.executemany(
        "INSERT INTO records VALUES (?, CAST(? AS TEXT))",
        [(number, sqlite3.Binary(line)) for number, line in enumerate(lines, 1)],
    )
    target.execute("COMMIT")
    target.close()


Change = tuple[list[bytes], int]


def _flip(chance: random.Random, lines: list[bytes]) -> Change:
    at = chance.randrange(len(lines))
    data = bytearray(lines[at])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    lines[at] = bytes(data)
    # A new end of a line makes two of one; the first of them is the one that was hurt.
    return lines, at + 1


def _remove(chance: random.Random, lines: list[bytes]) -> Change:
    at = chance.randrange(len(lines))
    count = min(chance.randrange(1, 5), len(lines) - at)
    del lines[at : at + count]
    return lines, at + 1


def _swap(chance: random.Random, lines: list[bytes]) -> Change:
    one, other = sorted(chance.sample(range(len(lines)), 2))
    lines[one], lines[other] = lines[other], lines[one]
    return lines, one + 1


def _double(chance: random.Random, lines: list[bytes]) -> Change:
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines) + 1)
    lines.insert(to, lines[at])
    if to == len(lines) - 1:
        return lines, len(lines)
    return lines, to + (2 if at == to else 1)


def _cut(chance: random.Random, lines: list[bytes]) -> Change:
    at = chance.randrange(len(lines))
    return lines[:at], at + 1


def _cut_in_line(chance: random.Random, lines: list[bytes]) -> Change:
    at = chance.randrange(len(lines))
    part = lines[at][: chance.randrange(1, len(lines[at]))]
    return [*lines[:at], part], at + 1


def _rewrite(chance: random.Random, lines: list[bytes]) -> Change:
    """Change what a decision says, and chain all that follows anew, as anybody can who has no key."""
    at = chance.randrange(1, len(lines) - 1)
    found = [_line(line) for line in lines]
    while found[at].kind.value != "decision":
        at -= 1
    head = Head(at, found[at - 1].hash) if at else Head(0, FIRST)
    for index in range(at, len(lines)):
        record = found[index].record
        if index == at:
            said = json.loads(record)
            said["at"] = "2020-01-01T00:00:00"
            record = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        was = found[index]
        head, lines[index] = written(head, was.batch, was.checkpoint, was.kind, record)
    following = next(index for index in range(at, len(lines)) if found[index].kind.value == "checkpoint")
    return lines, following + 1


def _line(data: bytes) -> Line:
    line = read_line(data)
    if line is None:
        raise SystemExit("the log is not what was written")
    return line


CHANGES: dict[str, Callable[[random.Random, list[bytes]], Change]] = {
    "a bit": _flip,
    "removed": _remove,
    "exchanged": _swap,
    "doubled": _double,
    "cut off": _cut,
    "cut in a line": _cut_in_line,
    "written anew without the key": _rewrite,
}


# --- replay -------------------------------------------------------------------------------------------------


def made(rules: str, count: int, seed: int) -> Iterator[Decision]:
    """Decisions on customers of the sample."""
    ruleset = plr.load(rules)
    for customer in sample(count, seed=seed):
        yield ruleset.decide(customer)


def again(rules: str, decisions: int, seed: int, jobs: int, log: str) -> bool:
    """Write decisions down, and make them again from the log by a bundle, in other processes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "policies").mkdir()
        (folder / "policies" / "policy.plr").write_bytes(build(rules))
        secret, public = new_keys(folder / "key.pem")
        path = folder / f"log.{log}"
        digest = hashlib.sha256()
        began = time.perf_counter()
        with DecisionLog(path, signing=secret) as opened:
            for number, decision in enumerate(made(rules, decisions, seed)):
                opened.append(decision, at=START + timedelta(seconds=number), id=str(number))
                digest.update(decision.to_json().encode())
        wrote = time.perf_counter() - began
        sound = verify(path, [PublicKey.read(public)], expect=opened.durable)
        began = time.perf_counter()
        counts: Counter[str] = Counter()
        part = -(-sound.head.number // jobs)
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            waiting = [
                pool.submit(_part, str(path), str(folder / "policies"), first, first + part - 1)
                for first in range(1, sound.head.number + 1, part)
            ]
            for each in waiting:
                counts.update(each.result())
        took = time.perf_counter() - began
        size = path.stat().st_size
    same = counts[Outcome.SAME.value]
    print(
        f"{decisions} decisions by {rules} in {size / 1e9:.2f} GB, sound: {sound.sound};"
        f" made again: {same} the same, {sum(counts.values()) - same} not"
    )
    print(
        f"made and written in {wrote:.0f} s, made again in {took:.0f} s by {jobs} processes;"
        f" all bytes {digest.hexdigest()[:16]}"
    )
    return sound.sound and same == decisions == sum(counts.values())


def _part(path: str, shelf: str, first: int, last: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for each in replay(path, Shelf(shelf), first=first):
        if each.record.number > last:
            break
        counts[each.outcome.value] += 1
        if each.problem is not None:
            print(each.problem)
    return counts


def main() -> int:
    """Run a part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parts = parser.add_subparsers(dest="part", required=True)
    part = parts.add_parser("kill")
    part.add_argument("--runs", type=int, default=200)
    part = parts.add_parser("tamper")
    part.add_argument("--changes", type=int, default=1000)
    part = parts.add_parser("replay")
    part.add_argument("--decisions", type=int, default=100_000)
    part.add_argument("--rules", default="rules/personal_loan")
    part.add_argument("--jobs", type=int, default=2)
    part.add_argument("--log", choices=FORMS, default="jsonl")
    for each in parts.choices.values():
        each.add_argument("--seed", type=int, default=1)
    part = parts.add_parser("write")
    part.add_argument("folder", type=Path)
    part.add_argument("form", choices=FORMS)
    part.add_argument("seed", type=int)
    given = parser.parse_args()
    try:
        match given.part:
            case "kill":
                return not kill(given.runs, given.seed)
            case "tamper":
                return not tamper(given.changes, given.seed)
            case "replay":
                return not again(given.rules, given.decisions, given.seed, given.jobs, given.log)
            case _:
                write_until_killed(given.folder, given.form, given.seed)
    except LogError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
