"""A customer for a formula: made from one that is there, decided by the evaluator, and only then believed."""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import define, field, frozen

from postloan_rules.analysis.proof.building import NotBuilt, built
from postloan_rules.analysis.proof.customers import Case, cases_of
from postloan_rules.analysis.proof.reading import field_value, pinned
from postloan_rules.analysis.proof.values import both
from postloan_rules.decisions.triggers import new_events
from postloan_rules.expressions import INPUT, ListType, children, evaluate_node, names_in, value
from postloan_rules.policy.model import TriggerKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.analysis.proof.world import Free
    from postloan_rules.expressions import Node
    from postloan_rules.snapshot import Snapshot

__all__ = ["Found", "Unprovable", "Witnesses"]


@frozen(eq=False)
class Found:
    """A customer that the evaluator confirms."""

    case: Case
    start: Snapshot
    """The customer that it was made from."""
    changed: tuple[str, ...]
    """The fields that are changed in it."""

    @property
    def snapshot(self) -> Snapshot:
        """The customer."""
        return self.case.snapshot


@frozen(eq=False)
class Unprovable:
    """No customer was found, and none was proved not to be: by reason of these expressions."""

    by: tuple[str, ...]


@define(eq=False)
class _Pin:
    name: str
    formula: Formula
    soft: bool
    text: str = ""


@define(eq=False)
class Witnesses:
    """The search for customers of a policy.

    Args:
        encoding: The policy.
        cases: Customers to start from, already decided.
        most: How many of them a search starts from at most.
        timeout: Milliseconds for one question to the solver.
        time_left: Whether there is time to go on.
        rounds: So often a customer is made anew where the evaluator says otherwise than the formula.
    """

    encoding: Encoding
    cases: Sequence[Case]
    most: int = 40
    timeout: int = 1_500
    time_left: Callable[[], bool] = lambda: True
    rounds: int = 8
    _pins: dict[tuple[int, str, str], _Pin | None] = field(factory=dict)
    _seen: list[Case] = field(factory=list)
    """INVARIANT: a case whose pins are kept stays alive, so that no other one can have its id."""

    def refuted(self, assertion: Formula) -> bool | None:
        """Whether no customer meets the formula; None where the solver does not know."""
        solver = self._solver()
        solver.add(assertion)
        answer = solver.check()
        return True if answer == z3.unsat else False if answer == z3.sat else None

    def witness(
        self, assertion: Formula, confirm: Callable[[Case], bool], hints: Iterable[Case] = ()
    ) -> Found | Unprovable:
        """A customer that meets the formula, and whom the evaluator confirms.

        Args:
            assertion: What is wanted of the customer.
            confirm: The same, as the evaluator has it.
            hints: Customers to start from before others.
        """
        order = [*hints, *self.cases]
        for case in order:
            if confirm(case):
                return Found(case, case.snapshot, ())
        why: dict[str, None] = {}
        for case in order[: self.most]:
            if not self.time_left():
                break
            result = self._from(case, assertion, confirm)
            if isinstance(result, Found):
                return result
            why |= dict.fromkeys(result)
        return Unprovable(tuple(why)[:3])

    def _solver(self) -> z3.Solver:
        solver = z3.Solver()
        solver.set("timeout", self.timeout)
        solver.set("random_seed", 1)
        solver.add(*self.axioms())
        return solver

    def axioms(self) -> Sequence[Formula]:
        """What is sure of every customer."""
        return self.encoding.world.axioms

    def _from(
        self, start: Case, assertion: Formula, confirm: Callable[[Case], bool]
    ) -> Found | tuple[str, ...]:
        case, changed = start, set[str]()
        why: tuple[str, ...] = ()
        learnt: list[Formula] = []
        for _ in range(self.rounds):
            learnt += self._worked_out(case)
            model, why, released = self._model(case, both(assertion, *learnt))
            if model is None:
                return why
            try:
                snapshot = built(self.encoding, case, model, released)
            except NotBuilt:
                return why
            changed |= released
            again = [
                each
                for each in cases_of(self.encoding.policy, snapshot)
                if each.account_id == case.account_id
            ]
            if not again:
                return why
            case = again[0]
            if confirm(case):
                fields = self.encoding.world.fields.keys()
                return Found(case, start.snapshot, tuple(sorted(changed & fields)))
        return why

    def _model(self, case: Case, assertion: Formula) -> tuple[z3.ModelRef | None, tuple[str, ...], set[str]]:
        """A customer as like this one as may be; what stands in the way; the fields that must change."""
        solver = self._solver()
        solver.add(assertion)
        pins = {f"pin {number}": pin for number, pin in enumerate(self._pinned(case))}
        released: set[str] = set()
        for name, pin in pins.items():
            solver.add(z3.Implies(z3.Bool(name), pin.formula))
        asked = dict.fromkeys(pins)
        while True:
            answer = solver.check(*(z3.Bool(name) for name in asked))
            if answer == z3.sat:
                return solver.model(), (), released
            if answer != z3.unsat:
                return None, (), released
            core = [str(each) for each in solver.unsat_core()]
            soft = [name for name in core if pins[name].soft]
            if not soft:
                return None, tuple(pins[name].text for name in core if pins[name].text), released
            for name in soft:
                del asked[name]
                released.add(pins[name].name)

    def _worked_out(self, case: Case) -> Iterator[Formula]:
        """That what hangs on fields alone is what it is, as long as they are as they are."""
        pins = {pin.name: pin for pin in self._pinned(case)}
        for name, pin in pins.items():
            if name.startswith("[") and pin.soft:
                fields = [
                    pins[path].formula for path in self.encoding.world.fields if path in name and path in pins
                ]
                yield z3.Implies(both(*fields), pin.formula)

    def _pinned(self, case: Case) -> list[_Pin]:
        """What a customer is, as formulas, each of which can be let go or not."""
        world = self.encoding.world
        kinds: tuple[tuple[Iterable[str], Callable[[str, Case], _Pin | None]], ...] = (
            (world.fields, self._of_field),
            (world.frees, self._of_free),
            (world.flags, self._of_flag),
        )
        found = []
        for names, of in kinds:
            for name in names:
                if not self.matters(name):
                    continue
                key = (id(case), of.__name__, name)
                if key not in self._pins:
                    self._pins[key] = of(name, case)
                    self._seen.append(case)
                pin = self._pins[key]
                if pin is not None:
                    found.append(pin)
        return found

    def matters(self, name: str) -> bool:  # noqa: ARG002 - a narrower search looks at it
        """Whether a field, a part without a formula or a flag has to do with what is looked for."""
        return True

    def names_for(self, free: Free, case: Case) -> dict[str, object]:  # noqa: ARG002 - two policies tell apart
        """The values by which a part without a formula is worked out."""
        return case.names

    def _of_field(self, path: str, case: Case) -> _Pin | None:
        if path.startswith("event of "):
            return None
        world = self.encoding.world
        each, found = world.fields[path], field_value(case, path)
        if found is NotImplemented:
            return None
        return _Pin(path, pinned(world, each.term, each.known, found, each.type), path != "as_of")

    def _of_free(self, key: str, case: Case) -> _Pin | None:
        world = self.encoding.world
        free = world.frees[key]
        if free.node is None or free.trigger is not None:
            return None
        names = self.names_for(free, case)
        if not set(names_in(free.node)) - {INPUT} <= names.keys():
            return None  # it is about an account, and there is none
        found = _worked_out(free, names)
        if found is None and z3.is_true(free.known):
            return None  # it is asked for only where it is known
        formula = pinned(world, free.term, free.known, found, free.type)
        return _Pin(f"[{free.key}]", formula, not _of_lists(free.node), free.text)

    def _of_flag(self, name: str, case: Case) -> _Pin | None:
        state = self.flag(name, case)
        if state is None:
            return None
        flag = self.encoding.world.flags[name]
        # An event can be added; one that is there is not taken away.
        soft = name.startswith("new ") and not state
        return _Pin(name, flag if state else z3.Not(flag), soft, self._said(name))

    def flag(self, name: str, case: Case) -> bool | None:
        """Whether what a flag says is so of a customer; None where that is not told."""
        policy, world = self.encoding.policy, self.encoding.world
        if name == "bureau?":
            return case.snapshot.bureau is not None
        if name in world.lists:
            node, functions = world.lists[name]
            if not set(names_in(node)) <= case.names.keys():
                return None
            return evaluate_node(node, case.names, functions) is not None
        for trigger in policy.triggers:
            if trigger.kind is TriggerKind.EVENT and self.encoding.came(trigger) == name:
                account = case.account_id if trigger.per_account else None
                return any(True for _ in new_events(case.snapshot, account, trigger.event or ""))
            if trigger.kind in (TriggerKind.SCHEDULE, TriggerKind.PATTERN):
                state = self.encoding.state_flag(trigger, name, case.names.get(trigger.name))
                if state is not None:
                    return state
        if name.startswith("resting "):
            return self._resting(name.removeprefix("resting "), case)
        return None

    def _said(self, name: str) -> str:
        """A flag in words."""
        for trigger in self.encoding.policy.triggers:
            if self.encoding.state_flag(trigger, name, None) is not None:
                return trigger.name
        return name.strip("[]?")

    def _resting(self, response: str, case: Case) -> bool | None:
        found = [
            each
            for (name, account), each in case.found.candidates.items()
            if name == response and account in (None, case.account_id)
        ]
        if found:
            return case.found.cool_until(found[0]) is not None
        taken = {each.response for review in case.snapshot.reviews for each in review.responses}
        return False if response not in taken else None


def _worked_out(free: Free, names: dict[str, object]) -> object:
    if free.node is None or free.functions is None:
        raise TypeError(free)
    if free.subject is None:
        return evaluate_node(free.node, names, free.functions)
    subject = value(free.subject, names)
    return evaluate_node(free.node, ChainMap({"?": subject}, names), free.functions)


def _of_lists(node: Node) -> bool:
    return isinstance(node.type, ListType) or any(_of_lists(part) for part in children(node))
