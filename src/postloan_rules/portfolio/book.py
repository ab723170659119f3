"""A decided portfolio as tables on disk, and the questions that analyses ask of it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from attrs import define, field

from postloan_rules.policy.model import REFER
from postloan_rules.portfolio.entries import CUSTOMERS, DECISIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from postloan_rules.problems import Problem

__all__ = ["Book", "book"]

MOST_PROBLEMS = 200
_MEMORY = "1GB"

_VIEWS = """
create view customers as from read_parquet('{customers}');
create view decisions as from read_parquet('{decisions}');
create view held as
    select month, place, unnest(accounts, recursive := true) from customers;
create view chosen as
    select month, place, variant, as_of, unnest(responses, recursive := true) from decisions;
create view stopped as
    select month, place, variant, as_of, unnest(withheld, recursive := true) from decisions;
create view states as
    select month, place, variant, unnest(triggers, recursive := true) from decisions;
create view effects as
    select month, place, variant, customer_id, as_of, next_review, len(responses) > 0 as responded,
           coalesce(list_bool_or(list_transform(responses, lambda r: r.adverse)), false) as adverse,
           list_contains(list_transform(responses, lambda r: r.response), '{refer}') as referred
    from decisions;
create view owed as
    select month, place, sum(balance) as balance, sum(credit_limit) as limits, count(*) as accounts,
           count(*) - count(credit_limit) as unknown
    from held group by month, place;
"""


@define
class Book:
    """Customers and decisions, entered part by part; then sealed, and asked with SQL."""

    folder: Path
    outcome: str | None = None
    refused: int = 0
    problems: list[tuple[int, Problem]] = field(factory=list)
    """By line; the first ones only where there are many."""
    _customers: pq.ParquetWriter = field(init=False, repr=False)
    _decisions: pq.ParquetWriter = field(init=False, repr=False)
    _connection: duckdb.DuckDBPyConnection | None = field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._customers = pq.ParquetWriter(self.folder / "customers.parquet", CUSTOMERS)
        self._decisions = pq.ParquetWriter(self.folder / "decisions.parquet", DECISIONS)

    def enter(self, customers: pa.Table, decisions: pa.Table) -> None:
        """Enter a part."""
        self._customers.write_table(customers)
        self._decisions.write_table(decisions)

    def refuse(self, refused: Iterable[tuple[int, tuple[Problem, ...]]]) -> None:
        """Note customers that could not be decided."""
        for line, problems in refused:
            self.refused += 1
            self.problems += [(line, problem) for problem in problems]
        self.problems.sort(key=lambda pair: (pair[0], pair[1].path, pair[1].code, pair[1].message))
        del self.problems[MOST_PROBLEMS:]

    def ask(self, question: str, *parts: object) -> list[tuple[object, ...]]:
        """The rows that answer a question; the book is sealed by the first one."""
        return self._sealed().execute(question, list(parts)).fetchall()

    def number(self, question: str, *parts: object) -> int:
        """The one whole number that answers a question."""
        answer = self.ask(question, *parts)[0][0]
        if not isinstance(answer, int):
            raise AssertionError("the answer is a number")  # noqa: TRY004 - a slip of ours
        return answer

    def copy(self, question: str, path: Path) -> None:
        """Write the rows that answer a question to a CSV or, by its name, a Parquet file.

        Raises:
            OSError: when it can't be written.
        """
        kind = "parquet" if path.suffix == ".parquet" else "csv, header"
        path.open("wb").close()  # whether it can be written is told by the system, and in its words
        self._sealed().execute(f"copy ({question}) to '{_quoted(path)}' (format {kind})")

    def _sealed(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._customers.close()
            self._decisions.close()
            connection = duckdb.connect(
                config={"memory_limit": _MEMORY, "temp_directory": str(self.folder / "spill")}
            )
            names = {"customers": "customers.parquet", "decisions": "decisions.parquet"}
            paths = {name: _quoted(self.folder / file) for name, file in names.items()}
            connection.execute(_VIEWS.format(**paths, refer=REFER))
            self._connection = connection
        return self._connection

    def close(self) -> None:
        """Let go of the files."""
        self._customers.close()
        self._decisions.close()
        if self._connection is not None:
            self._connection.close()


def _quoted(path: Path) -> str:
    """A path for SQL."""
    return path.as_posix().replace("'", "''")


@contextmanager
def book() -> Iterator[Book]:
    """A book in a folder of its own, which goes when it is closed."""
    with TemporaryDirectory(prefix="postloan-") as folder:
        opened = Book(Path(folder))
        try:
            yield opened
        finally:
            opened.close()
