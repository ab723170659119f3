"""Signatures over all that stands before them, so that nobody without the key can write the log anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.records.canonical import section_of, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.bundles.keys import PublicKey, SigningKey
    from postloan_rules.records.line import Head, Line

__all__ = ["checkpoint", "is_signed"]

_TAG = b"postloan-rules checkpoint 1\n"


def checkpoint(log: str, head: Head, key: SigningKey) -> bytes:
    """The record that signs a log up to a place."""
    return text_of({"key": key.public.id, "signature": key.sign(_message(log, head)).hex()})


def is_signed(log: str, line: Line, previous: Head, keys: Sequence[PublicKey]) -> bool | None:
    """Whether a checkpoint's signature is good; None where it says that another key than these made it."""
    said = section_of(line.record) or {}
    for key in keys:
        if key.id == said.get("key"):
            try:
                signature = bytes.fromhex(str(said.get("signature")))
            except ValueError:
                return False
            return key.made(signature, _message(log, previous))
    return None


def _message(log: str, head: Head) -> bytes:
    return _TAG + f"{log}\n{head}".encode()
