"""Whatever is written in a policy's files, the author gets a policy or a list of what is wrong."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

import postloan_rules as plr

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "cases" / "wrong_policies").glob("*/policy.yaml"))
SHIPPED = sorted((ROOT / "rules").glob("*/policy.yaml"))
PIECES = (
    *(
        "[",
        "]",
        "{",
        "}",
        ":",
        "- ",
        '"',
        "'",
        "#",
        "null",
        "~",
        ">",
        ">-",
        "|",
        "!",
        "&a",
        "*a",
        "%",
        "@",
        "`",
    ),
    *(
        "1",
        "0.5",
        "-1",
        "1e400",
        "10 ** 1000",
        "account",
        "bureau",
        "events",
        "true",
        "if",
        "then",
        "some s in",
    ),
    *(
        'duration("P1D")',
        'date("2026-13-01")',
        "count(",
        "modulo(1, 0)",
        "9999-12-31",
        "99999 months",
        "[1..",
    ),
    *("信用卡", "\u3000", "\u0000", "\ufeff", "\t", "  ", "[]", "{}", '""'),
)
LINES = [line for path in (*CASES, *SHIPPED) for line in path.read_text("utf-8", "replace").splitlines()]


def changed(text: str, choose: random.Random) -> str:
    """The text with one to four slips of the pen."""
    lines = text.splitlines() or [""]
    for _ in range(choose.randint(1, 4)):
        at = choose.randrange(len(lines))
        line = lines[at]
        key, colon, _ = line.partition(":")
        cut = choose.randint(0, len(line))
        match choose.randrange(8):
            case 0:
                lines[at] = ""
            case 1:
                lines.insert(at, choose.choice(lines))
            case 2:
                other = choose.randrange(len(lines))
                lines[at], lines[other] = lines[other], line
            case 3:
                lines[at] = line[:cut] + choose.choice(PIECES) + line[cut:]
            case 4:
                lines[at] = line[:cut] + line[cut + choose.randint(1, 8) :]
            case 5:
                lines[at] = " " * choose.randint(0, 8) + line.lstrip()
            case 6:
                lines[at] = f"{key}: {choose.choice(PIECES)}" if colon else choose.choice(PIECES)
            case _:
                lines[at] = key + ":" + choose.choice(LINES).rpartition(":")[2]
    return "\n".join(lines)


def text_of_problems(path: Path) -> str | None:
    """What the author is told; None when the policy loads."""
    try:
        plr.load(path)
    except plr.RuleSetInvalid as invalid:
        return str(invalid)
    return None


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_a_slip_in_a_small_policy(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    shutil.copytree(path.parent, folder)
    text = path.read_text("utf-8", "replace")
    choose = random.Random(path.parent.name)
    for _ in range(8):
        (folder / "policy.yaml").write_text(changed(text, choose), encoding="utf-8")
        assert text_of_problems(folder) != ""


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_a_slip_in_a_policy_that_ships(path: Path, tmp_path: Path) -> None:
    choose = random.Random(path.parent.name)
    for number in range(6):
        folder = tmp_path / str(number)
        shutil.copytree(path.parent, folder, ignore=shutil.ignore_patterns("examples"))
        file = choose.choice(sorted(folder.glob("*.yaml")))
        file.write_text(changed(file.read_text(encoding="utf-8"), choose), encoding="utf-8")
        assert text_of_problems(folder) != ""
