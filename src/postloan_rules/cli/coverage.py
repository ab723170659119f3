"""`postloan coverage`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from postloan_rules.analysis.coverage import Coverage, Goal, Kind
    from postloan_rules.analysis.left_open import LeftOpen
    from postloan_rules.policy import Policy

_KINDS: tuple[tuple[str, Kind], ...] = (
    ("triggers", "trigger"),
    ("rules", "rule"),
    ("rows of tables", "row"),
    ("whole conditions", "condition"),
    ("each side of each condition", "atom"),
    ("conditions that decide alone (MC/DC)", "effect"),
)


@click.command()
@click.argument("rules", metavar="RULES", type=click.Path(exists=True, path_type=Path))
@click.option("--lines", is_flag=True, help="Show the policy's text line by line.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page line by line.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit with 1 when less than this share is shown.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to write the result: for people, or for other programs.",
)
@click.pass_context
def coverage(
    ctx: click.Context, rules: Path, html: Path | None, fail_under: float | None, form: str, *, lines: bool
) -> None:
    """What the policy team's examples show of a policy, and what they leave unseen.

    Counted are: each trigger fired and not; each rule applied and not; each row of a table; each condition
    true, false and, where that can be, unknown; and each part of a condition deciding by itself (MC/DC).

    What cannot be shown, or need not be, stands in analysis/coverage.yaml beside the policy, with the reason.
    It is left out of the share that --fail-under asks for. An entry there of nothing gives exit code 1.

    \b
    Examples:
      postloan coverage rules/credit_card
      postloan coverage rules/credit_card --html coverage.html --fail-under 100
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.analysis import load_examples
    from postloan_rules.analysis.coverage import cover
    from postloan_rules.analysis.coverage_page import to_html, what
    from postloan_rules.analysis.left_open import GOALS, load_left_open, misplaced
    from postloan_rules.cli.screen import show
    from postloan_rules.policy import load_policy

    policy = load_policy(rules)
    entries = load_left_open(rules, GOALS)
    found = cover(policy, load_examples(rules, policy))
    names = {(each.goal.owner, what(each.goal)): each.example for each in found.met}
    still = {name for name, example in names.items() if example is None}
    problems = list(misplaced(entries, names, still, GOALS))
    left_open = still & {(each.subject, each.which) for each in entries}
    if html is not None:
        html.write_text(to_html(policy, found, _totals(found)), encoding="utf-8")
    if form == "json":
        click.echo(_as_json(found, entries))
    else:
        _show(policy, found, left_open, lines=lines)
    show(problems, stderr=form == "json")
    met, of = found.share()
    if problems or (fail_under is not None and 100 * met < fail_under * (of - len(left_open))):
        ctx.exit(1)


def _totals(found: Coverage) -> list[tuple[str, int, int]]:
    return [(name, *found.share(kind)) for name, kind in _KINDS]


def _percent(met: int, of: int) -> str:
    """A share in percent, cut off: 100 only when nothing is missing."""
    return f"{1000 * met // of / 10:.1f} %" if of else "-"


def _show(policy: Policy, found: Coverage, left_open: set[tuple[str, str]], *, lines: bool) -> None:
    from rich.table import Table

    from postloan_rules.analysis.coverage_page import said, what
    from postloan_rules.cli.screen import console, write_table

    screen = console()
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in ("shown", "of", "share"):
        table.add_column(name, justify="right")
    for name, met, of in (*_totals(found), ("all", *found.share())):
        table.add_row(name, f"{met:,}", f"{of:,}", _percent(met, of))
    screen.print(f"coverage of {policy.id} {policy.version} by its examples")
    write_table(screen, table)
    if lines:
        _show_lines(policy, found)
        return
    missing = [goal for goal in found.missing if (goal.owner, what(goal)) not in left_open]
    if missing:
        screen.print(f"\nnot shown by any example: {len(missing)}", style="bold")
        for goal in missing:
            screen.print(f"  {goal.span}: {said(goal)}", soft_wrap=True)
    if left_open:
        screen.print(f"\nleft open for a stated reason: {len(left_open)}")


def _show_lines(policy: Policy, found: Coverage) -> None:
    from rich.text import Text

    from postloan_rules.analysis.coverage_page import lines_of, said
    from postloan_rules.cli.screen import console

    screen = console()
    styles = {"met": "green", "partly": "yellow", "missing": "bold red", "nothing": ""}
    signs = {"met": "✓", "partly": "~", "missing": "✗", "nothing": " "}
    for source in policy.sources:
        shown = list(lines_of(source, found))
        if all(line.mark == "nothing" for line in shown):
            continue
        screen.print(f"\n{source.name}", style="bold", soft_wrap=True)
        for line in shown:
            text = Text(f"{line.number:>5} {signs[line.mark]} {line.text}", style=styles[line.mark])
            screen.print(text, soft_wrap=True)
            for goal in line.missing:
                screen.print(f"        not shown: {said(goal)}", style="red", soft_wrap=True)


def _as_json(found: Coverage, entries: tuple[LeftOpen, ...]) -> str:
    from postloan_rules.analysis.coverage_page import what
    from postloan_rules.analysis.left_open import reason_for

    met, of = found.share()
    totals = {kind: dict(zip(("shown", "of"), found.share(kind), strict=True)) for _, kind in _KINDS}
    body = {
        "shown": met,
        "of": of,
        "kinds": totals,
        "goals": [
            {
                **_goal(each.goal),
                "example": each.example,
                "reason": reason_for(each.goal.owner, what(each.goal), entries)
                if each.example is None
                else None,
            }
            for each in found.met
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=2)


def _goal(goal: Goal) -> dict[str, object]:
    return {
        "kind": goal.kind,
        "owner": goal.owner,
        "wanted": goal.wanted,
        "text": goal.text,
        "file": goal.span.file,
        "line": goal.span.line,
        "column": goal.span.column,
    }
