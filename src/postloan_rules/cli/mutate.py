"""`postloan mutate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.mutation import Verdict


@click.command()
@click.argument("rules", metavar="RULES", type=click.Path(exists=True, path_type=Path))
@click.option("--only", default="", metavar="TEXT", help="Try only changes that name this, or stand there.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Worker processes; as many as cores by default.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to write the result: for people, or for other programs.",
)
@click.pass_context
def mutate(ctx: click.Context, rules: Path, only: str, jobs: int | None, form: str) -> None:
    """Change a policy a little, one change at a time, and list the changes that no example notices.

    A threshold is moved by one in its last digit, `>=` becomes `>`, `any` becomes `all`, a part, a row or a
    rule is left out, a rank is put past the next. Where no example fails then, the policy could say something
    else and nobody would see it.

    A change that may go unnoticed stands in analysis/mutations.yaml beside the policy, with the reason. The
    exit code is 1 when any other is left, or when an entry there is of nothing.

    \b
    Examples:
      postloan mutate rules/credit_card
      postloan mutate rules/credit_card --only early_warning
      postloan mutate rules/credit_card --format json > changes.json
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.analysis.left_open import CHANGES, load_left_open, misplaced
    from postloan_rules.cli.screen import show

    entries = load_left_open(rules, CHANGES)
    reasons = {(each.subject, each.which): each.reason for each in entries}
    found = _Found(list(_verdicts(rules, only, jobs)), reasons)
    every = {(each.owner, each.change): None for each in found.verdicts}
    still = {(each.owner, each.change) for each in found.verdicts if each.noticed_by is None}
    looked_at = [each for each in entries if not only or (each.subject, each.which) in every]
    problems = list(misplaced(looked_at, every, still, CHANGES))
    if form == "json":
        click.echo(_as_json(found))
        show(problems, stderr=True)
    else:
        _show(rules, found)
        show(problems, stderr=False)
    if found.open or problems:
        ctx.exit(1)


@frozen
class _Found:
    """All verdicts, and those on changes that nothing notices and nobody gave a reason for."""

    verdicts: list[Verdict]
    reasons: dict[tuple[str, str], str]

    @property
    def open(self) -> list[Verdict]:
        return [each for each in self.verdicts if each.noticed_by is None and self.reason(each) is None]

    def reason(self, verdict: Verdict) -> str | None:
        """Why a change may go unnoticed."""
        return self.reasons.get((verdict.owner, verdict.change)) if verdict.noticed_by is None else None


def _verdicts(rules: Path, only: str, jobs: int | None) -> Iterator[Verdict]:
    from postloan_rules.analysis.mutation import concerns, mutate
    from postloan_rules.analysis.mutations import mutants
    from postloan_rules.cli.progress import cores, progress
    from postloan_rules.policy import load_policy

    number = sum(concerns(each, only) for each in mutants(load_policy(rules)))
    with progress(number, "changing the policy", "changes") as step:
        for verdict in mutate(rules, 1 if number <= _FEW else jobs or cores(), only):
            step(1)
            yield verdict


_FEW = 200
"""So few changes are judged sooner than a worker process has started."""


def _show(rules: Path, found: _Found) -> None:
    from postloan_rules.cli.screen import console

    screen = console()
    number = len(found.verdicts)
    noticed = sum(each.noticed_by is not None for each in found.verdicts)
    accepted = number - noticed - len(found.open)
    said = f"{number:,} change{'s' * (number != 1)} to {rules.as_posix()}: {noticed:,} noticed by an example"
    if accepted:
        said += f", {accepted:,} unnoticed for a stated reason"
    screen.print(f"{said}, {len(found.open):,} unnoticed", style="bold", soft_wrap=True)
    for each in found.open:
        screen.print(f"  {each.span}: {each.owner}: {each.change}", soft_wrap=True)


def _as_json(found: _Found) -> str:
    body = {
        "changes": len(found.verdicts),
        "noticed": sum(each.noticed_by is not None for each in found.verdicts),
        "unnoticed": len(found.open),
        "verdicts": [
            {
                "subject": each.owner,
                "change": each.change,
                "file": each.span.file,
                "line": each.span.line,
                "column": each.span.column,
                "noticed_by": each.noticed_by,
                "reason": found.reason(each),
            }
            for each in found.verdicts
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=2)
