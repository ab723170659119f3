"""Customers from files: what does not fit is listed at once, what is not valid is refused row by row."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from attrs import evolve

from postloan_rules import load
from postloan_rules.limits import Limits
from postloan_rules.policy import SHIPPED, load_policy
from postloan_rules.portfolio.columns import validity
from postloan_rules.portfolio.columns.invalid import ColumnsInvalid
from postloan_rules.portfolio.columns.reading import open_customers
from postloan_rules.portfolio.columns.rows import snapshot_of, snapshots_of
from postloan_rules.portfolio.columns.schema import arrow_schema
from postloan_rules.portfolio.columns.validity import suspects
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.sample import sample
from postloan_rules.snapshot import Snapshot, SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from postloan_rules.portfolio.columns.reading import Customers

N = 60


@pytest.fixture(scope="module")
def customers() -> tuple[Snapshot, ...]:
    return tuple(sample(N))


@pytest.fixture(scope="module")
def table(customers: tuple[Snapshot, ...]) -> pa.Table:
    return pa.Table.from_batches([table_of(customers)])


def read(source: Customers) -> list[Snapshot]:
    return [snapshot for batch in source.batches() for snapshot in batch.snapshots()]


def write(path: Path, table: pa.Table, form: str) -> Path:
    match form:
        case "parquet":
            pq.write_table(table, path / "x.parquet", row_group_size=25)
            return path / "x.parquet"
        case "arrow":
            with pa.OSFile(str(path / "x.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as out:
                out.write_table(table, max_chunksize=25)
            return path / "x.arrow"
        case "stream":
            with (
                pa.OSFile(str(path / "x.arrows"), "wb") as sink,
                pa.ipc.new_stream(sink, table.schema) as out,
            ):
                out.write_table(table, max_chunksize=25)
            return path / "x.arrows"
        case _:
            lines = [each.to_json() for each in snapshots_of(table.combine_chunks().to_batches()[0])]
            (path / "x.jsonl").write_text("\n\n".join(lines), encoding="utf-8")
            return path / "x.jsonl"


@pytest.mark.parametrize("form", ["parquet", "arrow", "stream", "json lines"])
def test_every_form_gives_the_same_customers(
    form: str, customers: tuple[Snapshot, ...], table: pa.Table, tmp_path: Path
) -> None:
    source = open_customers(write(tmp_path, table, form), rows=20)
    assert read(source) == list(customers)
    assert [batch.table.schema for batch in source.batches()] == [arrow_schema()] * len(
        list(source.batches())
    )
    prints = [text for batch in source.batches() for text in batch.table.column("fingerprint").to_pylist()]
    assert prints == [each.fingerprint for each in customers]


@pytest.mark.parametrize("form", ["parquet", "arrow", "stream", "json lines"])
def test_a_batch_is_the_same_whether_others_were_read_before_it(
    form: str, table: pa.Table, tmp_path: Path
) -> None:
    source = open_customers(write(tmp_path, table, form), rows=10)
    whole = [(batch.number, batch.file, batch.rows.tolist(), batch.table) for batch in source.batches()]
    assert [number for number, *_ in whole] == list(range(len(whole)))
    for skip in range(len(whole) + 1):
        rest = [(each.number, each.file, each.rows.tolist(), each.table) for each in source.batches(skip)]
        assert rest == whole[skip:]


def test_a_folder_gives_its_parts_in_order_and_nothing_half_written(
    customers: tuple[Snapshot, ...], table: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(table.slice(0, 20), tmp_path / "part-00000.parquet")
    pq.write_table(table.slice(20, 20), tmp_path / "part-00001.parquet")
    pq.write_table(table.slice(40), tmp_path / "part-00002.parquet")
    (tmp_path / "_part-00003.parquet").write_bytes(b"half")
    (tmp_path / ".hidden.parquet").write_bytes(b"half")
    source = open_customers(tmp_path)
    assert source.size() == N
    assert read(source) == list(customers)
    assert read(open_customers(str(tmp_path / "part-0000[12].parquet"))) == list(customers[20:])
    assert len(list(source.batches(skip=2))) == 1


def test_a_table_in_memory_is_read_as_a_file_is(customers: tuple[Snapshot, ...], table: pa.Table) -> None:
    assert read(open_customers(table)) == list(customers)
    assert read(open_customers(table.combine_chunks().to_batches()[0], rows=7)) == list(customers)


def problems_of(table: pa.Table) -> list[tuple[str, str, str]]:
    with pytest.raises(ColumnsInvalid) as raised:
        open_customers(table)
    return [(problem.code, problem.message, problem.help) for problem in raised.value.problems]


def test_all_that_differs_is_listed_at_once(table: pa.Table) -> None:
    wrong = table.drop_columns(["events", "as_of"])
    wrong = wrong.append_column("acounts", pa.array([1] * N))
    wrong = wrong.set_column(0, "currency", pa.array([1] * N))
    customer = pa.array([{"customer_id": "A", "monthly_income": 1.5, "sex": "male"}] * N)
    wrong = wrong.set_column(wrong.schema.get_field_index("customer"), "customer", customer)
    assert problems_of(wrong) == [
        ("PR0761", "there is no column `as_of`", "it is `date32[day]`"),
        ("PR0761", "there is no column `events`", "where there are none, add a column of empty lists"),
        ("PR0762", "the column `currency` is `int64`, and should be `string`", ""),
        (
            "PR0762",
            "the column `customer.monthly_income` is `double`, and should be `decimal128(18, 2)`",
            "write it as a decimal: a binary fraction is not what the books say",
        ),
        ("PR0763", "a snapshot has no column `acounts`", "did you mean `accounts`?"),
        ("PR0763", "a snapshot has no column `customer.sex`", problems_of(wrong)[-1][2]),
    ]


def test_a_column_that_stands_twice_is_a_problem(table: pa.Table) -> None:
    twice = table.append_column("currency", table.column("currency"))
    assert problems_of(twice) == [("PR0633", "the table has two columns `currency`", "rename one")]


def test_other_types_that_hold_the_same_are_taken(customers: tuple[Snapshot, ...], table: pa.Table) -> None:
    def other(type_: pa.DataType) -> pa.DataType:
        if pa.types.is_list(type_):
            return pa.large_list(other(type_.value_type))
        if pa.types.is_struct(type_):
            return pa.struct([field.with_type(other(field.type)) for field in type_])
        if pa.types.is_string(type_):
            return pa.large_string()
        if pa.types.is_int32(type_):
            return pa.int64()
        if pa.types.is_decimal(type_):
            return pa.decimal128(38, type_.scale + 2)
        return type_

    schema = pa.schema([field.with_type(other(field.type)) for field in table.schema])
    assert read(open_customers(table.cast(schema))) == list(customers)


def test_fields_may_stand_in_another_order_and_unknown_ones_be_left_out() -> None:
    customer = Snapshot.from_dict(
        {
            "as_of": "2026-11-30",
            "currency": "CNY",
            "jurisdiction": "CN",
            "customer": {"customer_id": "C-1", "monthly_income": 9000},
            "accounts": [
                {"account_id": "A-1", "product": "credit_card", "current_balance": 7, "days_past_due": 0}
            ],
            "bureau_reports": [],
            "events": [],
            "complaints": [],
            "reviews": [],
            "attributes": {"watch_list": True, "ratio": "0.5"},
        }
    )
    account = {"days_past_due": 0, "current_balance": 7, "product": "credit_card", "account_id": "A-1"}
    none = pa.array([[]], pa.list_(pa.null()))
    columns = {
        "accounts": pa.array([[account]]),
        "attributes": pa.array([{"ratio": Decimal("0.50"), "watch_list": True, "more": None}]),
        "as_of": pa.array([customer.as_of]),
        "currency": pa.array(["CNY"]).dictionary_encode(),
        "customer": pa.array([{"monthly_income": 9000, "customer_id": "C-1"}]),
        "jurisdiction": pa.array(["CN"]),
        **dict.fromkeys(("bureau_reports", "events", "complaints", "reviews"), none),
    }
    (batch,) = open_customers(pa.table(columns)).batches()
    assert list(batch.snapshots()) == [customer]
    assert list(snapshots_of(batch.table)) == [customer]


def test_a_value_that_does_not_fit_refuses_its_row_alone(table: pa.Table) -> None:
    incomes = [Decimal("1.00"), Decimal("1.005"), Decimal("10.10")]
    fields = [
        {"customer_id": f"C-{number}", "monthly_income": income} for number, income in enumerate(incomes)
    ]
    type_ = pa.struct([("customer_id", pa.string()), ("monthly_income", pa.decimal128(20, 3))])
    three = table.slice(0, 3).drop_columns(["accounts", "events", "reviews", "customer"])
    three = three.append_column("customer", pa.array(fields, type_))
    for name in ("accounts", "events", "reviews"):
        three = three.append_column(name, pa.array([[]] * 3, pa.list_(pa.null())))
    (batch,) = open_customers(three).batches()
    assert batch.rows.tolist() == [1, 3]
    (refused,) = batch.refused
    assert (refused.row, refused.customer_id) == (2, "C-1")
    assert [(each.code, each.path) for each in refused.problems] == [
        ("PR0713", "table:2: $.customer.monthly_income")
    ]


def test_a_day_that_no_calendar_has_and_a_text_that_is_none_refuse_their_rows(table: pa.Table) -> None:
    days = pa.array([20_000_000, 20_000, 20_000], pa.int32()).cast(pa.date32())
    codes = pa.Array.from_buffers(pa.string(), 3, pa.array([b"CN", b"CN", b"\xff"], pa.binary()).buffers())
    three = table.slice(0, 3)
    three = three.set_column(three.schema.get_field_index("as_of"), "as_of", days)
    three = three.set_column(three.schema.get_field_index("jurisdiction"), "jurisdiction", codes)
    (batch,) = open_customers(three).batches()
    told = {refused.row: (refused.problems[0].code, refused.problems[0].path) for refused in batch.refused}
    assert told[1] == ("PR0712", "table:1: $.as_of")
    assert told[3] == ("PR0701", "table:3: $.jurisdiction")


def test_rows_are_refused_as_the_strict_reader_refuses_them(table: pa.Table) -> None:
    chance = random.Random(3)
    rows: list[dict[str, Any]] = []
    for row in table.to_pylist():
        if row["accounts"][0]["statements"]:
            wrong = chance.choice(["product", "future", "twice", "reference", ""])
            first = row["accounts"][0]
            if wrong == "product":
                first["product"] = "credit_cart"
            if wrong == "future":
                first["statements"][0]["cycle_end"] = first["statements"][-1]["cycle_end"].replace(year=2027)
            if wrong == "twice":
                row["accounts"].append(first)
            if wrong == "reference" and row["events"]:
                row["events"][0]["account_id"] = "A-unknown"
        chance.shuffle(row["accounts"])
        rows.append(row)
    shuffled = pa.Table.from_pylist(rows, schema=table.schema)
    told, taken = [], []
    for number, row in enumerate(rows, start=1):
        try:
            taken.append(snapshot_of(row))
        except SnapshotInvalid as invalid:
            told += [(number, each.code, f"table:{number}: {each.path}") for each in invalid.problems]
    source = open_customers(shuffled, rows=16)
    assert read(source) == taken
    found = [
        (refused.row, each.code, each.path)
        for batch in source.batches()
        for refused in batch.refused
        for each in refused.problems
    ]
    assert found == told
    assert len(told) > 10


POLICY = """
ruleset: inputs
version: "1"
language: 1
currency: CNY
effective: {from: 2026-01-01, to: 2026-12-31}
inputs:
  drop: {type: ratio}
  income: {type: money}
  late: {type: days}
  branch: {type: string}
  since: {type: date}
  watch: {type: boolean}
triggers:
  t: {kind: condition, when: late > 3, if_unknown: ignore}
responses:
  r: {family: f, rank: 1}
rules:
  - {id: R, if: t, then: [r]}
schedule:
  standard: 6 months
"""

ATTRIBUTES: Sequence[tuple[dict[str, Any], str]] = (
    ({"drop": "0.30", "income": "100.5", "late": 4, "branch": "x", "since": "2026-01-02", "watch": True}, ""),
    ({"late": "4", "drop": None}, ""),
    ({}, ""),
    ({"late": "4.5"}, "PR0754"),
    ({"watch": "yes"}, "PR0754"),
    ({"wacht": True}, "PR0752"),
    ({"since": "2026-02-30"}, "PR0754"),
    ({"income": "0.333"}, "beyond"),
    ({"income": "1" * 17}, "beyond"),
)


def test_inputs_of_a_policy_are_columns_of_their_own_kinds(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    policy = load_policy(tmp_path)
    first = next(iter(sample(1)))
    customers = [evolve(first, attributes=values) for values, _ in ATTRIBUTES]
    source = open_customers(pa.Table.from_batches([table_of(customers)]), policy=policy)
    (batch,) = source.batches()
    assert batch.table.schema.equals(arrow_schema(policy))
    told = {refused.row: refused.problems[0].code for refused in batch.refused}
    assert told == {number: code for number, (_, code) in enumerate(ATTRIBUTES, 1) if code.startswith("PR")}
    good = [(values, what) for values, what in ATTRIBUTES if not what.startswith("PR")]
    assert batch.beyond.tolist() == [what == "beyond" for _, what in good]
    assert [dict(each.attributes) for each in batch.snapshots()] == [values for values, _ in good]
    assert batch.table.column("attributes").to_pylist()[:2] == [
        {
            "drop": Decimal("0.3"),
            "income": Decimal("100.5"),
            "late": 4,
            "branch": "x",
            "since": first.as_of.replace(month=1, day=2),
            "watch": True,
        },
        dict.fromkeys(("drop", "income", "branch", "since", "watch")) | {"late": 4},
    ]


def test_customers_that_a_policy_can_not_decide_are_refused(table: pa.Table, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY.replace("2026-12-31", "2026-10-31"), encoding="utf-8")
    policy = load_policy(tmp_path)
    (batch,) = open_customers(table.slice(0, 3), policy=policy).batches()
    assert batch.table.num_rows == 0
    assert {problem.code for refused in batch.refused for problem in refused.problems} >= {"PR0751"}


def test_the_shipped_policy_takes_made_up_customers(table: pa.Table) -> None:
    policy = load(SHIPPED / "credit_card").policy
    source = open_customers(table, policy=policy)
    assert sum(len(batch.rows) for batch in source.batches()) == N


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("x.parquet", b"no", "PR0764"),
        ("x.arrow", b"no", "PR0764"),
        ("x.txt", b"no", "PR0764"),
        ("x.csv", b"a,b\n", "PR0765"),
        ("", b"", "PR0764"),
    ],
)
def test_files_that_are_no_customers(name: str, content: bytes, code: str, tmp_path: Path) -> None:
    if name:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ColumnsInvalid) as raised:
        open_customers(tmp_path / name)
    assert [problem.code for problem in raised.value.problems] == [code]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ColumnsInvalid, match="there is no such file"):
        open_customers(tmp_path / "none.parquet")
    with pytest.raises(ColumnsInvalid, match="no file fits the pattern"):
        open_customers(str(tmp_path / "*.parquet"))


def test_a_line_that_is_longer_than_any_snapshot_is_refused_and_the_next_is_read(
    customers: tuple[Snapshot, ...], tmp_path: Path
) -> None:
    file = tmp_path / "customers.jsonl"
    file.write_text(f"{' ' * 25_000_000}{{}}\n{customers[0].to_json()}\n", encoding="utf-8")
    (batch,) = open_customers(file).batches()
    assert [(each.row, each.problems[0].code) for each in batch.refused] == [(1, "PR0703")]
    assert batch.rows.tolist() == [2]


def test_records_are_counted_as_the_strict_reader_counts_them(
    customers: tuple[Snapshot, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = table_of(customers)
    assert not suspects(batch).any()
    monkeypatch.setattr(validity, "LIMITS", Limits(records=2))
    assert suspects(batch).all()
