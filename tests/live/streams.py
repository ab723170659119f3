"""Random policies of patterns, random streams of events, and what the judge says of their whole history."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from builders import policy
from postloan_rules.decisions import State
from postloan_rules.decisions.patterns import completions
from postloan_rules.live.events import StreamEvent, latest
from postloan_rules.live.matching import Judge
from postloan_rules.live.monitor import Monitor
from postloan_rules.policy.model import IfUnknown
from postloan_rules.policy.patterns import EventAbsence
from postloan_rules.snapshot import Event, EventType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import postloan_rules as plr
    from postloan_rules.live.outcomes import Completed
    from postloan_rules.policy.model import Trigger

KINDS = ("cash_withdrawal", "payment_received", "statement_issued")
DAY_ONE = date(2026, 1, 1)
Said = tuple[str, str, str | None, str, State]
"""Customer, trigger, account, the event that ends it, and whether it fired."""

_kind = st.sampled_from(KINDS)


@st.composite
def _step(draw: st.DrawFn, number: int) -> tuple[str, bool]:
    """A step of a sequence, and whether its condition can be unknown."""
    kind = draw(_kind)
    conditions = ["", "event.amount >= 200", 'event.outcome = "full"']
    if number:
        conditions += ["event.amount >= 0.5 * first.amount", "first.amount > event.amount"]
    where = draw(st.sampled_from(conditions))
    return (f"{{event: {kind}, where: '{where}'}}" if where else kind), bool(where)


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """One trigger, as YAML."""
    length = draw(st.integers(1, 9))
    unit = draw(st.sampled_from(["days", "hours"]))
    within = f"{length} days" if unit == "days" else f"{length * 7} hours"
    per = draw(st.sampled_from(["", ", per: customer"]))
    shape = draw(st.sampled_from(["sequence", "count", "absent"]))
    doubtful = unit == "hours"
    if shape == "sequence":
        steps = [draw(_step(number)) for number in range(draw(st.integers(2, 3)))]
        text = f"sequence: [{', '.join(step for step, _ in steps)}]"
        doubtful |= any(unknown for _, unknown in steps)
    elif shape == "count":
        where = draw(st.sampled_from(["", ", where: event.amount >= 200"]))
        text = f"count: {{event: {draw(_kind)}, at_least: {draw(st.integers(2, 3))}{where}}}"
        doubtful |= bool(where)
    else:
        after, other = draw(_step(0)), draw(_step(1))
        text = f"after: {_mapping(after[0])}, absent: {_mapping(other[0])}"
        doubtful |= after[1] or other[1]
    unknown = f", if_unknown: {draw(st.sampled_from(['ignore', 'refer', 'fire']))}" if doubtful else ""
    return f"{{kind: pattern, {text}, within: {within}{per}{unknown}}}"


def _mapping(step: str) -> str:
    return step if step.startswith("{") else f"{{event: {step}}}"


def rules(triggers: Iterable[str]) -> plr.RuleSet:
    """The rule set of these triggers."""
    named = [f"  t{number}: {each}" for number, each in enumerate(triggers)]
    names = ", ".join(f"t{number}" for number in range(len(named)))
    return policy(
        "triggers:\n"
        + "\n".join(named)
        + "\nresponses:\n  look: {family: f, rank: 1}\n"
        + f"rules:\n  - {{id: R, if: {{any: [{names}]}}, then: [look]}}\n",
        subject=True,
    )


@st.composite
def _events(draw: st.DrawFn, number: int) -> StreamEvent:
    day = DAY_ONE + timedelta(days=draw(st.integers(0, 20)))
    minute = draw(st.none() | st.integers(0, 24 * 4 - 1))
    at = datetime.combine(day, time.min) + timedelta(minutes=15 * minute) if minute is not None else None
    amount = draw(st.sampled_from([None, Decimal("100.00"), Decimal("200.00"), Decimal("400.00")]))
    event = Event(
        id=f"E{number}",
        type=EventType(draw(_kind)),
        occurred_on=day,
        occurred_at=at,
        amount=amount,
        account_id=draw(st.sampled_from([None, "A1", "A2"])),
        outcome=draw(st.sampled_from([None, "full", "part"])),
    )
    return StreamEvent(draw(st.sampled_from(["C1", "C2"])), event)


@st.composite
def streams(draw: st.DrawFn, most: int = 14) -> list[StreamEvent]:
    """Events in the order of their time."""
    found = [draw(_events(number)) for number in range(draw(st.integers(1, most)))]
    return sorted(found, key=lambda each: (latest(each.event), each.event.id))


@st.composite
def delayed(draw: st.DrawFn, events: list[StreamEvent], lateness: timedelta) -> list[StreamEvent]:
    """The events as they come, each no later than the lateness allows, some of them twice."""
    minutes = int(lateness.total_seconds()) // 60
    coming = [
        (latest(each.event) + timedelta(minutes=draw(st.integers(0, minutes))), each) for each in events
    ]
    twice = draw(st.lists(st.tuples(st.sampled_from(events), st.integers(0, 30)), max_size=3))
    coming += [(latest(each.event) + timedelta(days=days), each) for each, days in twice]
    return [each for _, each in sorted(coming, key=lambda pair: (pair[0], pair[1].event.id))]


def said(completions: Iterable[Completed]) -> set[Said]:
    """What completions say."""
    return {(each.customer_id, each.trigger, each.account_id, each.end, each.state) for each in completions}


def essence(all_said: set[Said]) -> set[Said]:
    """Without what another one covers: an unknown that came to be fired, an account whose customer is meant."""

    def covered(each: Said) -> bool:
        customer, trigger, account, end, state = each
        accounts = {account, None}
        states = {State.FIRED, state}
        return any(
            (customer, trigger, wider, end, stronger) in all_said
            for wider in accounts
            for stronger in states
            if (wider, stronger) != (account, state)
        )

    return {each for each in all_said if not covered(each)}


def history(ruleset: plr.RuleSet, events: Iterable[StreamEvent], until: datetime) -> set[Said]:
    """What the judge says of all events of each customer, at the end of it all."""
    by_customer: dict[str, list[Event]] = {}
    for each in events:
        by_customer.setdefault(each.customer_id, []).append(each.event)
    found: set[Said] = set()
    for customer_id, mine in by_customer.items():
        for trigger in ruleset.policy.triggers:
            found |= {
                (customer_id, trigger.name, account_id, end, state)
                for account_id, end, state in _of_trigger(ruleset, trigger, mine, until)
            }
    return essence(found)


def _of_trigger(
    ruleset: plr.RuleSet, trigger: Trigger, events: list[Event], until: datetime
) -> Iterator[tuple[str | None, str, State]]:
    accounts = sorted({each.account_id for each in events if each.account_id is not None})
    of_nobody = [each for each in events if each.account_id is None]
    asked: list[tuple[str | None, list[Event]]] = [(None, events)]
    if trigger.per_account:
        asked = [(None, of_nobody), *((account_id, events) for account_id in accounts)]
    for account_id, some in asked:
        for each in completions(trigger, ruleset.policy, some, account_id, until=until):
            if isinstance(trigger.pattern, EventAbsence) and trigger.per_account:
                named = _named(trigger, each.end, events, each.completed_at)
                mine = each.end.account_id
                if account_id not in ({mine} if mine is not None else named or {None}):
                    continue
            if each.state is None and trigger.if_unknown is IfUnknown.IGNORE:
                continue
            fired = each.state is True or trigger.if_unknown is IfUnknown.FIRE
            yield account_id, each.end.id, State.FIRED if fired else State.UNKNOWN


def _named(trigger: Trigger, after: Event, events: list[Event], over: datetime | None) -> set[str | None]:
    """The accounts that the customer's events name while it is waited."""
    assert isinstance(trigger.pattern, EventAbsence)
    assert over is not None
    kinds = {trigger.pattern.after.event, trigger.pattern.absent.event}
    return {
        each.account_id
        for each in events
        if each.account_id is not None
        and each.type in kinds
        and after.occurred_on <= each.occurred_on <= over.date()
    }


def monitored(ruleset: plr.RuleSet, **options: object) -> Monitor:
    """A monitor by the evaluator alone."""
    return Monitor(ruleset, matcher=Judge(ruleset.policy), **options)  # type: ignore[arg-type]  # passed on
