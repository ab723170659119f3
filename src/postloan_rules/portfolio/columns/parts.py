"""Made-up customers as Parquet files in a folder, part by part, on several processes; a stopped run goes on.

A part is written under a name that no reader takes, and renamed once it is whole. What it holds stands in the
part itself, so that the next run keeps the parts that are there, and mixes nothing.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Literal, Protocol

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from attrs import frozen

from postloan_rules.portfolio.columns.book import BLOCK, book
from postloan_rules.portfolio.columns.invalid import ColumnsInvalid
from postloan_rules.portfolio.columns.made_up import made_up
from postloan_rules.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

__all__ = ["Sample", "write_sample"]

_KEY = b"postloan_rules.sample"
_AT_ONCE = 500
"""Customers made up at once: enough to pay, few enough for little memory."""
_GROUP = 10_000
_PART = {"nested": 20_000, "flat": 16 * BLOCK}


class _Parent(Protocol):
    """The process that has started this one."""

    def join(self) -> None:
        """Wait for its end."""
        ...


@frozen
class Sample:
    """Which customers: so many of a seed, as of a day, with their history or in flat columns."""

    customers: int
    seed: int
    as_of: date
    form: Literal["nested", "flat"] = "nested"
    fingerprints: bool = False

    def parts(self) -> Iterator[tuple[int, int, int]]:
        """The number of each part, its first customer, and how many customers it holds."""
        size = _PART[self.form]
        for number, first in enumerate(range(0, self.customers, size)):
            yield number, first, min(size, self.customers - first)

    def said(self, first: int, count: int) -> bytes:
        """What a part says of itself."""
        data = {
            "first": first,
            "customers": count,
            "seed": self.seed,
            "as_of": self.as_of.isoformat(),
            "form": self.form,
            "fingerprints": self.fingerprints,
        }
        return json.dumps(data, sort_keys=True).encode()


def write_sample(
    sample: Sample, out: Path, *, workers: int = 1, progress: Callable[[int], object] = lambda _: None
) -> tuple[Path, ...]:
    """Write the customers of a sample that are not there yet; the files of all of them.

    `progress` is told how many customers are done, time and again.

    Raises:
        ColumnsInvalid: when the folder holds other customers.
    """
    out.mkdir(parents=True, exist_ok=True)
    wanted = {out / f"part-{number:05}.parquet": (first, count) for number, first, count in sample.parts()}
    problems = [
        Problem("PR0766", "the folder holds other customers", help="write to an empty folder", path=str(path))
        for path in sorted(out.glob("*.parquet"))
        if not path.name.startswith("_") and not _is_part(path, sample, wanted.get(path))
    ]
    if problems:
        raise ColumnsInvalid(problems)
    missing = {path: what for path, what in wanted.items() if not path.exists()}
    progress(sum(count for path, (_, count) in wanted.items() if path not in missing))
    for done in _written(sample, missing, min(workers, len(missing))):
        progress(done)
    for left in out.glob("_part-*.parquet"):
        left.unlink()
    return tuple(wanted)


def _is_part(path: Path, sample: Sample, what: tuple[int, int] | None) -> bool:
    if what is None:
        return False
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (pa.ArrowInvalid, OSError):
        return False
    return bool(metadata.get(_KEY) == sample.said(*what))


def _written(sample: Sample, missing: dict[Path, tuple[int, int]], workers: int) -> Iterator[int]:
    if workers <= 1:
        for path, (first, count) in missing.items():
            yield _write(sample, path, first, count)
        return
    # Spawned workers start alike on every system, and share nothing with this process.
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin) as pool:
        try:
            futures = [
                pool.submit(_write, sample, path, first, count) for path, (first, count) in missing.items()
            ]
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    """Leave interrupts to the process that has started this one, and end when it ends, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: _Parent) -> None:
    parent.join()
    os._exit(1)


def _write(sample: Sample, path: Path, first: int, count: int) -> int:
    """Write one part; how many customers it holds."""
    half = path.with_name(f"_{path.name}")
    batches = _batches(sample, first, count)
    begun = next(batches)
    schema = begun.schema.with_metadata({_KEY: sample.said(first, count)})
    with pq.ParquetWriter(half, schema, compression="zstd", compression_level=1) as writer:
        group = [begun]
        for batch in batches:
            if sum(each.num_rows for each in group) >= (_GROUP if sample.form == "nested" else 1):
                writer.write_table(pa.Table.from_batches(group).replace_schema_metadata(schema.metadata))
                group = []
            group.append(batch)
        writer.write_table(pa.Table.from_batches(group).replace_schema_metadata(schema.metadata))
    half.replace(path)
    return count


def _batches(sample: Sample, first: int, count: int) -> Iterator[pa.RecordBatch]:
    if sample.form == "flat":
        for start in range(first, first + count, BLOCK):
            yield book(start // BLOCK, seed=sample.seed, as_of=sample.as_of).slice(0, first + count - start)
        return
    for start in range(first, first + count, _AT_ONCE):
        size = min(_AT_ONCE, first + count - start)
        yield made_up(start, size, seed=sample.seed, as_of=sample.as_of, fingerprints=sample.fingerprints)
