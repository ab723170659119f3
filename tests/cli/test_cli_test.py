from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


def test_examples_that_hold_are_counted(run: Run, policy: Path) -> None:
    result = run("test", policy)
    assert result.exit_code == 0
    assert result.stdout == "2 examples: 2 passed\n"


def test_a_failure_shows_expected_actual_and_place(run: Run, policy: Path) -> None:
    file = policy / "examples" / "cards.yaml"
    text = file.read_text(encoding="utf-8").replace("new_limit: 500", "new_limit: 400")
    file.write_text(text, encoding="utf-8")
    result = run("test", policy)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"FAILED Sealed at 90 days  {file.as_posix()}:14:11",
        "    `lower_limit.new_limit`",
        "      expected: 400",
        "      but:      it is 500",
        f"      {file.as_posix()}:23:43",
        "2 examples: 1 passed, 1 failed",
    ]


def test_k_picks_examples_by_name_and_verbose_lists_them(run: Run, policy: Path) -> None:
    result = run("test", policy, "-k", "sealed", "--verbose")
    assert result.stdout.splitlines()[0].startswith("passed Sealed at 90 days")
    assert result.stdout.splitlines()[1:] == ["1 example: 1 passed"]


def test_no_examples_is_a_failure(run: Run, policy: Path) -> None:
    result = run("test", policy, "-k", "nothing like it")
    assert result.exit_code == 1
    assert "no examples whose name contains `nothing like it`" in result.stdout


def test_what_a_program_wrote_is_no_pass_until_somebody_confirms_it(run: Run, policy: Path) -> None:
    file = policy / "examples" / "cards.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("  - name: Sealed", "  - confirmed: false\n    name: Sealed"), encoding="utf-8"
    )
    result = run("test", policy)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"TO CONFIRM Sealed at 90 days  {file.as_posix()}:15:11",
        "2 examples: 1 passed, 1 awaits confirmation",
        "look at what each expects, and delete its line `confirmed: false` if that is right",
    ]
    allowed = run("test", policy, "--allow-unconfirmed")
    assert allowed.exit_code == 0
    assert allowed.stdout.splitlines()[0] == "2 examples: 1 passed, 1 awaits confirmation"
    assert '<failure message="it awaits confirmation' in run("test", policy, "--format", "junit").stdout
    skipped = run("test", policy, "--format", "junit", "--allow-unconfirmed")
    assert (skipped.exit_code, '<skipped message="it awaits confirmation' in skipped.stdout) == (0, True)
    assert "awaits confirmation" in run("bundle", "build", policy, "--output", policy.parent / "b").output
