from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from postloan_rules.portfolio.mapping import MappingInvalid
from postloan_rules.portfolio.mapping_reading import load_mapping
from postloan_rules.portfolio.table import Row, RowInvalid, Table, read_rows

if TYPE_CHECKING:
    from postloan_rules.snapshot import Snapshot

MAPPING = """\
mapping: clients
unknown: ["?"]
codes:
  lateness: {"0": 0, "1": 30}
outcomes:
  default: {column: BAD, bad: [1], good: [0]}
leave_out:
  SEX: must not be read
snapshot:
  as_of: 2026-09-30
  currency: CNY
  jurisdiction: other
  customer:
    customer_id: {column: ID}
    monthly_income: {column: INCOME}
  accounts:
    - account_id: "{column}"
      product: credit_card
      current_balance: {column: BILL1, scale: 0.25}
      days_past_due: {column: LATE, codes: lateness}
      statements:
        for:
          - {n: 1, back: 0}
          - {n: 2, back: 1}
        unless: {column: "BILL{n}", is: [0]}
        record:
          cycle_end: {month_end: "{back}"}
          closing_balance: {column: "BILL{n}", scale: 0.25}
  bureau_reports: []
  events: []
  complaints: []
  reviews: []
""".replace('"{column}"', "A")

HEADER = ("ID", "SEX", "INCOME", "LATE", "BILL1", "BILL2", "BAD")


def mapping_file(folder: Path, text: str = MAPPING) -> Path:
    file = folder / "clients.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def table(folder: Path, text: str = MAPPING) -> Table:
    return Table("clients.csv", load_mapping(mapping_file(folder, text)), HEADER, "default")


def read(folder: Path, *cells: str, text: str = MAPPING) -> Snapshot:
    return table(folder, text).snapshot(Row(2, cells))


def refused(folder: Path, *cells: str, text: str = MAPPING) -> list[str]:
    with pytest.raises(RowInvalid) as caught:
        read(folder, *cells, text=text)
    return [str(problem) for problem in caught.value.problems]


def problems(folder: Path, *changes: tuple[str, str]) -> list[str]:
    """Code, line and message of each problem of the mapping after some changes to its text."""
    text = MAPPING
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(MappingInvalid) as caught:
        table(folder, text)
    return [
        f"{each.code} {each.span.line if each.span else 0} {each.message} ({each.help})"
        for each in caught.value.problems
    ]


def test_a_row_becomes_a_snapshot(tmp_path: Path) -> None:
    snapshot = read(tmp_path, "7", "2", "1000", "1", "101", "200", "1")
    (account,) = snapshot.accounts
    assert snapshot.customer.customer_id == "7"
    assert snapshot.customer.monthly_income == Decimal(1000)
    assert account.days_past_due == 30
    assert str(account.current_balance) == "25.25"
    assert [(str(each.cycle_end), str(each.closing_balance)) for each in account.statements or ()] == [
        ("2026-08-31", "50.00"),
        ("2026-09-30", "25.25"),
    ]


def test_an_empty_cell_and_a_mark_for_unknown_leave_the_field_unknown(tmp_path: Path) -> None:
    assert read(tmp_path, "7", "", "", "0", "1", "1", "0").customer.monthly_income is None
    assert read(tmp_path, "7", "", " ? ", "0", "1", "1", "0").customer.monthly_income is None


def test_a_record_is_left_out_where_its_column_says_so(tmp_path: Path) -> None:
    (account,) = read(tmp_path, "7", "2", "1", "0", "4", "0", "0").accounts
    assert len(account.statements or ()) == 1


@pytest.mark.parametrize(("cell", "bad"), [("1", True), ("0", False), ("", None)])
def test_the_outcome_is_bad_good_or_not_known(tmp_path: Path, cell: str, bad: bool | None) -> None:
    assert table(tmp_path).bad(Row(2, ("7", "2", "1", "0", "1", "1", cell))) is bad


def test_what_is_wrong_with_a_row_is_told_by_line_and_column_all_at_once(tmp_path: Path) -> None:
    assert refused(tmp_path, "7", "2", "1,000", "3", "1e5", "x", "0") == [
        "clients.csv:2: error PR0642: column `INCOME`: `1,000` is not a number\n  help: write `1000`",
        (
            "clients.csv:2: error PR0642: column `BILL1`: `1e5` is not a number\n"
            "  help: write all its digits; if the table is known not to round, map it with `exponents: true`"
        ),
        (
            "clients.csv:2: error PR0643: column `LATE`: `3` is not among the codes\n"
            "  help: its codes are: `0`, `1`"
        ),
        (
            "clients.csv:2: error PR0642: column `BILL2`: `x` is not a number\n"
            "  help: leave the cell empty if it is not known"
        ),
    ]


def test_what_the_reader_of_snapshots_refuses_is_told_by_column(tmp_path: Path) -> None:
    (said,) = refused(tmp_path, "7", "2", "-5", "0", "1", "1", "0")
    assert said.startswith("clients.csv:2: error PR0712: column `INCOME`: ")


def test_a_row_of_another_length_is_refused(tmp_path: Path) -> None:
    (said,) = refused(tmp_path, "7", "2")
    assert "the row has 2 cells, and the table 7 columns" in said


def test_an_amount_that_is_not_scaled_keeps_what_the_column_holds(tmp_path: Path) -> None:
    (said,) = refused(tmp_path, "7", "2", "1.005", "0", "1", "1", "0")
    assert "PR0713" in said


def test_numbers_with_exponents_are_read_only_where_the_mapping_says_so(tmp_path: Path) -> None:
    text = MAPPING.replace("codes:\n", "exponents: true\ncodes:\n", 1)
    snapshot = read(tmp_path, "7", "2", "5.00E+05", "0", "1", "1", "0", text=text)
    assert snapshot.customer.monthly_income == Decimal(500000)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("current_balance:", "curent_balance:"),
            "PR0622 19 a record of `accounts` has no field `curent_balance`",
        ),
        (("  reviews: []\n", ""), "PR0623 10 the snapshot lacks `reviews` (add a line `reviews: []`)"),
        (
            ("codes: lateness", "codes: latenes"),
            "PR0628 20 there are no codes `latenes` (did you mean `lateness`?)",
        ),
        (('"1": 30', '"1": late'), "PR0705 4 `days_past_due`: expected a whole number of days"),
        (
            ("as_of: 2026-09-30", "as_of: 2026-09-31"),
            'PR0710 10 `as_of`: `"2026-09-31"`: there is no such day',
        ),
        (("currency: CNY", "currency: RMB"), "PR0715 11 `RMB` is no code of a currency"),
        (("product: credit_card", "product: creditcard"), "PR0711 18"),
        (
            ('"BILL{n}", scale', '"BILL{m}", scale'),
            "PR0624 28 `{m}` stands for nothing here (`for` sets: `back`, `n`)",
        ),
        (("{column: ID}", "{colum: ID}"), "PR0301 14 `customer_id` has no `colum`"),
        (("{column: ID}", "{column: ID, month_end: 1}"), "PR0625 14 `customer_id` needs either"),
        (("{column: INCOME}", "{month_end: 1}"), "PR0626 15 `monthly_income` is no date"),
        (("{column: ID}", "{column: ID, scale: 2}"), "PR0627 14 `customer_id` is no number"),
        (("good: [0]", "good: [0, 1]"), "PR0629 6 `1` can't be both bad and good"),
        (("{column: INCOME}", "{column: SEX}"), "PR0630 8 `SEX` is left out here and read at line 15"),
        (("{column: INCOME}", "{column: BAD}"), "PR0630 15 `BAD` is an outcome, and the snapshot reads it"),
        (
            ("{column: INCOME}", "{column: INCOM}"),
            "PR0631 15 the table has no column `INCOM` (did you mean `INCOME`?)",
        ),
        (
            ("  SEX: must not be read", "  SIX: must not be read"),
            "PR0632 0 the mapping `clients` says nothing of the column `SEX`",
        ),
        (("mapping: clients", "mappin: clients"), "PR0302 1 a mapping lacks `mapping`"),
        (("unknown:", "delimiter: x\nunknown:"), "PR0621 2 `x` can't stand between the columns"),
    ],
)
def test_each_mistake_of_a_mapping_is_told_at_its_line(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    found = problems(tmp_path, change)
    assert any(each.startswith(said.removesuffix(")")) for each in found), found


def test_a_column_that_stands_twice_is_a_problem(tmp_path: Path) -> None:
    mapping = load_mapping(mapping_file(tmp_path))
    assert [each.code for each in mapping.fitting((*HEADER, "ID"))] == ["PR0633"]


def test_rows_are_read_with_their_lines_blank_ones_left_out(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b'\xef\xbb\xbfID,NAME\n1,"a\nb"\n\n2,\xff\n')
    assert list(read_rows(file, ",")) == [
        Row(1, ("ID", "NAME")),
        Row(3, ("1", "a\nb")),
        Row(5, ("2", "\udcff")),
    ]


def test_the_shipped_mapping_loads() -> None:
    file = Path(__file__).parents[2] / "rules" / "mappings" / "uci_credit_card.yaml"
    mapping = load_mapping(file)
    assert set(mapping.left_out) == {"SEX", "MARRIAGE", "AGE", "EDUCATION"}
    assert list(mapping.outcomes) == ["default_next_month"]
