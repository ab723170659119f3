"""The section `tables` of a policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from postloan_rules.expressions import (
    NUMERIC,
    EnumType,
    NumberLiteral,
    StringLiteral,
    Variable,
    type_name,
)
from postloan_rules.policy.dates import Spell, in_sequence, read_spell
from postloan_rules.policy.reader import Entry, Listing, Node, Section
from postloan_rules.policy.reading import PARAMETER_TYPES
from postloan_rules.policy.table_files import TableFile, read_rows
from postloan_rules.policy.table_overlap import overlaps
from postloan_rules.policy.tables import DecisionTable, HitPolicy, Input, Output, Row
from postloan_rules.problems import did_you_mean

if TYPE_CHECKING:
    from postloan_rules.expressions import Expression
    from postloan_rules.policy.checking import Checking, Names
    from postloan_rules.problems import Span

__all__ = ["read_table"]


def read_table(checking: Checking, entry: Entry, names: Names) -> DecisionTable | None:
    """One decision table, checked."""
    reading, name = checking.reading, entry.key.value
    what = f"the table `{name}`"
    mistakes = len(reading.problems)
    allowed = ("hit", "inputs", "output", "rows", "table", "note", "source")
    keys = reading.section(entry.value, what, allowed, ("hit", "inputs", "output"))
    hit = reading.choice(keys["hit"].value, f"`hit` of {what}", HitPolicy) if "hit" in keys else None
    inputs: list[Input | None] = []
    if "inputs" in keys:
        items = reading.items(keys["inputs"].value, f"`inputs` of {what}")
        inputs = [_input(checking, item, what, names) for item in items]
    outputs = _outputs(checking, keys["output"].value, what, names) if "output" in keys else []
    if hit is not None and "output" in keys:
        _fit(checking, hit, outputs, what, keys["output"].key.span)
    columns = _Columns(checking, what, inputs, outputs, names)
    rows: list[Row] = []
    if ("rows" in keys) == ("table" in keys):
        help_ = "write `rows:` with a list, or `table: {file: terms.csv}`"
        reading.note("PR0302", f"{what} needs either `rows` or `table`", entry.key.span, help_)
    elif "rows" in keys:
        rows = _rows(columns, keys["rows"].value)
    else:
        rows = _rows_of_file(columns, keys["table"].value)
    if len(reading.problems) > mistakes or hit is None:
        return None
    checked = tuple(each for each in inputs if each is not None)
    table = DecisionTable(name, hit, checked, tuple(outputs), tuple(rows), entry.key.span)
    if hit is HitPolicy.UNIQUE:
        for earlier, later, values in overlaps(table):
            message = f"rows {earlier + 1} and {later + 1} of {what} both match for {values}"
            help_ = "a `unique` table lets one row match: narrow one of them, or choose `hit: first`"
            reading.note("PR0406", message, table.rows[later].span, help_)
    return table


def _rows_of_file(columns: _Columns, node: Node) -> list[Row]:
    """The rows of a CSV or Excel file."""
    reading, what = columns.checking.reading, columns.what
    keys = reading.section(node, f"`table` of {what}", ("file", "sheet"), ("file",))
    file = reading.scalar(keys["file"].value, f"`file` of {what}") if "file" in keys else None
    sheet = reading.scalar(keys["sheet"].value, f"`sheet` of {what}") if "sheet" in keys else None
    if file is None or any(each is None for each in columns.inputs):
        return []
    inputs = [" ".join(each.expression.text.value.split()) for each in columns.inputs if each is not None]
    headings = [*inputs, *(output.name for output in columns.outputs)]
    folder = Path(node.span.file).parent
    found = read_rows(reading, TableFile(file, sheet, folder), headings, what)
    return [row for item in found if (row := _row(columns, item)) is not None]


@frozen
class _Columns:
    """What the rows of a table are read against."""

    checking: Checking
    what: str
    inputs: list[Input | None]
    outputs: list[Output]
    names: Names


def _rows(columns: _Columns, node: Node) -> list[Row]:
    """The rows; or, from a list of `{from: ..., rows: [...]}`, those of each time with its days."""
    reading, what = columns.checking.reading, columns.what
    items = reading.items(node, f"`rows` of {what}")
    if not items and isinstance(node, Listing):
        reading.note("PR0304", f"{what} has no rows", node.span, "add a row")
    if not any(isinstance(item, Section) for item in items):
        return [row for item in items if (row := _row(columns, item)) is not None]
    spells: list[Spell] = []
    groups: list[list[Row]] = []
    for item in items:
        keys = reading.section(item, f"dated rows of {what}", ("from", "to", "rows"), ("from", "rows"))
        if "rows" not in keys:
            continue
        spells.append(read_spell(reading, keys, f"`rows` of {what}", item.span))
        inner = reading.items(keys["rows"].value, f"`rows` of {what}")
        groups.append([row for part in inner if (row := _row(columns, part)) is not None])
    return [
        evolve(row, since=spell.since, until=spell.until)
        for group, spell in zip(groups, in_sequence(reading, spells, f"`rows` of {what}"), strict=True)
        for row in group
    ]


def _fit(checking: Checking, hit: HitPolicy, outputs: list[Output], what: str, span: Span) -> None:
    """What some hit policies ask of the outputs."""
    if hit in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER) and not any(each.values for each in outputs):
        help_ = "write `name: {type: ..., values: [...]}`, the value of highest priority first"
        checking.reading.note(
            "PR0402", f"{what} chooses by priority, and no output lists its values", span, help_
        )
    if hit in (HitPolicy.COLLECT_SUM, HitPolicy.COLLECT_MIN, HitPolicy.COLLECT_MAX):
        for output in outputs:
            if hit is HitPolicy.COLLECT_SUM and output.type not in NUMERIC:
                message = f"{what} adds up `{output.name}`, which is of type {type_name(output.type)}"
                checking.reading.note("PR0403", message, span, "give it a type that is a number")


def _input(checking: Checking, node: Node, what: str, names: Names) -> Input | None:
    label = f"an input of {what}"
    if not isinstance(node, Section):
        expression = checking.expression(node, label, names)
        return Input(expression) if expression is not None else None
    keys = checking.reading.section(node, label, ("is", "values"), ("is",))
    expression = checking.expression(keys["is"].value, label, names) if "is" in keys else None
    if expression is None:
        return None
    allowed = None
    if "values" in keys:
        allowed = _test(checking, keys["values"].value, what, expression, names)
    return Input(expression, allowed)


def _outputs(checking: Checking, node: Node, what: str, names: Names) -> list[Output]:
    reading = checking.reading
    outputs: list[Output] = []
    for entry in reading.entries(node, f"`output` of {what}"):
        name = reading.name(entry.key, f"an output of {what}")
        if name is not None:
            output = _output(checking, name, entry.value, what, names)
            if output is not None:
                outputs.append(output)
    if isinstance(node, Section) and not node.entries:
        reading.note("PR0304", f"{what} has no output", node.span, "add a line `name: type`")
    return outputs


def _output(checking: Checking, name: str, node: Node, what: str, names: Names) -> Output | None:
    reading = checking.reading
    if not isinstance(node, Section):
        type_ = reading.type(node, f"`{name}`", kinds=PARAMETER_TYPES)
        members = type_.members if isinstance(type_, EnumType) else ()
        return Output(name, type_, members) if type_ is not None else None
    keys = reading.section(node, f"the output `{name}` of {what}", ("type", "values", "default"), ("type",))
    if "type" not in keys:
        return None
    type_ = reading.type(keys["type"].value, f"`{name}`", kinds=PARAMETER_TYPES)
    if type_ is None:
        return None
    values: tuple[object, ...] = type_.members if isinstance(type_, EnumType) else ()
    if "values" in keys:
        items = reading.items(keys["values"].value, f"`values` of the output `{name}`")
        values = tuple(reading.value(item, f"a value of the output `{name}`", type_) for item in items)
    default = None
    if "default" in keys:
        label = f"`default` of the output `{name}`"
        default = checking.expression(keys["default"].value, label, names, expected=type_)
    return Output(name, type_, values, default)


def _row(columns: _Columns, node: Node) -> Row | None:
    checking, what, inputs, outputs, names = (
        columns.checking,
        columns.what,
        columns.inputs,
        columns.outputs,
        columns.names,
    )
    reading = checking.reading
    cells = reading.items(node, f"a row of {what}")
    if not isinstance(node, Listing):
        return None
    if len(cells) != len(inputs) + len(outputs):
        count = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
        message = f"a row of {what} has {count}, and {len(inputs)} + {len(outputs)} are needed"
        help_ = "a cell for each input, then one for each output; write `-` for an input that does not matter"
        reading.note("PR0401", message, node.span, help_)
        return None
    tests = [
        _test(checking, cell, what, column.expression if column is not None else None, names)
        for cell, column in zip(cells[: len(inputs)], inputs, strict=True)
    ]
    given = [
        _result(checking, cell, what, output, names)
        for cell, output in zip(cells[len(inputs) :], outputs, strict=True)
    ]
    return Row(tuple(tests), tuple(each for each in given if each is not None), span=node.span)


def _result(checking: Checking, cell: Node, what: str, output: Output, names: Names) -> Expression | None:
    mistakes = len(checking.reading.problems)
    expression = checking.expression(cell, f"an output cell of {what}", names, expected=output.type)
    if expression is None and len(checking.reading.problems) == mistakes:
        return None
    if (
        expression is not None
        and output.values
        and isinstance(expression.root, StringLiteral | NumberLiteral)
    ):
        given = expression.root.value
        if given not in output.values:
            help_ = did_you_mean(str(given), [str(each) for each in output.values], what="they are")
            message = f"`{given}` is not among the values of the output `{output.name}`"
            checking.reading.note("PR0404", message, cell.span, help_)
    return expression


def _test(
    checking: Checking, cell: Node, what: str, subject: Expression | None, names: Names
) -> Expression | None:
    scalar = checking.reading.scalar(cell, f"a cell of {what}")
    if scalar is None or scalar.value.strip() == "-" or subject is None:
        return None
    variable = Variable(subject.type, unknown=subject.unknown)
    return checking.tests(scalar.text, names, variable, subject)
