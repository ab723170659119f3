"""A whole policy as one query in stages, from snapshots in columns to the lists of the Decisions table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, evolve, field, frozen
from sqlglot import exp

from postloan_rules.expressions import BOOLEAN, GlobalName, names_in
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.policy.model import TriggerKind
from postloan_rules.policy.vocabulary import ACCOUNT, record
from postloan_rules.portfolio.columns.schema import ATTRIBUTES, arrow_schema
from postloan_rules.portfolio.sql.choice import ROW, TAKEN, Choice, after, dated
from postloan_rules.portfolio.sql.column import Column, ListForm
from postloan_rules.portfolio.sql.definitions import MADE, definitions_of, own
from postloan_rules.portfolio.sql.expressions import Compiler
from postloan_rules.portfolio.sql.lists import of_form
from postloan_rules.portfolio.sql.output import Layout, Output, Shape
from postloan_rules.portfolio.sql.refusal import Refused
from postloan_rules.portfolio.sql.scope import at_the_ends_of_time, form_of, snapshot_scope
from postloan_rules.portfolio.sql.stages import Stages, read_by
from postloan_rules.portfolio.sql.tree import (
    Sql,
    binary,
    call,
    case,
    column,
    dot,
    equals,
    is_known,
    is_unknown,
    null,
    number,
    true,
)
from postloan_rules.portfolio.sql.trees import replaced

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from postloan_rules.expressions import Node
    from postloan_rules.policy.model import Policy, Trigger
    from postloan_rules.portfolio.sql.definitions import Definitions, Item
    from postloan_rules.portfolio.sql.dialect import Dialect
    from postloan_rules.problems import Problem

__all__ = ["BOOK", "PolicyQuery", "Whose", "policy_query"]

BOOK = "book"
"""The table that the query reads: snapshots in columns, each row with its number."""

_SUBJECTS = "subjects"


@frozen
class PolicyQuery:
    """The query of a policy."""

    tree: exp.Select
    layout: Layout
    dialect: str
    problems: tuple[Problem, ...]
    """What SQL can't say. The rows that touch it are in doubt."""

    @property
    def text(self) -> str:
        """The query as the engine reads it."""
        return self.tree.sql(dialect=self.dialect, identify=True)


Whose: TypeAlias = Literal["one", "several", "all"]
"""Customers with one account under the policy (or none), those with several, or all of them."""


def policy_query(
    policy: Policy,
    dialect: Dialect,
    whose: Whose,
    *,
    shape: Shape = "decisions",
    without: Collection[str] = (),
) -> PolicyQuery:
    """The query of a policy.

    Args:
        policy: The policy.
        dialect: The engine's way of writing.
        whose: For which customers. Where each has one account at most, nothing need be brought together, and
            the query is a good deal faster.
        shape: What is asked for.
        without: Lists of the snapshot that are empty in every row; what they would take is left out.
    """
    building = _Building(policy, dialect, whose, shape, frozenset(without))
    select, layout = building.select()
    problems = tuple(dict.fromkeys(building.problems))
    return PolicyQuery(building.stages.query(select), layout, dialect.name, problems)


@define
class _Building:
    policy: Policy
    dialect: Dialect
    whose: Whose
    shape: Shape
    without: frozenset[str]
    definitions: Definitions = field(init=False)
    stages: Stages = field(init=False)
    scope: dict[str, Column] = field(factory=dict)
    compiler: Compiler = field(init=False)
    problems: list[Problem] = field(factory=list)
    counted: bool = False
    """Whether the accounts that are decided are known."""

    def __attrs_post_init__(self) -> None:
        self.stages = Stages(BOOK, frozenset({*arrow_schema(self.policy).names, ROW}))
        self.definitions = definitions_of(self.policy, self.dialect.name)
        self.compiler = Compiler(self.dialect, KNOWN_FUNCTIONS, outside=self.stages.place)

    def select(self) -> tuple[exp.Select, Layout]:
        for problems in self.definitions.refusals.values():
            self.problems += problems
        self._snapshot()
        self._refused()
        subject = self.policy.subject
        if subject is not None and (subject.where is None or self._at_once(subject.where.root)):
            self._subjects()
        self._level(each for each in self.definitions.items.values() if not each.per_account)
        account_id = self._accounts() if self.policy.subject is not None else None
        if account_id is not None:
            self._level(each for each in self.definitions.items.values() if each.per_account)
        choice = Choice(
            policy=self.policy,
            definitions=self.definitions,
            dialect=self.dialect,
            stages=self.stages,
            scope=self.scope,
            compiled=self.compiled,
            account_id=account_id,
            together=self.whose != "one" and account_id is not None,
            reviewed="reviews" not in self.without,
        )
        choice.made()
        for refused in choice.problems:
            self.problems += refused.problems
        return Output(choice, self.shape).select()

    def compiled(self, root: Node, scope: dict[str, Column]) -> Column:
        """The column of an expression."""
        return self.compiler.compile(root, scope)

    def _snapshot(self) -> None:
        schema = arrow_schema(self.policy)
        self.scope = snapshot_scope(schema, self.dialect, self.compiler.fresh, without=self.without)
        if self.policy.inputs:
            inputs = schema.field(ATTRIBUTES).type
            for each in self.policy.inputs:
                form = form_of(inputs.field(each.name).type)
                sql = dot(column(ATTRIBUTES), each.name)
                self.scope[each.name] = of_form(sql, each.type, form, unknown=not each.required)
        bureau, columns = self.stages.keep(self.scope["bureau"], "bureau")
        self.scope["bureau"] = bureau
        doubt = at_the_ends_of_time(self.scope["as_of"])
        if "reviews" not in self.without:
            responses = self.dialect.each(column("reviews"), "r", dot(column("r"), "responses"))
            columns.append((TAKEN, self.dialect.flattened(responses)))
        self.stages.add(columns, doubt=[doubt])

    def _refused(self) -> None:
        """What is refused is unknown, and every row is in doubt."""
        for name in self.definitions.refusals:
            self.scope[name] = Column(null(), BOOLEAN)
            for fact in self.policy.facts:
                if fact.name == name:
                    self.scope[name] = Column(null(), fact.type)
        if self.definitions.refusals:
            self.stages.add([], doubt=[true()])

    # Items in levels: each stage computes what needs only the stages before it.

    def _level(self, items: Iterable[Item]) -> None:
        ready: dict[str, int] = {}
        columns: dict[int, list[tuple[str, Sql]]] = {}
        doubts: dict[int, list[Sql]] = {}
        waiting = [each for each in self.policy.triggers if each.kind is TriggerKind.SCHEDULE]
        for item in items:
            for trigger in [each for each in waiting if self._is_ready(each)]:
                waiting.remove(trigger)
                self._due(trigger, ready, columns)
            made = self._made(item)
            before = max((ready.get(name, 0) for name in item.reads), default=0)
            if self.stages.waiting:
                before += 1
                columns.setdefault(before, []).extend(self.stages.waiting)
                for name, _ in self.stages.waiting:
                    ready[name] = before
                self.stages.waiting = []
            before = max(before, *(ready.get(name, 0) for name in read_by(made)), 0)
            kept, more = self.stages.keep(made, item.name, lists=item.name.startswith(MADE))
            at = before + 1
            if more:
                columns.setdefault(at, []).extend(more)
            if made.doubt is not None:
                doubts.setdefault(at, []).append(made.doubt)
            if item.doubtful:
                doubts.setdefault(at, []).append(made.sql)
            ready[item.name] = at if more else before
            self.scope[item.name] = kept
        for trigger in [each for each in waiting if self._is_ready(each)]:
            self._due(trigger, ready, columns)
        for at in sorted({*columns, *doubts}):
            self.stages.add(columns.get(at, []), doubt=doubts.get(at, []))

    def _made(self, item: Item) -> Column:
        try:
            return self.compiler.compile(item.root, self.scope, item.text)
        except Refused as refused:
            self.problems += [
                each if each.span is not None else evolve(each, span=item.span) for each in refused.problems
            ]
            return Column(null(), item.root.type, doubt=true())

    def _is_ready(self, trigger: Trigger) -> bool:
        return trigger.name not in self.scope and all(
            own(name, per_account=trigger.per_account) in self.scope
            for name in ("reviews/last/day", "reviews/last/next_due")
        )

    def _due(
        self, trigger: Trigger, ready: dict[str, int], columns: dict[int, list[tuple[str, Sql]]]
    ) -> None:
        """A review is due where there was none, on the day that the last one gave, or after an interval."""
        day_name = own("reviews/last/day", per_account=trigger.per_account)
        due_name = own("reviews/last/next_due", per_account=trigger.per_account)
        day, due = dated(self.scope[day_name]), dated(self.scope[due_name])
        today = self.scope["as_of"].sql
        branches = [(is_unknown(day), true()), (is_known(due), binary(exp.LTE, due, today))]
        otherwise: Sql = true()
        if self.policy.schedule is not None:
            end = after(self.dialect, self.scope, day, self.policy.schedule.standard)
            otherwise = binary(exp.LTE, end, today)
        name = self.stages.fresh(trigger.name)
        at = max(ready.get(day_name, 0), ready.get(due_name, 0)) + 1
        columns.setdefault(at, []).append((name, case(branches, otherwise)))
        ready[trigger.name] = at
        self.scope[trigger.name] = Column(column(name), BOOLEAN, unknown=False)

    # Accounts

    def _accounts(self) -> Sql:
        """Go from customers to accounts, and give the account's number."""
        if not self.counted:
            self._subjects()
        source = self.scope["accounts"]
        account_name = self.stages.fresh(ACCOUNT)
        if self.whose == "one":
            self.stages.add([(account_name, self.dialect.item(column(_SUBJECTS), number(1)))])
        else:
            count = self.dialect.length(column(_SUBJECTS))
            none = case([(equals(count, number(0)), self.dialect.list_of([null()], None))], column(_SUBJECTS))
            exploded = call("unnest" if self.dialect.name == "duckdb" else "explode", none)
            self.stages.add([(account_name, exploded)])
        form = source.form.item if isinstance(source.form, ListForm) else None
        self.scope[ACCOUNT] = of_form(column(account_name), record("Account"), form, unknown=False)
        number_name = self.stages.fresh("account_id")
        self.stages.add([(number_name, dot(column(account_name), "account_id"))])
        return column(number_name)

    def _at_once(self, condition: Node) -> bool:
        """Whether a condition reads nothing but the snapshot, so that it can be looked at before all else."""
        fields = record("Account").fields
        return all(name in fields or name in self.scope for name in names_in(condition))

    def _subjects(self) -> None:
        """The accounts that are decided; customers who have more or fewer than are asked for are left out."""
        self.counted = True
        subject = self.policy.subject
        source = self.scope["accounts"]
        subjects: Sql = source.sql
        doubt: list[Sql] = []
        if subject is not None and subject.where is not None:
            trees = self.definitions.trees
            account = record("Account")

            def under(binder: int) -> Node:
                return trees.surely(
                    replaced(
                        where,
                        lambda node: (
                            trees.item_field(binder, node.name, account)
                            if isinstance(node, GlobalName) and node.name in account.fields
                            else None
                        ),
                    )
                )

            where = subject.where.root
            tree = trees.filtered(trees.name("accounts", source.type), under)
            made = self.compiled(tree, self.scope)
            subjects = made.sql
            doubt = [made.doubt] if made.doubt is not None else []
        self.stages.add([(_SUBJECTS, subjects)], doubt=doubt)
        count = self.dialect.length(column(_SUBJECTS))
        if self.whose != "all":
            shape = exp.GT if self.whose == "several" else exp.LTE
            self.stages.add([], where=binary(shape, count, number(1)))
