"""Each folder under cases/analysis holds one planted fault (or none), and what must be found of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import yaml

pytest.importorskip("z3")

from postloan_rules.analysis.proof.report import Report, analyse
from postloan_rules.decisions import decide
from postloan_rules.policy import load_policy
from postloan_rules.portfolio.sample import sample
from postloan_rules.snapshot import Snapshot

CASES = Path(__file__).parents[2] / "cases" / "analysis"
FOLDERS = sorted(CASES.iterdir())


@cache
def customers() -> tuple[Snapshot, ...]:
    return tuple(sample(40))


@cache
def report(folder: Path) -> Report:
    return analyse(load_policy(folder / "policy.yaml"), customers())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_just_the_planted_fault_is_found(folder: Path) -> None:
    expected = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))
    found = [{"code": each.problem.code, "subject": each.subject} for each in report(folder).findings]
    assert found == expected


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_who_shows_it_is_a_whole_customer_that_the_evaluator_decides(folder: Path) -> None:
    policy = load_policy(folder / "policy.yaml")
    for each in report(folder).findings:
        if each.witness is None:
            assert each.problem.code not in {
                "PR0976",
                "PR0977",
                "PR0978",
                "PR0979",
                "PR0980",
                "PR0983",
                "PR0984",
            }
            continue
        again = Snapshot.from_json(each.witness.snapshot.to_json())
        decision = decide(policy, again)
        withheld = {one.by for one in decision.withheld if one.cause == "constraint"}
        match each.problem.code:
            case "PR0976" | "PR0977" | "PR0978":
                assert each.subject.removeprefix("constraint ") in withheld
            case "PR0983":
                chosen = [one for one in decision.responses if f"response {one.response}" == each.subject]
                assert any(one.reasons == () for one in chosen)
            case "PR0984":
                assert "unknown" in [
                    one.state for one in decision.triggers if f"trigger {one.trigger}" == each.subject
                ]
                assert not decision.referrals
            case _:
                pass


def test_there_are_forty_and_more() -> None:
    faulty = [each for each in FOLDERS if (each / "expected.yaml").read_text() != "[]\n"]
    assert len(faulty) >= 40
