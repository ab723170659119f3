"""Where the cursor is, from the text alone: a line that is being typed is often no YAML yet."""

from __future__ import annotations

import re

from attrs import frozen

__all__ = ["Context", "context_at"]

_KEY = re.compile(r"""\s*(?P<dashes>(?:-\s+)*)(?P<key>"[^"]*"|'[^']*'|[^\s'"\[{#-][^:#]*?)\s*:(?=\s|$)""")
_DASHES = re.compile(r"\s*((?:-(?:\s+|$))+)")
_FARTHEST = 400


@frozen
class Context:
    """The keys down to the cursor (`[]` in a list), and what is being written there."""

    path: tuple[str, ...]
    is_key: bool
    """Whether a key is being written; otherwise it is a value."""
    typed: str
    """What stands before the cursor of the key or value, without an opening quote."""
    start: int
    """Where that begins, as an offset."""
    is_quoted: bool = False
    number: int = 0
    """In a list in brackets: how many members stand before."""


def context_at(text: str, offset: int) -> Context:
    """Where a character stands."""
    begin = text.rfind("\n", 0, offset) + 1
    lines = text[:begin].split("\n")[:-1]
    first = _flow_start(lines)
    if first is not None:
        line_begin = sum(len(line) + 1 for line in lines[:first])
        return _in_line(lines[:first], text[line_begin:offset], line_begin)
    return _in_line(lines, text[begin:offset], begin)


def _flow_start(lines: list[str]) -> int | None:
    """The line on which brackets were opened that are still open where the current line begins."""
    for number in range(len(lines) - 1, max(-1, len(lines) - 60), -1):
        if not lines[number].strip():
            continue
        joined = "\n".join(lines[number:])
        if _KEY.match(lines[number]) or _DASHES.match(lines[number]):
            match = _KEY.match(lines[number])
            rest = joined[match.end() :] if match is not None else joined
            if _open(_value_of(rest)):
                return number
            if not lines[number].startswith(" "):
                return None
    return None


def _value_of(rest: str) -> str:
    """What follows a key or dashes, where it begins with a bracket; nothing otherwise."""
    stripped = _DASHES.sub("", rest, count=1).lstrip()
    return stripped if stripped[:1] in ("[", "{") else ""


def _open(text: str) -> bool:
    stack, _, _ = _brackets(text)
    return bool(stack)


def _in_line(above: list[str], line: str, begin: int) -> Context:
    """The context at the end of a piece that begins a line and may run over several in brackets."""
    indent = len(line) - len(line.lstrip(" "))
    dashes = _DASHES.match(line)
    content = dashes.end() if dashes is not None else indent
    parents = _parents(above, indent, is_item=dashes is not None)
    items = ("[]",) * (dashes[1].count("-") if dashes is not None else 0)
    match = _KEY.match(line)
    if match is not None:
        key = match["key"].strip("'\"")
        value_start = match.end()
        while value_start < len(line) and line[value_start] == " ":
            value_start += 1
        return _value((*parents, *items, key), line[value_start:], begin + value_start)
    rest = line[content:]
    if rest[:1] in ("[", "{"):
        return _value((*parents, *items), rest, begin + content)
    folded = _continued(above, indent) if dashes is None else None
    if folded is not None:
        return Context(folded, is_key=False, typed=rest, start=begin + content)
    is_list_of_words = bool(items)
    typed, quoted = _unquoted(rest)
    start = begin + content + quoted
    return Context(
        (*parents, *items), is_key=not is_list_of_words, typed=typed, start=start, is_quoted=bool(quoted)
    )


def _unquoted(text: str) -> tuple[str, int]:
    return (text[1:], 1) if text[:1] in ("'", '"') else (text, 0)


def _value(path: tuple[str, ...], text: str, start: int) -> Context:
    """The context inside a value, which may be in brackets."""
    if text[:1] not in ("[", "{"):
        typed, quoted = _unquoted(text)
        return Context(path, is_key=False, typed=typed, start=start + quoted, is_quoted=bool(quoted))
    stack, keys, last = _brackets(text)
    inner: list[str] = []
    for bracket, key in zip(stack, keys, strict=True):
        if bracket == "[":
            inner.append("[]")
        elif key is not None:
            inner.append(key)
    here = text[last:]
    begin = last + len(here) - len(here.lstrip())
    typed, quoted = _unquoted(text[begin:])
    is_key = bool(stack) and stack[-1] == "{" and keys[-1] is None
    number = _members_before(text[: begin + 1])
    return Context((*path, *inner), is_key, typed, start + begin + quoted, bool(quoted), number)


def _members_before(text: str) -> int:
    """How many members of the innermost brackets stand before the end."""
    counts = [0]
    quote = ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "[{":
            counts.append(0)
        elif character in "]}" and len(counts) > 1:
            counts.pop()
        elif character == ",":
            counts[-1] += 1
    return counts[-1]


def _brackets(text: str) -> tuple[list[str], list[str | None], int]:
    """The brackets open at the end, the key that each section is at, and where the last part begins."""
    stack: list[str] = []
    keys: list[str | None] = []
    last = 0
    quote = ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and not text[last:at].strip():
            quote = character
        elif character in "[{":
            stack.append(character)
            keys.append(None)
            last = at + 1
        elif character in "]}" and stack:
            stack.pop()
            keys.pop()
            last = at + 1
        elif character == "," and stack:
            last = at + 1
            if stack[-1] == "{":
                keys[-1] = None
        elif character == ":" and stack and stack[-1] == "{" and text[at + 1 : at + 2] in ("", " ", "\n"):
            keys[-1] = text[last:at].strip().strip("'\"")
            last = at + 1
    return stack, keys, last


def _parents(above: list[str], indent: int, *, is_item: bool) -> tuple[str, ...]:
    """The keys that a line with this indentation stands under."""
    path: list[str] = []
    limit, same = indent, is_item
    for line in reversed(above[-_FARTHEST:]):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        at = len(line) - len(line.lstrip(" "))
        dashes = _DASHES.match(line)
        key = _KEY.match(line)
        column = dashes.end() if dashes is not None else at
        # A list may stand at the column of its key.
        if key is not None and (column < limit or (same and dashes is None and column == limit)):
            path.append(key["key"].strip("'\""))
            limit, same = column, False
        if dashes is not None and at < limit:
            path += ["[]"] * dashes[1].count("-")
            limit, same = at, True
        if limit == 0 and not same:
            break
    return tuple(reversed(path))


def _continued(above: list[str], indent: int) -> tuple[str, ...] | None:
    """The path of the value that a line goes on with, where the key above has a text that runs over lines."""
    for number in range(len(above) - 1, -1, -1):
        line = above[number]
        at = len(line) - len(line.lstrip(" "))
        if not line.strip() or at >= indent:
            continue
        key = _KEY.match(line)
        if key is None:
            return None
        value = line[key.end() :].strip()
        dashes = _DASHES.match(line)
        column = dashes.end() if dashes is not None else at
        if column >= indent or not value or value.startswith("#") or value[:1] in "[{":
            return None
        parents = _parents(above[:number], at, is_item=dashes is not None)
        items = ("[]",) * (dashes[1].count("-") if dashes is not None else 0)
        return (*parents, *items, key["key"].strip("'\""))
    return None
