"""A policy made of what was read of a DMN file, so that its values can be computed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.decisions.values import compute
from postloan_rules.policy import load_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.policy import Policy
    from postloan_rules.policy.dmn import DmnModel
    from postloan_rules.snapshot import Snapshot


def loaded(
    model: DmnModel, *, currency: str = "CNY", where: str | None = None, since: str | None = None
) -> Policy:
    """The YAML of the model beside the head of a policy, in which every fact is used."""
    lines = ["ruleset: again", 'version: "1"', "language: 1", f"currency: {currency}"]
    if since is not None:
        lines.append(f"effective: {{from: {since}}}")
    if where is not None:
        lines.append(f"subject: {{each: accounts, where: '{where}'}}")
    if model.facts:
        lines.append("triggers:")
        lines += [
            f"  uses_{fact.name}: {{kind: condition, when: {fact.name} != null}}" for fact in model.facts
        ]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "policy.yaml").write_text("\n".join(lines), encoding="utf-8")
        (Path(folder) / "read.yaml").write_text(model.yaml, encoding="utf-8")
        return load_policy(Path(folder))


def values(policy: Policy, snapshot: Snapshot) -> list[Mapping[str, object]]:
    """The values of the customer, and of each account."""
    computed = compute(policy, snapshot)
    return [computed.customer, *(names for _, names in computed.accounts)]
