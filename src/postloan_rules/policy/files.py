"""Which files make up a policy: those of its folder, and those that it uses."""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.policy.reader import Node, Scalar, Section, decode, read
from postloan_rules.policy.storage import storage
from postloan_rules.problems import Problem, Source, Span, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.policy.reading import Reading

__all__ = ["REASONS", "SHIPPED", "Document", "find", "own", "too_many", "unsaved", "used_file"]

SUFFIX = ".yaml"
REASONS = "reasons.yaml"
"""The catalogue of reasons: it may stand in a policy's folder, and is no part of the policy."""


def _shipped() -> Path:
    """Where the policies that come with the library are: in the wheel, or beside the sources."""
    inside = Path(__file__).resolve().parent.parent / "rules"
    return inside if inside.is_dir() else Path(__file__).resolve().parents[3] / "rules"


SHIPPED = _shipped()

Document = tuple[Source, Node | None]

_UNSAVED: ContextVar[Mapping[Path, str] | None] = ContextVar("unsaved", default=None)


@contextmanager
def unsaved(texts: Mapping[Path, str]) -> Iterator[None]:
    """Within it, these files are read as the texts say: an editor holds what is not on disk yet."""
    token = _UNSAVED.set(texts)
    try:
        yield
    finally:
        _UNSAVED.reset(token)


def find(path: Path, reading: Reading) -> list[Document]:
    """The documents at a path: one file, or every `.yaml` file that stands directly in a folder."""
    stored = storage()
    if stored.is_folder(path):
        files = sorted(
            each
            for each in stored.members(path)
            if each.suffix in (SUFFIX, ".yml") and each.name != REASONS and stored.is_file(each)
        )
        if not files:
            reading.problems.append(
                _at(
                    path,
                    "PR0120",
                    "the folder holds no .yaml file",
                    "write the policy in a file such as policy.yaml",
                )
            )
        files = [each for each in files if own(each, path, reading)]
        if too_many(len(files), path, reading):
            return []
        return [document for each in files if (document := load_file(each, reading)) is not None]
    if stored.is_file(path):
        document = load_file(path, reading)
        return [document] if document is not None else []
    known = [each.name for each in stored.members(path.parent)] if stored.is_folder(path.parent) else []
    help_ = did_you_mean(path.name, known, what="the folder holds") if known else ""
    reading.problems.append(_at(path, "PR0121", f"there is no file or folder `{path.name}`", help_))
    return []


def own(file: Path, folder: Path, reading: Reading) -> bool:
    """Whether a file of a folder is really there, and not a link to somewhere else."""
    if storage().inside(file, folder):
        return True
    help_ = "keep the file itself there: a link out of the folder is not followed"
    message = f"`{file.name}` leads out of the folder of the rules"
    reading.problems.append(_at(file, "PR0123", message, help_))
    return False


def too_many(count: int, path: Path, reading: Reading) -> bool:
    """Whether a policy has more files than are read; that is noted then."""
    most = reading.limits.policy_files
    if count <= most:
        return False
    message = f"the policy has {count:,} files, and at most {most:,} are read"
    reading.problems.append(_at(path, "PR1000", message, "put sections of one kind into one file"))
    return True


def _at(path: Path, code: str, message: str, help_: str) -> Problem:
    return Problem(code, message, Span(Source(_shown(path), ""), 0, 0), help_)


def _shown(path: Path) -> str:
    """The path as the user gave it, with `/` on every system."""
    return path.as_posix()


def load_file(path: Path, reading: Reading) -> Document | None:
    """The document of a file; None where it can't be read."""
    texts = _UNSAVED.get()
    most = reading.limits.file_bytes
    try:
        if texts is not None and path in texts:
            data = texts[path].encode("utf-8", "surrogatepass")[: most + 1]
        else:
            data = storage().read(path, most + 1)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno is not None else "unknown"
        reading.problems.append(_at(path, "PR0122", f"the file can't be read: {reason.lower()}", ""))
        return None
    reading.files += 1
    reading.size += len(data)
    if reading.size > reading.limits.policy_bytes:
        message = f"the files of the policy have more than {reading.limits.policy_bytes:,} bytes together"
        reading.problems.append(_at(path, "PR1001", message, "keep what does not belong to it elsewhere"))
        return None
    source, problems = decode(_shown(path), data, reading.limits)
    reading.problems.extend(problems)
    if problems:
        return None
    node, problems_of_yaml = read(source, reading.limits)
    reading.problems.extend(problems_of_yaml)
    return source, node


def used_file(scalar: Scalar, folder: Path, reading: Reading) -> Path | None:
    """The file that a `use` names: a path below the folder of the rules or of the shipped ones."""
    name = scalar.value
    parts = name.split("/")
    if not all(parts) or any(part in (".", "..") for part in parts) or "\\" in name or ":" in name:
        help_ = "write a path below the folder of the rules, such as `facts/standard`"
        reading.note("PR0123", f"`{name}` is not a path that a policy may use", scalar.span, help_)
        return None
    file = name if name.endswith(SUFFIX) else name + SUFFIX
    stored = storage()
    roots = stored.roots(folder, SHIPPED)
    for root in roots:
        candidate = root / file
        if stored.is_file(candidate):
            if not stored.inside(candidate, root):
                help_ = "keep the file itself there: a link out of the folder is not followed"
                reading.note("PR0123", f"`{name}` leads out of the folder of the rules", scalar.span, help_)
                return None
            return candidate
    known = sorted({each for root in roots for each in _usable(root)})
    help_ = did_you_mean(name, known, what="there are")
    reading.note("PR0124", f"there is no file `{file}` to use", scalar.span, help_)
    return None


def _usable(root: Path) -> Iterator[str]:
    stored = storage()
    for folder in ("facts",):
        if stored.is_folder(root / folder):
            for file in sorted(stored.members(root / folder)):
                if file.suffix == SUFFIX:
                    yield f"{folder}/{file.stem}"


def header_of(document: Document) -> Section | None:
    """The document's section where it is the head of a policy."""
    node = document[1]
    if isinstance(node, Section) and any(entry.key.value == "ruleset" for entry in node.entries):
        return node
    return None
