"""The section `scorecards` of a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import NUMBER, STRING, ListType, Variable
from postloan_rules.policy.definitions import notes
from postloan_rules.policy.model import Fact, ScoreUse
from postloan_rules.policy.reader import Entry, Listing, Node
from postloan_rules.policy.scorecards import REASONS, Attribute, Characteristic, Lost, Scorecard

if TYPE_CHECKING:
    from postloan_rules.expressions import Expression
    from postloan_rules.policy.checking import Checking, Names

__all__ = ["facts_of"]


def facts_of(checking: Checking, entry: Entry, names: Names) -> tuple[Fact, Fact] | None:
    """The two facts that a scorecard gives: its score and its reasons."""
    reading, name = checking.reading, entry.key.value
    card = _scorecard(checking, entry, names)
    keys = {each.key.value: each for each in reading.entries(entry.value, f"the scorecard `{name}`")}
    note, source = notes(reading, {k: v for k, v in keys.items() if k in ("note", "source")}, f"`{name}`")
    if card is None:
        return None
    per_account = bool(card.reads & checking.account_names)
    unknown = any(each.unknown is None and each.expression.unknown for each in card.characteristics) or any(
        each.attributes[-1].test is not None for each in card.characteristics
    )
    if per_account:
        checking.account_names |= {name, name + REASONS}
    span = entry.key.span
    return (
        Fact(name, NUMBER, unknown, ScoreUse(card, "score"), per_account, note, source, span),
        Fact(
            name + REASONS, ListType(STRING), unknown, ScoreUse(card, "reasons"), per_account, None, "", span
        ),
    )


def _scorecard(checking: Checking, entry: Entry, names: Names) -> Scorecard | None:
    """One scorecard, checked."""
    reading, name = checking.reading, entry.key.value
    what = f"the scorecard `{name}`"
    mistakes = len(reading.problems)
    allowed = ("base", "lost", "characteristics", "note", "source")
    keys = reading.section(entry.value, what, allowed, ("base", "lost", "characteristics"))
    base = reading.number(keys["base"].value, f"`base` of {what}") if "base" in keys else None
    lost = reading.choice(keys["lost"].value, f"`lost` of {what}", Lost) if "lost" in keys else None
    found: list[Characteristic] = []
    if "characteristics" in keys:
        node = keys["characteristics"].value
        for each in reading.entries(node, f"`characteristics` of {what}"):
            characteristic = _characteristic(checking, each, what, names)
            if characteristic is not None:
                found.append(characteristic)
        if not found and len(reading.problems) == mistakes:
            reading.note("PR0304", f"{what} has no characteristics", node.span, "add one")
    if len(reading.problems) > mistakes or base is None or lost is None:
        return None
    return Scorecard(name, base, lost, tuple(found), entry.key.span)


def _characteristic(checking: Checking, entry: Entry, of: str, names: Names) -> Characteristic | None:
    reading = checking.reading
    name = reading.name(entry.key, f"a characteristic of {of}")
    what = f"the characteristic `{entry.key.value}` of {of}"
    allowed = ("is", "reason", "baseline", "points", "unknown", "note", "source")
    keys = reading.section(entry.value, what, allowed, ("is", "reason", "baseline", "points"))
    if name is None or not {"is", "reason", "baseline", "points"} <= set(keys):
        return None
    expression = checking.expression(keys["is"].value, what, names)
    reason = reading.scalar(keys["reason"].value, f"`reason` of {what}")
    baseline = reading.number(keys["baseline"].value, f"`baseline` of {what}")
    unknown = reading.number(keys["unknown"].value, f"`unknown` of {what}") if "unknown" in keys else None
    if expression is not None and "unknown" in keys and not expression.unknown:
        message = f"the value of {what} is never unknown, so `unknown` has no effect"
        reading.note("PR0336", message, keys["unknown"].key.span, "delete the line")
    attributes = _attributes(checking, keys["points"].value, what, expression, names)
    if expression is None or reason is None or baseline is None or not attributes:
        return None
    return Characteristic(name, expression, attributes, unknown, baseline, reason.value, entry.key.span)


def _attributes(
    checking: Checking, node: Node, what: str, subject: Expression | None, names: Names
) -> tuple[Attribute, ...]:
    reading = checking.reading
    found: list[Attribute] = []
    for item in reading.items(node, f"`points` of {what}"):
        cells = reading.items(item, f"a line of `points` of {what}")
        if isinstance(item, Listing) and len(cells) != 2:
            help_ = 'write `["< 0.30", 40]`: a test, then its points; `-` as the last test takes all others'
            reading.note(
                "PR0401", f"a line of `points` of {what} needs a test and its points", item.span, help_
            )
            continue
        if not cells:
            continue
        points = reading.number(cells[1], f"points of {what}")
        scalar = reading.scalar(cells[0], f"a test of {what}")
        if scalar is None or points is None or subject is None:
            continue
        if scalar.value.strip() == "-":
            found.append(Attribute(None, points))
            continue
        # What is unknown has points of its own, so a test never meets it.
        test = checking.tests(scalar.text, names, Variable(subject.type, unknown=False), subject)
        if test is not None:
            found.append(Attribute(test, points))
    for number, attribute in enumerate(found[:-1]):
        if attribute.test is None:
            message = f"the lines after `-` in `points` of {what} are never reached"
            reading.note("PR0405", message, node.span, f"move `-` (line {number + 1} of them) to the end")
    return tuple(found)
