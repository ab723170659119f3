# ruff: noqa: INP001 - scripts, not a package
"""Requests while the files of the policy are edited, half of the edits bad: is any decision wrong or missing?

python benchmarks/reload.py [--requests N] [--edits N] [--threads N] [--http]

The shipped credit-card policy is copied, edited and served: by `Policies` in this process, or with --http by
`postloan serve` in another. Every answer is kept by its version. Afterwards each version is loaded by itself,
and the evaluator says what it should have answered.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol

import postloan_rules as plr
from postloan_rules.decisions import decide
from postloan_rules.policy import SHIPPED
from postloan_rules.portfolio.sample import sample
from postloan_rules.service import Policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CUSTOMERS = 50
EXAMPLES = ("profiles.yaml", "arrears.yaml")
LONGEST = 120.0
"""Seconds that an edit may take to be noticed."""
NAME = "credit_card_post_loan"


class Served(Protocol):
    """A service that is tried."""

    def ask(self, text: str, snapshot: plr.Snapshot) -> tuple[int, str]:
        """Status and body of the answer to one request."""

    def noticed(self) -> tuple[str, int]:
        """The version in service, and how many edits were refused."""


class Inside:
    """`Policies` in this process."""

    def __init__(self, directory: Path) -> None:
        self.policies = Policies(directory).watch(every=0.05)

    def ask(self, _: str, snapshot: plr.Snapshot) -> tuple[int, str]:
        """The decision, as a service would send it."""
        return 200, self.policies.decide(snapshot).to_json()

    def noticed(self) -> tuple[str, int]:
        """The version in service, and how many edits were refused."""
        versions = [each.version for each in self.policies.now.answering()]
        return versions[0], self.policies.counters().refused

    def close(self) -> None:
        """End watching."""
        self.policies.close()


class Outside:
    """`postloan serve` in another process, over loopback."""

    def __init__(self, directory: Path) -> None:
        command = [sys.executable, "-m", "postloan_rules.cli", "serve", str(directory), "--port", "0"]
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        self.process = subprocess.Popen([*command, "--every", "0.05"], stderr=self.log)  # noqa: S603 - our own
        self.port = self._port()
        self.connections: dict[Thread, http.client.HTTPConnection] = {}

    def _port(self) -> int:
        while True:
            self.log.seek(0)
            for line in self.log.read().splitlines():
                if '"listening"' in line:
                    return int(json.loads(line)["url"].rpartition(":")[2])
            time.sleep(0.1)

    def ask(self, text: str, _: plr.Snapshot) -> tuple[int, str]:
        """Status and body of the answer to POST /decide."""
        return self._talk("POST", "/decide", text)

    def noticed(self) -> tuple[str, int]:
        """The version in service, and how many edits were refused."""
        in_service = json.loads(self._talk("GET", "/policies")[1])["in_service"]
        counted = self._talk("GET", "/metrics")[1]
        found = next(
            line for line in counted.splitlines() if line.startswith("postloan_policies_refused_total")
        )
        return in_service[0]["version"], int(float(found.split()[1]))

    def _talk(self, method: str, address: str, body: str | None = None) -> tuple[int, str]:
        from threading import current_thread  # noqa: PLC0415 - here alone

        connection = self.connections.get(current_thread())
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.connections[current_thread()] = connection
        connection.request(method, address, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8")

    def close(self) -> None:
        """End the process as a system does."""
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


class Team:
    """The policy team: it saves files in place, as editors do, and makes mistakes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(SHIPPED / "credit_card", folder, ignore=shutil.ignore_patterns("examples"))
        (folder / "examples").mkdir()
        for name in EXAMPLES:
            shutil.copy(SHIPPED / "credit_card" / "examples" / name, folder / "examples" / name)
        self.files = {
            each.relative_to(folder).as_posix(): each.read_text(encoding="utf-8")
            for each in folder.rglob("*.yaml")
        }
        self.bad: tuple[Callable[[dict[str, str]], object], ...] = (
            lambda files: files.update({"policy.yaml": files["policy.yaml"] + "\nfacts: [unclosed"}),
            lambda files: files.update(
                {"rules.yaml": files["rules.yaml"].replace("if: ", "if: not_there_", 1)}
            ),
            lambda files: files.update(
                {"policy.yaml": files["policy.yaml"].replace("type: ratio", "type: money")}
            ),
            lambda files: files.update(
                {"policy.yaml": files["policy.yaml"][: len(files["policy.yaml"]) // 2]}
            ),
            lambda files: files.pop("triggers.yaml"),
            lambda files: files.update(
                {
                    "examples/arrears.yaml": files["examples/arrears.yaml"].replace(
                        "fired: [", "not_fired: [", 1
                    )
                }
            ),
            lambda files: files.update({"policy.yaml": files["policy.yaml"].replace(NAME, "other", 1)}),
            lambda files: files.update({"policy.yaml": "\udcff" + files["policy.yaml"]}),
        )

    def version(self, number: int, word: str) -> dict[str, str]:
        """The files of an edit: another version, and a limit by which customers are decided otherwise."""
        files = dict(self.files)
        head = files["policy.yaml"].replace('version: "2026.1"', f'version: "{word}.{number}"', 1)
        files["policy.yaml"] = head.replace("value: 0.90", f"value: 0.{50 + number % 50:02d}", 1)
        return files

    def save(self, files: dict[str, str], *, in_halves: bool = False) -> None:
        """Write what differs, in place; perhaps the one half of each file a while before the other."""
        for name in [*self.files, *files]:
            file = self.folder / name
            if name not in files:
                file.unlink(missing_ok=True)
                continue
            data = files[name].encode("utf-8", "surrogateescape")
            if file.exists() and file.read_bytes() == data:
                continue
            with file.open("wb") as opened:
                if in_halves:
                    opened.write(data[: len(data) // 2])
                    opened.flush()
                    time.sleep(0.08)
                    opened.write(data[len(data) // 2 :])
                else:
                    opened.write(data)


def edit(team: Team, served: Served, edits: int, done: Counter[str]) -> dict[str, dict[str, str]]:
    """Make the edits, each when the one before was noticed; the files of every good version."""
    good = {"first.0": team.version(0, "first")}
    for number in range(1, edits + 1):
        _, refused = served.noticed()
        until = time.monotonic() + LONGEST
        if number % 2:
            files = team.version(number, "bad")
            team.bad[number // 2 % len(team.bad)](files)
            team.save(files)
            while served.noticed()[1] == refused:
                if time.monotonic() > until:
                    done["unnoticed"] += 1
                    break
                time.sleep(0.02)
            done["bad"] += 1
        else:
            files = team.version(number, "good")
            good[f"good.{number}"] = files
            team.save(files, in_halves=number % 8 == 0)
            while served.noticed()[0] != f"good.{number}":
                if time.monotonic() > until:
                    done["unnoticed"] += 1
                    break
                time.sleep(0.02)
            done["good"] += 1
    return good


def work(
    served: Served,
    customers: list[tuple[str, plr.Snapshot]],
    start: int,
    found: Counter[tuple[int, str, str]],
    share: Callable[[], int],
    over: Event,
) -> None:
    """Ask, no further ahead than this thread's share of the requests at this moment."""
    asked = 0
    while not over.is_set() or asked < share():
        if asked >= share():
            time.sleep(0.002)
            continue
        place = (start + asked) % len(customers)
        asked += 1
        try:
            status, text = served.ask(*customers[place])
        except (OSError, http.client.HTTPException, plr.SnapshotInvalid) as error:
            found[place, "failed", type(error).__name__] += 1
            continue
        if status != 200:
            found[place, "failed", str(status)] += 1
            continue
        found[place, json.loads(text)["version"], hashlib.sha256(text.encode()).hexdigest()] += 1


def expected(
    good: dict[str, dict[str, str]], customers: list[tuple[str, plr.Snapshot]]
) -> dict[tuple[int, str], str]:
    """What each version must answer to each customer, by the evaluator."""
    answers: dict[tuple[int, str], str] = {}
    for version, files in good.items():
        with tempfile.TemporaryDirectory() as place:
            for name, text in files.items():
                file = Path(place) / NAME / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            policy = plr.load(Path(place) / NAME).policy
        for number, (_, snapshot) in enumerate(customers):
            text = decide(policy, snapshot).to_json()
            answers[number, version] = hashlib.sha256(text.encode()).hexdigest()
    return answers


@contextmanager
def serving(directory: Path, *, over_http: bool) -> Iterator[Served]:
    """The service that is tried."""
    served = Outside(directory) if over_http else Inside(directory)
    try:
        yield served
    finally:
        served.close()


def main() -> int:
    """Try it, and print what came of it; 1 where any decision is wrong or missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--http", action="store_true", help="ask `postloan serve` over loopback")
    asked = parser.parse_args()
    customers = [(each.to_json(), each) for each in sample(CUSTOMERS)]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        team = Team(Path(place) / "policies" / "credit_card")
        team.save(team.version(0, "first"))
        with serving(team.folder.parent, over_http=asked.http) as served:
            over, done = Event(), Counter[str]()
            found = [Counter[tuple[int, str, str]]() for _ in range(asked.threads)]

            def share() -> int:
                made = done["good"] + done["bad"] + 1
                return -(-asked.requests * made // ((asked.edits + 1) * asked.threads))

            threads = [
                Thread(target=work, args=(served, customers, number * 7, each, share, over))
                for number, each in enumerate(found)
            ]
            for thread in threads:
                thread.start()
            good = edit(team, served, asked.edits, done)
            over.set()
            for thread in threads:
                thread.join()
    seconds = time.perf_counter() - began
    answers = sum(found, Counter[tuple[int, str, str]]())
    failed = sum(count for (_, version, _), count in answers.items() if version == "failed")
    must = expected(good, customers)
    wrong = sum(
        count
        for (number, version, digest), count in answers.items()
        if version != "failed" and must.get((number, version)) != digest
    )
    versions = {version for _, version, _ in answers if version != "failed"}
    print(f"requests          {answers.total():>9,}")  # noqa: T201 - what the script is for
    print(f"edits             {done['good'] + done['bad']:>9,}  ({done['bad']} of them bad)")  # noqa: T201
    print(f"edits unnoticed   {done['unnoticed']:>9,}")  # noqa: T201
    print(f"versions answered {len(versions):>9,}")  # noqa: T201
    print(f"failed decisions  {failed:>9,}")  # noqa: T201
    print(f"wrong decisions   {wrong:>9,}")  # noqa: T201
    print(f"seconds           {seconds:>9,.0f}")  # noqa: T201
    return 1 if failed or wrong or done["unnoticed"] else 0


if __name__ == "__main__":
    sys.exit(main())
