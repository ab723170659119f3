"""From the answers of `why` and `why_not` to what a view shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.decisions.views.reasons import (
    ConditionView,
    DistanceView,
    GapView,
    ReasonView,
    RuleGapView,
)
from postloan_rules.decisions.views.view import Truth, Value, place_of
from postloan_rules.decisions.views.visible import visible
from postloan_rules.expressions import DATE, RATIO, scalar_type
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from postloan_rules.decisions.distance import Distance
    from postloan_rules.decisions.evidence import Condition, Reading
    from postloan_rules.decisions.views.masking import Masking
    from postloan_rules.decisions.why import Reason
    from postloan_rules.decisions.why_not import Gap, RuleGap
    from postloan_rules.expressions import Type

__all__ = ["Answering", "truth_of"]

_TRUTHS: dict[bool | None, Truth] = {True: "true", False: "false", None: "unknown"}
_ROOTS = {"account": "Account", "bureau": "BureauReport", "customer": "Customer", "event": "Event"}


def truth_of(state: bool | None) -> Truth:  # noqa: FBT001 - a truth value is the data here
    """A truth value by name."""
    return _TRUTHS[state]


class Answering:
    """What is shown of reasons under one masking."""

    def __init__(self, masking: Masking) -> None:
        self.masking = masking
        policy = masking.policy
        self.types: dict[str, Type] = {"as_of": DATE}
        self.types.update({each.name: each.type for each in policy.facts})
        self.types.update({each.name: each.type for each in policy.parameters})
        self.types.update({each.name: each.type for each in policy.inputs})

    def reason(self, reason: Reason) -> ReasonView:
        """The fewest conditions that alone call for a response."""
        conditions = tuple(self.condition(each) for each in reason.conditions)
        return ReasonView(conditions, reason.left_out, reason.smallest)

    def condition(self, condition: Condition) -> ConditionView:
        """One condition, with what it reads."""
        account = self.masking.account(condition.account_id)
        record = self.masking.record(condition.event_id)
        return ConditionView(
            text=visible(" ".join(condition.text.split())),
            truth=_TRUTHS[condition.truth],
            account=visible(account) if account is not None else None,
            record=visible(record) if record is not None else None,
            reads=tuple(
                (
                    visible(self._name(each)),
                    self.masking.of_reading(each.value, self._type(each.name), each.name),
                )
                for each in condition.reads
                if each.name != condition.text
            ),
            place=place_of(condition.span) if condition.span is not None else None,
        )

    def _name(self, reading: Reading) -> str:
        """What is read, as its author wrote it; of an event, its number too, as far as it is shown."""
        record = self.masking.record(reading.event_id)
        return reading.name if record is None else f"{reading.name} {record}"

    def rule(self, gap: RuleGap) -> RuleGapView:
        """What a rule lacks."""
        account = self.masking.account(gap.account_id)
        return RuleGapView(
            rule=visible(gap.rule),
            account=visible(account) if account is not None else None,
            holds=gap.holds,
            in_force=gap.in_force,
            possible=gap.possible,
            smallest=gap.smallest,
            needs=tuple(self._gap(each) for each in gap.needs),
            others=len(gap.others),
            place=place_of(gap.span),
        )

    def _gap(self, gap: Gap) -> GapView:
        return GapView(
            condition=self.condition(gap.condition),
            needed=_TRUTHS[gap.needed],
            distance=self._distance(gap.distance) if gap.distance is not None else None,
            values=tuple(visible(each) for each in gap.values),
            missing=tuple(visible(each) for each in gap.missing),
        )

    def _distance(self, distance: Distance) -> DistanceView:
        target = distance.target
        return DistanceView(
            of=visible(distance.of),
            amount=distance.amount,
            unit=distance.unit,
            direction=distance.direction,
            beyond=distance.beyond,
            target=Value(target, self._unit(distance)) if target is not None else None,
        )

    def _unit(self, distance: Distance) -> Type | None:
        if distance.unit == self.masking.policy.currency:
            return scalar_type("money")
        return scalar_type(distance.unit) if distance.unit else None

    def _type(self, name: str) -> Type | None:
        """What kind of value a name or a field of a record has, where it is an amount or the like."""
        if name in self.types:
            return self.types[name]
        root, *fields = name.split(".")
        record = _ROOTS.get(root)
        kind = ""
        for each in fields:
            info = catalogue.records()[record].by_name.get(each) if record is not None else None
            if info is None:
                return None
            record, kind = info.record, info.kind
        return RATIO if kind == "rate" else scalar_type(kind)
