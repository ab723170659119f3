"""The limits of durable-rules, and how what is given to it keeps clear of each."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from live.matching_cases import event, missed, patterns, policy_of
from postloan_rules.live.matching import Work
from postloan_rules.live.shapes import Shape, fact_of, patterns_of, shape_of
from postloan_rules.live.worker import FACTS, Fact, Pattern
from postloan_rules.live.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.snapshot import Event

CASH_THEN_LIMIT = "sequence: [cash_withdrawal, temporary_limit_requested], within: 9 days"
LIMIT_THEN_CASH = "sequence: [temporary_limit_requested, cash_withdrawal], within: 4 days"
THREE = "count: {event: cash_withdrawal, at_least: 3}, within: 9 days"
ALIKE = ("customer-562789", "customer-779192")
MAY = {"$and", "$add", "$sub", "$l", "$r", "$gt", "$gte", "$lte", "$eq"}


def run(script: str) -> subprocess.CompletedProcess[str]:
    """What a script says that uses durable-rules' engine bare, in a process of its own."""
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


def shape(body: str) -> Shape:
    policy = policy_of({"pattern": body})
    (trigger,) = patterns_of(policy)
    found = shape_of(trigger, policy)
    assert isinstance(found, Shape)
    return found


class Listening:
    """An engine that takes all and finds nothing; it keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, int]] = []
        self.deleted: list[str] = []

    def create_ruleset(self, name: str, rules: str, /) -> int:
        assert name
        json.loads(rules)
        return 1

    def assert_facts(self, ruleset: int, facts: str, /) -> tuple[int, int]:
        assert ruleset == 1
        self.told += json.loads(facts)
        return 0, 1

    def start_action_for_state(self, ruleset: int, state: int, /) -> tuple[str, str] | None:
        assert (ruleset, state) == (1, 1)
        match = {"may": [{f"m{step}": {"id": step} for step in range(2)}]}
        return "{}", json.dumps(match)

    def complete_and_start_action(self, ruleset: int, state: int, /) -> str | None:
        assert (ruleset, state) == (1, 1)
        return None

    def delete_state(self, ruleset: int, session: str, /) -> None:
        assert ruleset == 1
        self.deleted.append(session)


def listened(body: str, customers: int = 3, sessions: int = 2) -> tuple[Listening, list[dict[str, int]]]:
    """What the engine is told about a pattern of two steps."""
    held = shape(body)
    engine = Listening()
    pattern = Pattern(
        engine, {"name": "p", "rules": held.rules, "kind": held.kind, "steps": held.steps}, sessions
    )
    warm_up = len(engine.told)
    for customer in range(customers):
        facts = [
            fact_of(held, event("x' \"\\ 1e-05", "cash_withdrawal", day), 1 if held.kind == "count" else 3)
            for day in (1, 2)
        ]
        pattern.may_complete(f"customer {customer}", facts[:1], facts[1:])
    return engine, engine.told[warm_up:]


def names(data: object) -> Iterator[str]:
    match data:
        case dict():
            for key, value in data.items():
                yield str(key)
                yield from names(value)
        case list():
            for value in data:
                yield from names(value)
        case _:
            return


def constants(data: object) -> Iterator[object]:
    match data:
        case dict():
            for value in data.values():
                yield from constants(value)
        case list():
            for value in data:
                yield from constants(value)
        case _:
            yield data


@settings(deadline=None, max_examples=50)
@given(patterns())
def test_a_rule_set_is_one_rule_of_whole_numbers_sums_and_comparisons(body: str) -> None:
    """No `none`, no `$or` (fires twice), no division (7/2 is 3), no text (`"5" == 5`), no decimal, no date."""
    held = shape(body)
    (rule,) = held.rules.values()
    assert isinstance(rule, dict)
    assert rule.keys() == {"all", "cap"}
    assert {name for name in names(rule["all"]) if name.startswith("$")} <= MAY
    for each in constants(rule["all"]):
        assert type(each) is int or (isinstance(each, str) and len(each) == 1)


@settings(deadline=None, max_examples=50)
@given(patterns())
def test_the_last_comparison_of_each_step_always_holds(body: str) -> None:
    """Where it does not, the engine reads on behind the list of comparisons, and crashes sooner or later."""
    (rule,) = shape(body).rules.values()
    assert isinstance(rule, dict)
    for step in rule["all"][1:]:
        (conditions,) = step.values()
        assert conditions["$and"][-1] == {"$gte": {"n": {"m0": "z"}}}


@pytest.mark.parametrize("body", [CASH_THEN_LIMIT, THREE])
def test_facts_are_whole_numbers_and_their_ids_are_small(body: str) -> None:
    """Texts, amounts and dates of customers do not reach it: it refuses some and misreads others."""
    _, told = listened(body)
    assert told
    for fact in told:
        assert all(type(value) is int and value >= 0 for value in fact.values())
        assert fact["id"] < FACTS
        assert fact["sid"] < 2
        assert fact["z"] == 0


def fnv(text: str) -> int:
    """By this number the engine knows a message or a session, whatever its text is."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def test_no_two_ids_that_are_used_have_the_same_hash() -> None:
    used = [*map(str, range(10 * FACTS)), *(f"sid-{slot}" for slot in range(1024))]
    assert len({fnv(text) for text in used}) == len(used)
    fields = ["id", "sid", "l", "h", "a", "b", "n", "z", "r", "p", "c", *(f"s{step}" for step in range(10))]
    assert len({fnv(text) for text in fields}) == len(fields)


def test_customers_whose_names_have_the_same_hash_are_two() -> None:
    one, other = ALIKE
    assert fnv(one) == fnv(other)
    policy = policy_of({"cash_then_limit": CASH_THEN_LIMIT})
    cash, limit = event("1", "cash_withdrawal", 0), event("2", "temporary_limit_requested", 1)
    other_limit = event("3", "temporary_limit_requested", 2)
    with Workers(policy, 1) as workers:
        found = workers.candidates([Work(one, (cash,), (limit,)), Work(other, (), (other_limit,))])
    assert found == {(one, "2"): {"cash_then_limit"}}


def test_bare_the_engine_takes_them_for_one() -> None:
    first, second = ({"id": number, "sid": name, f"s{number}": 1} for number, name in enumerate(ALIKE))
    script = f"""
import json, durable_rules_engine as engine
handle = engine.create_ruleset("p", '{{"r": {{"all": [{{"m0": {{"s0": 1}}}}, {{"m1": {{"s1": 1}}}}]}}}}')
engine.assert_fact(handle, {json.dumps(json.dumps(first))})
_, state = engine.assert_fact(handle, {json.dumps(json.dumps(second))})
print(engine.start_action_for_state(handle, state) is not None)
"""
    assert run(script).stdout == "True\n"


def test_three_thousand_customers_take_turns_in_few_sessions() -> None:
    """The 1,025th session of a rule set raises MemoryError, and the process may crash later."""
    policy = policy_of({"cash_then_limit": CASH_THEN_LIMIT, "three": THREE})
    chance = random.Random(3)
    with Workers(policy, 1, sessions=8) as workers:
        windows: dict[str, tuple[Event, ...]] = {}
        for turn in range(3):
            batch = []
            for number in chance.sample(range(3000), 3000):
                new = tuple(
                    event(f"{number}-{turn}-{place}", kind, 3 * turn + place)
                    for place, kind in enumerate(("cash_withdrawal", "temporary_limit_requested"))
                )
                batch.append(Work(f"c{number}", windows.get(f"c{number}", ()), new))
                windows[f"c{number}"] = (*windows.get(f"c{number}", ()), *new)
            found = workers.candidates(batch)
            assert sum("cash_then_limit" in each for each in found.values()) >= 3000
            assert sum("three" in each for each in found.values()) == (3000 if turn == 2 else 0)
        assert workers.restarts == 0


def test_a_session_is_never_deleted_before_it_has_delivered_a_match() -> None:
    """Deleting one that never did frees what happens to stand in the memory."""
    engine, _ = listened(CASH_THEN_LIMIT, customers=5, sessions=2)
    assert sorted(engine.deleted[:2]) == ["0", "1"]
    assert len(engine.told) >= 4
    assert len(engine.deleted) == 2 + 3


def test_sessions_of_which_none_delivered_a_match_are_dropped_by_thousands() -> None:
    policy = policy_of({"cash_then_limit": CASH_THEN_LIMIT})
    with Workers(policy, 1, sessions=4) as workers:
        limit, cash = event("1", "temporary_limit_requested", 0), event("2", "cash_withdrawal", 1)
        for turn in range(5):
            batch = [Work(f"c{turn}-{number}", (limit,), (cash,)) for number in range(1000)]
            assert workers.candidates(batch) == {}
        assert workers.restarts == 0


def test_a_customer_with_events_without_end_is_held_within_bounds() -> None:
    """Facts that found no other half stay for ever: a session that is full is built up anew from the window."""
    policy = policy_of({"cash_then_limit": CASH_THEN_LIMIT, "three": THREE})
    chance = random.Random(4)
    window: tuple[Event, ...] = ()
    with Workers(policy, 1) as workers:
        for turn in range(400):
            kind = chance.choice(("cash_withdrawal", "temporary_limit_requested"))
            work = Work("c", window[-20:], tuple(event(f"{turn}-{n}", kind, turn) for n in range(2)))
            assert missed(policy, work, workers.candidates([work])) == []
            window = (*window[-20:], *work.new)
        assert workers.restarts == 0
        assert workers.crowded == 0


def test_an_event_completes_every_pattern_that_it_can() -> None:
    """An event of durable-rules fires one rule, and is used up; what it is told here are facts that stay."""
    policy = policy_of({"one": CASH_THEN_LIMIT, "other": CASH_THEN_LIMIT, "back": LIMIT_THEN_CASH})
    cash = tuple(event(f"c{day}", "cash_withdrawal", day) for day in range(3))
    limits = tuple(event(f"l{day}", "temporary_limit_requested", 3) for day in range(3))
    with Workers(policy, 1) as workers:
        found = workers.candidates([Work("c", cash, limits)])
    assert found == {("c", each.id): {"one", "other"} for each in limits}


def test_a_hundred_patterns_that_begin_alike_do_not_crash_it() -> None:
    """Two join rules that share a first pattern crash it; 65 alternatives fail: each pattern is a rule set."""
    policy = policy_of({f"p{number}": f"{CASH_THEN_LIMIT[:-6]}{number % 9} days" for number in range(100)})
    chance = random.Random(5)
    with Workers(policy, 1, sessions=2) as workers:
        assert len(workers.held) == 100
        for turn in range(4):
            batch = []
            for number in range(4):
                events = tuple(
                    event(
                        f"{turn}-{number}-{place}",
                        chance.choice(("cash_withdrawal", "temporary_limit_requested")),
                        chance.randrange(12),
                    )
                    for place in range(8)
                )
                batch.append(Work(f"c{number}", events[:4], events[4:]))
            found = workers.candidates(batch)
            assert all(missed(policy, each, found) == [] for each in batch)
        assert workers.restarts == 0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads as Linux lists them")
def test_a_worker_has_one_thread() -> None:
    """Deleting sessions from several threads crashes it, and its own host starts two."""
    policy = policy_of({"three": THREE})
    with Workers(policy, 1) as workers:
        workers.candidates([Work("c", (), tuple(event(f"{n}", "cash_withdrawal", 0) for n in range(3)))])
        (pid,) = workers.pids
        assert len(list(Path(f"/proc/{pid}/task").iterdir())) == 1


def test_the_rules_are_data_that_its_host_takes_too() -> None:
    script = f"""
import json
from durable.engine import Host
found = []
rules = json.loads({json.dumps(json.dumps(shape(CASH_THEN_LIMIT).rules))})
rules["may"]["run"] = lambda c: found.append(1)
host = Host()
host.set_rulesets({{"p": rules}})
host.assert_facts("p", [
    {{"id": 1, "sid": 1, "l": 1, "h": 1, "a": 1, "b": 1, "n": 1, "z": 0, "s0": 1}},
    {{"id": 2, "sid": 1, "l": 2, "h": 2, "a": 2, "b": 2, "n": 1, "z": 0, "s1": 1}},
])
print(len(found))
"""
    assert run(script).stdout == "1\n"


def test_facts_are_told_apart_by_all_that_they_say() -> None:
    engine, told = listened(CASH_THEN_LIMIT, customers=1)
    del engine
    assert [fact["id"] for fact in told] == [0, 1]
    assert Fact("x", 1, 1, 1, 1, 1) != Fact("x", 2, 2, 2, 2, 1)
