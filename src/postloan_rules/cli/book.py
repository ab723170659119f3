"""`postloan book`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("rules", metavar="RULES", type=click.Path(exists=True, path_type=Path))
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
def book(rules: Path, out: Path, language: str) -> None:
    """Write a policy as a book: every part of it in plain sentences, on one page.

    The page needs nothing else, and is fit for print.

    \b
    Examples:
      postloan book rules/credit_card --out book.html
      postloan book rules/credit_card --out book.html --language zh
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.analysis.book import load_book, to_html

    written = load_book(rules, language)
    out.write_text(to_html(written), encoding="utf-8")
    entries = sum(len(chapter.entries) for chapter in written.chapters)
    click.echo(f"wrote {out}: {entries:,} entries of {written.policy.id} {written.policy.version}")
