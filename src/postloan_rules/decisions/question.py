"""Whether a formula holds whatever the conditions that are not given, or for some values of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.decisions.formula import (
    EVERY,
    FALSE,
    TRUE,
    UNKNOWN,
    All,
    Any,
    Case,
    Formula,
    Named,
    all_of,
    literals,
    negated,
    reduced,
    values_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Question"]

_MOST_STEPS = 300
"""So many steps are taken for one answer at most."""


@define(eq=False)
class Question:
    """A formula that is asked about again and again, with some of its conditions given."""

    formula: Formula
    domains: Mapping[int, int]
    cut_short: bool = field(default=False, init=False)
    """Whether an answer was given up for want of time, and taken as no."""
    atoms: tuple[int, ...] = field(init=False)
    """The conditions that it hangs on, in the order of writing."""
    _worst: dict[int, int] = field(init=False)
    _opposite: Formula | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        united: dict[int, int] = {}
        for each in literals(self.formula):
            united[each.atom] = united.get(each.atom, 0) | each.among
        self.atoms = tuple(united)
        outside = {atom: values_of(self.domains[atom] & ~among) for atom, among in united.items()}
        self._worst = {atom: values[0] for atom, values in outside.items() if values}

    def worst(self, atom: int) -> int | None:
        """The value of a condition for which none of its literals holds; None where there is none."""
        return self._worst.get(atom)

    def certain(self, given: Mapping[int, int]) -> bool:
        """Whether the formula holds, whatever the values of the conditions that are not given."""
        return self.counterexample(given, {}) is None

    def counterexample(self, given: Mapping[int, int], usual: Mapping[int, int]) -> dict[int, int] | None:
        """Values of all conditions for which the formula fails, those that are given being as they are.

        None where there are none. Conditions that have no part in it take their usual value.
        """
        if len(self._worst) == len(self.atoms):
            values = {**self._worst, **given}
            return values if reduced(self.formula, values) is False else None
        if self._opposite is None:
            self._opposite = negated(self.formula, self.domains, {})
        found, whole = self._search(self._opposite, given, usual)
        return found if found is not None or whole else dict(given)

    def possible(self, given: Mapping[int, int]) -> bool:
        """Whether the formula holds for some values of the conditions that are not given."""
        return self._search(self.formula, given, {})[0] is not None

    def _search(
        self, formula: Formula, given: Mapping[int, int], usual: Mapping[int, int]
    ) -> tuple[dict[int, int] | None, bool]:
        """Values for which a formula holds, and whether all were looked at."""
        work = _Work(usual)
        found = work.values_for(reduced(formula, given), self.domains)
        whole = work.left > 0
        self.cut_short = self.cut_short or not whole
        return ({**usual, **found, **given} if found is not None and whole else None), whole


@define
class _Work:
    """A search for values for which a formula holds."""

    usual: Mapping[int, int]
    left: int = _MOST_STEPS

    def values_for(self, formula: Formula, domains: Mapping[int, int]) -> dict[int, int] | None:
        """Such values, of the conditions that matter."""
        values: dict[int, int] = {}
        while not isinstance(formula, bool):
            self.left -= 1
            if self.left <= 0:
                return None
            best = _best(formula, self.usual)
            if best:
                values.update(best)
                formula = reduced(formula, best)
                continue
            narrowed = _needed(formula, domains)
            if narrowed is None:
                return None
            if narrowed:
                domains = {**domains, **narrowed}
                values.update({atom: self._one(atom, among) for atom, among in narrowed.items()})
                formula = reduced(formula, narrowed)
                continue
            choices, rest = _split(_outermost(formula), domains)
            if len(choices) == 1:
                formula = all_of([choices[0], *rest])
                continue
            for choice in choices:
                found = self.values_for(all_of([choice, *rest]), domains)
                if found is not None:
                    return {**values, **found}
            return None
        return values if formula else None

    def _one(self, atom: int, among: int) -> int:
        usual = self.usual.get(atom, among)
        return usual if usual & among and usual in (TRUE, FALSE, UNKNOWN) else values_of(among)[0]


def _best(formula: Formula, usual: Mapping[int, int]) -> dict[int, int]:
    """The conditions of which one value is the best for all that reads them, and that value."""
    shared: dict[int, int] = {}
    for each in literals(formula):
        shared[each.atom] = shared.get(each.atom, EVERY) & each.among
    return {
        atom: usual[atom] if usual.get(atom, 0) & among else values_of(among)[0]
        for atom, among in shared.items()
        if among
    }


def _split(parts: list[Formula], domains: Mapping[int, int]) -> tuple[list[Formula], list[Formula]]:
    """The part with the fewest choices that contradict no other part at first sight; and the other parts."""
    readers: dict[int, set[int]] = {}
    for number, part in enumerate(parts):
        for each in literals(part):
            readers.setdefault(each.atom, set()).add(number)
    best: list[Formula] | None = None
    at = 0
    for number, part in enumerate(parts):
        left = []
        for choice in _choices(part):
            narrowed = _needed(choice, domains)
            if narrowed is None:
                continue
            touched = {other for atom in narrowed for other in readers[atom]} - {number}
            if all(reduced(parts[other], narrowed) is not False for other in touched):
                left.append(choice)
        if best is None or len(left) < len(best):
            best, at = left, number
        if len(best) <= 1:
            break
    return best or [], [part for number, part in enumerate(parts) if number != at]


def _needed(formula: Formula, domains: Mapping[int, int]) -> dict[int, int] | None:
    """The values that literals of an outermost `all` leave; None where they leave a condition none."""
    narrowed: dict[int, int] = {}
    for part in _outermost(formula):
        if isinstance(part, Case):
            left = narrowed.get(part.atom, domains[part.atom]) & part.among
            if not left:
                return None
            narrowed[part.atom] = left
    return narrowed


def _outermost(formula: Formula) -> list[Formula]:
    """The parts that must all hold."""
    found: list[Formula] = []
    waiting = [formula]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Named):
            waiting.append(each.part)
        elif isinstance(each, All):
            waiting.extend(reversed(each.parts))
        else:
            found.append(each)
    return found


def _choices(formula: Formula) -> list[Formula]:
    """The parts of which one must hold."""
    found: list[Formula] = []
    waiting = [formula]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Named):
            waiting.append(each.part)
        elif isinstance(each, Any):
            waiting.extend(reversed(each.parts))
        else:
            found.append(each)
    return found
