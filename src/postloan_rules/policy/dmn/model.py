"""What was read of a DMN file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.problems import Problem, in_order, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postloan_rules.policy.model import Fact, Input, Parameter
    from postloan_rules.policy.tables import DecisionTable

__all__ = ["DmnInvalid", "DmnModel"]


class DmnInvalid(Exception):  # noqa: N818 - says what the file is, as for policies and snapshots
    """A DMN file that can't be read as part of a policy, with everything that stands in the way."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = in_order(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


@frozen
class DmnModel:
    """The part of a policy that a DMN file holds, checked."""

    name: str
    inputs: tuple[Input, ...]
    parameters: tuple[Parameter, ...]
    facts: tuple[Fact, ...]
    tables: Mapping[str, DecisionTable]
    per_account: bool
    """Whether it reads `account`, which only a policy with a `subject` has."""
    left_out: tuple[str, ...]
    """Triggers, rules and inputs of an exported policy: they belong to the policy, and are not read back."""
    warnings: tuple[Problem, ...] = field(repr=False)
    yaml: str = field(repr=False)
    """The sections `inputs`, `parameters`, `facts` and `tables`, to stand in a file beside a policy."""
