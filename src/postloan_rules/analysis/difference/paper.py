"""The paper on a comparison: what every form of it shows, in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.analysis.book import book_of, changes_between
from postloan_rules.analysis.book.prose import Speech, text
from postloan_rules.analysis.difference.side_by_side import SideBySide
from postloan_rules.analysis.difference.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.book import Changes
    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.analysis.book.tracked import Change
    from postloan_rules.analysis.difference.comparison import Comparison, JudgedPart, Witness
    from postloan_rules.analysis.difference.parts import PartKey

__all__ = ["Paper", "Shown", "paper_of"]


@frozen
class Shown:
    """One difference, with the customer who shows it."""

    number: int
    heading: Phrase
    conditions: tuple[Phrase, ...]
    note: str
    """Whether this is all, or what else there is to say."""
    parts: Phrase
    """The changed parts that it hangs on; empty where these are not told apart."""
    who: str
    fingerprint: str
    """Of the customer."""
    rows: tuple[tuple[str, str, str], ...]
    """Both decisions side by side."""
    snapshot: str = field(repr=False)
    """The customer, as JSON."""


@frozen
class Paper:
    """A comparison in words."""

    found: Comparison = field(repr=False)
    language: str
    telling: Telling = field(repr=False)
    changes: Changes = field(repr=False)
    """The book's words for the changed parts."""
    shown: tuple[Shown, ...]
    impact: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = ()
    """Tables about a portfolio: each with its title, and its head as the first row."""

    @property
    def speech(self) -> Speech:
        """The language of the paper."""
        return self.telling.speech

    def change(self, part: JudgedPart) -> Change | None:
        """A changed part in the words of the book."""
        return self._by_key().get(part.change.key)

    def _by_key(self) -> dict[PartKey, Change]:
        return {(each.entry.kind, each.entry.name): each for each in self.changes.entries}  # type: ignore[misc]  # some are no parts

    def terms(self) -> Iterator[tuple[str, str]]:
        """Both versions, with their profiles and fingerprints."""
        say, found = self.telling.wording.say, self.found
        for title, policy in ((say("Old version"), found.old), (say("New version"), found.new)):
            yield title, f"{policy.id} {policy.version}, {policy.profile}"


def paper_of(found: Comparison, language: str) -> Paper:
    """The paper on a comparison."""
    speech = Speech(language, found.new.currency)
    telling = Telling(found, speech)
    changes = changes_between(book_of(found.old, {}, language), book_of(found.new, {}, language))
    return Paper(found, language, telling, changes, tuple(_shown(telling)))


def _shown(telling: Telling) -> Iterator[Shown]:
    number = 0
    for change in telling.found.domain:
        if change.witness is not None:
            number += 1
            yield _one(telling, number, telling.domain(change), (), "", (), change.witness)
    for each in telling.found.differences:
        number += 1
        yield _one(
            telling,
            number,
            telling.heading(each),
            tuple(telling.region(each)),
            telling.complete(each),
            telling.parts(each.parts),
            each.witness,
        )


def _one(
    telling: Telling,
    number: int,
    heading: Phrase,
    conditions: tuple[Phrase, ...],
    note: str,
    parts: Phrase,
    witness: Witness,
) -> Shown:
    say, snapshot = telling.wording.say, witness.snapshot
    who = say(
        "Customer {customer} as of {day}",
        customer=snapshot.customer.customer_id,
        day=telling.wording.numerals.day(snapshot.as_of),
    )
    if witness.account_id is not None:
        who += say(", ") + telling.wording.account(witness.account_id)
    return Shown(
        number,
        heading or text(""),
        conditions,
        note,
        parts,
        who,
        snapshot.fingerprint,
        tuple(SideBySide(telling).rows(witness.old, witness.new)),
        snapshot.to_json(),
    )
