"""Ed25519 keys in PEM files. They sign bundles, and the checkpoints of decision logs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.bundles.invalid import wrong

if TYPE_CHECKING:
    from os import PathLike

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = ["PublicKey", "SigningKey", "new_keys"]

_MOST = 10_000
"""A key's file has some hundred bytes."""
_NEEDED = ("PR1055", "signatures need the package cryptography", "pip install 'postloan-rules[signing]'")


class PublicKey:
    """A key that tells whether a signature was made with its signing key."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        self.id = hashlib.sha256(key.public_bytes_raw()).hexdigest()
        """64 digits that name the key."""

    @classmethod
    def read(cls, path: str | PathLike[str]) -> PublicKey:
        """The key in a PEM file, `-----BEGIN PUBLIC KEY-----`; of a signing key, its public half.

        Raises:
            BundleInvalid: when there is none in the file.
        """
        data = _content(path)
        if b"PRIVATE KEY" in data:
            return SigningKey.read(path).public
        try:
            from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - an extra
            from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - an extra
            from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise wrong(str(path), *_NEEDED) from error
        try:
            key = load_pem_public_key(data)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise wrong(str(path), "PR1052", "the file holds no public key", _HELP) from error
        if not isinstance(key, ed25519.Ed25519PublicKey):
            raise wrong(str(path), "PR1052", "the key is not of the kind Ed25519", _HELP)
        return cls(key)

    def made(self, signature: bytes, message: bytes) -> bool:
        """Whether the signing key made this signature of this message."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra

        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """The secret half of a pair of keys."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key())
        """The half for those who verify."""

    @classmethod
    def read(cls, path: str | PathLike[str]) -> SigningKey:
        """The key in a PEM file, `-----BEGIN PRIVATE KEY-----`, without a passphrase.

        Raises:
            BundleInvalid: when there is none in the file.
        """
        data = _content(path)
        try:
            from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - an extra
            from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - an extra
            from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise wrong(str(path), *_NEEDED) from error
        try:
            key = load_pem_private_key(data, password=None)
        except TypeError as error:
            message, help_ = "the key is locked with a passphrase", "keep it unlocked in a store for secrets"
            raise wrong(str(path), "PR1052", message, help_) from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise wrong(str(path), "PR1052", "the file holds no signing key", _HELP) from error
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise wrong(str(path), "PR1052", "the key is not of the kind Ed25519", _HELP)
        return cls(key)

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, 64 bytes; the same each time."""
        return self._key.sign(message)


_HELP = "`postloan bundle keys NAME` makes a pair of keys"


def new_keys(path: str | PathLike[str]) -> tuple[Path, Path]:
    """Make a pair of keys: the signing key at a path, readable by its owner only, and the public one beside.

    Raises:
        BundleInvalid: when a file stands there already, or can't be written.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - an extra
            Encoding,
            NoEncryption,
            PrivateFormat,
            PublicFormat,
        )
    except ModuleNotFoundError as error:
        raise wrong(str(path), *_NEEDED) from error
    secret, public = Path(path), Path(f"{path}.pub")
    key = ed25519.Ed25519PrivateKey.generate()
    _write(secret, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    _write(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    return secret, public


def _write(path: Path, data: bytes, mode: int) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
    except FileExistsError as error:
        help_ = "a key that is lost can't be made again: choose another name"
        raise wrong(str(path), "PR1052", "there is a file already", help_) from error
    except OSError as error:
        reason = (error.strerror or "the system refuses it").lower()
        raise wrong(str(path), "PR1052", f"the file can't be written: {reason}") from error


def _content(path: str | PathLike[str]) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(_MOST)
    except OSError as error:
        reason = (error.strerror or "the system refuses it").lower()
        raise wrong(str(path), "PR1052", f"the key can't be read: {reason}", _HELP) from error
