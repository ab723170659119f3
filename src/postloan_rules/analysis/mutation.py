"""Which small changes to a policy no example notices."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import repeat
from multiprocessing import get_context
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from postloan_rules.analysis.examples import load_examples
from postloan_rules.analysis.judging import differences
from postloan_rules.analysis.mutations import mutants
from postloan_rules.analysis.noticing import mentioned, reach_of
from postloan_rules.analysis.redeciding import Reading, reading_of, redecided
from postloan_rules.analysis.touching import touches
from postloan_rules.decisions.decide import concluded, outcome
from postloan_rules.policy import load_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from postloan_rules.analysis.examples import Example
    from postloan_rules.analysis.mutations import Mutant, Part
    from postloan_rules.decisions.decide import Outcome
    from postloan_rules.policy.model import Policy
    from postloan_rules.problems import Span

__all__ = ["Verdict", "concerns", "mutate"]

_AT_ONCE = 24
"""How many changes a process judges at a time: few enough to show how far it is, neighbours together."""


@frozen
class Verdict:
    """A change, and the example that notices it; None where none does."""

    owner: str
    change: str
    span: Span = field(repr=False, eq=False)
    noticed_by: str | None


def concerns(mutant: Mutant, only: str) -> bool:
    """Whether a change is meant by a text: it stands in what is changed, in the change or in its place."""
    wanted = only.casefold()
    return any(wanted in text.casefold() for text in (mutant.owner, mutant.change, str(mutant.span)))


def mutate(folder: Path, processes: int = 1, only: str = "") -> Iterator[Verdict]:
    """A verdict on every small change of the policy in a folder, in the order of the policy.

    Args:
        folder: The policy's folder, its examples in `examples/`.
        processes: How many processes share the work.
        only: Judge only the changes in which this text stands.

    Raises:
        RuleSetInvalid, ExamplesInvalid: when the policy or its examples can't be used.
    """
    if processes == 1:
        judging = _Judging.of(folder, only)
        yield from map(judging.verdict, judging.mutants)
        return
    number = sum(concerns(each, only) for each in mutants(load_policy(folder)))
    starts = range(0, number, _AT_ONCE)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for verdicts in pool.map(_share, repeat(folder), repeat(only), starts):
            yield from verdicts


@cache
def _judging(folder: Path, only: str) -> _Judging:
    """Made once in each process that shares the work."""
    return _Judging.of(folder, only)


def _share(folder: Path, only: str, start: int) -> list[Verdict]:
    judging = _judging(folder, only)
    return [judging.verdict(each) for each in judging.mutants[start : start + _AT_ONCE]]


@define
class _Judging:
    policy: Policy
    mutants: Sequence[Mutant] = field(repr=False)
    looked: Sequence[tuple[Example, Outcome]] = field(repr=False)
    """The examples under the base values of the parameters, with what the policy as it is comes to."""
    names: Sequence[frozenset[str]] = field(repr=False)
    """The names that each example expects something of."""
    reading: Reading = field(repr=False)
    order: tuple[Part | None, Sequence[int]] | None = field(default=None, repr=False)
    """For the part that was judged last: the examples by number, those most likely to notice first."""

    @classmethod
    def of(cls, folder: Path, only: str) -> _Judging:
        policy = load_policy(folder)
        examples = [
            each for each in load_examples(folder, policy) if each.policy is policy and each.confirmed
        ]
        return cls(
            policy,
            [each for each in mutants(policy) if concerns(each, only)],
            [(each, outcome(policy, each.snapshot)) for each in examples],
            [mentioned(each) for each in examples],
            reading_of(policy),
        )

    def verdict(self, mutant: Mutant) -> Verdict:
        return Verdict(mutant.owner, mutant.change, mutant.span, self._noticed_by(mutant))

    def _noticed_by(self, mutant: Mutant) -> str | None:
        for number in self._likeliest(mutant):
            example, found = self.looked[number]
            if not touches(mutant, example, found):
                continue
            again = redecided(mutant, found, self.reading)
            if again is None:
                continue
            decision = concluded(again, example.decision.snapshot_fingerprint)
            if differences(example.expect, decision):
                return example.name
        return None

    def _likeliest(self, mutant: Mutant) -> Sequence[int]:
        part = mutant.before
        if self.order is None or self.order[0] is not part:
            near, far = reach_of(part, self.policy, self.reading)
            keys = [(-len(names & near), -len(names & far)) for names in self.names]
            self.order = part, sorted(range(len(keys)), key=lambda number: keys[number])
        return self.order[1]
