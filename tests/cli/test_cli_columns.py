"""Columns on the command line: their schema, and made-up customers in Parquet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from postloan_rules.cli import main
from postloan_rules.policy import SHIPPED
from postloan_rules.portfolio.columns.reading import open_customers
from postloan_rules.portfolio.sample import sample

if TYPE_CHECKING:
    from pathlib import Path


def test_the_columns_are_told_to_people_and_to_programs() -> None:
    people = CliRunner().invoke(main, ["schema", "snapshot", "--arrow"])
    assert people.exit_code == 0
    assert "  current_balance*                  decimal128(18, 2)" in people.output
    programs = CliRunner().invoke(main, ["schema", "snapshot", "--arrow", "--json", "--currency", "JPY"])
    columns = {column["name"]: column for column in json.loads(programs.output)}
    account = {column["name"]: column for column in columns["accounts"]["fields"]}
    assert account["current_balance"]["type"] == "decimal128(18, 0)"
    assert account["product"]["members"][0] == "credit_card"
    assert columns["events"]["type"] == "list<struct>"


def test_the_inputs_of_a_policy_are_columns() -> None:
    command = ["schema", "snapshot", "--arrow", "--rules", str(SHIPPED / "credit_card")]
    assert "  months_without_salary             int32" in CliRunner().invoke(main, command).output


def test_made_up_customers_in_parquet(tmp_path: Path) -> None:
    folder = str(tmp_path / "book")
    command = ["sample", "--customers", "12", "--format", "parquet", "--out", folder, "--fingerprints"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    (batch,) = open_customers(folder).batches()
    customers = list(sample(12))
    assert list(batch.snapshots()) == customers
    assert batch.table.column("fingerprint").to_pylist() == [each.fingerprint for each in customers]
    other = CliRunner().invoke(
        main, ["sample", "-n", "12", "--seed", "2", "--format", "parquet", "-o", folder]
    )
    assert other.exit_code == 1
    assert "PR0766" in other.output


@pytest.mark.parametrize(
    "command",
    [
        ["schema", "decision", "--arrow"],
        ["schema", "snapshot", "--arrow", "--currency", "RMB"],
        ["sample", "--format", "parquet"],
        ["sample", "--flat"],
        ["sample", "--format", "parquet", "-o", "x", "--months", "2"],
        ["sample", "--format", "parquet", "-o", "x", "--flat", "--as-of", "2026-01-01"],
    ],
)
def test_what_does_not_go_together_is_said(command: list[str]) -> None:
    assert CliRunner().invoke(main, command).exit_code == 2
