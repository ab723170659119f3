from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from postloan_rules import Snapshot

pytest.importorskip("z3")

from .conftest import SNAPSHOT

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


@pytest.fixture
def versions(run: Run, tmp_path: Path) -> tuple[Path, Path]:
    """A small policy, and a draft of it that blocks cards sooner."""
    for name in ("cards", "draft"):
        run("new", tmp_path / name)
    change(tmp_path / "draft", "value: 60,", "value: 45,")
    return tmp_path / "cards", tmp_path / "draft"


def change(folder: Path, old: str, new: str) -> None:
    file = folder / "policy.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_difference_is_shown_and_gives_exit_code_1(run: Run, versions: tuple[Path, Path]) -> None:
    result = run("diff", *versions)
    assert result.exit_code == 1
    assert "parameter very_late: changed, effect" in result.stdout
    assert "1. card_very_late fires now\n   - account.days_past_due: 45 days or more" in result.stdout
    assert "send_letter · A-1 → block_card · A-1" in result.stdout


def test_what_is_equal_gives_exit_code_0(run: Run, versions: tuple[Path, Path]) -> None:
    old, new = versions
    change(new, "value: 45,", "value: 60,")
    assert run("diff", old, new).exit_code == 0
    change(new, "account.days_past_due >= very_late", "not(account.days_past_due < very_late)")
    result = run("diff", old, new)
    assert result.exit_code == 0
    assert "Equal in effect (proved)" in result.stdout
    assert "trigger card_very_late: changed, no effect (proved)" in result.stdout


def test_a_wrong_policy_gives_exit_code_2(run: Run, versions: tuple[Path, Path]) -> None:
    old, new = versions
    change(new, "account.days_past_due >= very_late", "account.days_past_due >= nothing")
    result = run("diff", old, new)
    assert result.exit_code == 2
    assert "PR0220" in result.stderr
    assert run("diff", old, new / "none").exit_code == 2
    assert run("diff", old, old, "--data", "x.jsonl", "--format", "json").exit_code == 2


def test_no_time_is_said_and_is_no_proof(run: Run, versions: tuple[Path, Path]) -> None:
    result = run("diff", *versions, "--seconds", "0.000001")
    assert result.exit_code == 1
    assert "there was no time for it" in result.stdout


def test_json_has_the_customer_and_both_decisions(
    run: Run, versions: tuple[Path, Path], tmp_path: Path
) -> None:
    result = run("diff", *versions, "--format", "json", "--witnesses", tmp_path / "witnesses")
    assert result.exit_code == 1
    body = json.loads(result.stdout)
    assert body["verdict"] == "different"
    assert body["parts"] == [
        {"kind": "parameter", "name": "very_late", "change": "changed", "effect": "effect"}
    ]
    fires = body["differences"][0]
    assert fires["region"] == [
        {
            "name": "account.days_past_due",
            "type": "days",
            "or_unknown": False,
            "low": {"value": "45", "included": True},
            "high": {"value": "59", "included": True},
        }
    ]
    assert fires["all_such_customers"] is True
    assert fires["witness"]["old"]["responses"] != fires["witness"]["new"]["responses"]
    files = sorted((tmp_path / "witnesses").iterdir())
    assert len(files) == len(body["differences"])
    assert Snapshot.from_json(files[0].read_text(encoding="utf-8")).to_dict() == fires["witness"]["snapshot"]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "The versions differ in effect"), ("zh", "两个版本效果不同")]
)
@pytest.mark.parametrize("form", ["markdown", "html"])
def test_the_paper_is_the_same_each_time(
    run: Run, versions: tuple[Path, Path], tmp_path: Path, form: str, language: str, said: str
) -> None:
    papers = []
    for name in ("one", "two"):
        file = tmp_path / name
        result = run("diff", *versions, "--format", form, "--language", language, "--output", file)
        assert result.exit_code == 1
        assert result.stdout.startswith(f"wrote {file}: {said}")
        papers.append(file.read_text(encoding="utf-8"))
    assert papers[0] == papers[1]
    assert said in papers[0]
    if form == "html":
        assert f'<html lang="{"en" if language == "en" else "zh-CN"}">' in papers[0]
        assert "<script" not in papers[0]
        assert "://" not in papers[0]


def test_profiles_are_compared(run: Run, versions: tuple[Path, Path]) -> None:
    old, _ = versions
    file = old / "policy.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "profiles: {strict: {late: 20}}\n", encoding="utf-8")
    assert run("diff", old, old, "--profile", "strict").exit_code == 0
    result = run("diff", old, old, "--new-profile", "strict")
    assert result.exit_code == 1
    assert "card_late fires now" in result.stdout


def test_the_impact_on_a_portfolio(run: Run, versions: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    data = tmp_path / "portfolio.jsonl"
    customers = []
    for number, days in enumerate((0, 50, 70)):
        account = SNAPSHOT["accounts"][0] | {"days_past_due": days}  # type: ignore[index]  # a list of accounts
        customers.append({**SNAPSHOT, "customer": {"customer_id": f"C-{number}"}, "accounts": [account]})
    data.write_text("".join(json.dumps(each) + "\n" for each in customers), encoding="utf-8")
    result = run("diff", *versions, "--data", data, "--format", "markdown")
    assert result.exit_code == 1, result.output
    assert "## Impact on the portfolio" in result.stdout
    assert "3 customers decided by both" in result.stdout
