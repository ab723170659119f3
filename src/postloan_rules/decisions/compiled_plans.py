"""Which responses rules call for, given what has fired; worked out from the triggers that fired.

Each trigger has a bit. A rule stands under the triggers that it cannot do without, so that only rules which
may hold are looked at, however many there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import define, field, frozen

from postloan_rules.policy.model import Group, Leaf, Named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from postloan_rules.decisions.decision import TriggerState
    from postloan_rules.policy.model import Condition, Policy, Response, Rule

__all__ = ["CUSTOMER", "Candidate", "Plan", "Rules", "bits_of", "places_of"]

CUSTOMER = -1
"""The place of the customer among accounts that are counted from 0."""

Test: TypeAlias = "Callable[[int, int], bool]"
"""Whether something holds, from the bits of what has fired and of what may have (fired or unknown)."""


@frozen
class Candidate:
    """A response that rules call for, for the customer or for one of the accounts."""

    response: Response
    place: int
    rules: tuple[str, ...]
    outranked_by: str | None


@define
class Plan:
    """What rules call for where certain triggers have fired, before anything else about the customer."""

    candidates: tuple[Candidate, ...]
    simple: bool
    """Whether nothing but a cool-down can stand in the way, and nothing has to be worked out."""
    fired: tuple[str, ...] | None = field(default=None, eq=False, repr=False)
    triggers: tuple[TriggerState, ...] | None = field(default=None, eq=False, repr=False)
    """What is the same for every customer with this plan who has no account under the policy, once made."""


def bits_of(names: Iterable[str], places: Mapping[str, int]) -> int:
    """The bits of these triggers."""
    found = 0
    for name in names:
        found |= 1 << places[name]
    return found


def places_of(bits: int) -> Iterator[int]:
    """The places of the bits that are set, from the lowest on."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


@define
class Rules:
    """The rules in force on a day, by the triggers that they hang on."""

    policy: Policy
    rules: tuple[Rule, ...]
    places: Mapping[str, int]
    tests: list[Test] = field(factory=list)
    needs: list[int] = field(factory=list)
    """For each rule, the bits of all triggers that it names."""
    by_trigger: dict[int, list[int]] = field(factory=dict)
    always: list[int] = field(factory=list)

    @classmethod
    def on(cls, policy: Policy, day: date, places: Mapping[str, int]) -> Rules:
        """The rules in force on a day."""
        found = cls(policy, tuple(rule for rule in policy.rules if rule.holds_on(day)), places)
        for number, rule in enumerate(found.rules):
            found.tests.append(_holds(rule.condition, places))
            found.needs.append(bits_of(rule.triggers, places))
            needed = _needed(rule.condition, places)
            if needed is None:
                found.always.append(number)
                continue
            for place in places_of(needed):
                found.by_trigger.setdefault(place, []).append(number)
        return found

    def that_hold(self, fired: int, unknown: int, there: int) -> list[int]:
        """The numbers of the rules that hold, in their order, where these triggers are `there` to be read."""
        looked_at = set(self.always)
        for place in places_of(fired):
            looked_at.update(self.by_trigger.get(place, ()))
        maybe = fired | unknown
        tests, needs = self.tests, self.needs
        return [
            number
            for number in sorted(looked_at)
            if not needs[number] & ~there and tests[number](fired, maybe)
        ]

    def plan(self, scopes: Sequence[tuple[int, int, int]], subject: bool) -> Plan:  # noqa: FBT001 - one of the facts
        """What the rules call for in each scope, given its bits: fired, unknown, and what is there."""
        rules: dict[tuple[str, int], list[str]] = {}
        responses = self.policy.responses
        for scope, (fired, unknown, there) in enumerate(scopes):
            for number in self.that_hold(fired, unknown, there):
                rule = self.rules[number]
                for name in rule.responses:
                    if responses[name].per_account:
                        if not subject:
                            continue
                        key = (name, scope)
                    else:
                        key = (name, CUSTOMER)
                    ids = rules.setdefault(key, [])
                    if rule.id not in ids:
                        ids.append(rule.id)
        winners: dict[tuple[str, int], Response] = {}
        for name, place in rules:
            response = responses[name]
            best = winners.get((response.family, place))
            if best is None or response.rank > best.rank:
                winners[response.family, place] = response
        candidates: list[Candidate] = []
        for (name, place), ids in rules.items():
            response = responses[name]
            winner = winners[response.family, place]
            candidates.append(
                Candidate(response, place, tuple(sorted(ids)), None if winner is response else winner.name)
            )
        return Plan(tuple(candidates), simple=self._simple(candidates))

    def _simple(self, candidates: Iterable[Candidate]) -> bool:
        chosen = [each.response for each in candidates if each.outranked_by is None]
        names = {each.name for each in chosen}
        bound = {name for each in self.policy.constraints for name in each.responses}
        return not names & bound and not any(each.parameters or each.reasons_from for each in chosen)


def holds(condition: Condition, places: Mapping[str, int]) -> Test:
    """A test of whether a tree of triggers is known to hold."""
    return _holds(condition, places)


def _holds(condition: Condition, places: Mapping[str, int]) -> Test:
    match condition:
        case Named(trigger=trigger):
            bit = 1 << places[trigger]
            return lambda fired, _: bool(fired & bit)
        case Group(mode="any", parts=parts) if _all_named(parts):
            bits = _bits(parts, places)
            return lambda fired, _: bool(fired & bits)
        case Group(mode="all", parts=parts) if _all_named(parts):
            bits = _bits(parts, places)
            return lambda fired, _: fired & bits == bits
        case Group(mode="none", parts=parts) if _all_named(parts):
            bits = _bits(parts, places)
            return lambda _, maybe: not maybe & bits
        case Group(mode="none", parts=parts):
            tests = [_fails(part, places) for part in parts]
            return lambda fired, maybe: all(test(fired, maybe) for test in tests)
        case Group(mode=mode, parts=parts):
            tests = [_holds(part, places) for part in parts]
            of = any if mode == "any" else all
            return lambda fired, maybe: of(test(fired, maybe) for test in tests)
        case Leaf():
            raise AssertionError(condition)  # a rule speaks of triggers alone


def _fails(condition: Condition, places: Mapping[str, int]) -> Test:
    """A test of whether a tree of triggers is known not to hold."""
    match condition:
        case Named(trigger=trigger):
            bit = 1 << places[trigger]
            return lambda _, maybe: not maybe & bit
        case Group(mode="none", parts=parts):
            tests = [_holds(part, places) for part in parts]
            return lambda fired, maybe: any(test(fired, maybe) for test in tests)
        case Group(mode=mode, parts=parts):
            tests = [_fails(part, places) for part in parts]
            of = all if mode == "any" else any
            return lambda fired, maybe: of(test(fired, maybe) for test in tests)
        case Leaf():
            raise AssertionError(condition)  # a rule speaks of triggers alone


def _all_named(parts: Iterable[Condition]) -> bool:
    return all(isinstance(part, Named) for part in parts)


def _bits(parts: Iterable[Condition], places: Mapping[str, int]) -> int:
    return bits_of((part.trigger for part in parts if isinstance(part, Named)), places)


def _needed(condition: Condition, places: Mapping[str, int]) -> int | None:
    """Triggers of which one must have fired for the tree to hold; None where it can hold without any."""
    match condition:
        case Named(trigger=trigger):
            return 1 << places[trigger]
        case Group(mode="any", parts=parts):
            found = 0
            for part in parts:
                needed = _needed(part, places)
                if needed is None:
                    return None
                found |= needed
            return found
        case Group(mode="all", parts=parts):
            needs = [needed for part in parts if (needed := _needed(part, places)) is not None]
            return min(needs, key=int.bit_count, default=None)
        case _:
            return None
