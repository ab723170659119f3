"""A sound policy becomes one file, the same on every machine, that says the same as its folder."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import postloan_rules as plr
from bundles.small import EXAMPLES, POLICY, written
from postloan_rules.analysis import ExamplesInvalid
from postloan_rules.bundles import BundleInvalid, build, load_bundle, read_bundle
from postloan_rules.policy import SHIPPED
from postloan_rules.snapshot import Snapshot

FINGERPRINT = "sha256:"
SNAPSHOT = {
    "as_of": "2026-11-30",
    "currency": "CNY",
    "jurisdiction": "CN",
    "customer": {"customer_id": "C-1"},
    "accounts": [
        {
            "account_id": "A-1",
            "product": "credit_card",
            "credit_limit": "1000.00",
            "current_balance": "10.00",
            "days_past_due": 120,
        }
    ],
    "bureau_reports": [],
    "events": [],
    "complaints": [],
    "reviews": [],
}


def test_it_holds_all_that_the_policy_was_read_from(bundle: bytes) -> None:
    assert sorted(read_bundle(bundle).files) == [
        "policy/examples/cards.yaml",
        "policy/policy.yaml",
        "policy/tables/terms.csv",
        "reasons.yaml",
        "used/facts/own.yaml",
    ]


@pytest.mark.parametrize("profile", [None, "standard", "strict"])
def test_the_rule_set_in_it_is_that_of_the_folder(folder: Path, bundle: bytes, profile: str | None) -> None:
    packed, loose = load_bundle(bundle, profile=profile), plr.load(folder, profile=profile)
    assert (packed.fingerprint, packed.profile) == (loose.fingerprint, loose.profile)
    snapshot = Snapshot.from_dict(SNAPSHOT)
    assert packed.decide(snapshot).to_json() == loose.decide(snapshot).to_json()
    months = [each.parameters.get("months") for each in packed.decide(snapshot).responses]
    assert sorted(months, key=str) == [12, None]


def test_the_manifest_says_what_it_is(bundle: bytes, folder: Path) -> None:
    manifest = read_bundle(bundle).manifest
    assert (manifest.ruleset, manifest.version, manifest.language, manifest.examples) == (
        "tiny",
        "2026.12",
        1,
        3,
    )
    assert manifest.fingerprints == {
        name: plr.load(folder, profile=name).fingerprint for name in ("standard", "strict")
    }


def test_the_same_policy_gives_the_same_bytes_wherever_it_stands(
    bundle: bytes, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = written(tmp_path / "deep" / "down", "another_name")
    for file in elsewhere.rglob("*"):
        os.utime(file, (1, 1))
        if file.is_file():
            file.chmod(0o600)
    assert build(elsewhere) == bundle
    monkeypatch.chdir(elsewhere)
    assert build(".") == build(Path()) == bundle
    monkeypatch.chdir(folder.parent)
    assert build(folder.name) == bundle


def test_another_process_with_other_settings_writes_the_same_bytes(bundle: bytes, folder: Path) -> None:
    code = "import sys; from postloan_rules.bundles import build; sys.stdout.buffer.write(build(sys.argv[1]))"
    environment = {"PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "LC_ALL": "C", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, check=True, env=environment
    )
    assert done.stdout == bundle


def test_any_tool_that_reads_zip_files_opens_it(bundle: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == sorted(opened.namelist())
        said = json.loads(opened.read("manifest.json"))["files"]
        assert said == {
            name: f"sha256:{hashlib.sha256(opened.read(name)).hexdigest()}"
            for name in opened.namelist()
            if name != "manifest.json"
        }


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
def test_the_policies_that_ship_read_the_same_from_their_files_alone(name: str) -> None:
    """Without their examples, which take long."""
    from postloan_rules.bundles.building import _named
    from postloan_rules.bundles.layout import unpacked
    from postloan_rules.policy import load_policy
    from postloan_rules.policy.storage import Recorded, stored_in

    recorded = Recorded()
    with stored_in(recorded):
        policy = load_policy(SHIPPED / name)
    files = dict(_named(recorded.files, SHIPPED / name))
    files["reasons.yaml"] = (SHIPPED / "reasons.yaml").read_bytes()
    with unpacked(files) as folder:
        assert load_policy(folder).fingerprint == policy.fingerprint


def test_a_catalogue_of_its_own_goes_along(tmp_path: Path) -> None:
    folder = written(tmp_path)
    text = (SHIPPED / "reasons.yaml").read_text(encoding="utf-8")
    (folder / "reasons.yaml").write_text(f"# ours\n{text}", encoding="utf-8")
    files = read_bundle(build(folder)).files
    assert files["policy/reasons.yaml"].startswith(b"# ours")
    assert "reasons.yaml" not in files
    shutil.move(folder / "reasons.yaml", folder.parent / "reasons.yaml")
    assert read_bundle(build(folder)).files["reasons.yaml"].startswith(b"# ours")


def test_a_policy_with_a_problem_is_not_packed(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "policy.yaml").write_text(
        POLICY.replace("days_late >= late", "days_late >= lat"), encoding="utf-8"
    )
    with pytest.raises(plr.RuleSetInvalid) as caught:
        build(folder)
    assert [problem.code for problem in caught.value.problems] == ["PR0220"]


def test_a_policy_that_is_wrong_under_one_profile_is_not_packed(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "policy.yaml").write_text(
        POLICY.replace("strict: {late: 30}", "strict: {late: x}"), encoding="utf-8"
    )
    with pytest.raises(plr.RuleSetInvalid):
        build(folder)


def test_an_example_that_does_not_hold_keeps_the_policy_out(tmp_path: Path) -> None:
    folder = written(tmp_path)
    text = EXAMPLES.replace("lower.months: 6", "lower.months: 12").replace("not_fired", "fired")
    (folder / "examples" / "cards.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BundleInvalid) as caught:
        build(folder)
    first, second = caught.value.problems
    assert (first.code, second.code) == ("PR1053", "PR1053")
    assert first.message == "the example `Late` does not hold: `lower.months`: expected 12, but it is 6"
    assert first.span is not None
    assert first.span.line == 19


def test_examples_that_can_not_be_read_keep_the_policy_out(tmp_path: Path) -> None:
    folder = written(tmp_path)
    text = EXAMPLES.replace("days_past_due: 95", "days_past_due: soon")
    (folder / "examples" / "cards.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ExamplesInvalid):
        build(folder)


def test_a_policy_that_names_its_own_folder_is_told_so(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "more").mkdir()
    shutil.move(folder.parent / "facts" / "own.yaml", folder / "more" / "own.yaml")
    (folder / "policy.yaml").write_text(POLICY.replace("facts/own", "cards/more/own"), encoding="utf-8")
    with pytest.raises(BundleInvalid) as caught:
        build(folder)
    assert caught.value.problems[0].code == "PR1054"
    (folder / "policy.yaml").write_text(POLICY.replace("facts/own", "more/own"), encoding="utf-8")
    assert "policy/more/own.yaml" in read_bundle(build(folder)).files


def test_a_bundle_in_memory_sees_nothing_of_the_disk(
    bundle: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bundle" / "policy").mkdir(parents=True)
    (tmp_path / "bundle" / "policy" / "more.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_bundle(bundle).id == "tiny"
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["bundle", "more.yaml", "policy"]
