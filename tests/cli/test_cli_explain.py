from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


def test_a_trigger_stands_with_its_words_values_and_places(run: Run, policy: Path, snapshot: Path) -> None:
    result = run(
        "explain", policy, snapshot, "--trigger", "overdue", "--account", "A-1", "--show", "accounts,customer"
    )
    file = (policy / "policy.yaml").as_posix()
    assert result.exit_code == 0
    assert result.stdout.splitlines()[2:] == [
        "Triggers",
        f"└── fired overdue · Long overdue · account A-1: 95 days past due  {file}:11",
        f"    └── account.days_past_due >= late = true  {file}:13",
        f"        ├── late = 90 days  {file}:7",
        "        └── account.days_past_due = 95 days",
    ]


def test_what_did_not_fire_is_left_out_unless_asked_for(run: Run, policy: Path, snapshot: Path) -> None:
    text = snapshot.read_text(encoding="utf-8").replace("95", "0")
    snapshot.write_text(text, encoding="utf-8")
    short = run("explain", policy, snapshot, "--show", "customer,accounts").stdout
    assert "overdue" not in short
    assert "unknown weak_score" in short
    assert short.endswith(
        "Left out: triggers that did not fire (1), rules that do not hold (1); --all shows them\n"
    )
    whole = run("explain", policy, snapshot, "--all").stdout
    assert "not fired overdue" in whole
    assert "does not hold R-1" in whole


def test_an_unknown_trigger_or_account_is_told_with_the_nearest(
    run: Run, policy: Path, snapshot: Path
) -> None:
    result = run("explain", policy, snapshot, "--trigger", "overdu")
    assert result.exit_code == 2
    assert "there is no trigger `overdu`; did you mean `overdue`?" in " ".join(result.stderr.split())
    result = run("explain", policy, snapshot, "--account", "A-2")
    assert result.exit_code == 2
    assert "A-1" in result.stderr


def test_who_the_customer_is_stays_hidden_unless_it_is_asked_for(
    run: Run, policy: Path, snapshot: Path
) -> None:
    hidden = run("explain", policy, snapshot).stdout
    assert "C-1" not in hidden
    assert "A-1" not in hidden
    shown = run("explain", policy, snapshot, "--show", "accounts").stdout
    assert "account A-1" in shown
    assert "C-1" not in shown


def test_a_name_that_hides_nothing_is_told_with_the_nearest(run: Run, policy: Path, snapshot: Path) -> None:
    result = run("explain", policy, snapshot, "--show", "acounts")
    assert result.exit_code == 2
    assert "`acounts`; did you mean `accounts`?" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("tree", "Customer •••1"),
        ("json", "{"),
        ("markdown", "# Customer •••1"),
        ("html", "<!doctype html>"),
        ("mermaid", "flowchart LR"),
        ("dot", "digraph explanation {"),
    ],
)
def test_every_form_goes_to_a_file_as_to_the_screen(
    run: Run, policy: Path, snapshot: Path, tmp_path: Path, form: str, start: str
) -> None:
    file = tmp_path / "explanation"
    assert run("explain", policy, snapshot, "--format", form, "-o", file).stdout == ""
    text = file.read_text(encoding="utf-8")
    assert text.startswith(start)
    assert run("explain", policy, snapshot, "--format", form).stdout == text


def test_a_file_that_cannot_be_written_is_no_traceback(run: Run, policy: Path, snapshot: Path) -> None:
    result = run("explain", policy, snapshot, "--format", "html", "-o", "/nowhere/page.html")
    assert result.exit_code == 1
    assert "/nowhere/page.html" in result.stderr


def test_the_schema_of_an_explanation_is_printed(run: Run) -> None:
    assert json.loads(run("schema", "explanation").stdout)["title"] == "Explanation"


def test_reasons_and_what_another_response_lacks_stand_in_the_tree(
    run: Run, policy: Path, snapshot: Path
) -> None:
    printed = run("explain", policy, snapshot, "--reasons", "--why-not", "block").stdout
    file = (policy / "policy.yaml").as_posix()
    assert "Seal the card · account •••1: 1 condition is enough" in printed
    condition = (
        f"account.days_past_due >= late = true  account.days_past_due = 95 days  late = 90 days  {file}:13"
    )
    assert condition in printed
    assert "Block the card · account •••1\n    └── outranked by Seal the card" in printed


def test_why_not_is_asked_of_responses_that_are_not_chosen(run: Run, policy: Path, snapshot: Path) -> None:
    result = run("explain", policy, snapshot, "--why-not", "seal")
    assert result.exit_code == 2
    assert "`seal` is chosen; --reasons says why" in " ".join(result.stderr.split())
    result = run("explain", policy, snapshot, "--why-not", "blok")
    assert "did you mean `block`?" in " ".join(result.stderr.split())
