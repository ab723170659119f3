"""Constraints that can be broken: responses that are called for together, and conditions that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.proof.encode import Encoder
from postloan_rules.analysis.proof.scopes import OfResponses
from postloan_rules.analysis.proof.values import both, opposite
from postloan_rules.analysis.proof.witness import Found
from postloan_rules.decisions.decision import Cause
from postloan_rules.policy.model import Never, That

if TYPE_CHECKING:
    from collections.abc import Callable

    from postloan_rules.analysis.proof.customers import Case
    from postloan_rules.analysis.proof.study import Study

__all__ = ["conflicts"]


def conflicts(study: Study) -> None:
    """Look at every constraint."""
    for constraint in study.policy.constraints:
        if any(study.policy.responses[name].name not in _called(study) for name in constraint.responses):
            continue  # what no rule calls for breaks nothing
        match constraint:
            case Never():
                _never(study, constraint)
            case That():
                _that(study, constraint)


def _called(study: Study) -> set[str]:
    return {name for rule in study.policy.rules for name in rule.responses}


def _never(study: Study, constraint: Never) -> None:
    names = constraint.responses
    for later in range(len(names)):
        for earlier in range(later):
            _pair(study, constraint, names[earlier], names[later])


def _pair(study: Study, constraint: Never, one: str, other: str) -> None:
    encoding, subject = study.encoding, f"constraint {constraint.id}"
    formula = both(encoding.standing(one), encoding.standing(other))

    def confirm(case: Case) -> bool:
        standing = case.chosen() | _withheld_by(case, constraint.id)
        return one in standing and other in standing

    found = study.possible(
        subject,
        f"whether `{one}` and `{other}` can be chosen together, which `{constraint.id}` forbids",
        constraint.span,
        formula,
        confirm,
    )
    if not isinstance(found, Found):
        return
    rules = _rules(found.case, (one, other))
    tie = study.policy.responses[one].rank == study.policy.responses[other].rank
    message = (
        f"`{one}` and `{other}`, which `{constraint.id}` forbids together, are called for together by {rules}"
    )
    help_ = "at run time one of them is withheld: rule out in the rules that they meet"
    if tie:
        message += ", and they tie: both are of the same rank"
        help_ = (
            "which of them is kept goes by their names: give them different ranks, or rule out that they meet"
        )
    code = "PR0977" if tie else "PR0976"
    study.note(code, subject, message, constraint.span, help_, severity="error", witness=found)


def _withheld_by(case: Case, constraint: str) -> set[str]:
    return {
        name
        for (name, account), each in case.found.candidates.items()
        if account in (None, case.account_id)
        and each.withheld is not None
        and each.withheld.cause is Cause.CONSTRAINT
        and each.withheld.by == constraint
    }


def _rules(case: Case, names: tuple[str, ...]) -> str:
    found: dict[str, None] = {}
    for (name, account), each in case.found.candidates.items():
        if name in names and account in (None, case.account_id):
            found |= dict.fromkeys(each.rules)
    return " and ".join(f"`{each}`" for each in sorted(found))


def _that(study: Study, constraint: That) -> None:
    encoding, subject = study.encoding, f"constraint {constraint.id}"
    expression = constraint.expression
    scope = OfResponses(encoding)
    state = Encoder(scope, expression.functions).truth(expression.root)
    standing = both(*(encoding.standing(name) for name in constraint.responses))
    named = " and ".join(f"`{name}`" for name in constraint.responses)

    def breaks(known: bool) -> Callable[[Case], bool]:  # noqa: FBT001 - a truth value is the data here
        def confirm(case: Case) -> bool:
            withheld = _withheld_by(case, constraint.id)
            unknown = (constraint.id, case.account_id) in case.found.referrals or (
                (constraint.id, None) in case.found.referrals
            )
            return set(constraint.responses) <= withheld and unknown is not known

        return confirm

    question = f"whether {named} can break `{constraint.id}`"
    found = study.possible(subject, question, constraint.span, both(standing, state.no), breaks(known=True))
    if isinstance(found, Found):
        message = f"the constraint `{constraint.id}` can be broken: then {named} is withheld"
        help_ = "change how the value is worked out, or when the response is called for"
        study.note("PR0978", subject, message, constraint.span, help_, severity="error", witness=found)
        return
    if expression.unknown:
        question = f"whether `{constraint.id}` can be unknown"
        unknown = both(standing, opposite(state.known))
        found = study.possible(subject, question, constraint.span, unknown, breaks(known=False))
        if isinstance(found, Found):
            message = (
                f"the constraint `{constraint.id}` can be unknown: then {named} is withheld and referred"
            )
            help_ = "rule out in the rules that what it reads is unknown"
            study.note("PR0978", subject, message, constraint.span, help_, witness=found)
