"""What was decided, kept so that it can be shown to be whole, and decided again years later."""

from __future__ import annotations

from postloan_rules.records.failures import (
    LogBroken,
    LogDamaged,
    LogError,
    LogFull,
    LogInUse,
    LogUnusable,
)
from postloan_rules.records.key_store import CustomerKey, KeyStore, SqliteKeys, new_master
from postloan_rules.records.line import Head, Kind
from postloan_rules.records.log import DecisionLog, Receipt
from postloan_rules.records.reading import Record, read_records
from postloan_rules.records.replaying import Outcome, Replayed, replay
from postloan_rules.records.shelf import Shelf
from postloan_rules.records.store import SetAside, Source, Store, open_source, open_store
from postloan_rules.records.verifying import Verified, verify

__all__ = [
    "CustomerKey",
    "DecisionLog",
    "Head",
    "KeyStore",
    "Kind",
    "LogBroken",
    "LogDamaged",
    "LogError",
    "LogFull",
    "LogInUse",
    "LogUnusable",
    "Outcome",
    "Receipt",
    "Record",
    "Replayed",
    "SetAside",
    "Shelf",
    "Source",
    "SqliteKeys",
    "Store",
    "Verified",
    "new_master",
    "open_source",
    "open_store",
    "read_records",
    "replay",
    "verify",
]
