"""The rows that are told to close a gap are pasted into the table, and close it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("z3")

from postloan_rules.analysis.proof.report import analyse
from postloan_rules.policy import load_policy

CASES = Path(__file__).parents[2] / "cases" / "analysis"


@pytest.mark.parametrize("name", ["table_gap", "table_gap_of_two_columns", "table_gap_of_a_member"])
def test_pasted_rows_close_the_gap(name: str, tmp_path: Path) -> None:
    text = (CASES / name / "policy.yaml").read_text(encoding="utf-8")
    (finding,) = analyse(load_policy(CASES / name / "policy.yaml")).findings
    rows = re.findall(r"- \[.*?'null'\]", finding.problem.help)
    assert rows
    file = tmp_path / "policy.yaml"
    # The table stands last.
    file.write_text(text + "".join(f"      {row}\n" for row in rows), encoding="utf-8")
    assert [each.problem.code for each in analyse(load_policy(file)).findings] == []
