"""A policy written as a book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.book.behaviour import (
    constraint_entry,
    response_entry,
    rule_entry,
    schedule_entries,
    subject_entry,
    trigger_entry,
)
from postloan_rules.analysis.book.definitions import (
    fact_entry,
    field_entries,
    input_entry,
    parameter_entry,
    reason_entry,
    scorecard_entry,
    table_entry,
)
from postloan_rules.analysis.book.document import Book, Chapter
from postloan_rules.analysis.book.prose import code
from postloan_rules.analysis.book.telling import Telling
from postloan_rules.policy import load_policy, profiles_of
from postloan_rules.policy.model import ScoreUse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from postloan_rules.analysis.book.document import Entry
    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.policy import Policy
    from postloan_rules.problems import Span

__all__ = ["book_of", "load_book"]


def load_book(rules: Path, language: str) -> Book:
    """The book of the policy in a folder or a file, with all of its profiles."""
    first, *others = profiles_of(rules)
    return book_of(load_policy(rules, first), {each: load_policy(rules, each) for each in others}, language)


def book_of(policy: Policy, profiles: Mapping[str, Policy], language: str) -> Book:
    """A policy as a book; `profiles` are its other profiles."""
    telling = Telling(policy, profiles, language)
    title = telling.speech.titled(policy.title) or policy.id
    return Book(policy, language, title, tuple(each for each in _chapters(telling) if each.entries))


def _chapters(telling: Telling) -> Iterator[Chapter]:
    policy, say = telling.policy, telling.speech.say
    places = {source.name: number for number, source in enumerate(policy.sources)}

    def chapter(id_: str, title: Phrase, about: Phrase, entries: Iterator[Entry]) -> Chapter:
        return Chapter(id_, "".join(each.text for each in title), about, tuple(entries))

    def placed(span: Span) -> tuple[int, int]:
        # A policy holds its triggers and facts in an order of computing; readers know the order of writing.
        return places.get(str(span.file), len(places)), span.start

    responses = sorted(policy.responses.values(), key=lambda each: (each.family, -each.rank, each.name))
    cards = {
        each.definition.scorecard.name: (each.definition.scorecard, each)
        for each in reversed(policy.facts)
        if isinstance(each.definition, ScoreUse)
    }
    used = {name for kind, name in telling.references.users if kind == "reason"}
    yield chapter("about", say("About the policy"), (), iter([subject_entry(telling)]))
    yield chapter(
        "triggers",
        say("Triggers"),
        say(
            "What calls for attention. A trigger has fired, has not fired, or is unknown; “has "
            "fired” and “has not fired” both mean that it is known."
        ),
        (
            trigger_entry(telling, each)
            for each in sorted(policy.triggers, key=lambda each: placed(each.span))
        ),
    )
    yield chapter(
        "rules",
        say("Rules"),
        say(
            "Which triggers call for which responses. A rule counts only when its condition is known to hold."
        ),
        (rule_entry(telling, each) for each in policy.rules),
    )
    yield chapter(
        "responses",
        say("Responses"),
        say(
            "What the bank can do. Of those of one family that are called for, only the one of the "
            "highest rank is chosen."
        ),
        (response_entry(telling, each) for each in responses),
    )
    yield chapter(
        "constraints",
        say("Constraints"),
        say("What must not come out, whatever the rules call for."),
        (constraint_entry(telling, each) for each in policy.constraints),
    )
    yield chapter(
        "schedule", say("Schedule"), say("When a customer is looked at again."), schedule_entries(telling)
    )
    yield chapter(
        "parameters",
        say("Parameters"),
        say(
            "Numbers that are tuned now and then, each in one place. Where a sentence gives a value before a "
            "parameter's name, it is that of the profile {profile}.",
            profile=code(policy.profile),
        ),
        (parameter_entry(telling, each) for each in policy.parameters),
    )
    yield chapter(
        "facts",
        say("Facts"),
        say(
            "Values that are worked out from what is known of a customer. A value that needs "
            "something unknown is unknown."
        ),
        (fact_entry(telling, each) for each in sorted(policy.facts, key=lambda each: placed(each.span))),
    )
    yield chapter(
        "tables",
        say("Tables"),
        say("Values that are looked up."),
        (table_entry(telling, each) for each in policy.tables.values()),
    )
    yield chapter(
        "scorecards",
        say("Scorecards"),
        say("Points for what is known of a customer, added up."),
        (scorecard_entry(telling, *each) for each in cards.values()),
    )
    yield chapter(
        "inputs",
        say("The bank’s own values"),
        say("What the bank knows and the snapshot has no field for."),
        (input_entry(telling, each) for each in policy.inputs),
    )
    yield chapter(
        "reasons",
        say("Reasons"),
        say("What customers are told."),
        (
            reason_entry(telling, each)
            for name, each in sorted(policy.catalogue.reasons.items())
            if name in used
        ),
    )
    yield chapter(
        "fields", say("Fields of the snapshot"), say("What is read of a customer."), field_entries(telling)
    )
