"""`postloan book`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("rules", metavar="RULES", type=click.Path(exists=True, path_type=Path))
@click.argument("new", metavar="[NEW]", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="The page to write.",
)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="The language of its sentences.",
)
@click.option("--changes", is_flag=True, help="Write what changed from RULES to NEW, as tracked changes.")
def book(rules: Path, new: Path | None, out: Path, language: str, *, changes: bool) -> None:
    """Write a policy as a book: every part of it in plain sentences, on one page.

    The page needs nothing else, and is fit for print. With --changes, it holds what two versions differ in.

    \b
    Examples:
      postloan book rules/credit_card --out book.html
      postloan book rules/credit_card --out book.html --language zh
      postloan book rules/credit_card draft/credit_card --changes --out changes.html
    """  # noqa: D301 - click keeps the lines after a \b as they are
    if changes:
        if new is None:
            raise click.UsageError("--changes needs two versions: name the new one after the old one")
        _write_changes(rules, new, out, language)
        return
    if new is not None:
        raise click.UsageError("a book is of one version; add --changes to write what changed between two")
    from postloan_rules.analysis.book import load_book, to_html

    written = load_book(rules, language)
    out.write_text(to_html(written), encoding="utf-8")
    entries = sum(len(chapter.entries) for chapter in written.chapters)
    click.echo(f"wrote {out}: {entries:,} entries of {written.policy.id} {written.policy.version}")


def _write_changes(old: Path, new: Path, out: Path, language: str) -> None:
    from postloan_rules.analysis.book import changes_between, changes_to_html, load_book

    found = changes_between(load_book(old, language), load_book(new, language))
    out.write_text(changes_to_html(found), encoding="utf-8")
    effect, words = len(found.with_effect), len(found.of_words)
    click.echo(f"wrote {out}: {effect:,} changed with an effect on decisions, {words:,} in words only")
