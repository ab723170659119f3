"""A bundle that was tampered with, or was never one, is refused with its problem; nothing of it is used."""

from __future__ import annotations

import io
import json
import random
import stat
import warnings
import zipfile
from typing import TYPE_CHECKING

import pytest

from postloan_rules.bundles import BundleInvalid, archive, load_bundle, read_bundle
from postloan_rules.bundles.manifest import MANIFEST, sha256

if TYPE_CHECKING:
    from collections.abc import Callable


def refused(data: bytes) -> str:
    with pytest.raises(BundleInvalid) as caught:
        load_bundle(data)
    (problem,) = caught.value.problems
    assert problem.path == "bundle"
    return problem.code


def opened(bundle: bytes) -> dict[str, bytes]:
    return archive.read(bundle, "bundle")


def zipped(entries: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    """As an ordinary tool writes it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in entries:
            made.writestr(name, data)
    return file.getvalue()


def test_each_changed_byte_is_found(bundle: bytes) -> None:
    chance = random.Random(11)
    for at in (
        sorted(chance.sample(range(len(bundle)), 400))
        + list(range(60))
        + list(range(len(bundle) - 80, len(bundle)))
    ):
        changed = bytearray(bundle)
        changed[at] ^= 1 << chance.randrange(8)
        assert refused(bytes(changed)).startswith("PR104"), at


def test_each_cut_and_each_addition_is_found(bundle: bytes) -> None:
    chance = random.Random(12)
    for at in [0, 1, 29, 30, 31, len(bundle) - 1, *chance.sample(range(len(bundle)), 100)]:
        assert refused(bundle[:at]) == "PR1040"
        assert refused(bundle[:at] + b"x" + bundle[at:]).startswith("PR104")
    assert refused(bundle + b"\n") == "PR1040"
    assert refused(b"#!/bin/sh\n" + bundle) == "PR1040"
    assert refused(bundle + bundle) == "PR1040"


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04", b"%PDF-1.4", b"\x00" * 100, b"ruleset: cards\n"])
def test_what_is_no_bundle(data: bytes) -> None:
    assert refused(data) == "PR1040"


def test_a_file_that_is_not_there(tmp_path: object) -> None:
    with pytest.raises(BundleInvalid, match="the bundle can't be read: no such file") as caught:
        read_bundle(f"{tmp_path}/none.plr")
    assert caught.value.problems[0].code == "PR1040"


def test_a_bomb_is_never_unpacked(bundle: bytes) -> None:
    files = [*opened(bundle).items(), ("used/facts/bomb.yaml", b"0" * 50_000_000)]
    packed = zipped(files, zipfile.ZIP_DEFLATED)
    assert len(packed) < 200_000
    assert refused(packed) == "PR1042"


def test_an_ordinary_zip_of_the_same_files_is_none(bundle: bytes) -> None:
    assert refused(zipped(list(opened(bundle).items()))) == "PR1040"


@pytest.mark.parametrize(
    "name",
    ["../evil.yaml", "/etc/passwd", "policy/../../evil.yaml", "policy\\evil.yaml", "C:/evil.yaml", "policy//a.yaml",
     "policy/./a.yaml", "policy/a\nb.yaml", "policy/", f"policy/{'a' * 300}.yaml"],
)  # fmt: skip
def test_names_that_lead_out(bundle: bytes, name: str) -> None:
    assert refused(archive.write({**opened(bundle), name: b""})) == "PR1043"
    assert refused(zipped([*opened(bundle).items(), (name, b"")])) == "PR1043"


def test_links(bundle: bytes) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, data in opened(bundle).items():
            made.writestr(name, data)
        link = zipfile.ZipInfo("policy/link.yaml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
    assert refused(file.getvalue()) == "PR1043"


def test_the_same_name_twice(bundle: bytes) -> None:
    files = list(opened(bundle).items())
    assert refused(zipped([*files, files[-1]])) == "PR1044"


def test_too_many_files_and_too_large_ones(bundle: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    files = opened(bundle)
    room = archive.MAX_FILES - len(files)
    many = {**files, **{f"used/{number}.yaml": b"" for number in range(room)}}
    assert refused(archive.write(many)) == "PR1045"
    assert refused(archive.write({**many, "used/more.yaml": b""})) == "PR1041"
    assert refused(archive.write({**files, "used/a.yaml": b"x" * (1 << 20)})) == "PR1045"
    assert refused(archive.write({**files, "used/a.yaml": b"x" * ((1 << 20) + 1)})) == "PR1041"
    monkeypatch.setattr(archive, "MAX_BUNDLE", len(bundle))
    assert load_bundle(bundle).id == "tiny"
    monkeypatch.setattr(archive, "MAX_BUNDLE", len(bundle) - 1)
    assert refused(bundle) == "PR1041"


def test_files_that_are_not_what_the_manifest_says(bundle: bytes) -> None:
    files = opened(bundle)
    assert refused(archive.write({**files, "policy/policy.yaml": b"ruleset: other\n"})) == "PR1045"
    assert refused(archive.write({**files, "policy/more.yaml": b"facts: {}\n"})) == "PR1045"
    assert (
        refused(archive.write({name: each for name, each in files.items() if name != "reasons.yaml"}))
        == "PR1045"
    )


def test_a_manifest_that_is_none(bundle: bytes) -> None:
    files = opened(bundle)
    said = json.loads(files[MANIFEST])

    def manifest(**changes: object) -> bytes:
        text = json.dumps({**said, **changes}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return archive.write({**files, MANIFEST: text.encode()})

    assert load_bundle(manifest()).id == "tiny"
    wrong: list[dict[str, object]] = [
        {"format": 2}, {"format": "1"}, {"more": 1}, {"language": "1"}, {"examples": True}, {"version": 2026.12},
        {"fingerprints": {}}, {"fingerprints": {"standard": "sha256:1"}}, {"effective": {}}, {"effective": {"from": "x", "to": None}},
        {"files": []},
    ]  # fmt: skip
    for changes in wrong:
        assert refused(manifest(**changes)) == "PR1046", changes
    assert refused(archive.write({**files, MANIFEST: files[MANIFEST] + b"\n"})) == "PR1046"
    assert refused(archive.write({**files, MANIFEST: b"[" * 100_000})) == "PR1046"
    assert (
        refused(archive.write({name: each for name, each in files.items() if name != MANIFEST})) == "PR1046"
    )


def test_a_policy_that_is_not_what_the_manifest_says(bundle: bytes) -> None:
    files = opened(bundle)
    said = json.loads(files[MANIFEST])

    def with_policy(change: Callable[[bytes], bytes]) -> bytes:
        policy = change(files["policy/policy.yaml"])
        manifest = {**said, "files": {**said["files"], "policy/policy.yaml": sha256(policy)}}
        text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        return archive.write({**files, MANIFEST: text, "policy/policy.yaml": policy})

    assert load_bundle(with_policy(lambda text: b"# a comment\n" + text)).id == "tiny"
    assert refused(with_policy(lambda text: text.replace(b"value: 90", b"value: 91"))) == "PR1047"


def test_a_bundle_without_a_catalogue_does_not_take_the_one_that_ships(bundle: bytes) -> None:
    files = opened(bundle)
    del files["reasons.yaml"]
    said = json.loads(files[MANIFEST])
    del said["files"]["reasons.yaml"]
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert refused(archive.write({**files, MANIFEST: text})) == "PR1045"


def test_examples_that_do_not_hold_here(bundle: bytes) -> None:
    files = opened(bundle)
    said = json.loads(files[MANIFEST])
    examples = files["policy/examples/cards.yaml"].replace(b"lower.months: 6", b"lower.months: 7")
    said["files"]["policy/examples/cards.yaml"] = sha256(examples)
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    found = read_bundle(archive.write({**files, MANIFEST: text, "policy/examples/cards.yaml": examples}))
    with pytest.raises(BundleInvalid) as caught:
        found.check()
    assert [problem.code for problem in caught.value.problems] == ["PR1053"]
