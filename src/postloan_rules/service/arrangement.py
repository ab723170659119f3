"""Which version of which product answers on which day: data that never changes, swapped as a whole."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from postloan_rules.policy.dates import covers
from postloan_rules.problems import Problem, did_you_mean, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from postloan_rules.ruleset import RuleSet

__all__ = ["Arrangement", "NotServed", "Version", "in_sequence"]


class NotServed(Exception):  # noqa: N818 - nothing serves it; it is no error of the program
    """No policy in service answers: there is none for the product or the day, or it is open which."""

    def __init__(self, problem: Problem) -> None:
        self.problems: tuple[Problem, ...] = (problem,)
        super().__init__(problem)

    def __str__(self) -> str:
        return render(self.problems[0])


@frozen
class Version:
    """One version of a product, and the days on which it answers (both included; None is open)."""

    product: str
    """The name in the policy's `ruleset:` line."""
    version: str
    source: str
    """The folder or file that it was read from, by its name."""
    since: date | None
    until: date | None
    ruleset: RuleSet = field(repr=False, eq=False)
    content: str = field(repr=False)
    """A hash over the bytes of its files."""
    gone: bool = False
    """Whether its files are no longer there; it is served nevertheless."""

    @property
    def fingerprint(self) -> str:
        """`sha256:` and 64 digits over all that the policy says."""
        return self.ruleset.fingerprint


@frozen
class Arrangement:
    """What is in service: the versions of each product in the order of their days, and the shadows."""

    products: Mapping[str, tuple[Version, ...]] = field(factory=dict)
    shadows: Mapping[str, tuple[Version, ...]] = field(factory=dict)

    def choose(self, product: str | None, day: date) -> Version:
        """The version of a product that answers on a day; the product may be left out where there is one.

        Raises:
            NotServed: where there is none.
        """
        if product is None:
            if len(self.products) != 1:
                raise NotServed(self._which())
            versions = next(iter(self.products.values()))
        else:
            found = self.products.get(product)
            if found is None:
                raise NotServed(self._no_such(product))
            versions = found
        for each in versions:
            if covers(each.since, each.until, day):
                return each
        raise NotServed(_not_in_force(versions, day))

    def answering(self) -> Iterator[Version]:
        """All that answers, by product and day."""
        for product in sorted(self.products):
            yield from self.products[product]

    def all(self) -> Iterator[Version]:
        """All that answers, then the shadows."""
        yield from self.answering()
        for product in sorted(self.shadows):
            yield from self.shadows[product]

    def _which(self) -> Problem:
        if not self.products:
            return Problem("PR1020", "no policy is in service", help="see what is wrong with the policies")
        listed = ", ".join(f"`{name}`" for name in sorted(self.products)[:12])
        message = "the request names no product, and there are several"
        return Problem("PR1022", message, help=f"name one of {listed}")

    def _no_such(self, product: str) -> Problem:
        shown = product if len(product) <= 80 else product[:80] + "…"
        help_ = did_you_mean(shown, sorted(self.products), what="in service are")
        return Problem("PR1020", f"there is no policy `{shown}` in service", help=help_)


def _not_in_force(versions: Sequence[Version], day: date) -> Problem:
    product = versions[0].product
    spells = "; ".join(
        f"{each.version} from {each.since or 'the beginning'} to {each.until or 'further notice'}"
        for each in versions
    )
    message = f"no version of `{product}` is in force on {day}"
    return Problem("PR1021", message, help=f"in service are {spells}", path="$.as_of")


def in_sequence(versions: Iterable[Version]) -> tuple[Version, ...] | Problem:
    """The versions of one product in the order of their days, each up to the day before the next.

    A version whose `effective` has no `to` ends where the next begins. Two that are in force on the same day
    leave open which one is to answer: that is a problem. A gap is none until someone asks for a day in it.
    """
    ordered = sorted(versions, key=lambda each: (each.since or date.min, each.source))
    found = list(ordered)
    for place, (here, there) in enumerate(itertools.pairwise(ordered)):
        start = there.since
        if start is None or start == here.since:
            return _overlap(here, there, start)
        if here.until is not None and here.until >= start:
            return _overlap(here, there, start)
        if here.until is None:
            found[place] = evolve(here, until=start - timedelta(days=1))
    return tuple(found)


def _overlap(here: Version, there: Version, day: date | None) -> Problem:
    when = f"on {day}" if day is not None else "on the same days"
    message = (
        f"`{here.product}` has two versions in force {when}: "
        f"{here.version} in `{here.source}` and {there.version} in `{there.source}`"
    )
    help_ = "let `effective` of the one end before the other begins, take one away, or make one a shadow"
    return Problem("PR1023", message, help=help_, path=here.product)
