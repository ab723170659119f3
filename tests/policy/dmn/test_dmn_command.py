"""`postloan dmn export` and `postloan dmn import`, as people run them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from postloan_rules.cli import main
from postloan_rules.policy import SHIPPED, load_policy
from postloan_rules.policy.dmn import from_dmn, to_dmn

FILES = Path(__file__).parent / "files"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["dmn", *words])


def test_export_writes_the_file_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "loan.dmn"
    result = run("export", str(SHIPPED / "personal_loan"), "-o", str(file))
    assert (result.exit_code, result.output) == (0, "")
    assert file.read_bytes().decode() == to_dmn(load_policy(SHIPPED / "personal_loan"))


def test_export_takes_a_profile() -> None:
    light = run("export", str(SHIPPED / "credit_card"), "--profile", "light")
    assert light.exit_code == 0
    assert "profile light." in light.stdout


@pytest.mark.parametrize("words", [["--help"], ["export", "--help"], ["import", "--help"]])
def test_every_command_has_help_with_an_example(words: list[str]) -> None:
    shown = run(*words).stdout
    assert "Example" in shown
    assert "  postloan dmn" in shown


def test_import_writes_yaml_and_warns_on_the_other_stream(tmp_path: Path) -> None:
    source, file = FILES / "modeler.dmn", tmp_path / "terms.yaml"
    result = run("import", str(source), "-o", str(file))
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "warning PR0870: the file declares no input `daysPastDue`; it is taken as one" in result.stderr
    assert file.read_text(encoding="utf-8") == from_dmn(source.read_text(encoding="utf-8"), str(source)).yaml


def test_import_shows_all_that_is_wrong_and_writes_nothing(tmp_path: Path) -> None:
    source, file = tmp_path / "wrong.dmn", tmp_path / "terms.yaml"
    source.write_text((FILES.parent / "wrong" / "table.dmn").read_text(encoding="utf-8"), encoding="utf-8")
    result = run("import", str(source), "-o", str(file))
    assert result.exit_code == 1
    assert result.stderr.count("error PR0") == 8
    assert not file.exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = run("import", str(tmp_path / "none.dmn"))
    assert result.exit_code == 1
    assert "no such file" in result.stderr


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = run("import", str(FILES / "modeler.dmn"), "-o", str(tmp_path / "none" / "x.yaml"))
    assert result.exit_code == 1
    assert "no such file or directory" in result.stderr
