"""`postloan analyse`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.proof.report import Report
    from postloan_rules.analysis.proof.study import Finding
    from postloan_rules.policy import Policy
    from postloan_rules.snapshot import Snapshot

_CUSTOMERS = 60


@click.command()
@click.argument("rules", metavar="RULES", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    help="How to write the findings: for people, or for other programs.",
)
@click.option("--profile", metavar="NAME", help="Under this profile of parameters.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Stop after about so long, and say what was not looked at.",
)
@click.option(
    "--witnesses",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write each customer who shows a finding here, as JSON.",
)
@click.option(
    "--ban", "bans", multiple=True, metavar="FILE", help="A list of fields that may change nothing."
)
@click.pass_context
def analyse(
    ctx: click.Context,
    *,
    rules: Path,
    form: str,
    profile: str | None,
    seconds: float,
    witnesses: Path | None,
    bans: tuple[str, ...],
) -> None:
    """Look at a policy as a whole, and prove what can be proved of it.

    Told are: triggers and rules that never apply or always do; conditions without effect; rules that
    change nothing; constraints that can be broken; gaps, clashes and dead rows of tables; adverse
    responses without a reason; fields that must not count and do; missing fields that silently mean
    no action. What can happen is shown by a customer whom the evaluator confirms. The file
    analysis/accepted.yaml beside the policy explains findings that may stand.

    It needs the extra `proof`.

    The exit code is 1 when there is a finding that nobody has explained.

    \b
    Examples:
      postloan analyse rules/credit_card
      postloan analyse rules/credit_card --witnesses witnesses
      postloan analyse rules/credit_card --format sarif > findings.sarif
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from time import monotonic

    from postloan_rules.analysis.bans import SHIPPED_BANS, BansInvalid, load_bans
    from postloan_rules.analysis.proof.accepted import AcceptedInvalid, load_accepted
    from postloan_rules.analysis.proof.report import analyse as analysed
    from postloan_rules.cli.screen import show
    from postloan_rules.policy import load_policy

    start = monotonic()
    policy = load_policy(rules, profile)
    try:
        accepted = load_accepted(rules)
        banned = [ban for file in (SHIPPED_BANS, *map(Path, bans)) for ban in load_bans(file)]
    except (AcceptedInvalid, BansInvalid) as invalid:
        show(invalid.problems, stderr=True)
        ctx.exit(1)
    report = analysed(
        policy,
        _customers(rules, policy),
        accepted=accepted,
        bans=banned,
        time_left=lambda: monotonic() - start < seconds,
    )
    if witnesses is not None:
        _write(witnesses, report)
    _tell(policy, report, form)
    if report.problems:
        ctx.exit(1)


def _customers(rules: Path, policy: Policy) -> Iterator[Snapshot]:
    from postloan_rules.analysis import load_examples
    from postloan_rules.portfolio.sample import AS_OF, sample

    yield from (each.snapshot for each in load_examples(rules, policy))
    day = max(AS_OF, policy.effective_from) if policy.effective_from is not None else AS_OF
    day = min(day, policy.effective_to) if policy.effective_to is not None else day
    yield from sample(_CUSTOMERS, as_of=day)


def _tell(policy: Policy, report: Report, form: str) -> None:
    from postloan_rules.analysis.proof.describing import said
    from postloan_rules.cli.findings import as_sarif
    from postloan_rules.cli.screen import console, show
    from postloan_rules.problems import in_order

    problems = in_order([*(said(each) for each in report.findings), *report.stale])
    if form == "json":
        click.echo(_as_json(policy, report))
        return
    if form == "sarif":
        click.echo(as_sarif(problems))
        return
    show(problems, stderr=False)
    screen = console()
    counts = (
        f"{len(problems)} finding{'s' * (len(problems) != 1)}, {len(report.explained)} explained; "
        f"{report.shown:,} questions settled by a customer, {report.proved:,} by a proof"
    )
    screen.print(f"{policy.id} {policy.version}: {counts}", soft_wrap=True)
    if report.skipped:
        screen.print(f"not looked at, for want of time: {len(report.skipped)}", style="bold")
        for each in report.skipped[:20]:
            screen.print(f"  {each}", soft_wrap=True)
        if len(report.skipped) > 20:
            screen.print(f"  and {len(report.skipped) - 20} more")


def _as_json(policy: Policy, report: Report) -> str:
    body = {
        "ruleset": policy.id,
        "version": policy.version,
        "profile": policy.profile,
        "problems": [
            *(_entry(each) for each in report.findings),
            *(_of_problem(each) for each in report.stale),
        ],
        "explained": [{**_entry(each), "reason": reason} for each, reason in report.explained],
        "not_looked_at": list(report.skipped),
        "settled": {"by_a_customer": report.shown, "by_a_proof": report.proved},
    }
    return json.dumps(body, ensure_ascii=False, indent=2)


def _of_problem(problem: object) -> dict[str, object]:
    from postloan_rules.cli.findings import as_json
    from postloan_rules.problems import Problem

    if not isinstance(problem, Problem):
        raise TypeError(problem)
    entry: dict[str, object] = json.loads(as_json([problem]))["problems"][0]
    return entry


def _entry(finding: Finding) -> dict[str, object]:
    entry = {**_of_problem(finding.problem), "subject": finding.subject}
    if finding.witness is not None:
        entry["witness"] = {
            "account_id": finding.witness.case.account_id,
            "changed": list(finding.witness.changed),
            "snapshot": finding.witness.snapshot.to_dict(),
        }
    return entry


def _write(folder: Path, report: Report) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, each in enumerate((*report.findings, *(one for one, _ in report.explained)), start=1):
        if each.witness is not None:
            subject = re.sub(r"\W+", "-", each.subject)
            file = folder / f"{number:03}-{each.problem.code}-{subject}.json"
            file.write_text(each.witness.snapshot.to_json(), encoding="utf-8")
