from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from postloan_rules.cli import main
from postloan_rules.policy import load_policy
from postloan_rules.portfolio.mapping import MappingInvalid
from postloan_rules.portfolio.population import Portfolio
from postloan_rules.portfolio.simulation import simulate

ROOT = Path(__file__).parents[2]
UCI = ROOT.parent / "shared" / "data" / "uci_taiwan" / "default_of_credit_card_clients.csv"

POLICY = """\
ruleset: tiny
version: "1"
language: 1
currency: CNY
subject: {each: accounts, where: product = "credit_card"}
triggers:
  overdue: {kind: condition, when: account.days_past_due >= 60}
  weak_score: {kind: condition, when: account.behaviour_score < 500, if_unknown: ignore}
responses:
  seal: {family: use, rank: 90, adverse: true, reasons: [delinquent_with_us]}
  block: {family: use, rank: 50}
rules:
  - {id: R-1, if: overdue, then: [seal, block]}
"""

MAPPING = """\
mapping: clients
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
      days_past_due: {column: LATE}
  bureau_reports: []
  events: []
  complaints: []
  reviews: []
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "clients.yml.map").write_text(MAPPING, encoding="utf-8")
    return tmp_path


def portfolio(folder: Path, *rows: str, limit: int | None = None) -> Portfolio:
    data = folder / "clients.csv"
    data.write_text("\n".join(("ID,LATE,BILL,BAD", *rows)) + "\n", encoding="utf-8")
    return Portfolio(data, folder / "clients.yml.map", limit=limit)


def postloan(rules: Path, of: Portfolio, *options: str) -> Result:
    arguments = ["simulate", str(rules), "--data", str(of.data), "--mapping", str(of.mapping), *options]
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


ROWS = ("1,0,10,0", "2,60,10,1", "3,90,10,0", "4,59.0,10,1", "5,0,10,0")


def test_heads_and_bad_ones_are_counted_against_the_rest(rules: Path) -> None:
    data = json.loads(postloan(rules, portfolio(rules, *ROWS), "--format", "json").stdout)
    assert (data["customers"], data["not_decided"], data["outcome"]) == (5, 0, "default")
    overdue, weak = data["triggers"]
    assert overdue == {
        "name": "overdue",
        "fired": 2,
        "bad": 1,
        "bad_rate": "0.5000",
        "rest_bad_rate": "0.3333",
        "lift": "1.2500",
        "accounts": 2,
        "balance": "20.00",
        "limit": None,
        "limits_unknown": 2,
        "unknown": 0,
    }
    assert (weak["name"], weak["fired"], weak["unknown"]) == ("weak_score", 0, 5)
    seal, block = data["responses"][:2]
    assert (seal["name"], seal["chosen"], block["name"], block["withheld"]) == ("seal", 2, "block", 2)
    assert block["withheld_by_cause"] == {"outranked": 2}
    groups = {each["name"]: each["customers"] for each in data["groups"]}
    assert (groups["an adverse response"], groups["no adverse response"]) == (2, 3)


def test_the_table_as_people_read_it(rules: Path) -> None:
    lines = [line.rstrip() for line in postloan(rules, portfolio(rules, *ROWS)).stdout.splitlines()]
    assert lines[:3] == [
        "tiny 1, profile standard",
        "5 customers decided, none skipped",
        "outcome default: 2 bad, 40.0 %; lift is a line's bad rate over this one",
    ]
    cells = [line.split() for line in lines]
    assert ["overdue", "2", "40.0", "%", "20.00", "1", "50.0", "%", "33.3", "%", "1.25"] in cells
    assert ["weak_score", "0", "0.0", "%", "5", "0.00"] in cells
    assert "For no customer: refer_to_officer" in lines


def test_csv_has_a_line_for_everything(rules: Path) -> None:
    lines = postloan(rules, portfolio(rules, *ROWS), "--format", "csv").stdout.splitlines()
    assert lines[0] == "kind,name,customers,unknown_or_withheld,bad,bad_rate,rest_bad_rate,lift"
    assert "trigger,overdue,2,0,1,0.500000,0.333333,1.25" in lines


def test_a_row_that_cannot_be_read_is_listed_counted_and_makes_the_run_fail(rules: Path) -> None:
    of = portfolio(rules, "1,0,10,0", "2,late,10,1", "3,0,10,2", '4,0,"10,0', "")
    result = postloan(rules, of)
    assert result.exit_code == 1
    assert "1 customers decided, 3 could not be decided" in result.stdout
    assert f"{of.data}:3: error PR0642: column `LATE`: `late` is not a number" in result.stderr
    assert f"{of.data}:4: error PR0646: column `BAD`: `2` is neither bad nor good" in result.stderr
    assert "error PR0641: the row can't be read" in result.stderr
    assert "3 of 4 customers could not be decided, and are in none of the counts" in result.stderr


def test_the_counts_do_not_depend_on_the_number_of_workers(rules: Path) -> None:
    of = portfolio(rules, *(f"{number},{number % 100},10,{number % 2}" for number in range(1, 1001)))
    alone, together = (simulate(rules, of, workers=workers) for workers in (1, 2))
    assert alone == together
    assert alone.report.head.decided == 1000


def test_progress_adds_up_to_all_customers(rules: Path) -> None:
    done: list[int] = []
    simulate(rules, portfolio(rules, *ROWS), progress=done.append)
    assert sum(done) == 5


def test_a_limit_decides_the_first_ones_only(rules: Path) -> None:
    assert simulate(rules, portfolio(rules, *ROWS, limit=2)).report.head.decided == 2


def test_json_lines_need_no_mapping_and_bad_lines_are_told(rules: Path) -> None:
    snapshots = CliRunner().invoke(main, ["sample", "-n", "4"], catch_exceptions=False).stdout.splitlines()
    data = rules / "sample.jsonl"
    without = [json.dumps({**json.loads(line), "attributes": {}}) for line in snapshots]
    data.write_text("\n".join([*without, '{"as_of": 1}']) + "\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["simulate", str(rules), "--data", str(data)], catch_exceptions=False)
    assert result.exit_code == 1
    assert "4 customers decided, 1 could not be decided" in result.stdout
    assert f"{data}:5: error PR0705: `as_of`" in result.stderr


def test_a_table_that_does_not_fit_its_mapping_is_refused(rules: Path) -> None:
    of = portfolio(rules, *ROWS)
    of.data.write_text("ID,LAT,BILL,BAD\n1,0,1,0\n", encoding="utf-8")
    with pytest.raises(MappingInvalid) as caught:
        simulate(rules, of)
    assert [each.code for each in caught.value.problems] == ["PR0632", "PR0631"]
    of.data.write_text("", encoding="utf-8")
    assert postloan(rules, of).exit_code == 1


def test_usage_mistakes_have_exit_code_2(rules: Path) -> None:
    of = portfolio(rules, *ROWS)
    run = CliRunner().invoke
    assert run(main, ["simulate", str(rules), "--data", str(of.data)]).exit_code == 2
    assert run(main, ["simulate", str(rules), "--data", str(of.data), "--outcome", "x"]).exit_code == 2
    result = postloan(rules, of, "--outcome", "defalt")
    assert result.exit_code == 1
    assert "did you mean `default`?" in result.stderr


@pytest.mark.skipif(not UCI.is_file(), reason="the UCI credit-card file does not stand beside this checkout")
def test_real_customers_are_decided_and_none_is_skipped() -> None:
    of = Portfolio(UCI, ROOT / "rules" / "mappings" / "uci_credit_card.yaml", limit=200)
    simulation = simulate(ROOT / "rules" / "credit_card", of)
    head, everybody = simulation.report.head, simulation.report.groups[0]
    assert (head.decided, head.refused) == (200, 0)
    assert simulation.policy.id == load_policy(ROOT / "rules" / "credit_card").id
    assert (everybody.customers, everybody.bad) == (200, 46)
