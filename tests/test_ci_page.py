"""What docs/ci.md tells forges to run does run, and so do the hooks for pre-commit."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from sarif_pydantic import Sarif  # type: ignore[import-untyped] # it has no py.typed

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
FILES = re.findall(r"<!-- file: (\S+) -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)
GITHUB, GITLAB, PRE_COMMIT = (
    yaml.safe_load(text) for text in re.findall(r"(?<!-->\n)```yaml\n(.*?)```", PAGE, re.DOTALL)
)
HOOKS = {
    each["id"]: each for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
}
STEPS = [each["run"] for each in GITHUB["jobs"]["policies"]["steps"] if "run" in each]
SCRIPT = [*GITLAB["policies"]["script"], *GITLAB["policies"]["after_script"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    command = tmp_path / "bin" / "postloan"
    command.parent.mkdir()
    command.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m postloan_rules.cli "$@"\n', encoding="utf-8"
    )
    command.chmod(0o755)
    return tmp_path


def run(folder: Path, command: str) -> int:
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, check=False)
    return done.returncode


@pytest.mark.parametrize("steps", [STEPS, SCRIPT], ids=["GitHub", "GitLab"])
def test_the_steps_pass(steps: list[str], folder: Path) -> None:
    commands = [each for each in steps if each.startswith("postloan ")]
    assert len(commands) >= 4
    assert [each for each in commands if run(folder, each) != 0] == []
    results = ET.parse(folder / "examples.xml").getroot()  # noqa: S314 - our own file
    assert len(list(results.iter("testcase"))) == 2


def test_findings_are_sarif_and_stop_the_branch(folder: Path) -> None:
    file = folder / "rules" / "cards" / "policy.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("if: overdue", "if: overdo"), encoding="utf-8")
    step = next(each for each in STEPS if "sarif" in each)
    assert run(folder, step) == 1
    log = Sarif.model_validate_json((folder / "findings.sarif").read_text(encoding="utf-8"))
    assert [each.rule_id for each in log.runs[0].results or ()] == ["PR0331"]


def test_an_example_that_fails_stops_the_branch(folder: Path) -> None:
    file = folder / "rules" / "cards" / "policy.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(">= 90", ">= 91"), encoding="utf-8")
    assert run(folder, next(each for each in STEPS if "junit" in each)) == 1
    results = ET.parse(folder / "examples.xml").getroot()  # noqa: S314 - our own file
    assert len(list(results.iter("failure"))) == 1


def test_the_hooks_are_hooks() -> None:
    wanted = {"id", "name", "entry", "language"}
    assert all(wanted <= set(each) and each["language"] == "python" for each in HOOKS.values())
    used = PRE_COMMIT["repos"][0]["hooks"]
    assert {each["id"] for each in used} == set(HOOKS)


def test_the_hooks_run(folder: Path) -> None:
    for used in PRE_COMMIT["repos"][0]["hooks"]:
        hook = HOOKS[used["id"]]
        files = sorted(str(each.relative_to(folder)) for each in (folder / "rules").rglob("*.yaml"))
        given = [*used.get("args", ()), *(files if hook.get("pass_filenames", True) else ())]
        assert run(folder, shlex.join([*hook["entry"].split(), *given])) == 0, used
