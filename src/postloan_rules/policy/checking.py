"""Names and types across a policy: which expression may read what, and in which order things are computed."""

from __future__ import annotations

import re
from collections import ChainMap, Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from attrs import define, evolve, field

from postloan_rules.expressions import ANY, Expression, ExpressionInvalid, Type, Variable, check, check_tests
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.policy.reader import Listing, Node, Scalar, Section
from postloan_rules.policy.vocabulary import ACCOUNT, protected_fields

if TYPE_CHECKING:
    from postloan_rules.expressions import RecordType
    from postloan_rules.policy.reading import Reading
    from postloan_rules.problems import Problem, Span, Text

__all__ = ["Checking", "Names", "NeedsFirst", "in_dependency_order", "words_of"]

_OFTEN = 8
"""So often a thing is checked in vain before what it may name is guessed from its words."""

_UNKNOWN_NAME_CODES = frozenset({"PR0220", "PR0221"})
_ELSEWHERE: Mapping[str, str] = {
    "a table": "make a fact of what it gives, `name: {table: ...}`, and read that",
    "a response": "only a constraint can read a response: what it asks for is known last",
    "a trigger": "only another trigger's `when` and a rule's `if` can read it: read its condition as a fact",
}
_Checked = TypeVar("_Checked")


class NeedsFirst(Exception):  # noqa: N818 - a signal to the one caller that waits for it, not an error
    """Something must be checked before the thing that reads it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@define
class Names(Mapping[str, Variable]):
    """The names that an expression may read; asks for those not checked yet by `NeedsFirst`."""

    known: Mapping[str, Variable]
    pending: Mapping[str, object] = field(factory=dict)

    def __getitem__(self, name: str) -> Variable:
        if name in self.known:
            return self.known[name]
        if name in self.pending:
            raise NeedsFirst(name)
        raise KeyError(name)

    def and_also(self, more: Mapping[str, Variable]) -> Names:
        """These names and others, which stand before them."""
        # Not copied: a policy of many triggers has many names, and each trigger may ask for this.
        known = ChainMap(dict(more), cast("dict[str, Variable]", self.known))
        return Names(known, self.pending)

    def __contains__(self, name: object) -> bool:
        return name in self.known or name in self.pending

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self.known, *self.pending)))

    def __len__(self) -> int:
        return len(dict.fromkeys((*self.known, *self.pending)))


def in_dependency_order(
    items: Mapping[str, object],
    check_one: Callable[[str], _Checked],
    on_cycle: Callable[[tuple[str, ...]], _Checked],
    words: Callable[[str], Iterable[str]] | None = None,
) -> dict[str, _Checked]:
    """Check each item after those it reads; the result stands in that order.

    `check_one` raises `NeedsFirst` when it meets an item that has not been checked. An item that needs itself
    through others is given to `on_cycle` with the whole round trip. Kept without recursion, so that a long
    chain of facts is as good as a short one. An item that has waited often is checked again only after all
    items that its `words` may name: what reads a thousand facts must not be checked a thousand times.
    """
    done: dict[str, _Checked] = {}
    waited: Counter[str] = Counter()
    for start in items:
        stack = [start]
        guessed: set[str] = set()
        while stack:
            top = stack[-1]
            if top in done:
                stack.pop()
                continue
            try:
                done[top] = check_one(top)
            except NeedsFirst as needed:
                waited[top] += 1
                if needed.name in stack:
                    place = stack.index(needed.name)
                    guess = next((at for at in range(place + 1, len(stack)) if stack[at] in guessed), None)
                    if guess is None:
                        done[needed.name] = on_cycle((*stack[place:], needed.name))
                    else:
                        # What was only guessed to be needed is no part of a round trip; it comes later.
                        del stack[guess:]
                    continue
                if words is not None and waited[top] == _OFTEN:
                    named = (each for each in words(top) if each in items and each not in done)
                    more = [each for each in dict.fromkeys(named) if each not in stack]
                    guessed.update(more)
                    stack += reversed(more)
                else:
                    guessed.discard(needed.name)
                    stack.append(needed.name)
            else:
                stack.pop()
    return done


def words_of(node: Node) -> Iterator[str]:
    """The words that stand anywhere in a piece of YAML."""
    match node:
        case Scalar():
            yield from re.findall(r"\w+", node.value)
        case Listing():
            for item in node.items:
                yield from words_of(item)
        case Section():
            for entry in node.entries:
                yield from words_of(entry.value)


def _with_comment_hint(problem: Problem, node: Scalar) -> Problem:
    """YAML ends a text without quotes at ` #`; an author who did not mean a comment sees half a condition."""
    line = node.span.source.line(node.span.end_line)
    rest = line[node.span.end_column - 1 :].lstrip()
    if node.plain and rest.startswith("#") and node.value.count('"') % 2:
        return evolve(problem, help="a `#` after a space starts a comment: put the whole condition in quotes")
    return problem


@define
class Checking:
    """What is known of a policy's names while it is checked."""

    reading: Reading
    known: dict[str, Variable]
    account: RecordType | None
    """The subject's record, where the policy has a subject."""
    elsewhere: dict[str, str] = field(factory=dict)
    """Names that exist but can't be read everywhere, each with what it is."""
    account_names: set[str] = field(factory=set)
    """Names whose value differs from account to account."""

    def expression(
        self, node: Node, what: str, names: Mapping[str, Variable], *, expected: Type | None = None
    ) -> Expression | None:
        """The expression that stands here, checked; None when it is wrong."""
        if not isinstance(node, Scalar):
            self.reading.scalar(node, what)
            return None
        if not node.value.strip():
            self.reading.note("PR0304", f"{what} is empty", node.span, "write a condition or a value")
            return None
        try:
            return self.counted(
                check(
                    node.text,
                    names,
                    expected=expected,
                    functions=KNOWN_FUNCTIONS,
                    limits=self.reading.limits,
                )
            )
        except ExpressionInvalid as error:
            found = [self.explained(each, names) for each in error.problems]
            self.reading.found([_with_comment_hint(each, node) for each in found])
            return None

    def tests(
        self, text: Text, names: Mapping[str, Variable], subject: Variable, tested: Expression
    ) -> Expression | None:
        """The tests of a table cell, checked; None when they are wrong.

        Args:
            text: The cell.
            names: What each name that it may use stands for.
            subject: What its input value stands for.
            tested: The input.
        """
        limits = self.reading.limits
        try:
            return self.counted(
                check_tests(text, names, subject=subject, functions=KNOWN_FUNCTIONS, limits=limits)
            )
        except ExpressionInvalid as error:
            self.reading.found([self.explained(each, names, tested) for each in error.problems])
            return None

    def counted(self, expression: Expression) -> Expression:
        """The expression, once its steps and warnings have been added to those of the policy."""
        text = expression.text
        self.reading.warnings += expression.warnings
        self.reading.steps[text.source.name, text.places[0]] = expression.steps
        return expression

    def explained(
        self, problem: Problem, names: Mapping[str, Variable], subject: Expression | None = None
    ) -> Problem:
        """The problem, with what the policy as a whole knows of it; `subject` is what a cell tests."""
        if subject is not None:
            # A cell such as `"late"` compares with a value that it does not name.
            tested = " ".join(subject.text.value.split())
            problem = evolve(problem, message=problem.message.replace("``", f"`{tested}`"))
        span = problem.span
        if span is None or problem.code not in _UNKNOWN_NAME_CODES:
            return problem
        word = span.source.text[span.start : span.end]
        if word in protected_fields():
            message = f"`{word}` is a protected attribute, and no rule may read it"
            return evolve(problem, code="PR0321", message=message, help="take it out of the condition")
        if word == ACCOUNT and ACCOUNT not in names:
            help_ = "add `subject: {each: accounts}` to the policy, or use `accounts`"
            return evolve(problem, message="`account` is only known in a policy with a `subject`", help=help_)
        if word in self.elsewhere and word not in names:
            message = f"`{word}` is {self.elsewhere[word]}, which can't be read here"
            return evolve(problem, code="PR0322", message=message, help=_ELSEWHERE[self.elsewhere[word]])
        return problem

    def is_per_account(self, expression: Expression) -> bool:
        """Whether the value differs from account to account."""
        return bool(self.account_names & expression.reads)

    def cycle(self, what: str, chain: tuple[str, ...], span: Span) -> Variable:
        """Note a round trip of definitions, and go on with a value of any type."""
        path = " → ".join(f"`{name.removeprefix('table ')}`" for name in chain)
        help_ = "a definition can't read itself, not even through others: break the circle"
        self.reading.note("PR0320", f"{what} depends on itself: {path}", span, help_)
        return Variable(ANY, unknown=True)
