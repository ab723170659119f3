"""Differences in words, English or Chinese."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from attrs import evolve

from postloan_rules.analysis.book.prose import code, text
from postloan_rules.analysis.difference.choices import FOR_CUSTOMER
from postloan_rules.decisions.views.view import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postloan_rules.analysis.book.prose import Phrase, Speech
    from postloan_rules.analysis.difference.comparison import (
        Comparison,
        Difference,
        DomainChange,
        OpenQuestion,
        PartEffect,
    )
    from postloan_rules.analysis.difference.parts import PartChange
    from postloan_rules.analysis.difference.regions import Condition, Edge
    from postloan_rules.expressions import Type

__all__ = ["Telling"]


def _later(message: str) -> str:
    """Mark a message that is put in the language where it is used."""
    return message


_STATES: Mapping[str, str] = {
    "fired": _later("fired"),
    "not fired": _later("not fired"),
    "unknown": _later("unknown"),
    "referred": _later("unknown, and referred to a person"),
    "not called for": _later("not called for"),
    "stands": _later("called for and not outranked"),
    "holds": _later("not withheld"),
    "withheld": _later("withheld"),
    "value": _later("a value"),
    "absent": _later("no such parameter"),
    "attention": _later("today is a review"),
    "no attention": _later("today is no review"),
}
_KINDS: Mapping[str, str] = {
    "subject": _later("what the policy is about"),
    "trigger": _later("trigger"),
    "rule": _later("rule"),
    "response": _later("response"),
    "constraint": _later("constraint"),
    "schedule": _later("schedule"),
    "parameter": _later("parameter"),
    "fact": _later("fact"),
    "table": _later("table"),
    "scorecard": _later("scorecard"),
    "input": _later("input"),
}
_CHANGES: Mapping[str, str] = {
    "added": _later("added"),
    "removed": _later("removed"),
    "changed": _later("changed"),
}
_EFFECTS: Mapping[PartEffect, str] = {
    "words": _later("words only"),
    "none": _later("no effect (proved)"),
    "effect": _later("effect"),
    "open": _later("not provable here"),
}


class Telling:
    """A comparison in one language."""

    def __init__(self, found: Comparison, speech: Speech) -> None:
        self.found = found
        self.speech = speech
        self.wording = speech.wording
        self.titles: dict[str, str] = {}
        for policy in (found.old, found.new):
            self.titles |= {each.name: speech.titled(each.title) for each in policy.triggers}
            self.titles |= {each.name: speech.titled(each.title) for each in policy.responses.values()}

    # The whole

    def title(self) -> str:
        """What the paper is called."""
        policy = self.found.new
        name = self.speech.titled(policy.title) or policy.id
        return self.wording.say("What changes in decisions: {policy}", policy=name)

    def summary(self) -> str:
        """The result in a sentence."""
        say, found = self.wording.say, self.found
        match found.verdict:
            case "identical":
                return say("Equal in effect: both versions are the same policy.")
            case "equal":
                return say(
                    "Equal in effect (proved): every customer is decided the same under both versions."
                )
            case "open":
                return say(
                    "Not decided: no customer was found who is decided otherwise, and it could not be proved "
                    "that there is none."
                )
            case "different":
                shown = len(found.differences) + len(found.domain)
                said = self.wording.count(
                    "The versions differ in effect: {n} difference, shown by a customer.",
                    "The versions differ in effect: {n} differences, each shown by a customer.",
                    shown,
                )
                if found.open:
                    said += self.wording.count(
                        " Of {n} more piece it is not shown whether it differs, or in what other ways.",
                        " Of {n} more pieces it is not shown whether they differ, or in what other ways.",
                        len(found.open),
                    )
                return said
            case _:
                assert_never(found.verdict)

    def tried(self) -> str:
        """What the result rests on."""
        say, found = self.wording.say, self.found
        return say(
            "{tried} customers were decided under both versions; {proved} pieces that are written otherwise "
            "were proved to be the same.",
            tried=self.wording.numerals.number(Decimal(found.tried)),
            proved=self.wording.numerals.number(Decimal(found.proved)),
        )

    # Parts

    def part(self, change: PartChange) -> Phrase:
        """What kind of part it is, and its name."""
        kind = self.wording.say(_KINDS[change.kind])
        if change.kind in ("subject", "schedule"):
            return text(kind)
        return self.speech.say("{kind} {name}", kind=kind, name=code(change.name))

    def parts(self, changes: Sequence[PartChange]) -> Phrase:
        """The changed parts that something hangs on."""
        return self.speech.listed([self.part(each) for each in changes])

    def change(self, change: PartChange) -> str:
        """What became of it."""
        return self.wording.say(_CHANGES[change.state])

    def effect(self, effect: PartEffect) -> str:
        """Whether it decides anything."""
        return self.wording.say(_EFFECTS[effect])

    # Differences

    def name(self, name: str) -> Phrase:
        """A name, with the title that the policy gives before it."""
        return tuple(evolve(piece, title=self.titles.get(name, "")) for piece in code(name))

    def heading(self, each: Difference) -> Phrase:
        """What differs, in a sentence."""
        say, name = self.speech.say, self.name(each.name)
        match each.kind:
            case "trigger":
                return self._of_trigger(name, each.before, each.after)
            case "choice" | "bare choice":
                return self._of_choice(name, each.before, each.after)
            case "parameter":
                return say("Another {parameter} of {response}", parameter=self.name(each.of), response=name)
            case "attributes":
                if not each.name:
                    return say("The decision differs")
                return say("Another family or other reasons of {response}", response=name)
            case "rest":
                return say("{response} rests for another time after it was taken", response=name)
            case "constraint":
                message = (
                    _later("{response} is no longer withheld by {constraint}")
                    if each.after == "holds"
                    else _later("{response} is withheld by {constraint} now")
                )
                return say(message, response=self.name(each.of), constraint=name)
            case "order":
                return say("{one} and {other} are told in another order", one=name, other=self.name(each.of))
            case "interval":
                return say("The next review is on another day")
            case "attention":
                if each.after == "attention":
                    return say("The next review is reckoned from today now")
                return say("The next review is no longer reckoned from today")
            case "subject":
                return say("The policy is about other accounts")
            case "fact":
                return say("Another value of {name}", name=name)
            case _:
                assert_never(each.kind)

    def _of_trigger(self, name: Phrase, before: str, after: str) -> Phrase:
        say = self.speech.say
        was, now = before.removesuffix(FOR_CUSTOMER), after.removesuffix(FOR_CUSTOMER)
        if now == "fired" and was == "not fired":
            return say("{trigger} fires now", trigger=name)
        if was == "fired" and now == "not fired":
            return say("{trigger} no longer fires", trigger=name)
        return say(
            "{trigger} was {before} and is {after} now",
            trigger=name,
            before=self.state(before),
            after=self.state(after),
        )

    def _of_choice(self, name: Phrase, before: str, after: str) -> Phrase:
        say = self.speech.say
        if after == "not called for":
            return say("{response} is no longer called for", response=name)
        if after.startswith("by ") and before.startswith("by "):
            return say(
                "{response} is outranked by {other} now, no longer by {earlier}",
                response=name,
                other=self.name(after.removeprefix("by ")),
                earlier=self.name(before.removeprefix("by ")),
            )
        if after.startswith("by "):
            other = self.name(after.removeprefix("by "))
            if before == "not called for":
                return say("{response} is called for now, outranked by {other}", response=name, other=other)
            return say("{response} is outranked by {other} now", response=name, other=other)
        if before.startswith("by "):
            earlier = self.name(before.removeprefix("by "))
            return say("{response} is no longer outranked by {other}", response=name, other=earlier)
        if before == "not called for":
            return say("{response} is called for now", response=name)
        return say("{response} is for the customer or the account, other than before", response=name)

    def state(self, state: str) -> str:
        """A state in words."""
        bare = state.removesuffix(FOR_CUSTOMER)
        if bare.startswith("by "):
            return self.wording.say("outranked by {response}", response=bare.removeprefix("by "))
        return self.wording.say(_STATES[bare]) if bare in _STATES else bare

    def domain(self, change: DomainChange) -> Phrase:
        """A change of whom the policy decides at all."""
        say = self.speech.say
        none = self.wording.say("none")
        before, after = text(change.before or none), text(change.after or none)
        match change.what:
            case "currency":
                return say("Another currency: {before} before, {after} now", before=before, after=after)
            case "effective":
                return say("In force on other days: {before} before, {after} now", before=before, after=after)
            case "input":
                return say(
                    "The input {name} differs: {before} before, {after} now",
                    name=self.name(change.name),
                    before=before,
                    after=after,
                )
            case _:
                return say("The policy is about other accounts")

    def open(self, each: OpenQuestion) -> Phrase:
        """What is not shown."""
        say = self.speech.say
        names = {
            "trigger": _later("the trigger {name}"),
            "choice": _later("when {name} is called for and wins"),
            "bare choice": _later("when {name} is called for and wins, for a customer without an account"),
            "parameter": _later("the {of} of {name}"),
            "attributes": _later("the family and the reasons of {name}"),
            "rest": _later("how long {name} rests"),
            "constraint": _later("what {name} withholds"),
            "order": _later("the order of {name} and {of}"),
            "interval": _later("the interval to the next review"),
            "attention": _later("from when the next review is reckoned"),
            "subject": _later("which accounts the policy is about"),
            "fact": _later("the value of {name}"),
        }
        of = say(names[each.kind], name=self.name(each.name), of=self.name(each.of))
        found = say("Not shown to be the same: {of}", of=of) if not each.ways else of
        if each.ways:
            ways = self.wording.say(", ").join(
                f"{self.state(one)} → {self.state(two)}" for one, two in each.ways
            )
            found = say("Not shown whether also: {of} ({ways})", of=of, ways=ways)
        if each.by:
            by = self.speech.listed([code(one) for one in each.by])
            return say("{found}; it hangs on {by}", found=found, by=by)
        if each.for_want_of_time:
            return say("{found}; there was no time for it", found=found)
        return found

    # Regions

    def region(self, each: Difference) -> list[Phrase]:
        """For whom it differs, condition by condition."""
        if each.region is None:
            return []
        found: list[Phrase] = []
        conditions = list(each.region.conditions)
        for condition in conditions:
            if condition.side == "new":
                if any(one.name == condition.name and one.side == "old" for one in conditions):
                    continue
                found.append(self._sided(condition, None))
            elif condition.side == "old":
                other = next(
                    (one for one in conditions if one.name == condition.name and one.side == "new"), None
                )
                found.append(self._sided(condition, other))
            else:
                found.append(self.condition(condition))
        return found

    def _sided(self, one: Condition, other: Condition | None) -> Phrase:
        say = self.speech.say
        if other is not None:
            return say(
                "{name}: {old} in the old version, {new} in the new one",
                name=self.name(one.name),
                old=self._words(one),
                new=self._words(other),
            )
        message = (
            _later("{name}: {words} in the old version")
            if one.side == "old"
            else _later("{name}: {words} in the new version")
        )
        return say(message, name=self.name(one.name), words=self._words(one))

    def condition(self, condition: Condition) -> Phrase:
        """What holds of one value."""
        say = self.speech.say
        flag = self._flag(condition)
        if flag is not None:
            return flag
        return say("{name}: {words}", name=self.name(condition.name), words=self._words(condition))

    def _flag(self, condition: Condition) -> Phrase | None:
        """What can happen or not, in words."""
        say, name, so = self.speech.say, condition.name, condition.values == (True,)
        if len(condition.values) != 1 or condition.or_unknown:
            return None
        if name.startswith("new "):
            event = self.name(name.removeprefix("new ").removesuffix(" of the account"))
            message = _later("a new event {event}") if so else _later("no new event {event}")
            return say(message, event=event)
        if name.startswith("resting "):
            response = self.name(name.removeprefix("resting "))
            message = _later("{response} rests") if so else _later("{response} does not rest")
            return say(message, response=response)
        if name == "bureau?":
            return say("there is a bureau report") if so else say("there is no bureau report")
        return None

    def _words(self, condition: Condition) -> Phrase:
        say = self.speech.say
        parts: list[Phrase] = []
        if condition.is_range:
            parts.append(self._range(condition.low, condition.high, condition.type))
        if condition.of_trigger:
            states = {True: _later("fired"), False: _later("not fired")}
            parts += [say(states[bool(each)]) for each in condition.values]
        else:
            parts += [self.value(each, condition.type) for each in condition.values]
        if condition.or_unknown:
            parts.append(say("unknown"))
        return self.speech.any_of(parts)

    def _range(self, low: Edge | None, high: Edge | None, type_: Type) -> Phrase:
        say = self.speech.say
        if low is None and high is None:
            return say("any known value")
        if low is not None and low == high:
            return self.value(low.value, type_)
        parts: list[Phrase] = []
        if low is not None:
            message = _later("{value} or more") if low.included else _later("more than {value}")
            parts.append(say(message, value=self.value(low.value, type_)))
        if high is not None:
            message = _later("up to {value}") if high.included else _later("less than {value}")
            parts.append(say(message, value=self.value(high.value, type_)))
        return self.speech.listed(parts)

    def value(self, value: object, type_: Type) -> Phrase:
        """A value as the language writes it, if that is all of it."""
        written = self.wording.value(Value(value, type_))
        return code(str(value)) if written.startswith("≈") else text(written)

    def complete(self, each: Difference) -> str:
        """Whether the regions hold all such customers."""
        if each.region is None:
            return self.wording.say("For whom else is not said here.")
        if each.complete:
            return self.wording.say("These regions hold all such customers.")
        return self.wording.say("There may be such customers outside of these regions.")
