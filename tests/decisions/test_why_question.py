"""Formulas over three-valued conditions, and the search for the fewest of them, against brute force."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from postloan_rules.decisions.fewest import fewest
from postloan_rules.decisions.formula import (
    EVERY,
    FALSE,
    KNOWN,
    TRUE,
    UNKNOWN,
    Both,
    Branch,
    Either,
    Fires,
    IsKnown,
    Leaf,
    Opposite,
    Term,
    ask,
    reduced,
    values_of,
)
from postloan_rules.decisions.question import Question
from postloan_rules.expressions import all_of, any_of, negated

if TYPE_CHECKING:
    from collections.abc import Sequence

ATOMS = range(4)
# The last two are never unknown, so that one value or the other always holds.
DOMAINS = {0: EVERY, 1: EVERY, 2: KNOWN, 3: KNOWN}
EVERYTHING = list(itertools.product(*(values_of(DOMAINS[atom]) for atom in ATOMS)))

terms = st.recursive(
    st.builds(Leaf, st.sampled_from(ATOMS), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Both(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Either(tuple(parts))),
        inner.map(Opposite),
        inner.map(IsKnown),
        inner.map(Fires),
        st.tuples(inner, inner, inner).map(lambda parts: Branch(*parts)),
    ),
    max_leaves=12,
)

STATES = {TRUE: True, FALSE: False, UNKNOWN: None}
BITS = {True: TRUE, False: FALSE, None: UNKNOWN}


def state(term: Term, values: Sequence[int]) -> bool | None:
    """The truth value of a term, straight from the definition of each of its parts."""
    match term:
        case Leaf(atom=atom, opposite=opposite):
            return negated(STATES[values[atom]]) if opposite else STATES[values[atom]]
        case Both(parts=parts):
            return all_of(state(part, values) for part in parts)
        case Either(parts=parts):
            return any_of(state(part, values) for part in parts)
        case Opposite(part=part):
            return negated(state(part, values))
        case IsKnown(part=part):
            return state(part, values) is not None
        case Fires(part=part):
            return state(part, values) is not False
        case Branch(condition=condition, then=then, otherwise=otherwise):
            holds = state(condition, values)
            if holds is None:
                return None
            return state(then if holds else otherwise, values)
        case _:
            raise AssertionError(term)


@given(terms, st.integers(1, 6), st.sets(st.sampled_from(ATOMS)), st.sampled_from(EVERYTHING))
def test_certain_and_possible_are_what_all_completions_say(
    term: Term, among: int, kept: set[int], values: tuple[int, ...]
) -> None:
    formula = ask(term, among, DOMAINS, {})
    given_values = {atom: values[atom] for atom in kept}
    outcomes = set()
    for each in EVERYTHING:
        holds = bool(BITS[state(term, each)] & among)
        assert reduced(formula, dict(enumerate(each))) is holds
        if all(each[atom] == value for atom, value in given_values.items()):
            outcomes.add(holds)
    question = Question(formula, DOMAINS)
    assert question.certain(given_values) is (outcomes == {True})
    assert question.possible(given_values) is (True in outcomes)
    against = question.counterexample(given_values, dict(enumerate(values)))
    if against is not None:
        assert reduced(formula, against) is False
        assert given_values.items() <= against.items()
    assert not question.cut_short


@settings(max_examples=200)
@given(st.lists(st.sets(st.integers(0, 6), min_size=1), max_size=7))
def test_the_fewest_are_the_first_smallest_set_that_is_enough(wanted: list[set[int]]) -> None:
    """A set is enough that has a member of each of these."""
    universe = range(7)

    def short(chosen: frozenset[int]) -> frozenset[int] | None:
        return None if all(chosen & each for each in wanted) else chosen

    found = fewest(universe, short)
    assert found is not None
    assert found.proved
    best = next(
        each
        for size in range(8)
        for each in itertools.combinations(universe, size)
        if short(frozenset(each)) is None
    )
    assert found.members == best


def test_what_is_never_enough_has_no_fewest() -> None:
    assert fewest([1, 2], lambda chosen: chosen) is None


def test_past_the_bound_nothing_can_be_left_out_and_it_is_said() -> None:
    """Of 40 things any 20 are enough: too many ways to prove that 19 are not."""
    found = fewest(range(40), lambda chosen: None if len(chosen) >= 20 else chosen)
    assert found is not None
    assert (len(found.members), found.proved) == (20, False)
