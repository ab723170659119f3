"""Policies in service: good edits come in whole, bad ones never, and what is in service goes on answering."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

import postloan_rules as plr
from builders import account, customer
from postloan_rules.service import Change, NotServed, Policies, ShadowDifference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from policy_directory import Directory
    from postloan_rules.problems import Problem


Noted = list[tuple[str, list[str]]]


def late(days: int, as_of: str = "2027-02-01") -> plr.Snapshot:
    return customer(account(days_past_due=days), as_of=as_of)


def called(decision: plr.Decision) -> bool:
    return any(each.response == "call" for each in decision.responses)


def noting(noted: Noted) -> Callable[[str, tuple[Problem, ...]], None]:
    return lambda source, problems: noted.append((source, [each.code for each in problems]))


def test_a_good_edit_comes_into_service(directory: Directory) -> None:
    directory.policy(limit=60)
    policies = Policies(directory.path)
    assert not called(policies.decide(late(45)))
    directory.policy(version="2", limit=45)
    assert policies.decide(late(45)).version == "1"
    policies.refresh()
    decision = policies.decide(late(45))
    assert called(decision)
    assert decision.version == "2"
    assert policies.counters().swaps == 2


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda directory: directory.policy(limit=30, example=29), "PR1024"),
        (lambda directory: directory.write("cards/policy.yaml", "ruleset: cards\nversion: ["), "PR0105"),
        (lambda directory: directory.write("cards/policy.yaml", ""), "PR0126"),
        (
            lambda directory: directory.write("cards/more.yaml", "facts: {f: {type: days, is: nowhere}}"),
            "PR0220",
        ),
        (lambda directory: directory.write("cards/examples/limit.yaml", "examples: 3"), "PR0303"),
        (lambda directory: directory.policy(product="loans"), "PR1030"),
        (lambda directory: directory.write("cards/examples/limit.yaml", " \n"), "PR1029"),
    ],
)
def test_a_bad_edit_never_replaces_a_good_policy(
    directory: Directory, break_it: Callable[[Directory], object], code: str
) -> None:
    noted: Noted = []
    directory.policy(limit=60)
    policies = Policies(directory.path, on_problem=noting(noted))
    before = policies.decide(late(61)).to_json()
    break_it(directory)
    for _ in range(3):
        policies.refresh()
    assert policies.decide(late(61)).to_json() == before
    assert policies.ready
    # Told once, however often the same is seen.
    [(source, codes)] = noted
    assert source == "cards"
    assert code in codes
    assert policies.counters().refused == 1
    assert code in [each.code for each in policies.problems["cards"]]
    directory.policy(limit=50)
    (directory.path / "cards" / "more.yaml").unlink(missing_ok=True)
    policies.refresh()
    assert called(policies.decide(late(50)))
    assert policies.problems == {}


def test_a_directory_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        Policies(tmp_path / "nowhere")


def test_nothing_good_is_not_ready_until_it_is(directory: Directory) -> None:
    directory.policy(limit=60, example=10)
    policies = Policies(directory.path)
    assert not policies.ready
    with pytest.raises(NotServed) as caught:
        policies.decide(late(61))
    assert caught.value.problems[0].code == "PR1020"
    directory.policy(limit=60)
    policies.refresh()
    assert policies.ready


def test_a_new_policy_that_is_bad_does_not_undo_readiness(directory: Directory) -> None:
    directory.policy()
    policies = Policies(directory.path)
    directory.policy("loans", product="loans", limit=60, example=1)
    policies.refresh()
    assert policies.ready
    assert "loans" in policies.problems


def test_a_file_that_policies_share_is_watched(directory: Directory) -> None:
    directory.policy()
    directory.write("facts/days.yaml", "facts: {worst: {type: days, is: max(accounts.days_past_due)}}")
    head = directory.path / "cards" / "policy.yaml"
    head.write_text(head.read_text(encoding="utf-8") + "use: [facts/days]\n", encoding="utf-8")
    policies = Policies(directory.path)
    before = policies.at(date(2027, 2, 1)).content
    directory.write("facts/days.yaml", "facts: {worst: {type: days, is: min(accounts.days_past_due)}}")
    policies.refresh()
    assert policies.at(date(2027, 2, 1)).content != before


def test_the_day_chooses_the_version(directory: Directory) -> None:
    directory.policy("cards-1", version="1", limit=60, effective="{from: 2027-01-01}")
    directory.policy("cards-2", version="2", limit=45, effective="{from: 2027-02-01, to: 2027-06-30}")
    directory.policy("cards-3", version="3", limit=30, effective="{from: 2027-08-01}")
    # Examples are of a day on which the version is in force.
    for folder, day in (("cards-1", "2027-01-15"), ("cards-3", "2027-08-01")):
        file = directory.path / folder / "examples" / "limit.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("2027-02-01", day), encoding="utf-8")
    policies = Policies(directory.path)
    assert policies.problems == {}
    for day, version in (
        ("2027-01-01", "1"),
        ("2027-01-31", "1"),
        ("2027-02-01", "2"),
        ("2027-06-30", "2"),
        ("2028-01-01", "3"),
    ):
        assert policies.decide(late(10, day)).version == version
    for day in ("2026-12-31", "2027-07-01"):
        with pytest.raises(NotServed) as caught:
            policies.decide(late(10, day))
        (problem,) = caught.value.problems
        assert problem.code == "PR1021"
        assert problem.path == "$.as_of"
        assert "2 from 2027-02-01 to 2027-06-30" in problem.help


def test_two_versions_for_one_day_do_not_come_into_service(directory: Directory) -> None:
    noted: Noted = []
    directory.policy("cards-1", version="1")
    policies = Policies(directory.path, on_problem=noting(noted))
    directory.policy("cards-2", version="2")
    policies.refresh()
    policies.refresh()
    assert policies.decide(late(61)).version == "1"
    assert noted == [("cards", ["PR1023"])]
    # With the older one away, the newer takes its place.
    shutil.rmtree(directory.path / "cards-1")
    policies.refresh()
    assert policies.decide(late(61)).version == "2"
    assert policies.problems == {}


def test_several_products_stand_side_by_side(directory: Directory) -> None:
    directory.policy("cards")
    directory.policy("loans", product="loans", limit=30)
    policies = Policies(directory.path)
    assert policies.decide(late(30), "loans").ruleset == "loans"
    assert policies.decide(late(30), "cards").ruleset == "cards"
    for product, code in ((None, "PR1022"), ("card", "PR1020"), ("../cards", "PR1020")):
        with pytest.raises(NotServed) as caught:
            policies.decide(late(30), product)
        assert caught.value.problems[0].code == code
        assert "`cards`" in caught.value.problems[0].help


def test_the_folder_of_one_policy_is_served_by_itself(directory: Directory) -> None:
    directory.policy("cards")
    policies = Policies(directory.path / "cards")
    assert policies.decide(late(60)).ruleset == "cards"
    directory.write("cards/policy.yaml", "")
    policies.refresh()
    assert called(policies.decide(late(60)))
    shutil.rmtree(directory.path / "cards")
    policies.refresh()
    assert called(policies.decide(late(60)))
    assert [each.code for each in policies.problems["cards"]] == ["PR1025"]


def test_a_folder_that_vanishes_is_still_served_and_one_that_is_marked_is_not(directory: Directory) -> None:
    noted: Noted = []
    directory.policy("cards")
    directory.policy("loans", product="loans")
    policies = Policies(directory.path, on_problem=noting(noted))
    shutil.rmtree(directory.path / "cards")
    policies.refresh()
    policies.refresh()
    assert called(policies.decide(late(60), "cards"))
    assert noted == [("cards", ["PR1025"])]
    assert policies.at(date(2027, 2, 1), "cards").gone
    (directory.path / "cards.REMOVED").touch()
    policies.refresh()
    assert sorted(policies.now.products) == ["loans"]
    assert policies.problems == {}
    (directory.path / "cards.REMOVED").unlink()
    directory.policy("cards")
    policies.refresh()
    assert sorted(policies.now.products) == ["cards", "loans"]
    (directory.path / "loans.REMOVED").touch()
    policies.refresh()
    assert sorted(policies.now.products) == ["cards"]


def test_a_folder_that_comes_back_is_as_before(directory: Directory) -> None:
    directory.policy("cards")
    policies = Policies(directory.path)
    directory.path.rename(directory.path.with_name("elsewhere"))
    policies.refresh()
    assert called(policies.decide(late(60)))
    directory.path.with_name("elsewhere").rename(directory.path)
    policies.refresh()
    assert policies.problems == {}
    assert not policies.at(date(2027, 2, 1)).gone


def test_a_request_ends_on_the_version_that_it_began_with(directory: Directory) -> None:
    directory.policy(version="1", limit=60)
    policies = Policies(directory.path)
    began = policies.at(date(2027, 2, 1))
    decision = policies.decide(late(60))
    directory.policy(version="2", limit=90)
    policies.refresh()
    assert decision.version == "1"
    assert called(decision)
    assert called(began.ruleset.decide(late(60)))
    assert not called(policies.decide(late(60)))


def test_a_profile_is_chosen_by_product(directory: Directory) -> None:
    file = directory.policy(limit=60)
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "profiles: {strict: {limit: 30}}\n", encoding="utf-8")
    policies = Policies(directory.path, profiles={"cards": "strict"})
    decision = policies.decide(late(30))
    assert called(decision)
    assert decision.profile == "strict"


def test_shadows_are_decided_and_their_differences_told(directory: Directory) -> None:
    found: list[ShadowDifference] = []
    directory.policy("cards", version="1", limit=60)
    # Not in force yet: a shadow is tried before its time.
    directory.policy("shadow/next", version="2", limit=45, effective="{from: 2027-01-01}")
    directory.policy("cards-other", version="3", limit=60)
    with Policies(directory.path, shadows=["cards-other"], on_shadow=found.append) as policies:
        assert not called(policies.decide(late(50, "2026-01-01")))
        assert called(policies.decide(late(90)))
        assert policies.wait_for_shadows()
        counters = policies.counters()
    [difference] = found
    assert difference.parts == ("responses", "triggers")
    assert difference.shadow.version == "2"
    assert difference.answered.version == "1"
    assert difference.shadow_decision is not None
    assert called(difference.shadow_decision)
    assert (counters.shadow_decisions, counters.shadow_differences, counters.shadow_failures) == (4, 1, 0)


def test_a_shadow_that_fails_or_a_callback_that_raises_breaks_nothing(
    directory: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    def raising(*_: object) -> None:
        raise ValueError("secret 4711")

    directory.policy("cards", limit=60)
    file = directory.policy("shadow/cards", limit=45)
    file.write_text(
        file.read_text(encoding="utf-8").replace("currency: CNY", "currency: EUR"), encoding="utf-8"
    )
    example = directory.path / "shadow/cards/examples/limit.yaml"
    example.write_text(example.read_text(encoding="utf-8").replace("CNY", "EUR"), encoding="utf-8")
    policies = Policies(directory.path, on_shadow=raising, on_problem=raising, on_change=raising)
    assert called(policies.decide(late(60)))
    directory.policy("cards", limit=60, example=1)
    policies.refresh()
    assert called(policies.decide(late(60)))
    assert policies.wait_for_shadows()
    policies.close()
    counters = policies.counters()
    assert counters.shadow_failures == 2
    assert counters.callback_failures == 4
    # The log says where, and no word of what the exception held.
    assert "raising" in caplog.text
    assert "4711" not in caplog.text


def test_more_customers_than_may_wait_are_passed_over_by_shadows(directory: Directory) -> None:
    directory.policy("cards", limit=60)
    directory.policy("shadow/cards", limit=45)
    policies = Policies(directory.path, most_waiting=0)
    assert called(policies.decide(late(60)))
    assert policies.counters().shadow_dropped == 1


def test_files_that_change_while_they_are_read_wait_for_the_next_look(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.policy(version="1")
    policies = Policies(directory.path)
    directory.policy(version="2")
    times = 0

    def load_and_edit(path: Path, *, profile: str | None = None, limits: plr.Limits) -> plr.RuleSet:
        nonlocal times
        times += 1
        loaded = plr.load(path, profile=profile, limits=limits)
        directory.write("cards/examples/more.yaml", f"note: {times}\n")
        return loaded

    monkeypatch.setattr("postloan_rules.service.loading.load", load_and_edit)
    policies.refresh()
    assert times == 3
    assert policies.decide(late(60)).version == "1"
    assert policies.counters().unsettled == 1
    assert policies.problems == {}
    monkeypatch.undo()
    policies.refresh()
    assert policies.decide(late(60)).version == "2"


def test_the_image_is_what_is_loaded_whatever_the_disk_says_meanwhile(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is changed and changed back while it is read gives what it held at both looks."""
    file = directory.policy(version="1")
    good = file.read_text(encoding="utf-8")

    def load_amid_edits(path: Path, *, profile: str | None = None, limits: plr.Limits) -> plr.RuleSet:
        file.write_text(good.replace('"1"', '"half"'), encoding="utf-8")
        try:
            return plr.load(path, profile=profile, limits=limits)
        finally:
            file.write_text(good, encoding="utf-8")

    monkeypatch.setattr("postloan_rules.service.loading.load", load_amid_edits)
    assert Policies(directory.path).decide(late(60)).version == "1"


def test_a_mistake_of_the_library_keeps_what_is_in_service(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.policy(version="1")
    policies = Policies(directory.path)
    directory.policy(version="2")

    def failing(*_: object, **__: object) -> plr.RuleSet:
        raise RuntimeError("secret 4711")

    monkeypatch.setattr("postloan_rules.service.loading.load", failing)
    policies.refresh()
    (problem,) = policies.problems["cards"]
    assert problem.code == "PR1028"
    assert "4711" not in str(problem)
    assert policies.decide(late(60)).version == "1"


def test_watching_takes_an_edit_up_when_two_looks_found_the_same(directory: Directory) -> None:
    from threading import Event

    came = Event()
    changes: list[Change] = []
    directory.policy(version="1")

    def told(change: Change) -> None:
        changes.append(change)
        if any(each.version == "2" for each in change.came):
            came.set()

    with Policies(directory.path, on_change=told).watch(every=0.01) as policies:
        policies.watch(every=0.01)
        directory.policy(version="2")
        assert came.wait(20)
        assert policies.decide(late(60)).version == "2"
    assert [each.version for each in changes[-1].went] == ["1"]


def test_a_service_may_take_less_than_the_library_does(directory: Directory) -> None:
    directory.policy()
    policies = Policies(directory.path, limits=plr.Limits(expression_length=10))
    assert [each.code for each in policies.problems["cards"]] == ["PR0290"]


def test_links_pipes_and_hidden_folders_hold_nothing_up(directory: Directory) -> None:
    import os

    directory.policy("cards")
    os.mkfifo(directory.path / "cards" / "pipe.yaml")
    (directory.path / "cards" / "round").symlink_to(directory.path, target_is_directory=True)
    directory.policy(".git", product="hidden")
    policies = Policies(directory.path)
    assert sorted(policies.now.products) == ["cards"]


def test_the_policies_that_ship_can_be_served() -> None:
    from postloan_rules.policy import SHIPPED
    from postloan_rules.service.content import folders_of_policies

    assert [each.name for each in folders_of_policies(SHIPPED)] == ["credit_card", "personal_loan"]


def test_policies_in_service_need_no_extra() -> None:
    code = "import sys; before = {*sys.modules}; import postloan_rules.service; print(*({*sys.modules} - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    top = {name.partition(".")[0] for name in done.stdout.split()}
    foreign = {name for name in top if name not in sys.stdlib_module_names and "cython" not in name}
    assert foreign <= {"postloan_rules", "attr", "attrs", "yaml", "_yaml"}
