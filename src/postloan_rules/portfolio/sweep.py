"""What a policy does at each value of a parameter: volume, money, outcomes, and who is a step away."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, cast

from attrs import evolve, field, frozen

from postloan_rules.policy import RuleSetInvalid
from postloan_rules.portfolio.book import book
from postloan_rules.portfolio.deciding_columns import decider
from postloan_rules.portfolio.replaced import replaced
from postloan_rules.portfolio.report import share
from postloan_rules.portfolio.simulation import money_of
from postloan_rules.portfolio.watched import hanging_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.book import Book
    from postloan_rules.portfolio.deciding import Variant
    from postloan_rules.portfolio.population import Portfolio
    from postloan_rules.problems import Problem

__all__ = ["MOST_POINTS", "Axis", "Point", "Sweep", "TooManyPoints", "sweep"]

MOST_POINTS = 100


class TooManyPoints(Exception):  # noqa: N818 - too much is asked for; it is no error of the program
    """More combinations of values than a sweep takes."""


@frozen
class Axis:
    """A parameter, and the values that it takes in turn."""

    name: str
    values: tuple[Decimal, ...]
    """In ascending order."""
    step: Decimal | None = None
    """Between one value and the next, where that is the same throughout."""

    def longer(self) -> tuple[Decimal, ...]:
        """The values, and those one step before the first and one step after the last."""
        if self.step is None:
            return self.values
        return (self.values[0] - self.step, *self.values, self.values[-1] + self.step)


@frozen
class Point:
    """What the policy does with one value of each parameter."""

    values: tuple[Decimal, ...]
    """In the order of the axes."""
    present: bool
    """Whether these are the policy's own values."""
    decided: int
    hits: int
    """Customers for whom a trigger fires that hangs on the parameters."""
    responded: int
    adverse: int
    balance: Decimal | None
    """Of the accounts of customers for whom something adverse is chosen."""
    limit: Decimal | None
    bad: int | None
    """Customers who went bad; None without an outcome."""
    bad_hits: int | None
    bad_adverse: int | None
    judged_adverse: int | None
    review_days: Decimal | None
    """Days until the next review, on average over those who have one."""
    near_misses: int
    """Customers who are no hit, and would be one step away."""
    near_hits: int
    """Customers who are a hit, and would be none one step away."""
    triggers: tuple[tuple[str, int], ...]
    """For how many customers each trigger that hangs on the parameters fires."""
    responses: tuple[tuple[str, int], ...]
    """For how many customers each response is chosen."""


@frozen
class Sweep:
    """A policy at every combination of values."""

    policy: Policy = field(repr=False)
    axes: tuple[Axis, ...]
    watched: tuple[str, ...]
    """The triggers that hang on the parameters; a hit is one of them. Without any, a hit is any response."""
    outcome: str | None
    points: tuple[Point, ...]
    invalid: tuple[tuple[Decimal, ...], ...]
    """Combinations one step beyond the ends that the policy can't have: nobody is near those."""
    refused: int
    problems: tuple[Problem, ...] = field(repr=False)


def sweep(
    variant: Variant,
    axes: Sequence[Axis],
    portfolio: Portfolio,
    *,
    workers: int = 1,
    by_sql: bool = False,
    progress: Callable[[int], object] = lambda _: None,
    say: Callable[[str], object] = lambda _: None,
) -> Sweep:
    """Decide every customer at every combination of values.

    Raises:
        RuleSetInvalid: when the policy does not load, or can't have one of the values.
        TooManyPoints: for more combinations than `MOST_POINTS`.
        MappingInvalid: when the mapping does not load, or does not fit the table.
    """
    policy = variant.policy()
    names = [axis.name for axis in axes]
    asked = list(product(*(axis.values for axis in axes)))
    if len(asked) > MOST_POINTS:
        raise TooManyPoints(f"{len(asked):,} combinations of values, and at most {MOST_POINTS} are taken")
    variants = {values: _at(variant, names, values) for values in asked}
    for values in asked:
        replaced(policy, dict(zip(names, values, strict=True)))
    invalid = []
    for values in _beyond(axes):
        try:
            replaced(policy, dict(zip(names, values, strict=True)))
        except RuleSetInvalid:
            invalid.append(values)
        else:
            variants[values] = _at(variant, names, values)
    every = list(variants.values())
    with book() as found, decider(every, workers=workers, by_sql=by_sql, say=say) as deciding:
        deciding.decide(found, portfolio, progress=progress)
        measuring = _Measuring(found, policy, tuple(axes), hanging_on(policy, names), tuple(variants))
        return Sweep(
            policy=policy,
            axes=tuple(axes),
            watched=measuring.watched,
            outcome=found.outcome,
            points=tuple(measuring.point(values) for values in asked),
            invalid=tuple(invalid),
            refused=found.refused,
            problems=tuple(problem for _, problem in found.problems),
        )


def _at(variant: Variant, names: Sequence[str], values: Sequence[Decimal]) -> Variant:
    return evolve(variant, values=(*variant.values, *zip(names, values, strict=True)))


def _beyond(axes: Sequence[Axis]) -> Iterator[tuple[Decimal, ...]]:
    """The combinations that are one step away from one that is asked for, along one axis."""
    for at, axis in enumerate(axes):
        ends = [value for value in axis.longer() if value not in axis.values]
        yield from product(*(ends if at == place else other.values for place, other in enumerate(axes)))


@frozen
class _Measuring:
    book: Book
    policy: Policy
    axes: tuple[Axis, ...]
    watched: tuple[str, ...]
    made: tuple[tuple[Decimal, ...], ...]
    """Each combination that was decided, in the order of the variants."""

    def __attrs_post_init__(self) -> None:
        if self.watched:
            marks = ", ".join("?" for _ in self.watched)
            self.book.ask(
                "create temp table hits as select distinct variant, place from states "  # noqa: S608 - names and numbers of ours
                f"where state = 'fired' and trigger in ({marks})",
                *self.watched,
            )
        else:
            self.book.ask("create temp table hits as select distinct variant, place from chosen")
        self.book.ask(_POINTS)

    def point(self, values: tuple[Decimal, ...]) -> Point:
        at = self.made.index(values)
        row = self.book.ask("select * exclude (variant) from points where variant = ?", at)
        counts = row[0] if row else (0,) * 8 + (None, None, 0, 0)
        decided, hits, responded, adverse, bad, bad_hits, bad_adverse, judged = cast(
            "tuple[int, ...]", counts[:8]
        )
        known = self.book.outcome is not None
        near_misses, near_hits = self._near(at)
        return Point(
            values=values,
            present=self._present(values),
            decided=decided,
            hits=hits,
            responded=responded,
            adverse=adverse,
            balance=money_of(counts[8] if adverse else Decimal(0), self.policy),
            limit=money_of(counts[9] if adverse else Decimal(0), self.policy),
            review_days=share(*cast("tuple[int, int]", counts[10:12])) if counts[11] else None,
            bad=bad if known else None,
            bad_hits=bad_hits if known else None,
            bad_adverse=bad_adverse if known else None,
            judged_adverse=judged if known else None,
            near_misses=near_misses,
            near_hits=near_hits,
            triggers=self._fired(at),
            responses=self._chosen(at),
        )

    def _present(self, values: tuple[Decimal, ...]) -> bool:
        parameters = {each.name: each for each in self.policy.parameters}
        return all(
            all(dated.value == value for dated in parameters[axis.name].values)
            for axis, value in zip(self.axes, values, strict=True)
        )

    def _near(self, at: int) -> tuple[int, int]:
        near = list(self._neighbours(self.made[at]))
        if not near:
            return 0, 0
        misses = self.book.number(
            "select count(distinct place) from hits where list_contains(?, variant) "
            "and place not in (select place from hits where variant = ?)",
            near,
            at,
        )
        hits = self.book.number(
            "select count(*) from hits as mine where variant = ? and "
            "(select count(*) from hits as other where other.place = mine.place "
            "and list_contains(?, other.variant)) < ?",
            at,
            near,
            len(near),
        )
        return misses, hits

    def _neighbours(self, values: tuple[Decimal, ...]) -> Iterator[int]:
        for at, axis in enumerate(self.axes):
            along = axis.longer()
            place = along.index(values[at])
            for other in (place - 1, place + 1):
                if not 0 <= other < len(along):
                    continue
                neighbour = (*values[:at], along[other], *values[at + 1 :])
                if neighbour in self.made:
                    yield self.made.index(neighbour)

    def _fired(self, at: int) -> tuple[tuple[str, int], ...]:
        found = dict.fromkeys(self.watched, 0)
        for name, customers in self.book.ask(
            "select trigger, count(distinct place) from states where variant = ? and state = 'fired' "
            "and list_contains(?, trigger) group by 1",
            at,
            list(self.watched),
        ):
            found[str(name)] = cast("int", customers)
        return tuple(found.items())

    def _chosen(self, at: int) -> tuple[tuple[str, int], ...]:
        question = "select response, count(distinct place) from chosen where variant = ? group by 1"
        found = {str(name): cast("int", customers) for name, customers in self.book.ask(question, at)}
        return tuple((name, found.get(name, 0)) for name in self.policy.responses)


_POINTS = """
create temp table points as
with what as (
    select variant, place, responded, adverse, date_diff('day', as_of, next_review) as days,
           hits.place is not null as hit, bad
    from effects join customers using (place) left join hits using (variant, place)
)
select variant, count(*), count(*) filter (hit), count(*) filter (responded), count(*) filter (adverse),
       count(*) filter (bad), count(*) filter (bad and hit), count(*) filter (bad and adverse),
       count(bad) filter (adverse), sum(balance) filter (adverse), sum(limits) filter (adverse),
       coalesce(sum(days), 0)::bigint, count(days)
from what left join owed using (place) group by variant
"""
