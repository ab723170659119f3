"""Each limit: what is at it is taken, what is one past it is a problem that names the limit."""

from __future__ import annotations

import io
import json
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import openpyxl
import pytest

import postloan_rules as plr
from builders import HEAD, account, customer
from postloan_rules.limits import LIMITS, Limits, described
from postloan_rules.policy.dmn import DmnInvalid, from_dmn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parent.parent.parent
FEW = "triggers:\n  t: {kind: schedule}\nresponses:\n  r: {family: a, rank: 1}\nrules: [{id: A, if: t, then: [r]}]\nschedule: {standard: 6 months, bounds: {shortest: 1 month, longest: 12 months}}\n"

Files = "Mapping[str, str | bytes]"


def problems(folder: Path, files: Mapping[str, str | bytes], **limits: int) -> list[tuple[str, str]]:
    """The codes and messages of a policy of these files, under these limits."""
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        plr.load(folder, limits=Limits(**limits))
    except plr.RuleSetInvalid as error:
        return [(problem.code, problem.message) for problem in error.problems]
    return []


def policy(body: str) -> dict[str, str | bytes]:
    return {"policy.yaml": HEAD + textwrap.dedent(body)}


def fact(text: str, type_: str = "number") -> dict[str, str | bytes]:
    return policy(f"facts:\n  f: {{type: {type_}, is: '{text}'}}\n")


def table(columns: int, rows: int, suffix: str = "csv") -> dict[str, str | bytes]:
    names = [f"i{number}" for number in range(columns - 1)]
    grid = [[*names, "x"], *([*["-"] * len(names), str(number)] for number in range(rows))]
    inputs = "".join(f"  {name}: {{type: number, required: true}}\n" for name in names)
    body = f"inputs:\n{inputs}tables:\n  t:\n    hit: first\n    inputs: [{', '.join(names)}]\n    output: {{x: number}}\n"
    body += f"    table: {{file: t.{suffix}}}\nfacts:\n  f: {{type: number, table: t}}\n"
    if suffix == "csv":
        data: str | bytes = "".join(",".join(row) + "\n" for row in grid)
    else:
        book = openpyxl.Workbook()
        for row in grid:
            book.worksheets[0].append(row)
        packed = io.BytesIO()
        book.save(packed)
        data = packed.getvalue()
    return {**policy(body), f"t.{suffix}": data}


LENGTH = len((HEAD + FEW).encode())
NESTED = "triggers:\n  t: {kind: condition, when: {all: [{any: [as_of = as_of]}]}}\n"
"""A section, an entry, a section, a list, a section, a list: six levels."""

POLICIES: Mapping[str, tuple[Mapping[str, str | bytes], Mapping[str, int], str, str]] = {
    # limit: (the files, the limit at which they are just taken, the code past it, what the message says)
    "file_bytes": (policy(FEW), {"file_bytes": LENGTH}, "PR0101", f"more than {LENGTH - 1:,} bytes"),
    "policy_files": (
        {
            **policy(FEW),
            "b.yaml": "facts: {a: {type: number, is: 1}}",
            "c.yaml": "facts: {b: {type: number, is: 1}}",
        },
        {"policy_files": 3},
        "PR1000",
        "has 3 files, and at most 2 are read",
    ),
    "policy_bytes": (
        {**policy(FEW), "z.yaml": "facts: {}  # "},
        {"policy_bytes": LENGTH + 13},
        "PR1001",
        f"more than {LENGTH + 12:,} bytes together",
    ),
    "definitions": (
        policy(FEW),
        {"definitions": 3},
        "PR1002",
        "defines 3 names and rules, and at most 2 are taken",
    ),
    "yaml_depth": (policy(NESTED), {"yaml_depth": 7}, "PR0108", "nested more than 6 levels deep"),
    "name_length": (
        policy("facts: {abcdefghij: {type: number, is: 1}}\n"),
        {"name_length": 10},
        "PR0305",
        "`abcdefghi` can't be the name of a fact",
    ),
    "expression_length": (fact("1 + 2"), {"expression_length": 5}, "PR0290", "longer than 4 characters"),
    "expression_depth": (fact("((1))"), {"expression_depth": 3}, "PR0291", "nested more than 2 deep"),
    "expression_steps": (
        fact("count(accounts[current_balance > 5])"),
        {"expression_steps": 603},
        "PR1010",
        "takes 603 steps where lists have 100 members, and 602 is the most",
    ),
    "policy_steps": (
        policy("facts:\n  a: {type: number, is: 1 + 2}\n  b: {type: number, is: a + 1}\n"),
        {"policy_steps": 6},
        "PR1011",
        "take 6 steps together, and 5 is the most",
    ),
    "type_parts": (
        policy(
            'facts:\n  f: {type: number, is: "count([[1]])"}\n  g: {type: number, is: "{a: 1, b: 2}.a"}\n'
        ),
        {"type_parts": 1},
        "",
        "",
    ),
    "table_rows": (table(2, 3), {"table_rows": 3}, "PR0802", "more than 2 rows"),
    "table_columns": (table(3, 1), {"table_columns": 3}, "PR1004", "more than 2 columns"),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_at_a_limit_is_taken_and_one_past_it_is_not(name: str, tmp_path: Path) -> None:
    files, limit, code, message = POLICIES[name]
    assert problems(tmp_path, files, **limit) == []
    if code:
        found = problems(tmp_path, files, **{name: limit[name] - 1})
        assert [each for each, _ in found] == [code]
        assert message in found[0][1]


def test_excel_tables_have_the_same_limits(tmp_path: Path) -> None:
    files = table(3, 4, "xlsx")
    assert problems(tmp_path, files, table_rows=4, table_columns=3) == []
    assert [code for code, _ in problems(tmp_path, files, table_rows=3)] == ["PR0802"]
    assert [code for code, _ in problems(tmp_path, files, table_columns=2)] == ["PR1004"]


def test_an_excel_file_is_not_unpacked_past_a_limit(tmp_path: Path) -> None:
    files = table(2, 2, "xlsx")
    from zipfile import ZipFile

    data = files["t.xlsx"]
    assert isinstance(data, bytes)
    with ZipFile(io.BytesIO(data)) as parts:
        size = sum(part.file_size for part in parts.infolist())
    assert problems(tmp_path, files, unpacked_bytes=size) == []
    assert problems(tmp_path, files, unpacked_bytes=size - 1) == [
        ("PR0802", f"the file `t.xlsx` unpacks to more than {size - 1:,} bytes")
    ]


def test_tables_and_dmn_files_have_the_limit_of_files(tmp_path: Path) -> None:
    files = table(2, 200)
    size = len(files["t.csv"])
    assert problems(tmp_path, files, file_bytes=size) == []
    assert problems(tmp_path, files, file_bytes=size - 1) == [
        ("PR0802", f"the file `t.csv` has more than {size - 1:,} bytes")
    ]
    text = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
    from_dmn(text, "a.dmn", Limits(file_bytes=len(text)))
    for given in (text, text.encode()):
        with pytest.raises(DmnInvalid, match="PR0850: the file has more than 66 bytes"):
            from_dmn(given, "a.dmn", Limits(file_bytes=len(text) - 1))
    deep = text.replace("/>", "><description><b/></description></definitions>")
    from_dmn(deep, "a.dmn", Limits(yaml_depth=3))
    with pytest.raises(DmnInvalid, match="PR0853: elements are nested more than 2 deep"):
        from_dmn(deep, "a.dmn", Limits(yaml_depth=2))


def test_digits(tmp_path: Path) -> None:
    text = "parameters: {p: {type: number, value: 12345}}\nfacts: {f: {type: number, is: p + 54321}}\n"
    assert problems(tmp_path, policy(text), digits=5) == []
    found = problems(tmp_path, policy(text), digits=4)
    assert [code for code, _ in found] == ["PR0311", "PR0204"]
    assert found[1][1] == "`54321` has more than 4 digits"


def test_the_parts_of_a_type() -> None:
    limits = Limits(type_parts=4)
    assert plr.evaluate("{a: 1, b: [2]}", limits=limits) == {"a": 1, "b": [2]}
    with pytest.raises(plr.ExpressionInvalid, match="PR1012: the value has more than 3 parts"):
        plr.evaluate("{a: 1, b: [2]}", limits=Limits(type_parts=3))


def test_problems_are_told_up_to_a_limit(tmp_path: Path) -> None:
    wrong = "".join(f"  f{number}: {{type: number, is: x}}\n" for number in range(5))
    assert [code for code, _ in problems(tmp_path, policy("facts:\n" + wrong), problems=5)] == ["PR0220"] * 5
    found = problems(tmp_path, policy("facts:\n" + wrong), problems=4)
    assert sorted(code for code, _ in found) == [*["PR0220"] * 3, "PR1003"]
    assert ("PR1003", "there are more problems than the 4 that are told") in found


SNAPSHOTS: Mapping[str, tuple[Callable[[int], object], str, str]] = {
    "list_members": (
        lambda size: {"accounts": [account(f"A{number}") for number in range(size)]},
        "PR0703",
        "the list has 5 members, and at most 4 are taken",
    ),
    "records": (
        lambda size: {"accounts": [account(f"A{number}") for number in range(size - 2)]},
        "PR1005",
        "the snapshot has more than 4 records, the most that are taken",
    ),
    "text_length": (
        lambda size: {"attributes": {"city": "x" * size}},
        "PR0703",
        "the text has 5 characters, and at most 4 are taken",
    ),
}


def read(data: object, **limits: int) -> list[tuple[str, str]]:
    given = {**customer().to_dict(), "jurisdiction": "CN"}
    assert isinstance(data, dict)
    try:
        plr.Snapshot.from_json(json.dumps({**given, **data}), limits=Limits(**limits))
    except plr.SnapshotInvalid as error:
        return [(problem.code, problem.message) for problem in error.problems]
    return []


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_snapshot_at_a_limit_is_taken_and_one_past_it_is_not(name: str) -> None:
    made, code, message = SNAPSHOTS[name]
    assert read(made(4), **{name: 4}) == []
    assert read(made(5), **{name: 4}) == [(code, message)]


def test_attributes_are_a_list_of_names_and_values() -> None:
    assert read({"attributes": {"a": 1, "b": 2}}, list_members=2) == []
    assert read({"attributes": {"a": 1, "b": 2}}, list_members=1) == [
        ("PR0703", "there are 2 attributes, and at most 1 are taken")
    ]


def test_the_text_of_a_snapshot() -> None:
    text = customer().to_json()
    for given in (text, text.encode()):
        plr.Snapshot.from_json(given, limits=Limits(snapshot_bytes=len(text)))
        with pytest.raises(
            plr.SnapshotInvalid, match=f"PR0703: the text has {len(text)} characters, and a snapshot at most"
        ):
            plr.Snapshot.from_json(given, limits=Limits(snapshot_bytes=len(text) - 1))


@pytest.mark.parametrize("name", [each.name for each in attrs.fields(Limits)])
def test_a_limit_can_be_made_smaller_only(name: str) -> None:
    most = getattr(LIMITS, name)
    smaller: Any = {name: most - 1}
    assert getattr(Limits(**smaller), name) == most - 1
    larger: Any = {name: most + 1}
    with pytest.raises(
        ValueError, match=f"the limit `{name}` is at most {most:,} .* a limit can be made smaller only"
    ):
        Limits(**larger)
    for wrong in (0, -1, True, 1.5):
        given: Any = {name: wrong}
        with pytest.raises(ValueError, match="is a whole number of 1 or more"):
            Limits(**given)


def test_every_limit_is_tested_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [
        each.name
        for each in attrs.fields(Limits)
        if f"{each.name}=" not in text and f'"{each.name}"' not in text
    ] == []


def test_the_page_says_what_the_class_says() -> None:
    page = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    assert rows == [
        (name, each["most"], each["what"], each["code"], each["reason"]) for name, each in described().items()
    ]
