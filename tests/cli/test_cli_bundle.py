"""`postloan bundle`."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from postloan_rules.bundles import read_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run


def test_build_show_sign_and_verify(run: Run, policy: Path, tmp_path: Path) -> None:
    file, key = tmp_path / "tiny.plr", tmp_path / "key.pem"
    built = run("bundle", "build", policy, "-o", file)
    assert built.output == "tiny 1: 3 files, 2 examples held\n"
    made = run("bundle", "keys", key).output.splitlines()
    assert made[0] == f"{key}: the signing key, for its owner only"
    key_id = made[1].rpartition(" ")[2]
    unsigned = file.read_bytes()
    assert run("bundle", "verify", file).output == (
        "ok: tiny 1, 2 examples hold\nno key was given: 0 signatures not looked at\n"
    )
    refused = run("bundle", "verify", file, "--key", f"{key}.pub")
    assert refused.exit_code == 1
    assert f"{file}: error PR1048: the bundle is not signed" in refused.output
    assert run("bundle", "sign", file, "--key", key, "-o", tmp_path / "other.plr").exit_code == 0
    assert file.read_bytes() == unsigned
    assert run("bundle", "sign", file, "--key", key).output == f"signed by {key_id}\n"
    assert file.read_bytes() == (tmp_path / "other.plr").read_bytes()
    assert run(
        "bundle", "verify", file, "--key", f"{key}.pub", "--at-least", "1", "--ruleset", "tiny"
    ).output == (f"ok: tiny 1, 2 examples hold\nsigned by {key_id}\n")
    old = run("bundle", "verify", file, "--key", f"{key}.pub", "--at-least", "2")
    assert old.exit_code == 1
    assert "error PR1050: the bundle has the version 1, and 2 is the oldest that is taken" in old.output
    shown = run("bundle", "show", file).output
    assert shown.startswith(f"tiny 1\n  bundle      {read_bundle(file).fingerprint}\n")
    assert f"  signed by   {key_id}\n" in shown
    assert shown.endswith("   policy/policy.yaml\n" + shown.splitlines()[-1] + "\n")


def test_a_policy_that_is_not_sound_leaves_no_file(run: Run, policy: Path, tmp_path: Path) -> None:
    examples = policy / "examples" / "cards.yaml"
    text = examples.read_text(encoding="utf-8")
    examples.write_text(text.replace('days_past_due": 89', 'days_past_due": 90'), encoding="utf-8")
    done = run("bundle", "build", policy, "-o", tmp_path / "tiny.plr")
    assert done.exit_code == 1
    assert "error PR1053: the example `Left alone at 89 days` does not hold" in done.output
    assert not (tmp_path / "tiny.plr").exists()


def test_a_changed_bundle_is_told_on_standard_error(run: Run, policy: Path, tmp_path: Path) -> None:
    file = tmp_path / "tiny.plr"
    run("bundle", "build", policy, "-o", file)
    data = bytearray(file.read_bytes())
    data[random.Random(1).randrange(len(data))] ^= 1
    file.write_bytes(data)
    for command in ("show", "verify"):
        done = run("bundle", command, file)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "error PR104" in done.stderr


def test_a_file_that_can_not_be_written(run: Run, policy: Path, tmp_path: Path) -> None:
    done = run("bundle", "build", policy, "-o", tmp_path / "none" / "tiny.plr")
    assert done.exit_code == 1
    assert "no such file or directory" in done.output
