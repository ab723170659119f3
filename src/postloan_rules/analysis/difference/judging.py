"""Which changed parts decide anything: by what they reach, and by taking them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, assert_never, cast

from attrs import evolve

from postloan_rules.analysis.difference.parts import parts_of
from postloan_rules.analysis.difference.spelled import Spelled
from postloan_rules.policy.fingerprint import fingerprint
from postloan_rules.policy.model import ScoreUse, TableUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from postloan_rules.analysis.difference.aspects import Aspect
    from postloan_rules.analysis.difference.parts import PartChange
    from postloan_rules.analysis.redeciding import Reading
    from postloan_rules.policy.model import Policy

__all__ = ["reaching", "reverted"]

_Part = TypeVar("_Part")


def reaching(
    aspect: Aspect, changes: Iterable[PartChange], spelled: tuple[Spelled, Spelled]
) -> tuple[PartChange, ...]:
    """The changed parts that a piece of the decision hangs on."""
    reached: set[str] = set()
    for read, each in zip(aspect.reads, spelled, strict=True):
        reached |= _closure(read, each.reading)
    return tuple(each for each in changes if not each.of_words and _mark(each) in reached)


def _closure(names: Iterable[str], reading: Reading) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += reading.get(name, ())
    return found


def _mark(change: PartChange) -> str:
    """A part as it is named among what is read."""
    match change.kind:
        case "table" | "rule" | "constraint":
            return f"{change.kind} {change.name}"
        case "schedule" | "subject":
            return change.kind
        case _:
            return change.name


def reverted(old: Policy, new: Policy, change: PartChange) -> Policy | None:
    """The new policy with one part as it was; None where that is no policy that can be decided by."""
    before = parts_of(old).get(change.key)
    name = change.name
    match change.kind:
        case "parameter":
            found = evolve(new, parameters=_put(new.parameters, "name", name, before))  # type: ignore[arg-type]  # of one kind
        case "fact":
            found = evolve(new, facts=_put(new.facts, "name", name, before))  # type: ignore[arg-type]  # of one kind
        case "scorecard":
            facts = {each.name: each for each in old.facts if _of_card(each, name)}
            if not facts or any(_of_card(each, name) and each.name not in facts for each in new.facts):
                return None
            found = evolve(new, facts=tuple(facts.get(each.name, each) for each in new.facts))
        case "trigger":
            found = evolve(new, triggers=_put(new.triggers, "name", name, before))  # type: ignore[arg-type]  # of one kind
        case "rule":
            kept = tuple(each for each in new.rules if each.id != name)
            found = evolve(new, rules=(*kept, *cast("tuple[object, ...]", before or ())))  # type: ignore[arg-type]  # rules
        case "constraint":
            found = evolve(new, constraints=_put(new.constraints, "id", name, before))  # type: ignore[arg-type]  # of one kind
        case "table":
            found = evolve(new, tables=_mapped(new.tables, name, before))  # type: ignore[arg-type]  # tables
        case "response":
            found = evolve(new, responses=_mapped(new.responses, name, before))  # type: ignore[arg-type]  # responses
        case "schedule":
            found = evolve(new, schedule=before)  # type: ignore[arg-type]  # a schedule
        case "subject" | "input":
            return None
        case _:
            assert_never(change.kind)
    ordered = _ordered(found, _own(old) | _own(new))
    return None if ordered is None else evolve(ordered, fingerprint=fingerprint(ordered))


def _of_card(fact: object, name: str) -> bool:
    definition = getattr(fact, "definition", None)
    return isinstance(definition, ScoreUse) and definition.scorecard.name == name


def _put(parts: Sequence[object], key: str, name: str, part: object) -> tuple[object, ...]:
    found = [part if getattr(each, key) == name else each for each in parts]
    if part is not None and all(getattr(each, key) != name for each in parts):
        found.append(part)
    return tuple(each for each in found if each is not None)


def _mapped(parts: object, name: str, part: object) -> dict[str, object]:
    found = dict(cast("dict[str, object]", parts))
    found.pop(name, None)
    return found if part is None else {**found, name: part}


def _ordered(policy: Policy, others: set[str]) -> Policy | None:
    """The policy with each fact and trigger after those that it reads; None where it lacks such a name."""
    tables = {each.definition.table for each in policy.facts if isinstance(each.definition, TableUse)}
    tables |= {
        each.definition.table
        for one in policy.responses.values()
        for each in one.parameters
        if isinstance(each.definition, TableUse)
    }
    if not tables <= policy.tables.keys():
        return None
    called = {name for rule in policy.rules for name in rule.responses}
    called |= {name for each in policy.constraints for name in each.responses}
    if not called <= policy.responses.keys():
        return None
    spelled = Spelled(policy)
    missing = others - _own(policy)
    read = {name for each in spelled.reading.values() for name in each}
    read |= {name for rule in policy.rules for name in rule.triggers} | spelled.interval_reads()
    for name, response in policy.responses.items():
        read |= spelled.rest_reads(name) | spelled.attribute_reads(name)
        for each in response.parameters:
            read |= spelled.parameter_reads(name, each.name)
    for constraint in policy.constraints:
        read |= spelled.constraint_reads(constraint.id)
    facts = _in_order({each.name: each for each in policy.facts}, spelled.reading)
    triggers = _in_order({each.name: each for each in policy.triggers}, spelled.reading)
    if read & missing or facts is None or triggers is None:
        return None
    return evolve(policy, facts=tuple(facts), triggers=tuple(triggers))


def _own(policy: Policy) -> set[str]:
    names = [
        each.name for one in (policy.inputs, policy.parameters, policy.facts, policy.triggers) for each in one
    ]
    return {*names, *policy.responses}


def _in_order(parts: Mapping[str, _Part], reading: Reading) -> list[_Part] | None:
    """Each after those that it reads; None where they read each other in a circle."""
    found: dict[str, _Part] = {}
    waiting = dict(parts)
    while waiting:
        ready = [name for name in waiting if not reading[name] & waiting.keys()]
        if not ready:
            return None
        for name in ready:
            found[name] = waiting.pop(name)
    return list(found.values())
