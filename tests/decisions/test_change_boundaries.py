"""The nearest value of one field that brings or takes a response, against trying every value, 10,000 times."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from builders import account, customer, policy, review
from postloan_rules import shipped
from postloan_rules.decisions.boundary import Resting, Target, nearest
from postloan_rules.decisions.changeable import Changeable, changeable, changed, named
from postloan_rules.decisions.decide import outcome
from postloan_rules.portfolio.sample import sample

if TYPE_CHECKING:
    import postloan_rules as plr
    from postloan_rules.snapshot import Snapshot

HEAD = """\
ruleset: small
version: "1"
language: 1
currency: JPY
"""

POLICIES = {
    "thresholds, families and a constraint": """
        inputs: {watch: {type: boolean}, reserve: {type: money}}
        parameters: {per_day: {type: money, value: 1}}
        facts:
          use: {type: ratio, is: account.current_balance / account.credit_limit}
          room: {type: money, is: account.credit_limit - account.current_balance}
        triggers:
          late: {kind: condition, when: account.days_past_due >= 7}
          very_late: {kind: condition, when: "account.days_past_due > 20 and not(account.days_past_due in [25..28])"}
          much_used: {kind: condition, when: "use >= 0.9", if_unknown: ignore}
          odd: {kind: condition, when: "room between 3 and 5 or room = 9 or 2 * account.current_balance - 7 > room + per_day * account.days_past_due", if_unknown: ignore}
          short: {kind: condition, when: "reserve - account.amount_past_due < 3", if_unknown: refer}
        responses:
          lower:
            family: line
            rank: 1
            parameters:
              to: {type: money, is: "max(account.current_balance, 0.7 * account.credit_limit)", round: {to: 5, mode: up}}
          seal: {family: line, rank: 3}
          talk: {family: contact, rank: 1, scope: customer}
          warn: {family: contact, rank: 5, scope: customer}
        rules:
          - {id: R1, if: {any: [much_used, late]}, then: [lower]}
          - {id: R2, if: {all: [very_late], none: [odd]}, then: [seal]}
          - {id: R3, if: {any: [odd, short]}, then: [talk]}
          - {id: R4, if: {all: [short], none: [much_used]}, then: [warn]}
        constraints:
          - {id: K1, that: "lower.to >= account.current_balance"}
          - {id: K2, that: "lower.to < account.credit_limit + 6"}
          - {id: K3, never: [seal, warn]}
        """,
    "a table, a scorecard, lists and roundings": """
        inputs: {watch: {type: boolean}, reserve: {type: money}}
        tables:
          term:
            hit: first
            inputs: [account.days_past_due, account.current_balance]
            output: {months: number}
            rows:
              - [">= 30", "-", 3]
              - ["[10..20]", "> 5", 6]
              - ["-", "[8..11], > 30", 9]
              - ["< 4", "-", 12]
        scorecards:
          score:
            base: 10
            lost: points_below
            characteristics:
              days: {is: account.days_past_due, reason: r1, baseline: 5, points: [["0", 5], ["[1..9]", 3], ["-", 0]]}
              share: {is: account.current_balance / account.credit_limit, reason: r2, baseline: 4, points: [["< 0.5", 4], ["[0.5..0.8)", 2], ["-", 0]], unknown: 1}
        facts:
          total: {type: money, is: "sum(accounts[days_past_due < 15].current_balance)"}
          months: {type: number, table: term}
          tens: {type: money, is: "floor(account.current_balance / 10)*10 + abs(account.current_balance - 13)"}
          worst: {type: days, is: max(accounts.days_past_due)}
          quotient: {type: ratio, is: "account.current_balance / (account.current_balance + account.credit_limit)"}
        triggers:
          low: {kind: condition, when: "score < 15"}
          long: {kind: condition, when: "months >= 9", if_unknown: ignore}
          big: {kind: condition, when: "total > 30 or tens = 24 or tens > 44"}
          some_late: {kind: condition, when: "some a in accounts satisfies a.days_past_due > 11 and a.current_balance > 4"}
          peak: {kind: condition, when: "worst > 18 and quotient > 0.4", if_unknown: ignore}
          picked: {kind: condition, when: "if watch then account.current_balance > 9 else account.days_past_due in (2, 3, 5, 7, 11)", if_unknown: fire}
        responses:
          lower: {family: line, rank: 1, parameters: {m: {type: number, is: months}}}
          seal: {family: line, rank: 3}
          talk: {family: contact, rank: 1, scope: customer}
          warn: {family: other, rank: 5}
        rules:
          - {id: R1, if: {any: [low, long]}, then: [lower]}
          - {id: R2, if: {all: [peak], none: [some_late]}, then: [seal]}
          - {id: R3, if: {all: [big, picked]}, then: [talk]}
          - {id: R4, if: {any: [{all: [picked], none: [big]}, peak]}, then: [warn]}
        """,
}
POLICIES["two conditions"] = """
    triggers:
      late: {kind: condition, when: account.days_past_due > 9}
      full: {kind: condition, when: 10 * account.current_balance >= 9 * account.credit_limit, if_unknown: ignore}
    responses: {act: {family: a, rank: 1}, wait: {family: a, rank: 2}}
    rules:
      - {id: R1, if: {any: [late, full]}, then: [act]}
      - {id: R2, if: {all: [full], none: [late]}, then: [wait]}
    """
POLICIES["an input"] = """
    inputs: {reserve: {type: money}}
    triggers:
      poor: {kind: condition, when: "reserve < 12", if_unknown: refer}
      owes: {kind: condition, when: "account.current_balance - reserve in [4..9]", if_unknown: ignore}
    responses: {act: {family: a, rank: 1}, look: {family: b, rank: 2}}
    rules:
      - {id: R1, if: {all: [owes], none: [poor]}, then: [act]}
      - {id: R2, if: owes, then: [look]}
    """
RULES = {name: policy(body, subject=True, head=HEAD) for name, body in POLICIES.items()}
FIELDS = ("account.current_balance", "account.days_past_due", "account.credit_limit", "attributes.reserve")
LONGEST = 60
# So many values are tried for each policy: 10,000 in all.
CASES = (1_000, 1_000, 4_000, 4_000)


def _someone(chance: random.Random, inputs: set[str]) -> Snapshot:
    accounts = []
    for name in "AB"[: chance.choice((1, 2))]:
        limit = {} if chance.random() < 0.1 else {"credit_limit": chance.randrange(40)}
        balance = chance.randrange(-3, 40)
        accounts.append(account(name, days_past_due=chance.randrange(40), current_balance=balance, **limit))
    attributes: dict[str, object] = {}
    if "reserve" in inputs:
        attributes["reserve"] = chance.randrange(40)
    if "watch" in inputs and chance.random() < 0.8:
        attributes["watch"] = chance.random() < 0.5
    return customer(*accounts, currency="JPY", jurisdiction="other", attributes=attributes)


def _chosen(rules: plr.RuleSet, snapshot: Snapshot, response: str) -> bool:
    scoped = rules.policy.responses[response].per_account
    candidate = outcome(rules.policy, snapshot).candidates.get((response, "A" if scoped else None))
    return candidate is not None and candidate.withheld is None


def _nearest_by_trying(there: list[bool], low: int, present: int) -> int | None:
    """How far the nearest value is at which it is otherwise, among those that were tried."""
    now = there[present - low]
    distances = [abs(low + index - present) for index, each in enumerate(there) if each is not now]
    return min(distances, default=None)


@pytest.mark.parametrize(("name", "cases"), tuple(zip(POLICIES, CASES, strict=True)))
def test_the_nearest_value_is_that_found_by_trying_all(name: str, cases: int) -> None:
    rules = RULES[name]
    chance = random.Random(name)
    tried = 0
    flips = 0
    inputs = {each.name for each in rules.policy.inputs}
    while tried < cases:
        base = _someone(chance, inputs)
        response = chance.choice(list(rules.policy.responses))
        path = chance.choice(FIELDS)
        try:
            (each,) = named((path,), rules.policy, base, "A")
        except ValueError:
            continue
        low = -10 if "balance" in path else 0
        whole = isinstance(each.before, int)
        values = [number if whole else Decimal(number) for number in range(low, LONGEST)]
        variants = [changed(base, ((each, value),)) for value in values]
        there = [_chosen(rules, variant, response) for variant in variants]
        for index in chance.sample(range(len(values)), 40):
            present, snapshot = low + index, variants[index]
            (here,) = named((path,), rules.policy, snapshot, "A")
            scoped = rules.policy.responses[response].per_account
            target = Target.of(
                rules.policy, snapshot, rules.policy.responses[response], "A" if scoped else None
            )
            flip = nearest(target, here)
            assert flip.proved
            distance = None if flip.after is None else abs(Decimal(flip.after) - Decimal(present))
            expected = _nearest_by_trying(there, low, present)
            outside = distance is not None and not low <= Decimal(str(flip.after)) < LONGEST
            if outside:
                # It lies beyond what was tried, and so must not be nearer than what was found there.
                assert expected is None or (distance is not None and distance <= expected)
            else:
                assert distance == expected, (response, path, present, flip)
            tried += 1
            flips += distance is not None
    assert flips > tried // 10


def _field(snapshot: Snapshot, rules: plr.RuleSet, path: str) -> Changeable:
    return named((path,), rules.policy, snapshot, "A")[0]


def test_a_cool_down_is_no_matter_of_fields() -> None:
    rules = RULES["thresholds, families and a constraint"]
    taken = [
        {"response": "seal", "account_id": "A", "taken_on": "2026-11-20", "cool_down_until": "2026-12-20"}
    ]
    snapshot = customer(
        account("A", credit_limit=100), currency="JPY", reviews=[review("2026-11-20", responses=taken)]
    )
    target = Target.of(rules.policy, snapshot, rules.policy.responses["seal"], "A")
    with pytest.raises(Resting):
        nearest(target, _field(snapshot, rules, "account.days_past_due"))


def test_a_snapshot_that_cannot_be_is_never_proposed() -> None:
    rules = policy(
        """
        triggers: {settled: {kind: condition, when: account.days_past_due <= 2}}
        responses: {praise: {family: f, rank: 1}}
        rules: [{id: R1, if: settled, then: [praise]}]
        """,
        subject=True,
        head=HEAD,
    )
    snapshot = customer(account("A", days_past_due=9, amount_past_due=50), currency="JPY")
    target = Target.of(rules.policy, snapshot, rules.policy.responses["praise"], "A")
    assert nearest(target, _field(snapshot, rules, "account.days_past_due")).after == 2
    never = evolve(target, now=False)
    assert nearest(never, _field(snapshot, rules, "account.amount_past_due")).after is None


@pytest.mark.parametrize("product", ["credit_card", "personal_loan"])
def test_on_the_shipped_policies_nothing_nearer_does_it(product: str) -> None:
    """Steps near and far, drawn at random and just short of the one that was found."""
    rules = shipped(product)
    chance = random.Random(product)
    asked = flips = 0
    for snapshot in sample(150, seed=11):
        found = outcome(rules.policy, snapshot)
        if not found.accounts:
            continue
        if asked > 500:
            break
        called = [name for name, _ in found.candidates]
        name = chance.choice(called or sorted(rules.policy.responses))
        response = rules.policy.responses[name]
        account_id = found.accounts[0].account_id
        target = Target.of(rules.policy, snapshot, response, account_id if response.per_account else None)
        fields = [each for each in changeable(rules.policy, snapshot, account_id) if each.numeric]
        for each in chance.sample(fields, min(4, len(fields))):
            flip = nearest(target, each)
            assert flip.proved
            far = max(each.most, -each.least)
            if flip.after is not None:
                far = abs(round((Decimal(flip.after) - Decimal(str(each.before))) / each.step)) - 1
                assert target.verified(((each, flip.after),)) is not None
                flips += 1
            distances = [far, *(int(far ** chance.random()) for _ in range(6))]
            for distance in distances:
                for step in (distance, -distance):
                    if each.least <= step <= each.most:
                        asked += 1
                        assert not target.flipped(((each, each.at(step)),)), (response.name, each, step)
    assert asked > 200
    assert flips > 0
