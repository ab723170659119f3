"""Which triggers call for which responses, by which rules: drawings that are read beside the sentences.

There is one drawing for each family of responses, and one for each response where a family is large.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.analysis.book.prose import anchor
from postloan_rules.decisions.views.markup import tag
from postloan_rules.policy.model import Group, Leaf, Named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from postloan_rules.analysis.book.document import Book
    from postloan_rules.decisions.views.markup import Html
    from postloan_rules.decisions.views.wording import Wording
    from postloan_rules.policy.model import Condition, Rule

__all__ = ["Figure", "figures_of"]

_LARGE = 24
"""A drawing of more rules than this is taken apart."""

_WIDTH, _HEIGHT, _STEP, _GAP = 244, 26, 34, 96
_LETTERS = 32
"""So many letters of half a square's width fit in a box."""


@frozen
class Figure:
    """A drawing, and what it is of."""

    title: str
    name: str
    drawing: Html


@frozen
class _Box:
    kind: str
    name: str
    label: str
    x: int
    y: int

    @property
    def middle(self) -> int:
        return self.y + _HEIGHT // 2


@frozen
class _Arrow:
    source: tuple[str, str]
    target: tuple[str, str]
    barred: bool


def figures_of(book: Book, wording: Wording) -> Iterator[Figure]:
    """The drawings of a policy, by family of responses."""
    titles = {(entry.kind, entry.name): entry.title or entry.name for entry in book.entries}
    families: dict[str, list[str]] = {}
    for response in sorted(book.policy.responses.values(), key=lambda each: (each.family, -each.rank)):
        families.setdefault(response.family, []).append(response.name)
    for family, names in families.items():
        rules = [rule for rule in book.policy.rules if not set(names).isdisjoint(rule.responses)]
        if len(rules) <= _LARGE or len(names) == 1:
            groups = [(family, names)]
        else:
            groups = [(f"{family}: {titles['response', name]}", [name]) for name in names]
        for title, members in groups:
            called = [rule for rule in rules if not set(members).isdisjoint(rule.responses)]
            if called:
                label = wording.say("Triggers, rules and responses of the family {family}", family=title)
                yield Figure(title, family, _drawn(called, members, titles, label))


def _drawn(
    rules: Sequence[Rule], responses: Sequence[str], titles: Mapping[tuple[str, str], str], label: str
) -> Html:
    arrows = [
        _Arrow(("trigger", name), ("rule", rule.id), barred)
        for rule in rules
        for name, barred in dict(_roles(rule.condition, barred=False)).items()
    ]
    triggers = list(dict.fromkeys(arrow.source[1] for arrow in arrows if not arrow.barred))
    triggers += [name for name in dict.fromkeys(arrow.source[1] for arrow in arrows) if name not in triggers]
    arrows += [
        _Arrow(("rule", rule.id), ("response", name), barred=False)
        for rule in rules
        for name in rule.responses
        if name in responses
    ]
    columns = (
        [("trigger", name) for name in triggers],
        [("rule", rule.id) for rule in rules],
        [("response", name) for name in responses if any(name in rule.responses for rule in rules)],
    )
    tallest = max(len(column) for column in columns)
    boxes = {
        key: _Box(*key, _label(key, titles), place * (_WIDTH + _GAP) + 1, _top(number, len(column), tallest))
        for place, column in enumerate(columns)
        for number, key in enumerate(column)
    }
    width, height = 3 * _WIDTH + 2 * _GAP + 2, tallest * _STEP + 2
    return tag(
        "svg",
        tag("title", label),
        *(_arrow(boxes[each.source], boxes[each.target], barred=each.barred) for each in arrows),
        *(_box(each, titles[each.kind, each.name]) for each in boxes.values()),
        viewBox=f"0 0 {width} {height}",
        width=str(width),
        height=str(height),
        role="img",
        aria_label=label,
    )


def _roles(condition: Condition, *, barred: bool) -> Iterator[tuple[str, bool]]:
    """The triggers of a rule, and whether the rule wants them not to have fired."""
    match condition:
        case Named(trigger=trigger):
            yield trigger, barred
        case Group(mode=mode, parts=parts):
            for part in parts:
                yield from _roles(part, barred=barred != (mode == "none"))
        case Leaf():
            return


def _label(key: tuple[str, str], titles: Mapping[tuple[str, str], str]) -> str:
    kind, name = key
    title = titles[key]
    return _shortened(f"{name} · {title}" if kind == "rule" and title != name else title)


def _shortened(label: str) -> str:
    """The label, cut where it would not fit; letters of Chinese take twice the room."""
    room = _LETTERS
    for number, letter in enumerate(label):
        room -= 2 if ord(letter) > 0x2E7F else 1
        if room < 0:
            return f"{label[: number - 1]}…"
    return label


def _top(number: int, of: int, tallest: int) -> int:
    """Where a box begins, each column spread over the whole height."""
    return 1 + (2 * number + 1) * tallest * _STEP // (2 * of) - _STEP // 2 + (_STEP - _HEIGHT) // 2


def _box(box: _Box, title: str) -> Html:
    rect = tag(
        "rect", x=str(box.x), y=str(box.y), width=str(_WIDTH), height=str(_HEIGHT), rx="5", class_=box.kind
    )
    words = tag("text", box.label, x=str(box.x + 9), y=str(box.middle + 4))
    return tag("a", tag("title", title), rect, words, href=f"#{anchor(box.kind, box.name)}")


def _arrow(source: _Box, target: _Box, *, barred: bool) -> Html:
    start, end = source.x + _WIDTH, target.x
    bend = _GAP // 2
    left, right = f"{start} {source.middle}", f"{end} {target.middle}"
    path = f"M{left}C{start + bend} {source.middle} {end - bend} {target.middle} {right}"
    return tag("path", d=path, class_="barred" if barred else "called")
