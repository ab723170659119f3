"""Formulas over three-valued conditions: when is it certain that a policy comes to this, whatever the rest?

A `Term` has one of three truth values, as the policy has it: `and`, `or`, `not`, tests for unknown. Asked
whether its value is among some (`true`; `not false`; `known` …), it becomes a `Formula`: `and` and `or`
alone, over literals that say among which values one condition's is. A condition whose literals pull both ways
is split into its cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from postloan_rules.problems import Span

__all__ = [
    "EVERY",
    "FALSE",
    "KNOWN",
    "TRUE",
    "UNKNOWN",
    "All",
    "Any",
    "Both",
    "Branch",
    "Case",
    "Either",
    "Fires",
    "Fixed",
    "Formula",
    "IsKnown",
    "Label",
    "Leaf",
    "Named",
    "Opposite",
    "Term",
    "Titled",
    "all_of",
    "any_of",
    "ask",
    "literals",
    "negated",
    "reduced",
    "values_of",
]

# Truth values, and sets of them, as bits.
TRUE, FALSE, UNKNOWN = 1, 2, 4
KNOWN = TRUE | FALSE
EVERY = KNOWN | UNKNOWN
NEITHER = 0


@frozen
class Label:
    """A rule, a trigger or a fact that a part of a formula stands for."""

    kind: Literal["rule", "trigger", "fact"]
    name: str
    account_id: str | None
    span: Span = field(repr=False, eq=False)


@frozen(eq=False)
class Leaf:
    """One condition, by its number; `opposite` where the text says its opposite."""

    atom: int
    opposite: bool = False


@frozen(eq=False)
class Fixed:
    """A truth value that is written out."""

    value: int


@frozen(eq=False)
class Both:
    """`and`, `all`."""

    parts: tuple[Term, ...]


@frozen(eq=False)
class Either:
    """`or`, `any`."""

    parts: tuple[Term, ...]


@frozen(eq=False)
class Opposite:
    """`not`."""

    part: Term


@frozen(eq=False)
class IsKnown:
    """True where the part is true or false, and false where it is unknown."""

    part: Term


@frozen(eq=False)
class Fires:
    """What fires when it is unknown: false where the part is false, and true otherwise."""

    part: Term


@frozen(eq=False)
class Branch:
    """`if … then … else …`."""

    condition: Term
    then: Term
    otherwise: Term


@frozen(eq=False)
class Titled:
    """A part that has a name of its own."""

    label: Label
    part: Term


Term: TypeAlias = Leaf | Fixed | Both | Either | Opposite | IsKnown | Fires | Branch | Titled


@frozen(eq=False)
class Case:
    """The literal: the value of this condition is one of these."""

    atom: int
    among: int


@frozen(eq=False)
class All:
    """All parts hold."""

    parts: tuple[Formula, ...]


@frozen(eq=False)
class Any:
    """One part holds at least."""

    parts: tuple[Formula, ...]


@frozen(eq=False)
class Named:
    """A part that has a name of its own, and the truth values of it that are asked for."""

    label: Label
    among: int
    part: Formula


Formula: TypeAlias = Case | All | Any | Named | bool


def _swapped(among: int) -> int:
    """True for false and false for true."""
    return among & UNKNOWN | (FALSE if among & TRUE else 0) | (TRUE if among & FALSE else 0)


def all_of(parts: Iterable[Formula]) -> Formula:
    """All of these hold."""
    parts = tuple(parts)
    if any(part is False for part in parts):
        return False
    rest = tuple(part for part in parts if part is not True)
    return All(rest) if len(rest) > 1 else rest[0] if rest else True


def any_of(parts: Iterable[Formula]) -> Formula:
    """One of these holds at least."""
    parts = tuple(parts)
    if any(part is True for part in parts):
        return True
    rest = tuple(part for part in parts if part is not False)
    return Any(rest) if len(rest) > 1 else rest[0] if rest else False


def ask(term: Term, among: int, domains: Mapping[int, int], memo: dict[tuple[int, int], Formula]) -> Formula:
    """The formula that says that the term's value is one of these.

    Args:
        term: What is asked about.
        among: The truth values, as bits.
        domains: By the number of each condition, the values that it can have.
        memo: What was asked before, so that what is shared stays shared. It is good while the terms live.
    """
    if among in (NEITHER, EVERY):
        return among == EVERY
    key = (id(term), among)
    if key not in memo:
        memo[key] = _asked(term, among, domains, memo)
    return memo[key]


def _asked(
    term: Term, among: int, domains: Mapping[int, int], memo: dict[tuple[int, int], Formula]
) -> Formula:
    match term:
        case Leaf(atom=atom, opposite=opposite):
            wanted = (_swapped(among) if opposite else among) & domains[atom]
            return wanted == domains[atom] if wanted in (0, domains[atom]) else Case(atom, wanted)
        case Fixed(value=value):
            return bool(value & among)
        case Both(parts=parts):
            return _joined(parts, TRUE, among, domains, memo)
        case Either(parts=parts):
            return _joined(parts, FALSE, among, domains, memo)
        case Opposite(part=part):
            return ask(part, _swapped(among), domains, memo)
        case IsKnown(part=part):
            wanted = (KNOWN if among & TRUE else 0) | (UNKNOWN if among & FALSE else 0)
            return ask(part, wanted, domains, memo)
        case Fires(part=part):
            wanted = (TRUE | UNKNOWN if among & TRUE else 0) | (FALSE if among & FALSE else 0)
            return ask(part, wanted, domains, memo)
        case Branch(condition=condition, then=then, otherwise=otherwise):
            return any_of(
                [
                    all_of([ask(condition, TRUE, domains, memo), ask(then, among, domains, memo)]),
                    all_of([ask(condition, FALSE, domains, memo), ask(otherwise, among, domains, memo)]),
                    ask(condition, UNKNOWN, domains, memo) if among & UNKNOWN else False,
                ]
            )
        case Titled(label=label, part=part):
            inner = ask(part, among, domains, memo)
            return inner if isinstance(inner, bool) else Named(label, among, inner)
        case _:
            assert_never(term)


def _joined(
    parts: tuple[Term, ...],
    needs_all: int,
    among: int,
    domains: Mapping[int, int],
    memo: dict[tuple[int, int], Formula],
) -> Formula:
    """`and` (which needs all parts to be true) or `or` (which needs all to be false)."""
    other = _swapped(needs_all)
    if among in (UNKNOWN, KNOWN):
        split = [(needs_all | UNKNOWN, other | UNKNOWN), (needs_all, other)][among == KNOWN]
        halves = [_joined(parts, needs_all, each, domains, memo) for each in split]
        return all_of(halves) if among == UNKNOWN else any_of(halves)
    asked = [ask(part, among, domains, memo) for part in parts]
    return all_of(asked) if among & needs_all else any_of(asked)


def literals(formula: Formula) -> Iterator[Case]:
    """The literals of a formula, in the order of writing; what is shared, once."""
    seen: set[int] = set()
    waiting: list[Formula] = [formula]
    while waiting:
        each = waiting.pop()
        if isinstance(each, bool) or id(each) in seen:
            continue
        seen.add(id(each))
        match each:
            case Case():
                yield each
            case Named(part=part):
                waiting.append(part)
            case All(parts=parts) | Any(parts=parts):
                waiting.extend(reversed(parts))


def values_of(domain: int) -> tuple[int, ...]:
    """The single values of a set of them: true before false before unknown."""
    return tuple(value for value in (TRUE, FALSE, UNKNOWN) if value & domain)


def negated(formula: Formula, domains: Mapping[int, int], memo: dict[int, Formula]) -> Formula:
    """The formula that holds where this one does not; names are left out."""
    if isinstance(formula, bool):
        return not formula
    found = memo.get(id(formula))
    if found is not None:
        return found
    result: Formula
    match formula:
        case Case(atom=atom, among=among):
            result = Case(atom, domains[atom] & ~among)
        case Named(part=part):
            result = negated(part, domains, memo)
        case All(parts=parts):
            result = Any(tuple(negated(part, domains, memo) for part in parts))
        case Any(parts=parts):
            result = All(tuple(negated(part, domains, memo) for part in parts))
        case _:
            assert_never(formula)
    memo[id(formula)] = result
    return result


def reduced(formula: Formula, values: Mapping[int, int]) -> Formula:
    """What is left of a formula where some of its conditions have one value, or fewer than they could."""
    return _reduced(formula, values, {})


def _reduced(formula: Formula, values: Mapping[int, int], memo: dict[int, Formula]) -> Formula:
    if isinstance(formula, bool):
        return formula
    if isinstance(formula, Case):
        value = values.get(formula.atom)
        if value is None:
            return formula
        left = value & formula.among
        if left in (NEITHER, value):
            return left == value
        return formula if left == formula.among else Case(formula.atom, left)
    found = memo.get(id(formula))
    if found is not None:
        return found
    result: Formula
    match formula:
        case Named(label=label, among=among, part=part):
            inner = _reduced(part, values, memo)
            result = inner if isinstance(inner, bool) or inner is part else Named(label, among, inner)
            result = formula if inner is part else result
        case All(parts=parts):
            result = _together(parts, values, memo, settles=False, formula=formula)
        case Any(parts=parts):
            result = _together(parts, values, memo, settles=True, formula=formula)
        case _:
            assert_never(formula)
    memo[id(formula)] = result
    return result


def _together(
    parts: tuple[Formula, ...],
    values: Mapping[int, int],
    memo: dict[int, Formula],
    *,
    settles: bool,
    formula: All | Any,
) -> Formula:
    """The parts of `any` (which true settles) or of `all` (which false settles)."""
    rest: list[Formula] = []
    for part in parts:
        inner = _reduced(part, values, memo)
        if inner is settles:
            return settles
        if not isinstance(inner, bool):
            rest.append(inner)
    if not rest:
        return not settles
    if len(rest) == len(parts) and all(one is other for one, other in zip(rest, parts, strict=True)):
        return formula
    if len(rest) == 1:
        return rest[0]
    return Any(tuple(rest)) if settles else All(tuple(rest))
