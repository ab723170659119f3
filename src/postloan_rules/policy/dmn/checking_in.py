"""The sections of a DMN file, checked as the loader checks a policy's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions import ANY, BOOLEAN, Variable
from postloan_rules.policy.checking import Checking, Names, in_dependency_order, words_of
from postloan_rules.policy.definitions import read_fact, read_inputs, read_parameters
from postloan_rules.policy.dmn.model import DmnModel
from postloan_rules.policy.table_reading import read_table
from postloan_rules.policy.vocabulary import ACCOUNT, record, snapshot_names
from postloan_rules.problems import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from postloan_rules.policy.dmn.survey import Survey
    from postloan_rules.policy.model import Fact, Input, Parameter
    from postloan_rules.policy.reader import Entry
    from postloan_rules.policy.tables import DecisionTable

__all__ = ["Parts", "checked"]


@frozen
class Parts:
    """What the sections define, as far as it is right."""

    inputs: Mapping[str, Input]
    parameters: Mapping[str, Parameter]
    facts: tuple[Fact, ...]
    tables: Mapping[str, DecisionTable]

    def model(self, name: str, survey: Survey, yaml: str) -> DmnModel:
        """The whole of it, once nothing is wrong."""
        return DmnModel(
            name=name,
            inputs=tuple(self.inputs.values()),
            parameters=tuple(self.parameters.values()),
            facts=self.facts,
            tables=self.tables,
            per_account=ACCOUNT in survey.snapshot,
            left_out=tuple(survey.left_out),
            warnings=in_order(survey.reading.problems),
            yaml=yaml,
        )


def checked(survey: Survey, sections: Mapping[str, Sequence[Entry]]) -> Parts:
    """Check the sections; what is wrong is noted at its place in the file."""
    reading = survey.reading
    inputs = read_inputs(reading, tuple(sections["inputs"]))
    parameters = read_parameters(reading, tuple(sections["parameters"]))
    account = record("Account") if ACCOUNT in survey.snapshot else None
    known = {name: each for name, each in snapshot_names().items() if name in survey.snapshot}
    if account is not None:
        known[ACCOUNT] = Variable(account, unknown=False)
    for name, each in inputs.items():
        known[name] = Variable(each.type, unknown=not each.required)
    for name, parameter in parameters.items():
        known[name] = Variable(parameter.type, unknown=False)
    given = {entry.key.value for entries in sections.values() for entry in entries}
    for name in (*survey.decisions, *survey.inputs):
        if name not in given:  # it was refused, and that is told once
            known[name] = Variable(ANY, unknown=True)
    checking = Checking(reading, known, account, {}, {ACCOUNT} if account is not None else set())
    facts, tables = _facts(checking, sections)
    return Parts(inputs, parameters, facts, tables)


def _facts(
    checking: Checking, sections: Mapping[str, Sequence[Entry]]
) -> tuple[tuple[Fact, ...], dict[str, DecisionTable]]:
    """Facts and tables, each after what it reads."""
    entries = {entry.key.value: entry for entry in sections["facts"]}
    of_tables = {f"table {entry.key.value}": entry for entry in sections["tables"]}
    everything = {**entries, **of_tables}
    facts: dict[str, Fact] = {}
    tables: dict[str, DecisionTable | None] = {key.removeprefix("table "): None for key in of_tables}
    names = Names(checking.known, everything)

    def check_one(name: str) -> Variable:
        variable = Variable(BOOLEAN, unknown=True)
        if name in of_tables:
            tables[name.removeprefix("table ")] = read_table(checking, of_tables[name], names)
        else:
            fact, variable = read_fact(checking, entries[name], names, tables)
            if fact is not None:
                facts[name] = fact
        checking.known[name] = variable
        return variable

    def on_cycle(chain: tuple[str, ...]) -> Variable:
        # A decision that is a table is one thing to its author, and two here.
        shown = tuple(dict.fromkeys(name.removeprefix("table ") for name in chain))
        whole = (*shown, shown[0])
        span = everything[chain[0]].key.span
        checking.known[chain[0]] = checking.cycle(f"the decision `{shown[0]}`", whole, span)
        return checking.known[chain[0]]

    def words(name: str) -> Iterator[str]:
        for word in words_of(everything[name].value):
            yield from (word, f"table {word}")

    order = in_dependency_order(everything, check_one, on_cycle, words)
    return (
        tuple(facts[name] for name in order if name in facts),
        {name: table for name, table in tables.items() if table is not None},
    )
