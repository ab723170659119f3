from __future__ import annotations

from collections import Counter

import pytest

from portfolio.sql.judged import differs, run
from portfolio.sql.shipped import POLICIES, book, policy_scope
from postloan_rules.expressions import Expression
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.portfolio.sql.duckdb import DUCKDB
from postloan_rules.portfolio.sql.expressions import Compiler


@pytest.mark.parametrize("rules", POLICIES)
def test_every_fact_of_a_shipped_policy_equals_the_evaluators(rules: str) -> None:
    held = book(rules, 500)
    compiler = Compiler(DUCKDB, KNOWN_FUNCTIONS)
    scope = policy_scope(held.policy, compiler, DUCKDB)
    facts = [each for each in held.policy.facts if isinstance(each.definition, Expression)]
    for fact in facts:
        assert isinstance(fact.definition, Expression)
        scope[fact.name] = compiler.expression(fact.definition, scope)
    found = run([scope[fact.name] for fact in facts], held.table)
    assert len(found) == len(held.names)
    wrong = Counter(
        (fact.name, str(answer.value)[:80], str(names[fact.name])[:80])
        for names, row in zip(held.names, found, strict=True)
        for fact, answer in zip(facts, row, strict=True)
        if differs(answer, names[fact.name])
    )
    assert not wrong
    assert sum(answer.doubt for row in found for answer in row) == 0
