"""On domains that can be counted through, what is proved is what counting says."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

import postloan_rules as plr
from builders import customer, policy

pytest.importorskip("z3")

from postloan_rules.analysis.proof.conflicts import conflicts
from postloan_rules.analysis.proof.customers import Case, cases_of
from postloan_rules.analysis.proof.effects import _seen, effects
from postloan_rules.analysis.proof.firing import firing
from postloan_rules.analysis.proof.shadows import _rivals, shadows
from postloan_rules.analysis.proof.study import Study
from postloan_rules.analysis.questions import questions_of
from postloan_rules.decisions.logic import holds

if TYPE_CHECKING:
    from postloan_rules.policy import Policy

# INVARIANT: the numbers reach past every constant by more than the largest difference that is asked for.
_DOMAIN = tuple(product((None, True, False), (None, "A", "B"), (None, *range(-3, 6)), (None, *range(-3, 6))))
_NUMBERS = ("n", "m")

_leaves = st.one_of(
    st.sampled_from(
        ["a", "not(a)", "a = null", "n = null", 'g = "A"', 'g != "B"', 'g in ("A", "B")', "n < m", "n = m"]
    ),
    st.builds(
        "{} {} {}".format,
        st.sampled_from(_NUMBERS),
        st.sampled_from(["<", "<=", "=", "!=", ">", ">="]),
        st.integers(0, 2),
    ),
    st.builds("{} in [{}..{})".format, st.sampled_from(_NUMBERS), st.integers(0, 1), st.just(2)),
    st.builds("(if n > {} then m else n) >= {}".format, st.integers(0, 2), st.integers(0, 2)),
    st.builds("max(n, m) - min(n, m) <= {}".format, st.integers(0, 1)),
)
_groups = st.builds(
    lambda mode, parts: f"{{{mode}: [{', '.join(repr(each) for each in parts)}]}}",
    st.sampled_from(["all", "any", "none"]),
    st.lists(_leaves, min_size=1, max_size=3),
)
_whens = st.one_of(_leaves.map(repr), _groups)


@st.composite
def _policies(draw: st.DrawFn) -> str:
    lines = [
        "inputs:",
        "  a: {type: boolean}",
        "  g: {type: [A, B]}",
        "  n: {type: days}",
        "  m: {type: days}",
        "triggers:",
    ]
    for name in ("t0", "t1", "t2"):
        if_unknown = draw(st.sampled_from(["ignore", "fire", "refer"]))
        lines.append(f"  {name}: {{kind: condition, when: {draw(_whens)}, if_unknown: {if_unknown}}}")
    lines += [
        "responses:",
        "  low: {family: one, rank: 10}",
        "  high: {family: one, rank: 20}",
        "  other: {family: two, rank: 10}",
        "rules:",
    ]
    for number in range(4):
        mode = draw(st.sampled_from(["all", "any", "none"]))
        of = draw(st.lists(st.sampled_from(["t0", "t1", "t2"]), min_size=1, max_size=2, unique=True))
        then = draw(st.lists(st.sampled_from(["low", "high", "other"]), min_size=1, max_size=2, unique=True))
        lines.append(f"  - {{id: R-{number}, if: {{{mode}: [{', '.join(of)}]}}, then: [{', '.join(then)}]}}")
    lines += ["constraints:", "  - {id: K-1, never: [low, other]}", "  - {id: K-2, never: [high, other]}"]
    return "\n".join(lines) + "\n"


def _everybody(of: Policy) -> list[Case]:
    found = []
    for a, g, n, m in _DOMAIN:
        given_ = {name: each for name, each in zip("agnm", (a, g, n, m), strict=True) if each is not None}
        found += list(cases_of(of, customer(attributes=given_)))
    return found


def _loaded(text: str) -> Policy | None:
    """The policy, with `if_unknown` taken away where a condition is always known."""
    for _ in range(4):
        try:
            return policy(text).policy
        except plr.RuleSetInvalid as error:
            lines = text.split("\n")
            wrong = {each.span.line - 5 for each in error.problems if each.span is not None}
            changed = [
                line.partition(", if_unknown")[0] + "}" if number in wrong and "if_unknown" in line else line
                for number, line in enumerate(lines)
            ]
            if changed == lines:
                return None
            text = "\n".join(changed)
    return None


def _applies(of: Policy, case: Case) -> set[str]:
    return {rule.id for rule in of.rules if holds(rule.condition, case.names) is True}


def _shadowed(of: Policy, cases: list[Case], told: set[str], study: Study) -> set[str]:
    gone: set[str] = set()
    for rule in reversed(of.rules):
        if rule.id in told or study.hangs_on_constant(rule.triggers) or not _rivals(of, rule, gone):
            continue
        if not any(_counts(of, rule.id, case, gone) for case in cases):
            gone.add(rule.id)
    return gone


def _counts(of: Policy, rule_id: str, case: Case, gone: set[str]) -> bool:
    applying = _applies(of, case)
    if rule_id not in applying:
        return False
    with_it = _left(of, applying - gone)
    return with_it != _left(of, applying - gone - {rule_id})


def _left(of: Policy, applying: set[str]) -> set[str]:
    """The responses that win in their families."""
    called = {name for rule in of.rules if rule.id in applying for name in rule.responses}
    return called - {"low"} if "high" in called else called


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(_policies())
def test_proofs_are_what_counting_says(text: str) -> None:
    of = _loaded(text)
    assume(of is not None)
    assert of is not None
    everybody = _everybody(of)
    study = Study.of(of, (), lambda: True, 10_000)
    firing(study)
    found = {(each.problem.code, each.subject) for each in study.findings}

    states = {each.name: {case.names[each.name] for case in everybody} for each in of.triggers}
    assert study.constant == {name for name, seen in states.items() if True not in seen or seen == {True}}
    open_ = [rule for rule in of.rules if not study.hangs_on_constant(rule.triggers)]
    seen = {rule.id: {rule.id in _applies(of, case) for case in everybody} for rule in open_}
    never = {("PR0972", f"rule {name}") for name, ones in seen.items() if True not in ones}
    always = {("PR0973", f"rule {name}") for name, ones in seen.items() if False not in ones}
    assert {each for each in found if each[0] in ("PR0972", "PR0973")} == never | always

    shadows(study)
    gone = {each.subject.removeprefix("rule ") for each in study.findings if each.problem.code == "PR0975"}
    told = {name for kind, subject in never | always for name in [subject.removeprefix("rule ")]}
    assert gone == _shadowed(of, everybody, told, study)

    conflicts(study)
    broken = {each.subject for each in study.findings if each.problem.code in ("PR0976", "PR0977")}
    assert broken == {
        f"constraint {each.withheld.by}"
        for case in everybody
        for each in case.found.candidates.values()
        if each.withheld is not None and each.withheld.cause == "constraint"
    }
    assert not [each for each in study.findings if each.problem.code == "PR0985"]

    before = len(study.findings)
    effects(study)
    study.cases = everybody
    for question in questions_of(of):
        mine = [
            each for each in study.findings[before:] if each.subject == f"{question.owner} {question.name}"
        ]
        wanted = _seen(study, question)
        idle = {n for n in range(len(question.atoms)) if len({each for each in wanted if each[0] == n}) < 2}
        names = [atom.trigger or "" for atom in question.atoms] + list(
            {name for atom in question.atoms if atom.expression for name in atom.expression.reads}
        )
        hangs = study.hangs_on_constant({*names} - {question.name})
        skipped = question.owner in ("constraint", "schedule") or f"{question.owner} {question.name}" in {
            each.subject for each in study.findings[:before]
        }
        if len(question.atoms) > 1 and not hangs and not skipped:
            assert bool(mine) == bool(idle)
        if len(mine) == 1:
            spans = {str(question.atoms[number].span) for number in idle}
            assert str(mine[0].problem.span) in spans
    event(" ".join(sorted({each.problem.code for each in study.findings})))
