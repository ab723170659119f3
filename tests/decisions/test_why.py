"""`why` and `why_not` against brute force: every completion of small policies is decided by the engine."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import postloan_rules as plr
from builders import account, customer, event, policy, review
from postloan_rules.analysis.examples import load_examples
from postloan_rules.policy import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.analysis.examples import Example
    from postloan_rules.decisions.why import Reason
    from postloan_rules.decisions.why_not import RuleGap

INPUTS = ("a", "b", "c", "d")
VALUES = (True, False, None)
Completion = tuple[bool | None, ...]

leaves = st.sampled_from(
    [text.format(name) for name in INPUTS for text in ("{}", "not({})", "{} != null", "{} = false")]
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' and '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' or '.join(parts)})"),
        inner.map(lambda part: f"not({part})"),
        st.tuples(inner, inner, inner).map(lambda p: f"(if {p[0]} then {p[1]} else {p[2]})"),
    ),
    max_leaves=5,
)
# The last leaf can be unknown, so that every trigger says what it does then.
trees = st.tuples(st.sampled_from(["any", "all", "none"]), expressions, st.sampled_from(INPUTS))
rules = st.tuples(
    st.lists(
        st.sampled_from(["any t1", "any t2", "all t1", "all t2", "none t1", "none t3", "all t3"]), min_size=1
    )
)
if_unknown = st.sampled_from(["ignore", "fire"])


def _condition(parts: list[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for part in dict.fromkeys(parts):
        mode, name = part.split()
        groups.setdefault(mode, []).append(name)
    return groups


def _policy(drawn: list[tuple[str, str, str]], ifs: list[str], conditions: list[list[str]]) -> plr.RuleSet:
    (m1, e1, l1), (m2, e2, l2) = drawn
    body = {
        "inputs": {name: {"type": "boolean"} for name in INPUTS},
        "triggers": {
            "t1": {"kind": "condition", "when": {m1: [e1, l1]}, "if_unknown": ifs[0]},
            "t2": {"kind": "condition", "when": {m2: [e2, l2]}, "if_unknown": ifs[1]},
            "t3": {
                "kind": "condition",
                "when": {"any": ["t1", "(t2 != null and not(t2)) or a"]},
                "if_unknown": "ignore",
            },
        },
        "responses": {"seal": {"family": "f", "rank": 1, "scope": "customer"}},
        "rules": [
            {"id": f"R{number}", "if": _condition(parts), "then": ["seal"]}
            for number, parts in enumerate(conditions)
        ],
    }
    # JSON is YAML.
    text = "\n".join(f"{key}: {json.dumps(part)}" for key, part in body.items())
    return policy(text + "\n")


def _table(ruleset: plr.RuleSet) -> dict[Completion, plr.Decision]:
    return {
        values: ruleset.decide(
            customer(attributes={n: v for n, v in zip(INPUTS, values, strict=True) if v is not None})
        )
        for values in itertools.product(VALUES, repeat=len(INPUTS))
    }


def _completions(kept: frozenset[str], actual: Completion) -> list[Completion]:
    free = [(value,) if name in kept else VALUES for name, value in zip(INPUTS, actual, strict=True)]
    return list(itertools.product(*free))


@settings(max_examples=60)
@given(
    st.lists(trees, min_size=2, max_size=2),
    st.lists(if_unknown, min_size=2, max_size=2),
    st.lists(rules.map(lambda drawn: drawn[0]), min_size=1, max_size=3),
    st.data(),
)
def test_reasons_are_enough_and_the_fewest_and_gaps_too(
    drawn: list[tuple[str, str, str]], ifs: list[str], conditions: list[list[str]], data: st.DataObject
) -> None:
    table = _table(_policy(drawn, ifs, conditions))
    called = {values: bool(decision.responses) for values, decision in table.items()}
    for values in data.draw(st.lists(st.sampled_from(sorted(table, key=repr)), max_size=8, unique=True)):
        decision = table[values]
        if called[values]:
            _check_reason(decision.why("seal").reason, values, called)
        else:
            _check_gaps(decision.why_not("seal").rules, values, called)


def _check_reason(reason: Reason, values: Completion, called: Mapping[Completion, bool]) -> None:
    kept = frozenset(each.text for each in reason.conditions)
    assert kept <= set(INPUTS)
    for each in reason.conditions:
        assert each.truth is values[INPUTS.index(each.text)]

    def enough(names: frozenset[str]) -> bool:
        return all(called[each] for each in _completions(names, values))

    assert enough(kept)
    assert not any(enough(kept - {name}) for name in kept)
    smaller = itertools.combinations(INPUTS, len(kept) - 1) if kept else ()
    assert not any(enough(frozenset(names)) for names in smaller)
    assert reason.smallest


def _check_gaps(rules: tuple[RuleGap, ...], values: Completion, called: Mapping[Completion, bool]) -> None:
    changes = [
        sum(one != other for one, other in zip(values, each, strict=True)) for each in called if called[each]
    ]
    possible = [each for each in rules if each.possible]
    assert bool(possible) is bool(changes)
    if changes:
        assert len(rules[0].needs) == min(changes)
        changed = dict(zip(INPUTS, values, strict=True))
        for gap in rules[0].needs:
            changed[gap.condition.text] = gap.needed
        assert called[tuple(changed[name] for name in INPUTS)]
    assert [len(each.needs) for each in possible] == sorted(len(each.needs) for each in possible)


# Distances

CENTS = [Decimal(number) / 100 for number in range(60)]


@cache
def _compared(what: str, test: str) -> plr.RuleSet:
    kind = {"money": "account.current_balance", "days": "account.days_past_due", "count": "count(events)"}[
        what
    ]
    text = test.replace("?", kind)
    return policy(
        f"""
        triggers:
          t: {{kind: condition, when: {json.dumps(text)}}}
        responses:
          seal: {{family: f, rank: 1}}
        rules:
          - {{id: R, if: t, then: [seal]}}
        """,
        subject=True,
    )


def _with(what: str, step: int) -> plr.Snapshot:
    if what == "money":
        return customer(account(current_balance=f"{Decimal(step) / 100:.2f}"))
    if what == "days":
        return customer(account(days_past_due=step))
    return customer(account(), events=[event("cash_withdrawal", "2026-11-01", f"E{n}") for n in range(step)])


TESTS = [
    "? >= {0}", "? > {0}", "? < {0}", "? <= {0}", "? = {0}", "? != {0}", "{0} < ?", "{0} >= ?",
    "not(? >= {0})", "? between {0} and {1}", "not(? between {0} and {1})", "? in [{0}..{1})",
    "? in ({0}, {1})", "not(? in ((> {0}), {1}))",
]  # fmt: skip


@settings(max_examples=150)
@given(
    st.sampled_from(["money", "days", "count"]),
    st.sampled_from(TESTS),
    st.integers(0, 12),
    st.integers(0, 6),
    st.integers(0, 14),
)
def test_distances_are_those_of_brute_force(what: str, test: str, low: int, more: int, here: int) -> None:
    def written(number: int) -> str:
        return f"{Decimal(number) / 100:.2f}" if what == "money" else str(number)

    ruleset = _compared(what, test.format(written(low), written(low + more)))
    called = {step: bool(ruleset.decide(_with(what, step)).responses) for step in range(32)}
    if called[here]:
        return
    (rule,) = ruleset.decide(_with(what, here)).why_not("seal").rules
    (gap,) = rule.needs
    steps = [abs(step - here) for step in called if called[step]]
    if not steps:
        # Only values below zero would do, which brute force does not look at.
        return
    assert gap.distance is not None
    amount = gap.distance.amount * 100 if what == "money" else gap.distance.amount
    assert amount <= min(steps)
    if gap.distance.target is not None and Decimal(str(gap.distance.target)) >= 0:
        assert amount == min(steps)
    assert gap.distance.unit == {"money": "CNY", "days": "days", "count": ""}[what]


@given(st.sampled_from([">=", ">", "<", "<=", "=", "!="]), st.integers(1, 28), st.integers(1, 28))
def test_dates_are_counted_in_days(operator: str, named: int, here: int) -> None:
    ruleset = policy(
        f"""
        inputs:
          moved_on: {{type: date}}
        triggers:
          t: {{kind: condition, when: 'moved_on {operator} @"2026-02-{named:02}"', if_unknown: ignore}}
        responses:
          seal: {{family: f, rank: 1, scope: customer}}
        rules:
          - {{id: R, if: t, then: [seal]}}
        """
    )

    def decide(day: int) -> plr.Decision:
        return ruleset.decide(customer(attributes={"moved_on": f"2026-02-{day:02}"}))

    if decide(here).responses:
        return
    steps = [abs(day - here) for day in range(1, 29) if decide(day).responses]
    (gap,) = decide(here).why_not("seal").rules[0].needs
    assert gap.distance is not None
    assert gap.distance.unit == "days"
    assert not steps or gap.distance.amount == min(steps) or here in (1, 28) or named in (1, 28)
    assert not steps or gap.distance.amount <= min(steps)


def test_a_ratio_has_no_smallest_step() -> None:
    ruleset = policy(
        """
        inputs:
          share: {type: ratio}
        triggers:
          t: {kind: condition, when: share > 0.5, if_unknown: ignore}
        responses:
          seal: {family: f, rank: 1, scope: customer}
        rules:
          - {id: R, if: t, then: [seal]}
        """
    )
    distances = []
    for share in ("0.2", "0.5"):
        (gap,) = ruleset.decide(customer(attributes={"share": share})).why_not("seal").rules[0].needs
        assert gap.distance is not None
        distances.append((gap.distance.amount, gap.distance.beyond, gap.distance.direction))
    assert distances == [(Decimal("0.3"), True, "more"), (Decimal("0.0"), True, "more")]
    (gap,) = ruleset.decide(customer()).why_not("seal").rules[0].needs
    assert gap.distance is None
    assert gap.missing == ("share",)


# What is said

LADDER = """
parameters:
  late: {type: days, value: 60}
triggers:
  overdue: {kind: condition, when: account.days_past_due >= late}
  owing: {kind: condition, when: account.current_balance > 1000}
  cash: {kind: event, event: cash_withdrawal}
responses:
  seal: {family: line, rank: 90, cool_down: 30 days}
  reduce:
    family: line
    rank: 40
    parameters:
      new_limit: {type: money, is: 0.7 * account.credit_limit}
  call: {family: contact, rank: 10, cool_down: 30 days}
  watch: {family: watch, rank: 10}
rules:
  - {id: R-1, if: overdue, then: [seal]}
  - {id: R-2, if: {any: [owing, overdue]}, then: [reduce]}
  - {id: R-3, if: {all: [owing], none: [cash]}, then: [call]}
constraints:
  - {id: K-1, that: "reduce.new_limit >= account.current_balance"}
"""


def _ladder(**fields: object) -> plr.Decision:
    more: dict[str, Any] = {key: fields.pop(key) for key in ("events", "reviews") if key in fields}
    return policy(LADDER, subject=True).decide(customer(account(**fields), **more))


def test_why_shows_the_chain_and_what_stood_in_no_way() -> None:
    decision = _ladder(days_past_due=60, current_balance="2000.00", credit_limit="5000.00")
    found = decision.why("seal", "A1")
    assert [each.text for each in found.reason.conditions] == ["account.days_past_due >= late"]
    assert [(each.name, each.value) for each in found.reason.conditions[0].reads] == [
        ("account.days_past_due", Decimal(60)),
        ("late", Decimal(60)),
    ]
    assert found.choice.outranks == ("reduce",)
    assert found.choice.not_called == ()
    (rule,) = found.reason.chain
    assert (rule.kind, rule.name, rule.state) == ("rule", "R-1", "holds")
    assert str(rule.span).endswith("policy.yaml:23:10")


def test_a_negated_trigger_is_followed_to_what_did_not_happen() -> None:
    found = _ladder(current_balance="1000.01", credit_limit="5000.00").why("call")
    assert [(each.text, each.truth) for each in found.reason.conditions] == [
        ("account.current_balance > 1000", True),
        ("event: cash_withdrawal", False),
    ]
    assert "event: cash_withdrawal did not happen" in str(found)


def test_why_not_names_what_withholds() -> None:
    late = _ladder(days_past_due=60, current_balance="2000.00", credit_limit="5000.00")
    obstacle = late.why_not("reduce").withheld
    assert obstacle is not None
    assert (obstacle.cause.value, obstacle.by, obstacle.rules) == ("outranked", "seal", ("R-1",))
    assert obstacle.reason is not None
    assert len(obstacle.reason.conditions) == 1

    breach = _ladder(current_balance="4000.00", credit_limit="5000.00").why_not("reduce")
    assert breach.withheld is not None
    assert breach.withheld.by == "K-1"
    assert "reduce.new_limit = 3500, account.current_balance = 4000" in str(breach)

    unknown = _ladder(current_balance="4000.00").why_not("reduce").withheld
    assert unknown is not None
    assert (unknown.by, unknown.missing) == ("new_limit", ("account.credit_limit",))

    taken = {"response": "call", "account_id": "A1", "taken_on": "2026-11-10"}
    rested = _ladder(current_balance="1500.00", reviews=[review("2026-11-10", responses=[taken])])
    assert "rests until 2026-12-09" in str(rested.why_not("call"))
    calm = _ladder(reviews=[review("2026-11-10", responses=[taken])]).why_not("call")
    assert calm.withheld is None
    assert [each.cause.value for each in calm.even_then] == ["cool_down"]


def test_why_not_tells_the_distance() -> None:
    text = str(_ladder(days_past_due=57, current_balance="187.60").why_not("reduce"))
    assert "account.days_past_due would have to be 3 days more, to 60" in text
    assert "1 more condition fails, and need not change" in text


def test_a_response_that_no_rule_calls_for_and_one_without_an_account() -> None:
    assert _ladder().why_not("watch").note == "no rule of the policy calls for it"
    empty = policy(LADDER, subject=True).decide(customer())
    assert empty.why_not("seal").note == "the customer has no account that the policy is about"


def test_wrong_names_and_wrong_questions() -> None:
    decision = _ladder(days_past_due=60)
    for ask in (decision.why, decision.why_not):
        with pytest.raises(KeyError, match="did you mean `seal`"):
            ask("seel")
        with pytest.raises(KeyError, match="no account `A2`"):
            ask("seal", "A2")
    with pytest.raises(ValueError, match="ask why_not"):
        decision.why("call")
    with pytest.raises(ValueError, match="ask why"):
        decision.why_not("seal")


def test_a_test_for_unknown_goes_without_saying_beside_a_known_comparison() -> None:
    ruleset = policy(
        """
        inputs:
          drop: {type: ratio}
        triggers:
          t: {kind: condition, when: drop != null and drop >= 0.3}
        responses:
          seal: {family: f, rank: 1, scope: customer}
        rules:
          - {id: R, if: t, then: [seal]}
        """
    )
    reason = ruleset.decide(customer(attributes={"drop": "0.4"})).why("seal").reason
    assert [each.text for each in reason.conditions] == ["drop >= 0.3"]
    assert reason.left_out == 1
    (gap,) = ruleset.decide(customer()).why_not("seal").rules[0].needs
    assert (gap.condition.text, gap.missing) == ("drop >= 0.3", ("drop",))


# The policies that ship

EXAMPLES = [
    example
    for name in ("credit_card", "personal_loan")
    for example in load_examples(SHIPPED / name, plr.shipped(name).policy)[::40]
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_response_of_the_shipped_policies_is_explained(example: Example) -> None:
    decision = example.decision
    chosen = {(each.response, each.account_id) for each in decision.responses}
    for name, account_id in sorted(chosen, key=repr):
        found = decision.why(name, account_id)
        assert found.reason.conditions
        assert found.reason.chain
        assert str(found)
        json.dumps(found.to_dict())
    withheld = {(each.response, each.account_id) for each in decision.withheld}
    for response in decision._policy.responses.values():
        accounts = [each.account_id for each in example.snapshot.accounts] if response.per_account else [None]
        for account_id in accounts:
            if (response.name, account_id) not in chosen:
                answer = decision.why_not(response.name, account_id)
                assert (answer.withheld is not None) is ((response.name, account_id) in withheld)
                assert answer.withheld is not None or not any(
                    each.holds and each.in_force for each in answer.rules
                )
                assert str(answer)
                json.dumps(answer.to_dict())
