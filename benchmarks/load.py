# ruff: noqa: INP001, T201 - scripts, not a package; what they print is what they are for
"""`postloan serve` under load over loopback: customers a second, how long each waits, and what a limit does.

python benchmarks/load.py [--seconds N] [--connections N] [--rate N]

The shipped credit-card policy, made-up customers, one process of the service, one of this script.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.policy import SHIPPED
from postloan_rules.portfolio.sample import sample
from postloan_rules.service.keys import add_key

if TYPE_CHECKING:
    from collections.abc import Iterator

CUSTOMERS = 500


@define
class Result:
    """What came of a run."""

    seconds: float = 0.0
    statuses: Counter[int] = field(factory=Counter)
    waits: list[float] = field(factory=list)
    """How long each answer with status 200 took."""
    told_to_wait: int = 0
    """Answers 429 and 503 that say with `Retry-After` for how long."""

    def line(self, name: str) -> str:
        """A row of the table."""
        waits = sorted(self.waits) or [0.0]
        at = (waits[min(len(waits) - 1, int(len(waits) * part))] * 1_000 for part in (0.5, 0.9, 0.99))
        shown = " | ".join(f"{each:,.1f}" for each in (*at, waits[-1] * 1_000))
        statuses = ", ".join(f"{count:,} × {status}" for status, count in sorted(self.statuses.items()))
        return f"| {name} | {len(self.waits) / self.seconds:,.0f} | {shown} | {statuses} |"


@contextmanager
def serving(*options: str, rules: Path = SHIPPED / "credit_card") -> Iterator[int]:
    """A service in another process; gives back its port."""
    command = [
        sys.executable,
        "-m",
        "postloan_rules.cli",
        "serve",
        str(rules),
        "--port",
        "0",
    ]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([*command, *options], stderr=log)  # noqa: S603 - our own
        try:
            while True:
                log.seek(0)
                found = [line for line in log.read().splitlines() if '"listening"' in line]
                if found:
                    break
                if process.poll() is not None:
                    raise SystemExit("the service did not start")
                time.sleep(0.1)
            yield int(json.loads(found[0])["url"].rpartition(":")[2])
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def edited(file: Path) -> Iterator[None]:
    """A policy that is edited every second: each edit is loaded, and runs all examples."""
    over = Event()
    text = file.read_text(encoding="utf-8")

    def edit() -> None:
        number = 0
        while not over.wait(1.0):
            number += 1
            file.write_text(f"{text}# edit {number}\n", encoding="utf-8")

    thread = Thread(target=edit)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def request(body: bytes, kind: str = "application/json", address: str = "/decide", key: str = "") -> bytes:
    """The bytes of a request."""
    lines = [f"POST {address} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}"]
    lines += [f"Authorization: Bearer {key}"] if key else []
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes
) -> tuple[int, bytes, bytes]:
    """Status, head and body of the answer to one request."""
    writer.write(sent)
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lowered = head.lower()
    if b"transfer-encoding: chunked" in lowered:
        body = bytearray()
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return status, lowered, bytes(body)
    length = int(lowered.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
    return status, lowered, await reader.readexactly(length)


async def one_caller(
    port: int, requests: list[bytes], start: int, until: float, pause: float, result: Result
) -> None:
    """Ask again and again over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    place = start
    while time.perf_counter() < until:
        began = time.perf_counter()
        try:
            status, head, _ = await ask(reader, writer, requests[place % len(requests)])
        except (ConnectionError, asyncio.IncompleteReadError):
            result.statuses[0] += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        took = time.perf_counter() - began
        place += 1
        result.statuses[status] += 1
        if status == 200:
            result.waits.append(took)
        elif b"\nretry-after:" in head:
            result.told_to_wait += 1
        if pause > took:
            await asyncio.sleep(pause - took)
    writer.close()


async def many_callers(
    port: int, requests: list[bytes], connections: int, seconds: float, rate: float = 0
) -> Result:
    """Ask over so many connections, at so many requests a second altogether, or as fast as it goes."""
    result = Result()
    began = time.perf_counter()
    pause = connections / rate if rate else 0.0
    callers = [
        one_caller(port, requests, number * 31, began + seconds, pause, result)
        for number in range(connections)
    ]
    await asyncio.gather(*callers)
    result.seconds = time.perf_counter() - began
    return result


async def in_one_request(port: int, texts: list[str], times: int) -> Result:
    """Ask for all customers in one request; each answer counts as one, with its share of the time."""
    body = "\n".join(texts * times).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.perf_counter()
    sent = request(body, "application/x-ndjson", "/decide-many")
    status, _, answer = await ask(reader, writer, sent)
    seconds = time.perf_counter() - began
    answers = [json.loads(line) for line in answer.splitlines()]
    good = sum("problems" not in each for each in answers)
    result = Result(seconds, Counter({status: 1}), [seconds / len(answers)] * good)
    writer.close()
    return result


async def is_up(port: int) -> bool:
    """Whether the service is ready."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    head = await reader.read()
    writer.close()
    return head.startswith(b"HTTP/1.1 200")


def main() -> int:
    """Try it, and print a table; 1 where the service fails, or lets through more than it should."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each run takes")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument(
        "--rate", type=float, default=20.0, help="customers a second that the key may ask for"
    )
    asked = parser.parse_args()
    texts = [each.to_json() for each in sample(CUSTOMERS)]
    requests = [request(text.encode()) for text in texts]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}; ", end="")
    print(f"snapshots of {sum(map(len, texts)) // len(texts):,} bytes on average\n")
    print("| run | customers a second | median ms | 90 % | 99 % | longest | answers |")
    print("|---|---:|---:|---:|---:|---:|---|")
    failed = 0
    with serving() as port:
        asyncio.run(many_callers(port, requests, 1, 1.0))
        for connections in (1, asked.connections):
            result = asyncio.run(many_callers(port, requests, connections, asked.seconds))
            print(result.line(f"as fast as it goes, {connections} connection{'s' * (connections > 1)}"))
            failed += sum(count for status, count in result.statuses.items() if status != 200)
        result = asyncio.run(in_one_request(port, texts, 1))
        print(result.line(f"{len(texts)} customers in one request"))
        failed += result.statuses[200] != 1
        result = asyncio.run(many_callers(port, requests, 200, asked.seconds))
        print(result.line("200 connections at once, without a limit of rate"))
        failed += sum(count for status, count in result.statuses.items() if status not in (200, 503))
        failed += not asyncio.run(is_up(port))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "credit_card"
        shutil.copytree(SHIPPED / "credit_card", copy)
        with serving("--every", "0.2", rules=copy) as port, edited(copy / "policy.yaml"):
            result = asyncio.run(many_callers(port, requests, asked.connections, asked.seconds))
            print(result.line(f"{asked.connections} connections, while the policy is edited all the time"))
            failed += sum(count for status, count in result.statuses.items() if status != 200)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys.txt"
        key = add_key(file, "caller", f"{asked.rate:g}/s")
        requests = [request(text.encode(), key=key) for text in texts]
        with serving("--keys", str(file)) as port:
            for times in (5, 25):
                offered = asked.rate * times
                result = asyncio.run(many_callers(port, requests, 40, asked.seconds, offered))
                print(result.line(f"{offered:g} a second by a key that may ask for {asked.rate:g}"))
                failed += sum(count for status, count in result.statuses.items() if status not in (200, 429))
                failed += result.statuses[429] != result.told_to_wait
                # Two seconds' worth may be ahead of the rate.
                failed += len(result.waits) > asked.rate * (result.seconds + 2) + 1
                failed += not asyncio.run(is_up(port))
    print(f"\nanswers that should not be: {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
