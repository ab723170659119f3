"""A comparison as plain text and as Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from postloan_rules.analysis.book.prose import plain
from postloan_rules.analysis.book.tracked import TrackedLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.analysis.book.tracked import Change, Marked, Run, TrackedGrid
    from postloan_rules.analysis.difference.paper import Paper, Shown

__all__ = ["to_markdown", "to_text"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#+|~])")


def to_text(paper: Paper) -> str:
    """The paper for a terminal."""
    return "\n".join(_text(paper)) + "\n"


def _text(paper: Paper) -> Iterator[str]:
    telling, say = paper.telling, paper.telling.wording.say
    for term, words in paper.terms():
        yield f"{term}: {words}"
    yield ""
    yield telling.summary()
    if paper.found.tried:
        yield telling.tried()
    if paper.found.parts:
        yield ""
        yield say("Changed parts")
        for part in paper.found.parts:
            words = f"{telling.change(part.change)}, {telling.effect(part.effect)}"
            yield f"  {plain(telling.part(part.change))}: {words}"
            yield from (f"    {line}" for line in _changed(paper.change(part), _plain_run))
    for each in paper.shown:
        yield ""
        yield f"{each.number}. {plain(each.heading)}"
        yield from (f"   - {plain(line)}" for line in each.conditions)
        yield from (f"   {line}" for line in (each.note, _hangs(paper, each)) if line)
        yield f"   {each.who}:"
        for name, old, new in each.rows:
            yield f"     {name}: {_in_line(old, paper)} → {_in_line(new, paper)}"
    if paper.found.open:
        yield ""
        yield say("Not provable here")
        yield from (f"  - {plain(telling.open(each))}" for each in paper.found.open)
    for title, table in paper.impact:
        yield ""
        yield title
        yield from ("  " + " | ".join(row) for row in table)


def _in_line(words: str, paper: Paper) -> str:
    return words.replace("\n", paper.telling.wording.say(", "))


def _hangs(paper: Paper, each: Shown) -> str:
    return paper.telling.wording.say("By: {parts}", parts=plain(each.parts)) if each.parts else ""


def _plain_run(run: Run) -> str:
    words = plain(run.phrase)
    return {"added": f"[+{words}+]", "removed": f"[-{words}-]"}.get(run.state, words)


# What changed in a part


def _changed(change: Change | None, mark: Callable[[Run], str]) -> Iterator[str]:
    """The lines of a part in which something came or went."""
    if change is None or change.state != "changed":
        return
    for block in (*change.does, *change.says):
        if isinstance(block, TrackedLine):
            yield from _lines(block, mark)
        else:
            yield from _rows(block, mark)


def _lines(line: TrackedLine, mark: Callable[[Run], str]) -> Iterator[str]:
    if line.state == "same":
        return
    if any(run.state != "same" for run in line.marked):
        yield _marked(line.marked, mark)
    for part in line.parts:
        yield from _lines(part, mark)


def _rows(grid: TrackedGrid, mark: Callable[[Run], str]) -> Iterator[str]:
    for state, cells in grid.rows:
        if state != "same":
            yield " | ".join(_marked(cell, mark) for cell in cells)


def _marked(marked: Marked, mark: Callable[[Run], str]) -> str:
    return "".join(mark(run) for run in marked)


# Markdown


def to_markdown(paper: Paper) -> str:
    """The paper as Markdown (CommonMark with tables)."""
    return "\n".join(_markdown(paper)) + "\n"


def _markdown(paper: Paper) -> Iterator[str]:
    telling, say = paper.telling, paper.telling.wording.say
    yield f"# {_escaped(telling.title())}"
    yield ""
    for (term, words), policy in zip(paper.terms(), (paper.found.old, paper.found.new), strict=True):
        yield f"- {_escaped(term)}: {_escaped(words)}, `{policy.fingerprint}`"
    yield ""
    yield f"**{_escaped(telling.summary())}**"
    if paper.found.tried:
        yield ""
        yield _escaped(telling.tried())
    if paper.found.parts:
        yield from _heading(say("Changed parts"))
        yield from _table(
            (say("Part"), say("Change"), say("Effect on decisions"), say("In words")),
            [
                (
                    _phrase(telling.part(part.change)),
                    _escaped(telling.change(part.change)),
                    _escaped(telling.effect(part.effect)),
                    "<br>".join(_changed(paper.change(part), _marked_down)),
                )
                for part in paper.found.parts
            ],
        )
    if paper.shown:
        yield from _heading(say("Where the versions differ"))
    for each in paper.shown:
        yield from _card(paper, each)
    if paper.found.open:
        yield from _heading(say("Not provable here"))
        yield from (f"- {_phrase(telling.open(each))}" for each in paper.found.open)
    for title, table in paper.impact:
        yield from _heading(title)
        yield from _table(table[0], [tuple(map(_escaped, row)) for row in table[1:]])


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield f"## {_escaped(title)}"
    yield ""


def _card(paper: Paper, each: Shown) -> Iterator[str]:
    say = paper.telling.wording.say
    yield f"### {each.number}. {_phrase(each.heading)}"
    yield ""
    if each.conditions:
        yield from (f"- {_phrase(line)}" for line in each.conditions)
        yield ""
    if each.note:
        yield _escaped(each.note)
        yield ""
    if each.parts:
        yield say("By: {parts}", parts=_phrase(each.parts))
        yield ""
    yield f"{_escaped(each.who)} (`{each.fingerprint}`)"
    yield ""
    rows = [
        (_escaped(name), _escaped(old).replace("\n", "<br>"), _escaped(new).replace("\n", "<br>"))
        for name, old, new in each.rows
    ]
    yield from _table(("", say("Old version"), say("New version")), rows)
    yield ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(map(_escaped, head))} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _marked_down(run: Run) -> str:
    words = _phrase(run.phrase)
    if run.state not in ("added", "removed") or not words.strip():
        return words
    start, end = len(words) - len(words.lstrip()), len(words.rstrip())
    mark = "**" if run.state == "added" else "~~"
    return f"{words[:start]}{mark}{words[start:end]}{mark}{words[end:]}"


def _phrase(phrase: Phrase) -> str:
    return "".join(
        f"`{piece.text.replace('`', chr(39)).replace('|', chr(92) + '|')}`"
        if piece.is_code
        else _escaped(piece.text)
        for piece in phrase
    )


def _escaped(words: str) -> str:
    return _SPECIAL.sub(r"\\\1", words)
