"""Which small changes to a policy no example notices."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from postloan_rules.analysis.examples import load_examples
from postloan_rules.analysis.judging import differences
from postloan_rules.analysis.mutations import mutants
from postloan_rules.analysis.touching import touches
from postloan_rules.decisions import decide
from postloan_rules.decisions.decide import outcome
from postloan_rules.policy import load_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from postloan_rules.analysis.examples import Example
    from postloan_rules.analysis.mutations import Mutant
    from postloan_rules.decisions.decide import Outcome
    from postloan_rules.policy.model import Policy

__all__ = ["Verdict", "mutate"]


@frozen
class Verdict:
    """A change, and the example that notices it; None where none does."""

    owner: str
    change: str
    place: str
    noticed_by: str | None


def mutate(folder: Path, processes: int = 1) -> Iterator[Verdict]:
    """A verdict on every small change of the policy in a folder, in the order of the policy.

    Raises:
        RuleSetInvalid, ExamplesInvalid: when the policy or its examples can't be used.
    """
    if processes == 1:
        yield from _Judging.of(folder).verdicts(0, 1)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        parts = [
            deque(part)
            for part in pool.map(
                _share, *zip(*((folder, number, processes) for number in range(processes)), strict=True)
            )
        ]
    # Each process took every so many-th change: deal them back in their order.
    while parts[0]:
        for part in parts:
            if part:
                yield part.popleft()


def _share(folder: Path, number: int, of: int) -> list[Verdict]:
    return list(_Judging.of(folder).verdicts(number, of))


@define
class _Judging:
    policy: Policy
    looked: Sequence[tuple[Example, Outcome]] = field(repr=False)
    """The examples under the base values of the parameters, with what the policy as it is comes to."""

    @classmethod
    def of(cls, folder: Path) -> _Judging:
        policy = load_policy(folder)
        examples = [each for each in load_examples(folder, policy) if each.policy is policy]
        return cls(policy, [(each, outcome(policy, each.snapshot)) for each in examples])

    def verdicts(self, number: int, of: int) -> Iterator[Verdict]:
        for mutant in islice(mutants(self.policy), number, None, of):
            yield Verdict(mutant.owner, mutant.change, str(mutant.span), self._noticed_by(mutant))

    def _noticed_by(self, mutant: Mutant) -> str | None:
        for example, found in self.looked:
            if not touches(mutant, example, found):
                continue
            if differences(example.expect, decide(mutant.policy, example.snapshot)):
                return example.name
        return None
