"""The keys of customers, kept apart from the log: who deletes a customer's keys erases what they lock."""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from postloan_rules.records.failures import LogError, LogFull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

__all__ = ["CustomerKey", "KeyStore", "SqliteKeys", "new_master"]

_APPLICATION = 0x504C4B31
_SCHEMA = (
    "CREATE TABLE keys (label TEXT PRIMARY KEY, customer BLOB, nonce BLOB, locked BLOB) WITHOUT ROWID",
    "CREATE INDEX keys_by_customer ON keys (customer)",
    "CREATE TABLE master (trial BLOB NOT NULL)",
    f"PRAGMA application_id = {_APPLICATION}",
)
_MASTER = 32
_NONCE = 12


@frozen
class CustomerKey:
    """A key of a customer, and the label that stands for the customer in the log."""

    label: str
    """Made at random: without the key store nobody can tell whose it is."""
    secret: bytes = field(repr=False)


class KeyStore(Protocol):
    """Where the keys of customers are, for any thread. `SqliteKeys` comes with the library."""

    def for_customer(self, customer_id: str) -> CustomerKey:
        """The key to lock what is said of a customer; made where there is none."""
        ...

    def named(self, label: str) -> CustomerKey | None:
        """The key of a label; None where it was erased."""
        ...

    def erase(self, customer_id: str) -> int:
        """Delete all keys of a customer for good; how many there were."""
        ...

    def flush(self) -> None:
        """Make sure that the keys that were made outlive the power. A log asks for it before it writes."""
        ...

    def close(self) -> None:
        """Give the store back."""
        ...


class SqliteKeys:
    """Keys in one SQLite file, each locked with a master key that is kept in another place.

    The file does not say which customers it has keys for: they are named by a hash that the master key keys.
    Any number of processes may use it at the same time.
    """

    def __init__(self, path: str | PathLike[str], master: str | PathLike[str] | bytes) -> None:
        """Open the file, or begin a new one.

        Args:
            path: The file of keys.
            master: The file of the master key (64 hexadecimal digits), or its 32 bytes.

        Raises:
            LogError: when one of them can't be used, or the master key is not the one of this file.
        """
        self.path = Path(path)
        secret = master if isinstance(master, bytes) else _read_master(Path(master))
        if len(secret) != _MASTER:
            raise LogError(self.path, "a master key has 32 bytes", _MASTER_HELP, "PR1082")
        self._naming, self._locking, trial = (
            hmac.digest(secret, b"postloan-rules " + use, "sha256")
            for use in (b"naming", b"locking", b"trial")
        )
        self._lock = threading.Lock()
        self._made: dict[bytes, tuple[str, bytes, bytes]] = {}
        with self._failures():
            self._open = sqlite3.connect(self.path, timeout=5, isolation_level=None, check_same_thread=False)
        try:
            with self._failures():
                self._begin(hashlib.sha256(trial).digest())
        except BaseException:
            self._open.close()
            raise

    def _begin(self, trial: bytes) -> None:
        run = self._open.execute
        (application,) = run("PRAGMA application_id").fetchone()
        (tables,) = run("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != _APPLICATION:
            message = "the file is no store of keys"
            raise LogError(self.path, message, "look at the name of the file", "PR1081")
        # What is deleted is written over, in the journal too: no key is left on a page that is free.
        run("PRAGMA secure_delete = ON")
        run("PRAGMA journal_mode = DELETE")
        run("PRAGMA synchronous = EXTRA")
        if not tables:
            run("BEGIN IMMEDIATE")
            if not run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for statement in _SCHEMA:
                    run(statement)
                run("INSERT INTO master VALUES (?)", (trial,))
            run("COMMIT")
            self.path.chmod(0o600)
        if run("SELECT trial FROM master").fetchone() != (trial,):
            message = "the master key is not the one of this store of keys"
            raise LogError(self.path, message, "give the file that it was begun with", "PR1082")

    def for_customer(self, customer_id: str) -> CustomerKey:
        """The key to lock what is said of a customer; made where there is none."""
        customer = self._named(customer_id)
        with self._lock:
            made = self._made.get(customer)
            if made is not None:
                return self._unlocked(*made)
            with self._failures():
                row = self._open.execute(
                    "SELECT label, nonce, locked FROM keys WHERE customer = ?", (customer,)
                ).fetchone()
            if row is not None:
                return self._unlocked(*row)
            return self._make(customer)

    def _make(self, customer: bytes) -> CustomerKey:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an extra

        key = CustomerKey(os.urandom(16).hex(), os.urandom(32))
        nonce = os.urandom(_NONCE)
        locked = AESGCM(self._locking).encrypt(nonce, key.secret, key.label.encode())
        self._made[customer] = (key.label, nonce, locked)
        return key

    def named(self, label: str) -> CustomerKey | None:
        """The key of a label; None where it was erased."""
        with self._lock:
            for made in self._made.values():
                if made[0] == label:
                    return self._unlocked(*made)
            with self._failures():
                row = self._open.execute(
                    "SELECT label, nonce, locked FROM keys WHERE label = ?", (label,)
                ).fetchone()
        return self._unlocked(*row) if row is not None else None

    def erase(self, customer_id: str) -> int:
        """Delete all keys of a customer for good; how many there were."""
        customer = self._named(customer_id)
        with self._lock:
            with self._failures():
                count = self._open.execute("DELETE FROM keys WHERE customer = ?", (customer,)).rowcount
            return count + (self._made.pop(customer, None) is not None)

    def flush(self) -> None:
        """Make sure that the keys that were made outlive the power."""
        with self._lock:
            if not self._made:
                return
            rows = [(label, customer, *locked) for customer, (label, *locked) in self._made.items()]
            with self._failures():
                try:
                    self._open.execute("BEGIN IMMEDIATE")
                    self._open.executemany("INSERT INTO keys VALUES (?, ?, ?, ?)", rows)
                    self._open.execute("COMMIT")
                except sqlite3.Error:
                    # The keys stay in memory, and are written when they are asked for again.
                    if self._open.in_transaction:
                        self._open.rollback()
                    raise
            self._made.clear()

    def close(self) -> None:
        """Give the store back."""
        self._open.close()

    def _named(self, customer_id: str) -> bytes:
        return hmac.digest(self._naming, customer_id.encode(), "sha256")

    def _unlocked(self, label: str, nonce: bytes, locked: bytes) -> CustomerKey:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an extra

        try:
            return CustomerKey(label, AESGCM(self._locking).decrypt(nonce, locked, label.encode()))
        except (InvalidTag, ValueError) as error:
            message = f"the key {label} was changed"
            raise LogError(self.path, message, "take the store of keys from a copy", "PR1081") from error

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            if name.startswith("SQLITE_FULL"):
                help_ = "make room, and flush again: the keys wait in memory"
                raise LogFull(self.path, f"there is no room for the keys: {error}", help_) from error
            message = f"the store of keys can't be used: {error}"
            raise LogError(self.path, message, "look at the file", "PR1081") from error


_MASTER_HELP = "`postloan log master FILE` makes one"


def new_master(path: str | PathLike[str]) -> None:
    """Make a master key: 64 hexadecimal digits in a file that only its owner can read.

    Raises:
        LogError: when a file stands there already, or can't be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{os.urandom(_MASTER).hex()}\n")
    except FileExistsError as error:
        help_ = "a master key that is lost takes all keys with it: choose another name"
        raise LogError(Path(path), "there is a file already", help_, "PR1082") from error
    except OSError as error:
        message = f"the master key can't be written: {(error.strerror or '').lower()}"
        raise LogError(Path(path), message, "", "PR1082") from error


def _read_master(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return bytes.fromhex(file.read(1_000).decode("ascii").strip())
    except OSError as error:
        message = f"the master key can't be read: {(error.strerror or '').lower()}"
        raise LogError(path, message, _MASTER_HELP, "PR1082") from error
    except ValueError as error:
        raise LogError(path, "the file holds no master key", _MASTER_HELP, "PR1082") from error
