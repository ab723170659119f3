"""What is computed from the snapshot, each after what it reads: facts, tables, scorecards; then triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import ANY, BOOLEAN, Variable
from postloan_rules.policy.checking import Names, in_dependency_order, words_of
from postloan_rules.policy.definitions import read_fact
from postloan_rules.policy.scorecard_reading import facts_of
from postloan_rules.policy.scorecards import REASONS
from postloan_rules.policy.table_reading import read_table
from postloan_rules.policy.triggers import read_trigger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postloan_rules.expressions import Type
    from postloan_rules.policy.checking import Checking
    from postloan_rules.policy.gathering import Gathered
    from postloan_rules.policy.model import Fact, Trigger
    from postloan_rules.policy.tables import DecisionTable

__all__ = ["read_facts", "read_triggers"]


def read_facts(checking: Checking, gathered: Gathered) -> tuple[list[Fact], dict[str, DecisionTable | None]]:
    """Facts and tables, each after what it reads."""
    entries = gathered.definitions("facts", "a fact")
    of_tables = {f"table {name}": entry for name, entry in gathered.definitions("tables", "a table").items()}
    cards = gathered.definitions("scorecards", "a scorecard")
    # A scorecard gives two facts, the score and its reasons; checking either checks both.
    cards |= {name + REASONS: entry for name, entry in cards.items()}
    everything = {**entries, **of_tables, **cards}
    facts: dict[str, Fact] = {}
    tables: dict[str, DecisionTable | None] = {key.removeprefix("table "): None for key in of_tables}
    names = Names(checking.known, everything)

    def check_card(name: str) -> Variable:
        found = facts_of(checking, cards[name], names)
        for fact in found or ():
            facts[fact.name] = fact
            checking.known[fact.name] = Variable(fact.type, unknown=fact.unknown)
        if found is None:
            checking.known[name] = Variable(ANY, unknown=False)
        return checking.known[name]

    def check_one(name: str) -> Variable:
        if name in cards:
            return check_card(name)
        if name in of_tables:
            tables[name.removeprefix("table ")] = read_table(checking, of_tables[name], names)
            variable = Variable(BOOLEAN, unknown=True)
        else:
            fact, variable = read_fact(checking, entries[name], names, tables)
            if fact is not None:
                facts[name] = fact
        checking.known[name] = variable
        return variable

    def on_cycle(chain: tuple[str, ...]) -> Variable:
        kind = "table" if chain[0] in of_tables else "fact" if chain[0] in entries else "scorecard"
        what = f"the {kind} `{chain[0].removeprefix('table ')}`"
        checking.known[chain[0]] = checking.cycle(what, chain, everything[chain[0]].key.span)
        return checking.known[chain[0]]

    def words(name: str) -> Iterator[str]:
        for word in words_of(everything[name].value):
            yield from (word, f"table {word}")

    order = in_dependency_order(everything, check_one, on_cycle, words)
    for key in of_tables:
        checking.known.pop(key, None)
    return [facts[name] for name in order if name in facts], tables


def read_triggers(
    checking: Checking, gathered: Gathered, parameters: Mapping[str, Type]
) -> tuple[Trigger, ...]:
    """Triggers, each after those it reads."""
    entries = gathered.definitions("triggers", "a trigger")
    found: dict[str, Trigger] = {}
    known = dict(checking.known)
    names = Names(known, entries)

    def check_one(name: str) -> Variable:
        trigger, variable = read_trigger(checking, entries[name], names, parameters)
        if trigger is not None:
            found[name] = trigger
        known[name] = variable
        return variable

    def on_cycle(chain: tuple[str, ...]) -> Variable:
        what = f"the trigger `{chain[0]}`"
        known[chain[0]] = checking.cycle(what, chain, entries[chain[0]].key.span)
        return known[chain[0]]

    order = in_dependency_order(entries, check_one, on_cycle, lambda name: words_of(entries[name].value))
    return tuple(found[name] for name in order if name in found)
