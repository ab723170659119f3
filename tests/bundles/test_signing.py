"""Who signed a bundle, and which version of which policy a service takes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from postloan_rules.bundles import BundleInvalid, load_bundle, read_bundle
from postloan_rules.bundles.keys import PublicKey, SigningKey, new_keys
from postloan_rules.bundles.versions import as_new_as

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return new_keys(tmp_path / "release.pem")[0]


def refused(data: bytes, **demands: object) -> tuple[str, str]:
    with pytest.raises(BundleInvalid) as caught:
        load_bundle(data, **demands)  # type: ignore[arg-type]  # what a test gives
    (problem,) = caught.value.problems
    return problem.code, problem.message


def test_a_signed_bundle_is_taken_by_those_who_trust_the_key(
    bundle: bytes, key: Path, tmp_path: Path
) -> None:
    other, other_public = new_keys(tmp_path / "other.pem")
    signed = read_bundle(bundle).signed(SigningKey.read(key)).to_bytes()
    assert load_bundle(signed, keys=[f"{key}.pub"]).id == "tiny"
    assert load_bundle(signed, keys=[other_public, PublicKey.read(key)]).id == "tiny"
    assert load_bundle(signed).id == "tiny"
    assert refused(signed, keys=[other_public]) == (
        "PR1048",
        "the bundle is not signed by any key that is trusted here",
    )
    assert refused(bundle, keys=[other_public]) == ("PR1048", "the bundle is not signed")
    both = read_bundle(signed).signed(SigningKey.read(other)).to_bytes()
    assert load_bundle(both, keys=[other_public]).id == load_bundle(both, keys=[f"{key}.pub"]).id == "tiny"


def test_no_key_trusts_nobody(bundle: bytes, key: Path) -> None:
    signed = read_bundle(bundle).signed(SigningKey.read(key)).to_bytes()
    assert refused(signed, keys=[])[0] == "PR1048"


def test_signing_again_gives_the_same_bytes(bundle: bytes, key: Path) -> None:
    secret = SigningKey.read(key)
    once = read_bundle(bundle).signed(secret)
    assert once.to_bytes() == once.signed(secret).to_bytes() == read_bundle(bundle).signed(secret).to_bytes()
    assert once.fingerprint == read_bundle(bundle).fingerprint


def test_the_signature_of_another_bundle_is_none(bundle: bytes, key: Path) -> None:
    from attrs import evolve

    secret = SigningKey.read(key)
    found = read_bundle(bundle)
    signature = secret.sign(found.manifest.to_json())
    forged = evolve(found, signatures={secret.public.id: signature}).to_bytes()
    assert refused(forged, keys=[f"{key}.pub"])[0] == "PR1049"


def test_what_is_no_signature(bundle: bytes, key: Path) -> None:
    from postloan_rules.bundles import archive

    secret = SigningKey.read(key)
    files = archive.read(read_bundle(bundle).signed(secret).to_bytes(), "bundle")
    name = f"signatures/{secret.public.id}"
    for other in (b"", b"zz" * 64, files[name][:-2], files[name] + b"00", files[name].upper(), b"\xff" * 128):
        assert refused(archive.write({**files, name: other}))[0] == "PR1049"
    assert refused(archive.write({**files, "signatures/short": files[name]}))[0] == "PR1049"


def test_the_policy_and_the_least_version_that_are_asked_for(bundle: bytes) -> None:
    assert load_bundle(bundle, ruleset="tiny", at_least="2026.12").id == "tiny"
    assert refused(bundle, ruleset="other") == (
        "PR1056",
        "the bundle is the policy `tiny`, and `other` is asked for",
    )
    assert refused(bundle, at_least="2027.1") == (
        "PR1050",
        "the bundle has the version 2026.12, and 2027.1 is the oldest that is taken",
    )
    assert refused(bundle, at_least="autumn") == (
        "PR1051",
        "the versions `2026.12` and `autumn` can't be compared",
    )


@pytest.mark.parametrize(
    ("version", "least", "taken"),
    [("2026.12", "2026.9", True), ("2026.9", "2026.12", False), ("2026.12", "2026.12.0", True), ("2", "1.9.9", True),
     ("2026.12", "2026.12.1", False), ("10", "9", True), ("1-rc1", "1", None), ("", "1", None), ("١", "1", None),
     ("1.", "1", None), ("1", "1\n", None)],
)  # fmt: skip
def test_the_order_of_versions(version: str, least: str, taken: bool | None) -> None:
    assert as_new_as(version, least) is taken


def test_keys_are_never_written_over_and_the_secret_one_is_its_owners(key: Path) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    assert PublicKey.read(key).id == PublicKey.read(f"{key}.pub").id
    before = key.read_bytes()
    with pytest.raises(BundleInvalid, match="there is a file already"):
        new_keys(key)
    assert key.read_bytes() == before


def test_files_that_hold_no_key(tmp_path: Path, key: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import x25519
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_pem_private_key,
    )

    other = x25519.X25519PrivateKey.generate()
    (tmp_path / "text").write_text("no key", encoding="utf-8")
    (tmp_path / "kind.pub").write_bytes(
        other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "kind").write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    secret = load_pem_private_key(key.read_bytes(), None)
    locked = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    (tmp_path / "locked").write_bytes(locked)
    said = []
    for read, name in (
        (PublicKey.read, "none"), (PublicKey.read, "text"), (PublicKey.read, "kind.pub"),
        (SigningKey.read, "none"), (SigningKey.read, "text"), (SigningKey.read, "kind"), (SigningKey.read, "locked"),
    ):  # fmt: skip
        with pytest.raises(BundleInvalid) as caught:
            read(tmp_path / name)
        assert caught.value.problems[0].code == "PR1052"
        said.append(caught.value.problems[0].message)
    assert said == [
        "the key can't be read: no such file or directory", "the file holds no public key", "the key is not of the kind Ed25519",
        "the key can't be read: no such file or directory", "the file holds no signing key", "the key is not of the kind Ed25519",
        "the key is locked with a passphrase",
    ]  # fmt: skip


def test_without_the_extra_one_sentence_says_what_to_install(key: Path) -> None:
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from postloan_rules.bundles import build, load_bundle\n"
        "from postloan_rules.bundles.keys import PublicKey\n"
        "try: PublicKey.read(sys.argv[1])\n"
        "except Exception as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, f"{key}.pub"], capture_output=True, text=True, check=True
    )
    assert "PR1055: signatures need the package cryptography" in done.stdout
    assert "pip install 'postloan-rules[signing]'" in done.stdout
