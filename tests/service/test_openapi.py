"""The OpenAPI document says what the service does: requests made from it and past it, and no fault ever."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis.generation import GenerationMode
from starlette.testclient import TestClient

from policy_directory import Directory
from postloan_rules.portfolio.sample import sample
from postloan_rules.service.app import service

if TYPE_CHECKING:
    from collections.abc import Iterator

QUICK = settings(
    max_examples=4,
    database=None,
    suppress_health_check=list(HealthCheck),
    # A failure is told as it was found: to shrink a snapshot takes minutes.
    phases=[Phase.generate],
)
FORMS = ["application/json", "application/problem+json"]


@cache
def application() -> Any:  # noqa: ANN401 - both sides know it by what it does
    with tempfile.TemporaryDirectory() as folder:
        directory = Directory(Path(folder))
        directory.policy()
        return service(directory.path).app


@cache
def document() -> Any:  # noqa: ANN401 - as above
    return schemathesis.openapi.from_asgi("/openapi.json", application())


def operation(label: str) -> Any:  # noqa: ANN401 - as above
    return next(each.ok() for each in document().get_all_operations() if each.ok().label == label)


LABELS = [
    "POST /decide",
    "POST /decide-many",
    "POST /explain",
    "GET /policies",
    "GET /metrics",
    "GET /healthz",
    "GET /readyz",
]


def test_every_address_is_described() -> None:
    described = [each.ok().label for each in document().get_all_operations()]
    assert sorted(described) == sorted(LABELS)
    routes = {route.path for route in application().routes}
    assert routes == {label.split()[1] for label in LABELS} | {"/openapi.json"}


@pytest.mark.parametrize("label", LABELS)
def test_its_examples_are_answered_as_it_says(label: str) -> None:
    wanted = operation(label)
    examples = list(wanted.get_strategies_from_examples()) or [wanted.as_strategy()]
    for example in examples:

        @given(case=example)
        @QUICK
        def answered(case: schemathesis.Case[Any]) -> None:
            found = case.call()
            assert found.status_code in (200, 404), found.text
            case.validate_response(found)

        answered()


@pytest.mark.parametrize("label", [label for label in LABELS if label.startswith("POST")])
def test_requests_that_it_does_not_allow_are_refused(label: str) -> None:
    strategy = operation(label).as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @given(case=strategy)
    @QUICK
    def refused(case: schemathesis.Case[Any]) -> None:
        found = case.call()
        assert found.status_code < 500
        case.validate_response(found)

    refused()


def _values() -> st.SearchStrategy[object]:
    odd = ["", "1e999999", "9" * 60, "2026-02-30", "\x00", "\ud800", "NaN", "-0", "0001-01-01", "CNY", "A-1"]
    plain = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**40), 10**40),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from(odd),
        st.dates().map(str),
    )
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    )


def _places(node: object) -> Iterator[tuple[Any, Any]]:
    """Every place in a snapshot that can hold something else."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, each in pairs:
        yield node, key
        yield from _places(each)


SNAPSHOTS = [each.to_json() for each in sample(6)]


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """The snapshot of a customer, with some of it replaced, dropped or doubled."""
    data = json.loads(draw(st.sampled_from(SNAPSHOTS)))
    data.pop("attributes", None)
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from(list(_places(data))))
        match draw(st.sampled_from(["replace", "drop", "double"])):
            case "replace":
                holder[key] = draw(_values())
            case "drop":
                del holder[key]
            case _ if isinstance(holder, list):
                holder.append(holder[key])
            case _:
                holder[f"{key}2"] = holder[key]
    text = json.dumps(data, ensure_ascii=draw(st.booleans()))
    return text[: draw(st.integers(0, len(text)))] if draw(st.integers(0, 9)) == 0 else text


@given(bodies=st.lists(mangled(), min_size=1, max_size=4))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])
def test_whatever_becomes_of_a_snapshot_it_is_decided_or_refused(bodies: list[str]) -> None:
    client, validator = talking()
    # What JSON can't hold as UTF-8 is sent as the bytes that a careless program would send.
    sent = [body.encode("utf-8", "surrogatepass") for body in bodies]
    for body in sent:
        found = client.post("/decide", content=body, headers={"content-type": "application/json"})
        assert found.status_code in (200, 400, 422), found.text
        name = "Decision" if found.status_code == 200 else "Problem"
        validator[name].validate(found.json())
        assert found.headers["content-type"] in FORMS
    many = client.post(
        "/decide-many", content=b"\n".join(sent), headers={"content-type": "application/x-ndjson"}
    )
    assert many.status_code == 200
    answers = many.text.splitlines()
    assert len(answers) == len([each for each in sent if each.strip()])
    for answer in answers:
        data = json.loads(answer)
        assert data.get("status") != 500
        validator["Problem" if "problems" in data else "Decision"].validate(data)


@cache
def talking() -> tuple[TestClient, dict[str, Draft202012Validator]]:
    client = TestClient(application())
    components = client.get("/openapi.json").json()["components"]
    return client, {
        name: Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})
        for name in ("Decision", "Problem")
    }
