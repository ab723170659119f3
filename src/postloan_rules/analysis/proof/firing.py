"""Triggers that never fire or always do, and rules that never apply or always do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.proof.tables import in_force
from postloan_rules.analysis.proof.values import both, opposite
from postloan_rules.decisions.logic import holds
from postloan_rules.policy.model import TriggerKind

if TYPE_CHECKING:
    from postloan_rules.analysis.proof.customers import Case
    from postloan_rules.analysis.proof.study import Study
    from postloan_rules.policy.model import Rule, Trigger

__all__ = ["firing"]


def firing(study: Study) -> None:
    """Look at every trigger, then at every rule."""
    for trigger in study.policy.triggers:
        if trigger.kind not in (TriggerKind.SCHEDULE, TriggerKind.PATTERN):
            _trigger(study, trigger)
    for rule in study.policy.rules:
        if not study.hangs_on_constant(rule.triggers):
            _rule(study, rule)


def _trigger(study: Study, trigger: Trigger) -> None:
    subject, name = f"trigger {trigger.name}", trigger.name
    hangs = study.hangs_on_constant({name})
    truth = study.encoding.truth(trigger)
    fires = study.possible(
        subject,
        f"whether the trigger `{name}` can fire",
        trigger.span,
        truth.yes,
        lambda case: case.names.get(name) is True,
    )
    if fires is False:
        study.constant.add(name)
        if not hangs:
            help_ = "its parts rule each other out: change them, or delete the trigger"
            study.note("PR0970", subject, f"the trigger `{name}` can never fire", trigger.span, help_)
        return
    if trigger.kind is TriggerKind.EVENT:
        return  # a day on which nothing happens is always there
    rests = study.possible(
        subject,
        f"whether the trigger `{name}` can be without firing",
        trigger.span,
        opposite(truth.yes),
        lambda case: name in case.names and case.names[name] is not True,
    )
    if rests is False:
        study.constant.add(name)
        if not hangs:
            help_ = "its parts leave nothing out: change them, or delete the trigger"
            study.note("PR0971", subject, f"the trigger `{name}` always fires", trigger.span, help_)


def _rule(study: Study, rule: Rule) -> None:
    subject = f"rule {rule.id}"
    day = study.encoding.world.as_of().term
    force = in_force(day, rule.since, rule.until)
    yes = study.encoding.truth(rule).yes

    def applies(case: Case) -> bool:
        return _in_force(rule, case) and holds(rule.condition, case.names) is True

    if (
        study.possible(
            subject, f"whether the rule `{rule.id}` can apply", rule.span, both(force, yes), applies
        )
        is False
    ):
        help_ = "its triggers rule each other out: change its `if`, or delete the rule"
        study.note("PR0972", subject, f"the rule `{rule.id}` can never apply", rule.span, help_)
        return

    def rests(case: Case) -> bool:
        return _in_force(rule, case) and holds(rule.condition, case.names) is not True

    if (
        study.possible(
            subject,
            f"whether the rule `{rule.id}` can be without applying",
            rule.span,
            both(force, opposite(yes)),
            rests,
        )
        is False
    ):
        help_ = "its triggers leave nothing out: change its `if`"
        study.note("PR0973", subject, f"the rule `{rule.id}` always applies", rule.span, help_)


def _in_force(rule: Rule, case: Case) -> bool:
    return rule.holds_on(case.snapshot.as_of) and rule.triggers <= case.names.keys()
