from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expressions import conditions
from expressions.test_language_page import EXAMPLES, NAMES, VALUES
from portfolio.sql import sql_texts
from portfolio.sql.judged import differs
from portfolio.sql.rows import judged
from portfolio.sql.shipped import POLICIES, book, policy_scope
from portfolio.sql.spark_session import MISSING, run_in_spark
from postloan_rules.expressions import FUNCTIONS, Expression
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.portfolio.sql import expressions
from postloan_rules.portfolio.sql.expressions import Compiler
from postloan_rules.portfolio.sql.spark import SPARK

if TYPE_CHECKING:
    from collections.abc import Mapping

    Rows = list[Mapping[str, object]]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@pytest.mark.parametrize("folded", [True, False])
def test_every_example_of_the_language_page(monkeypatch: pytest.MonkeyPatch, folded: bool) -> None:
    if not folded:
        monkeypatch.setattr(expressions, "_is_constant", lambda _node: False)
        monkeypatch.setattr(expressions, "_settled", lambda _arguments: False)
    texts = [text for text, _, code in EXAMPLES if not code]
    found = judged(texts, NAMES, [VALUES], dialect=SPARK, engine=run_in_spark)
    assert found.wrong == ()
    assert found.answers > 50


@pytest.mark.usefixtures("unfolded")
def test_every_example_of_every_function() -> None:
    texts = [text for function in FUNCTIONS.values() for text, _ in function.examples]
    assert judged(texts, {}, [{}], dialect=SPARK, engine=run_in_spark).wrong == ()


@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(
    st.lists(conditions.conditions, min_size=10, max_size=20),
    st.lists(conditions.values, min_size=10, max_size=20),
)
def test_random_conditions_equal_the_evaluators(texts: list[str], rows: Rows) -> None:
    assert judged(texts, conditions.NAMES, rows, dialect=SPARK, engine=run_in_spark).wrong == ()


@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(
    st.lists(sql_texts.texts.filter(lambda text: "round" not in text), min_size=10, max_size=20),
    st.lists(sql_texts.rows, min_size=10, max_size=20),
)
def test_random_values_of_every_kind_equal_the_evaluators(texts: list[str], rows: Rows) -> None:
    assert judged(texts, sql_texts.NAMES, rows, dialect=SPARK, engine=run_in_spark).wrong == ()


@pytest.mark.parametrize("rules", POLICIES)
def test_every_fact_of_a_shipped_policy_equals_the_evaluators(rules: str) -> None:
    held = book(rules, 60)
    compiler = Compiler(SPARK, KNOWN_FUNCTIONS)
    scope = policy_scope(held.policy, compiler, SPARK)
    facts = [each for each in held.policy.facts if isinstance(each.definition, Expression)]
    for fact in facts:
        assert isinstance(fact.definition, Expression)
        scope[fact.name] = compiler.expression(fact.definition, scope)
    found = run_in_spark([scope[fact.name] for fact in facts], held.table)
    wrong = Counter(
        fact.name
        for names, row in zip(held.names, found, strict=True)
        for fact, answer in zip(facts, row, strict=True)
        if differs(answer, names[fact.name])
    )
    assert not wrong
