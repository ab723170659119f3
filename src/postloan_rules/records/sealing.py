"""Locking what a record says of a customer with the customer's own key.

Each customer has one key of 256 bits, made at random. Each record is locked by AES-GCM with a nonce of 96
bits that is random, too: of the few thousand records that a customer may have, two with the same nonce are
not to be expected in the life of the universe. The label of the customer and the log's name are bound in, so
that what is locked opens in no other place.
"""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

from postloan_rules.records.failures import LogError

if TYPE_CHECKING:
    from postloan_rules.records.key_store import CustomerKey

__all__ = ["sealed", "unsealed"]

_TAG = b"postloan-rules sealed 1\n"
_NONCE = 12


def sealed(content: bytes, key: CustomerKey, log: str) -> str:
    """The content, locked, as text."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an extra

    nonce = os.urandom(_NONCE)
    locked = AESGCM(key.secret).encrypt(nonce, content, _bound(key.label, log))
    return base64.b64encode(nonce + locked).decode()


def unsealed(text: str, key: CustomerKey, log: str) -> bytes:
    """The content, opened.

    Raises:
        LogError: when it was changed, or was locked with another key.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - an extra
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an extra

    try:
        data = base64.b64decode(text, validate=True)
        return AESGCM(key.secret).decrypt(data[:_NONCE], data[_NONCE:], _bound(key.label, log))
    except (ValueError, InvalidTag) as error:
        message = "what is locked for this label does not open with its key"
        raise LogError(key.label, message, "use the key store of this log", "PR1083") from error


def _bound(label: str, log: str) -> bytes:
    return _TAG + f"{log}\n{label}".encode()
