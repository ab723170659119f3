"""`postloan check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from postloan_rules.problems import Problem


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--profile", metavar="NAME", help="Check under this profile of parameters only.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    help="How to write the findings: for people, or for other programs.",
)
@click.pass_context
def check(ctx: click.Context, paths: tuple[str, ...], profile: str | None, form: str) -> None:
    """Check policies: every mistake at once, each with its place.

    PATH is the folder of a policy (or its only file); a file that maps columns is checked, too. A policy is
    checked under each of its profiles of parameters, together with its examples, which are read but not run:
    that is `postloan test`.

    The exit code is 1 when there are errors. Warnings alone leave it at 0.

    \b
    Examples:
      postloan check rules/credit_card rules/personal_loan
      postloan check rules/mappings/uci_credit_card.yaml
      postloan check rules/credit_card --profile strict
      postloan check rules/credit_card --format sarif > findings.sarif
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from pathlib import Path as FilePath

    from postloan_rules.cli.findings import as_json, as_sarif
    from postloan_rules.cli.screen import console, show
    from postloan_rules.problems import in_order

    problems: list[Problem] = []
    for path in paths:
        found, line = _checked(FilePath(path), profile)
        problems += found
        if line and form == "text":
            console().print(line, soft_wrap=True)
    problems = list(in_order(problems))
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    if form != "text":
        click.echo(as_json(problems) if form == "json" else as_sarif(problems))
    elif problems:
        show(problems, stderr=False)
        parts = [f"{errors} error{'s' * (errors != 1)}"] * bool(errors)
        parts += [f"{warnings} warning{'s' * (warnings != 1)}"] * bool(warnings)
        console().print(", ".join(parts))
    if errors:
        ctx.exit(1)


def _checked(path: Path, profile: str | None) -> tuple[list[Problem], str]:
    """What is wrong at a path, and the line that says what is sound."""
    from postloan_rules.analysis import ExamplesInvalid, load_examples
    from postloan_rules.live.shapes import unheld_patterns, waits_of
    from postloan_rules.policy import RuleSetInvalid, load_policy
    from postloan_rules.policy.loader import profiles_of
    from postloan_rules.portfolio.mapping import MappingInvalid
    from postloan_rules.portfolio.mapping_reading import load_mapping

    if _is_mapping(path):
        try:
            mapping = load_mapping(path)
        except MappingInvalid as invalid:
            return list(invalid.problems), ""
        return [], f"ok: the mapping {mapping.name}"
    problems: list[Problem] = []
    policies = []
    try:
        policies.append(load_policy(path, profile))
    except RuleSetInvalid as invalid:
        problems += invalid.problems
    # A policy that does not load at all says the same under each of its profiles.
    profiles = profiles_of(path) if policies and profile is None else ()
    for name in profiles[1:]:
        try:
            policies.append(load_policy(path, name))
        except RuleSetInvalid as invalid:
            problems += invalid.problems
    problems += [problem for policy in policies for problem in policy.warnings]
    problems += [problem for policy in policies for problem in unheld_patterns(policy)]
    examples = 0
    if policies:
        try:
            examples = len(load_examples(path, policies[0]))
        except (ExamplesInvalid, RuleSetInvalid) as invalid:
            problems += invalid.problems
    if any(problem.severity == "error" for problem in problems):
        return problems, ""
    policy = policies[0]
    counts = (
        (len(policy.triggers), "trigger"),
        (len(policy.responses), "response"),
        (len(policy.rules), "rule"),
        (examples, "example"),
        (len(policies), "profile"),
    )
    said = ", ".join(f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts)
    line = f"ok: {policy.id} {policy.version}: {said}"
    if waits := waits_of(policy):
        line += "\nlive, an event that does not come is looked for by the evaluator, not by durable-rules: "
        line += ", ".join(f"`{name}`" for name in waits)
    return problems, line


def _is_mapping(path: Path) -> bool:
    from postloan_rules.policy.files import load_file
    from postloan_rules.policy.reader import Section
    from postloan_rules.policy.reading import Reading

    if not path.is_file():
        return False
    document = load_file(path, Reading())
    node = document[1] if document is not None else None
    return isinstance(node, Section) and any(entry.key.value == "mapping" for entry in node.entries)
