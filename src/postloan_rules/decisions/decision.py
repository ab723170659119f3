"""A decision: what to do, what not and why, when to look again. Data, and its JSON."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, fields, frozen

from postloan_rules.decisions.triggers import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postloan_rules.decisions.change import Change, NoChange
    from postloan_rules.decisions.compiled import Made
    from postloan_rules.decisions.trace import Trace
    from postloan_rules.decisions.why import Why
    from postloan_rules.decisions.why_not import WhyNot
    from postloan_rules.policy.model import Policy
    from postloan_rules.snapshot import Snapshot

__all__ = [
    "Cause",
    "ChosenResponse",
    "Decision",
    "Referral",
    "TriggerState",
    "Value",
    "WithheldResponse",
]

Value: TypeAlias = Decimal | str | bool | dt.date | None
"""What a parameter of a response can be; None is unknown."""

FORMAT = 1
"""The version of the decision's JSON."""


@frozen
class TriggerState:
    """What became of a trigger, for an account or for the customer (`account_id` is None)."""

    trigger: str
    account_id: str | None
    state: State


@frozen
class ChosenResponse:
    """A response that the policy calls for, with its parameters and the rules that called for it."""

    response: str
    account_id: str | None
    family: str
    parameters: Mapping[str, Value]
    rules: tuple[str, ...]
    adverse: bool
    reasons: tuple[str, ...]


class Cause(StrEnum):
    """Why a response that rules called for is not chosen."""

    OUTRANKED = "outranked"
    COOL_DOWN = "cool_down"
    CONSTRAINT = "constraint"
    UNKNOWN = "unknown"


@frozen
class WithheldResponse:
    """A response that rules called for and that is not chosen.

    `by` names what withholds it: the response that outranks it, the constraint, the parameter whose value is
    unknown. `until` is the last day of a cool-down.
    """

    response: str
    account_id: str | None
    cause: Cause
    by: str | None
    until: dt.date | None
    rules: tuple[str, ...]


@frozen
class Referral:
    """Why a person must look: something unknown that the policy does not pass over.

    `subject` is the trigger, response or constraint that could not be settled; `missing` names the fields and
    facts that would settle it.
    """

    subject: str
    account_id: str | None
    missing: tuple[str, ...]


@frozen
class Decision:
    """What the policy says about one customer as of one day."""

    ruleset: str
    version: str
    profile: str
    ruleset_fingerprint: str
    """`sha256:` and 64 digits, over all that the policy says."""
    snapshot_fingerprint: str
    """The same, over the snapshot."""
    customer_id: str
    as_of: dt.date
    responses: tuple[ChosenResponse, ...]
    withheld: tuple[WithheldResponse, ...]
    triggers: tuple[TriggerState, ...]
    referrals: tuple[Referral, ...]
    next_review: dt.date | None
    """When to look again; None where the policy has no schedule, or the customer no account under it."""
    reasons: tuple[str, ...]
    """The reason codes of the adverse responses, those of the highest rank first, each once."""
    _policy: Policy = field(repr=False, eq=False)
    _snapshot: Snapshot = field(repr=False, eq=False)
    _made: Made | None = field(init=False, default=None, repr=False, eq=False)
    """What the fields that nobody has asked for yet are made of."""

    def __getattr__(self, name: str) -> object:
        # Reached for a field that is not there yet. What it is made of does not change, so that two threads
        # that make it make the same.
        if name not in _FIELDS:
            raise AttributeError(name)
        made = self._made
        if made is None:
            raise AttributeError(name)
        value = made[0].part(made, name)
        object.__setattr__(self, name, value)
        return value

    def __getstate__(self) -> dict[str, object]:
        """All fields: a copy elsewhere has nothing to make them of."""
        return {**{name: getattr(self, name) for name in _FIELDS}, "_made": None}

    def __setstate__(self, state: dict[str, object]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)

    @property
    def trace(self) -> Trace:
        """The value of every condition that was looked at, with its place in the YAML; made on asking."""
        made = self._made
        if made is not None:
            return made[0].trace(made)
        from postloan_rules.decisions.trace import trace  # noqa: PLC0415 - circular

        return trace(self._policy, self._snapshot)

    def why(self, response: str, account_id: str | None = None) -> Why:
        """Why a response is chosen: the fewest conditions that alone call for it.

        Args:
            response: The name of a chosen response.
            account_id: For which account; the first that it is chosen for where it is left out.

        Raises:
            KeyError: for a response or an account that there is none of, with the nearest name.
            ValueError: for a response that is not chosen: `why_not` explains those.
        """
        from postloan_rules.decisions.why import why  # noqa: PLC0415 - circular

        return why(self, self._policy, self._snapshot, response, account_id)

    def why_not(self, response: str, account_id: str | None = None) -> WhyNot:
        """Why a response is not chosen: what withholds it, or what each rule lacks that could call for it.

        Args:
            response: The name of a response that is not chosen.
            account_id: For which account; the first that it is not chosen for where it is left out.

        Raises:
            KeyError: for a response or an account that there is none of, with the nearest name.
            ValueError: for a response that is chosen: `why` explains those.
        """
        from postloan_rules.decisions.why_not import why_not  # noqa: PLC0415 - circular

        return why_not(self, self._policy, self._snapshot, response, account_id)

    def smallest_change(
        self,
        response: str,
        allowed: Iterable[str] | None = None,
        account_id: str | None = None,
        costs: Mapping[str, int | Decimal] | None = None,
    ) -> Change | NoChange:
        """The smallest change that would bring a response or, when it is chosen, take it away.

        The fewest fields count first, then the cost. A number costs its change as a share of its present
        value, or of a measure where that is larger: an amount of 1,000, 30 days, 3 months, a rate of 0.1, a
        number of 10. Another field costs 1. A cost is multiplied by what `costs` gives for the field.
        Money goes in minor units, rates and ratios in steps of 0.0001, the rest in whole steps. What is given
        has been decided, and does bring the response or take it away. Several fields at once are looked for
        only where no single one does it, and need the extra `proof`; without it the answer says so.

        Args:
            response: The name of a response.
            allowed: Which fields may change: `account.current_balance` (of the account of the response),
                `accounts[A-1].credit_limit`, `customer.monthly_income`, `attributes.watch_list`. Where it is
                left out, all known fields of the account, the customer and the inputs that someone can bring
                about: no dates, no history, nothing that the law protects.
            account_id: For which account; where it is left out, the first that it is chosen for, or any.
            costs: By field, what its cost is multiplied with: 2 makes it twice as dear.

        Raises:
            KeyError: for a response or an account that there is none of, with the nearest name.
            ValueError: for a field that must not or cannot be changed.
        """
        from postloan_rules.decisions.change import smallest_change  # noqa: PLC0415 - circular

        return smallest_change(
            self._policy, self._snapshot, response, allowed=allowed, account_id=account_id, costs=costs
        )

    def fired(self, account_id: str | None = None) -> tuple[str, ...]:
        """The names of the triggers that fired: all of them, or an account's and the customer's own."""
        made = self._made
        if made is not None and account_id is None:
            return made[0].fired(made)
        return tuple(
            dict.fromkeys(
                each.trigger
                for each in self.triggers
                if each.state is State.FIRED and account_id in (None, each.account_id)
            )
        )

    def to_dict(self) -> dict[str, object]:
        """The decision as plain values, in the form of its JSON."""
        return {
            "format": FORMAT,
            "ruleset": self.ruleset,
            "version": self.version,
            "profile": self.profile,
            "ruleset_fingerprint": self.ruleset_fingerprint,
            "snapshot_fingerprint": self.snapshot_fingerprint,
            "customer_id": self.customer_id,
            "as_of": self.as_of.isoformat(),
            "responses": [
                {
                    "response": each.response,
                    "account_id": each.account_id,
                    "family": each.family,
                    "parameters": {name: _plain(part) for name, part in each.parameters.items()},
                    "rules": list(each.rules),
                    "adverse": each.adverse,
                    "reasons": list(each.reasons),
                }
                for each in self.responses
            ],
            "withheld": [
                {
                    "response": each.response,
                    "account_id": each.account_id,
                    "cause": each.cause.value,
                    "by": each.by,
                    "until": each.until.isoformat() if each.until is not None else None,
                    "rules": list(each.rules),
                }
                for each in self.withheld
            ],
            "triggers": [
                {"trigger": each.trigger, "account_id": each.account_id, "state": each.state.value}
                for each in self.triggers
            ],
            "referrals": [
                {"subject": each.subject, "account_id": each.account_id, "missing": list(each.missing)}
                for each in self.referrals
            ],
            "next_review": self.next_review.isoformat() if self.next_review is not None else None,
            "reasons": list(self.reasons),
        }

    def to_json(self) -> str:
        """The decision as canonical JSON: keys sorted, no spaces; the same decision gives the same bytes."""
        return json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


_FIELDS = frozenset(each.name for each in fields(Decision) if each.name != "_made")


def _plain(part: Value) -> bool | str | None:
    if part is None or isinstance(part, bool | str):
        return part
    return f"{part:f}" if isinstance(part, Decimal) else part.isoformat()
