"""Two policies compared: what changed in the text, whether it decides anything, for whom, and who shows it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from builders import account, customer, event, policy

pytest.importorskip("z3")

from postloan_rules.analysis.difference import compare
from postloan_rules.analysis.difference.effect import effect_of
from postloan_rules.analysis.mutations import mutants
from postloan_rules.decisions.decide import decide
from postloan_rules.policy.fingerprint import fingerprint

if TYPE_CHECKING:
    from postloan_rules.analysis.difference import Comparison
    from postloan_rules.analysis.difference.comparison import Difference
    from postloan_rules.policy import Policy
    from postloan_rules.snapshot import Snapshot

CARDS = """
inputs:
  watch_list: {type: boolean}
  pause: {type: days}
parameters:
  high: {type: ratio, value: 0.90, note: a share}
  rest: {type: days, value: 30}
facts:
  utilisation: {type: ratio, is: account.current_balance / account.credit_limit}
  drawn: {type: number, is: 'count(events[type = "cash_withdrawal" and occurred_on > as_of - duration("P30D")])'}
triggers:
  much_used: {kind: condition, when: utilisation >= high, if_unknown: ignore}
  late: {kind: condition, when: {any: [account.days_past_due > 30, watch_list]}, if_unknown: refer}
  cash: {kind: condition, when: drawn >= 2}
  asked: {kind: event, event: temporary_limit_requested, when: event.amount > 1000, if_unknown: ignore}
responses:
  lower:
    family: line
    rank: 20
    adverse: true
    reasons: [high_use_of_limit]
    cool_down: rest
    parameters:
      new_limit: {type: money, is: "max(account.current_balance, 0.7 * account.credit_limit)", round: {to: 100, mode: up}}
  raise_it: {family: line, rank: 10}
  call: {family: contact, rank: 15, scope: customer}
rules:
  - {id: R-1, if: {all: [much_used], none: [late]}, then: [lower]}
  - {id: R-2, if: {any: [late, cash]}, then: [call]}
  - {id: R-3, if: {all: [asked]}, then: [raise_it]}
schedule:
  standard: 6 months
  bounds: {shortest: 7 days, longest: 12 months}
  adjust:
    - {if: late, every: 1 month}
constraints:
  - {id: K-1, that: lower.new_limit >= account.current_balance}
"""


def cards(*changes: tuple[str, str], text: str = CARDS) -> Policy:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return policy(text, subject=True).policy


def people() -> list[Snapshot]:
    cash = [event("cash_withdrawal", "2026-11-10", f"E{number}") for number in (1, 2)]
    asked = [event("temporary_limit_requested", "2026-11-20", "E9", amount="1500.00", account_id="A1")]
    return [
        customer(account(credit_limit="10000", current_balance="9500")),
        customer(account(credit_limit="10000", current_balance="2000"), events=cash),
        customer(account(credit_limit="10000", current_balance="9500", days_past_due=40)),
        customer(account(), events=asked, attributes={"watch_list": True}),
        customer(account("A1", credit_limit="10000", current_balance="9990"), account("A2")),
        customer(),
    ]


def found(*changes: tuple[str, str]) -> Comparison:
    old, new = cards(), cards(*changes)
    result = compare(old, new, people())
    for each in result.differences:
        witness = each.witness
        assert witness.old == decide(old, witness.snapshot)
        assert witness.new == decide(new, witness.snapshot)
        assert effect_of(witness.old) != effect_of(witness.new)
        assert witness.snapshot.from_json(witness.snapshot.to_json()) == witness.snapshot
    return result


def one(result: Comparison, kind: str, name: str) -> Difference:
    return next(each for each in result.differences if (each.kind, each.name) == (kind, name))


def test_the_same_policy_is_identical_and_nothing_is_decided() -> None:
    result = compare(cards(), cards(), people())
    assert (result.verdict, result.parts, result.tried) == ("identical", (), 0)


def test_what_is_only_laid_out_otherwise_is_identical() -> None:
    turned = "\n".join(CARDS.replace("utilisation >= high", "(  utilisation  >=  high )").split("\n"))
    assert compare(cards(), cards(text=turned + "# a comment\n"), people()).verdict == "identical"


def test_words_decide_nothing() -> None:
    result = found(("note: a share", "note: a part"))
    assert result.verdict == "equal"
    assert [(each.change.name, each.effect) for each in result.parts] == [("high", "words")]


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (("utilisation >= high", "not(utilisation < high)"), "much_used"),
        (("account.days_past_due > 30, watch_list", "watch_list, account.days_past_due >= 31"), "late"),
        (("rank: 20", "rank: 25"), "lower"),
        (("{any: [late, cash]}", "{none: [{none: [cash, late]}]}"), "R-2"),
        (("longest: 12 months", "longest: 9 months"), "schedule"),
        (("event.amount > 1000", "not(event.amount <= 1000)"), "asked"),
        (("lower.new_limit >= account.current_balance", "account.current_balance <= lower.new_limit"), "K-1"),
        (("pause: {type: days}", "pause: {type: days, note: a pause}"), "pause"),
    ],
)
def test_what_says_the_same_in_other_words_is_proved_equal(change: tuple[str, str], part: str) -> None:
    result = found(change)
    assert result.verdict in ("equal", "identical")
    assert [each.change.name for each in result.parts] == [part]
    assert all(each.effect in ("none", "words") for each in result.parts)


def test_a_rule_in_two_is_the_same_rule() -> None:
    two = "  - {id: R-2, if: late, then: [call]}\n  - {id: R-4, if: cash, then: [call]}"
    result = found(("  - {id: R-2, if: {any: [late, cash]}, then: [call]}", two))
    # Without an account, a rule that names a trigger of accounts is not applied: this one differs there.
    assert result.verdict != "equal"
    assert {each.kind for each in result.differences} | {each.kind for each in result.open} >= {"bare choice"}


def test_a_threshold_by_a_step_has_its_region_in_the_names_of_the_policy() -> None:
    result = found(("value: 0.90", "value: 0.85"))
    assert [(each.change.kind, each.change.name, each.effect) for each in result.parts] == [
        ("parameter", "high", "effect")
    ]
    fires = one(result, "trigger", "much_used")
    assert (fires.before, fires.after, fires.complete) == ("not fired", "fired", True)
    assert fires.region is not None
    (condition,) = fires.region.conditions
    assert condition.name == "utilisation"
    assert condition.low is not None
    assert condition.high is not None
    assert (condition.low.value, condition.low.included) == (Decimal("0.85"), True)
    assert (condition.high.value, condition.high.included) == (Decimal("0.9"), False)
    choice = one(result, "choice", "lower")
    assert (choice.before, choice.after) == ("not called for", "stands")


def test_a_parameter_of_a_response() -> None:
    result = found(("0.7 * account.credit_limit", "1.2 * account.credit_limit"))
    each = one(result, "parameter", "lower")
    assert each.of == "new_limit"
    assert result.verdict == "different"


def test_a_parameter_that_can_come_to_nothing_else() -> None:
    # Where it is chosen, nine tenths of the limit are used, and eight tenths of it are less than the balance.
    result = found(("0.7 * account.credit_limit", "0.8 * account.credit_limit"))
    assert result.verdict == "equal"


def test_a_list_that_is_filtered_otherwise() -> None:
    result = found(("P30D", "P15D"))
    each = one(result, "trigger", "cash")
    assert (each.before, each.after) == ("fired for the customer", "not fired")
    # Fewer events lie in the shorter time: nobody goes the other way.
    assert {(one.before, one.after) for one in result.differences if one.kind == "trigger"} == {
        ("fired for the customer", "not fired")
    }


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (("rest: {type: days, value: 30}", "rest: {type: days, value: 31}"), "rest"),
        (("reasons: [high_use_of_limit]", "reasons: [excessive_obligations]"), "attributes"),
        (("rank: 10", "rank: 30"), "choice"),
        (("every: 1 month", "every: 35 days"), "interval"),
        (("if_unknown: refer", "if_unknown: ignore"), "trigger"),
        (("event.amount > 1000", "event.amount > 2000"), "trigger"),
        (("{all: [much_used], none: [late]}", "{all: [much_used]}"), "choice"),
        (
            ("lower.new_limit >= account.current_balance", "lower.new_limit < account.credit_limit"),
            "constraint",
        ),
    ],
)
def test_one_change_is_shown(change: tuple[str, str], kind: str) -> None:
    result = found(change)
    assert result.verdict == "different"
    assert kind in {each.kind for each in result.differences}


def test_each_part_is_judged_by_itself() -> None:
    result = found(("value: 0.90", "value: 0.85"), ("utilisation >= high", "high <= utilisation"))
    assert {each.change.name: each.effect for each in result.parts} == {"high": "effect", "much_used": "none"}


def test_whom_a_policy_decides_at_all() -> None:
    head = 'ruleset: small\nversion: "1"\nlanguage: 1\ncurrency: {currency}\n'
    old = policy(CARDS, subject=True, head=head.format(currency="CNY")).policy
    other = policy(CARDS, subject=True, head=head.format(currency="USD")).policy
    result = compare(old, other, people())
    assert [each.what for each in result.domain] == ["currency"]
    assert result.verdict == "different"
    later = evolve(old, effective_from=people()[0].as_of)
    result = compare(old, evolve(later, fingerprint=fingerprint(later)), people())
    assert [each.what for each in result.domain] == ["effective"]
    assert result.domain[0].witness is not None
    assert result.domain[0].witness.new is None
    result = compare(old, cards(("  pause: {type: days}\n", "")), people())
    assert [(each.what, each.name, each.after) for each in result.domain] == [("input", "pause", "")]
    assert result.domain[0].witness is not None


def test_another_subject() -> None:
    head = 'ruleset: small\nversion: "1"\nlanguage: 1\ncurrency: CNY\nsubject: {{each: accounts, where: {where}}}\n'
    old = policy(CARDS, head=head.format(where='product = "credit_card"')).policy
    new = policy(CARDS, head=head.format(where="current_balance > 0")).policy
    result = compare(old, new, people())
    assert result.verdict == "different"
    assert one(result, "subject", "subject").witness.old is not None
    same = policy(CARDS, head=head.format(where='not(product != "credit_card")')).policy
    result = compare(old, same, people())
    assert result.verdict == "equal"
    assert [(each.change.kind, each.effect) for each in result.parts] == [("subject", "none")]


def test_no_time_is_no_proof() -> None:
    result = compare(
        cards(), cards(("utilisation >= high", "not(utilisation < high)")), time_left=lambda: False
    )
    assert result.verdict == "open"
    assert all(each.for_want_of_time for each in result.open)


def test_a_customer_decided_otherwise_is_a_difference_though_there_was_no_time_to_explain_it() -> None:
    half = customer(accounts=[account(current_balance="6000", credit_limit="10000")])
    left = iter([True])
    changed = cards(("value: 0.90", "value: 0.50"))
    result = compare(cards(), changed, [half], time_left=lambda: next(left, False))
    assert result.verdict == "different"
    (shown,) = result.differences
    assert shown.witness.old is not None
    assert shown.witness.new is not None
    assert effect_of(shown.witness.old) != effect_of(shown.witness.new)
    assert any(each.for_want_of_time for each in result.open)


def test_slips_of_the_pen_are_never_called_equal_where_they_show() -> None:
    old = cards()
    everybody = people()
    verdicts = set()
    for mutant in list(mutants(old))[::3]:
        new = evolve(mutant.policy, fingerprint=fingerprint(mutant.policy))
        result = compare(old, new, everybody, timeout=1_000)
        verdicts.add(result.verdict)
        if result.verdict == "equal":
            assert all(effect_of(decide(old, each)) == effect_of(decide(new, each)) for each in everybody)
        for each in result.differences:
            assert effect_of(decide(old, each.witness.snapshot)) != effect_of(
                decide(new, each.witness.snapshot)
            )
    assert "different" in verdicts
