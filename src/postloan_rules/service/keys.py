"""API keys: a file with the hash of each, so that who reads the file can't use them.

A key has 256 random bits, which no one guesses, so that one round of SHA-256 keeps it secret.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.problems import Problem, Source, Span, in_order, render

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Key", "Keys", "KeysInvalid", "add_key", "new_key", "read_keys"]

_PREFIX = "plk_"
_LINE = re.compile(r"(\S+)\s+sha256:([0-9a-f]{64})(?:\s+(\S+))?")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_RATE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)/s")
_LONGEST = 200
_MOST_BYTES = 1 << 20
_HEAD = "# name, hash of the key, and how many customers a second it may ask for, such as 50/s\n"


class KeysInvalid(Exception):  # noqa: N818 - the file is invalid; it is no error of the program
    """A file of keys that can't be used, with everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


@frozen
class Key:
    """One caller's key: its name, its hash, its own rate."""

    name: str
    digest: bytes
    rate: float | None = None


@frozen
class Keys:
    """All keys that the service knows."""

    keys: tuple[Key, ...]

    def holder(self, presented: str) -> Key | None:
        """Whose key it is. Takes as long for a wrong key as for a right one."""
        digest = hashlib.sha256(presented[:_LONGEST].encode("utf-8", "surrogateescape")).digest()
        found: Key | None = None
        for key in self.keys:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found if len(presented) <= _LONGEST else None


def new_key() -> tuple[str, str]:
    """A key that nobody has had yet, and the text of its hash."""
    key = _PREFIX + secrets.token_urlsafe(32)
    return key, "sha256:" + hashlib.sha256(key.encode("ascii")).hexdigest()


def read_keys(path: Path) -> Keys:
    """The keys of a file.

    Raises:
        KeysInvalid: with each line that can't be read.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError as error:
        reason = (error.strerror or "the system refuses it").lower()
        help_ = "make it with `postloan serve-key`"
        raise KeysInvalid(
            [Problem("PR1104", f"the keys can't be read: {reason}", help=help_, path=path.name)]
        ) from error
    source = Source(path.as_posix(), text)
    keys: dict[str, Key] = {}
    problems: list[Problem] = []
    start = 0
    for line in text.splitlines(keepends=True):
        said = line.strip()
        if said and not said.startswith("#"):
            key = _key(said)
            span = Span(source, start, start + len(line.rstrip()))
            if key is None:
                help_ = "a line is a name, `sha256:` with 64 digits, and if need be a rate such as `50/s`"
                problems.append(Problem("PR1103", "this line is no key", span, help_))
            elif key.name in keys:
                help_ = "give each key a name of its own"
                problems.append(Problem("PR1103", f"there are two keys `{key.name}`", span, help_))
            else:
                keys[key.name] = key
        start += len(line)
    if problems:
        raise KeysInvalid(problems)
    return Keys(tuple(keys.values()))


def add_key(path: Path, name: str, rate: str | None = None) -> str:
    """A new key, whose hash is put into a file; the file is made where there is none.

    Raises:
        KeysInvalid: where the file can't be read, or has a key of that name.
        ValueError: for a name or a rate that can't be one.
        OSError: where the file can't be written.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"`{name}` is no name; write small letters, digits, `_`, `.` and `-`, 40 at most")
    if rate is not None and not _rate(rate):
        raise ValueError(f"`{rate}` is no rate; write `50/s`")
    if path.exists() and any(key.name == name for key in read_keys(path).keys):
        help_ = "choose another name, or take its line out of the file"
        raise KeysInvalid([Problem("PR1103", f"there is a key `{name}` already", help=help_, path=path.name)])
    key, digest = new_key()
    line = f"{name} {digest}" + (f" {rate}" if rate else "") + "\n"
    # Nobody but the owner reads it, from the first byte on.
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(number, "a", encoding="utf-8") as file:
        file.write(line if file.tell() else _HEAD + line)
    return key


def _key(line: str) -> Key | None:
    found = _LINE.fullmatch(line)
    if found is None or not _NAME.fullmatch(found[1]):
        return None
    rate = _rate(found[3]) if found[3] else None
    if found[3] and not rate:
        return None
    return Key(found[1], bytes.fromhex(found[2]), rate)


def _rate(text: str) -> float | None:
    found = _RATE.fullmatch(text)
    return float(found[1]) if found is not None and float(found[1]) > 0 else None
