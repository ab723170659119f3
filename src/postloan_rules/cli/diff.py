"""`postloan diff`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.difference import Comparison
    from postloan_rules.policy import Policy
    from postloan_rules.snapshot import Snapshot

_CUSTOMERS = 60
_DIFFERS, _WRONG = 1, 2


@click.command()
@click.argument("old", metavar="OLD", type=click.Path(exists=True, path_type=Path))
@click.argument("new", metavar="NEW", type=click.Path(exists=True, path_type=Path))
@click.option("--profile", metavar="NAME", help="Under this profile of parameters, both policies.")
@click.option("--old-profile", metavar="NAME", help="The profile of OLD alone.")
@click.option("--new-profile", metavar="NAME", help="The profile of NEW alone.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "html"]),
    default="text",
    show_default=True,
    help="For a terminal, for other programs, or as a paper for approval.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it to this file instead of the terminal.",
)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="The language of its sentences.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="Stop after about so long, and say what was not looked at.",
)
@click.option(
    "--witnesses",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write each customer who shows a difference here, as JSON.",
)
@click.option("--data", metavar="FILE", help="Tell the impact on this portfolio as well.")
@click.option("--mapping", metavar="M.yaml", help="How the columns of a CSV file become snapshots.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Of the portfolio, the first N customers.")
@click.pass_context
def diff(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    *,
    old: Path,
    new: Path,
    profile: str | None,
    old_profile: str | None,
    new_profile: str | None,
    form: str,
    output: Path | None,
    language: str,
    seconds: float,
    witnesses: Path | None,
    data: str | None,
    mapping: str | None,
    limit: int | None,
) -> None:
    """Compare two versions of a policy by what they decide.

    It proves that a change has no effect on any decision, or shows by a customer that it has one: for whom
    the versions differ, in the policy's words, with both decisions side by side. What can be neither proved
    nor shown is named. The examples of both policies are the customers that it starts from.

    It needs the extra `proof`; with --data, the extra `columns` as well.

    The exit code is 0 when every decision is proved to be the same, 1 when the versions differ or that could
    not be proved, and 2 when a policy, an example or an option is wrong.

    \b
    Examples:
      postloan diff rules/credit_card draft/credit_card
      postloan diff rules/credit_card draft/credit_card --format html --output paper.html
      postloan diff rules/credit_card rules/credit_card --new-profile strict
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from time import monotonic

    from postloan_rules.analysis import ExamplesInvalid
    from postloan_rules.analysis.difference import compare
    from postloan_rules.analysis.difference.paper import paper_of
    from postloan_rules.cli.reporting import needs
    from postloan_rules.cli.screen import show
    from postloan_rules.policy import RuleSetInvalid, load_policy

    needs("proof", "z3")
    if data is not None and form == "json":
        raise click.UsageError("--data goes with text, markdown and html; for JSON take `postloan impact`")
    old_profile, new_profile = old_profile or profile, new_profile or profile
    try:
        before, after = load_policy(old, old_profile), load_policy(new, new_profile)
        customers = list(_customers(old, before, new, after))
    except (RuleSetInvalid, ExamplesInvalid) as invalid:
        show(invalid.problems, stderr=True)
        ctx.exit(_WRONG)
    start = monotonic()
    found = compare(before, after, customers, time_left=lambda: monotonic() - start < seconds)
    if witnesses is not None:
        _write_witnesses(witnesses, found)
    if form == "json":
        from postloan_rules.analysis.difference.as_json import to_json

        written = to_json(found) + "\n"
    else:
        paper = paper_of(found, language)
        if data is not None:
            from attrs import evolve

            variants = ((old, old_profile), (new, new_profile))
            paper = evolve(paper, impact=_impact(ctx, variants, data, mapping, limit))
        written = _rendered(paper, form)
    if output is None:
        click.echo(written, nl=False)
    else:
        output.write_text(written, encoding="utf-8", newline="\n")
        click.echo(f"wrote {output}: {paper_of(found, language).telling.summary()}")
    if found.verdict not in ("identical", "equal"):
        ctx.exit(_DIFFERS)


def _rendered(paper: object, form: str) -> str:
    from postloan_rules.analysis.difference.as_html import to_html
    from postloan_rules.analysis.difference.as_text import to_markdown, to_text
    from postloan_rules.analysis.difference.paper import Paper

    if not isinstance(paper, Paper):
        raise TypeError(paper)
    return {"text": to_text, "markdown": to_markdown, "html": to_html}[form](paper)


def _customers(old: Path, before: Policy, new: Path, after: Policy) -> Iterator[Snapshot]:
    """The examples of both policies, and customers of all kinds. Equal examples are taken once."""
    from postloan_rules.analysis import load_examples
    from postloan_rules.portfolio.sample import AS_OF, sample

    if before.fingerprint == after.fingerprint:
        return
    seen: set[str] = set()
    for folder, policy in _folders(old, before, new, after):
        for example in load_examples(folder, policy):
            if example.snapshot.fingerprint not in seen:
                seen.add(example.snapshot.fingerprint)
                yield example.snapshot
    days = {_day(each, AS_OF) for each in (before, after)}
    for day in sorted(days):  # type: ignore[type-var]  # they are days
        yield from sample(_CUSTOMERS, as_of=day)  # type: ignore[arg-type]  # as above


def _folders(old: Path, before: Policy, new: Path, after: Policy) -> Iterator[tuple[Path, Policy]]:
    """The folders whose examples are read; only one where both have the same files."""
    yield old, before
    if _examples(old) != _examples(new):
        yield new, after


def _examples(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        return {}
    return {each.name: each.read_bytes() for each in sorted((folder / "examples").glob("*.yaml"))}


def _day(policy: Policy, day: object) -> object:
    from datetime import date

    if not isinstance(day, date):
        raise TypeError(day)
    day = max(day, policy.effective_from) if policy.effective_from is not None else day
    return min(day, policy.effective_to) if policy.effective_to is not None else day


def _write_witnesses(folder: Path, found: Comparison) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    domain = [(f"{each.what} {each.name}", each.witness) for each in found.domain if each.witness is not None]
    shown = [(f"{each.kind} {each.name} {each.of}", each.witness) for each in found.differences]
    for number, (subject, witness) in enumerate((*domain, *shown), start=1):
        name = re.sub(r"\W+", "-", subject).strip("-")
        (folder / f"{number:03}-{name}.json").write_text(witness.snapshot.to_json(), encoding="utf-8")


def _impact(
    ctx: click.Context,
    variants: tuple[tuple[Path, str | None], tuple[Path, str | None]],
    data: str,
    mapping: str | None,
    limit: int | None,
) -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
    """What changes for a portfolio, as tables."""
    from postloan_rules.cli.reporting import deciding, jobs_of, needs, portfolio_of
    from postloan_rules.cli.screen import show

    needs("columns", "duckdb", "pyarrow")
    from postloan_rules.portfolio.deciding import Variant
    from postloan_rules.portfolio.impact import impact
    from postloan_rules.portfolio.impact_sheets import impact_findings
    from postloan_rules.portfolio.sheets import shown

    portfolio = portfolio_of(data, mapping, None, limit)
    one, other = (Variant(folder, profile) for folder, profile in variants)
    with deciding(ctx, portfolio) as run:
        found = impact(
            one, other, portfolio, examples=3, workers=jobs_of(None, run.size * 2), progress=run.advance
        )
    show(found.problems[:_SHOWN], stderr=True)
    findings = impact_findings(found)
    said = tuple((each,) for each in findings.said)
    tables: list[tuple[str, tuple[tuple[str, ...], ...]]] = [("Impact on the portfolio", (("",), *said))]
    for sheet in findings.sheets:
        if not sheet.rows or sheet.screen or sheet.name == "differences":
            continue
        kept = sheet.kept(sheet.rows, ("screen", "page"))
        head = tuple(sheet.columns[at].title for at in kept)
        rows = [tuple(shown(row[at], sheet.columns[at]) for at in kept) for row in sheet.rows]
        tables.append((sheet.title, (head, *rows)))
    return tuple(tables)


_SHOWN = 20
