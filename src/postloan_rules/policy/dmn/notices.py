"""What an exported file says about itself: what was left out, and what other tools read in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.policy.dmn.markup import Element, element
from postloan_rules.policy.dmn.types_out import text
from postloan_rules.policy.model import REFER, ScoreUse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.policy.model import Policy, Words

__all__ = ["DEPARTURES", "description", "noted"]

DEPARTURES = (
    "A comparison with an unknown value is unknown; the standard says that `=` with null is false.",
    "`x = null`, with the literal, asks whether x is unknown, as in the standard.",
    "`if` with an unknown condition is unknown; the standard takes the `else`.",
    "A filter with an unknown condition for an item is unknown; the standard leaves the item out.",
    "An aggregate over a list with an unknown item is unknown; the sum of an empty list is 0, not null.",
    "A table is unknown where the match of a rule that could matter is; in the standard it does not match.",
    "A table of lists gives an empty list where no rule matches, and the standard gives null.",
    "A value outside the `inputValues` of a column makes the result unknown.",
)
"""Where the rule language and the standard's FEEL part; docs/language.md defines the first."""


def description(policy: Policy, functions: frozenset[str]) -> str:
    """The description of the whole file."""
    return "\n".join(_lines(policy, functions))


def _lines(policy: Policy, functions: frozenset[str]) -> Iterator[str]:
    if policy.title is not None:
        yield policy.title.in_language("en")
    yield f"Rule set {policy.id}, version {policy.version}, profile {policy.profile}."
    yield "Read here as DMN: inputs, parameters, facts, tables, and the conditions of triggers and rules."
    left_out = list(_left_out(policy))
    if left_out:
        yield "Left out, since DMN has no words for them:"
        yield from (f"- {line}" for line in left_out)
    yield "The expressions were written in a language that departs from the standard's FEEL in this:"
    yield from (f"- {line}" for line in DEPARTURES)
    if functions:
        listed = ", ".join(f"`{name}`" for name in sorted(functions))
        yield f"- Functions that the standard does not have: {listed}."


def _left_out(policy: Policy) -> Iterator[str]:
    """Each part of the policy that the file does not hold, by name."""
    names = [name for name in sorted(policy.responses) if name != REFER]
    if names:
        yield (
            "responses, with their families, ranks, parameters, reasons, notices and cool-downs: "
            + ", ".join(names)
        )
    if any(isinstance(fact.definition, ScoreUse) for fact in policy.facts):
        yield "the reasons of scorecards; their points are tables here, and their scores sums"
    if policy.subject is not None:
        yield "the subject: one account is decided at a time, the input `account`"
    if policy.schedule is not None:
        yield "the schedule of reviews and its adjustments"
    if policy.constraints:
        yield "constraints: " + ", ".join(each.id for each in policy.constraints)
    if policy.effective_from is not None or policy.effective_to is not None:
        span = f"from {policy.effective_from or 'the beginning'} to {policy.effective_to or 'further notice'}"
        yield f"the days on which the policy is in force: {span}"
    if any(trigger.because is not None or trigger.title is not None for trigger in policy.triggers):
        yield "titles of triggers and the texts of `because`"


def noted(note: Words | None, *kept: Element, said: str = "") -> tuple[Element, ...]:
    """The note of a definition as its description; its other languages, and what else is kept, beside it."""
    by_language = dict(note.by_language) if note is not None else {}
    first = by_language.pop("en", "")
    words = "\n".join(each for each in (first, said) if each)
    others = [
        element("plr:note", text=by_language[language], language=language) for language in sorted(by_language)
    ]
    parts = [text("description", words)] if words else []
    if others or kept:
        parts.append(element("extensionElements", *others, *kept))
    return tuple(parts)
