"""From what rules call for to what is chosen: parameters, cool-downs, constraints, referral."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from attrs import define, field

from postloan_rules.decisions.compiled_names import Definitions, Names
from postloan_rules.decisions.compiled_plans import CUSTOMER, Plan
from postloan_rules.decisions.decision import Cause, WithheldResponse
from postloan_rules.decisions.triggers import length_of
from postloan_rules.decisions.values import finished
from postloan_rules.policy.model import REFER, Never, That
from postloan_rules.policy.periods import after, before

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from postloan_rules.decisions.decision import Value
    from postloan_rules.policy.model import Constraint, Policy, Response
    from postloan_rules.snapshot import Account, Snapshot

__all__ = ["Facts", "Found", "Open", "Scopes", "Settling"]

Facts: TypeAlias = "tuple[object, ...]"
Found: TypeAlias = "tuple[Account, int, int, Facts]"
"""An account, the bits of its triggers that fired and that are unknown, and its facts."""
Scopes: TypeAlias = "Sequence[Found]"


@define
class Open:
    """A response that is called for, and what became of it."""

    response: Response
    place: int
    account_id: str | None
    rules: tuple[str, ...]
    parameters: dict[str, Value] = field(factory=dict)
    withheld: WithheldResponse | None = None

    def withhold(self, cause: Cause, by: str | None, until: date | None = None) -> None:
        """Keep the first thing that stands in the way."""
        if self.withheld is None:
            self.withheld = WithheldResponse(
                self.response.name, self.account_id, cause, by, until, self.rules
            )


@define
class Settling:
    """One choice among responses under way."""

    policy: Policy
    definitions: Definitions
    snapshot: Snapshot
    known: dict[str, object]
    """The day, and the parameters in force on it."""
    facts: tuple[tuple[str, ...], tuple[str, ...]]
    """The names of the facts that come with the customer, and with each account."""
    customer_facts: Facts
    scopes: Scopes
    open: list[Open] = field(factory=list)
    referred: bool = False
    _names: dict[int, Names] = field(factory=dict)

    def begin(self, plan: Plan) -> None:
        """Take what the rules call for, with what outranks it."""
        for each in plan.candidates:
            account_id = None if each.place == CUSTOMER else self.scopes[each.place][0].account_id
            taken = Open(each.response, each.place, account_id, each.rules)
            if each.outranked_by is not None:
                taken.withhold(Cause.OUTRANKED, each.outranked_by)
            self.open.append(taken)

    def settle(self, *, referred: bool) -> None:
        """All that can stand in the way of what is called for, in its order."""
        self.referred = referred
        for each in self.open:
            if each.withheld is None and each.response.parameters:
                self._compute(each)
        if self.snapshot.reviews:
            for each in self.open:
                if each.withheld is None:
                    self._rest(each)
        self._constrain()
        if self.referred and all(each.response.name != REFER for each in self.open):
            refer = Open(self.policy.responses[REFER], CUSTOMER, None, ())
            self._compute(refer)
            self._rest(refer)
            self.open.append(refer)

    def names(self, place: int) -> Names:
        """The names of the customer, or of the account at a place."""
        found = self._names.get(place)
        if found is not None:
            return found
        if place == CUSTOMER:
            found = Names(self.definitions, self.snapshot, self.known)
            found.keep(self.facts[0], self.customer_facts)
        else:
            account, _, _, facts = self.scopes[place]
            found = Names(self.definitions, self.snapshot, {}, around=self.names(CUSTOMER), account=account)
            found.keep(self.facts[1], facts)
        self._names[place] = found
        return found

    def _compute(self, taken: Open) -> None:
        for parameter in taken.response.parameters:
            found = self.definitions.value(parameter.definition, self.names(taken.place))
            found = finished(found, parameter, self.policy.currency)
            taken.parameters[parameter.name] = cast("Value", found)
            if found is None and taken.response.name != REFER:
                taken.withhold(Cause.UNKNOWN, parameter.name)
                self.referred = True

    def _rest(self, taken: Open) -> None:
        until = self._resting_until(taken)
        if until is not None:
            taken.withhold(Cause.COOL_DOWN, None, until)

    def _resting_until(self, taken: Open) -> date | None:
        """The last day on which a response rests after it was taken; None if it does not rest today."""
        response, last = taken.response, None
        for review in self.snapshot.reviews:
            for each in review.responses:
                if each.response != response.name:
                    continue
                if response.per_account and each.account_id not in (None, taken.account_id):
                    continue
                until = each.cool_down_until
                if until is None:
                    if response.cool_down is None:
                        continue
                    length = length_of(response.cool_down, self.known)
                    until = before(after(each.taken_on, length, response.cool_down.unit), 1, "days")
                last = until if last is None else max(last, until)
        return last if last is not None and last >= self.snapshot.as_of else None

    def _constrain(self) -> None:
        """A breach withholds what it names. All are judged on the same choice."""
        if not self.policy.constraints:
            return
        chosen = {(each.response.name, each.place): each for each in self.open if each.withheld is None}
        names = {each.response.name for each in chosen.values()}
        breaches: list[tuple[Open, str]] = []
        for constraint in self.policy.constraints:
            if names.isdisjoint(constraint.responses):
                continue
            for place in range(len(self.scopes)) if self.scopes else (CUSTOMER,):
                breaches += [(each, constraint.id) for each in self._breaking(constraint, place, chosen)]
        for taken, constraint_id in sorted(breaches, key=lambda pair: pair[1]):
            taken.withhold(Cause.CONSTRAINT, constraint_id)

    def _breaking(
        self, constraint: Constraint, place: int, chosen: Mapping[tuple[str, int], Open]
    ) -> list[Open]:
        responses = self.policy.responses
        wanted = (
            chosen.get((name, place if responses[name].per_account else CUSTOMER))
            for name in constraint.responses
        )
        found = [each for each in wanted if each is not None]
        match constraint:
            case Never():
                if len(found) < 2:
                    return []
                keep = max(found, key=lambda each: (each.response.rank, each.response.name))
                return [each for each in found if each is not keep]
            case That():
                about_none = constraint.per_account and place == CUSTOMER
                if about_none or len(found) < len(constraint.responses):
                    return []
                names = self.names(place)
                names.update({each.response.name: each.parameters for each in found})
                state = self.definitions.value(constraint.expression, names)
                self.referred = self.referred or state is None
                return [] if state is True else found
