"""A policy over successive months: what it does each month, who goes back and forth, who stays where."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from attrs import field, frozen

from postloan_rules.portfolio.book import book
from postloan_rules.portfolio.carried import Carried
from postloan_rules.portfolio.deciding_columns import decider
from postloan_rules.portfolio.population import Refused
from postloan_rules.portfolio.report import share
from postloan_rules.portfolio.track_questions import (
    AWAY,
    CALLED,
    FLAPPING,
    KIND,
    PRESENT,
    RESPONSE,
    SPELLS,
    STATES,
    STAYS,
    TRANSITIONS,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.book import Book
    from postloan_rules.portfolio.deciding import Variant
    from postloan_rules.portfolio.population import Portfolio
    from postloan_rules.problems import Problem

__all__ = ["Flapping", "Month", "MonthsInvalid", "States", "Stay", "Track", "Transition", "track"]

States: TypeAlias = Literal["kind", "response"]
"""What a customer's state in a month is: the kind of what is chosen, or the highest response itself."""


class MonthsInvalid(Exception):  # noqa: N818 - the months are wrong; it is no error of the program
    """Months that do not follow each other."""


@frozen
class Month:
    """What the policy did in one month."""

    number: int
    """From 1."""
    first_day: dt.date | None
    last_day: dt.date | None
    """The days of its snapshots."""
    decided: int
    entered: int
    """Customers who were not there in the month before."""
    left: int
    """Customers of the month before who are not there."""
    responded: int
    adverse: int
    referred: int
    resting: int
    """Customers from whom a response was withheld since it had been taken lately."""
    due: int
    """Customers for whom a review was due."""
    responses: tuple[tuple[str, int], ...]
    """For how many customers each response was chosen."""


@frozen
class Transition:
    """From a state in one month to a state in the next."""

    before: str
    after: str
    customers: int
    """Counted for each pair of months."""
    rate: Decimal | None
    """Of those in the state before."""


@frozen
class Stay:
    """How long customers stay in a state."""

    state: str
    customers: int
    spells: int
    """Months without a break are one spell."""
    running: int
    """Spells that run in the customer's last month: they may go on."""
    months: int
    mean: Decimal | None
    longest: int


@frozen
class Flapping:
    """Customers for whom a response is called for, then is not, and then is again."""

    response: str
    called: int
    """Customers for whom it is ever called for, taken lately or not."""
    flapping: int
    returns: int
    """How often it came back, over all customers."""
    most: int
    """The most often that it came back for one customer."""
    examples: tuple[str, ...]
    """Some of these customers, those with most returns first."""


@frozen
class Track:
    """A policy over successive months."""

    policy: Policy = field(repr=False)
    states: States
    months: tuple[Month, ...]
    transitions: tuple[Transition, ...]
    stays: tuple[Stay, ...]
    flapping: tuple[Flapping, ...]
    refused: int
    problems: tuple[Problem, ...] = field(repr=False)


def track(
    variant: Variant,
    months: Sequence[Portfolio],
    *,
    states: States = "kind",
    workers: int = 1,
    by_sql: bool = False,
    progress: Callable[[int], object] = lambda _: None,
    say: Callable[[str], object] = lambda _: None,
) -> Track:
    """Decide each month, with what was decided in the months before.

    In each month a customer is taken to be reviewed where a review is due, something happened, or anything is
    chosen; and all that is chosen is taken to be done. The next month's snapshot is given these reviews, so
    that responses rest and reviews fall due as they would.

    Raises:
        RuleSetInvalid: when the policy does not load.
        MappingInvalid: when the mapping does not load, or does not fit the table.
        MonthsInvalid: when a month is not later than the one before.
    """
    policy = variant.policy()
    _follow_each_other(months)
    with book() as found, decider([variant], workers=workers, by_sql=by_sql, say=say) as deciding:
        carried = Carried(found.folder / "carried.sqlite")
        try:
            for number, portfolio in enumerate(months):
                deciding.decide(
                    found,
                    portfolio,
                    month=number,
                    brought=carried.path if number else None,
                    carry=carried.keep,
                    progress=progress,
                )
                carried.done()
        finally:
            carried.close()
        following = _Following(found, policy, states, len(months))
        return Track(
            policy=policy,
            states=states,
            months=tuple(following.months()),
            transitions=tuple(following.transitions()),
            stays=tuple(following.stays()),
            flapping=tuple(following.flapping()),
            refused=found.refused,
            problems=tuple(problem for _, problem in found.problems),
        )


def _follow_each_other(months: Sequence[Portfolio]) -> None:
    """Nothing, where each month's first customer is of a later day than that of the month before."""
    days = [(portfolio.data, day) for portfolio in months if (day := _day(portfolio)) is not None]
    for (before, earlier), (after, later) in pairwise(days):
        if later <= earlier:
            raise MonthsInvalid(
                f"{after} is of {later}, and {before} before it of {earlier}: "
                "name the months oldest first, each once"
            )


def _day(portfolio: Portfolio) -> dt.date | None:
    """The day of the first customer who can be read, if there is one."""
    opened = portfolio.opened()
    for line, customer in opened.customers:
        with suppress(Refused):
            return opened.reader.read(line, customer)[0].as_of
    return None


@frozen
class _Following:
    book: Book
    policy: Policy
    states: States
    count: int

    def __attrs_post_init__(self) -> None:
        due = [each.name for each in self.policy.triggers if each.kind.value == "schedule"]
        state = KIND if self.states == "kind" else RESPONSE
        listed = "[" + ", ".join(f"'{name}'" for name in due) + "]::varchar[]"
        self.book.ask(PRESENT.format(state=state, due=listed))
        self.book.ask(SPELLS)
        self.book.ask(CALLED)

    def months(self) -> Iterator[Month]:
        question = """
            select min(as_of), max(as_of), count(*), count(*) filter (responded), count(*) filter (adverse),
                   count(*) filter (referred), count(*) filter (resting), count(*) filter (due)
            from present where month = ?"""
        for number in range(self.count):
            first, last, *counts = self.book.ask(question, number)[0]
            decided, responded, adverse, referred, resting, due = cast("list[int]", counts)
            yield Month(
                number=number + 1,
                first_day=cast("dt.date | None", first),
                last_day=cast("dt.date | None", last),
                decided=decided,
                entered=self._missing(number, number - 1) if number else 0,
                left=self._missing(number - 1, number) if number else 0,
                responded=responded,
                adverse=adverse,
                referred=referred,
                resting=resting,
                due=due,
                responses=self._responses(number),
            )

    def _missing(self, there: int, here: int) -> int:
        return self.book.number(
            "select count(*) from present where month = ? and customer_id not in "
            "(select customer_id from present where month = ?)",
            there,
            here,
        )

    def _responses(self, number: int) -> tuple[tuple[str, int], ...]:
        question = """
            select response, count(distinct customer_id) from (
                select customer_id, unnest(responses, recursive := true) from decisions where month = ?)
            group by 1"""
        found = {str(name): cast("int", customers) for name, customers in self.book.ask(question, number)}
        return tuple((name, found.get(name, 0)) for name in self.policy.responses)

    def transitions(self) -> Iterator[Transition]:
        question = TRANSITIONS.replace("$steps", str(max(self.count - 1, 0)))
        rows = [
            (str(before), str(after), cast("int", count)) for before, after, count in self.book.ask(question)
        ]
        totals: dict[str, int] = {}
        for before, _, count in rows:
            totals[before] = totals.get(before, 0) + count
        for before, after, count in sorted(rows, key=lambda row: (_order(row[0]), _order(row[1]))):
            yield Transition(before, after, count, share(count, totals[before]) if before != AWAY else None)

    def stays(self) -> Iterator[Stay]:
        rows = sorted(self.book.ask(STAYS), key=lambda row: _order(str(row[0])))
        for state, *counts in rows:
            customers, spells, running, months, longest = cast("list[int]", counts)
            mean = share(months, spells)
            yield Stay(str(state), customers, spells, running, months, mean, longest)

    def flapping(self) -> Iterator[Flapping]:
        for response, called, flapping, returns, most, examples in self.book.ask(FLAPPING):
            yield Flapping(
                response=str(response),
                called=cast("int", called),
                flapping=cast("int", flapping),
                returns=cast("int", returns),
                most=cast("int", most),
                examples=tuple(cast("list[str]", examples)),
            )


def _order(state: str) -> tuple[int, str]:
    """The kinds in their own order, responses by name, those who are not there last."""
    if state == AWAY:
        return len(STATES) + 1, state
    return (STATES.index(state) if state in STATES else len(STATES)), state
