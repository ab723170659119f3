"""What is deprecated is warned of, and rewritten without a change of meaning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from postloan_rules.cli import main
from postloan_rules.expressions import NUMBER, ExpressionInvalid, Variable, check
from postloan_rules.expressions.deprecated import DEPRECATIONS
from postloan_rules.policy import load_policy
from postloan_rules.problems import Text, edited

PAGE = Path(__file__).parents[2] / "docs" / "language.md"
POLICY = """\
ruleset: tiny
version: "1"
language: 1
currency: CNY
subject: {each: accounts}
triggers:
  early:
    kind: condition
    when: account.days_past_due in ]0..30[ # from the first day
  late:
    kind: condition
    when: "account.days_past_due in [30..60[\\
      \\ or account.days_past_due in ]90..120]"
responses:
  call: {family: contact, rank: 1, parameters: {months: {type: number, table: term}}}
rules:
  - {id: R-1, if: {any: [early, late]}, then: [call]}
tables:
  term:
    hit: first
    inputs: [account.days_past_due]
    output: {months: number}
    rows:
      - ["]0..30[, ]60..90]", "3"]
      - ["-", "6"]
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY, encoding="utf-8")
    return file


def upgrade(policy: Path, *options: str) -> tuple[int, str]:
    found = CliRunner().invoke(main, ["fmt", "--upgrade", *options, str(policy)])
    return found.exit_code, found.output


def test_check_warns_of_each_and_says_what_to_write(policy: Path) -> None:
    found = CliRunner().invoke(main, ["check", str(policy)])
    assert found.exit_code == 0, found.output
    assert found.output.count("warning PR0270: ") == 5
    assert "policy.yaml:9:36: warning PR0270: `]0..30[`: " in found.output
    assert "help: write `(0..30)`; `postloan fmt --upgrade` does it in YAML files" in found.output
    assert "5 warnings" in found.output


def test_upgrade_keeps_the_meaning_and_the_comments(policy: Path) -> None:
    before = load_policy(policy)
    assert upgrade(policy) == (0, f"{policy.as_posix()}: laid out, 7 places upgraded\n1 of 1 file changed\n")
    after = load_policy(policy)
    assert after.fingerprint == before.fingerprint
    assert after.warnings == ()
    written = policy.read_text(encoding="utf-8")
    assert "in (0..30)  # from the first day" in written
    assert '"(0..30), (60..90]"' in written
    assert re.search(r"[\]\[][0-9]*\.\.[0-9]+\[|\][0-9]+\.\.", written) is None
    assert upgrade(policy) == (0, "0 of 1 file changed\n")


def test_nothing_is_written_where_it_is_only_asked(policy: Path) -> None:
    code, output = upgrade(policy, "--check")
    assert code == 1
    assert "another layout, 7 places would be upgraded" in output
    assert upgrade(policy, "--diff")[0] == 0
    assert policy.read_text(encoding="utf-8") == POLICY


def test_without_upgrade_it_stays(policy: Path) -> None:
    CliRunner().invoke(main, ["fmt", str(policy)])
    assert "]0..30[" in policy.read_text(encoding="utf-8")


def test_a_policy_with_mistakes_is_upgraded_too(policy: Path) -> None:
    policy.write_text(POLICY.replace("then: [call]", "then: [cal]"), encoding="utf-8")
    code, output = upgrade(policy)
    assert (code, "7 places upgraded" in output) == (0, True)
    assert "]0..30[" not in policy.read_text(encoding="utf-8")


ends = st.tuples(st.sampled_from("[(]"), st.integers(-9, 9), st.integers(-9, 9), st.sampled_from("])["))


@given(st.lists(ends, min_size=1, max_size=4))
def test_the_fixes_mean_the_same_and_leave_nothing_to_fix(ranges: list[tuple[str, int, int, str]]) -> None:
    text = " or ".join(f"x in {low}{a} .. {b}{high}" for low, a, b, high in ranges)
    names = {"x": Variable(NUMBER, unknown=False)}
    try:
        before = check(Text.of(text), names)
    except ExpressionInvalid:  # an end that lies below the other
        return
    fixes = {fix.edit for warning in before.warnings for fix in warning.fixes}
    assert bool(fixes) == any("]" in low or "[" in high for low, _, _, high in ranges)
    after = check(Text.of(edited(text, fixes)), names)
    assert after.warnings == ()
    assert after.canonical == before.canonical


def test_the_page_lists_what_is_deprecated() -> None:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition("## Deprecated\n")
    rows = re.findall(
        r"^\| ([^|`]+) \| `(.+?)` \| `(.+?)` \| (\S+) \| (\d+) \|$", rest.partition("\n## ")[0], re.MULTILINE
    )
    assert rows == [
        (each.what, each.written, each.instead, each.since, str(each.language)) for each in DEPRECATIONS
    ]
