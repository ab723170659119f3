"""What the sentences of all entries share: one policy in one language."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, assert_never

from attrs import evolve

from postloan_rules.analysis.book.document import Line
from postloan_rules.analysis.book.names import Names
from postloan_rules.analysis.book.prose import Speech, anchor, code, link, text
from postloan_rules.analysis.book.references import references_of
from postloan_rules.analysis.book.sentences import Sentences
from postloan_rules.analysis.book.trees import Told, Trees
from postloan_rules.decisions.views.view import Value
from postloan_rules.expressions import BOOLEAN, Expression, If, type_name
from postloan_rules.policy.model import ScoreUse, TableUse
from postloan_rules.policy.patterns import Hours

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.expressions import Type
    from postloan_rules.policy import Policy
    from postloan_rules.policy.model import Condition, Definition, Words
    from postloan_rules.policy.periods import Period
    from postloan_rules.problems import Span

__all__ = ["Telling"]


def _later(message: str) -> str:
    """Mark a message that is put in the language where it is used."""
    return message


_FEW = 8
"""More rules than these are listed without their titles."""

_TYPES: Mapping[str, str] = {
    "number": _later("a number"),
    "money": _later("an amount of money"),
    "ratio": _later("a share"),
    "days": _later("a number of days"),
    "months": _later("a number of months"),
    "boolean": _later("true or false"),
    "string": _later("a text"),
    "date": _later("a day"),
    "date-time": _later("a moment"),
}


class Telling:
    """One policy in one language.

    Args:
        policy: The policy under its standard profile.
        profiles: The policy under each other profile.
        language: `en` or `zh`.
    """

    def __init__(self, policy: Policy, profiles: Mapping[str, Policy], language: str) -> None:
        self.policy = policy
        self.profiles = profiles
        self.speech = Speech(language, policy.currency)
        self.names = Names(policy, self.speech)
        self.sentences = Sentences(self.speech, self.names)
        self.trees = Trees(self.sentences)
        self.references = references_of(policy, self.names.kinds)

    def told(self, condition: Condition) -> Told:
        """A condition in words."""
        return self.trees.told(condition)

    def named(self, name: str) -> Phrase:
        """A name of the policy's."""
        return self.names.named(name) or code(name)

    def type(self, type_: Type) -> Phrase:
        """A type in words, or by its name."""
        name = type_name(type_)
        return self.speech.say(_TYPES[name]) if name in _TYPES else code(name)

    def value(self, value: object, type_: Type) -> Phrase:
        """A value as the language writes it, if that is all of it."""
        written = self.speech.wording.value(Value(value, type_))
        return code(str(value)) if written.startswith("≈") else text(written)

    def period(self, period: Period | Hours) -> Phrase:
        """A length of time, or the parameter that gives it."""
        count = self.speech.wording.count
        if isinstance(period, Hours):
            return text(count("{n} hour", "{n} hours", period.length))
        if period.parameter is not None:
            return self.named(period.parameter)
        length = period.length or 0
        if period.unit == "days":
            return text(count("{n} day", "{n} days", length))
        return text(count("{n} month", "{n} months", length))

    def spell(self, since: date | None, until: date | None) -> Phrase | None:
        """From when to when something is in force; None where it always is."""
        say, day = self.speech.say, self.speech.wording.numerals.day
        if since is not None and until is not None:
            return say("from {since} to {until}", since=day(since), until=day(until))
        if since is not None:
            return say("from {since} on", since=day(since))
        return say("until {until}", until=day(until)) if until is not None else None

    def in_force(self, since: date | None, until: date | None) -> Iterator[Line]:
        """The sentence that tells when something is in force; none where it always is."""
        spell = self.spell(since, until)
        if spell is not None:
            yield Line(self.speech.say("In force {spell}.", spell=spell))

    def definition(self, definition: Definition) -> Line:
        """What a value is, as a sentence: of a choice, each way in a line of its own."""
        say = self.speech.say
        if not isinstance(definition, Expression):
            return Line(say("It is {value}.", value=self.source(definition)))
        if definition.type == BOOLEAN:
            return self.trees.line(say("It is true when "), self.trees.of_node(definition.root))
        ways: list[Line] = []
        node = definition.root
        while isinstance(node, If):
            way = say("{value} if ", value=self.sentences.operand(node.then))
            ways.append(self.trees.line(way, self.trees.of_node(node.condition), ended=False))
            node = node.otherwise
        if not ways:
            return Line(say("It is {value}.", value=self.sentences.noun(node)))
        ways.append(Line(say("otherwise {value}", value=self.sentences.noun(node))))
        return Line(say("It is the first of these that applies:"), tuple(ways), ordered=True)

    def source(self, definition: Definition) -> Phrase:
        """What a value is, as a noun."""
        say = self.speech.say
        match definition:
            case Expression():
                return self.sentences.value(definition)
            case TableUse(table=table, output=output):
                return say(
                    "{output} of the table {table}", output=code(output), table=self.names.table(table)
                )
            case ScoreUse(scorecard=card, part="score"):
                return say("the score of the scorecard {card}", card=self.names.scorecard(card.name))
            case ScoreUse(scorecard=card):
                return say(
                    "the reasons of the scorecard {card}, those with the most points lost first",
                    card=self.names.scorecard(card.name),
                )
            case _:
                assert_never(definition)

    def remarks(self, note: Words | None, source: str) -> Iterator[Line]:
        """The author's own words about a part."""
        if note is not None:
            yield Line(self.speech.say("Note: {text}", text=self.speech.titled(note)))
        if source:
            yield Line(self.speech.say("Source: {text}", text=source))

    def users(self, kind: str, name: str, *, but: str = "") -> Iterator[Line]:
        """Where something is used; `but` leaves out users of one kind."""
        found = [self.entry(*user) for user in self.references.of(kind, name) if user[0] != but]
        if found:
            yield Line(self.speech.say("Used by: {list}", list=self.speech.listed(found)))

    def entry(self, kind: str, name: str) -> Phrase:
        """A link to an entry."""
        match kind:
            case "rule":
                return self.names.rule(name)
            case "schedule":
                return link(name, anchor(kind, name), self.speech.wording.say("When to look again"))
            case "subject":
                return link(name, anchor(kind, name), self.speech.wording.say("What the policy is about"))
            case "table" | "scorecard" | "constraint":
                return link(name, anchor(kind, name))
            case _:
                return self.named(name)

    def rules(self, ids: Sequence[str]) -> list[Phrase]:
        """Links to rules; where they are many, by their ids alone."""
        links = [self.names.rule(each) for each in ids]
        return (
            links
            if len(ids) <= _FEW
            else [tuple(evolve(piece, title="") for piece in each) for each in links]
        )

    def place(self, span: Span) -> str:
        """Where a part is written."""
        return f"{PurePath(str(span.file)).name}:{span.line}"
