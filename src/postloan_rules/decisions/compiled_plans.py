"""Which responses rules call for, given what has fired; worked out from the triggers that fired.

Each trigger has a bit. A rule stands under the triggers that it cannot do without, so that only rules which
may hold are looked at, however many there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import define, field

from postloan_rules.policy.model import Group, Leaf, Named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from postloan_rules.decisions.decision import TriggerState
    from postloan_rules.policy.model import Condition, Policy, Response

__all__ = ["CUSTOMER", "Candidate", "Plan", "Rules", "bits_of", "places_of"]

CUSTOMER = -1
"""The place of the customer among accounts that are counted from 0."""

Test: TypeAlias = "Callable[[int, int], bool]"
"""Whether something holds, from the bits of what has fired and of what may have (fired or unknown)."""


@define
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
    chosen: tuple[tuple[Response, tuple[str, ...], tuple[str, ...]], ...] | None = field(
        default=None, eq=False, repr=False
    )
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


class Rules:
    """The rules in force on a day, by the triggers that they hang on."""

    __slots__ = (
        "_always",
        "_by_trigger",
        "_ids",
        "_needs",
        "_plain",
        "_puts",
        "_responses",
        "_sure",
        "_tests",
        "plans",
        "simple_plans",
    )

    def __init__(self, policy: Policy, day: date, places: Mapping[str, int]) -> None:
        rules = [rule for rule in policy.rules if rule.holds_on(day)]
        self.plans: dict[object, Plan] = {}
        self.simple_plans: dict[int, Plan] = {}
        self._responses = policy.responses
        self._ids = [rule.id for rule in rules]
        self._puts = [
            tuple((name, policy.responses[name].per_account) for name in rule.responses) for rule in rules
        ]
        self._needs = [bits_of(rule.triggers, places) for rule in rules]
        self._tests = [_holds(rule.condition, places) for rule in rules]
        self._always: list[int] = []
        self._by_trigger: dict[int, list[int]] = {}
        self._sure: dict[int, list[int]] = {}
        for number, rule in enumerate(rules):
            needed = _needed(rule.condition, places)
            if needed is None:
                self._always.append(number)
                continue
            # One of its triggers is enough for a rule that asks for any.
            under = self._sure if _any_is_enough(rule.condition) else self._by_trigger
            for place in places_of(needed):
                under.setdefault(place, []).append(number)
        bound = {name for each in policy.constraints for name in each.responses}
        self._plain = frozenset(
            name
            for name, each in policy.responses.items()
            if name not in bound and not each.parameters and each.reasons_from is None
        )

    def _that_hold(self, fired: int, unknown: int, hidden: int) -> list[int]:
        """The numbers of the rules that hold, in their order; none that names a trigger that is not there."""
        held: set[int] = set()
        looked_at = set(self._always)
        sure, by_trigger = self._sure, self._by_trigger
        for place in places_of(fired):
            if place in sure:
                held.update(sure[place])
            if place in by_trigger:
                looked_at.update(by_trigger[place])
        maybe = fired | unknown
        tests = self._tests
        held.update([number for number in looked_at if tests[number](fired, maybe)])
        if hidden:
            return sorted(number for number in held if not self._needs[number] & hidden)
        return sorted(held)

    def plan(self, scopes: Sequence[tuple[int, int]], hidden: int, *, subject: bool) -> Plan:
        """What the rules call for in each scope, given what has fired there and what is unknown."""
        rules: dict[tuple[str, int], list[str]] = {}
        for scope, (fired, unknown) in enumerate(scopes):
            for number in self._that_hold(fired, unknown, hidden):
                rule_id = self._ids[number]
                for name, per_account in self._puts[number]:
                    if per_account and not subject:
                        continue
                    key = (name, scope if per_account else CUSTOMER)
                    ids = rules.get(key)
                    if ids is None:
                        rules[key] = [rule_id]
                    elif ids[-1] != rule_id and (not scope or rule_id not in ids):
                        ids.append(rule_id)
        responses = self._responses
        winners: dict[tuple[str, int], Response] = {}
        for name, place in rules:
            response = responses[name]
            best = winners.get((response.family, place))
            if best is None or response.rank > best.rank:
                winners[response.family, place] = response
        simple = True
        candidates: list[Candidate] = []
        for (name, place), ids in rules.items():
            response = responses[name]
            winner = winners[response.family, place]
            wins = winner is response
            simple = simple and (not wins or name in self._plain)
            candidates.append(Candidate(response, place, tuple(sorted(ids)), None if wins else winner.name))
        return Plan(tuple(candidates), simple=simple)


def _any_is_enough(condition: Condition) -> bool:
    return isinstance(condition, Named) or (
        isinstance(condition, Group) and condition.mode == "any" and all(map(_any_is_enough, condition.parts))
    )


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
