"""What is wrong with a file as a whole, or with how a policy is asked for."""

from __future__ import annotations

import io
import random
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

import postloan_rules as plr

POLICY = """\
ruleset: small
version: "1"
language: 1
currency: CNY
facts:
  band: {table: bands}
triggers:
  many: {kind: condition, when: band = "high", if_unknown: refer}
responses:
  call_customer: {family: contact, rank: 10}
rules:
  - {id: R1, if: many, then: [call_customer]}
tables:
  bands:
    hit: first
    inputs: [count(accounts)]
    output: {band: string}
    table: {file: bands.FORMAT}
"""


def problems(path: Path, profile: str | None = None) -> list[str]:
    with pytest.raises(plr.RuleSetInvalid) as caught:
        plr.load(path, profile=profile)
    return [f"{problem.code}: {problem.message}" for problem in caught.value.problems]


def folder(where: Path, suffix: str, rows: bytes) -> Path:
    (where / "policy.yaml").write_text(POLICY.replace("FORMAT", suffix), encoding="utf-8")
    (where / f"bands.{suffix}").write_bytes(rows)
    return where


def test_a_folder_that_is_not_there_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "credit_card").mkdir()
    with pytest.raises(plr.RuleSetInvalid) as caught:
        plr.load(tmp_path / "credit_cart")
    (problem,) = caught.value.problems
    assert problem.code == "PR0121"
    assert problem.help == "did you mean `credit_card`?"


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    path = folder(tmp_path, "csv", b'count(accounts),band\n-,"""high"""\n')
    assert problems(path, "strikt") == ["PR0309: the policy has no profile `strikt`"]


def test_a_file_of_more_than_a_mebibyte(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_bytes(b"# " + b"x" * (1 << 20))
    (found,) = problems(tmp_path)
    assert found.startswith("PR0101: the file has more than 1,048,576 bytes")


def test_a_file_that_the_system_does_not_let_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, "csv", b"")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert problems(tmp_path) == ["PR0122: the file can't be read: permission denied"]


def test_a_table_of_too_many_rows(tmp_path: Path) -> None:
    path = folder(tmp_path, "csv", b"count(accounts),band\n" + b'-,"""a"""\n' * 10_001)
    assert problems(path) == ["PR0802: the file of the table `bands` has more than 10,000 rows"]


def test_a_table_of_more_than_a_mebibyte(tmp_path: Path) -> None:
    path = folder(tmp_path, "csv", b"count(accounts),band\n" + b"-" * (1 << 20))
    assert problems(path) == ["PR0802: the file `bands.csv` has more than 1,048,576 bytes"]


def test_excel_without_what_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    path = folder(tmp_path, "xlsx", b"")
    assert problems(path) == ["PR0806: reading Excel needs the package openpyxl"]


def test_a_response_that_no_rule_calls_for_is_a_warning(tmp_path: Path) -> None:
    path = folder(tmp_path, "csv", b'count(accounts),band\n-,"""high"""\n')
    file = path / "policy.yaml"
    more = "  write_letter: {family: letters, rank: 1}\nrules:"
    file.write_text(file.read_text(encoding="utf-8").replace("rules:", more), encoding="utf-8")
    (warning,) = plr.load(path).warnings
    assert (warning.code, warning.severity) == ("PR0360", "warning")
    assert warning.message == "no rule calls for the response `write_letter`"


def excel() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["count(accounts)", "band"], [">= 3", '"high"'], ["-", '"low"']):
        sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def test_an_excel_file_that_was_damaged_on_the_way(tmp_path: Path) -> None:
    whole = excel()
    assert plr.load(folder(tmp_path, "xlsx", whole)).warnings == ()
    choose = random.Random("damage")
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(choose.randint(1, 20)):
            damaged[choose.randrange(len(damaged))] = choose.randrange(256)
        try:
            plr.load(folder(tmp_path, "xlsx", bytes(damaged)))
        except plr.RuleSetInvalid:
            refused += 1
    assert refused > 100


def test_an_excel_file_that_is_small_only_while_it_is_packed(tmp_path: Path) -> None:
    packed = io.BytesIO(excel())
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/media/blank", bytes(33 << 20))
    path = folder(tmp_path, "xlsx", packed.getvalue())
    (found,) = problems(path)
    assert found.startswith("PR0802: the file `bands.xlsx` unpacks to more than")
