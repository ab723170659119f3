"""A policy over a whole portfolio: every customer decided, nothing skipped, heads and money counted."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from attrs import evolve, field, frozen

from postloan_rules.portfolio.book import book
from postloan_rules.portfolio.deciding import Variant
from postloan_rules.portfolio.deciding_columns import decider
from postloan_rules.portfolio.hiding import refuse_telling
from postloan_rules.portfolio.report import Exposure, Head, LimitMove, Report, SegmentLine, report, share
from postloan_rules.portfolio.segments import segment_of
from postloan_rules.portfolio.simulation_questions import EXPOSURES, HEADS, KEYS, MOVES, SEGMENT
from postloan_rules.portfolio.tally import Heads
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.book import Book
    from postloan_rules.portfolio.population import Portfolio
    from postloan_rules.portfolio.tally import Key, Subject
    from postloan_rules.problems import Problem

__all__ = ["LIMITS", "Simulation", "money_of", "report_of", "simulate"]

LIMITS = {"new_limit": "credit_limit", "new_cash_limit": "cash_limit"}
"""The parameters of responses that set a limit of the account, and which."""

_BANDS = 5
_FEW = 12
"""So many different numbers stand each for itself; more are put into bands of about the same size."""


@frozen
class Simulation:
    """What a policy did over a portfolio, and what of it could not be decided."""

    policy: Policy
    report: Report
    refused: int
    problems: tuple[Problem, ...] = field(repr=False)
    """By line; the first ones only where there are many."""


def simulate(  # noqa: PLR0913 - each is a choice of the caller's
    rules: Path,
    portfolio: Portfolio,
    *,
    profile: str | None = None,
    by: Sequence[str] = (),
    show: Sequence[str] = (),
    workers: int = 1,
    by_sql: bool = False,
    progress: Callable[[int], object] = lambda _: None,
    say: Callable[[str], object] = lambda _: None,
) -> Simulation:
    """Decide every customer of a portfolio, and count.

    The counts depend neither on the number of worker processes nor on whether SQL decides (`by_sql`).
    `progress` is told how many customers are done, time and again; `say`, why SQL does not decide where it
    can't.

    Raises:
        RuleSetInvalid: when the policy does not load.
        MappingInvalid: when the mapping does not load, or does not fit the table.
        ExpressionInvalid: when something to cut by is no field, fact or expression.
        Telling: when a cut would tell who customers are, and `show` does not name what it tells.
    """
    variant = Variant(rules, profile)
    policy = variant.policy()
    refuse_telling(policy, [segment_of(policy, name) for name in by], show)
    with book() as found, decider([variant], workers=workers, by_sql=by_sql, say=say) as deciding:
        deciding.decide(found, portfolio, by=by, progress=progress)
        made = report_of(found, policy, limit=portfolio.limit, by=by)
        return Simulation(policy, made, found.refused, tuple(problem for _, problem in found.problems))


def report_of(
    found: Book, policy: Policy, *, variant: int = 0, limit: int | None = None, by: Sequence[str] = ()
) -> Report:
    """What one policy of a book did."""
    counting = _Counting(found, policy, variant)
    head = Head(
        ruleset=policy.id,
        version=policy.version,
        profile=policy.profile,
        fingerprint=policy.fingerprint,
        currency=policy.currency,
        outcome=found.outcome,
        decided=found.number("select count(*) from decisions where variant = ?", variant),
        refused=found.refused,
        limit=limit,
    )
    made = report(policy, head, counting.heads(), counting.exposures())
    return evolve(
        made,
        moves=tuple(counting.moves()),
        segments=tuple(line for at, name in enumerate(by) for line in counting.segment(at, name)),
    )


def money_of(amount: object, policy: Policy) -> Decimal | None:
    """A sum from the book as money of the policy: with all decimals of its currency and no more."""
    if amount is None:
        return None
    return cast("Decimal", amount).quantize(Decimal(1).scaleb(-minor_digits(policy.currency)))


@frozen
class _Counting:
    """The questions of a simulation about one policy of a book."""

    book: Book
    policy: Policy
    variant: int

    def __attrs_post_init__(self) -> None:
        self.book.ask(KEYS.replace("$variant", str(int(self.variant))))

    def heads(self) -> dict[Key, Heads]:
        return {
            (cast("Subject", subject), str(name), str(detail)): Heads(*map(_whole, counts))
            for subject, name, detail, *counts in self.book.ask(HEADS)
        }

    def exposures(self) -> dict[Key, Exposure]:
        return {
            (cast("Subject", subject), str(name), str(detail)): self._exposure(balance, limit, *counts)
            for subject, name, detail, balance, limit, *counts in self.book.ask(EXPOSURES)
        }

    def _exposure(self, balance: object, limit: object, accounts: object, unknown: object) -> Exposure:
        if not _whole(accounts):
            nothing = money_of(Decimal(0), self.policy)
            return Exposure(nothing, nothing, 0, 0)
        return Exposure(
            money_of(balance, self.policy), money_of(limit, self.policy), _whole(accounts), _whole(unknown)
        )

    def moves(self) -> Iterator[LimitMove]:
        which = " ".join(f"when '{name}' then {limit}" for name, limit in LIMITS.items())
        names = ", ".join(f"'{name}'" for name in LIMITS)
        question = MOVES.format(which=which, names=names).replace("$variant", str(int(self.variant)))
        for response, name, accounts, raised, lowered, unknown, before, after in self.book.ask(question):
            yield LimitMove(
                response=str(response),
                parameter=str(name),
                accounts=_whole(accounts),
                raised=_whole(raised),
                lowered=_whole(lowered),
                unknown=_whole(unknown),
                before=money_of(before, self.policy),
                after=money_of(after, self.policy),
            )

    def segment(self, at: int, name: str) -> Iterator[SegmentLine]:
        value, number = self._value(at, name)
        question = SEGMENT.format(value=value, number=number)
        question = question.replace("$variant", str(int(self.variant)))
        responses = self._responses(value)
        for found, *rest in self.book.ask(question):
            customers, responded, adverse, referred, judged, bad, adverse_judged, adverse_bad = map(
                _whole, rest[:8]
            )
            known = self.book.outcome is not None
            yield SegmentLine(
                by=name,
                value=None if found is None else str(found),
                customers=customers,
                responded=responded,
                adverse=adverse,
                referred=referred,
                bad=bad if known else None,
                bad_rate=share(bad, judged) if known else None,
                adverse_bad_rate=share(adverse_bad, adverse_judged) if known else None,
                exposure=self._exposure(*rest[8:12]),
                responses=responses.get(None if found is None else str(found), {}),
            )

    def _responses(self, value: str) -> dict[str | None, dict[str, int]]:
        question = (
            f"with cut as (select place, {value} as value from customers) "  # noqa: S608 - names and numbers of ours
            "select value, response, count(distinct place) from cut join chosen using (place) "
            f"where variant = {int(self.variant)} group by all order by 1, 3 desc, 2"
        )
        found: dict[str | None, dict[str, int]] = {}
        for cut, response, customers in self.book.ask(question):
            found.setdefault(None if cut is None else str(cut), {})[str(response)] = _whole(customers)
        return found

    def _value(self, at: int, name: str) -> tuple[str, str]:
        """How a customer's segment is found in SQL, and the number that it is ordered by."""
        cell = f"segments[{at + 1}]"
        number = f"try_cast({cell} as decimal(38, 10))"
        if not segment_of(self.policy, name).measured:
            return cell, "null::decimal(38, 10)"
        distinct = self.book.number(f"select count(distinct {number}) from customers")  # noqa: S608 - names and numbers of ours
        if distinct <= _FEW:
            return cell, number
        parts = ", ".join(f"{part / _BANDS}" for part in range(1, _BANDS))
        (cuts,) = self.book.ask(
            f"select quantile_disc({number}, [{parts}]), min({number}), max({number}) from customers"  # noqa: S608 - names and numbers of ours
        )
        marks = cast("list[Decimal]", cuts[0])
        edges = sorted({cast("Decimal", cuts[1]), *marks, cast("Decimal", cuts[2])})
        bands = " ".join(
            f"when {number} <= {high:f} then '{'over' if place else 'from'} {_short(low)} to {_short(high)}'"
            for place, (low, high) in enumerate(pairwise(edges))
        )
        return f"case when {number} is null then {cell} {bands} end", number


def _short(number: Decimal) -> str:
    return f"{number.normalize():,f}"


def _whole(number: object) -> int:
    return int(cast("int", number))
