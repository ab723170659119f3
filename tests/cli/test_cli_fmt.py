from __future__ import annotations

from typing import TYPE_CHECKING

from .conftest import EXAMPLES, POLICY

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


def folder(tmp_path: Path) -> Path:
    place = tmp_path / "tiny"
    (place / "examples").mkdir(parents=True)
    (place / "policy.yaml").write_text(POLICY.replace("  late:", "    late:   "), encoding="utf-8")
    (place / "examples" / "cards.yaml").write_text(EXAMPLES, encoding="utf-8")
    return place


def test_files_are_laid_out(run: Run, tmp_path: Path) -> None:
    place = folder(tmp_path)
    result = run("fmt", str(place))
    assert result.exit_code == 0, result.output
    assert "policy.yaml: laid out" in result.stdout
    assert (place / "policy.yaml").read_text(encoding="utf-8") == POLICY
    assert run("fmt", "--check", str(place)).exit_code == 0
    assert [file.name for file in sorted(place.iterdir())] == ["examples", "policy.yaml"]


def test_check_and_diff_change_nothing(run: Run, tmp_path: Path) -> None:
    place = folder(tmp_path)
    before = (place / "policy.yaml").read_text(encoding="utf-8")
    assert run("fmt", "--check", str(place)).exit_code == 1
    result = run("fmt", "--diff", str(place))
    assert result.exit_code == 0
    assert "-    late:    {type: days, value: 90}\n+  late: {type: days, value: 90}\n" in result.stdout
    assert (place / "policy.yaml").read_text(encoding="utf-8") == before


def test_what_is_no_yaml_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("facts:\n  a: [1\n", encoding="utf-8")
    result = run("fmt", str(file))
    assert result.exit_code == 1
    assert "PR0105" in result.stdout
    assert file.read_text(encoding="utf-8") == "facts:\n  a: [1\n"


def test_a_policy_with_mistakes_is_laid_out_too(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("ruleset:   small\nfacts:\n    a:  b>1\n", encoding="utf-8")
    assert run("fmt", str(file)).exit_code == 0
    assert file.read_text(encoding="utf-8") == "ruleset: small\nfacts:\n  a: b > 1\n"


def test_a_path_that_is_none(run: Run) -> None:
    assert run("fmt", "nowhere").exit_code == 2
