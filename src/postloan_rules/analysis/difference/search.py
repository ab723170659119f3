"""The search for a customer whom two policies decide otherwise, each policy with its own values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import define, field

from postloan_rules.analysis.proof.witness import Found, Unprovable, Witnesses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from postloan_rules.analysis.difference.customers import Both, Customers
    from postloan_rules.analysis.difference.universe import Universe
    from postloan_rules.analysis.proof.customers import Case
    from postloan_rules.analysis.proof.encoding import Encoding
    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.analysis.proof.world import Free

__all__ = ["PairSearch", "searches"]

_ROUNDS = 3
"""So often a customer is made anew where the evaluator says otherwise than the formula."""


@define(eq=False)
class PairSearch(Witnesses):
    """The search from customers as one policy sees them, by formulas of both."""

    side: str = "old"
    beside: Encoding | None = None
    customers: Customers | None = None
    universe: Universe | None = None
    _other: Witnesses | None = None
    _about: frozenset[str] = frozenset()
    """The variables that have to do with what is looked for."""

    def matters(self, name: str) -> bool:
        """Whether what is looked for has to do with it."""
        about = self._about
        return any(each in about for each in (name, f"{name}?", f"[{name}]", f"[{name}]?"))

    def axioms(self) -> Sequence[Formula]:
        """Of what is sure of every customer, that which has to do with what is looked for."""
        return self._universe().axioms(self._about)

    def _universe(self) -> Universe:
        if self.universe is None:
            raise TypeError(self)
        return self.universe

    def beside_of(self, case: Case) -> Case | None:
        """The same customer as the other policy sees it."""
        both = self.customers.both(case.snapshot) if self.customers is not None else None
        return None if both is None else both.case("new" if self.side == "old" else "old", case.account_id)

    def names_for(self, free: Free, case: Case) -> dict[str, object]:
        """The values of the policy that the part is from."""
        if self._universe().owners.get(free.key, self.side) == self.side:
            return case.names
        other = self.beside_of(case)
        return case.names if other is None else other.names

    def flag(self, name: str, case: Case) -> bool | None:
        """Whether what a flag says is so, by the policy that knows it."""
        found = super().flag(name, case)
        if found is not None or self.beside is None:
            return found
        if self._other is None:
            self._other = Witnesses(self.beside, ())
        other = self.beside_of(case)
        return None if other is None else self._other.flag(name, other)

    def search(
        self,
        assertion: Formula,
        confirm: Callable[[Both, str | None], bool],
        starts: Iterable[tuple[Both, str | None]],
    ) -> tuple[Found, Both] | Unprovable:
        """A customer that meets the formula, made from one of these, and whom the evaluator confirms."""
        self._about = self._universe().about(assertion)
        why: dict[str, None] = {}
        made: list[Both] = []

        def confirmed(case: Case) -> bool:
            both = self.customers.both(case.snapshot) if self.customers is not None else None
            if both is None or not confirm(both, case.account_id):
                return False
            made.append(both)
            return True

        self.possible = False
        solver = self._solver()
        solver.add(assertion)
        for both, account_id in starts:
            if not self.time_left():
                break
            case = both.case(self.side, account_id)
            hard = [(pin.text, pin.formula) for pin in self._pinned(case) if not pin.soft]
            if solver.check(*self._named(solver, hard)) == z3.unsat:
                # What can't be changed in this customer stands against it.
                why |= dict.fromkeys(self._against(solver))
                continue
            self.possible = True
            result = self._from(case, assertion, confirmed)
            if isinstance(result, Found):
                return result, made[-1]
            why |= dict.fromkeys(result)
        return Unprovable(tuple(why)[:3])

    def _named(self, solver: z3.Solver, hard: Sequence[tuple[str, Formula]]) -> list[Formula]:
        self._marks = {}
        self._customer += 1
        for number, (text, formula) in enumerate(hard):
            mark = z3.Bool(f"hard {self._customer} {number}")
            self._marks[str(mark)] = text
            solver.add(z3.Implies(mark, formula))
        return [z3.Bool(name) for name in self._marks]

    def _against(self, solver: z3.Solver) -> list[str]:
        texts = [self._marks.get(str(each), "") for each in solver.unsat_core()]
        return [text for text in texts if text]

    possible: bool = False
    """Whether any customer was one to start from, the last time."""
    _marks: dict[str, str] = field(factory=dict)
    _customer: int = 0


def searches(
    universe: Universe, customers: Customers, timeout: int, time_left: Callable[[], bool]
) -> tuple[PairSearch, PairSearch]:
    """The search as each of the two policies sees customers."""
    encodings = {"old": universe.old, "new": universe.new}
    one, other = (
        PairSearch(
            encodings[side],
            (),
            timeout=timeout,
            rounds=_ROUNDS,
            time_left=time_left,
            side=side,
            beside=encodings["new" if side == "old" else "old"],
            customers=customers,
            universe=universe,
        )
        for side in ("old", "new")
    )
    return one, other
