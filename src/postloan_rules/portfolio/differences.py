"""In what two policies differ: each part that one of them lacks, or that they say differently."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import evolve, frozen

from postloan_rules.policy.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from postloan_rules.policy import Policy
    from postloan_rules.policy.model import Parameter

__all__ = ["Difference", "PartKind", "Unlike", "check_alike", "differences", "told_apart"]

PartKind: TypeAlias = Literal[
    "input", "parameter", "fact", "table", "trigger", "response", "rule", "constraint", "schedule", "subject"
]


class Unlike(Exception):  # noqa: N818 - says that nothing can be compared; no error of the program
    """Policies for different products."""


def check_alike(old: Policy, new: Policy) -> None:
    """Nothing, for two policies that can be compared.

    Raises:
        Unlike: for policies of different names that are about different accounts.
    """
    about = [_about(policy) for policy in (old, new)]
    if old.id != new.id and about[0] != about[1]:
        raise Unlike(
            f"{old.id} is about {about[0]}, and {new.id} about {about[1]}: "
            "name two policies for the same product, such as the one in force and its draft"
        )


def _about(policy: Policy) -> str:
    if policy.subject is None:
        return "the customer"
    where = policy.subject.where
    return "every account" if where is None else f"accounts where {where.text.value.strip()}"


def told_apart(old: Policy, new: Policy) -> tuple[str, ...]:
    """What the reader is told of policies that a report can't tell apart by name; nothing of others."""
    if (old.id, old.version, old.profile) != (new.id, new.version, new.profile):
        return ()
    if old.fingerprint == new.fingerprint:
        return ("both are the same policy",)
    return (f"both are called {old.id} {old.version}: give the new one a version of its own",)


@frozen
class Difference:
    """One part in which the policies differ."""

    kind: PartKind
    name: str
    change: Literal["new", "gone", "changed"]
    before: str
    """The value, where it is a parameter with one value."""
    after: str


def differences(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """Every part in which two policies differ, by kind, then by name. Words for people do not count."""
    found: list[Difference] = []
    for kind, parts in _PARTS.items():
        before, after = parts(old), parts(new)
        for name in sorted(before.keys() | after.keys()):
            if name in before and name in after and _said(before[name]) == _said(after[name]):
                continue
            values = [_value(each, name) if kind == "parameter" else "" for each in (old, new)]
            change: Literal["new", "gone", "changed"] = (
                "changed" if name in before and name in after else "new" if name in after else "gone"
            )
            found.append(Difference(kind, name, change, *values))
    return tuple(found)


def _said(part: Policy) -> str:
    return fingerprint(part)


def _only(policy: Policy, **parts: object) -> Policy:
    """A policy that says nothing else: its fingerprint is that of the part."""
    nothing: dict[str, object] = {
        "id": "",
        "version": "",
        "title": None,
        "owner": "",
        "profile": "",
        "effective_from": None,
        "effective_to": None,
        "subject": None,
        "inputs": (),
        "parameters": (),
        "facts": (),
        "tables": {},
        "triggers": (),
        "responses": {},
        "rules": (),
        "schedule": None,
        "constraints": (),
    }
    return evolve(policy, **{**nothing, **parts})  # type: ignore[arg-type]  # each part in its own place


def _named(section: str) -> Callable[[Policy], Mapping[str, Policy]]:
    def parts(policy: Policy) -> dict[str, Policy]:
        found = getattr(policy, section)
        each = found.items() if isinstance(found, dict) else ((part.name, part) for part in found)
        return {
            name: _only(policy, **{section: {name: part} if isinstance(found, dict) else (part,)})
            for name, part in each
        }

    return parts


def _numbered(section: str) -> Callable[[Policy], Mapping[str, Policy]]:
    def parts(policy: Policy) -> dict[str, Policy]:
        found: dict[str, list[object]] = {}
        for part in getattr(policy, section):
            found.setdefault(part.id, []).append(part)
        return {name: _only(policy, **{section: tuple(versions)}) for name, versions in found.items()}

    return parts


def _single(section: str) -> Callable[[Policy], Mapping[str, Policy]]:
    def parts(policy: Policy) -> dict[str, Policy]:
        part = getattr(policy, section)
        return {} if part is None else {section: _only(policy, **{section: part})}

    return parts


_PARTS: Mapping[PartKind, Callable[[Policy], Mapping[str, Policy]]] = {
    "input": _named("inputs"),
    "parameter": _named("parameters"),
    "fact": _named("facts"),
    "table": _named("tables"),
    "trigger": _named("triggers"),
    "response": _named("responses"),
    "rule": _numbered("rules"),
    "constraint": _numbered("constraints"),
    "schedule": _single("schedule"),
    "subject": _single("subject"),
}


def _value(policy: Policy, name: str) -> str:
    found = next((each for each in policy.parameters if each.name == name), None)
    return "; ".join(_dated(found)) if found is not None else ""


def _dated(parameter: Parameter) -> Iterator[str]:
    for each in parameter.values:
        value = f"{each.value.normalize():f}" if isinstance(each.value, Decimal) else str(each.value)
        yield value if each.since is None else f"{value} from {each.since}"
