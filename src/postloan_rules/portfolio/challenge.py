"""A challenger beside the champion: who is decided by which, whether they are alike, what came of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, cast

from attrs import field, frozen

from postloan_rules.portfolio.arms import CHALLENGER, CHAMPION, Arms
from postloan_rules.portfolio.book import book
from postloan_rules.portfolio.deciding_columns import decider
from postloan_rules.portfolio.differences import check_alike
from postloan_rules.portfolio.hiding import refuse_telling
from postloan_rules.portfolio.rates import (
    Estimate,
    Spread,
    alike,
    detectable,
    difference,
    difference_test,
    means_alike,
    rate,
    split_as_meant,
    standardised,
)
from postloan_rules.portfolio.report import share
from postloan_rules.portfolio.segments import segment_of
from postloan_rules.portfolio.simulation import money_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.book import Book
    from postloan_rules.portfolio.deciding import Variant
    from postloan_rules.portfolio.population import Portfolio
    from postloan_rules.problems import Problem

__all__ = ["ArmResult", "Balance", "Challenge", "Measure", "challenge"]

NAMES = ("champion", "challenger")


@frozen
class ArmResult:
    """The customers of one arm, and what its policy does with them."""

    name: str
    policy: Policy = field(repr=False)
    customers: int
    share: Decimal | None
    balance: Decimal | None
    limit: Decimal | None
    responded: int
    adverse: int
    referred: int
    judged: int
    bad: int


@frozen
class Measure:
    """A share of the customers in each arm, and whether the arms differ by more than chance."""

    name: str
    champion: Estimate | None
    challenger: Estimate | None
    difference: Estimate | None
    """The challenger's less the champion's."""
    p_value: Decimal | None
    detectable: Decimal | None
    """The smallest difference that so many customers would show, four times out of five."""


@frozen
class Balance:
    """Whether the arms are alike in something that no policy has changed."""

    what: str
    champion: Decimal | None
    """The mean, or for a value of a segment its share."""
    challenger: Decimal | None
    standardised: Decimal | None
    """The difference of means over their deviation; None for segments."""
    p_value: Decimal | None
    money: bool


@frozen
class Challenge:
    """All that is known of a champion and a challenger."""

    arms: Arms
    outcome: str | None
    results: tuple[ArmResult, ArmResult]
    split: Decimal | None
    """How likely so uneven a division is, if nothing is wrong with it."""
    balances: tuple[Balance, ...]
    measures: tuple[Measure, ...]
    refused: int
    problems: tuple[Problem, ...] = field(repr=False)


def challenge(  # noqa: PLR0913 - each is a choice of the caller's
    champion: Variant,
    challenger: Variant,
    portfolio: Portfolio,
    arms: Arms,
    *,
    by: Sequence[str] = (),
    show: Sequence[str] = (),
    assignment: Path | None = None,
    workers: int = 1,
    by_sql: bool = False,
    progress: Callable[[int], object] = lambda _: None,
    say: Callable[[str], object] = lambda _: None,
) -> Challenge:
    """Decide each customer by the policy of the arm that the customer is in.

    Raises:
        RuleSetInvalid: when a policy does not load.
        MappingInvalid: when the mapping does not load, or does not fit the table.
        Unlike: when the policies are for different products.
        ExpressionInvalid: when something to cut by is no field, fact or expression.
        Telling: when a cut would tell who customers are, and `show` does not name what it tells.
    """
    policies = (champion.policy(), challenger.policy())
    check_alike(*policies)
    refuse_telling(policies[0], [segment_of(policies[0], name) for name in by], show)
    both = [champion, challenger]
    with book() as found, decider(both, workers=workers, by_sql=by_sql, say=say) as deciding:
        deciding.decide(found, portfolio, arms=arms, by=by, progress=progress)
        comparing = _Comparing(found, policies, by)
        results = (comparing.result(CHAMPION), comparing.result(CHALLENGER))
        everybody = results[CHAMPION].customers + results[CHALLENGER].customers
        if assignment is not None:
            found.copy(_ASSIGNED, assignment)
        return Challenge(
            arms=arms,
            outcome=found.outcome,
            results=results,
            split=split_as_meant(results[CHALLENGER].customers, everybody, arms.share),
            balances=tuple(comparing.balances()),
            measures=tuple(_measures(results, judged=found.outcome is not None)),
            refused=found.refused,
            problems=tuple(problem for _, problem in found.problems),
        )


def _measures(results: tuple[ArmResult, ArmResult], *, judged: bool) -> Iterator[Measure]:
    one, two = results
    everybody = (one.customers, two.customers)
    if judged:
        yield _measure("bad rate", (one.bad, one.judged), (two.bad, two.judged))
    yield _measure("any response", (one.responded, everybody[0]), (two.responded, everybody[1]))
    yield _measure("adverse response", (one.adverse, everybody[0]), (two.adverse, everybody[1]))
    yield _measure("referred", (one.referred, everybody[0]), (two.referred, everybody[1]))


def _measure(name: str, one: tuple[int, int], two: tuple[int, int]) -> Measure:
    base = share(one[0] + two[0], one[1] + two[1])
    return Measure(
        name=name,
        champion=rate(*one),
        challenger=rate(*two),
        difference=difference(one, two),
        p_value=difference_test(one, two),
        detectable=detectable(base, one[1], two[1]) if base is not None else None,
    )


_ASSIGNED = """
select customer_id, case variant when 0 then 'champion' else 'challenger' end as arm from decisions
order by month, place
"""

_ARMS = """
create temp table arms as
select place, variant, bad, segments, balance, limits, responded, adverse, referred
from effects join customers using (place) left join owed using (place)
"""


@frozen
class _Comparing:
    book: Book
    policies: tuple[Policy, Policy]
    by: Sequence[str]

    def __attrs_post_init__(self) -> None:
        self.book.ask(_ARMS)

    def result(self, arm: int) -> ArmResult:
        question = """
            select count(*), count(*) filter (responded), count(*) filter (adverse),
                   count(*) filter (referred), count(bad), count(*) filter (bad), sum(balance), sum(limits)
            from arms where variant = ?"""
        *counts, balance, limit = self.book.ask(question, arm)[0]
        customers, responded, adverse, referred, judged, bad = cast("list[int]", counts)
        return ArmResult(
            name=NAMES[arm],
            policy=self.policies[arm],
            customers=customers,
            share=share(customers, self.book.number("select count(*) from arms")),
            balance=money_of(balance if customers else Decimal(0), self.policies[arm]),
            limit=money_of(limit if customers else Decimal(0), self.policies[arm]),
            responded=responded,
            adverse=adverse,
            referred=referred,
            judged=judged,
            bad=bad,
        )

    def balances(self) -> Iterator[Balance]:
        for what, column in (("balance", "balance"), ("limit", "limits")):
            one, two = (self._spread(column, arm) for arm in (CHAMPION, CHALLENGER))
            yield Balance(
                what=f"mean {what}",
                champion=self._mean(column, CHAMPION),
                challenger=self._mean(column, CHALLENGER),
                standardised=standardised(one, two),
                p_value=means_alike(one, two),
                money=True,
            )
        for at, name in enumerate(self.by):
            yield from self._segment(at, name)

    def _spread(self, column: str, arm: int) -> Spread:
        question = (
            f"select count({column}), avg({column})::double, stddev_samp({column}::double) "  # noqa: S608 - names and numbers of ours
            "from arms where variant = ?"
        )
        customers, mean, deviation = self.book.ask(question, arm)[0]
        return Spread(cast("int", customers), cast("float | None", mean), cast("float | None", deviation))

    def _mean(self, column: str, arm: int) -> Decimal | None:
        question = f"select sum({column}), count({column}) from arms where variant = ?"  # noqa: S608 - names and numbers of ours
        total, count = self.book.ask(question, arm)[0]
        mean = share(cast("Decimal", total), cast("int", count)) if count else None
        return money_of(mean, self.policies[CHAMPION])

    def _segment(self, at: int, name: str) -> Iterator[Balance]:
        question = (
            f"select coalesce(segments[{at + 1}], 'unknown'), count(*) filter (variant = 0), "  # noqa: S608 - names and numbers of ours
            "count(*) filter (variant = 1) from arms group by 1 order by 2 desc, 1 limit 50"
        )
        rows = [
            (str(value), cast("int", one), cast("int", two)) for value, one, two in self.book.ask(question)
        ]
        totals = (sum(row[1] for row in rows), sum(row[2] for row in rows))
        p_value = alike([(one, two) for _, one, two in rows])
        for value, one, two in rows:
            yield Balance(
                what=f"{name}: {value}",
                champion=share(one, totals[0]),
                challenger=share(two, totals[1]),
                standardised=None,
                p_value=p_value,
                money=False,
            )
