"""Decision tables and scorecards over a span of values of one field."""

from __future__ import annotations

from collections import ChainMap
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, cast

from attrs import evolve, frozen

from postloan_rules.decisions.certainty import all_over, open_ended, unknown_over
from postloan_rules.decisions.spanning import value_over
from postloan_rules.decisions.spans import ANYTHING, Anything, Span, exactly, hull, options, truths
from postloan_rules.expressions import type_name
from postloan_rules.policy.model import Rounding
from postloan_rules.policy.tables import AS_OF, HitPolicy, look_up
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

    from postloan_rules.decisions.altered import Reads
    from postloan_rules.decisions.spans import Number, Truths
    from postloan_rules.expressions import Expression
    from postloan_rules.policy.model import ResponseParameter
    from postloan_rules.policy.scorecards import Characteristic, Scorecard
    from postloan_rules.policy.tables import DecisionTable, Row

__all__ = ["Spanned"]

_YES: Truths = frozenset({True})
_ROUNDING: dict[Rounding, Literal["down", "up"]] = {Rounding.UP: "up", Rounding.DOWN: "down"}
_SINGLE = (HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.PRIORITY)


@frozen
class Spanned:
    """A span, and what the parts of a policy can be on it for given names."""

    span: Span
    reads: Reads

    def over(self, expression: Expression, names: Mapping[str, object]) -> object:
        """What an expression can be."""
        return value_over(expression, names, self.span, self.reads)

    def _passes(self, test: Expression, subject: object, names: Mapping[str, object]) -> Truths:
        return truths(self.over(test, _with_input(subject, names)))

    def finished(self, value: Number, parameter: ResponseParameter, currency: str) -> Number:
        """A number as a response carries it: rounded as the policy says, money in whole minor units."""
        if parameter.round is not None:
            mode: Literal["down", "up", "near"] = "near"
            if value.least >= 0:
                mode = _ROUNDING.get(parameter.round.mode, "near")
            value = self.span.rounded(value, Fraction(parameter.round.to), mode)
        digits = minor_digits(currency)
        if type_name(parameter.type) == "money" and (value.decimals is None or value.decimals > digits):
            value = self.span.rounded(value, Fraction(1, 10**digits), "near")
        return value

    # Scorecards

    def score(self, card: Scorecard, names: Mapping[str, object]) -> object:
        """What the score can be."""
        points = [self._points(each, names) for each in card.characteristics]
        if any(isinstance(each, Anything) for each in points):
            return ANYTHING
        low, high, unknown = card.base, card.base, False
        for each in points:
            given = options(each)
            known = [one for one in given if isinstance(one, Decimal)]
            if not known:
                return None
            unknown = unknown or len(known) < len(given)
            low, high = low + min(known), high + max(known)
        if low == high and not unknown:
            return low
        return self.span.joined((exactly(low), exactly(high)), unknown=unknown)

    def _points(self, characteristic: Characteristic, names: Mapping[str, object]) -> object:
        subject = self.over(characteristic.expression, names)
        missing = unknown_over(subject)
        if missing == _YES:
            return characteristic.unknown
        found: list[object] = [characteristic.unknown] if True in missing else []
        for attribute in characteristic.attributes:
            state = _YES if attribute.test is None else self._passes(attribute.test, subject, names)
            if True in state:
                found.append(attribute.points)
            if None in state:
                found.append(characteristic.unknown)
            if False not in state:
                return hull(found, self.span)
        return hull([*found, None], self.span)

    # Tables

    def looked_up(self, table: DecisionTable, output: str, names: Mapping[str, object]) -> object:
        """What an output of a table can be."""
        subjects = [self.over(each.expression, names) for each in table.inputs]
        for column, subject in zip(table.inputs, subjects, strict=True):
            if column.allowed is not None:
                passes = self._passes(column.allowed, subject, names)
                if passes != _YES:
                    return ANYTHING if True in passes else None
        day = names[AS_OF] if table.dated else None
        rows: list[tuple[Row, Truths]] = []
        for row in table.rows:
            if row.holds_on(day):
                state = self._matches(row, subjects, names)
                if state != {False}:
                    rows.append((row, state))
        if table.hit is HitPolicy.FIRST:
            return self._first(table, rows, output, names)
        if any(state == {None} for _, state in rows):
            return None
        if any(state != _YES for _, state in rows):
            return ANYTHING
        return self._given(table, [row for row, _ in rows], output, names)

    def _matches(self, row: Row, subjects: Sequence[object], names: Mapping[str, object]) -> Truths:
        tests = zip(row.tests, subjects, strict=True)
        return all_over(
            tuple(self._passes(test, subject, names) for test, subject in tests if test is not None)
        )

    def _first(
        self,
        table: DecisionTable,
        rows: Sequence[tuple[Row, Truths]],
        output: str,
        names: Mapping[str, object],
    ) -> object:
        index = _index(table, output)
        found: list[object] = []
        for row, state in rows:
            if True in state:
                found.append(self.over(row.outputs[index], names))
            if None in state:
                found.append(None)
            if False not in state:
                return hull(found, self.span)
        if not any(each.default is not None for each in table.outputs):
            return hull([*found, None], self.span)
        default = table.outputs[index].default
        return hull([*found, None if default is None else self.over(default, names)], self.span)

    def _given(
        self, table: DecisionTable, matched: Sequence[Row], output: str, names: Mapping[str, object]
    ) -> object:
        """What a table gives for rows that certainly match, and are the only ones."""
        if len(matched) == 1 and table.hit in _SINGLE:
            return self.over(matched[0].outputs[_index(table, output)], names)
        cells = [cell for row in matched for cell in row.outputs]
        cells += [each.default for each in table.outputs if each.default is not None]
        if any(open_ended(names[name]) for cell in cells for name in cell.reads):
            return ANYTHING
        # The rows are known to match: what stands in the input columns no longer matters.
        rows = tuple(evolve(row, tests=()) for row in matched)
        return look_up(evolve(table, rows=rows, inputs=()), _read_only(names)).outputs[output]


def _index(table: DecisionTable, output: str) -> int:
    return [each.name for each in table.outputs].index(output)


def _read_only(names: Mapping[str, object]) -> MutableMapping[str, object]:
    """The names for a function that asks for a dict and only reads it."""
    return cast("MutableMapping[str, object]", names)


def _with_input(subject: object, names: Mapping[str, object]) -> Mapping[str, object]:
    return ChainMap({"?": subject}, _read_only(names))
