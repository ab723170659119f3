"""A missing field that silently means no action: a customer of whom less is known, and nobody is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from attrs import define, field

from postloan_rules.analysis.influence import canonical, influence_of
from postloan_rules.analysis.proof.customers import cases_of
from postloan_rules.analysis.proof.witness import Found
from postloan_rules.decisions.logic import holds
from postloan_rules.policy.model import REFER, IfUnknown
from postloan_rules.snapshot import Snapshot, SnapshotInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.analysis.proof.customers import Case
    from postloan_rules.analysis.proof.study import Study
    from postloan_rules.policy.model import Policy, Rule, Trigger

__all__ = ["silence"]

_EACH = 1
"""So many customers are tried for each rule and response that an ignored trigger has a part in."""


@define
class _Loss:
    trigger: Trigger
    fields: dict[str, None] = field(factory=dict)
    responses: dict[str, None] = field(factory=dict)
    found: Found | None = None


def silence(study: Study) -> None:
    """Take fields away from customers to whom something is done, and see who is then passed over."""
    ignored = [each for each in study.policy.triggers if each.if_unknown is IfUnknown.IGNORE]
    if not ignored:
        return
    influences = influence_of(study.policy).responses
    losses = {each.name: _Loss(each) for each in ignored}
    tried: set[tuple[int, str]] = set()
    for case, response in _worth_trying(study, {each.name for each in ignored}):
        for path in sorted({canonical(each) for each in influences[response].fields}):
            if (id(case), path) in tried:
                continue
            tried.add((id(case), path))
            if not study.has_time("what a missing field silently does"):
                break
            _without(study, case, path, losses)
    for loss in losses.values():
        if loss.found is not None:
            _tell(study, loss)


def _worth_trying(study: Study, ignored: set[str]) -> Iterator[tuple[Case, str]]:
    """Customers for whom a rule that hangs on an ignored trigger does something, a few for each."""
    counts: dict[tuple[str, str], int] = {}
    hangs = {rule.id: study.read_by(rule.triggers) & ignored for rule in study.policy.rules}
    for case in study.cases:
        chosen = case.chosen()
        if not chosen or REFER in chosen:
            continue
        for rule in _applying(study.policy, case):
            for response in set(rule.responses) & chosen:
                key = (rule.id, response)
                if hangs[rule.id] and counts.get(key, 0) < _EACH:
                    counts[key] = counts.get(key, 0) + 1
                    yield case, response


def _applying(policy: Policy, case: Case) -> list[Rule]:
    return [rule for rule in policy.rules if _state(rule, case) is True]


def _state(rule: Rule, case: Case) -> bool | None:
    if not rule.holds_on(case.snapshot.as_of) or not rule.triggers <= case.names.keys():
        return False
    return holds(rule.condition, case.names)


def _without(study: Study, case: Case, path: str, losses: Mapping[str, _Loss]) -> None:
    """What becomes of a customer without a field."""
    less = _less(case.snapshot, path)
    if less is None:
        return
    after = next((each for each in cases_of(study.policy, less) if each.account_id == case.account_id), None)
    if after is None:
        return
    before_chosen, chosen = case.chosen(), after.chosen()
    lost = before_chosen - chosen
    if not lost or chosen - before_chosen or REFER in chosen or after.found.referrals:
        return
    for rule in study.policy.rules:
        gone = lost & set(rule.responses)
        if not gone or _state(rule, case) is not True or _state(rule, after) is not None:
            continue
        unknown = {
            name
            for name in study.read_by(rule.triggers) & losses.keys()
            if after.names[name] is None and case.names[name] is not None
        }
        for name in sorted(unknown):
            # A trigger that is unknown by way of another is not told of, but that other.
            if not (study.read_by({name}) - {name}) & unknown:
                loss = losses[name]
                loss.fields[path] = None
                loss.responses |= dict.fromkeys(sorted(gone))
                if loss.found is None:
                    loss.found = Found(after, case.snapshot, (path,))


def _less(snapshot: Snapshot, path: str) -> Snapshot | None:
    """The customer without a field; None where it was not there, or must be."""
    data = snapshot.to_dict()
    if not _removed(data, path.split(".")):
        return None
    try:
        return Snapshot.from_dict(data)
    except SnapshotInvalid:
        return None


def _removed(data: object, steps: list[str]) -> bool:
    if not isinstance(data, dict):
        return False
    name = steps[0].removesuffix("[]")
    if name not in data:
        return False
    if len(steps) == 1:
        del data[name]
        return True
    below = data[name]
    parts = below if isinstance(below, list) else [below]
    # Each is looked at: it goes from every record of a list.
    removed = [_removed(cast("object", each), steps[1:]) for each in parts]
    return any(removed)


def _tell(study: Study, loss: _Loss) -> None:
    fields, responses = list(loss.fields), list(loss.responses)
    named = ", ".join(f"`{each}`" for each in fields[:3])
    more = f" or {len(fields) - 3} more" if len(fields) > 3 else ""
    lost = ", ".join(f"`{each}`" for each in responses[:3])
    and_more = f" and {len(responses) - 3} more" if len(responses) > 3 else ""
    name = loss.trigger.name
    message = (
        f"without {named}{more} the trigger `{name}` is unknown and ignored: "
        f"{lost}{and_more} does not come, and nobody is told"
    )
    help_ = "write `if_unknown: refer`, or say in analysis/accepted.yaml why silence is right"
    study.note("PR0984", f"trigger {name}", message, loss.trigger.span, help_, witness=loss.found)
