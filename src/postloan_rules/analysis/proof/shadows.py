"""Rules that change nothing, since others call for the same, or for what outranks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.proof.values import both, either, opposite
from postloan_rules.decisions.logic import holds

if TYPE_CHECKING:
    from postloan_rules.analysis.proof.customers import Case
    from postloan_rules.analysis.proof.study import Study
    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.policy.model import Policy, Rule

__all__ = ["shadows"]


def shadows(study: Study) -> None:
    """Look for rules without which everybody would be decided alike."""
    told = {each.subject for each in study.findings}
    gone: set[str] = set()
    for rule in reversed(study.policy.rules):
        subject = f"rule {rule.id}"
        if subject in told or study.hangs_on_constant(rule.triggers):
            continue
        rivals = _rivals(study.policy, rule, gone)
        if not rivals or any(_matters(study.policy, rule, case, gone) for case in study.cases):
            continue
        if not study.has_time(f"{subject}: shadowed by others"):
            continue
        if study.witnesses.refuted(_makes_a_difference(study, rule, gone)):
            study.proved += 1
            gone.add(rule.id)
            _tell(study, rule, rivals)


def _tell(study: Study, rule: Rule, rivals: list[Rule]) -> None:
    applies = study.encoding.applies(rule)
    wider = [
        each
        for each in rivals
        if study.witnesses.refuted(both(applies, opposite(study.encoding.applies(each))))
    ]
    by = wider or rivals
    named = ", ".join(f"`{each.id}`" for each in by[:3])
    more = f" and {len(by) - 3} more" if len(by) > 3 else ""
    message = f"the rule `{rule.id}` changes nothing: whenever it applies, so does {named}{more}"
    if not wider:
        message = f"the rule `{rule.id}` changes nothing: whenever it applies, one of {named}{more} does"
    help_ = "what it calls for is called for by them, or outranked by them: narrow them, or delete the rule"
    study.note("PR0975", f"rule {rule.id}", message, rule.span, help_)


def _rivals(policy: Policy, rule: Rule, gone: set[str]) -> list[Rule]:
    """Rules that call for one of the same responses, or for one that outranks one of them."""
    ours = [policy.responses[name] for name in rule.responses]
    found = []
    for each in policy.rules:
        if each is rule or each.id in gone:
            continue
        for name in each.responses:
            other = policy.responses[name]
            if any(
                other.name == own.name
                or (
                    other.family == own.family
                    and other.per_account == own.per_account
                    and other.rank > own.rank
                )
                for own in ours
            ):
                found.append(each)
                break
    return found


def _makes_a_difference(study: Study, rule: Rule, gone: set[str]) -> Formula:
    """That the rule applies, and one of its responses is neither called for by others nor outranked."""
    encoding, policy = study.encoding, study.policy
    rules = [each for each in policy.rules if each is not rule and each.id not in gone]
    parts = []
    for name in rule.responses:
        response = policy.responses[name]
        above = {
            each.name
            for each in policy.responses.values()
            if each.family == response.family
            and each.per_account == response.per_account
            and each.rank > response.rank
        }
        # What the rule itself outranks is not there by its doing either.
        if above & set(rule.responses):
            continue
        others = [
            encoding.applies(each) for each in rules if name in each.responses or above & set(each.responses)
        ]
        parts.append(opposite(either(*others)))
    return both(encoding.applies(rule), either(*parts))


def _matters(policy: Policy, rule: Rule, case: Case, gone: set[str]) -> bool:
    """Whether the rule makes a difference for a customer."""
    if not _applies(rule, case):
        return False
    applying = [
        each for each in policy.rules if each is not rule and each.id not in gone and _applies(each, case)
    ]
    called = {name for each in applying for name in each.responses}
    for name in rule.responses:
        response = policy.responses[name]
        rivals = [policy.responses[each] for each in called | set(rule.responses)]
        outranked = any(
            each.family == response.family
            and each.per_account == response.per_account
            and each.rank > response.rank
            for each in rivals
        )
        if name not in called and not outranked:
            return True
    return False


def _applies(rule: Rule, case: Case) -> bool:
    return (
        rule.holds_on(case.snapshot.as_of)
        and rule.triggers <= case.names.keys()
        and holds(rule.condition, case.names) is True
    )
