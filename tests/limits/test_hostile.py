"""Policies, snapshots and tables that mean harm: they are refused in words, soon, and read nothing else."""

from __future__ import annotations

import io
import json
import os
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING

import openpyxl
import pytest

import postloan_rules as plr
from builders import HEAD, account, customer, event
from expressions.backends import evaluate
from postloan_rules.policy.dmn import DmnInvalid, from_dmn
from postloan_rules.problems import Problem, Source, Span, nearest, render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SECRET = "root:x:0:0:secret"  # noqa: S105 - the text of a file that may not be read


def refused(folder: Path, body: str = "", files: Mapping[str, bytes] | None = None, **limits: int) -> str:
    """What is said of a policy that is wrong."""
    policy = folder / "rules" / "cards"
    policy.mkdir(parents=True, exist_ok=True)
    (policy / "policy.yaml").write_text(HEAD + body, encoding="utf-8")
    for name, content in (files or {}).items():
        (policy / name).write_bytes(content)
    with pytest.raises(plr.RuleSetInvalid) as caught:
        plr.load(policy, limits=plr.Limits(**limits))
    assert SECRET not in str(caught.value)
    return str(caught.value)


TABLE = """\
tables:
  t:
    hit: first
    inputs: [count(accounts)]
    output: {x: number}
    table: {file: "%s"}
"""


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that is no part of a policy."""
    file = tmp_path / "secret.yaml"
    file.write_text(SECRET, encoding="utf-8")
    (tmp_path / "secret.csv").write_text(SECRET, encoding="utf-8")
    (tmp_path / "rules" / "cards").mkdir(parents=True)
    return file


@pytest.mark.parametrize("name", ["more.yaml", "reasons.yaml"])
def test_a_link_out_of_the_folder_is_not_followed(name: str, secret: Path, tmp_path: Path) -> None:
    (tmp_path / "rules" / "cards" / name).symlink_to(secret)
    assert f"PR0123: `{name}` leads out of the folder of the rules" in refused(tmp_path)


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "policy").write_text(HEAD, encoding="utf-8")
    (tmp_path / "policy.yaml").symlink_to(tmp_path / "data" / "policy")
    assert plr.load(tmp_path).id == "small"


def test_a_used_file_is_below_the_folders_of_rules(secret: Path, tmp_path: Path) -> None:
    (tmp_path / "rules" / "cards" / "facts").mkdir()
    (tmp_path / "rules" / "cards" / "facts" / "own.yaml").symlink_to(secret)
    for name in (
        "../../secret",
        "facts/../../../secret",
        str(secret),
        "C:/secret",
        "..\\\\secret",
        "./secret",
    ):
        assert "PR0123" in refused(tmp_path, f'use: ["{name}"]\n')
    assert "PR0123" in refused(tmp_path, "use: [facts/own]\n")
    for name in ("a" * 5_000, "a\\0b", "/".join("a" * 500)):
        assert "PR0124" in refused(tmp_path, f'use: ["{name}"]\n')


def test_the_file_of_a_table_is_below_the_folder_of_the_policy(secret: Path, tmp_path: Path) -> None:
    (tmp_path / "rules" / "cards" / "own.csv").symlink_to(secret.with_suffix(".csv"))
    for name in ("../../secret.csv", "own.csv", str(secret.with_suffix(".csv")), "x/../../../secret.csv"):
        assert "PR0123" in refused(tmp_path, TABLE % name)
    for name in ("a" * 5_000 + ".csv", "a\\0.csv"):
        assert "PR0801" in refused(tmp_path, TABLE % name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_no_file_of_a_policy(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(HEAD, encoding="utf-8")
    for name in ("more.yaml", "reasons.yaml"):
        os.mkfifo(tmp_path / name)
    assert plr.load(tmp_path).id == "small"


YAML: Mapping[str, tuple[str, str]] = {
    "a tag that makes an object": ("facts: !!python/object/apply:os.system [echo]\n", "PR0107"),
    "aliases of aliases": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "PR0106"),
    "merged keys": ("facts:\n  <<: {a: 1}\n", "PR0106"),
    "nesting": ("facts: " + "[" * 60_000, "PR0108"),
    "one key many times": ("facts:\n" + "  a: 1\n" * 5_000, "PR1003"),
    "many unknown keys": ("".join(f"k{n}: 1\n" for n in range(5_000)), "PR1003"),
    "many tabs": ("\t\n" * 100_000, "PR0103"),
    "a name of a million letters": (
        f"facts:\n  ? {'x' * 1_000_000}\n  : {{type: number, is: 1}}\n",
        "PR0305",
    ),
    "two thousand slips of two thousand names": (
        "facts:\n"
        + "".join(f"  fact_number_{n}: {{type: number, is: fact_numbr_{n}}}\n" for n in range(2_000)),
        "PR1003",
    ),
}


@pytest.mark.parametrize("name", YAML)
def test_what_a_policy_is_not(name: str, tmp_path: Path) -> None:
    body, code = YAML[name]
    said = refused(tmp_path, body, problems=50)
    assert code in said
    assert len(said) < 500_000


def loaded(folder: Path, body: str) -> plr.RuleSet:
    (folder / "policy.yaml").write_text(HEAD + body, encoding="utf-8")
    return plr.load(folder)


def test_what_reads_a_thousand_facts_is_not_checked_a_thousand_times(tmp_path: Path) -> None:
    facts = "".join(f"  f{n}: {{type: boolean, is: 'true'}}\n" for n in range(1_000))
    all_of = " and ".join(f"f{n}" for n in range(1_000))
    assert loaded(tmp_path, f"facts:\n  a: {{type: boolean, is: {all_of}}}\n{facts}").id == "small"


def test_a_long_chain_and_a_guess_that_is_wrong_are_no_circle(tmp_path: Path) -> None:
    chain = "".join(f"  f{n}: {{type: number, is: f{n + 1} + 1}}\n" for n in range(500))
    # `a` has the word `b` in a text, and waits often enough for its words to be guessed from.
    reads = " + ".join(f"g{n}" for n in range(12))
    others = "".join(f"  g{n}: {{type: number, is: '{n}'}}\n" for n in range(12))
    facts = f'  a: {{type: number, is: \'if "b" = "c" then 1 else {reads}\'}}\n  b: {{type: number, is: a + f0}}\n'
    assert (
        loaded(tmp_path, f"facts:\n{facts}{others}{chain}  f500: {{type: number, is: '1'}}\n").id == "small"
    )
    wrong = f"  a: {{type: number, is: '{reads} + b'}}\n  b: {{type: number, is: a + 1}}\n"
    assert "depends on itself: `a` → `b` → `a`" in refused(tmp_path, f"facts:\n{wrong}{others}")


GROWING = """\
effective: {from: 2020-01-01}
inputs: {s: {type: string, required: true}}
facts:
  f0: {type: string, is: s + s}
%s
triggers:
  t: {kind: condition, when: f40 = "x"}
responses:
  r: {family: a, rank: 1}
rules: [{id: A, if: t, then: [r]}]
"""


def test_texts_do_not_double_without_end(tmp_path: Path) -> None:
    facts = "\n".join(f"  f{n + 1}: {{type: string, is: f{n} + f{n}}}" for n in range(40))
    decision = loaded(tmp_path, GROWING % facts).decide(customer(attributes={"s": "abcdefghij"}))
    assert [each.state for each in decision.triggers] == ["unknown"]


@pytest.mark.parametrize(
    ("twice", "code"),
    [("[{0}, {0}]", "PR1010"), ("{{a: {0}, b: {0}}}", "PR1012"), ("[{{a: {0}}}, {{a: {0}}}]", "PR1010")],
)
def test_values_do_not_double_without_end(twice: str, code: str, tmp_path: Path) -> None:
    facts = "".join(f"  f{n + 1}: {{is: '{twice.format(f'f{n}')}'}}\n" for n in range(40))
    said = refused(tmp_path, f"facts:\n  f0: {{is: '[1]'}}\n{facts}")
    assert code in said


NUMBERS: Mapping[str, object] = {
    "10 ** 6000 * 10 ** 6000": None,
    "2 ** 0.5 ** 17 > 1": True,
    "exp(99999999999)": None,
    "sqrt(1e6000) > 1": True,
    "modulo(1e6000, 7) >= 0": True,
    "decimal(1 / 3, 6000) > 0": True,
    "string length(string(1e6000)) < 10": True,
    "[1, 2][1e6000]": None,
    'substring("abc", 1e6000)': None,
    'date("9999-12-31") + duration("P1D")': None,
    'date("0001-01-01") - duration("P1M")': None,
    'duration("P999999999D") + duration("P999999999D")': None,
    'duration("P999999999Y") * 9999999': None,
    "some x in 1..1e30 satisfies x > 0": None,
}


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_and_durations_past_all_measure(text: str) -> None:
    assert evaluate(text) == NUMBERS[text]


@pytest.mark.parametrize(
    "digits", ["1e999999", "1e-999999", "9" * 9_000, "1e99999999999999999999", "0." + "1" * 35]
)
def test_digits_past_all_measure(digits: str) -> None:
    with pytest.raises(plr.ExpressionInvalid, match="PR0204") as caught:
        plr.evaluate(f"{digits} > 1")
    assert len(str(caught.value)) < 2_000


def test_texts_of_many_digits_are_no_numbers_too_slow_to_read() -> None:
    assert evaluate("number(s)", {"s": "9" * 1_000_000}) is None
    assert evaluate("number(s)", {"s": "1e999999999"}) is None


def test_distinct_records_are_found_in_one_pass() -> None:
    records = [{"a": number % 1_500, "b": [None, number % 1_500]} for number in range(3_000)]
    assert evaluate("count(distinct values(xs))", {"xs": records}) == 1_500


# Snapshots


def snapshot(**fields: object) -> str:
    return json.dumps({**customer().to_dict(), **fields})


def wrong(text: str) -> tuple[Problem, ...]:
    with pytest.raises(plr.SnapshotInvalid) as caught:
        plr.Snapshot.from_json(text)
    assert len(str(caught.value)) < 50_000
    return caught.value.problems


AMOUNT = '"current_balance": "0"'

SNAPSHOTS: Mapping[str, tuple[Callable[[], str], str]] = {
    "brackets": (lambda: "[" * 4_000_000, "PR0703"),
    "brackets in an attribute": (
        lambda: snapshot(attributes={"x": 0}).replace('"x": 0', f'"x": {"[" * 900}{"]" * 900}'),
        "PR0705",
    ),
    "a long line that ends wrongly": (lambda: '{"a": 1,' + " " * 5_000_000 + "}", "PR0702"),
    "an integer of a million digits": (
        lambda: snapshot(accounts=[account()]).replace(AMOUNT, AMOUNT.replace('"0"', "9" * 1_000_000)),
        "PR0712",
    ),
    "an exponent": (
        lambda: snapshot(accounts=[account()]).replace(AMOUNT, AMOUNT.replace('"0"', "1e999999999")),
        "PR0708",
    ),
    "not a number": (
        lambda: snapshot(accounts=[account()]).replace(AMOUNT, AMOUNT.replace('"0"', "NaN")),
        "PR0709",
    ),
    "infinity": (
        lambda: snapshot(accounts=[account()]).replace(AMOUNT, AMOUNT.replace('"0"', "-Infinity")),
        "PR0709",
    ),
    "half a character": (lambda: snapshot(attributes={"x": "\ud800"}), "PR0714"),
    "a zero character": (lambda: snapshot(accounts=[account("A\x00")]), "PR0714"),
    "a key many times": (lambda: "{" + ",".join(['"a":1'] * 100_000) + "}", "PR0704"),
    "many unknown keys": (lambda: json.dumps({f"a{n}": 1 for n in range(100_000)}), "PR0706"),
    "one number for all accounts": (lambda: snapshot(accounts=[account("A")] * 10_000), "PR0716"),
    "accounts that are not there": (
        lambda: snapshot(
            accounts=[account(f"A{n}") for n in range(2_000)],
            events=[
                event("cash_withdrawal", "2026-11-01", f"E{n}", account_id=f"B{n}") for n in range(2_000)
            ],
        ),
        "PR0718",
    ),
}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_what_a_snapshot_is_not(name: str) -> None:
    made, code = SNAPSHOTS[name]
    found = wrong(made())
    assert code in {problem.code for problem in found}
    assert len(found) <= 1_000


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(plr.SnapshotInvalid, match="PR0701"):
        plr.Snapshot.from_json(b'{"a": "\xff"}')


# Tables and DMN


def excel(change: Callable[[str, bytes], bytes]) -> bytes:
    book = openpyxl.Workbook()
    for row in (["count(accounts)", "x"], ["-", 1]):
        book.worksheets[0].append(row)
    packed, out = io.BytesIO(), io.BytesIO()
    book.save(packed)
    with zipfile.ZipFile(packed) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in parts.namelist():
            changed.writestr(name, change(name, parts.read(name)))
    return out.getvalue()


LAUGHS = (
    "<!DOCTYPE a ["
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 500}">' for n in range(9))
    + "]>"
)


def test_an_excel_file_with_entities_or_of_a_size_that_is_hidden(tmp_path: Path) -> None:
    def laughing(name: str, part: bytes) -> bytes:
        head, mark, rest = part.partition(b"?>")
        return (
            (head + mark if mark else b"") + LAUGHS.encode() + (rest if mark else part)
            if "sheet1" in name
            else part
        )

    def swollen(name: str, part: bytes) -> bytes:
        return part + b" " * 40_000_000 if "sheet1" in name else part

    body = TABLE % "t.xlsx"
    assert "PR0805: `t.xlsx` is not an Excel file" in refused(tmp_path, body, {"t.xlsx": excel(laughing)})
    assert "PR0802: the file `t.xlsx` unpacks to more than" in refused(
        tmp_path, body, {"t.xlsx": excel(swollen)}
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{LAUGHS}<a>&e8;</a>", "PR0852"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "PR0852"),
        ("<a>" * 50_000, "PR0853"),
        (
            '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/">'
            + "<a/>" * 5_000
            + "</definitions>",
            "PR1003",
        ),
    ],
)
def test_what_a_dmn_file_is_not(text: str, code: str) -> None:
    with pytest.raises(DmnInvalid, match=code):
        from_dmn(text, "x.dmn")


# How problems are shown


def test_a_long_line_is_shown_around_the_place() -> None:
    text = "a" * 5_000 + "wrong" + "b" * 5_000
    shown = render(Problem("PR0000", "what", Span(Source("f", text), 5_000, 5_005)))
    _, line, marks = shown.split("\n")
    assert line == f"  1 | …{'a' * 100}wrong{'b' * 95}…"
    assert line[marks.index("^") : marks.rindex("^") + 1] == "wrong"


def test_the_nearest_of_very_many_names() -> None:
    names = [f"name_number_{number}" for number in range(20_000)]
    assert nearest("name_numbr_17", names) == "name_number_17"
    assert nearest("x" * 1_000_000, names) is None
    assert nearest("something else", names) is None


def test_a_decimal_of_python_may_be_large() -> None:
    assert plr.evaluate("x > 1", {"x": Decimal("1e6000")}) is True
