from __future__ import annotations

import json
from typing import TYPE_CHECKING

from postloan_rules import Snapshot, load

from .conftest import SNAPSHOT

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


def test_json_in_and_canonical_json_out(run: Run, policy: Path, snapshot: Path) -> None:
    result = run("decide", policy, snapshot)
    assert result.exit_code == 0
    decision = load(policy).decide(Snapshot.from_json(snapshot.read_bytes()))
    assert result.stdout == decision.to_json() + "\n"


def test_a_snapshot_over_several_lines_comes_from_standard_input(run: Run, policy: Path) -> None:
    result = run("decide", policy, stdin="\n" + json.dumps(SNAPSHOT, indent=2))
    assert json.loads(result.stdout)["customer_id"] == "C-1"


def test_json_lines_in_and_out_and_a_bad_line_is_told_and_does_not_stop_the_rest(
    run: Run, policy: Path
) -> None:
    good = json.dumps(SNAPSHOT)
    bad = good.replace('"100"', "100.5")
    result = run("decide", policy, "-", stdin=f"{good}\n{bad}\n\n{good}\n")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert "standard input:2: $.accounts[0].current_balance: error PR0708" in result.stderr


def test_the_page_names_responses_withheld_reasons_and_the_next_review(
    run: Run, policy: Path, snapshot: Path
) -> None:
    result = run("decide", policy, snapshot, "--format", "page", "--show", "accounts,customer")
    assert result.stdout.splitlines() == [
        "Customer C-1 as of Nov 30, 2026",
        "tiny 1, profile standard",
        "",
        "What to do",
        "  ■ Seal the card · account A-1 · adverse",
        "    seal, by R-1",
        "  ■ lower_limit · account A-1",
        "    lower_limit, by R-1",
        "    new_limit: CN¥500.00",
        "  ■ refer_to_officer",
        "    refer_to_officer, by what is unknown",
        "",
        "What is withheld",
        "  □ Block the card · account A-1: outranked by Seal the card",
        "    block, by R-1",
        "",
        "Why",
        "  ▲ Long overdue · account A-1: 95 days past due",
        "",
        "For an officer to settle",
        "  ? weak_score · account A-1: missing: account.behaviour_score",
        "",
        "Next review",
        "  May 30, 2027, in 181 days",
        "",
        "Reasons to tell the customer",
        "  delinquent_with_us",
    ]


def test_the_page_speaks_chinese(run: Run, policy: Path, snapshot: Path) -> None:
    lines = run("decide", policy, snapshot, "--format", "page", "--lang", "zh").stdout.splitlines()
    assert "客户 •••1，截至 2026年11月30日" in lines
    assert "  ■ 封卡 · 账户 •••1 · 不利措施" in lines
    assert "  ▲ 长期逾期 · 账户 •••1：逾期95天" in lines
    assert "    new_limit: ¥500.00" in lines


def test_the_page_hides_who_the_customer_is_and_the_json_does_not(
    run: Run, policy: Path, snapshot: Path
) -> None:
    page = run("decide", policy, snapshot, "--format", "page").stdout
    assert "C-1" not in page
    assert "A-1" not in page
    assert "--show customer,accounts shows them" in page
    data = json.loads(run("decide", policy, snapshot).stdout)
    assert (data["customer_id"], data["responses"][0]["account_id"]) == ("C-1", "A-1")


def test_a_snapshot_in_another_currency_is_told_by_file(run: Run, policy: Path, snapshot: Path) -> None:
    snapshot.write_text(json.dumps({**SNAPSHOT, "currency": "EUR"}), encoding="utf-8")
    result = run("decide", policy, snapshot)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"{snapshot}: $.currency: error PR0750" in result.stderr


def test_text_that_is_no_json_is_shown_with_its_line(run: Run, policy: Path, snapshot: Path) -> None:
    snapshot.write_text('{"as_of": True}', encoding="utf-8")
    result = run("decide", policy, snapshot)
    assert result.exit_code == 1
    assert f"{snapshot}:1:11: error PR0702" in result.stderr


def test_a_file_that_is_not_there_is_no_traceback(run: Run, policy: Path) -> None:
    result = run("decide", policy, "missing.json")
    assert result.exit_code == 1
    assert "missing.json" in result.stderr


def test_a_profile_changes_the_decision(run: Run, policy: Path, snapshot: Path) -> None:
    text = snapshot.read_text(encoding="utf-8").replace("95", "40")
    snapshot.write_text(text, encoding="utf-8")
    assert '"response":"seal"' not in run("decide", policy, snapshot).stdout
    assert '"response":"seal"' in run("decide", policy, snapshot, "--profile", "strict").stdout
