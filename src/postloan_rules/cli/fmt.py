"""`postloan fmt`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from postloan_rules.problems import Edit, Problem


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--check", is_flag=True, help="Change nothing; the exit code is 1 when a file would change.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
@click.option("--upgrade", is_flag=True, help="Rewrite what is deprecated, too.")
@click.pass_context
def fmt(ctx: click.Context, paths: tuple[str, ...], *, check: bool, diff: bool, upgrade: bool) -> None:
    """Put the YAML of policies in one layout: indentation, blanks, empty lines, the columns of tables.

    PATH is a file, or a folder whose .yaml files are all taken, those in folders below it, too. Comments,
    line breaks and the order of lines stay. The layout never changes what a policy says: its fingerprint and
    its examples are compared before anything is written. A file that can't be read as YAML is told and left.

    With --upgrade what the language has a newer way of writing for is rewritten in it (the warnings PR0270 of
    `postloan check`), under the same comparison.

    The exit code is 1 when a file can't be read, and with --check when a file would change.

    \b
    Examples:
      postloan fmt rules
      postloan fmt rules/credit_card --diff
      postloan fmt --check rules/credit_card rules/personal_loan
      postloan fmt --upgrade rules
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from pathlib import Path as FilePath

    from postloan_rules.cli.screen import show
    from postloan_rules.policy.formatting import NotKept
    from postloan_rules.policy.upgrading import upgrades

    files = [file for path in paths for file in _files(FilePath(path))]
    try:
        files = list(dict.fromkeys(files))
        newer = upgrades(files) if upgrade else {}
        layouts = [_layout(file, newer.get(file.resolve(), ())) for file in files]
        changed = [each for each in layouts if each.before != each.after]
        if not (check or diff):
            _must_keep_meaning(changed)
    except NotKept as error:
        raise click.ClickException(f"{error}; nothing is written") from error
    problems = [problem for each in layouts for problem in each.problems]
    show(problems, stderr=False)
    for each in changed:
        if diff:
            click.echo(each.difference(), nl=False)
        elif check:
            click.echo(f"{each.file.as_posix()}: another layout{each.newer(' would be')}")
        else:
            each.write()
            click.echo(f"{each.file.as_posix()}: laid out{each.newer()}")
    count = f"{len(changed)} of {len(layouts)} file{'s' * (len(layouts) != 1)}"
    click.echo(f"{count} {'would change' if check or diff else 'changed'}", err=diff)
    if problems or (check and changed):
        ctx.exit(1)


@frozen
class _Layout:
    """A file, and how it would be laid out."""

    file: Path
    before: str
    after: str
    problems: tuple[Problem, ...]
    places: int = 0
    """In how many places a newer way of writing was put."""

    def newer(self, would: str = "") -> str:
        """How many places were upgraded, in words."""
        count = f"{self.places} place{'s' * (self.places != 1)}"
        return f", {count}{would} upgraded" if self.places else ""

    def difference(self) -> str:
        """What would change, as a patch."""
        import difflib

        name = self.file.as_posix()
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), name, name
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

    def write(self) -> None:
        """Put it in the file, whole or not at all."""
        new = self.file.with_name(f".{self.file.name}.new")
        new.write_text(self.after, encoding="utf-8", newline="\n")
        new.chmod(self.file.stat().st_mode)
        new.replace(self.file)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(each for each in path.rglob("*") if each.suffix in (".yaml", ".yml"))
    elif path.is_file():
        yield path
    else:
        raise click.UsageError(f"there is no file or folder `{path}`")


def _layout(file: Path, newer: Collection[Edit]) -> _Layout:
    from postloan_rules.policy.formatting import formatted
    from postloan_rules.policy.reader import decode
    from postloan_rules.problems import Source, edited

    source, problems = decode(file.as_posix(), file.read_bytes())
    if problems:
        return _Layout(file, "", "", tuple(problems))
    after, found = formatted(Source(source.name, edited(source.text, newer)))
    return _Layout(file, source.text, after, found, len(newer))


def _must_keep_meaning(changed: Sequence[_Layout]) -> None:
    """Load every policy that is touched with the files as they are and as they would be."""
    from postloan_rules.policy.files import unsaved
    from postloan_rules.policy.formatting import NotKept
    from postloan_rules.policy.homes import policies_of

    texts: Mapping[Path, str] = {each.file.resolve(): each.after for each in changed}
    for policy in dict.fromkeys(policy for file in texts for policy in policies_of(file)):
        before = _said(policy)
        with unsaved(texts):
            after = _said(policy)
        if before != after:
            raise NotKept(f"{policy.as_posix()}: that would change what the policy says")


def _said(policy: Path) -> object:
    """What a policy says under each profile, with its examples; what is wrong with it, where it is."""
    from postloan_rules.analysis import ExamplesInvalid, load_examples
    from postloan_rules.policy import RuleSetInvalid, load_policy, profiles_of

    try:
        policies = [load_policy(policy, name) for name in profiles_of(policy)]
        examples = load_examples(policy, policies[0]) if policies else ()
    except (RuleSetInvalid, ExamplesInvalid) as invalid:
        return [(problem.code, problem.severity) for problem in invalid.problems if not problem.fixes]
    return (
        [each.fingerprint for each in policies],
        [(each.name, each.snapshot.fingerprint, each.expect) for each in examples],
    )
