"""`postloan coverage`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from postloan_rules.analysis import Example
    from postloan_rules.analysis.coverage import Coverage, Goal, Kind
    from postloan_rules.analysis.left_open import LeftOpen
    from postloan_rules.analysis.missing_examples.making import Made
    from postloan_rules.policy import Policy

_LIKE = 30
"""So many made-up customers lend their records as patterns."""
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("triggers", "trigger"),
    ("rules", "rule"),
    ("rows of tables", "row"),
    ("whole conditions", "condition"),
    ("each side of each condition", "atom"),
    ("conditions that decide alone (MC/DC)", "effect"),
)
_LIMITS: tuple[tuple[str, Kind], ...] = (("limits, and one step to either side", "boundary"),)


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
@click.option("--boundaries", is_flag=True, help="Count each limit as well: met, and missed by one step.")
@click.option(
    "--with-unconfirmed", is_flag=True, help="Count examples that still say `confirmed: false`, too."
)
@click.option(
    "--write-missing",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Make the examples that are missing, and write them to a new file.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    help="Stop making examples after about so long, and say what was not tried.",
)
@click.pass_context
def coverage(  # noqa: PLR0913 - one parameter an option
    ctx: click.Context,
    *,
    rules: Path,
    html: Path | None,
    fail_under: float | None,
    form: str,
    lines: bool,
    boundaries: bool,
    with_unconfirmed: bool,
    write_missing: Path | None,
    seconds: float,
) -> None:
    """What the policy team's examples show of a policy, and what they leave unseen.

    Counted are: each trigger fired and not; each rule applied and not; each row of a table; each condition
    true, false and, where that can be, unknown; and each part of a condition deciding by itself (MC/DC).

    What cannot be shown, or need not be, stands in analysis/coverage.yaml beside the policy, with the reason.
    It is left out of the share that --fail-under asks for. An entry there of nothing gives exit code 1.

    With --write-missing, examples are made for all that is not shown, and for each limit: a customer just at
    it, and one a step to either side. They start from the profiles that the examples have, and change as
    little as may be. What they expect is what the policy says now, so each says `confirmed: false`: look at
    it, and delete that line if it is right. What can't be shown is listed, proved or not. It needs the extra
    `proof`.

    \b
    Examples:
      postloan coverage rules/credit_card
      postloan coverage rules/credit_card --html coverage.html --fail-under 100
      postloan coverage rules/credit_card --write-missing rules/credit_card/examples/missing.yaml
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.analysis import load_examples
    from postloan_rules.analysis.coverage import cover
    from postloan_rules.analysis.coverage_page import to_html, what
    from postloan_rules.analysis.left_open import GOALS, load_left_open, misplaced
    from postloan_rules.cli.screen import show
    from postloan_rules.policy import load_policy

    if write_missing is not None:
        _check_new(write_missing, rules)
    policy = load_policy(rules)
    entries = load_left_open(rules, GOALS)
    examples = load_examples(rules, policy)
    counted = [each for each in examples if each.confirmed or with_unconfirmed]
    found = cover(policy, counted, boundaries=boundaries)
    names = {(each.goal.owner, what(each.goal)): each.example for each in found.met}
    still = {name for name, example in names.items() if example is None}
    problems = list(misplaced(entries, names, still, GOALS))
    left_open = still & {(each.subject, each.which) for each in entries}
    kinds = (*_KINDS, *_LIMITS) if boundaries else _KINDS
    if html is not None:
        html.write_text(to_html(policy, found, _totals(found, kinds)), encoding="utf-8")
    made = None
    if write_missing is not None:
        made = _made(rules, policy, examples, {(each.subject, each.which) for each in entries}, seconds)
        _write(write_missing, made, policy, examples)
    if form == "json":
        click.echo(_as_json(found, entries, kinds, made, examples))
    else:
        _show(policy, found, left_open, kinds, lines=lines, listed=made is None)
        _tell(rules, write_missing, made, awaiting=len(examples) - len(counted))
    show(problems, stderr=form == "json")
    met, of = found.share()
    if problems or (fail_under is not None and 100 * met < fail_under * (of - len(left_open))):
        ctx.exit(1)


def _check_new(file: Path, rules: Path) -> None:
    """A file of a person's is never written over, and examples do not stand among the files of a policy."""
    folder = rules if rules.is_dir() else rules.parent
    if file.suffix not in (".yaml", ".yml"):
        raise click.UsageError(f"`{file}` is no name for examples: they stand in files that end in .yaml")
    if file.exists():
        raise click.UsageError(f"`{file}` is there already and is left as it is: name a new file")
    if file.parent.resolve() == folder.resolve():
        message = f"`{file}` would be read as a part of the policy: name a file in `{folder / 'examples'}`"
        raise click.UsageError(message)
    if not file.parent.is_dir() and file.parent.resolve() != (folder / "examples").resolve():
        raise click.UsageError(f"there is no folder `{file.parent}`: make it first")


def _made(
    rules: Path,
    policy: Policy,
    examples: tuple[Example, ...],
    left_open: set[tuple[str, str]],
    seconds: float,
) -> Made:
    from time import monotonic

    from postloan_rules.analysis.coverage_page import what
    from postloan_rules.analysis.examples import load_snapshots
    from postloan_rules.analysis.goals import goals_of
    from postloan_rules.portfolio.sample import AS_OF, sample

    try:
        from postloan_rules.analysis.missing_examples.making import missing_examples
    except ModuleNotFoundError as missing:
        if missing.name != "z3":
            raise
        message = "examples are made by z3: install it by `pip install 'postloan-rules[proof]'`"
        raise click.ClickException(message) from missing
    start = monotonic()
    return missing_examples(
        policy,
        examples,
        load_snapshots(rules, policy),
        leave_out=[each for each in goals_of(policy) if (each.owner, what(each)) in left_open],
        customers=sample(_LIKE, as_of=AS_OF),
        time_left=lambda: monotonic() - start < seconds,
    )


def _write(file: Path, made: Made, policy: Policy, examples: tuple[Example, ...]) -> None:
    from postloan_rules.analysis.missing_examples.writing import as_yaml

    if made.examples:
        text = as_yaml(made, policy.id, [each.name for each in examples])
        file.parent.mkdir(exist_ok=True)
        # Between the check and now somebody may have made the file.
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)


def _tell(rules: Path, file: Path | None, made: Made | None, *, awaiting: int) -> None:
    from postloan_rules.cli.screen import console

    screen = console()
    if awaiting:
        screen.print(f"\nnot counted: {awaiting} example{'s' * (awaiting != 1)} to be confirmed")
    if made is None or file is None:
        return
    if not made.examples:
        nothing = (
            "no example was made"
            if made.not_found or made.not_tried or made.impossible
            else "nothing is missing"
        )
        screen.print(f"\n{nothing}: no file is written")
    else:
        count = len(made.examples)
        screen.print(
            f"\n{file} has {count} new example{'s' * (count != 1)}, to be confirmed",
            style="bold green",
            soft_wrap=True,
        )
        place = (rules if rules.is_dir() else rules.parent) / "examples"
        if file.resolve().parent != place.resolve():
            screen.print(f"put it into {place}, where `postloan test` looks", soft_wrap=True)
    _list_open(screen, made)


def _list_open(screen: Console, made: Made) -> None:
    from postloan_rules.analysis.coverage_page import said

    if made.impossible:
        screen.print(f"\nno customer can show this, which is proved: {len(made.impossible)}", style="bold")
        for goal in made.impossible:
            screen.print(f"  {goal.span}: {said(goal)}", soft_wrap=True)
    if made.not_found:
        screen.print(f"\nno customer was found for this: {len(made.not_found)}", style="bold")
        for each in made.not_found:
            hangs = f"; it hangs on {', '.join(f'`{text}`' for text in each.by)}" if each.by else ""
            screen.print(f"  {each.goal.span}: {said(each.goal)}{hangs}", soft_wrap=True)
    if made.not_tried:
        screen.print(f"\nnot tried, for want of time (see --seconds): {len(made.not_tried)}", style="bold")


def _totals(found: Coverage, kinds: tuple[tuple[str, Kind], ...]) -> list[tuple[str, int, int]]:
    return [(name, *found.share(kind)) for name, kind in kinds]


def _percent(met: int, of: int) -> str:
    """A share in percent, cut off: 100 only when nothing is missing."""
    return f"{1000 * met // of / 10:.1f} %" if of else "-"


def _show(
    policy: Policy,
    found: Coverage,
    left_open: set[tuple[str, str]],
    kinds: tuple[tuple[str, Kind], ...],
    *,
    lines: bool,
    listed: bool,
) -> None:
    from rich.table import Table

    from postloan_rules.analysis.coverage_page import said, what
    from postloan_rules.cli.screen import console, write_table

    screen = console()
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in ("shown", "of", "share"):
        table.add_column(name, justify="right")
    for name, met, of in (*_totals(found, kinds), ("all", *found.share())):
        table.add_row(name, f"{met:,}", f"{of:,}", _percent(met, of))
    screen.print(f"coverage of {policy.id} {policy.version} by its examples")
    write_table(screen, table)
    if lines:
        _show_lines(policy, found)
        return
    missing = [goal for goal in found.missing if (goal.owner, what(goal)) not in left_open]
    if missing and listed:
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


def _as_json(
    found: Coverage,
    entries: tuple[LeftOpen, ...],
    kinds: tuple[tuple[str, Kind], ...],
    made: Made | None,
    examples: tuple[Example, ...],
) -> str:
    from postloan_rules.analysis.coverage_page import what
    from postloan_rules.analysis.left_open import reason_for

    met, of = found.share()
    totals = {kind: dict(zip(("shown", "of"), found.share(kind), strict=True)) for _, kind in kinds}
    body: dict[str, object] = {
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
    if made is not None:
        body["made"] = _made_as_json(made, examples)
    return json.dumps(body, ensure_ascii=False, indent=2)


def _made_as_json(made: Made, examples: tuple[Example, ...]) -> dict[str, object]:
    from postloan_rules.analysis.missing_examples.writing import named

    names = named(made, [each.name for each in examples])
    return {
        "examples": [{"name": name, "shows": [_goal(goal) for goal in each.shows]} for name, each in names],
        "impossible": [_goal(goal) for goal in made.impossible],
        "not_found": [{**_goal(each.goal), "hangs_on": list(each.by)} for each in made.not_found],
        "not_tried": [_goal(goal) for goal in made.not_tried],
    }


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
