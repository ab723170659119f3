"""The commands over portfolios: what they print, and the files that they write."""

from __future__ import annotations

import csv
import json
import re
import sys
from typing import TYPE_CHECKING

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from postloan_rules.cli import reporting

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

POLICY = """\
ruleset: tiny
version: "1"
language: 1
currency: CNY
subject: {each: accounts, where: product = "credit_card"}
parameters:
  late: {type: days, value: 60}
triggers:
  overdue: {kind: condition, when: account.days_past_due >= late}
responses:
  seal: {family: use, rank: 90, adverse: true, reasons: [delinquent_with_us]}
rules:
  - {id: R-1, if: overdue, then: [seal]}
"""

MAPPING = """\
mapping: cards
outcomes:
  default: {column: BAD, bad: [1], good: [0]}
snapshot:
  as_of: 2026-09-30
  currency: CNY
  jurisdiction: other
  customer: {customer_id: {column: ID}}
  accounts:
    - account_id: {column: ID}
      product: credit_card
      current_balance: {column: BILL}
      credit_limit: {column: LIMIT}
      days_past_due: {column: LATE}
  bureau_reports: []
  events: []
  complaints: []
  reviews: []
"""

ROWS = "ID,LATE,BILL,LIMIT,BAD\n<b>1,0,1000000.5,,0\n2,60,10,100,1\n3,30,20,100,0\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a policy, a stricter one, a mapping and three customers; the present one."""
    for name, late in (("tiny", 60), ("strict", 30)):
        (tmp_path / name).mkdir()
        text = POLICY.replace("value: 60", f"value: {late}")
        (tmp_path / name / "policy.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "cards.map").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "cards.csv").write_text(ROWS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


DATA = ("--data", "cards.csv", "--mapping", "cards.map")
COMMANDS = (
    ("simulate", "tiny", *DATA, "--by", "current_balance_known"),
    ("impact", "tiny", "strict", *DATA),
    ("sweep", "tiny", "--parameter", "late=30:90:30", *DATA),
    ("track", "tiny", *DATA),
    ("challenge", "tiny", "strict", "--share", "50%", "--salt", "s", *DATA),
)


def arguments(command: tuple[str, ...]) -> list[str]:
    return [
        'if account.credit_limit = null then "unlimited" else "limited"'
        if each == "current_balance_known"
        else each
        for each in command
    ]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_report_is_printed_and_written_to_files_and_a_page(
    run: Run, place: Path, command: tuple[str, ...]
) -> None:
    result = run(*arguments(command), "--csv", "csv", "--parquet", "pq", "--html", "page.html")
    assert result.exit_code == 0, result.stderr
    assert "none skipped" in result.stdout
    names = sorted(path.stem for path in (place / "csv").iterdir())
    assert names == sorted(path.stem for path in (place / "pq").iterdir())
    assert names
    for name in names:
        with (place / "csv" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        table = pq.read_table(place / "pq" / f"{name}.parquet")
        assert table.column_names == rows[0]
        assert table.num_rows == len(rows) - 1
    page = (place / "page.html").read_text(encoding="utf-8")
    assert "default-src &#x27;none&#x27;" in page
    assert "<b>1" not in page
    body = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(src|href)=\"(?!#)", body)


@pytest.mark.parametrize("command", COMMANDS[1:], ids=lambda command: command[0])
def test_json_holds_every_table(run: Run, place: Path, command: tuple[str, ...]) -> None:  # noqa: ARG001
    data = json.loads(run(*arguments(command), "--format", "json").stdout)
    assert data["analysis"] == command[0]
    assert all(isinstance(rows, list) for rows in data["sheets"].values())


def test_unknown_is_said_and_is_no_zero(run: Run, place: Path) -> None:
    result = run(*arguments(COMMANDS[0]), "--csv", "csv", "--html", "page.html")
    assert result.exit_code == 0
    with (place / "csv" / "by_1.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["value"]: row for row in csv.DictReader(file)}
    assert rows["unlimited"]["limit"] == ""
    assert rows["unlimited"]["limits_unknown"] == "1"
    assert rows["limited"]["limit"] == "200.00"
    page = (place / "page.html").read_text(encoding="utf-8")
    assert '<td class="number unknown">unknown</td>' in page
    assert '<td class="number">1,000,000.50</td>' in page


def test_impact_prints_why(run: Run, place: Path) -> None:  # noqa: ARG001
    printed = run(*COMMANDS[1]).stdout
    assert "rule R-1 holds now: overdue not fired → fired" in printed
    assert "because late 60 → 30" in printed


def test_sweep_takes_exact_steps_and_lists(run: Run, place: Path) -> None:  # noqa: ARG001
    sheets = json.loads(run(*COMMANDS[2], "--format", "json").stdout)["sheets"]
    assert [(row["late"], row["hits"], row["present"]) for row in sheets["values"]] == [
        ("30", 2, ""),
        ("60", 1, "now"),
        ("90", 0, ""),
    ]
    listed = json.loads(run("sweep", "tiny", "--parameter", "late=90,30", *DATA, "--format", "json").stdout)
    assert [row["late"] for row in listed["sheets"]["values"]] == ["30", "90"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("late", "names no values"),
        ("late=5:1:1", "does not go up"),
        ("late=1:5:0", "does not go up"),
        ("late=1:5000:1", "at most 100 are taken"),
        ("late=a,b", "names no values"),
    ],
)
def test_values_that_are_none_are_told(run: Run, place: Path, given: str, said: str) -> None:  # noqa: ARG001
    result = run("sweep", "tiny", "--parameter", given, *DATA)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_parameter_that_is_none_is_a_problem(run: Run, place: Path) -> None:  # noqa: ARG001
    result = run("sweep", "tiny", "--parameter", "latte=1,2", *DATA)
    assert result.exit_code == 1
    assert (
        "error PR0323: `latte` is no parameter" in result.stderr or "`latte` is no parameter" in result.stderr
    )
    assert "did you mean `late`?" in result.stderr


@pytest.mark.parametrize("share", ["0%", "100%", "ten", "1.5", "-1%"])
def test_a_share_that_is_none_is_told(run: Run, place: Path, share: str) -> None:  # noqa: ARG001
    result = run("challenge", "tiny", "strict", "--share", share, "--salt", "s", *DATA)
    assert result.exit_code == 2
    assert "is no share" in result.stderr


def test_months_may_follow_data_as_the_shell_writes_them(run: Run, place: Path) -> None:
    assert run("sample", "-n", "8", "--months", "3", "-o", "months").exit_code == 0
    files = sorted((place / "months").iterdir())
    assert [path.name for path in files] == ["2026-09-30.jsonl", "2026-10-30.jsonl", "2026-11-30.jsonl"]
    for path in files:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        path.write_text(
            "".join(json.dumps({**each, "attributes": {}}) + "\n" for each in lines), encoding="utf-8"
        )
    result = run("track", "tiny", "--data", *files, "--format", "json")
    assert result.exit_code == 0
    assert [row["month"] for row in json.loads(result.stdout)["sheets"]["months"]] == [1, 2, 3]
    assert run("track", "tiny").exit_code == 2
    assert run("sample", "-n", "1", "--months", "2").exit_code == 2


def test_a_wrong_cut_is_a_usage_mistake(run: Run, place: Path) -> None:  # noqa: ARG001
    result = run("simulate", "tiny", *DATA, "--by", "custmer.customer_id")
    assert result.exit_code == 2
    assert "did you mean `customer`?" in result.stderr


def test_what_cannot_be_decided_makes_every_report_fail(run: Run, place: Path) -> None:
    (place / "cards.csv").write_text(ROWS + "4,x,1,1,0\n", encoding="utf-8")
    for command in COMMANDS:
        result = run(*arguments(command))
        assert result.exit_code == 1, command
        assert "1 of 4 customers could not be decided" in result.stderr
        assert "cards.csv:5: error PR0642" in result.stderr


def test_a_missing_extra_is_one_sentence(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr(reporting, "find_spec", lambda _: None)
    for command in COMMANDS:
        result = run(*arguments(command))
        assert result.exit_code == 1
        assert "pip install 'postloan-rules[" in result.stderr


def test_a_folder_that_is_a_file_is_told(run: Run, place: Path) -> None:  # noqa: ARG001
    result = run(*arguments(COMMANDS[0]), "--csv", "cards.csv")
    assert result.exit_code == 1
    assert "cards.csv" in result.stderr


def test_the_demo_needs_no_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("duckdb", "pyarrow", "altair", "plotext", "scipy"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in [each for each in sys.modules if each.startswith("postloan_rules.portfolio.")]:
        monkeypatch.delitem(sys.modules, name)
    result = run("demo", "-n", "12")
    assert result.exit_code == 0
    assert "12 customers decided, none skipped" in result.stdout


def test_columns_that_are_none_are_told(run: Run, place: Path) -> None:
    (place / "broken.parquet").write_bytes(b"PAR1 and nothing else")
    result = run("simulate", "tiny", "--data", "broken.parquet")
    assert result.exit_code == 1
    assert "broken.parquet" in result.stderr


NAMED = "ID,DAY,LATE,BILL,LIMIT,BAD\nCARD-0042,2026-01-31,31,100,,0\nCARD-0043,2026-01-31,60,10,100,1\n"


def test_numbers_of_customers_are_hidden_unless_they_are_asked_for(run: Run, place: Path) -> None:
    mapping = MAPPING.replace("as_of: 2026-09-30", "as_of: {column: DAY}")
    (place / "cards.map").write_text(mapping, encoding="utf-8")
    (place / "cards.csv").write_text(NAMED, encoding="utf-8")
    for month, late in ((1, True), (2, False), (3, True)):
        text = NAMED if late else NAMED.replace(",31,100", ",0,100").replace(",60,10,", ",0,10,")
        (place / f"{month}.csv").write_text(text.replace("01-31", f"0{month}-28"), encoding="utf-8")
    for command in (COMMANDS[1], ("track", "strict", "1.csv", "2.csv", "3.csv", "--mapping", "cards.map")):
        files = ("--csv", "csv", "--parquet", "pq", "--html", "page.html")
        printed = run(*command, *files).stdout
        held = [path.read_bytes().decode("utf-8", "replace") for path in place.glob("csv/*")]
        held += [str(pq.read_table(path).to_pylist()) for path in place.glob("pq/*")]
        held += [printed, (place / "page.html").read_text(encoding="utf-8")]
        held.append(run(*command, "--format", "json").stdout)
        assert not [text for text in held if "CARD-00" in text]
        for text in (printed, held[-2]):
            assert "•••042" in text
            assert "are hidden; --show customer" in text
        told = run(*command, "--html", "told.html", "--show", "customer,accounts").stdout
        assert "CARD-0042" in told
        assert "hidden" not in told
        assert "CARD-0042" in (place / "told.html").read_text(encoding="utf-8")


def test_months_out_of_order_are_told_before_anything_is_decided(run: Run, place: Path) -> None:
    mapping = MAPPING.replace("as_of: 2026-09-30", "as_of: {column: DAY}")
    (place / "cards.map").write_text(mapping, encoding="utf-8")
    for month in (1, 2):
        (place / f"{month}.csv").write_text(NAMED.replace("01-31", f"0{month}-28"), encoding="utf-8")
    result = run("track", "tiny", "2.csv", "1.csv", "--mapping", "cards.map")
    assert result.exit_code == 2
    assert "1.csv is of 2026-01-28, and 2.csv before it of 2026-02-28: name the months" in result.stderr
    assert run("track", "tiny", "1.csv", "1.csv", "--mapping", "cards.map").exit_code == 2


def test_a_cut_that_tells_who_customers_are_is_refused(run: Run, place: Path) -> None:  # noqa: ARG001
    for command in (COMMANDS[0][:2], COMMANDS[4][:-4]):
        for cut in ("customer.customer_id", "account.account_id", "customer_id"):
            result = run(*command, *DATA, "--by", cut)
            assert result.exit_code == 2
            assert "add `--show" in result.stderr
        assert run(*command, *DATA, "--by", "customer_id", "--show", "customer").exit_code == 0
        assert run(*command, *DATA, "--by", 'account.account_id = "3"').exit_code == 0
    assert "did you mean `customer`?" in run("simulate", "tiny", *DATA, "--show", "custome").stderr


def test_policies_for_different_products_are_not_compared(run: Run, place: Path) -> None:
    loans = POLICY.replace("ruleset: tiny", "ruleset: loans").replace("credit_card", "personal_loan")
    (place / "loans").mkdir()
    (place / "loans" / "policy.yaml").write_text(loans, encoding="utf-8")
    for command in (("impact",), ("challenge", "--share", "50%", "--salt", "s")):
        result = run(*command, "tiny", "loans", *DATA)
        assert result.exit_code == 2
        assert 'tiny is about accounts where product = "credit_card", and loans about' in result.stderr
    same = POLICY.replace("ruleset: tiny", "ruleset: tiny_draft")
    (place / "loans" / "policy.yaml").write_text(same, encoding="utf-8")
    assert run("impact", "tiny", "loans", *DATA).exit_code == 0


def test_policies_of_the_same_name_are_told_of(run: Run, place: Path) -> None:  # noqa: ARG001
    said = "both are called tiny 1: give the new one a version of its own"
    assert said in run("impact", "tiny", "strict", *DATA).stdout
    assert said in run(*COMMANDS[4]).stdout
    assert "both are the same policy" in run("impact", "tiny", "tiny", *DATA).stdout


def test_a_mapping_with_several_outcomes_is_told_of(run: Run, place: Path) -> None:
    more = MAPPING.replace("outcomes:\n", "outcomes:\n  loss: {column: LOSS, bad: [1], good: [0]}\n")
    lines = [f"{line},{'LOSS' if not at else at % 2}" for at, line in enumerate(ROWS.splitlines())]
    (place / "cards.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (place / "cards.map").write_text(more, encoding="utf-8")
    result = run(*COMMANDS[2])
    assert result.exit_code == 0, result.stderr
    assert "no outcome is counted: name one of loss, default with --outcome" in result.stderr
    assert "capture" in run(*COMMANDS[2], "--outcome", "loss").stdout


def test_months_are_a_folder_or_a_pattern(run: Run, place: Path) -> None:
    mapping = MAPPING.replace("as_of: 2026-09-30", "as_of: {column: DAY}")
    (place / "cards.map").write_text(mapping, encoding="utf-8")
    (place / "months").mkdir()
    for month in (1, 2):
        (place / "months" / f"{month}.csv").write_text(NAMED.replace("01-31", f"0{month}-28"), "utf-8")
    for given in ("months", "months/*.csv"):
        assert "over 2 months" in run("track", "tiny", given, "--mapping", "cards.map").stdout
    (place / "months" / "1.jsonl").write_text("{}\n", encoding="utf-8")
    result = run("simulate", "tiny", "--data", "months")
    assert "it is a folder of JSON lines: name a file of it, such as months/1.jsonl" in result.stderr
