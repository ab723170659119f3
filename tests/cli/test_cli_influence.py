"""`postloan influence`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run


def test_the_table_names_what_is_common_once(run: Run, policy: Path) -> None:
    done = run("influence", policy)
    assert done.exit_code == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert any(line.startswith("every response account.days_past_due, account.product,") for line in lines)
    assert "lower_limit.new_limit account.credit_limit" in lines
    assert "seal account.account_id, reviews[].responses[].account_id" in lines
    assert any(line.startswith("next review ") for line in lines)


def test_one_response(run: Run, policy: Path) -> None:
    done = run("influence", policy, "--response", "block")
    assert "account.days_past_due" in done.stdout
    assert "lower_limit" not in done.stdout
    wrong = run("influence", policy, "--response", "blok")
    assert wrong.exit_code == 2
    assert "did you mean `block`?" in wrong.stderr


def test_one_field_and_its_ways(run: Run, policy: Path) -> None:
    done = run("influence", policy, "--field", "accounts[].behaviour_score")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "refer_to_officer account.behaviour_score trigger weak_score" in lines
    assert (
        run("influence", policy, "--field", "customer.vulnerable").stdout
        == "customer.vulnerable changes nothing\n"
    )
    assert run("influence", policy, "--field", "customer.vulnerabel").exit_code == 2


def test_json(run: Run, policy: Path) -> None:
    data = json.loads(run("influence", policy, "--format", "json").stdout)
    assert data["ruleset"] == "tiny"
    assert data["responses"]["lower_limit"]["parameters"] == {"new_limit": ["account.credit_limit"]}
    assert "account.days_past_due" in data["responses"]["seal"]["fields"]
    assert data["banned"] == []
    assert "reviews[].next_due" in data["next_review"]


def test_a_banned_field_ends_with_exit_code_1(run: Run, policy: Path, tmp_path: Path) -> None:
    file = tmp_path / "bans.yaml"
    file.write_text("- {path: account.behaviour_score, reason: not ours to use}\n", encoding="utf-8")
    done = run("influence", policy, "--ban", file)
    assert done.exit_code == 1
    assert "PR0389: `account.behaviour_score` can change the response `refer_to_officer`" in done.stdout
    as_json = run("influence", policy, "--ban", file, "--format", "json")
    assert as_json.exit_code == 1
    banned = {each["response"]: each for each in json.loads(as_json.stdout)["banned"]}
    assert banned["refer_to_officer"]["by"] == ["trigger weak_score"]
    assert "PR0389" in as_json.stderr


def test_a_wrong_list_of_bans(run: Run, policy: Path, tmp_path: Path) -> None:
    file = tmp_path / "bans.yaml"
    file.write_text("- {path: account.score, reason: x}\n", encoding="utf-8")
    done = run("influence", policy, "--ban", file)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "PR0388" in done.stderr
