"""The order of lines, facts and list members where order has no meaning never changes a decision."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import postloan_rules as plr
from postloan_rules.policy import SHIPPED
from postloan_rules.portfolio.sample import sample

if TYPE_CHECKING:
    from pathlib import Path

# In these lists the order says something: table rows and cells, ranked reasons, steps of a pattern, dated values.
ORDERED = {"rows", "inputs", "reasons", "sequence", "values", "type", "points", "characteristics"}


def shuffled(node: yaml.Node, rng: random.Random, key: str = "") -> None:
    """Shuffle the lines of every section, and the members of every list without an order, in place."""
    if isinstance(node, yaml.MappingNode):
        if key not in ("output", "characteristics"):
            rng.shuffle(node.value)
        for name, part in node.value:
            shuffled(part, rng, name.value)
    elif isinstance(node, yaml.SequenceNode):
        if key not in ORDERED:
            rng.shuffle(node.value)
        for part in node.value:
            shuffled(part, rng, key if key in ("rows", "points") else "")


def copy_shuffled(source: Path, target: Path, seed: int) -> None:
    rng = random.Random(seed)
    for file in sorted(source.rglob("*.yaml")):
        if "examples" in file.parts:
            continue
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        assert node is not None
        shuffled(node, rng)
        written = target / file.relative_to(source)
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(
            yaml.serialize(node, Dumper=yaml.CSafeDumper, allow_unicode=True, width=1000), encoding="utf-8"
        )


SNAPSHOTS = list(sample(40, seed=5))


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
@settings(max_examples=4, phases=[Phase.generate])
@given(seed=st.integers(0, 1_000_000))
def test_a_policy_in_any_order_decides_the_same(
    name: str, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rules")
    copy_shuffled(SHIPPED, folder, seed)
    original, changed = plr.shipped(name), plr.load(folder / name)
    shutil.rmtree(folder)
    assert changed.fingerprint == original.fingerprint
    for snapshot in SNAPSHOTS:
        assert changed.decide(snapshot).to_json() == original.decide(snapshot).to_json()
