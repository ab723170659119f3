"""The tables of docs/snapshot.md say what the catalogue and the codes say; `--rewrite-expected` writes them anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.snapshot.catalogue import records
from postloan_rules.snapshot.errors import CODES

if TYPE_CHECKING:
    from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo

PAGE = Path(__file__).parents[2] / "docs" / "snapshot.md"


def between(text: str, name: str, content: str) -> str:
    before, _, rest = text.partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- end of {name} -->")
    return f"{before}<!-- {name} -->\n{content}{end}{after}"


def kind(item: FieldInfo) -> str:
    words = f"[{item.record}](#{item.record.lower()})" if item.record else item.kind
    if item.members:
        words = "one of " + ", ".join(f"`{member}`" for member in item.members)
    if item.many:
        words = words.removeprefix("one of ") if item.members else words
        words = f"list of {words}"
    return words


def notes(item: FieldInfo) -> str:
    told = [
        "" if item.optional else "required",
        "identifier" if item.identifier else "",
        "may be to come" if item.future else "",
        "may be below zero" if item.kind == "money" and item.minimum is None else "",
        "protected" if item.protected else "",
    ]
    return ", ".join(word for word in told if word)


def table(info: RecordInfo) -> str:
    lines = [
        f"### {info.name}",
        f"{info.meaning}.",
        "",
        "| field | kind | meaning | notes |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{item.name}` | {kind(item)} | {item.meaning} | {notes(item)} |" for item in info.fields]
    if info.has_attributes:
        lines.append("| `attributes` | named scalars | What is known beside these fields | |")
    return "\n".join(lines) + "\n"


def expected(page: str) -> str:
    fields = "\n".join(table(info) for info in records().values())
    codes = "| code | meaning |\n|---|---|\n" + "".join(
        f"| {code} | {text} |\n" for code, text in CODES.items()
    )
    return between(between(page, "fields", fields), "codes", codes)


def test_the_page_lists_every_field_and_every_code(rewrite_expected: bool) -> None:
    page = PAGE.read_text(encoding="utf-8")
    if rewrite_expected:
        PAGE.write_text(expected(page), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == expected(page)
