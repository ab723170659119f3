"""Flat columns through a mapping give what the row reader gives, row by row, and refuse what it refuses."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from attrs import evolve

from postloan_rules.policy import SHIPPED
from postloan_rules.portfolio.columns import csv_blocks
from postloan_rules.portfolio.columns.invalid import ColumnsInvalid
from postloan_rules.portfolio.columns.reading import open_customers
from postloan_rules.portfolio.mapping import MappingInvalid
from postloan_rules.portfolio.mapping_reading import load_mapping
from postloan_rules.portfolio.table import Row, RowInvalid, Table, read_rows
from postloan_rules.snapshot import Attributes, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAPPING = """
mapping: cards
exponents: true
unknown: [NA, "-1"]
codes:
  lateness: {A: 0, B: 30, "C": 60}
  yes_no: {"1": true, "0": false}
outcomes:
  default: {column: DEFAULT, bad: ["yes"], good: ["no"]}
leave_out: {SEX: no decision may depend on it}
snapshot:
  as_of: {column: DAY}
  currency: CNY
  jurisdiction: CN
  customer:
    customer_id: {column: ID}
    monthly_income: {column: INCOME}
    vulnerable: {column: CARE}
    contact_consents: [sms, email]
  accounts:
    - account_id: {column: ID}
      product: {column: PRODUCT}
      credit_limit: {column: LIMIT, scale: 0.25}
      current_balance: {column: BILL_1, scale: -1.5}
      apr_purchase: {column: RATE, scale: 0.01}
      days_past_due: {column: LATE, codes: lateness}
      behaviour_score: {column: SCORE, scale: 10}
      statements:
        for:
          - {month: "1", back: 0}
          - {month: "2", back: 1}
        record:
          cycle_end: {month_end: "{back}"}
          closing_balance: {column: "BILL_{month}", scale: 0.25}
      payments:
        for: [{month: "1", back: 0}, {month: "2", back: 1}]
        unless: {column: "PAID_{month}", is: ["0", "NA"]}
        record:
          posted_on: {month_end: "{back}"}
          amount: {column: "PAID_{month}"}
          returned: false
  bureau_reports: []
  events: []
  complaints: []
  reviews: []
  attributes:
    branch: {column: BRANCH}
    watch: {column: WATCH, codes: yes_no}
    level: 3
"""

GOOD = {
    "ID": ["C-1", "C-2", " C-3 ", "王"],
    "DAY": ["2026-02-28", "2026-01-31", "2025-12-31"],
    "INCOME": ["9000", "1.5", "0.01", "NA", "", "1e3", "5.00E+05", "123456789012345.67", "007"],
    "CARE": ["true", "false", ""],
    "PRODUCT": ["credit_card", "line"],
    "LIMIT": ["20000", "3", "0.02", "0.06", "1E5", "999999999999999.99", "0.333333333333"],
    "BILL_1": ["0", "-0.33", "12", "1700.01", "-5"],
    "BILL_2": ["100", "80.5", "-3", "0.1"],
    "RATE": ["18", "0", "", "7.25", "0.0000000001"],
    "LATE": ["A", "B", "C"],
    "SCORE": ["70", "6.5", "", "-1"],
    "PAID_1": ["0", "40", "", "1500"],
    "PAID_2": ["0", "40.25"],
    "BRANCH": ["north", 'a "b"', "", "NA"],
    "WATCH": ["1", "0", ""],
    "DEFAULT": ["yes", "no", "", "NA"],
    "SEX": ["f", ""],
}
BAD = [
    "x",
    "1.005",
    "1e-3",
    "-7",
    "2026-02-30",
    "1900-01-01",
    "2030-01-01",
    ".5",
    "5.",
    "+5",
    "0x10",
    "1,5",
    "--1",
]
BAD += [
    "99999999999999999999999",
    "1" * 21,
    "1e99",
    "é" * 600,
    "\u00a0",
    "maybe",
    "-",
    "1-2",
    "1.2.3",
    "\x1c",
    "D",
]


def lines(chance: random.Random, count: int, *, quotes: bool) -> list[str]:
    header = ",".join(GOOD)
    rows = []
    for _ in range(count):
        cells = [chance.choice(members) for members in GOOD.values()]
        if chance.random() < 0.5:
            cells[chance.randrange(len(cells))] = chance.choice(BAD)
        if not quotes:
            cells = [cell.replace('"', "").replace(",", "") for cell in cells]
        else:
            cells = [
                '"' + cell.replace('"', '""') + '"'
                if chance.random() < 0.3 or '"' in cell or "," in cell
                else cell
                for cell in cells
            ]
        if chance.random() < 0.03:
            cells.append("more")
        if chance.random() < 0.02:
            rows.append("")
        rows.append(",".join(cells))
    return [header, *rows]


Told = tuple[int, Snapshot | None, bool | None, tuple[tuple[str, str, str], ...]]


def without_unknown(snapshot: Snapshot) -> Snapshot:
    """An attribute that is not known, and one that is not there, are one in columns."""
    known = {name: value for name, value in snapshot.attributes.items() if value is not None}
    return evolve(snapshot, attributes=Attributes(known))


def row_by_row(path: Path, mapping: Path) -> Iterator[Told]:
    read = load_mapping(mapping)
    rows = read_rows(path, read.delimiter)
    header = next(rows)
    assert isinstance(header, Row)
    table = Table(path.as_posix(), read, header.cells, "default")
    for row in rows:
        if not isinstance(row, Row):
            yield int(row.path.rpartition(":")[2]), None, None, ((row.code, row.message, row.path),)
            continue
        try:
            yield row.line, without_unknown(table.snapshot(row)), table.bad(row), ()
        except RowInvalid as invalid:
            yield (
                row.line,
                None,
                None,
                tuple((each.code, each.message, each.path) for each in invalid.problems),
            )


def in_columns(path: Path, mapping: Path, rows: int | None = None) -> list[Told]:
    found: list[Told] = []
    for batch in open_customers(path, mapping=mapping, rows=rows).batches():
        for refused in batch.refused:
            told = tuple((each.code, each.message, each.path) for each in refused.problems)
            found.append((refused.row, None, None, told))
        for row, snapshot, bad in zip(
            batch.rows.tolist(), batch.snapshots(), _said(batch.outcome), strict=True
        ):
            found.append((row, without_unknown(snapshot), bad, ()))
    return sorted(found, key=lambda told: told[0])


def _said(outcome: pa.Array | None) -> list[bool | None]:
    assert outcome is not None
    return list(outcome.to_pylist())


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "cards.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


@pytest.mark.parametrize("quotes", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_columns_say_of_each_row_what_the_row_reader_says(
    seed: int, *, quotes: bool, mapping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    path = tmp_path / "cards.csv"
    end = chance.choice(["\n", "\r\n"])
    text = end.join(lines(chance, 160, quotes=quotes)) + chance.choice(["", end])
    path.write_bytes(text.encode("utf-8-sig" if seed % 2 else "utf-8"))
    monkeypatch.setattr(csv_blocks, "_BLOCK", chance.choice([700, 4_000, 1 << 20]))
    wanted = list(row_by_row(path, mapping))
    assert in_columns(path, mapping) == wanted
    assert 40 < sum(told[1] is None for told in wanted) < 120


def test_what_is_no_row_is_refused(mapping: Path, tmp_path: Path) -> None:
    path = tmp_path / "cards.csv"
    good = lines(random.Random(5), 3, quotes=False)
    path.write_bytes("\n".join([*good, '"open,1,2']).encode() + b"\n")
    assert in_columns(path, mapping) == list(row_by_row(path, mapping))
    path.write_bytes("\n".join(good).encode() + b"\n" + b"\xff," * 16 + b"f\n")
    assert in_columns(path, mapping) == list(row_by_row(path, mapping))


def test_the_shipped_mapping_in_columns(tmp_path: Path) -> None:
    shipped = SHIPPED / "mappings" / "uci_credit_card.yaml"
    chance = random.Random(2)
    names = [
        "ID",
        "LIMIT_BAL",
        "SEX",
        "EDUCATION",
        "MARRIAGE",
        "AGE",
        "PAY_0",
        *(f"PAY_{n}" for n in range(2, 7)),
    ]
    names += [f"BILL_AMT{n}" for n in range(1, 7)] + [f"PAY_AMT{n}" for n in range(1, 7)]
    names.append("default.payment.next.month")
    numbers: dict[str, list[Any]] = {
        name: [
            chance.choice([0, 1, 2, -1, -2, 8])
            if name.startswith("PAY_") and "AMT" not in name
            else chance.randrange(10**6)
            for _ in range(200)
        ]
        for name in names
    }
    numbers["ID"] = list(range(1, 201))
    numbers["default.payment.next.month"] = [chance.randrange(2) for _ in range(200)]
    path = tmp_path / "cards.csv"
    rows = zip(*numbers.values(), strict=True)
    path.write_text(
        "\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]), encoding="utf-8"
    )
    pq.write_table(pa.table(numbers), tmp_path / "cards.parquet")
    whole = [each for batch in open_customers(path, mapping=shipped).batches() for each in batch.snapshots()]
    typed = open_customers(tmp_path / "cards.parquet", mapping=shipped, rows=70)
    assert [each for batch in typed.batches() for each in batch.snapshots()] == whole
    assert [batch.number for batch in typed.batches(skip=1)] == [1, 2]
    read = load_mapping(shipped)
    found = read_rows(path, ",")
    header = next(found)
    assert isinstance(header, Row)
    table = Table(path.as_posix(), read, header.cells, None)
    assert whole == [table.snapshot(row) for row in found if isinstance(row, Row)]


def test_typed_columns_are_read_as_their_texts(mapping: Path, tmp_path: Path) -> None:
    chance = random.Random(9)
    text = [line for line in lines(chance, 60, quotes=False) if line.count(",") == len(GOOD) - 1]
    path = tmp_path / "cards.csv"
    path.write_text("\n".join(text), encoding="utf-8")
    cells = [line.split(",") for line in text[1:]]
    columns: dict[str, Any] = {name: [row[place] for row in cells] for place, name in enumerate(GOOD)}
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    bills = pa.array(
        [Decimal(value) if _is_number(value) else None for value in columns["BILL_2"]], pa.decimal128(12, 2)
    )
    table = table.set_column(table.schema.get_field_index("LATE"), "LATE", table["LATE"].dictionary_encode())
    pq.write_table(table, tmp_path / "cards.parquet")
    said = [(told[1], told[2]) for told in in_columns(tmp_path / "cards.parquet", mapping, rows=7)]
    assert said == [(told[1], told[2]) for told in in_columns(path, mapping)]
    table = table.set_column(table.schema.get_field_index("BILL_2"), "BILL_2", bills)
    pq.write_table(table, tmp_path / "cards.parquet")
    kept = [number for number, value in enumerate(columns["BILL_2"]) if _is_number(value)]
    again = in_columns(tmp_path / "cards.parquet", mapping)
    assert [again[number][1] for number in kept] == [said[number][0] for number in kept]


def _is_number(text: str) -> bool:
    return text in GOOD["BILL_2"]


def test_columns_that_do_not_fit_the_mapping_are_listed(mapping: Path, tmp_path: Path) -> None:
    table = pa.table({name: pa.array(["1"]) for name in GOOD if name != "ID"}).append_column(
        "X", pa.array([1])
    )
    with pytest.raises(MappingInvalid) as raised:
        open_customers(table, mapping=mapping)
    assert sorted(problem.code for problem in raised.value.problems) == ["PR0631", "PR0632"]
    floats = pa.table({name: pa.array([1.5 if name in ("RATE", "SEX") else "1"]) for name in GOOD})
    with pytest.raises(ColumnsInvalid) as invalid:
        open_customers(floats, mapping=mapping)
    assert [problem.message for problem in invalid.value.problems] == [
        "the column `RATE` is `double`, which gives no exact text"
    ]
    (tmp_path / "x.jsonl").write_text("{}", encoding="utf-8")
    with pytest.raises(ColumnsInvalid, match="take no mapping"):
        open_customers(tmp_path / "x.jsonl", mapping=mapping)
