"""The service's answers over HTTP, without a socket."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

import postloan_rules as plr
from builders import account, customer
from postloan_rules.service.app import service
from postloan_rules.service.keys import add_key
from postloan_rules.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from policy_directory import Directory
    from postloan_rules.service.app import Service

JSON = {"content-type": "application/json"}
LINES = {"content-type": "application/x-ndjson"}


def late(days: int, as_of: str = "2027-02-01") -> plr.Snapshot:
    return customer(account(days_past_due=days), as_of=as_of)


@pytest.fixture
def made(directory: Directory) -> Service:
    directory.policy(limit=60)
    return service(directory.path, settings=Settings(most_customers=5))


@pytest.fixture
def client(made: Service) -> Iterator[TestClient]:
    with TestClient(made.app) as talking:
        yield talking


def codes(answer: object) -> list[str]:
    assert isinstance(answer, dict)
    return [each["code"] for each in answer["problems"]]


def test_a_decision_is_the_one_that_the_library_makes(client: TestClient, directory: Directory) -> None:
    ruleset = plr.load(directory.path / "cards")
    for days in (59, 60):
        answer = client.post("/decide", content=late(days).to_json(), headers=JSON)
        assert answer.status_code == 200
        assert answer.text == ruleset.decide(late(days)).to_json()
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"


def test_all_that_is_wrong_is_told_with_its_paths(client: TestClient) -> None:
    data = late(60).to_dict()
    data["as_of"] = "yesterday"
    data["acounts"] = []
    answer = client.post("/decide", content=json.dumps(data), headers=JSON)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == 422
    assert {(each["code"], each["path"]) for each in found["problems"]} >= {
        ("PR0710", "$.as_of"),
        ("PR0706", "$.acounts"),
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "PR0702"),
        (b"{", 400, "PR0702"),
        (b"\xff\xfe", 400, "PR0701"),
        (b"[" * 100_000, 422, "PR0703"),
        (b"[]", 422, "PR0705"),
        (b'{"as_of": 1e999999}', 422, "PR0705"),
        (b'{"\\ud800": 1}', 422, "PR0706"),
        (b"\x00", 400, "PR0702"),
        (b" " * 1_048_577, 413, "PR1091"),
    ],
)
@pytest.mark.parametrize("address", ["/decide", "/explain"])
def test_what_is_no_snapshot_is_refused(
    client: TestClient, address: str, body: bytes, status: int, code: str
) -> None:
    answer = client.post(address, content=body, headers=JSON)
    assert answer.status_code == status
    assert code in codes(answer.json())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 415),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/json; charset=gbk"}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
        ({"content-type": 'Application/JSON; charset="UTF-8"'}, 200),
    ],
)
def test_the_kind_of_a_body_is_held_to(client: TestClient, headers: dict[str, str], status: int) -> None:
    answer = client.post("/decide", content=late(60).to_json(), headers=headers)
    assert answer.status_code == status
    if status == 415:
        assert answer.headers["accept-post"] == "application/json"


def test_addresses_methods_and_parameters_that_are_none(client: TestClient) -> None:
    for method, address, status, code in (
        ("GET", "/nowhere", 404, "PR1105"),
        ("GET", "/decide/", 404, "PR1105"),
        ("GET", "/decide", 405, "PR1095"),
        ("DELETE", "/policies", 405, "PR1095"),
        ("BREW", "/healthz", 405, "PR1095"),
        ("POST", "/decide?prodct=cards", 400, "PR1093"),
        ("POST", "/decide?product=cards&product=cards", 400, "PR1093"),
        ("POST", "/explain?lang=fr", 400, "PR1093"),
        ("GET", "/readyz?deep=1", 400, "PR1093"),
    ):
        answer = client.request(method, address, content=late(60).to_json(), headers=JSON)
        assert (answer.status_code, codes(answer.json())) == (status, [code]), (method, address)
    assert "POST" in client.get("/decide").headers["allow"]


def test_products_and_days_that_nothing_serves(
    client: TestClient, directory: Directory, made: Service
) -> None:
    directory.policy("loans", product="loans", effective="{from: 2027-01-01}")
    made.policies.refresh()
    for address, as_of, status, code in (
        ("/decide", "2027-02-01", 400, "PR1022"),
        ("/decide?product=loan", "2027-02-01", 404, "PR1020"),
        ("/decide?product=loans", "2026-12-31", 422, "PR1021"),
        ("/decide?product=loans", "2027-02-01", 200, ""),
    ):
        answer = client.post(address, content=late(60, as_of).to_json(), headers=JSON)
        assert answer.status_code == status
        if code:
            assert codes(answer.json()) == [code]


def test_many_customers_as_lines(client: TestClient, directory: Directory) -> None:
    ruleset = plr.load(directory.path / "cards")
    lines = [late(59).to_json(), "{}", late(60).to_json(), "[3]", ""]
    answer = client.post("/decide-many", content="\n".join(lines), headers=LINES)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    first, second, third, fourth = answer.text.splitlines()
    assert first == ruleset.decide(late(59)).to_json()
    assert third == ruleset.decide(late(60)).to_json()
    assert json.loads(second)["status"] == json.loads(fourth)["status"] == 422
    assert "PR0707" in codes(json.loads(second))


def test_many_customers_as_an_array(client: TestClient, directory: Directory) -> None:
    ruleset = plr.load(directory.path / "cards")
    body = f'[{late(60).to_json()}, {{"a": 1, "a": 2, "b": 0.5}}, null]'
    answer = client.post("/decide-many?product=cards", content=body, headers=JSON)
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert (
        json.dumps(first, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        == ruleset.decide(late(60)).to_json()
    )
    assert "PR0704" in codes(second)
    assert codes(third) == ["PR0705"]
    assert client.post("/decide-many", content="[]", headers=JSON).json() == []


def test_many_customers_within_bounds(client: TestClient, made: Service, directory: Directory) -> None:
    for body, headers, status, code in (
        ("{}\n" * 6, LINES, 413, "PR1100"),
        ("[" + ",".join(["{}"] * 6) + "]", JSON, 413, "PR1100"),
        ("{}", JSON, 422, "PR1101"),
        ("[", JSON, 400, "PR0702"),
        ("{}", {"content-type": "text/csv"}, 415, "PR1090"),
        (" " * (8 << 20) + "x", LINES, 413, "PR1091"),
    ):
        answer = client.post("/decide-many", content=body, headers=headers)
        assert (answer.status_code, codes(answer.json())) == (status, [code])
    directory.policy("loans", product="loans")
    made.policies.refresh()
    answer = client.post("/decide-many?product=card", content="{}", headers=LINES)
    assert (answer.status_code, codes(answer.json())) == (404, ["PR1020"])


def test_an_explanation_as_json_and_as_a_page(client: TestClient) -> None:
    body = late(60).to_json()
    answer = client.post("/explain", content=body, headers=JSON)
    assert answer.json()["customer"] == "•••"
    page = client.post("/explain?lang=zh", content=body, headers={**JSON, "accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert 'lang="zh-CN"' in page.text


def test_health_readiness_and_what_is_in_service(
    client: TestClient, directory: Directory, made: Service
) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}
    directory.policy(version="2", limit=60, example=1)
    directory.policy("shadow/next", version="3", limit=45)
    made.policies.refresh()
    assert client.get("/readyz").status_code == 200
    found = client.get("/policies").json()
    assert [(each["product"], each["version"]) for each in found["in_service"]] == [("cards", "1")]
    assert [each["version"] for each in found["shadows"]] == ["3"]
    [wrong] = found["wrong"]
    assert wrong["source"] == "cards"
    assert wrong["problems"][0]["code"] == "PR1024"
    assert "policy.yaml" in wrong["problems"][0]["path"] or "limit.yaml" in wrong["problems"][0]["path"]


def test_nothing_in_service_is_not_ready_and_says_so(directory: Directory) -> None:
    directory.policy(limit=60, example=1)
    with TestClient(service(directory.path).app) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        answer = client.post("/decide", content=late(60).to_json(), headers=JSON)
        assert (answer.status_code, codes(answer.json())) == (503, ["PR1020"])
        answer = client.post("/decide-many", content="{}", headers=LINES)
        assert answer.status_code == 503


def test_keys_are_asked_for_and_can_be_taken_back(directory: Directory, tmp_path: Path) -> None:
    directory.policy(limit=60)
    file = tmp_path / "keys.txt"
    first, second = add_key(file, "first"), add_key(file, "second", "5/s")
    assert first not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
    made = service(directory.path, keys=file)
    body = late(60).to_json()
    with TestClient(made.app) as client:
        for presented, status in (
            ("", 401),
            ("Bearer", 401),
            ("Bearer wrong", 401),
            (f"Basic {first}", 401),
            (f"Bearer {first[:-1]}", 401),
            (f"Bearer {first}" + "x" * 10_000, 401),
            (f"Bearer {first}", 200),
            (f"bearer {second}", 200),
        ):
            answer = client.post("/decide", content=body, headers={**JSON, "authorization": presented})
            assert answer.status_code == status, presented
            if status == 401:
                assert answer.headers["www-authenticate"] == "Bearer"
                assert codes(answer.json()) == ["PR1096"]
        for address in ("/policies", "/metrics", "/nowhere"):
            assert client.get(address).status_code == 401
        for address in ("/healthz", "/readyz", "/openapi.json"):
            assert client.get(address).status_code == 200
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join(line for line in lines if not line.startswith("first")), encoding="utf-8")
        made.read_keys()
        headers = {**JSON, "authorization": f"Bearer {first}"}
        assert client.post("/decide", content=body, headers=headers).status_code == 401
        # A file that can't be read takes no key away.
        file.write_text("nonsense", encoding="utf-8")
        made.read_keys()
        headers = {**JSON, "authorization": f"Bearer {second}"}
        assert client.post("/decide", content=body, headers=headers).status_code == 200


def test_a_key_that_asks_too_often_waits(directory: Directory, tmp_path: Path) -> None:
    directory.policy(limit=60)
    file = tmp_path / "keys.txt"
    slow, quick = add_key(file, "slow", "0.01/s"), add_key(file, "quick")
    body = late(60).to_json()
    with TestClient(service(directory.path, keys=file).app) as client:
        headers = {**JSON, "authorization": f"Bearer {slow}"}
        assert client.post("/decide", content=body, headers=headers).status_code == 200
        answer = client.post("/decide", content=body, headers=headers)
        assert (answer.status_code, codes(answer.json())) == (429, ["PR1097"])
        assert 0 < int(answer.headers["retry-after"]) <= 100
        assert client.get("/policies", headers=headers).status_code == 200
        headers = {**JSON, "authorization": f"Bearer {quick}"}
        assert client.post("/decide", content=body, headers=headers).status_code == 200
        text = client.get("/metrics", headers=headers).text
    assert 'postloan_rate_limited_total{key="slow"} 1.0' in text


def test_many_customers_are_paid_for_by_waiting(directory: Directory) -> None:
    directory.policy(limit=60)
    settings = Settings(rate=0.01, burst=500)
    with TestClient(service(directory.path, settings=settings).app) as client:
        body = f"{late(60).to_json()}\n" * 10
        assert client.post("/decide-many", content=body, headers=LINES).status_code == 200
        answer = client.post("/decide", content=late(60).to_json(), headers=JSON)
        assert answer.status_code == 429
        assert 500 <= int(answer.headers["retry-after"]) <= 600


def test_a_mistake_inside_is_told_without_details(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("secret 4711")

    monkeypatch.setattr("postloan_rules.service.policies.Policies.decide", failing)
    answer = client.post("/decide", content=late(60).to_json(), headers=JSON)
    assert answer.status_code == 500
    assert codes(answer.json()) == ["PR1099"]
    assert answer.headers["x-request-id"] in answer.text
    many = client.post("/decide-many", content=f"{late(60).to_json()}\n{{}}", headers=LINES)
    assert many.status_code == 200
    first, second = map(json.loads, many.text.splitlines())
    assert (first["status"], second["status"]) == (500, 422)
    for text in (answer.text, many.text):
        assert "4711" not in text
        assert "RuntimeError" not in text
    assert "4711" not in caplog.text
    assert "failing > RuntimeError" in caplog.text
    assert "postloan_faults_total 2.0" in client.get("/metrics").text


def test_the_log_and_the_metrics_name_no_customer(
    client: TestClient, made: Service, caplog: pytest.LogCaptureFixture
) -> None:
    from postloan_rules.service.logs import JsonLines

    caplog.set_level(logging.INFO, "postloan_rules.service")
    snapshot = customer(account("ACCOUNT-7", days_past_due=60), customer={"customer_id": "CUSTOMER-7"})
    body = snapshot.to_json()
    client.post("/decide", content=body, headers=JSON)
    client.post("/decide?product=CUSTOMER-7", content=body, headers=JSON)
    client.post("/explain", content=body, headers=JSON)
    client.post("/decide", content=body.replace("60", '"ACCOUNT-7"'), headers=JSON)
    client.post("/decide-many", content=f"{body}\n{body[:-1]}", headers=LINES)
    client.get("/CUSTOMER-7")
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    requests = [each for each in lines if each["event"] == "request"]
    assert [each["status"] for each in requests] == [200, 404, 200, 422, 200, 404]
    assert requests[0]["policies"] == ["cards 1"]
    assert requests[3]["problems"] == ["PR0705"]
    assert (requests[4]["customers"], requests[4]["refused"]) == (1, 1)
    assert all(len(each["request_id"]) == 16 and each["duration_ms"] >= 0 for each in requests)
    text = client.get("/metrics").text
    for said in (json.dumps(lines), caplog.text, text):
        assert "-7" not in said
    assert 'postloan_decisions_total{product="cards",version="1"} 3.0' in text
    assert made.metrics.text().startswith(b"# HELP")


def scope() -> Any:  # noqa: ANN401 - a request as servers hand it over: a mapping of anything
    return {
        "type": "http",
        "method": "POST",
        "path": "/decide",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "asgi": {"version": "3.0"},
    }


class Kept:
    """A record of decisions that has room for so many."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.waiting: list[tuple[str, datetime, str | None]] = []
        self.kept: list[tuple[str, datetime, str | None]] = []
        self.closed = False

    def append(self, decision: plr.Decision, *, at: datetime, id: str | None = None) -> None:  # noqa: A002
        self.waiting.append((decision.to_json(), at, id))

    def flush(self) -> None:
        if len(self.kept) + len(self.waiting) > self.room:
            raise OSError("no space left, 4711")
        self.kept += self.waiting
        self.waiting.clear()

    def close(self) -> None:
        self.closed = True


def test_a_decision_is_on_record_before_it_is_answered(directory: Directory) -> None:
    directory.policy(limit=60)
    kept = Kept(room=3)
    with TestClient(service(directory.path, record=kept).app) as client:
        body = late(60).to_json()
        answer = client.post("/decide", content=body, headers=JSON)
        assert answer.status_code == 200
        many = client.post("/decide-many", content=f"[{body},{{}},{body}]", headers=JSON)
        assert [each.get("version") for each in many.json()] == ["1", None, "1"]
        lost = client.post("/decide-many", content=f"{body}\n{{}}\n{body}", headers=LINES)
        first, second, third = map(json.loads, lost.text.splitlines())
        assert [each["status"] for each in (first, second, third)] == [503, 422, 503]
        assert codes(first) == ["PR1102"]
        refused = client.post("/decide", content=body, headers=JSON)
        assert (refused.status_code, codes(refused.json())) == (503, ["PR1102"])
        assert "4711" not in refused.text + lost.text
        # Nothing more can be recorded, so the service is not ready until there is room again.
        assert client.get("/readyz").status_code == 503
        kept.room = 10
        assert client.get("/readyz").status_code == 200
        # An explanation is no decision that anybody acts on.
        assert client.post("/explain", content=body, headers=JSON).status_code == 200
    number, other = answer.headers["x-request-id"], many.headers["x-request-id"]
    assert [each[2] for each in kept.kept][:3] == [number, f"{other}/0", f"{other}/2"]
    assert {each[0] for each in kept.kept} == {answer.text}
    assert all(each[1].tzinfo is not None for each in kept.kept)
    assert kept.closed


def test_many_answers_come_in_pieces_and_are_one_text(directory: Directory) -> None:
    directory.policy(limit=60)
    with TestClient(service(directory.path).app) as client:
        body, lines = late(60).to_json(), late(60).to_json() + "\n"
        one = client.post("/decide", content=body, headers=JSON).text
        for number in (1, 2, 200):
            with client.stream("POST", "/decide-many", content=lines * number, headers=LINES) as answer:
                pieces = list(answer.iter_raw())
            assert b"".join(pieces).decode() == f"{one}\n" * number
            array = client.post("/decide-many", content="[" + ",".join([body] * number) + "]", headers=JSON)
            assert array.text == "[" + ",".join([one] * number) + "]"
        assert client.post("/decide-many", content="", headers=LINES).text.strip() == ""


def test_more_requests_than_are_taken_on_are_told_to_come_again(directory: Directory) -> None:
    directory.policy(limit=60)
    for settings, address, status in (
        (Settings(most_under_way=0), "/decide", 503),
        (Settings(most_many_under_way=0), "/decide-many", 503),
        (Settings(most_many_under_way=0), "/decide", 200),
    ):
        with TestClient(service(directory.path, settings=settings).app) as client:
            answer = client.post(address, content=late(60).to_json(), headers=JSON)
            assert answer.status_code == status
            if status == 503:
                assert codes(answer.json()) == ["PR1098"]
                assert answer.headers["retry-after"] == "1"
            assert client.get("/healthz").status_code == 200


def test_a_snapshot_past_the_limits_of_the_service_is_refused(directory: Directory) -> None:
    directory.policy(limit=60)
    settings = Settings(limits=plr.Limits(list_members=1))
    body = customer(account("A1"), account("A2"), as_of="2027-02-01").to_json()
    with TestClient(service(directory.path, settings=settings).app) as client:
        answer = client.post("/decide", content=body, headers=JSON)
        many = client.post("/decide-many", content=f"[{body}]", headers=JSON)
    assert (answer.status_code, codes(answer.json())) == (422, ["PR0703"])
    assert codes(many.json()[0]) == ["PR0703"]


def test_a_body_that_never_ends_is_given_up(directory: Directory) -> None:
    directory.policy(limit=60)

    made = service(directory.path, settings=Settings(body_seconds=0.05))
    sent: list[Any] = []

    async def receive() -> Any:  # noqa: ANN401 - as above
        if not sent:
            sent.append({})
            return {"type": "http.request", "body": b"{", "more_body": True}
        await asyncio.sleep(20)
        raise AssertionError

    async def send(message: Any) -> None:  # noqa: ANN401 - as above
        sent.append(message)

    async def ask() -> None:
        await made.app(scope(), receive, send)

    asyncio.run(ask())
    assert sent[1]["status"] == 408
    assert b"PR1092" in sent[2]["body"]


def test_a_caller_who_does_not_read_is_given_up(
    directory: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "postloan_rules.service")
    directory.policy(limit=60)
    made = service(directory.path, settings=Settings(send_seconds=0.05))
    body = late(60).to_json().encode()

    async def receive() -> Any:  # noqa: ANN401 - as above
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(_: object) -> None:
        await asyncio.sleep(20)

    async def ask() -> None:
        await made.app(scope(), receive, send)

    asyncio.run(ask())
    [told] = [record for record in caplog.records if record.msg == "request"]
    assert vars(told)["status"] == 499


def test_shadows_are_counted_in_the_metrics(directory: Directory) -> None:
    directory.policy(limit=60)
    directory.policy("shadow/next", version="2", limit=45)
    made = service(directory.path)
    with TestClient(made.app) as client:
        assert client.post("/decide", content=late(50).to_json(), headers=JSON).status_code == 200
        assert made.policies.wait_for_shadows()
        text = client.get("/metrics").text
    assert 'postloan_shadow_parts_total{part="responses",product="cards",version="2"} 1.0' in text
    assert "postloan_policies_shadow_differences_total 1.0" in text
