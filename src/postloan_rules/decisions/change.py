"""The smallest change to what is known of a customer that would bring a response, or take it away."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from postloan_rules.decisions.boundary import Resting, Target, nearest
from postloan_rules.decisions.changeable import Changeable, Known, changeable, named
from postloan_rules.decisions.decide import outcome
from postloan_rules.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from postloan_rules.policy.model import Policy, Response
    from postloan_rules.snapshot import Snapshot

__all__ = ["Change", "FieldChange", "NoChange", "smallest_change"]

Cost: TypeAlias = "int | Decimal"


@frozen
class FieldChange:
    """One field, and what it would be instead."""

    path: str
    """Such as `accounts[CARD-A].current_balance`."""
    before: Known | None
    after: Known
    distance: Decimal | None
    """How far apart the two are; None for a field that has no measure."""
    unit: str
    """`currency`, `days`, `months` …; empty for plain numbers, and where there is no distance."""

    def __str__(self) -> str:
        before = "unknown" if self.before is None else _shown(self.before)
        return f"{self.doing} ({self.path} from {before} to {_shown(self.after)})"

    @property
    def doing(self) -> str:
        """The change as something to do or to come about: `pay 812.40 more`, `3 fewer days past due`."""
        name = self.path.rpartition(".")[2]
        if self.distance is None or self.before is None:
            return f"{name.replace('_', ' ')} {_shown(self.after)}"
        down = Decimal(self.after) < Decimal(self.before)
        amount = _shown(self.distance)
        special = _WORDS.get((name, down))
        if special is not None:
            return special.format(amount)
        if self.unit in ("days", "months") and name.startswith(("days_", "months_")):
            rest = name.partition("_")[2].replace("_", " ")
            unit = self.unit if self.distance != 1 else self.unit.removesuffix("s")
            return f"{amount} {'fewer' if down else 'more'} {unit} {rest}"
        return f"{name.replace('_', ' ')} {'lower' if down else 'higher'} by {amount}"

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return {
            "path": self.path,
            "before": _plain(self.before),
            "after": _plain(self.after),
            "distance": None if self.distance is None else f"{self.distance:f}",
            "unit": self.unit,
        }


_WORDS = {
    ("current_balance", True): "pay {} more",
    ("current_balance", False): "owe {} more",
    ("amount_past_due", True): "pay {} of what is past due",
    ("monthly_income", True): "earn {} less a month",
    ("monthly_income", False): "earn {} more a month",
}


@frozen
class Change:
    """The smallest change that brings a response or takes it away. It has been decided, and does."""

    response: str
    account_id: str | None
    brings: bool
    """Whether the response comes; otherwise it goes."""
    fields: tuple[FieldChange, ...]
    cost: Decimal
    """By the costs that were given or that `smallest_change` states, to six decimals."""
    proved: bool
    """Whether it is proved that there is none smaller."""
    explanation: str

    def __str__(self) -> str:
        account = f" for {self.account_id}" if self.account_id is not None else ""
        head = f"{self.response}{account} would {'be chosen' if self.brings else 'no longer be chosen'}:"
        rest = "" if self.proved else "\n  (not proved to be the smallest change)"
        return head + "".join(f"\n  {each}" for each in self.fields) + rest

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return {
            "response": self.response,
            "account_id": self.account_id,
            "brings": self.brings,
            "fields": [each.to_dict() for each in self.fields],
            "cost": f"{self.cost:f}",
            "proved": self.proved,
            "explanation": self.explanation,
        }


@frozen
class NoChange:
    """No change of the fields that were looked at brings the response or takes it away."""

    response: str
    account_id: str | None
    brings: bool
    """Whether the response was to come; otherwise it was to go."""
    proved: bool
    """Whether it is proved that there is none."""
    reason: str

    def __str__(self) -> str:
        account = f" for {self.account_id}" if self.account_id is not None else ""
        return f"{self.response}{account}: {self.reason}"

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return {
            "response": self.response,
            "account_id": self.account_id,
            "brings": self.brings,
            "proved": self.proved,
            "reason": self.reason,
        }


@frozen
class _Question:
    target: Target
    fields: tuple[Changeable, ...]
    weights: Mapping[str, Fraction] = field(factory=dict)

    def cost(self, changes: Iterable[tuple[Changeable, Known]]) -> Fraction:
        return sum(
            (each.cost(after) * self.weights.get(each.path, Fraction(1)) for each, after in changes),
            Fraction(0),
        )


def smallest_change(
    policy: Policy,
    snapshot: Snapshot,
    response: str,
    *,
    allowed: Iterable[str] | None,
    account_id: str | None,
    costs: Mapping[str, Cost] | None,
) -> Change | NoChange:
    """What `Decision.smallest_change` says."""
    wanted, account_id = _target(policy, snapshot, response, account_id)
    target = Target.of(policy, snapshot, wanted, account_id)
    if allowed is None:
        fields = tuple(changeable(policy, snapshot, account_id))
    else:
        fields = named(allowed, policy, snapshot, account_id)
    question = _Question(target, fields, _weights(costs, policy, snapshot, account_id))
    try:
        return _answer(question)
    except Resting as rest:
        last = f" until {rest.until}" if rest.until is not None else ""
        return _none(question, f"it rests{last} after it was taken, and no field changes that", proved=True)


def _target(
    policy: Policy, snapshot: Snapshot, name: str, account_id: str | None
) -> tuple[Response, str | None]:
    if name not in policy.responses:
        help_ = did_you_mean(name, list(policy.responses), what="the responses are")
        raise KeyError(f"the policy has no response `{name}` ({help_})")
    response = policy.responses[name]
    if not response.per_account:
        return response, None
    found = outcome(policy, snapshot)
    accounts = [each.account_id for each in found.accounts if each.account_id is not None]
    known = [each.account_id for each in snapshot.accounts]
    if account_id is not None and account_id not in known:
        help_ = did_you_mean(account_id, known, what="the accounts are")
        raise KeyError(f"the customer has no account `{account_id}` ({help_})")
    if account_id is not None or not known:
        return response, account_id
    chosen = [
        each for each in accounts if (one := found.candidates.get((name, each))) and one.withheld is None
    ]
    return response, (chosen or accounts or known)[0]


def _weights(
    costs: Mapping[str, Cost] | None, policy: Policy, snapshot: Snapshot, account_id: str | None
) -> dict[str, Fraction]:
    weights: dict[str, Fraction] = {}
    for path, weight in (costs or {}).items():
        if weight <= 0:
            raise ValueError(f"the cost of `{path}` is {weight}, and must be above zero")
        (each,) = named((path,), policy, snapshot, account_id)
        weights[each.path] = Fraction(weight)
    return weights


def _answer(question: _Question) -> Change | NoChange:
    best: tuple[Fraction, tuple[Changeable, Known]] | None = None
    proved = True
    for each in question.fields:
        flip = nearest(question.target, each)
        proved = proved and flip.proved
        if flip.after is not None:
            pair = (each, flip.after)
            cost = question.cost((pair,))
            if best is None or cost < best[0]:
                best = (cost, pair)
    if best is not None:
        return _change(question, (best[1],), proved=proved)
    return _several(question, proved=proved)


def _several(question: _Question, *, proved: bool) -> Change | NoChange:
    """Two fields or more, where none does it alone; `proved` tells whether that is certain."""
    target, fields = question.target, question.fields
    single = "no change of any one of the fields looked at does it"
    if len(fields) < 2:
        return _none(question, single if fields else "there is no field that could be changed", proved=proved)
    try:
        from postloan_rules.decisions.solver import solve  # noqa: PLC0415 - z3 is an extra
    except ModuleNotFoundError as missing:
        if missing.name != "z3":
            raise
        reason = f"{single}; to look for several at once, install `postloan-rules[proof]` (z3-solver)"
        return _none(question, reason, proved=False)
    solution = solve(target, fields, lambda each, after: question.cost(((each, after),)), 2)
    if solution.changes is not None:
        return _change(question, solution.changes, proved=solution.proved and proved)
    if solution.proved and proved:
        return _none(question, "no change of the fields looked at does it, of one or of several", proved=True)
    return _none(question, f"{single}, and none of several was found", proved=False)


def _change(question: _Question, changes: Sequence[tuple[Changeable, Known]], *, proved: bool) -> Change:
    target = question.target
    cost = question.cost(changes)
    fields = tuple(_field_change(each, after) for each, after in changes)
    smallest = "the smallest" if proved else "not proved to be the smallest"
    looked_at = f"{len(question.fields)} field{'' if len(question.fields) == 1 else 's'}"
    return Change(
        target.response.name,
        target.account_id,
        not target.now,
        fields,
        (Decimal(cost.numerator) / Decimal(cost.denominator)).quantize(Decimal("0.000001"), ROUND_HALF_UP),
        proved,
        f"{' and '.join(each.doing for each in fields)}: {smallest} change of {looked_at} looked at",
    )


def _none(question: _Question, reason: str, *, proved: bool) -> NoChange:
    target = question.target
    return NoChange(target.response.name, target.account_id, not target.now, proved, reason)


def _field_change(each: Changeable, after: Known) -> FieldChange:
    distance = None
    if each.numeric and not isinstance(after, str | bool) and each.before is not None:
        distance = abs(Decimal(after) - Decimal(each.before))
    return FieldChange(each.path, each.before, after, distance, each.unit)


def _shown(value: Known) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _plain(value: Known | None) -> bool | int | str | None:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, str) else value
