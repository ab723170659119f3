"""What a new version of a policy changes: who, from what to what, how much money, and why."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from attrs import evolve, field, frozen

from postloan_rules.portfolio.book import book
from postloan_rules.portfolio.deciding_columns import decider
from postloan_rules.portfolio.differences import Difference, check_alike, differences
from postloan_rules.portfolio.hiding import Hiding
from postloan_rules.portfolio.impact_questions import (
    CHANGES,
    EXAMPLES,
    KINDS,
    MOVES,
    PAIRS,
    STATES,
    VALUES,
)
from postloan_rules.portfolio.impact_reasons import Comparison
from postloan_rules.portfolio.simulation import money_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from postloan_rules.policy import Policy
    from postloan_rules.portfolio.book import Book
    from postloan_rules.portfolio.deciding import Variant
    from postloan_rules.portfolio.population import Portfolio
    from postloan_rules.problems import Problem
    from postloan_rules.snapshot import Snapshot

__all__ = ["Example", "Impact", "KindOfChange", "Move", "StateChange", "ValueChange", "impact"]

OLD, NEW = 0, 1


@frozen
class Example:
    """A customer whose decision changes."""

    customer_id: str
    account_id: str | None
    line: int
    """Of the file."""
    balance: Decimal | None
    before: str
    after: str
    why: str
    """In the words of the policies."""


Change: TypeAlias = Literal["gained", "lost", "parameter", "sooner", "later", "appears", "disappears"]


@frozen
class KindOfChange:
    """One kind of change, and the customers that it comes to."""

    change: Change
    response: str
    """Empty for a change of the next review."""
    parameter: str
    customers: int
    balance: Decimal | None
    """What the accounts concerned owe."""
    examples: tuple[Example, ...]

    @property
    def title(self) -> str:
        """What it is, in words."""
        match self.change:
            case "gained" | "lost":
                return f"{self.response} {self.change}"
            case "parameter":
                return f"{self.response}.{self.parameter} changed"
            case _:
                return f"next review {self.change}"


@frozen
class Move:
    """From one set of responses to another."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    customers: int
    balance: Decimal | None


@frozen
class ValueChange:
    """How a parameter of a response changes, where it is chosen before and after."""

    response: str
    parameter: str
    accounts: int
    higher: int
    lower: int
    other: int
    """Values that are no numbers, or unknown on one side."""
    before: Decimal | None
    after: Decimal | None
    money: bool


@frozen
class StateChange:
    """How a trigger's state changes for customers; the strongest of their accounts counts."""

    trigger: str
    before: str
    after: str
    customers: int


@frozen
class Impact:
    """All that changes between two policies over a portfolio."""

    old: Policy = field(repr=False)
    new: Policy = field(repr=False)
    differences: tuple[Difference, ...]
    decided: int
    """Customers whom both policies decide."""
    unchanged: int
    """Of these: the same responses, parameters, withheld responses, triggers and next review."""
    responses_changed: int
    """Customers with another response, or one for another account."""
    kinds: tuple[KindOfChange, ...]
    moves: tuple[Move, ...]
    values: tuple[ValueChange, ...]
    states: tuple[StateChange, ...]
    hiding: Hiding
    """What is hidden where it is shown to people; in `why` it is hidden already."""
    refused: int
    problems: tuple[Problem, ...] = field(repr=False)


def impact(  # noqa: PLR0913 - each is a choice of the caller's
    old: Variant,
    new: Variant,
    portfolio: Portfolio,
    *,
    examples: int = 10,
    show: Sequence[str] = (),
    workers: int = 1,
    by_sql: bool = False,
    progress: Callable[[int], object] = lambda _: None,
    say: Callable[[str], object] = lambda _: None,
) -> Impact:
    """Decide every customer under both policies, and compare.

    `show` names what is not to be hidden of the examples, such as `customer`.

    Raises:
        RuleSetInvalid: when a policy does not load.
        MappingInvalid: when the mapping does not load, or does not fit the table.
        Unlike: when the policies are for different products.
    """
    policies = (old.policy(), new.policy())
    check_alike(*policies)
    with book() as found, decider([old, new], workers=workers, by_sql=by_sql, say=say) as deciding:
        deciding.decide(found, portfolio, progress=progress)
        hiding = Hiding(tuple(show))
        comparing = _Comparing(found, policies, portfolio, examples, hiding)
        return Impact(
            old=policies[0],
            new=policies[1],
            differences=differences(*policies),
            decided=found.number("select count(*) from pairs"),
            unchanged=found.number("select count(*) from pairs where not changed"),
            responses_changed=found.number("select count(*) from pairs where old_keys <> new_keys"),
            kinds=comparing.explained(),
            moves=tuple(comparing.moves()),
            values=tuple(comparing.values()),
            states=tuple(comparing.states()),
            hiding=hiding,
            refused=found.refused,
            problems=tuple(problem for _, problem in found.problems),
        )


@frozen
class _Comparing:
    book: Book
    policies: tuple[Policy, Policy]
    portfolio: Portfolio
    examples: int
    hiding: Hiding

    def __attrs_post_init__(self) -> None:
        self.book.ask(PAIRS)
        self.book.ask(CHANGES)

    def moves(self) -> Iterator[Move]:
        for before, after, customers, balance in self.book.ask(MOVES):
            yield Move(
                tuple(cast("list[str]", before)),
                tuple(cast("list[str]", after)),
                cast("int", customers),
                money_of(balance, self.policies[NEW]),
            )

    def kinds(self) -> Iterator[KindOfChange]:
        for change, response, parameter, customers, balance in self.book.ask(KINDS):
            yield KindOfChange(
                change=cast("Change", change),
                response=str(response),
                parameter=str(parameter),
                customers=cast("int", customers),
                balance=money_of(balance, self.policies[NEW]),
                examples=tuple(self._examples(str(change), str(response), str(parameter))),
            )

    def _examples(self, change: str, response: str, parameter: str) -> Iterator[Example]:
        """Those who owe most; none twice."""
        for customer, account, line, balance, before, after in self.book.ask(
            EXAMPLES, change, response, parameter, self.examples
        ):
            yield Example(
                customer_id=str(customer),
                account_id=None if account is None else str(account),
                line=cast("int", line),
                balance=money_of(balance, self.policies[NEW]),
                before=str(before),
                after=str(after),
                why="",
            )

    def explained(self) -> tuple[KindOfChange, ...]:
        """The kinds of change, each example with why."""
        kinds = list(self.kinds())
        lines = {example.line for kind in kinds for example in kind.examples}
        differ = {(each.kind, each.name): each for each in differences(*self.policies)}
        compared = {
            line: Comparison(self.policies, snapshot, differ, self.hiding)
            for line, snapshot in _snapshots(self.portfolio, lines)
        }
        return tuple(
            evolve(
                kind,
                examples=tuple(
                    evolve(example, why=_why(compared[example.line], kind, example))
                    for example in kind.examples
                ),
            )
            for kind in kinds
        )

    def values(self) -> Iterator[ValueChange]:
        for response, parameter, accounts, higher, lower, before, after in self.book.ask(VALUES):
            money = any(
                str(each.type) == "money" or getattr(each.type, "name", "") == "money"
                for each in self.policies[NEW].responses[str(response)].parameters
                if each.name == parameter
            )
            counts = cast("tuple[int, int, int]", (accounts, higher, lower))
            yield ValueChange(
                response=str(response),
                parameter=str(parameter),
                accounts=counts[0],
                higher=counts[1],
                lower=counts[2],
                other=counts[0] - counts[1] - counts[2],
                before=self._sum(before, money=money),
                after=self._sum(after, money=money),
                money=money,
            )

    def _sum(self, amount: object, *, money: bool) -> Decimal | None:
        if amount is None:
            return None
        if money:
            return money_of(amount, self.policies[NEW])
        return Decimal(f"{cast('Decimal', amount).normalize():f}")

    def states(self) -> Iterator[StateChange]:
        for trigger, before, after, customers in self.book.ask(STATES):
            yield StateChange(str(trigger), str(before), str(after), cast("int", customers))


def _why(compared: Comparison, kind: KindOfChange, example: Example) -> str:
    match kind.change:
        case "gained" | "lost":
            return compared.of_response(kind.response, example.account_id)
        case "parameter":
            return compared.of_parameter(kind.response, kind.parameter, example.account_id)
        case _:
            return compared.of_review()


def _snapshots(portfolio: Portfolio, lines: Iterable[int]) -> Iterator[tuple[int, Snapshot]]:
    """The snapshots that stand on some lines of the file."""
    wanted = set(lines)
    opened = portfolio.opened()
    for line, customer in opened.customers:
        if not wanted:
            return
        if line in wanted:
            wanted.discard(line)
            yield line, opened.reader.read(line, customer)[0]
