"""The sections of a policy that define values: inputs, parameters, profiles and facts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from attrs import evolve

from postloan_rules.expressions import ANY, Type, Variable, type_name
from postloan_rules.policy.checking import Checking, Names, NeedsFirst
from postloan_rules.policy.dates import Spell, in_sequence, read_spell
from postloan_rules.policy.model import Dated, Fact, Input, Parameter, TableUse, Words
from postloan_rules.policy.reader import Entry, Listing, Node, Scalar, Section
from postloan_rules.policy.reading import PARAMETER_TYPES, Reading
from postloan_rules.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.expressions import Expression
    from postloan_rules.policy.tables import DecisionTable

__all__ = ["read_fact", "read_inputs", "read_parameters", "read_table_use", "with_profile"]

STANDARD = "standard"
"""The profile of the base values, which every policy has."""


def notes(reading: Reading, keys: Mapping[str, Entry], what: str) -> tuple[Words | None, str]:
    """The note and the source of a definition: for people, without effect."""
    note = reading.words(keys["note"].value, f"the note of {what}") if "note" in keys else None
    source = reading.text(keys["source"].value, f"the source of {what}") if "source" in keys else ""
    return note, source


def read_inputs(reading: Reading, entries: tuple[Entry, ...]) -> dict[str, Input]:
    """The values of the bank's own that a service passes."""
    inputs: dict[str, Input] = {}
    for entry in entries:
        name = reading.name(entry.key, "an input")
        if name is None:
            continue
        what = f"the input `{name}`"
        keys = reading.section(entry.value, what, ("type", "required", "note", "source"), ("type",))
        kind = reading.type(keys["type"].value, f"`{name}`") if "type" in keys else None
        required = (
            reading.flag(keys["required"].value, f"`required` of {what}") if "required" in keys else False
        )
        note, source = notes(reading, keys, what)
        if kind is not None:
            inputs[name] = Input(name, kind, bool(required), note, source, entry.key.span)
    return inputs


def read_parameters(reading: Reading, entries: tuple[Entry, ...]) -> dict[str, Parameter]:
    """The constants that the policy team tunes."""
    parameters: dict[str, Parameter] = {}
    for entry in entries:
        name = reading.name(entry.key, "a parameter")
        if name is None:
            continue
        what = f"the parameter `{name}`"
        allowed = ("type", "value", "note", "source")
        keys = reading.section(entry.value, what, allowed, ("type", "value"))
        note, source = notes(reading, keys, what)
        if "type" not in keys or "value" not in keys:
            continue
        kind = reading.type(keys["type"].value, f"`{name}`")
        if kind is None:
            continue
        values = _dated(reading, keys["value"].value, f"`{name}`", kind)
        parameters[name] = Parameter(name, kind, values, note, source, entry.key.span)
    return parameters


def _dated(reading: Reading, node: Node, what: str, kind: Type) -> tuple[Dated, ...]:
    if not isinstance(node, Listing):
        constant = reading.value(node, what, kind)
        return () if constant is None else (Dated(constant, None, None),)
    constants: list[object] = []
    spells: list[Spell] = []
    for item in node.items:
        keys = reading.section(item, f"a dated value of {what}", ("from", "to", "value"), ("from", "value"))
        if "from" not in keys or "value" not in keys:
            continue
        spell = read_spell(reading, keys, what, item.span)
        constant = reading.value(keys["value"].value, what, kind)
        if spell.since is not None and constant is not None:
            spells.append(spell)
            constants.append(constant)
    if not node.items:
        reading.note("PR0304", f"{what} has no value", node.span, "write a value")
    closed = zip(constants, in_sequence(reading, spells, what), strict=True)
    found = [Dated(constant, spell.since, spell.until) for constant, spell in closed]
    return tuple(sorted(found, key=lambda dated: dated.since or date.min))


def with_profile(
    reading: Reading, parameters: dict[str, Parameter], profiles: tuple[Entry, ...], chosen: str
) -> tuple[dict[str, Parameter], tuple[str, ...]]:
    """The parameters under the chosen profile, and the names of all profiles. Every profile is checked."""
    names = [STANDARD]
    result = parameters
    for entry in profiles:
        name = reading.name(entry.key, "a profile")
        if name is None:
            continue
        if name == STANDARD:
            message = f"`{STANDARD}` is the profile of the values under `parameters:`"
            reading.note("PR0308", message, entry.key.span, "change them there, or choose another name")
            continue
        names.append(name)
        changed = dict(parameters)
        for line in reading.entries(entry.value, f"the profile `{name}`"):
            base = parameters.get(line.key.value)
            if base is None:
                help_ = did_you_mean(line.key.value, list(parameters), what="the parameters are")
                reading.note("PR0323", f"`{line.key.value}` is no parameter", line.key.span, help_)
                continue
            what = f"`{line.key.value}` in the profile `{name}`"
            values = _dated(reading, line.value, what, base.type)
            changed[base.name] = evolve(base, values=values)
        if name == chosen:
            result = changed
    return result, tuple(dict.fromkeys(names))


def read_table_use(
    reading: Reading, keys: Mapping[str, Entry], what: str, tables: Mapping[str, DecisionTable | None]
) -> tuple[TableUse, Type] | None:
    """`table: name` and, where it has several outputs, `output: name`."""
    scalar = reading.scalar(keys["table"].value, f"`table` of {what}")
    if scalar is None:
        return None
    if scalar.value not in tables:
        help_ = did_you_mean(scalar.value, list(tables), what="the tables are")
        reading.note("PR0324", f"`{scalar.value}` is no table", scalar.span, help_)
        return None
    table = tables[scalar.value]
    if table is None:  # it is wrong, and its own problems say how
        return None
    names = [output.name for output in table.outputs]
    output = names[0] if names else ""
    if "output" in keys:
        output = reading.text(keys["output"].value, f"`output` of {what}")
        if output not in names:
            help_ = "the outputs are: " + ", ".join(f"`{name}`" for name in names)
            span = keys["output"].value.span
            reading.note("PR0325", f"the table `{table.name}` has no output `{output}`", span, help_)
            return None
    elif len(names) > 1:
        help_ = "add `output:` with one of " + ", ".join(f"`{name}`" for name in names)
        reading.note("PR0325", f"the table `{table.name}` has several outputs", scalar.span, help_)
        return None
    found = next(each for each in table.outputs if each.name == output)
    return TableUse(table.name, output, scalar.span), table.result_type(found)


def read_fact(
    checking: Checking, entry: Entry, names: Names, tables: Mapping[str, DecisionTable | None]
) -> tuple[Fact | None, Variable]:
    """One fact, checked; and what an expression that reads it needs to know, even if it is wrong."""
    reading, name = checking.reading, entry.key.value
    what = f"the fact `{name}`"
    mistakes = len(reading.problems)
    if isinstance(entry.value, Section):
        allowed = ("type", "is", "table", "output", "note", "source", "title")
        keys = reading.section(entry.value, what, allowed)
        if ("is" in keys) == ("table" in keys):
            help_ = "write `is:` with an expression, or `table:` with the name of a table"
            reading.note("PR0302", f"{what} needs either `is` or `table`", entry.key.span, help_)
            return None, _anything()
    else:
        keys = {"is": Entry(entry.key, entry.value)}
    note, source = notes(reading, keys, what)
    declared = None
    if "type" in keys:
        declared = reading.type(keys["type"].value, f"`{name}`", kinds=(*PARAMETER_TYPES, *_MORE_TYPES))
    definition: Expression | TableUse
    if "table" in keys:
        _first(names, keys["table"].value)
        use = read_table_use(reading, keys, what, tables)
        if use is None:
            return None, _anything()
        definition, kind = use
        unknown = True
        table = tables[definition.table]
        per_account = table is not None and bool(table.reads & checking.account_names)
        if declared is not None and declared != kind:
            message = f"{what} is declared as {type_name(declared)}, and its table gives {type_name(kind)}"
            reading.note("PR0326", message, keys["type"].value.span, f"write `type: {type_name(kind)}`")
    else:
        expression = checking.expression(keys["is"].value, what, names, expected=declared)
        if expression is None:
            return None, Variable(declared, unknown=True) if declared is not None else _anything()
        definition, kind, unknown = expression, declared or expression.type, expression.unknown
        per_account = checking.is_per_account(expression)
    if per_account:
        checking.account_names.add(name)
    if len(reading.problems) > mistakes:
        return None, Variable(kind, unknown=unknown)
    fact = Fact(name, kind, unknown, definition, per_account, note, source, entry.key.span)
    meaning = note.in_language("en") if note is not None else ""
    return fact, Variable(kind, unknown=unknown, meaning=meaning)


_MORE_TYPES = ("date-time", "days-and-time duration", "years-and-months duration")


def _anything() -> Variable:
    return Variable(ANY, unknown=True)


def _first(names: Names, node: Node) -> None:
    key = f"table {node.value}" if isinstance(node, Scalar) else ""
    if key in names.pending and key not in names.known:
        raise NeedsFirst(key)
