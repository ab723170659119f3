"""A policy made ready to decide fast: compiled when it first decides, then shared by all threads.

The evaluator in `decide` is the judge: what is rare, or must say what is wrong, is left to it. Nothing is
locked: whatever is kept is worked out from immutable parts alone, so that two threads make the same.
"""

from __future__ import annotations

from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias, cast

from postloan_rules.decisions.compiled_names import Definitions
from postloan_rules.decisions.compiled_plans import Plan, Rules, bits_of, places_of
from postloan_rules.decisions.compiled_ranges import Conditions, Index
from postloan_rules.decisions.compiled_recording import Recorder, Recording, Tables, recorder
from postloan_rules.decisions.compiled_settling import Facts, Open, Scopes, Settling
from postloan_rules.decisions.compiled_source import Program, both_forms, day_names, program
from postloan_rules.decisions.decide import decide, outcome
from postloan_rules.decisions.decision import ChosenResponse, Decision, Referral, TriggerState
from postloan_rules.decisions.schedule import next_review
from postloan_rules.decisions.trace import Trace, trace
from postloan_rules.decisions.trace_shapes import Shapes
from postloan_rules.decisions.triggers import State, length_of, state_of
from postloan_rules.expressions import NUMERIC, evaluate_node
from postloan_rules.policy.conditions import named
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.policy.model import IfUnknown, TriggerKind
from postloan_rules.policy.patterns import EventAbsence, steps_of
from postloan_rules.policy.scorecards import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from postloan_rules.expressions import Node
    from postloan_rules.policy.model import Policy, Trigger
    from postloan_rules.snapshot import Snapshot

__all__ = ["Compiled"]

MOST_DAYS = 400
"""How many days are kept ready at most."""
MOST_SPELLS = 20
"""How many spells with other rules in force are kept at most."""
MOST_PLANS = 2_000
"""How many choices among responses are kept at most, for rules that are in force together."""

Made: TypeAlias = "tuple[Day, Snapshot, Plan, int, int, Facts, Scopes, Settling | None]"
"""What a decision is made of, before it is put into the words of a Decision."""
Record: TypeAlias = "Callable[[Snapshot, Facts, int, int, Scopes], Tables]"
"""Makes side tables, from what the decision has worked out already."""


class Compiled:
    """A policy that decides by generated code."""

    __slots__ = (
        "_days",
        "_indexes",
        "_program",
        "_recorder",
        "_rules",
        "adjusting",
        "definitions",
        "happened",
        "names",
        "of_accounts",
        "places",
        "policy",
        "refers",
        "shapes",
    )

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._days: dict[date, Callable[[Snapshot], Decision]] = {}
        self._program: Program | None = None
        self._recorder: Recorder | None = None
        self._indexes: dict[object, Index] = {}
        self._rules: dict[tuple[bool, ...], Rules] = {}
        self.definitions = Definitions(policy)
        self.shapes = Shapes()
        self.places = {trigger.name: place for place, trigger in enumerate(policy.triggers)}
        self.names = tuple(self.places)
        self.refers = bits_of(
            (each.name for each in policy.triggers if each.if_unknown is IfUnknown.REFER), self.places
        )
        self.happened = bits_of(
            (each.name for each in policy.triggers if each.kind is not TriggerKind.CONDITION), self.places
        )
        adjustments = policy.schedule.adjustments if policy.schedule is not None else ()
        self.adjusting = tuple({each.trigger for one in adjustments for each in named(one.condition)})
        self.of_accounts = bits_of((each.name for each in policy.triggers if each.per_account), self.places)

    def __reduce__(self) -> tuple[type[Compiled], tuple[Policy]]:
        # Generated code stays at home; a copy makes its own.
        return Compiled, (self.policy,)

    def decide(self, snapshot: Snapshot) -> Decision:
        """What the policy says about a customer: the same as the evaluator says."""
        ready = self._days.get(snapshot.as_of)
        return self._ready(snapshot)(snapshot) if ready is None else ready(snapshot)

    def program(self) -> Program:
        """The generated code."""
        found = self._program
        if found is None:
            found = self._program = program(self.policy)
        return found

    def recorder(self) -> Recorder:
        """The generated code that makes side tables, for those who ask for a trace."""
        found = self._recorder
        if found is None:
            found = self._recorder = recorder(self.policy)
        return found

    def rules(self, day: date) -> Rules:
        """The rules in force on a day, kept for all days on which they are."""
        key = tuple(rule.holds_on(day) for rule in self.policy.rules)
        found = self._rules.get(key)
        if found is None:
            found = Rules(self.policy, day, self.places)
            if len(self._rules) < MOST_SPELLS:
                self._rules[key] = found
        return found

    def index(self, name: str, conditions: Conditions, constants: Mapping[str, object]) -> Index:
        """Conditions looked up together, kept for every day on which their constants are the same."""
        key = (name, *(constants[each] for each in sorted(conditions.constants)))
        found = self._indexes.get(key)
        if found is None:
            found = Index(conditions, constants)
            if len(self._indexes) < MOST_DAYS:
                self._indexes[key] = found
        return found

    def _ready(self, snapshot: Snapshot) -> Callable[[Snapshot], Decision]:
        """The generated code with the values of one day."""
        day = snapshot.as_of
        made = Day(self, day).ready()
        if len(self._days) >= MOST_DAYS:
            self._days.clear()
        self._days[day] = made
        return made

    def by_evaluator(self, snapshot: Snapshot) -> Decision:
        """The evaluator's decision, or its word on what is wrong with the snapshot."""
        return decide(self.policy, snapshot)


class Day:
    """A compiled policy on one day: parameters have their values, rules are in force or not."""

    __slots__ = ("_record", "compiled", "facts", "known", "policy", "rules")

    def __init__(self, compiled: Compiled, day: date) -> None:
        self.compiled = compiled
        self.policy = policy = compiled.policy
        self.known: dict[str, object] = {"as_of": day}
        self.known |= {each.name: each.on(day) for each in policy.parameters}
        self.rules = compiled.rules(day)
        written = compiled.program()
        self.facts = (written.customer_facts, written.account_facts)
        self._record: Record | None = None

    def ready(self) -> Callable[[Snapshot], Decision]:
        """The generated function that decides on this day."""
        by_evaluator = self.compiled.by_evaluator
        policy, written = self.policy, self.compiled.program()
        since, until = policy.effective_from, policy.effective_to
        today = self.known["as_of"]
        assert isinstance(today, date)  # noqa: S101 - given when it was made
        if (since is not None and today < since) or (until is not None and today > until):
            return by_evaluator
        constants = self._constants(written.daily)
        if constants is None:
            return by_evaluator
        standard = policy.schedule.standard if policy.schedule is not None else None
        namespace: dict[str, object] = {
            **written.namespace,
            **constants,
            "Decision": Decision,
            "day": self,
            "finish": self.finish,
            "new": object.__new__,
            "pattern_state": self.pattern_state,
            "simple_plans": self.rules.simple_plans,
            "put": Decision.__dict__["_made"].__set__,
            "standard_length": length_of(standard, self.known) if standard is not None else None,
            "standard_unit": standard.unit if standard is not None else "months",
            "unfit": by_evaluator,
        }
        for name, conditions in written.indexes.items():
            namespace[name] = self.compiled.index(name, conditions, namespace)
        exec(written.code, namespace)  # noqa: S102 - our own text: no word of a policy is in it
        return namespace["decide"]  # type: ignore[return-value]  # the function of that name in the text

    def _constants(self, daily: Mapping[str, Node]) -> dict[str, object] | None:
        """What the code takes for known on this day; None where some of it is not, as hardly ever happens."""
        constants = day_names(self.policy, self.known)
        for name, node in daily.items():
            constants |= both_forms(
                name, evaluate_node(node, self.known, KNOWN_FUNCTIONS), number=node.type in NUMERIC
            )
        return None if any(value is None for value in constants.values()) else constants

    def trace(self, made: Made) -> Trace:
        """The trace of a decision: a side table now, its steps when they are read."""
        record = self._record or self._recording()
        if record is None:
            return trace(self.policy, made[1])
        tables = record(made[1], made[5], made[3], made[4], made[6])
        found: Trace = object.__new__(Trace)
        recording = Recording(self.compiled, self.compiled.recorder(), made, tables)
        Trace.__dict__["_recording"].__set__(found, recording)
        return found

    def _recording(self) -> Record | None:
        """The generated function that makes side tables on this day."""
        written = self.compiled.recorder()
        constants = self._constants(written.daily)
        if constants is None:
            return None
        namespace: dict[str, object] = {**written.namespace, **constants}
        exec(written.code, namespace)  # noqa: S102 - our own text: no word of a policy is in it
        self._record = cast("Record", namespace["record"])
        return self._record

    def pattern_state(
        self, trigger: Trigger, snapshot: Snapshot, account_id: str | None, fresh: Collection[str]
    ) -> bool | None:
        """The state of a pattern, by its one judge; without events of its types it has not fired."""
        if trigger.pattern is not None:
            kinds = [step.event for step in steps_of(trigger.pattern)]
            if isinstance(trigger.pattern, EventAbsence):
                del kinds[1]
            elif not any(kind in fresh for kind in kinds):
                return False
            there = {event.type for event in snapshot.events}
            if not there.issuperset(kinds):
                return False
        return state_of(trigger, self.policy, snapshot, account_id, self.known)

    def finish(self, snapshot: Snapshot, fired: int, unknown: int, facts: Facts, scopes: Scopes) -> Decision:
        """The decision, once it is known what has fired."""
        compiled = self.compiled
        key: object = (
            (fired, unknown, *((each[1], each[2]) for each in scopes)) if scopes or unknown else fired
        )
        plan = self.rules.plans.get(key)
        if plan is None:
            plan = self._plan(fired, unknown, scopes)
            if len(self.rules.plans) < MOST_PLANS:
                self.rules.plans[key] = plan
                if plan.simple and not scopes and not unknown:
                    self.rules.simple_plans[fired] = plan
        referred = bool(unknown & compiled.refers) or any(each[2] & compiled.refers for each in scopes)
        settling = None
        if referred or snapshot.reviews or not plan.simple:
            settling = self._settling(snapshot, facts, scopes, plan)
            settling.settle(referred=referred)
        decision: Decision = object.__new__(Decision)
        Decision.__dict__["_made"].__set__(
            decision, (self, snapshot, plan, fired, unknown, facts, scopes, settling)
        )
        return decision

    def _plan(self, fired: int, unknown: int, scopes: Scopes) -> Plan:
        if not scopes:
            return self.rules.plan([(fired, unknown)], self.compiled.of_accounts, subject=False)
        both = [(fired | ours, unknown | unsure) for _, ours, unsure, _ in scopes]
        return self.rules.plan(both, 0, subject=True)

    def _settling(self, snapshot: Snapshot, facts: Facts, scopes: Scopes, plan: Plan) -> Settling:
        settling = Settling(
            self.policy, self.compiled.definitions, snapshot, self.known, self.facts, facts, scopes
        )
        settling.begin(plan)
        return settling

    # The parts of a decision, made when they are asked for

    def part(self, made: Made, name: str) -> object:
        """A field of a decision."""
        match name:
            case "_policy":
                return self.policy
            case "_snapshot":
                return made[1]
            case "ruleset":
                return self.policy.id
            case "version" | "profile":
                return getattr(self.policy, name)
            case "ruleset_fingerprint":
                return self.policy.fingerprint
            case "snapshot_fingerprint":
                return made[1].fingerprint
            case "customer_id":
                return made[1].customer.customer_id
            case "as_of":
                return made[1].as_of
            case "triggers":
                return self._triggers(made)
            case "responses":
                return self._responses(made)
            case "withheld":
                found = [each.withheld for each in self._open(made) if each.withheld is not None]
                return tuple(sorted(found, key=lambda each: (each.response, each.account_id or "")))
            case "reasons":
                adverse = (reasons for each, reasons in self._chosen(made) if each.response.adverse)
                return tuple(dict.fromkeys(chain.from_iterable(adverse)))
            case "referrals":
                return self._referrals(made)
            case "next_review":
                return self._next_review(made)
            case _:
                raise AttributeError(name)

    def fired(self, made: Made) -> tuple[str, ...]:
        """The names of the triggers that fired, for the customer or for any account."""
        plan, bits, scopes = made[2], made[3], made[6]
        if plan.fired is not None and not scopes:
            return plan.fired
        for _, ours, _, _ in scopes:
            bits |= ours
        found = tuple(sorted(self.compiled.names[place] for place in places_of(bits)))
        if not scopes:
            plan.fired = found
        return found

    def _responses(self, made: Made) -> tuple[ChosenResponse, ...]:
        plan, scopes, settling = made[2], made[6], made[7]
        if scopes or settling is not None:
            return tuple(_response(each, reasons) for each, reasons in self._chosen(made))
        if plan.chosen is None:
            plan.chosen = tuple((each.response, each.rules, reasons) for each, reasons in self._chosen(made))
        return tuple(
            ChosenResponse(one.name, None, one.family, {}, rules, one.adverse, reasons)
            for one, rules, reasons in plan.chosen
        )

    def _open(self, made: Made) -> list[Open]:
        """What is called for, and what became of it."""
        return self._settled(made).open

    def _settled(self, made: Made) -> Settling:
        _, snapshot, plan, _, _, facts, scopes, settling = made
        return settling if settling is not None else self._settling(snapshot, facts, scopes, plan)

    def _chosen(self, made: Made) -> list[tuple[Open, tuple[str, ...]]]:
        """The chosen responses in their order, each with its reasons."""
        settling = self._settled(made)
        chosen = [each for each in settling.open if each.withheld is None]
        chosen.sort(key=lambda each: (-each.response.rank, each.response.name, each.account_id or ""))
        return [(each, _reasons_of(each, settling)) for each in chosen]

    def _triggers(self, made: Made) -> tuple[TriggerState, ...]:
        plan, fired, unknown, scopes = made[2], made[3], made[4], made[6]
        if plan.triggers is not None and not scopes:
            return plan.triggers
        found: list[TriggerState] = []
        for name, place in sorted(self.compiled.places.items()):
            bit = 1 << place
            if not self.compiled.of_accounts & bit:
                found.append(TriggerState(name, None, _state(fired & bit, unknown & bit)))
                continue
            states = [
                TriggerState(name, account.account_id, _state(ours & bit, unsure & bit))
                for account, ours, unsure, _ in scopes
            ]
            found += sorted(states, key=lambda each: each.account_id or "")
        triggers = tuple(found)
        if not scopes:
            plan.triggers = triggers
        return triggers

    def _referrals(self, made: Made) -> tuple[Referral, ...]:
        settling = made[7]
        if settling is None or not settling.referred:
            return ()
        # Which fields are missing is rarely asked, and the evaluator knows.
        found = outcome(self.policy, made[1]).referrals
        return tuple(found[key] for key in sorted(found, key=lambda key: (key[0], key[1] or "")))

    def _next_review(self, made: Made) -> date | None:
        _, snapshot, _, fired, unknown, _, scopes, _ = made
        schedule = self.policy.schedule
        if schedule is None or (self.policy.subject is not None and not scopes):
            return None
        taken = [each.account_id for each in self._open(made) if each.withheld is None]
        places = self.compiled.places
        days = []
        for account, ours, unsure, _ in scopes or ((None, 0, 0, ()),):
            account_id = account.account_id if account is not None else None
            bits, maybe = fired | ours, unknown | unsure
            names = dict(self.known)
            for name in self.compiled.adjusting:
                bit = 1 << places[name]
                names[name] = True if bits & bit else None if maybe & bit else False
            attention = bool(bits & self.compiled.happened) or any(
                each is None or each == account_id for each in taken
            )
            days.append(next_review(self.policy, snapshot, account_id, names, attention=attention))
        return min((day for day in days if day is not None), default=None)


def _reasons_of(taken: Open, settling: Settling) -> tuple[str, ...]:
    """The response's own reason codes, then those of its scorecard."""
    response = taken.response
    if response.reasons_from is None:
        return response.reasons
    scored = settling.names(taken.place)[response.reasons_from + REASONS]
    more = tuple(str(each) for each in scored) if isinstance(scored, tuple) else ()
    return tuple(dict.fromkeys((*response.reasons, *more)))


def _response(taken: Open, reasons: tuple[str, ...]) -> ChosenResponse:
    response = taken.response
    return ChosenResponse(
        response=response.name,
        account_id=taken.account_id,
        family=response.family,
        parameters=taken.parameters,
        rules=taken.rules,
        adverse=response.adverse,
        reasons=reasons,
    )


def _state(fired: int, unknown: int) -> State:
    if fired:
        return State.FIRED
    return State.UNKNOWN if unknown else State.NOT_FIRED
