"""The commands in README.md and docs/ print what the pages say.

A fence after `<!-- file: NAME -->` is a file; `$ ` in a `console` fence is a command run beside those files.
A fence after `<!-- change: NAME -->` is a change to a file: lines with `-` go, lines with `+` come.
A fence after `<!-- not run: REASON -->` is passed over.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"(?:<!-- (file|change|not run): ([^\n]*?) -->\n+)?```(\w*)\n(.*?)```", re.DOTALL)


def run(command: str, folder: Path) -> str:
    words = shlex.split(command)
    assert words[0] == "postloan", command
    done = subprocess.run(
        [sys.executable, "-m", "postloan_rules.cli", *words[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "100", "NO_COLOR": "1", "PATH": "", "PYTHONIOENCODING": "utf-8"},
    )
    # What a terminal shows: blanks at the end of a line are not seen.
    return "\n".join(line.rstrip() for line in (done.stdout + done.stderr).splitlines())


def change(file: Path, body: str) -> None:
    """Change the one place in a file where the lines with `-` (and those with a blank) stand."""
    lines = body.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in "- ")
    new = "".join(line[1:] for line in lines if line[0] in "+ ")
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_print_what_the_page_says(page: Path, tmp_path: Path) -> None:
    for mark, argument, language, body in FENCE.findall(page.read_text(encoding="utf-8")):
        if mark == "not run":
            continue
        if mark == "file":
            target = tmp_path / argument
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(body, encoding="utf-8")
        elif mark == "change":
            change(tmp_path / argument, body)
        elif language == "console":
            for block in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, printed = block.partition("\n")
                assert run(command, tmp_path).rstrip() == printed.rstrip(), command
