"""The smallest set of things that is enough, where more of them is never worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Fewest", "fewest"]

_MOST_ROUNDS = 300
_MOST_STEPS = 20_000


@frozen
class Fewest:
    """A set that is enough, in order; whether it is proved that none is smaller."""

    members: tuple[int, ...]
    proved: bool


def fewest(
    universe: Sequence[int], short: Callable[[frozenset[int]], frozenset[int] | None]
) -> Fewest | None:
    """The smallest set of these that is enough; among sets of one size, the one that comes first.

    Exact up to a bound on the work; past it, the set is one from which nothing can be left out, and it is
    said that it is not proved smallest. None where not even all together are enough.

    Args:
        universe: What there is to choose from. Its order decides among sets of one size.
        short: None for a set that is enough (all that hold it must be, too); otherwise a set that holds this
            one, and that is not enough either.
    """
    everything = frozenset(universe)
    if short(everything) is not None:
        return None
    # What no set can do without; often that is all of it.
    needed = frozenset(each for each in universe if short(everything - {each}) is not None)
    if short(needed) is None:
        return Fewest(tuple(each for each in universe if each in needed), proved=True)
    rest = [each for each in universe if each not in needed]
    cuts: list[frozenset[int]] = []
    search = _Hitting(rest)
    for _ in range(_MOST_ROUNDS):
        chosen = search.first(cuts)
        if chosen is None:
            break
        lacking = short(needed | chosen)
        if lacking is None:
            return Fewest(tuple(each for each in universe if each in needed or each in chosen), proved=True)
        cuts.append(_cut(rest, lacking, short))
    return Fewest(_thinned(universe, short), proved=False)


def _cut(
    rest: Sequence[int],
    lacking: frozenset[int],
    short: Callable[[frozenset[int]], frozenset[int] | None],
) -> frozenset[int]:
    """Things of which every set that is enough has one: all outside a largest set that is not enough."""
    for each in reversed(rest):
        if each not in lacking:
            lacking = short(lacking | {each}) or lacking
    return frozenset(rest) - lacking


def _thinned(
    universe: Sequence[int], short: Callable[[frozenset[int]], frozenset[int] | None]
) -> tuple[int, ...]:
    """A set from which nothing can be left out."""
    kept = frozenset(universe)
    for each in reversed(universe):
        if short(kept - {each}) is None:
            kept -= {each}
    return tuple(each for each in universe if each in kept)


@define
class _Hitting:
    """The search for the smallest set that has a member of every cut; the first in order among those."""

    order: Sequence[int]
    size: int = 0
    steps: int = 0
    rank: dict[int, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rank = {each: number for number, each in enumerate(self.order)}

    def first(self, cuts: Sequence[frozenset[int]]) -> frozenset[int] | None:
        """That set; None where the search is given up."""
        while True:
            found = self._within(cuts, self.size, -1)
            if self.steps > _MOST_STEPS:
                return None
            if found is not None:
                return found
            self.size += 1  # more cuts never make the smallest set smaller

    def _within(self, cuts: Sequence[frozenset[int]], size: int, last: int) -> frozenset[int] | None:
        self.steps += 1
        if not cuts:
            return frozenset()
        if self.steps > _MOST_STEPS or self._apart(cuts) > size:
            return None
        # Members are taken in order, so one of the next must be no later than the last of some cut.
        latest = min(max(self.rank[each] for each in cut) for cut in cuts)
        choices = sorted({self.rank[each] for cut in cuts for each in cut})
        for number in choices:
            if number <= last:
                continue
            if number > latest:
                break
            each = self.order[number]
            rest = [cut for cut in cuts if each not in cut]
            found = self._within(rest, size - 1, number)
            if found is not None:
                return found | {each}
        return None

    @staticmethod
    def _apart(cuts: Sequence[frozenset[int]]) -> int:
        """How many cuts share no member: as many members are needed at least."""
        taken: frozenset[int] = frozenset()
        count = 0
        for cut in sorted(cuts, key=len):
            if not cut & taken:
                taken |= cut
                count += 1
        return count
