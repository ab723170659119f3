"""Decision tables: values that no row takes, rows that clash, rows and results that never come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.proof.closing import closing_rows
from postloan_rules.analysis.proof.tables import clash, selected
from postloan_rules.analysis.proof.values import CannotSay, Known, Truth, both, either
from postloan_rules.analysis.proof.witness import Found
from postloan_rules.expressions import text_of, value
from postloan_rules.policy.tables import HitPolicy, look_up

if TYPE_CHECKING:
    from postloan_rules.analysis.proof.customers import Case
    from postloan_rules.analysis.proof.study import Study
    from postloan_rules.analysis.proof.tables import Matches
    from postloan_rules.analysis.proof.values import Formula
    from postloan_rules.policy.tables import DecisionTable, Hit

__all__ = ["rows"]

_SINGLE = (HitPolicy.FIRST, HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.PRIORITY)


def rows(study: Study) -> None:
    """Look at every table."""
    for table in study.policy.tables.values():
        try:
            found = study.encoding.matches(table.name)
        except CannotSay:
            _unsaid(study, table)
            continue
        dead = _dead_rows(study, table, found)
        _unreachable(study, table, dead)
        if table.hit in (HitPolicy.UNIQUE, HitPolicy.ANY):
            _clashes(study, table, found)
        if table.hit in _SINGLE and all(each.default is None for each in table.outputs):
            _gap(study, table, found)


def _unsaid(study: Study, table: DecisionTable) -> None:
    message = f"not provable here: the rows of the table `{table.name}`, which test lists or the like"
    help_ = "look at its rows by hand, and say in analysis/accepted.yaml that it was done"
    study.note("PR0985", f"table {table.name}", message, table.span, help_)


def _looked_up(table: DecisionTable, case: Case) -> Hit | None:
    return look_up(table, case.names) if table.reads <= case.names.keys() else None


def _dead_rows(study: Study, table: DecisionTable, found: Matches) -> set[int]:
    dead: set[int] = set()
    subject = f"table {table.name}"
    taken = selected(table, found)
    for number, row in enumerate(table.rows):

        def confirm(case: Case, number: int = number) -> bool:
            hit = _looked_up(table, case)
            return hit is not None and number in hit.rows

        # A row that matches where another is in doubt is there, though it decides nothing then.
        formula = (
            taken[number] if table.hit is HitPolicy.FIRST else both(found.allowed, found.rows[number].yes)
        )
        question = f"whether row {number + 1} of the table `{table.name}` can be taken"
        if study.possible(subject, question, row.span, formula, confirm) is False:
            dead.add(number)
            why = (
                "the rows before it take all" if table.hit is HitPolicy.FIRST and number else "nothing passes"
            )
            if table.hit is HitPolicy.FIRST and study.witnesses.refuted(found.rows[number].yes):
                why = "nothing passes its tests"
            message = f"row {number + 1} of the table `{table.name}` is never taken: {why}"
            study.note("PR0981", subject, message, row.span, "delete it, or change the tests")
    return dead


def _unreachable(study: Study, table: DecisionTable, dead: set[int]) -> None:
    for column, output in enumerate(table.outputs):
        given: list[object] = []
        fixed = True
        for number, row in enumerate(table.rows):
            cell = row.outputs[column]
            fixed = fixed and not cell.reads
            if number not in dead and not cell.reads:
                given.append(value(cell, {}))
        if output.default is not None:
            fixed = fixed and not output.default.reads
            given.append(value(output.default, {}) if not output.default.reads else None)
        if not fixed:
            continue
        for each in output.values:
            if each not in given:
                shown = f'"{each}"' if isinstance(each, str) else text_of(each)
                message = f"the table `{table.name}` never gives `{output.name}` the value `{shown}`"
                help_ = "add a row that gives it, or take it out of `values`"
                study.note("PR0982", f"table {table.name}", message, table.span, help_)


def _clashes(study: Study, table: DecisionTable, found: Matches) -> None:
    subject = f"table {table.name}"
    pairs = [(one, other) for other in range(len(table.rows)) for one in range(other)]
    formulas: dict[tuple[int, int], Formula] = {}
    for pair in pairs:
        try:
            formulas[pair] = clash(table, found, pair, study.encoding.value)
        except CannotSay:
            formulas[pair] = both(found.rows[pair[0]].yes, found.rows[pair[1]].yes)
    if not study.has_time(f"{subject}: rows that clash"):
        return
    if study.witnesses.refuted(either(*formulas.values())):
        study.proved += 1
        return
    for pair, formula in formulas.items():

        def confirm(case: Case, pair: tuple[int, int] = pair) -> bool:
            hit = _looked_up(table, case)
            return hit is not None and hit.clash and {*pair} <= {*hit.rows}

        shown = f"rows {pair[0] + 1} and {pair[1] + 1} of the table `{table.name}`"
        span = table.rows[pair[1]].span
        case = study.possible(subject, f"whether {shown} can match together", span, formula, confirm)
        if isinstance(case, Found):
            differ = " and differ" if table.hit is HitPolicy.ANY else ""
            message = f"{shown} can match together{differ}: {_values(table, case.case)}"
            help_ = "narrow one of them, or choose `hit: first`: the result is unknown then"
            study.note("PR0980", subject, message, span, help_, severity="error", witness=case)


def _gap(study: Study, table: DecisionTable, found: Matches) -> None:
    subject = f"table {table.name}"
    known = [each.known for each in found.columns if isinstance(each, Known | Truth)]
    gap = both(found.allowed, *known, *(each.no for each in found.rows))

    def confirm(case: Case) -> bool:
        hit = _looked_up(table, case)
        if hit is None or hit.rows or any(each is not None for each in hit.outputs.values()):
            return False
        subjects = [value(each.expression, case.names) for each in table.inputs]
        return None not in subjects and _allowed(table, subjects, case)

    question = f"whether the table `{table.name}` has a row for all values"
    case = study.possible(subject, question, table.span, gap, confirm)
    if isinstance(case, Found):
        message = f"no row of the table `{table.name}` takes {_values(table, case.case)}"
        rows_ = closing_rows(study, table, found, gap)
        help_ = "add a row, or a `default`: the result is unknown there"
        if rows_:
            help_ = f"these rows close the gap (put the result for `null`): {' '.join(rows_)}"
        study.note("PR0979", subject, message, table.span, help_, witness=case)


def _allowed(table: DecisionTable, subjects: list[object], case: Case) -> bool:
    return all(
        column.allowed is None or value(column.allowed, {**case.names, "?": subject}) is True
        for column, subject in zip(table.inputs, subjects, strict=True)
    ) and all(
        _state(table, number, subjects, case) is False
        for number, row in enumerate(table.rows)
        if row.holds_on(case.snapshot.as_of)
    )


def _state(table: DecisionTable, number: int, subjects: list[object], case: Case) -> bool | None:
    states = [
        value(test, {**case.names, "?": subject})
        for test, subject in zip(table.rows[number].tests, subjects, strict=True)
        if test is not None
    ]
    return False if False in states else None if None in states else True


def _values(table: DecisionTable, case: Case) -> str:
    parts = []
    for column in table.inputs:
        found = value(column.expression, case.names)
        shown = f'"{found}"' if isinstance(found, str) else text_of(found) or "unknown"
        parts.append(f"{column.expression.text.value.strip()} = {shown}")
    return ", ".join(parts)
