"""A changed policy, decided again in part: the same as the whole, on the shipped policies and their examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from postloan_rules.analysis import load_examples
from postloan_rules.analysis.judging import differences
from postloan_rules.analysis.mutations import mutants
from postloan_rules.analysis.redeciding import reading_of, redecided
from postloan_rules.analysis.touching import touches
from postloan_rules.decisions import decide
from postloan_rules.decisions.decide import concluded, outcome
from postloan_rules.policy import load_policy

RULES = Path(__file__).parents[2] / "rules"


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
def test_what_is_redone_in_part_comes_out_as_the_whole(name: str) -> None:
    policy = load_policy(RULES / name)
    reading = reading_of(policy)
    examples = [each for each in load_examples(RULES / name, policy) if each.policy is policy][::67]
    looked = [(each, outcome(policy, each.snapshot)) for each in examples]
    changed = 0
    for mutant in list(mutants(policy))[::43]:
        for example, found in looked:
            whole = decide(mutant.policy, example.snapshot)
            again = redecided(mutant, found, reading) if touches(mutant, example, found) else None
            told = differences(example.expect, example.decision)
            if again is None:
                assert differences(example.expect, whole) == told, mutant
                continue
            part = concluded(again, example.decision.snapshot_fingerprint)
            changed += part != example.decision
            for what in ("triggers", "responses", "withheld", "reasons", "next_review"):
                assert getattr(part, what) == getattr(whole, what), mutant
    assert changed > 0
