"""The shipped policies and sample customers, in columns and as the evaluator has them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
from attrs import frozen

import postloan_rules as plr
from postloan_rules.decisions.values import compute
from postloan_rules.policy.vocabulary import record
from postloan_rules.portfolio.columns.schema import arrow_schema
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.sample import sample
from postloan_rules.portfolio.sql.lists import of_form
from postloan_rules.portfolio.sql.literals import literal
from postloan_rules.portfolio.sql.scope import column_of, form_of, snapshot_scope
from postloan_rules.portfolio.sql.tree import column, dot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.policy.model import Policy
    from postloan_rules.portfolio.sql.column import Column
    from postloan_rules.portfolio.sql.dialect import Dialect
    from postloan_rules.portfolio.sql.expressions import Compiler

__all__ = ["POLICIES", "Book", "book", "policy_scope"]

POLICIES = ("rules/credit_card", "rules/personal_loan")


@frozen
class Book:
    """Rows of one account each, and every name's value in each row."""

    policy: Policy
    table: pa.Table
    names: tuple[Mapping[str, object], ...]


@cache
def book(rules: str, customers: int, seed: int = 7) -> Book:
    """Sample customers, a row for each account that the policy is about."""
    policy = plr.load(rules).policy
    names: list[Mapping[str, object]] = []
    snapshots = []
    for snapshot in sample(customers, seed):
        for account, values in compute(policy, snapshot).accounts:
            names.append(values)
            snapshots.append((snapshot, account))
    table = pa.Table.from_batches([table_of([each for each, _ in snapshots])])
    schema = arrow_schema(policy)
    inputs = pa.array(
        [{each.name: row[each.name] for each in policy.inputs} for row in names],
        schema.field("attributes").type,
    )
    places = [each.accounts.index(account) for each, account in snapshots]
    accounts = table.column("accounts").combine_chunks()
    subjects = accounts.values.take(
        pa.array([accounts.offsets[row].as_py() + place for row, place in enumerate(places)])
    )
    table = table.set_column(table.schema.get_field_index("attributes"), "attributes", inputs)
    return Book(policy, table.append_column("account", subjects), tuple(names))


def policy_scope(policy: Policy, compiler: Compiler, dialect: Dialect) -> dict[str, Column]:
    """The names of a policy over the columns of `book`."""
    schema = arrow_schema(policy)
    scope = snapshot_scope(schema, dialect, compiler.fresh)
    scope["account"] = column_of(
        "account", record("Account"), schema.field("accounts").type.value_type, unknown=False
    )
    inputs = schema.field("attributes").type
    for each in policy.inputs:
        scope[each.name] = of_form(
            dot(column("attributes"), each.name),
            each.type,
            form_of(inputs.field(each.name).type),
            unknown=True,
        )
    for parameter in policy.parameters:
        made = literal(parameter.values[0].value, dialect, parameter.type)
        assert made is not None
        scope[parameter.name] = made
    return scope
