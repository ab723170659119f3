"""Made-up customers in a folder: the same however they are written, and never half of a part."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from postloan_rules import shipped
from postloan_rules.policy import SHIPPED
from postloan_rules.portfolio.columns import parts
from postloan_rules.portfolio.columns.book import BLOCK, book
from postloan_rules.portfolio.columns.invalid import ColumnsInvalid
from postloan_rules.portfolio.columns.made_up import made_up
from postloan_rules.portfolio.columns.parts import Sample, write_sample
from postloan_rules.portfolio.columns.reading import open_customers
from postloan_rules.portfolio.sample import sample

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = date(2026, 11, 30)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_PART", {"nested": 30, "flat": BLOCK})
    monkeypatch.setattr(parts, "_AT_ONCE", 7)
    monkeypatch.setattr(parts, "_GROUP", 12)


@pytest.mark.usefixtures("_small")
def test_a_folder_holds_the_customers_of_the_sample(tmp_path: Path) -> None:
    told: list[int] = []
    found = write_sample(Sample(70, 1, AS_OF), tmp_path, progress=told.append)
    assert [path.name for path in found] == [f"part-0000{number}.parquet" for number in range(3)]
    assert told == [0, 30, 30, 10]
    source = open_customers(tmp_path)
    assert [each for batch in source.batches() for each in batch.snapshots()] == list(sample(70))


@pytest.mark.usefixtures("_small")
def test_what_is_there_is_kept_and_what_is_missing_written(tmp_path: Path) -> None:
    found = write_sample(Sample(70, 1, AS_OF), tmp_path)
    before = [path.stat().st_mtime_ns for path in found]
    whole = pq.read_table(tmp_path)
    found[1].unlink()
    (tmp_path / "_part-00001.parquet").write_bytes(b"half")
    told: list[int] = []
    assert write_sample(Sample(70, 1, AS_OF), tmp_path, progress=told.append) == found
    assert told == [40, 30]
    assert [path.stat().st_mtime_ns for path in (found[0], found[2])] == [before[0], before[2]]
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in found]
    assert pq.read_table(tmp_path).equals(whole)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize(
    "other",
    [
        Sample(70, 2, AS_OF),
        Sample(70, 1, date(2026, 11, 29)),
        Sample(40, 1, AS_OF),
        Sample(70, 1, AS_OF, "flat"),
    ],
)
def test_customers_are_not_mixed(other: Sample, tmp_path: Path) -> None:
    write_sample(Sample(70, 1, AS_OF), tmp_path)
    with pytest.raises(ColumnsInvalid) as raised:
        write_sample(other, tmp_path)
    assert {problem.code for problem in raised.value.problems} == {"PR0766"}


@pytest.mark.usefixtures("_small")
def test_no_customers_are_an_empty_folder(tmp_path: Path) -> None:
    assert write_sample(Sample(0, 1, AS_OF), tmp_path / "new") == ()


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "book"
    script = (
        "from datetime import date; from pathlib import Path\n"
        "from postloan_rules.portfolio.columns import parts\n"
        "parts._PART['nested'], parts._AT_ONCE = 40, 20\n"
        f"parts.write_sample(parts.Sample(400, 5, date(2026, 11, 30)), Path({str(folder)!r}))\n"
    )
    for kills in range(3):
        running = subprocess.Popen([sys.executable, "-c", script])
        while running.poll() is None and len(list(folder.glob("part-*.parquet"))) <= kills:
            time.sleep(0.01)
        running.kill()
        running.wait()
        for path in folder.glob("part-*.parquet"):
            assert pq.read_table(path).num_rows == 40
    subprocess.run([sys.executable, "-c", script], check=True)
    assert sorted(path.name for path in folder.iterdir()) == [
        f"part-{number:05}.parquet" for number in range(10)
    ]
    assert pq.read_table(folder).replace_schema_metadata() == pa.Table.from_batches([made_up(0, 400, seed=5)])


def test_several_processes_write_what_one_writes(tmp_path: Path) -> None:
    write_sample(Sample(2 * BLOCK + 5, 3, AS_OF, "flat"), tmp_path / "one")
    command = [
        "sample",
        "--flat",
        "-n",
        str(2 * BLOCK + 5),
        "--seed",
        "3",
        "--format",
        "parquet",
        "--jobs",
        "2",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "postloan_rules.cli", *command, "-o", str(tmp_path / "two")],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == f"131,077 customers in 1 part in {(tmp_path / 'two').as_posix()}\n"
    assert pq.read_table(tmp_path / "two").equals(pq.read_table(tmp_path / "one"))


def test_the_flat_book_is_one_that_its_mapping_takes() -> None:
    mapping = SHIPPED / "mappings" / "card_book.yaml"
    whole = book(1, seed=4)
    assert whole.slice(0, 9).equals(book(1, seed=4).slice(0, 9))
    assert not whole.equals(book(0, seed=4))
    ruleset = shipped("credit_card")
    source = open_customers(whole.slice(0, 3_000), mapping=mapping, policy=ruleset.policy)
    (batch,) = source.batches()
    assert batch.refused == ()
    fired: Counter[str] = Counter()
    for customer in batch.snapshots(range(300)):
        assert customer.checked() == customer
        fired.update(each.response for each in ruleset.decide(customer).responses)
    assert len(fired) > 6
