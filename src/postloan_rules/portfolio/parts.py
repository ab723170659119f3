"""A run over a portfolio kept on disk in parts, so that one that was stopped goes on where it was.

A folder holds `run.json` (what is being decided, by what), `decisions/part-000000.parquet` and so on, the
refused customers under `refused/`, and under `done/` one small file a part. INVARIANT: a part counts as done
only by its file under `done/`, which is written last, and names the sizes of the others. Every file is
written under a hidden name, brought to the disk, and only then given its own name.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from attrs import asdict, frozen

from postloan_rules.portfolio.decisions_table import DECISIONS, REFUSED
from postloan_rules.problems import Problem, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["DonePart", "Folder", "RunInvalid", "identity"]

FORMAT = 1
"""The version of the folder's layout."""

_RUN = "run.json"
_LOCK = ".lock"
_EDGE = 1 << 16
"""So much of both ends of a file is looked at to know it again; that of Parquet describes it at its end."""


class RunInvalid(Exception):  # noqa: N818 - it carries problems, as the others do
    """A run that can't be begun, or gone on with."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


@frozen
class DonePart:
    """A part that is finished: its counts, and the sizes of its files in bytes."""

    number: int
    seen: int
    """Rows of the data: the decided and the refused ones."""
    decided: int
    redecided: int
    refused: int
    decisions_bytes: int
    refused_bytes: int


def identity(paths: Iterable[Path]) -> list[dict[str, object]]:
    """What files are known by: name, size, time of the last change, and a digest of both ends."""
    found: list[dict[str, object]] = []
    for path in sorted(paths):
        state = path.stat()
        with path.open("rb") as file:
            digest = sha256(file.read(_EDGE))
            file.seek(max(state.st_size - _EDGE, 0))
            digest.update(file.read(_EDGE))
        found.append(
            {
                "name": path.name,
                "bytes": state.st_size,
                "changed": state.st_mtime_ns,
                "ends": digest.hexdigest(),
            }
        )
    return found


class Folder:
    """The folder of one run, open for writing by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    @contextmanager
    def opened(cls, path: Path, run: Mapping[str, object]) -> Iterator[Folder]:
        """The folder of a run: a new one, or that of the same run begun before.

        Args:
            path: Where it is; it is made where there is none.
            run: What is decided and by what. All of it must be the same when a run goes on.

        Raises:
            RunInvalid: where the folder holds something else, or another process writes to it.
        """
        folder = cls(path)
        if path.exists() and not path.is_dir():
            raise RunInvalid([Problem("PR0960", f"`{path}` is a file", help="name a folder for the parts")])
        fresh = not (path / _RUN).exists()
        if fresh and path.exists() and any(each.name != _LOCK for each in path.iterdir()):
            message = f"the folder `{path}` holds other files, and no run"
            raise RunInvalid([Problem("PR0960", message, help="name a new folder, or an empty one")])
        path.mkdir(parents=True, exist_ok=True)
        with _lock(path):
            if fresh:
                for each in ("decisions", "refused", "done"):
                    (path / each).mkdir(exist_ok=True)
                folder._write_text(_RUN, {"format": FORMAT, **run})
            else:
                folder._check(run)
            folder._sweep()
            yield folder

    def _check(self, run: Mapping[str, object]) -> None:
        try:
            begun = json.loads((self.path / _RUN).read_text(encoding="utf-8"))
        except ValueError as error:
            message = f"`{self.path / _RUN}` can't be read as what describes a run"
            raise RunInvalid([Problem("PR0961", message, help="start the run in a new folder")]) from error
        wanted = json.loads(json.dumps({"format": FORMAT, **run}))
        differing = [
            name
            for name in {**wanted, **begun}
            if not isinstance(begun, dict) or begun.get(name) != wanted.get(name)
        ]
        if differing:
            message = f"the run in `{self.path}` was begun with {_differences(differing, begun, wanted)}"
            help_ = "start a new run in a new folder, or go on with what this one was begun with"
            raise RunInvalid([Problem("PR0961", message, help=help_)])

    def _sweep(self) -> None:
        """Take away what a run that was stopped left half-written."""
        for each in self.path.glob("*/.*.tmp"):
            each.unlink()
        for each in self.path.glob(".*.tmp"):
            each.unlink()

    def done(self) -> list[DonePart]:
        """The parts that are finished, from the first on without a gap.

        Raises:
            RunInvalid: where a file of a finished part is gone or is not as long as it was.
        """
        found: list[DonePart] = []
        for path in sorted((self.path / "done").glob("part-*.json")):
            part = DonePart(**json.loads(path.read_text(encoding="utf-8")))
            if part.number != len(found):
                break
            for kind, size in (("decisions", part.decisions_bytes), ("refused", part.refused_bytes)):
                file = self.path / kind / _name(part.number)
                if size and (not file.exists() or file.stat().st_size != size):
                    message = f"`{file}` belongs to a finished part, and is not as it was written"
                    help_ = f"delete `{path}` and those of the parts after it to decide them again"
                    raise RunInvalid([Problem("PR0962", message, help=help_)])
            found.append(part)
        return found

    def add(self, number: int, decisions: pa.Table, refused: pa.Table) -> DonePart:
        """Write a part; it counts once this returns."""
        refused_bytes = 0
        if refused.num_rows:
            refused_bytes = self._write_table("refused", number, refused.cast(REFUSED))
        decisions_bytes = self._write_table("decisions", number, decisions)
        part = DonePart(
            number=number,
            seen=decisions.num_rows + refused.num_rows,
            decided=decisions.num_rows,
            redecided=pc.sum(decisions["redecided"]).as_py() or 0,
            refused=refused.num_rows,
            decisions_bytes=decisions_bytes,
            refused_bytes=refused_bytes,
        )
        self._write_text(f"done/part-{number:06}.json", asdict(part))
        return part

    def decisions(self, schema: pa.Schema = DECISIONS) -> pa.Table:
        """All decisions of the finished parts."""
        return self._read("decisions", schema)

    def refused(self) -> pa.Table:
        """All customers of the finished parts that were refused."""
        return self._read("refused", REFUSED)

    def _read(self, kind: str, schema: pa.Schema) -> pa.Table:
        files = [self.path / kind / _name(part.number) for part in self.done()]
        tables = [pq.read_table(file, schema=schema, partitioning=None) for file in files if file.exists()]
        return pa.concat_tables(tables) if tables else schema.empty_table()

    def _write_table(self, kind: str, number: int, table: pa.Table) -> int:
        target = self.path / kind / _name(number)
        with _whole(target) as hidden:
            pq.write_table(table, hidden, compression="zstd")
        return target.stat().st_size

    def _write_text(self, name: str, content: object) -> None:
        with _whole(self.path / name) as hidden:
            hidden.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _name(number: int) -> str:
    return f"part-{number:06}.parquet"


_SPOKEN: Mapping[str, Callable[[object], str]] = {
    "ruleset": lambda part: (
        f"the policy {_of(part, 'id')} {_of(part, 'version')} ({_of(part, 'fingerprint')[:19]})"
    ),
    "data": lambda part: f"the data {_names(part)}",
    "engine": lambda part: f"the engine {part}",
    "rows": lambda part: f"parts of {part} rows",
    "form": lambda part: "the wide form" if part == "wide" else "the Decisions table",
    "mapping": lambda part: "a mapping of columns" if part else "no mapping of columns",
    "library": lambda part: f"postloan-rules {part}",
}


def _of(part: object, name: str) -> str:
    return str(part.get(name, "")) if isinstance(part, dict) else ""


def _names(part: object) -> str:
    named = [_of(each, "name") for each in part] if isinstance(part, list) else []
    more = f" and {len(named) - 1} more" if len(named) > 1 else ""
    return f"`{named[0]}`{more}" if named else "given"


def _differences(names: list[str], begun: Mapping[str, object], wanted: Mapping[str, object]) -> str:
    parts = []
    for name in names:
        speak = _SPOKEN.get(name, lambda _, name=name: f"another `{name}`")
        before, now = speak(begun.get(name)), speak(wanted.get(name))
        parts.append(f"{before}, which has changed since" if before == now else f"{before}, not {now}")
    return "; ".join(parts)


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A hidden file that takes its name only when it is whole and on the disk."""
    hidden = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        yield hidden
        _to_disk(hidden)
        hidden.replace(target)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    _to_disk(target.parent)


def _to_disk(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to the folder; the lock goes with the process, however it ends."""
    try:
        import fcntl  # noqa: PLC0415 - Unix alone has it
    except ImportError:
        yield
        return
    with (folder / _LOCK).open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"another run is writing to `{folder}`"
            help_ = "wait for it to end, or name another folder"
            raise RunInvalid([Problem("PR0963", message, help=help_)]) from error
        yield
