"""The smallest change of several fields at once: the policy as equations, solved for the least cost by z3."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import z3  # type: ignore[import-untyped]  # it has no types
from attrs import frozen

from postloan_rules.decisions.cases import merged, term
from postloan_rules.decisions.open_policy import OpenPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from postloan_rules.decisions.boundary import Target
    from postloan_rules.decisions.changeable import Changeable, Known

__all__ = ["Solution", "solve"]

Changes: TypeAlias = "tuple[tuple[Changeable, Known], ...]"

_TIMEOUT = 5_000
"""So many milliseconds are spent on one question to the solver."""
_MOST_CHOICES = 200
"""So many choices of fields are looked at for one number of fields; past them the search gives up."""
_MOST_ANSWERS = 25
"""So many answers for one choice of fields are decided; where none of them does it, it is given up."""


@frozen
class Solution:
    """The cheapest change of the fewest fields (None: none was found), and whether that is proved."""

    changes: Changes | None
    proved: bool


def solve(
    target: Target,
    fields: Sequence[Changeable],
    cost: Callable[[Changeable, Known], Fraction],
    fewest: int,
) -> Solution:
    """The cheapest change of the fewest fields, at least so many, that brings the response or takes it away.

    Raises:
        Resting: where nothing but its cool-down stands in its way.
    """
    search = _Search(target, tuple(fields), cost)
    changes = search.run(fewest)
    return Solution(changes, proved=search.complete)


class _Search:
    def __init__(
        self, target: Target, fields: tuple[Changeable, ...], cost: Callable[[Changeable, Known], Fraction]
    ) -> None:
        self.target = target
        self.fields = fields
        self.cost = cost
        self.steps = [z3.Int(f"step {number}") for number in range(len(fields))]
        pairs = tuple(zip(fields, self.steps, strict=True))
        policy = OpenPolicy(target, ((each.place, _open(each, step)) for each, step in pairs))
        wanted = policy.chosen(target.response, target.account_id)
        self.rules = [
            z3.Not(wanted) if target.now else wanted,
            *(limit for each, step in pairs for limit in _limits(each, step)),
            *_possible(target, pairs),
        ]
        self.count = z3.Sum([z3.If(step != 0, 1, 0) for step in self.steps])
        self.price = z3.Sum([_price(each, step, cost) for each, step in pairs])
        self.complete = not policy.left_out

    def run(self, fewest: int) -> Changes | None:
        """The cheapest change among those of the fewest fields."""
        for count in range(fewest, len(self.fields) + 1):
            found = self._of_so_many(count)
            if found is not None:
                return found
        return None

    def _of_so_many(self, count: int) -> Changes | None:
        """The cheapest change of so many fields, one choice of fields after the other."""
        solver = z3.Solver()
        solver.set("timeout", _TIMEOUT)
        solver.add(*self.rules, self.count == count)
        best: Changes | None = None
        for _ in range(_MOST_CHOICES):
            answer = solver.check()
            if answer != z3.sat:
                self.complete = self.complete and answer == z3.unsat
                return best
            steps = self._steps(solver.model())
            chosen = frozenset(number for number, step in enumerate(steps) if step)
            found = self._cheapest(chosen, best)
            if found is not None:
                best = found
                solver.add(self.price < term(self._total(best)))
            solver.add(z3.Or([step != 0 for n, step in enumerate(self.steps) if n not in chosen]))
        self.complete = False
        return best

    def _cheapest(self, chosen: frozenset[int], best: Changes | None) -> Changes | None:
        """The cheapest change of just these fields, if it is cheaper than the best one so far."""
        solver = z3.Optimize()
        solver.set("timeout", _TIMEOUT)
        solver.add(*self.rules)
        solver.add(*((step != 0) if n in chosen else (step == 0) for n, step in enumerate(self.steps)))
        if best is not None:
            solver.add(self.price < term(self._total(best)))
        solver.minimize(self.price)
        for _ in range(_MOST_ANSWERS):
            answer = solver.check()
            if answer != z3.sat:
                self.complete = self.complete and answer == z3.unsat
                return None
            steps = self._steps(solver.model())
            changes = tuple(
                (each, _after(each, step)) for each, step in zip(self.fields, steps, strict=True) if step
            )
            if self.target.flipped(changes) and self.target.verified(changes) is not None:
                return changes
            # What was left out of the equations makes the difference: this answer is none.
            self.complete = False
            solver.add(z3.Or([step != each for step, each in zip(self.steps, steps, strict=True)]))
        return None

    def _steps(self, model: z3.ModelRef) -> list[int]:
        return [model.eval(step, model_completion=True).as_long() for step in self.steps]

    def _total(self, changes: Changes) -> Fraction:
        return sum((self.cost(each, after) for each, after in changes), Fraction(0))


def _open(each: Changeable, step: z3.ArithRef) -> object:
    """The field's value as equations: present value and steps, or one of its members."""
    if each.numeric:
        return term(each.present) + term(each.step) * z3.ToReal(step)
    members = enumerate(each.members)
    return merged([(step == 0, _bare(each.before)), *((step == n + 1, _bare(one)) for n, one in members)])


def _bare(value: Known | None) -> object:
    return str(value) if isinstance(value, str) else value


def _limits(each: Changeable, step: z3.ArithRef) -> tuple[z3.BoolRef, z3.BoolRef]:
    least, most = each.reach if each.numeric else (0, len(each.members))
    return step >= least, step <= most


def _possible(target: Target, pairs: Sequence[tuple[Changeable, z3.ArithRef]]) -> Iterator[z3.BoolRef]:
    """What a snapshot must keep: days and amount past due are both zero, or neither is."""
    for account in target.snapshot.accounts:
        days, amount = term(account.days_past_due), account.amount_past_due
        owed = None if amount is None else term(amount)
        for each, step in pairs:
            if each.place.account_id == account.account_id:
                if each.place.name == "days_past_due":
                    days = _open(each, step)
                if each.place.name == "amount_past_due":
                    owed = _open(each, step)
        if owed is not None:
            yield z3.Or(days != 0, owed == 0)


def _after(each: Changeable, step: int) -> Known:
    return each.at(step) if each.numeric else each.members[step - 1]


def _price(each: Changeable, step: z3.ArithRef, cost: Callable[[Changeable, Known], Fraction]) -> z3.ArithRef:
    if not each.numeric:
        return z3.If(step != 0, term(cost(each, each.members[0])) if each.members else 0, 0)
    return term(cost(each, each.at(1))) * z3.ToReal(z3.If(step >= 0, step, -step))
