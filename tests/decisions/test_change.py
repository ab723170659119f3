"""The smallest change that brings a response or takes it away: one field, several, none; what is never proposed."""

from __future__ import annotations

import random
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest

import postloan_rules as plr
from builders import HEAD, account, customer, policy, review
from postloan_rules.decisions.change import Change, NoChange
from postloan_rules.decisions.changeable import Changeable, Known, changeable, changed, named
from postloan_rules.portfolio.sample import sample

CARDS = """
    inputs: {watch_list: {type: boolean}, reserve: {type: money}}
    triggers:
      overdue: {kind: condition, when: account.days_past_due >= 30}
      much_used: {kind: condition, when: account.current_balance >= 0.9 * account.credit_limit, if_unknown: ignore}
      watched: {kind: condition, when: watch_list, if_unknown: ignore}
      jobless: {kind: condition, when: customer.employment_status = "unemployed", if_unknown: ignore}
      protected_card: {kind: condition, when: account.date_opened < as_of - duration("P10Y"), if_unknown: ignore}
    responses:
      lower: {family: line, rank: 1}
      seal: {family: line, rank: 9, cool_down: 30 days}
      help: {family: help, rank: 1, scope: customer}
      thank: {family: thanks, rank: 1}
    rules:
      - {id: R1, if: much_used, then: [lower]}
      - {id: R2, if: {all: [overdue, much_used]}, then: [seal]}
      - {id: R3, if: {any: [jobless, watched]}, then: [help]}
      - {id: R4, if: protected_card, then: [thank]}
    """
RULES = policy(CARDS, subject=True)


def _decision(**fields: object) -> plr.Decision:
    card = account("A1", **{"current_balance": "9812.40", "credit_limit": "10000", **fields})
    person = {"customer_id": "C1", "employment_status": "employed", "monthly_income": "5000"}
    return RULES.decide(customer(card, customer=person))


def _again(decision: plr.Decision, change: Change, account_id: str | None) -> bool:
    """Whether the response is chosen once the change is made."""
    snapshot = decision._snapshot
    (*paths,) = (each.path for each in change.fields)
    fields = named(paths, decision._policy, snapshot, account_id)
    pairs = [(each, one.after) for each, one in zip(fields, change.fields, strict=True)]
    after = plr.RuleSet(decision._policy).decide(changed(snapshot, pairs).checked())
    return any((each.response, each.account_id) == (change.response, account_id) for each in after.responses)


def test_paying_the_least_that_is_enough_takes_a_response_away() -> None:
    change = _decision().smallest_change("lower", allowed=["account.current_balance"])
    assert isinstance(change, Change)
    assert str(change) == (
        "lower for A1 would no longer be chosen:\n"
        "  pay 812.41 more (accounts[A1].current_balance from 9812.40 to 8999.99)"
    )
    assert change.proved
    assert change.to_dict() == {
        "response": "lower",
        "account_id": "A1",
        "brings": False,
        "fields": [
            {
                "path": "accounts[A1].current_balance",
                "before": "9812.40",
                "after": "8999.99",
                "distance": "812.41",
                "unit": "currency",
            }
        ],
        "cost": "0.082794",
        "proved": True,
        "explanation": "pay 812.41 more: the smallest change of 1 field looked at",
    }


def test_days_are_whole_and_a_response_of_higher_rank_also_takes_it_away() -> None:
    change = _decision(days_past_due=27).smallest_change("lower", allowed=["account.days_past_due"])
    assert isinstance(change, Change)
    assert [str(each) for each in change.fields] == [
        "3 more days past due (accounts[A1].days_past_due from 27 to 30)"
    ]


def test_a_word_is_changed_to_the_one_that_does_it() -> None:
    change = _decision().smallest_change("help")
    assert isinstance(change, Change)
    assert [str(each) for each in change.fields] == [
        "employment status unemployed (customer.employment_status from employed to unemployed)"
    ]
    assert change.cost == 1


def test_the_cheapest_field_wins_and_costs_say_which_is_dear() -> None:
    decision = _decision()
    cheap = decision.smallest_change("lower")
    dear = decision.smallest_change("lower", costs={"account.current_balance": 100})
    assert isinstance(cheap, Change)
    assert isinstance(dear, Change)
    assert [each.path for each in cheap.fields] == ["accounts[A1].current_balance"]
    assert [each.path for each in dear.fields] == ["accounts[A1].credit_limit"]
    with pytest.raises(ValueError, match="must be above zero"):
        decision.smallest_change("lower", costs={"account.current_balance": 0})


def test_two_fields_change_together_where_one_is_not_enough() -> None:
    decision = _decision(current_balance="8000", days_past_due=10)
    change = decision.smallest_change("seal", allowed=["account.current_balance", "account.days_past_due"])
    assert isinstance(change, Change)
    assert [str(each) for each in change.fields] == [
        "owe 1000.00 more (accounts[A1].current_balance from 8000.00 to 9000.00)",
        "20 more days past due (accounts[A1].days_past_due from 10 to 30)",
    ]
    assert change.proved
    assert _again(decision, change, "A1")


def test_what_no_change_brings_is_said_to_be_so_and_proved() -> None:
    found = _decision().smallest_change("thank")
    assert isinstance(found, NoChange)
    assert found.proved
    assert str(found) == "thank for A1: no change of the fields looked at does it, of one or of several"
    alone = _decision(days_past_due=1).smallest_change("thank", allowed=["account.days_past_due"])
    assert alone.to_dict() == {
        "response": "thank",
        "account_id": "A1",
        "brings": True,
        "proved": True,
        "reason": "no change of any one of the fields looked at does it",
    }


def test_a_cool_down_is_named() -> None:
    taken = {
        "response": "seal",
        "account_id": "A1",
        "taken_on": "2026-11-20",
        "cool_down_until": "2026-12-19",
    }
    card = account("A1", current_balance="9900", credit_limit="10000")
    decision = RULES.decide(customer(card, reviews=[review("2026-11-20", responses=[taken])]))
    found = decision.smallest_change("seal")
    assert isinstance(found, NoChange)
    assert found.reason == "it rests until 2026-12-19 after it was taken, and no field changes that"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("customer.protected", "the law forbids to decide by it"),
        ("customer.protected.sex", "the law forbids to decide by it"),
        ("account.account_id", "it tells who or what is meant"),
        ("customer.customer_id", "it tells who or what is meant"),
        ("account.date_opened", "days that have passed stay as they are"),
        ("customer.bankrupt_on", "days that have passed stay as they are"),
        ("account.statements", "lists and records tell what has happened"),
        ("account.highest_credit", "the most that was ever owed lies in the past"),
        ("account.product", "what the bank granted is not changed"),
        ("account.block_reason", "a text is no measure of anything"),
        ("bureau.tradelines[0].balance", "it tells what has happened"),
        ("reviews[0].kind", "it tells what has happened"),
        ("customer.monthly_incom", "did you mean `monthly_income`"),
        ("attributes.watch_lst", "did you mean `watch_list`"),
        ("accounts[A2].days_past_due", "there is no account `A2`"),
        ("days_past_due", "names no field"),
        ("attributes.reserve", "is unknown"),
        ("account.cash_limit", "is unknown"),
    ],
)
def test_what_must_not_change_is_refused_by_name(path: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        _decision().smallest_change("lower", allowed=[path])


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(KeyError, match="did you mean `lower`"):
        _decision().smallest_change("lowr")
    with pytest.raises(KeyError, match="no account `A2`"):
        _decision().smallest_change("lower", account_id="A2")


def test_nothing_protected_dated_or_unknown_is_looked_at_by_default() -> None:
    for name in ("credit_card", "personal_loan"):
        rules = plr.shipped(name)
        for snapshot in sample(30, seed=5):
            for each in changeable(rules.policy, snapshot, None):
                field = each.path.rpartition(".")[2]
                assert "protected" not in each.path
                assert field not in {"birth_date", "sex", "marital_status", "nationality"}
                assert not field.endswith(("_id", "_on", "_since", "date"))
                assert each.before is not None


def test_without_z3_it_says_what_to_install() -> None:
    code = """
import sys
sys.modules["z3"] = None
sys.path.insert(0, "tests"); sys.path.insert(0, "tests/decisions")
from test_change import _decision
one = _decision().smallest_change("lower")
two = _decision(current_balance="8000").smallest_change("seal")
print(one.proved, two.proved, two.reason)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        "True False no change of any one of the fields looked at does it; "
        "to look for several at once, install `postloan-rules[proof]` (z3-solver)"
    )


def test_z3_is_loaded_only_for_several_fields() -> None:
    code = """
import sys
sys.path.insert(0, "tests"); sys.path.insert(0, "tests/decisions")
from test_change import _decision
_decision().smallest_change("lower")
print("z3" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# Several fields against trying all

PAIRS = """
    inputs: {watch: {type: boolean}}
    parameters: {per_day: {type: money, value: 2}}
    tables:
      term:
        hit: first
        inputs: [account.days_past_due, account.current_balance]
        output: {months: number}
        rows: [["> 5", "> 4", 3], ["-", "[2..6]", 6], ["-", "-", 12]]
    scorecards:
      score:
        base: 10
        lost: points_below
        characteristics:
          days: {is: account.days_past_due, reason: r1, baseline: 5, points: [["0", 5], ["[1..4]", 3], ["-", 0]]}
          share: {is: account.current_balance / account.credit_limit, reason: r2, baseline: 4, points: [["< 0.5", 4], ["-", 0]], unknown: 1}
    facts:
      months: {type: number, table: term}
      total: {type: money, is: "sum(accounts[days_past_due < 4].current_balance)"}
    triggers:
      late: {kind: condition, when: account.days_past_due >= 6}
      full: {kind: condition, when: "account.current_balance / account.credit_limit >= 0.8", if_unknown: ignore}
      low: {kind: condition, when: "score < 14 and months = 3", if_unknown: ignore}
      rich: {kind: condition, when: "total - per_day * account.days_past_due > 7 or max(account.current_balance, 3) = 6"}
      watched: {kind: condition, when: watch, if_unknown: ignore}
      near: {kind: condition, when: "account.days_past_due in [2..3] and account.current_balance between 5 and 6"}
    responses:
      seal: {family: line, rank: 9}
      lower: {family: line, rank: 1}
      call: {family: contact, rank: 1}
      praise: {family: good, rank: 1}
    rules:
      - {id: R1, if: {all: [late, full]}, then: [seal]}
      - {id: R2, if: {all: [low], none: [rich]}, then: [lower]}
      - {id: R3, if: {all: [watched, near]}, then: [call]}
      - {id: R4, if: {all: [rich], none: [late, watched]}, then: [praise]}
    """
TWO = policy(PAIRS, subject=True, head=HEAD.replace("CNY", "JPY"))


def _best_by_trying(
    snapshot: plr.Snapshot, fields: tuple[Changeable, ...], response: str
) -> tuple[int, Fraction] | None:
    """The fewest fields, and the least cost, over a small box of values."""
    now = any(each.response == response and each.account_id == "A" for each in TWO.decide(snapshot).responses)
    best: tuple[int, Fraction] | None = None
    spaces: list[list[Known | None]] = []
    for each in fields:
        if each.numeric:
            spaces.append([each.at(step) for step in range(max(each.least, -14), 22)])
        else:
            spaces.append([None, *each.members])
    for values in product(*spaces):
        changes = [
            (each, value)
            for each, value in zip(fields, values, strict=True)
            if value is not None and value != each.before
        ]
        cost = (len(changes), sum((each.cost(value) for each, value in changes), Fraction(0)))
        if not changes or (best is not None and cost >= best):
            continue
        after = TWO.decide(changed(snapshot, changes))
        if any(each.response == response and each.account_id == "A" for each in after.responses) is not now:
            best = cost
    return best


@pytest.mark.parametrize("seed", range(24))
def test_the_cheapest_change_of_several_fields_is_that_found_by_trying_all(seed: int) -> None:
    chance = random.Random(seed)
    cards = [
        account(
            name,
            days_past_due=chance.randrange(9),
            current_balance=chance.randrange(10),
            credit_limit=chance.randrange(1, 10),
        )
        for name in "AB"[: chance.choice((1, 2))]
    ]
    snapshot = customer(*cards, currency="JPY", attributes={"watch": chance.random() < 0.5})
    response = chance.choice(("seal", "lower", "call", "praise"))
    paths = ("account.days_past_due", "account.current_balance", "attributes.watch")
    fields = named(paths, TWO.policy, snapshot, "A")
    found = TWO.decide(snapshot).smallest_change(response, allowed=paths, account_id="A")
    expected = _best_by_trying(snapshot, fields, response)
    assert found.proved
    if isinstance(found, NoChange):
        assert expected is None
        return
    cost = sum(
        (each.cost(one.after) for each in fields for one in found.fields if one.path == each.path),
        Fraction(0),
    )
    assert expected == (len(found.fields), cost)
    assert found.cost == (Decimal(cost.numerator) / cost.denominator).quantize(Decimal("0.000001"))


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
def test_on_the_shipped_policies_each_answer_does_what_it_says(name: str) -> None:
    rules = plr.shipped(name)
    chance = random.Random(name)
    kinds = set()
    for snapshot in sample(12, seed=3):
        decision = rules.decide(snapshot)
        accounts = sorted({each.account_id for each in decision.triggers if each.account_id is not None})
        if not accounts:
            continue
        responses = chance.sample(sorted(rules.policy.responses), 3)
        for response in {*responses, *(each.response for each in decision.responses[:2])}:
            account_id = accounts[0] if rules.policy.responses[response].per_account else None
            found = decision.smallest_change(
                response,
                allowed=[
                    each.path
                    for each in changeable(rules.policy, snapshot, accounts[0])
                    if each.path.rpartition(".")[2]
                    in {
                        "current_balance",
                        "days_past_due",
                        "monthly_income",
                        "employment_status",
                        "watch_list",
                    }
                ],
                account_id=account_id,
            )
            kinds.add(type(found))
            if isinstance(found, Change):
                before = any(
                    (each.response, each.account_id) == (response, account_id) for each in decision.responses
                )
                assert found.brings is not before
                assert _again(decision, found, account_id) is not before
    assert kinds == {Change, NoChange}
