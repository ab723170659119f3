from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sarif_pydantic import Sarif  # type: ignore[import-untyped]  # it has no types

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


def tree(text: bytes) -> ET.Element:
    """What we wrote ourselves, read back."""
    return ET.fromstring(text)  # noqa: S314 - our own output


def broken(policy: Path) -> Path:
    file = policy / "policy.yaml"
    text = file.read_text(encoding="utf-8").replace("days_past_due >= late", "days_past_du >= lat")
    file.write_text(text, encoding="utf-8")
    return file


def test_findings_as_json_name_each_place(run: Run, policy: Path) -> None:
    file = broken(policy)
    result = run("check", policy, "--format", "json")
    assert result.exit_code == 1
    problems = json.loads(result.stdout)["problems"]
    assert len(problems) == 2
    assert problems[0]["code"] == "PR0221"
    assert problems[0]["file"] == file.as_posix()
    assert (problems[0]["line"], problems[0]["column"]) == (13, 19)
    assert problems[0]["help"] == "did you mean `days_past_due`?"


def test_a_sound_policy_gives_an_empty_list(run: Run, policy: Path) -> None:
    result = run("check", policy, "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"problems": []}


def test_findings_as_sarif_are_valid_and_point_at_the_place(run: Run, policy: Path) -> None:
    file = broken(policy)
    result = run("check", policy, "--format", "sarif")
    assert result.exit_code == 1
    Sarif.model_validate_json(result.stdout)
    (log,) = json.loads(result.stdout)["runs"]
    first = log["results"][0]
    assert log["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "PR0221"
    location = first["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == file.resolve().as_uri()
    assert location["region"] == {"startLine": 13, "startColumn": 19, "endLine": 13, "endColumn": 31}


def test_a_path_with_blanks_and_chinese_is_a_valid_uri(run: Run, policy: Path) -> None:
    moved = policy.rename(policy.with_name("信用卡 policy"))
    broken(moved)
    log = json.loads(run("check", moved, "--format", "sarif").stdout)
    uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert " " not in uri


def test_results_of_examples_as_junit(run: Run, policy: Path) -> None:
    root = tree(run("test", policy, "--format", "junit").stdout.encode())
    assert root.attrib == {"tests": "2", "failures": "0", "errors": "0", "skipped": "0"}
    assert len(root.findall("./testsuite/testcase")) == 2


def test_a_failing_example_is_a_failure_with_both_sides(run: Run, policy: Path) -> None:
    file = policy / "examples" / "cards.yaml"
    text = file.read_text(encoding="utf-8").replace("not_fired: [overdue]", "fired: [overdue]")
    file.write_text(text, encoding="utf-8")
    result = run("test", policy, "--format", "junit")
    assert result.exit_code == 1
    root = tree(result.stdout.encode())
    (failure,) = root.findall(".//failure")
    assert root.attrib["failures"] == "1"
    assert "expected to fire, but it did not fire" in (failure.text or "")


def test_a_name_that_xml_cannot_hold_is_still_written(run: Run, policy: Path) -> None:
    file = policy / "examples" / "cards.yaml"
    text = file.read_text(encoding="utf-8").replace("name: ", "name: \ufffe", 1)
    file.write_text(text, encoding="utf-8")
    result = run("test", policy, "--format", "junit")
    if result.exit_code == 0:
        tree(result.stdout.encode())
