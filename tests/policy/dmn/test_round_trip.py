"""What is exported and read again gives the same values: shipped policies, and tables of every hit policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import customer
from builders import policy as small
from policy.dmn.again import loaded, values
from policy.dmn.structure import faults
from postloan_rules.expressions import BOOLEAN, STRING, EnumType
from postloan_rules.policy import SHIPPED, RuleSetInvalid, load_policy
from postloan_rules.policy.dmn import from_dmn, to_dmn
from postloan_rules.snapshot.attributes import Attributes
from strategies.snapshots import snapshots

if TYPE_CHECKING:
    from postloan_rules.policy import Policy
    from postloan_rules.snapshot import Snapshot

NAMES = ("credit_card", "personal_loan")
FIRST: dict[str, Policy] = {name: load_policy(SHIPPED / name) for name in NAMES}


def _again(policy: Policy) -> Policy:
    model = from_dmn(to_dmn(policy), "policy.dmn")
    where = None
    if policy.subject is not None:
        where = policy.subject.where.text.value if policy.subject.where is not None else "true"
    return loaded(model, currency=policy.currency, where=where)


AGAIN = {name: _again(policy) for name, policy in FIRST.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_policy_read_again_has_its_inputs_parameters_facts_and_tables(name: str) -> None:
    first, again = FIRST[name], AGAIN[name]
    assert {each.name: each for each in again.inputs} == {each.name: each for each in first.inputs}
    assert again.parameters == first.parameters
    # A fact that other tools see as a table of its own name comes beside those of the policy.
    types = {each.name: each.type for each in again.facts}
    assert {each.name: types[each.name] for each in first.facts} == {
        each.name: each.type for each in first.facts
    }
    assert set(first.tables) <= set(again.tables)


def _attributes(policy: Policy) -> st.SearchStrategy[Attributes]:
    """Values for the inputs of a policy."""
    kinds: dict[str, st.SearchStrategy[str | int | bool]] = {}
    for each in policy.inputs:
        kind = each.type
        if isinstance(kind, EnumType):
            kinds[each.name] = st.sampled_from(kind.members)
        elif kind == BOOLEAN:
            kinds[each.name] = st.booleans()
        elif kind == STRING:
            kinds[each.name] = st.sampled_from(["A-1", "A-2"])
        else:
            kinds[each.name] = st.integers(0, 5000)
    return st.fixed_dictionaries({}, optional=kinds).map(Attributes)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data(), snapshot=snapshots(("CNY",)))
def test_a_shipped_policy_read_again_gives_the_same_values(
    name: str, data: st.DataObject, snapshot: Snapshot
) -> None:
    first, again = FIRST[name], AGAIN[name]
    snapshot = evolve(snapshot, attributes=data.draw(_attributes(first)))
    mine = [*(each.name for each in first.facts), *(each.name for each in first.parameters)]
    for before, after in zip(values(first, snapshot), values(again, snapshot), strict=True):
        for key in mine:
            assert after.get(key) == before.get(key), key


HITS = (
    "unique",
    "any",
    "first",
    "priority",
    "rule order",
    "output order",
    "collect",
    "collect sum",
    "collect min",
    "collect max",
    "collect count",
)
NUMBERS = st.integers(-3, 12).map(str)
NUMBER_CELLS = st.one_of(
    st.just("-"),
    NUMBERS,
    st.builds("{} {}".format, st.sampled_from(["<", "<=", ">", ">=", "!="]), NUMBERS),
    st.builds(
        "{}{}..{}{}".format,
        st.sampled_from("[("),
        st.integers(-3, 4),
        st.integers(5, 12),
        st.sampled_from("])"),
    ),
    st.lists(NUMBERS, min_size=2, max_size=3, unique=True).map(", ".join),
    st.builds("not({}, {})".format, NUMBERS, NUMBERS),
    st.sampled_from(["null", "? = null", "? != null and ? > 2", "? * 2 > limit", "< limit", "4, ? > limit"]),
)
WORD_CELLS = st.sampled_from(['"low"', '"low", "high"', 'not("low")', 'starts with(?, "hi")', "null", "-"])
RESULTS = st.sampled_from(["1", "2", "3", "limit", "a + 1", "-4", "0.5"])
GRADES = st.sampled_from(['"red"', '"green"', '"say \\"no\\" & <stop>"'])


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str]:
    """The text of a policy with one table, and its hit policy."""
    hit = draw(st.sampled_from(HITS))
    several = draw(st.booleans())
    graded = several and hit not in ("collect sum", "collect min", "collect max")
    rows = [
        [
            draw(NUMBER_CELLS),
            draw(WORD_CELLS),
            draw(RESULTS),
            *([draw(GRADES if graded else RESULTS)] if several else []),
        ]
        for _ in range(draw(st.integers(1, 1 if hit == "unique" and draw(st.booleans()) else 4)))
    ]
    default = ", default: '7'" if draw(st.booleans()) else ""
    outputs = [f"amount: {{type: number, values: [3, 0.5, 2, 1]{default}}}"]
    if hit not in ("priority", "output order"):
        outputs = [f"amount: {{type: number{default}}}"]
    if several:
        outputs.append(
            'grade: {type: string, values: [green, red, "say \\"no\\" & <stop>"]}'
            if graded
            else "grade: number"
        )
    allowed = draw(st.sampled_from(["a", '{is: a, values: ">= 0"}', '{is: "a + limit"}']))
    lines = "\n".join(f"      - [{', '.join(_yaml(cell) for cell in row)}]" for row in rows)
    uses = "\n".join(
        f"  {name}: {{table: terms, output: {name}}}" for name in ["amount", "grade"][: len(outputs)]
    )
    triggers = "\n".join(
        f"  t_{name}: {{kind: condition, when: {name} != null}}"
        for name in ["amount", "grade"][: len(outputs)]
    )
    return (
        f"""\
inputs:
  a: {{type: number}}
  word: {{type: string}}
parameters:
  limit: {{type: number, value: [{{from: 2026-01-01, value: 5}}, {{from: 2026-12-01, value: 9}}]}}
tables:
  terms:
    hit: {hit}
    inputs: [{allowed}, word]
    output: {{{", ".join(outputs)}}}
    rows:
{lines}
facts:
{uses}
triggers:
{triggers}
""",
        hit,
    )


def _yaml(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


HEAD = 'ruleset: small\nversion: "1"\nlanguage: 1\ncurrency: CNY\neffective: {from: 2026-01-01}\n'


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    table=tables(),
    number=st.one_of(st.none(), st.integers(-4, 13)),
    word=st.sampled_from([None, "low", "high", "-"]),
    day=st.sampled_from(["2026-11-30", "2026-12-01"]),
)
def test_a_table_read_again_gives_the_same(
    table: tuple[str, str], number: int | None, word: str | None, day: str
) -> None:
    body, _ = table
    try:
        first = small(body, head=HEAD).policy
    except RuleSetInvalid as error:
        # A `unique` table whose rows overlap is refused when it is loaded.
        codes = {problem.code for problem in error.problems}
        if codes != {"PR0406"}:
            raise
        return
    text = to_dmn(first)
    assert faults(text) == []
    again = loaded(from_dmn(text, "table.dmn"), since="2026-01-01")
    given_values = {key: each for key, each in (("a", number), ("word", word)) if each is not None}
    snapshot = customer(as_of=day, attributes=given_values)
    before, after = values(first, snapshot)[0], values(again, snapshot)[0]
    names = [fact.name for fact in first.facts]
    assert [after[name] for name in names] == [before[name] for name in names]


def test_an_exported_file_read_and_exported_again_stays_the_same_but_for_its_head() -> None:
    again = AGAIN["personal_loan"]
    third = from_dmn(to_dmn(again), "again.dmn")
    second = from_dmn(to_dmn(FIRST["personal_loan"]), "again.dmn")
    assert third.tables.keys() == second.tables.keys()
    assert {each.name for each in third.facts} == {each.name for each in second.facts}
