"""Code that records the value of every condition of a policy into a side table, and the trace made of it.

A table is a flat tuple: the inputs, then the conditions, each in the place that it has once and for all. All
conditions are worked out, since most cost less than the question whether they are looked at; which of them
are looked at follows from the values, as `and` ends at the first that is false. Steps are put together when
somebody reads them. What a table does not hold is then asked of the evaluator: the fields of records, tables
and scorecards, conditions on events, patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from attrs import define, field, frozen

from postloan_rules.decisions import compiled_run
from postloan_rules.decisions.compiled_names import Names
from postloan_rules.decisions.compiled_source import (
    AS_OF,
    Text,
    Writing,
    input_codes,
    needed_facts,
    of_the_day,
    snapshot_codes,
)
from postloan_rules.decisions.trace import Tracer
from postloan_rules.decisions.trace_shapes import paths
from postloan_rules.expressions import (
    ANY,
    And,
    Filter,
    GlobalName,
    If,
    In,
    Not,
    Or,
    Quantified,
    all_of,
    any_of,
    children,
    evaluate_node,
    negated,
)
from postloan_rules.expressions.compiled_code import Code, Module
from postloan_rules.expressions.evaluator import plain
from postloan_rules.expressions.printer import canonical
from postloan_rules.policy.conditions import leaves
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.policy.model import ScoreUse, TableUse, TriggerKind
from postloan_rules.policy.vocabulary import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping
    from types import CodeType

    from postloan_rules.decisions.compiled import Compiled, Made
    from postloan_rules.decisions.decision import TriggerState
    from postloan_rules.decisions.trace import RuleTrace, TriggerTrace
    from postloan_rules.decisions.trace_shapes import Shapes
    from postloan_rules.expressions import Expression, Node
    from postloan_rules.policy.model import Policy
    from postloan_rules.snapshot import Snapshot

__all__ = ["Recorder", "Recording", "Tables", "recorder"]

Tables: TypeAlias = "tuple[tuple[object, ...], list[tuple[object, ...]]]"
"""The side table of the customer, and that of each account."""


@frozen
class Kept:
    """Where the value of a condition is kept: a place in a table, or under a name."""

    at: int | str
    fields: tuple[Node, ...] = ()
    """The fields of single records that it reads."""


@frozen
class Conditions:
    """The conditions that an expression joins, by their ids."""

    per_account: bool
    kept: Mapping[int, Kept]


@frozen
class Recorder:
    """The code that makes the side tables of a policy."""

    code: CodeType
    namespace: Mapping[str, object]
    daily: Mapping[str, Node]
    inputs: tuple[str, ...]
    """The inputs, whose values come first in the customer's table."""
    conditions: Mapping[int, Conditions]
    """What is kept of an expression, by its id."""


def recorder(policy: Policy) -> Recorder:
    """The code that makes the side tables of a policy."""
    today = {AS_OF, *(each.name for each in policy.parameters)}
    text = Text(policy, Module(), of_the_day(policy), today)
    needed = needed_facts(policy)
    inputs = tuple(each.name for each in policy.inputs)
    customer = _Recording(policy, Writing(text), needed, per_account=False)
    input_codes(customer.writing, policy)
    snapshot_codes(customer.writing, latest_report="bureau" in needed)
    customer.table = [text.codes[name] for name in inputs]
    customer.write("facts", "fired", "unknown")
    found = dict(customer.conditions)
    customer.writing.line("tables = []")
    if policy.subject is not None:
        account = _Recording(policy, Writing(text), needed, per_account=True)
        text.codes[ACCOUNT] = Code("a", frozenset({"a"}), known=True)
        account.write("ours", "all_fired", "all_unknown")
        account.writing.line(f"return {account.written()}")
        given = ["s", "a", "ours", "all_fired", "all_unknown"]
        outer = sorted(account.writing.uses - set(account.writing.made) - set(given))
        name = text.module.function([*given, *outer], account.writing.lines)
        customer.writing.line("for a, its, unsure, ours in scopes:")
        arguments = ["s", "a", "ours", "fired | its", "unknown | unsure", *outer]
        customer.writing.line(f"    tables.append({name}({', '.join(arguments)}))")
        found |= account.conditions
    customer.writing.line(f"return {customer.written()}, tables")
    text.module.function(["s", "facts", "fired", "unknown", "scopes"], customer.writing.lines, "record")
    return Recorder(
        code=text.module.compiled(),
        namespace={**text.module.namespace(), **compiled_run.NAMES, "plain": plain},
        daily=text.module.daily,
        inputs=inputs,
        conditions=found,
    )


@define
class _Recording:
    """Writes the conditions of the customer, or of an account."""

    policy: Policy
    writing: Writing
    needed: set[str]
    per_account: bool
    table: list[Code] = field(factory=list)
    conditions: dict[int, Conditions] = field(factory=dict)
    _places: dict[str, int] = field(factory=dict)

    def write(self, given: str, fired: str, unknown: str) -> None:
        """Take the facts and the triggers that conditions read, and place every condition."""
        facts = [
            fact
            for fact in self.policy.facts
            if fact.name in self.needed and fact.per_account is self.per_account
        ]
        for number, fact in enumerate(facts):
            self.writing.give(fact.name, Code(f"plain({given}[{number}])", frozenset({given})))
        triggers = list(enumerate(self.policy.triggers))
        expressions = [
            (leaf.expression, None)
            for _, trigger in triggers
            if trigger.kind is TriggerKind.CONDITION and trigger.per_account is self.per_account
            for leaf in leaves(trigger.condition)
        ]
        read = {name for expression, _ in expressions for name in expression.reads}
        for number, trigger in triggers:
            if trigger.name in read:
                text = (
                    f"True if {fired} & {1 << number:#x} else None if {unknown} & {1 << number:#x} else False"
                )
                self.writing.give(trigger.name, Code(text, frozenset({fired, unknown})))
        of_facts = [
            (fact.definition, fact.name)
            for fact in facts
            if not isinstance(fact.definition, TableUse | ScoreUse)
        ]
        for expression, name in (*expressions, *of_facts):
            kept: dict[int, Kept] = dict(self._kept(expression, name))
            if len(kept) == sum(1 for _ in _conditions(expression.root)):
                self.conditions[id(expression)] = Conditions(self.per_account, kept)

    def written(self) -> str:
        """The table."""
        self.writing.uses = self.writing.uses.union(*(code.uses for code in self.table))
        return f"({''.join(f'{code.text}, ' for code in self.table)})"

    def _kept(self, expression: Expression, name: str | None) -> Iterator[tuple[int, Kept]]:
        """The conditions of an expression, but for those of which it hangs on more which fields they read."""
        for node in _conditions(expression.root):
            fields = _fields(node)
            if isinstance(node, GlobalName):
                yield node.id, Kept(node.name)
            elif fields is not None and node is expression.root and name is not None:
                # The value of the fact itself, where nothing is done to it after.
                if (node.type == ANY) is (expression.type == ANY):
                    yield node.id, Kept(name, fields)
            elif fields is not None:
                yield node.id, Kept(self._place(node), fields)

    def _place(self, node: Node) -> int:
        text = canonical(node)
        if text not in self._places:
            self._places[text] = len(self.table)
            self.table.append(self.writing.text.writer().value(node))
        return self._places[text]


def _conditions(node: Node) -> Iterator[Node]:
    """The conditions that `and`, `or` and `not` join."""
    if isinstance(node, And | Or | Not):
        for part in children(node):
            yield from _conditions(part)
    else:
        yield node


def _fields(node: Node) -> tuple[Node, ...] | None:
    """The fields that are looked at whenever a condition is; None where that hangs on more."""
    found = tuple(paths(node))
    if not found:
        return ()
    always, never = set(_always(node)), set(_inside(node))
    if any(each.id not in always and each.id not in never for each in found):
        return None
    return tuple(each for each in found if each.id in always)


def _always(node: Node) -> Iterator[int]:
    """The nodes that are looked at whenever this one is, by their ids."""
    yield node.id
    first_only = isinstance(node, And | Or | If | In | Filter | Quantified)
    for part in children(node)[:1] if first_only else children(node):
        yield from _always(part)


def _inside(node: Node) -> Iterator[int]:
    """The nodes that are looked at for each item of a list, of which nothing is kept."""
    if isinstance(node, Filter | Quantified):
        yield from (each.id for each in _all(node.condition))
    for part in children(node):
        yield from _inside(part)


def _all(node: Node) -> Iterator[Node]:
    yield node
    for part in children(node):
        yield from _all(part)


# The trace


class _Scope(Names):
    """The names of the customer or of an account, with its side table."""

    __slots__ = ("around", "table")

    table: tuple[object, ...]
    around: _Scope | None


class _Tracer(Tracer):
    """Puts a trace together from side tables."""

    def __init__(self, policy: Policy, snapshot: Snapshot, shapes: Shapes, recorder: Recorder) -> None:
        super().__init__(policy, snapshot, shapes)
        self.conditions = recorder.conditions

    def recorded(self, expression: Expression, names: MutableMapping[str, object]) -> dict[int, object]:
        """What the tables say of an expression; what they do not hold is asked of the evaluator."""
        found = self.conditions.get(id(expression))
        if found is None or not isinstance(names, _Scope):
            return super().recorded(expression, names)
        if names.around is not None and not found.per_account:
            names = names.around
        record: dict[int, object] = {}
        _look(expression.root, found.kept, names, record)
        return record


def _look(node: Node, kept: Mapping[int, Kept], names: _Scope, record: dict[int, object]) -> object:
    match node:
        case And(operands=operands):
            found: object = all_of(_look(each, kept, names, record) for each in operands)
        case Or(operands=operands):
            found = any_of(_look(each, kept, names, record) for each in operands)
        case Not(operand=operand):
            found = negated(_look(operand, kept, names, record))
        case _:
            at = kept[node.id].at
            found = plain(names[at]) if isinstance(at, str) else names.table[at]
            for each in kept[node.id].fields:
                record[each.id] = evaluate_node(each, names, KNOWN_FUNCTIONS)
    record[node.id] = found
    return found


@frozen
class Recording:
    """What the trace of a decision is made of: the values, and what the policy says of them."""

    compiled: Compiled
    recorder: Recorder
    made: Made
    tables: Tables

    def triggers(self) -> tuple[TriggerTrace, ...]:
        """The traces of the triggers."""
        tracer, names = self._tracer(), self._names()
        states = cast("tuple[TriggerState, ...]", self.made[0].part(self.made, "triggers"))
        return tuple(
            tracer.trigger(each.trigger, each.account_id, each.state, names[each.account_id])
            for each in states
        )

    def rules(self) -> tuple[RuleTrace, ...]:
        """The traces of the rules."""
        scopes = list(self._names().items())
        return tuple(self._tracer().rules(scopes[1:] or scopes))

    def _tracer(self) -> _Tracer:
        return _Tracer(self.compiled.policy, self.made[1], self.compiled.shapes, self.recorder)

    def _names(self) -> dict[str | None, _Scope]:
        """The names of the customer, and of each account."""
        day, snapshot, _, fired, unknown, facts, scopes, _ = self.made
        names = self.compiled.names
        values = dict(zip(self.recorder.inputs, map(plain, self.tables[0]), strict=False))
        customer = _Scope(self.compiled.definitions, snapshot, day.known | values)
        customer.table, customer.around = self.tables[0], None
        customer.keep(day.facts[0], facts)
        of_accounts = self.compiled.of_accounts
        customer.update(
            (name, _truth(fired, unknown, place))
            for place, name in enumerate(names)
            if not of_accounts >> place & 1
        )
        found: dict[str | None, _Scope] = {None: customer}
        for (account, ours, unsure, its), table in zip(scopes, self.tables[1], strict=True):
            scope = _Scope(self.compiled.definitions, snapshot, {}, around=customer, account=account)
            scope.table, scope.around = table, customer
            scope.keep(day.facts[1], its)
            scope.update(
                (name, _truth(fired | ours, unknown | unsure, place)) for place, name in enumerate(names)
            )
            found[account.account_id] = scope
        return found


def _truth(fired: int, unknown: int, place: int) -> bool | None:
    if fired >> place & 1:
        return True
    return None if unknown >> place & 1 else False
