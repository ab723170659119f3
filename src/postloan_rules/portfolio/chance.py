"""Chance for made-up customers: the numbers that `random.Random` gives, drawn with less ado."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Chance"]

_T = TypeVar("_T")


class Chance:
    """A source of numbers that a seed determines.

    INVARIANT: `randrange`, `randint` and `choice` give what those of `Random(seed)` give.
    """

    __slots__ = ("_bits",)

    def __init__(self, seed: str) -> None:
        self._bits = Random(seed).getrandbits  # noqa: S311 - made-up customers are no secret

    def randrange(self, stop: int) -> int:
        """A whole number from 0 to below `stop`."""
        bits = self._bits
        width = stop.bit_length()
        drawn = bits(width)
        while drawn >= stop:
            drawn = bits(width)
        return drawn

    def randint(self, first: int, last: int) -> int:
        """A whole number between two, both included."""
        stop = last - first + 1
        bits = self._bits
        width = stop.bit_length()
        drawn = bits(width)
        while drawn >= stop:
            drawn = bits(width)
        return first + drawn

    def choice(self, members: Sequence[_T]) -> _T:
        """One of some members."""
        return members[self.randrange(len(members))]
