"""The JSON Schema takes what the reader takes, and refuses what is plainly wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from postloan_rules.snapshot import Snapshot
from postloan_rules.snapshot.schema import json_schema
from strategies.snapshots import snapshot_data

CASES = Path(__file__).parent.parent / "cases" / "wrong_snapshots"
VALIDATOR = Draft202012Validator(json_schema())

BEYOND_A_SCHEMA = {
    "after_as_of",
    "days_in_the_wrong_order",
    "fields_that_contradict",
    "key_twice",
    "no_account_at_all",
    "no_such_account",
    "report_from_before_its_contents",
    "half_a_character",
    "yen_with_decimals",
}
"""What is wrong only together with something else, or in the text alone."""


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert json.loads(json.dumps(json_schema())) == json_schema()


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(snapshot_data())
def test_what_the_reader_takes_fits_the_schema(data: dict[str, Any]) -> None:
    VALIDATOR.validate(data)
    VALIDATOR.validate(Snapshot.from_dict(data).to_dict())


def wrong() -> list[Path]:
    found = []
    for folder in sorted(CASES.iterdir()):
        try:
            json.loads((folder / "snapshot.json").read_bytes())
        except (ValueError, RecursionError):
            continue
        found.append(folder)
    return found


@pytest.mark.parametrize("folder", wrong(), ids=lambda folder: folder.name)
def test_what_is_wrong_with_a_value_is_wrong_by_the_schema(folder: Path) -> None:
    data = json.loads((folder / "snapshot.json").read_bytes())
    assert VALIDATOR.is_valid(data) == (folder.name in BEYOND_A_SCHEMA)
