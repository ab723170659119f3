"""On domains that can be counted through, two policies differ just where counting says so."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

import postloan_rules as plr
from builders import account, customer, policy, review

pytest.importorskip("z3")

from postloan_rules.analysis.difference import compare
from postloan_rules.analysis.difference.effect import effect_of
from postloan_rules.decisions.decide import decide

if TYPE_CHECKING:
    from postloan_rules.policy import Policy
    from postloan_rules.snapshot import Snapshot

# INVARIANT: the numbers reach past every constant by more than the largest difference that is asked for.
_VALUES = tuple(product((None, True, False), (None, "A", "B"), (None, *range(-3, 6)), (None, *range(-3, 6))))
_REVIEWS: tuple[list[dict[str, object]], ...] = (
    [],
    [review("2026-10-31", "R-1", next_due="2027-02-01")],
    [
        review(
            "2026-11-20",
            "R-1",
            responses=[{"response": "low", "taken_on": "2026-11-20", "cool_down_until": "2026-12-10"}],
        )
    ],
)

_leaves = st.one_of(
    st.sampled_from(
        ["a", "not(a)", "n = null", 'g = "A"', 'g != "B"', 'g in ("A", "B")', "n < m", "n + m > 1"]
    ),
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["n", "m", "more"]),
        st.sampled_from(["<", "<=", ">", ">="]),
        st.sampled_from([0, 1, 2, "limit"]),
    ),
    st.builds("{} in [{}..2]".format, st.sampled_from(["n", "m"]), st.integers(0, 1)),
)
_whens = st.one_of(
    _leaves.map(repr),
    st.builds(
        lambda mode, parts: f"{{{mode}: [{', '.join(repr(each) for each in parts)}]}}",
        st.sampled_from(["all", "any", "none"]),
        st.lists(_leaves, min_size=1, max_size=2),
    ),
)


@st.composite
def _lines(draw: st.DrawFn) -> dict[str, str]:
    """The lines of a policy that can be one or the other, by what they are."""
    lines = {"limit": f"  limit: {{type: days, value: {draw(st.integers(0, 2))}}}"}
    lines["more"] = f"  more: {{type: days, is: '{draw(st.sampled_from(['n + 1', 'm + n', 'max(n, m)']))}'}}"
    for name in ("t0", "t1"):
        unknown = draw(st.sampled_from(["ignore", "fire", "refer"]))
        lines[name] = f"  {name}: {{kind: condition, when: {draw(_whens)}, if_unknown: {unknown}}}"
    ranks = draw(st.permutations([10, 20, 30]))
    amount = draw(st.sampled_from(["n * 2", "max(n, 0)", "limit", "if a then n else m"]))
    adverse = draw(st.sampled_from(["", ", adverse: true, reasons: [delinquent_with_us]"]))
    lines["low"] = f"  low: {{family: one, rank: {ranks[0]}{adverse}}}"
    lines["high"] = (
        f"  high: {{family: one, rank: {ranks[1]}, parameters: {{x: {{type: days, is: '{amount}'}}}}}}"
    )
    lines["other"] = f"  other: {{family: two, rank: {ranks[2]}}}"
    for number in range(3):
        mode = draw(st.sampled_from(["all", "any", "none"]))
        of = draw(st.lists(st.sampled_from(["t0", "t1"]), min_size=1, max_size=2, unique=True))
        then = draw(st.sampled_from(["low", "high", "other"]))
        lines[f"R-{number}"] = f"  - {{id: R-{number}, if: {{{mode}: [{', '.join(of)}]}}, then: [{then}]}}"
    lines["K-1"] = f"  - {{id: K-1, never: [{draw(st.sampled_from(['low', 'high']))}, other]}}"
    lines["schedule"] = (
        f"  adjust: [{{if: t0, every: {draw(st.sampled_from(['1 month', '35 days', '6 months']))}}}]"
    )
    return lines


_SECTIONS = (
    ("parameters:", ("limit",)),
    ("facts:", ("more",)),
    ("triggers:", ("t0", "t1")),
    ("responses:", ("low", "high", "other")),
    ("rules:", ("R-0", "R-1", "R-2")),
    ("constraints:", ("K-1",)),
    ("schedule:\n  standard: 3 months", ("schedule",)),
)
_INPUTS = "inputs:\n  a: {type: boolean}\n  g: {type: [A, B]}\n  n: {type: days}\n  m: {type: days}\n"


def _text(lines: dict[str, str]) -> str:
    return _INPUTS + "".join(
        "\n".join([head, *(lines[each] for each in names if each in lines)]) + "\n"
        for head, names in _SECTIONS
    )


def _loaded(lines: dict[str, str]) -> Policy | None:
    """The policy, with `if_unknown` taken away where a condition is always known."""
    text = _text(lines)
    for _ in range(3):
        try:
            return policy(text).policy
        except plr.RuleSetInvalid as error:
            wrong = {each.span.line - 5 for each in error.problems if each.span is not None}
            changed = [
                line.partition(", if_unknown")[0] + "}" if number in wrong and "if_unknown" in line else line
                for number, line in enumerate(text.split("\n"))
            ]
            if "\n".join(changed) == text:
                return None
            text = "\n".join(changed)
    return None


def _everybody() -> list[Snapshot]:
    found = []
    for reviews in _REVIEWS:
        for values in _VALUES if not reviews else _VALUES[::17]:
            known = {name: each for name, each in zip("agnm", values, strict=True) if each is not None}
            found.append(customer(attributes=known, reviews=reviews))
    return found


_EVERYBODY = _everybody()
_GIVEN = _EVERYBODY[:900:61]


def _differ(old: Policy, new: Policy) -> bool:
    return any(effect_of(decide(old, each)) != effect_of(decide(new, each)) for each in _EVERYBODY)


def _check(old: Policy, new: Policy) -> str:
    found = compare(old, new, _GIVEN)
    if found.verdict in ("equal", "identical"):
        assert not _differ(old, new)
    for each in found.differences:
        witness = each.witness
        assert witness.old == decide(old, witness.snapshot)
        assert witness.new == decide(new, witness.snapshot)
        assert effect_of(witness.old) != effect_of(witness.new)
    for part in found.parts:
        if part.effect in ("none", "words") and len(found.parts) == 1:
            assert not _differ(old, new)
    if found.verdict == "open":
        # Nothing may be left open here but what the reviews of a customer could bring about.
        assert {each.kind for each in found.open} <= {"attention", "rest"}
    return found.verdict


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(_lines(), _lines(), st.lists(st.integers(0, 20), min_size=1, max_size=2))
def test_what_counting_says_of_one_or_two_changes(
    one: dict[str, str], two: dict[str, str], which: list[int]
) -> None:
    names = list(one)
    changed = one | {name: two[name] for name in (names[number % len(names)] for number in which)}
    old, new = _loaded(one), _loaded(changed)
    assume(old is not None and new is not None)
    assert old is not None
    assert new is not None
    event(_check(old, new))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(_lines(), _lines())
def test_what_counting_says_of_two_policies(one: dict[str, str], two: dict[str, str]) -> None:
    old, new = _loaded(one), _loaded(two)
    assume(old is not None and new is not None)
    assert old is not None
    assert new is not None
    event(_check(old, new))


_ACCOUNTS = """
triggers:
  late: {kind: condition, when: account.days_past_due > 30}
  known: {kind: condition, when: customer.customer_id = "C1"}
responses:
  low: {family: one, rank: 10, scope: customer}
  high: {family: one, rank: 20, scope: customer}
rules:
"""


def test_what_two_accounts_call_for_is_no_proof_of_one() -> None:
    # Of one account alone, both policies put the same response first.
    rules = "  - {id: R-1, if: late, then: [low]}\n  - {id: R-2, if: {none: [late]}, then: [high]}\n"
    text = _ACCOUNTS + rules
    old = policy(text, subject=True).policy
    new = policy(text.replace("rank: 10", "rank: 30"), subject=True).policy
    both = customer(account("A1", days_past_due=60), account("A2"))
    assert effect_of(decide(old, both)) != effect_of(decide(new, both))
    assert compare(old, new, [customer(account())]).verdict != "equal"
    assert compare(old, new, [both]).verdict == "different"


def test_customers_without_an_account_count() -> None:
    # A rule that names a trigger of accounts is not applied to a customer without one.
    one = "  - {id: R-1, if: {any: [known, late]}, then: [low]}\n"
    two = "  - {id: R-1, if: known, then: [low]}\n  - {id: R-2, if: late, then: [low]}\n"
    old, new = (policy(_ACCOUNTS + rules, subject=True).policy for rules in (one, two))
    nobody = customer()
    assert effect_of(decide(old, nobody)) != effect_of(decide(new, nobody))
    assert compare(old, new, [customer(account())]).verdict != "equal"
    assert compare(old, new, [customer(account()), nobody]).verdict == "different"
