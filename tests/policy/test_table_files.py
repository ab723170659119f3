"""Tables kept in CSV and Excel: read as people see them, mistakes told by sheet and cell."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import openpyxl
import pytest

import postloan_rules as plr
from builders import HEAD, customer

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """
inputs: {share: {type: ratio}, grade: {type: [low, high]}, since: {type: date}}
tables:
  terms:
    hit: first
    inputs: [share, grade, since]
    output: {months: number, offer: boolean}
    table: {FILE}
triggers: {always: {kind: condition, when: as_of != null}}
responses:
  plan: {family: a, rank: 1, parameters: {months: {type: number, table: terms, output: months}}}
rules: [{id: R1, if: always, then: [plan]}]
"""
HEADINGS: list[object] = ["months", "share", "grade", "since", "offer"]


def load(folder: Path, file: str) -> plr.RuleSet:
    (folder / "policy.yaml").write_text(HEAD + POLICY.replace("FILE", file), encoding="utf-8")
    return plr.load(folder / "policy.yaml")


def months(rules: plr.RuleSet, **attributes: object) -> str | None:
    decision = rules.decide(customer(attributes=attributes))
    return next((str(each.parameters["months"]) for each in decision.responses if each.parameters), None)


def excel(folder: Path, rows: list[list[object]], sheet: str = "Terms") -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Notes")
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    book.save(folder / "terms.xlsx")


def test_a_csv_file_gives_the_rows(tmp_path: Path) -> None:
    text = 'months,share,grade,since,offer\r\n60,>= 0.5,-,-,true\r\n36,"[0.1..0.5)","""low"", ""high""",-,true\r\n\r\n12,-,-,-,false\r\n'
    (tmp_path / "terms.csv").write_text("\ufeff" + text, encoding="utf-8", newline="")
    rules = load(tmp_path, "file: terms.csv")
    day = "2026-01-01"
    assert months(rules, share="0.5", grade="low", since=day) == "60"
    assert months(rules, share="0.35", grade="high", since=day) == "36"
    assert months(rules, share="0.05", grade="high", since=day) == "12"


def test_an_excel_sheet_gives_the_rows_as_people_see_them(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        HEADINGS,
        [60, 0.35, '"low"', dt.date(2026, 1, 1), True],
        [12, "-", "-", "-", False],
    ]
    excel(tmp_path, rows)
    rules = load(tmp_path, "file: terms.xlsx, sheet: Terms")
    assert months(rules, share="0.35", grade="low", since="2026-01-01") == "60"
    assert months(rules, share="0.35", grade="low", since="2026-01-02") == "12"
    assert months(rules, share="0.3500001", grade="low", since="2026-01-01") == "12"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [["month", *HEADINGS[1:]], [1, "-", "-", "-", True]],
            "terms.xlsx [Terms!A1]:1:1: error PR0808: `month` is no column",
        ),
        ([HEADINGS[:4], [1, "-", "-", "-"]], "lacks the column `offer`"),
        (
            [HEADINGS, [1, ">= x", "-", "-", True]],
            "terms.xlsx [Terms!B2]:1:4: error PR0220: unknown name `x`",
        ),
        ([HEADINGS, [1, "-", '"medium"', "-", True]], "terms.xlsx [Terms!C2]:1:1: error PR0222"),
        (
            [HEADINGS, ["=1+1", "-", "-", "-", True]],
            "terms.xlsx [Terms!A2]:1:1: error PR0807: `=1+1` is a formula",
        ),
        ([HEADINGS, [1, "-", None, "-", True]], "terms.xlsx [Terms!C2]:1:1: error PR0304"),
        ([HEADINGS, ["1,5", "-", "-", "-", True]], "terms.xlsx [Terms!A2]"),
        ([], "PR0304: the file of the table `terms` is empty"),
    ],
)
def test_mistakes_are_told_by_sheet_and_cell(tmp_path: Path, rows: list[list[object]], said: str) -> None:
    excel(tmp_path, rows)
    with pytest.raises(plr.RuleSetInvalid) as caught:
        load(tmp_path, "file: terms.xlsx, sheet: Terms")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("file: term.xlsx", "PR0801"),
        ("file: ../terms.xlsx", "PR0123"),
        ("file: terms.xlsx, sheet: Term", "PR0804"),
        ("file: terms.txt", "PR0803"),
        ("file: broken.xlsx", "PR0805"),
        ("file: latin.csv", "PR0102"),
        ("file: quote.csv", "PR0805"),
        ("file: sheets.csv, sheet: One", "PR0804"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, file: str, code: str) -> None:
    excel(tmp_path, [HEADINGS, [1, "-", "-", "-", True]])
    (tmp_path / "terms.txt").write_text("x")
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    (tmp_path / "latin.csv").write_bytes("months,é".encode("latin-1"))
    (tmp_path / "quote.csv").write_text('months,"share\n')
    (tmp_path / "sheets.csv").write_text("months,share,grade,since,offer\n1,-,-,-,true\n")
    with pytest.raises(plr.RuleSetInvalid) as caught:
        load(tmp_path, file)
    assert code in {problem.code for problem in caught.value.problems}
