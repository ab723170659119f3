from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest

from postloan_rules import Snapshot, load
from postloan_rules.cli.screen import show
from postloan_rules.problems import Problem
from postloan_rules.snapshot import catalogue

from .conftest import SNAPSHOT

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

COMMANDS = (
    "challenge",
    "check",
    "decide",
    "demo",
    "explain",
    "fields",
    "impact",
    "sample",
    "schema",
    "simulate",
    "sweep",
    "test",
    "track",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"  postloan {command}" in result.stdout


def test_the_group_lists_every_command(run: Run) -> None:
    help_ = run("--help").stdout
    assert all(f"\n  {command} " in help_ for command in COMMANDS)


def test_an_unknown_command_is_told_with_the_nearest(run: Run) -> None:
    result = run("decid")
    assert result.exit_code == 2
    assert "did you mean `decide`?" in result.stderr


def test_help_does_not_load_rich() -> None:
    code = "import sys; from postloan_rules.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "sys.exit('rich' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, stdout=subprocess.DEVNULL).returncode == 0
    )


def test_fields_of_one_record(run: Run) -> None:
    result = run("fields", "bureau_report")
    assert result.exit_code == 0
    assert "pulled_on" in result.stdout
    assert "closing_balance" not in result.stdout


def test_fields_as_json_hold_the_whole_catalogue(run: Run) -> None:
    data = json.loads(run("fields", "--format", "json").stdout)
    assert list(data) == list(catalogue.records())
    assert data["Customer"]["fields"]["protected"]["protected"] is True


def test_fields_as_markdown_have_a_table_for_each_record(run: Run) -> None:
    text = run("fields", "--format", "markdown").stdout
    assert text.count("\n|---|") == len(catalogue.records())


def test_an_unknown_record_is_told_with_the_nearest(run: Run) -> None:
    result = run("fields", "Acount")
    assert result.exit_code == 2
    assert "did you mean `Account`?" in result.stderr


def test_a_real_decision_fits_the_schema_of_decisions(run: Run, policy: Path) -> None:
    schema = json.loads(run("schema", "decision").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    decision = load(policy).decide(Snapshot.from_dict(SNAPSHOT))
    jsonschema.validate(json.loads(decision.to_json()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**decision.to_dict(), "verdict": "yes"}, schema)


def test_the_schema_of_snapshots_takes_a_snapshot(run: Run) -> None:
    jsonschema.validate(SNAPSHOT, json.loads(run("schema", "snapshot").stdout))


def test_sample_writes_readable_snapshots_the_same_for_the_same_seed(run: Run, tmp_path: Path) -> None:
    first = run("sample", "-n", "3", "--seed", "5").stdout
    assert [Snapshot.from_json(line).to_json() for line in first.splitlines()] == first.splitlines()
    file = tmp_path / "sample.jsonl"
    assert run("sample", "-n", "3", "--seed", "5", "-o", file).exit_code == 0
    assert file.read_text(encoding="utf-8") == first
    assert run("sample", "-n", "3", "--seed", "6").stdout != first


def test_output_without_a_terminal_has_no_colours_and_is_not_wrapped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show([Problem("PR0999", "a long story " * 40)], stderr=False)
    assert capsys.readouterr().out == "a long story " * 40 + "\n"


def test_the_demo_decides_sums_up_and_explains(run: Run) -> None:
    result = run("demo", "-n", "110")
    assert result.exit_code == 0
    assert "110 customers decided, none skipped" in result.stdout
    assert "--- A customer whose card is sealed ---" in result.stdout
    assert "Review less often" in result.stdout
