"""The service as people run it: `postloan serve` in a process of its own, asked over a socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from builders import account, customer
from postloan_rules.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from policy_directory import Directory

BODY = customer(account(days_past_due=60), as_of="2027-02-01").to_json().encode()
JSON = {"Content-Type": "application/json"}


class Running:
    """A service in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        self.port = 0
        assert process.stderr is not None
        for line in process.stderr:
            self.log.append(json.loads(line))
            if self.log[-1]["event"] == "listening":
                self.port = int(self.log[-1]["url"].rpartition(":")[2])
                break
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.log += [json.loads(line) for line in self.process.stderr]

    def ask(
        self, method: str, address: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, address, body, {**JSON, **headers})
            answer = connection.getresponse()
            return answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def version(self) -> str:
        return str(json.loads(self.ask("POST", "/decide", BODY)[2])["version"])

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        self._reader.join()
        return status


@contextmanager
def serving(*arguments: str, port: int = 0) -> Iterator[Running]:
    command = [
        sys.executable,
        "-m",
        "postloan_rules.cli",
        "serve",
        *arguments,
        "--port",
        str(port),
        "--every",
        "0.1",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        running = Running(process)
        try:
            yield running
        finally:
            running.stop()


def test_it_answers_and_takes_edits_up_and_ends_well(directory: Directory) -> None:
    directory.policy(version="1")
    with serving(str(directory.path)) as running:
        status, headers, body = running.ask("POST", "/decide", BODY)
        assert status == 200
        assert json.loads(body)["version"] == "1"
        assert "server" not in headers
        directory.policy(version="2")
        deadline = time.monotonic() + 20
        while running.version() != "2":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        directory.policy(version="3", example=1)
        deadline = time.monotonic() + 20
        while b"PR1024" not in running.ask("GET", "/policies")[2]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert running.version() == "2"
        assert running.ask("GET", "/readyz")[0] == 200
        assert b"postloan_policies_refused_total 1.0" in running.ask("GET", "/metrics")[2]
        assert running.stop() == 0
    events = [each["event"] for each in running.log]
    assert events[:2] == ["policies_changed", "listening"]
    assert "policy_refused" in events
    assert events[-1] == "stopped"


def test_a_request_under_way_is_answered_before_it_stops(directory: Directory) -> None:
    directory.policy()
    with serving(str(directory.path)) as running:
        with socket.create_connection(("127.0.0.1", running.port), timeout=20) as talking:
            head = f"POST /decide HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
            talking.sendall(head.encode() + BODY[:100])
            # The request has come to the service when it is counted as being under way.
            while b"postloan_requests_under_way 1.0" not in running.ask("GET", "/metrics")[2]:
                time.sleep(0.02)
            running.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            with pytest.raises(OSError, match="refused"):
                running.ask("GET", "/healthz")
            talking.sendall(BODY[100:])
            answer = b""
            while piece := talking.recv(65536):
                answer += piece
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert b'"version":"1"' in answer
        assert running.stop() == 0


def test_a_request_that_is_no_http_or_never_ends_harms_nothing(directory: Directory) -> None:
    directory.policy()
    with serving(str(directory.path)) as running:
        for sent in (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST /decide HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            b"POST /decide HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /healthz?" + b"%ff" * 10 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /%00%ff HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", running.port), timeout=20) as talking:
                talking.sendall(sent)
                talking.shutdown(socket.SHUT_WR)
                assert not talking.recv(65536).startswith(b"HTTP/1.1 5")
        with socket.create_connection(("127.0.0.1", running.port), timeout=20) as talking:
            talking.sendall(
                b"POST /decide HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
            )
        assert running.ask("POST", "/decide", BODY)[0] == 200
    assert [each["frames"] for each in running.log if each["event"] == "fault"] == []


def test_a_key_over_its_rate_is_told_to_wait_and_the_service_stays_up(
    directory: Directory, tmp_path: Path
) -> None:
    directory.policy()
    keys = tmp_path / "keys.txt"
    made = CliRunner().invoke(main, ["serve-key", "caller", "--keys", str(keys), "--rate", "5/s"])
    assert made.exit_code == 0
    key = made.output.strip()
    with serving(str(directory.path), "--keys", str(keys)) as running:
        assert running.ask("POST", "/decide", BODY)[0] == 401
        statuses = [running.ask("POST", "/decide", BODY, Authorization=f"Bearer {key}")[0] for _ in range(60)]
        assert set(statuses) == {200, 429}
        assert statuses.count(200) >= 10
        assert running.ask("GET", "/readyz")[0] == 200


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["nowhere"], "there is no directory nowhere", 1),
        ([".", "--host", "192.0.2.1"], "name a file of --keys, or say --open", 2),
        ([".", "--keys", "nowhere.txt"], "PR1104", 1),
        ([".", "--certificate", "nowhere.pem"], "the certificate or its key can't be used", 1),
        ([".", "--log-key", "key.pem"], "name its file by --log", 2),
        ([".", "--profile", "cards"], "is no profile of a product", 2),
        ([".", "--host", "192.0.2.1", "--open"], "can't listen on 192.0.2.1", 1),
    ],
)
def test_what_keeps_it_from_starting_is_told(
    tmp_path: Path, arguments: list[str], said: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(main, ["serve", *arguments])
    assert found.exit_code == code
    assert said in found.output


def test_a_port_that_is_taken_is_told(directory: Directory) -> None:
    directory.policy()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = CliRunner().invoke(main, ["serve", str(directory.path), "--port", str(port)])
    assert found.exit_code == 1
    assert "already in use" in found.output


def test_keys_have_names_of_their_own(tmp_path: Path) -> None:
    keys = str(tmp_path / "keys.txt")
    assert CliRunner().invoke(main, ["serve-key", "one", "--keys", keys]).exit_code == 0
    for name, options, said in (
        ("one", [], "there is a key `one` already"),
        ("Two!", [], "is no name"),
        ("two", ["--rate", "fast"], "is no rate"),
    ):
        found = CliRunner().invoke(main, ["serve-key", name, "--keys", keys, *options])
        assert found.exit_code != 0
        assert said in found.output
    assert os.stat(keys).st_mode & 0o777 == 0o600  # noqa: PTH116 - as the system says it


def test_several_processes_share_a_port(directory: Directory) -> None:
    directory.policy()
    with serving(str(directory.path), "--share-port") as first:
        with serving(str(directory.path), "--share-port", port=first.port) as second:
            assert second.port == first.port
            assert {first.ask("POST", "/decide", BODY)[0] for _ in range(20)} == {200}
            assert second.stop() == 0
        # Those that are left take over what comes.
        assert {first.ask("POST", "/decide", BODY)[0] for _ in range(5)} == {200}


def test_decisions_are_on_record(directory: Directory, tmp_path: Path) -> None:
    from postloan_rules.records import read_records, verify

    directory.policy()
    log = tmp_path / "decisions.jsonl"
    with serving(str(directory.path), "--log", str(log)) as running:
        _, headers, body = running.ask("POST", "/decide", BODY)
        # It is there before the answer is.
        [record] = read_records(log)
        assert record.id == headers["x-request-id"]
        assert record.content is not None
        assert record.content["decision"] == json.loads(body)
        assert running.ask("GET", "/readyz")[0] == 200
        assert running.stop() == 0
    assert verify(log).problem is None
    found = CliRunner().invoke(main, ["serve", str(directory.path), "--log", str(tmp_path / "log.txt")])
    assert found.exit_code == 1
    assert "log.txt" in found.output
