"""Definitions, references and new names."""

from __future__ import annotations

from pathlib import Path

import pytest

from postloan_rules.editor.occurrences import Name, NameKind, occurrences, same_name
from postloan_rules.editor.project import Project, project_of
from postloan_rules.editor.renaming import CanNotRename, can_be_renamed, renamed
from postloan_rules.policy import SHIPPED, load_policy

from .desk import EXAMPLES, FACTS, FILES, POLICY, RULES, TRIGGERS, desk, with_cursor, written

PLACES: dict[str, tuple[str, str, str, list[str]]] = {
    "a fact": (
        "triggers",
        TRIGGERS,
        "when: days_l‸ate >= late",
        [
            "facts.yaml:2:3",
            "facts.yaml:9:14",
            "triggers.yaml:4:11",
            "triggers.yaml:6:21",
            "triggers.yaml:6:52",
        ],
    ),
    "a parameter": (
        "policy",
        POLICY,
        "{la‸te: 60}",
        ["policy.yaml:9:3", "policy.yaml:12:12", "triggers.yaml:4:24"],
    ),
    "a parameter as a time": ("rules", RULES, "cool_down: pa‸use", ["policy.yaml:10:3", "rules.yaml:7:16"]),
    "an input": (
        "policy",
        POLICY,
        "watch_‸list:",
        ["policy.yaml:7:3", "cards.yaml:12:18", "cards.yaml:17:58", "triggers.yaml:9:18"],
    ),
    "a trigger": (
        "rules",
        RULES,
        "[over‸due, cash]",
        ["triggers.yaml:2:3", "cards.yaml:18:22", "rules.yaml:15:26", "triggers.yaml:9:30"],
    ),
    "a trigger of an account": (
        "examples/cards",
        EXAMPLES,
        "watch‸ed@A1",
        ["triggers.yaml:7:3", "cards.yaml:18:31", "rules.yaml:17:9"],
    ),
    "a response": (
        "rules",
        RULES,
        "then: [se‸al]",
        ["rules.yaml:2:3", "cards.yaml:18:56", "rules.yaml:15:50", "rules.yaml:18:12"],
    ),
    "a table": ("facts", FACTS, "table: ter‸ms", ["facts.yaml:7:3", "facts.yaml:5:17"]),
    "a snapshot": ("examples/cards", EXAMPLES, " profile: ca‸rd", ["cards.yaml:2:3", "cards.yaml:15:14"]),
}


@pytest.mark.parametrize("name", PLACES)
def test_all_places_of_a_name(name: str, tmp_path: Path) -> None:
    file, text, around, wanted = PLACES[name]
    found = desk(tmp_path, f"cards/{file}.yaml", with_cursor(text, around))
    at = found.at()
    assert found.places() == wanted, at


def project(folder: Path, files: dict[str, str] | None = None) -> Project:
    written(folder, files)
    found = project_of((folder / "cards" / "policy.yaml").resolve(), {})
    assert found is not None
    return found


def applied(edits: dict[Path, tuple[tuple[int, int, str], ...]]) -> None:
    for file, each in edits.items():
        text = file.read_text(encoding="utf-8")
        for start, end, new in sorted(each, reverse=True):
            text = text[:start] + new + text[end:]
        file.write_text(text, encoding="utf-8")


NEW_NAMES: list[tuple[NameKind, str, str, str]] = [
    ("fact", "days_late", "", "days_behind"),
    ("parameter", "late", "", "too_late"),
    ("parameter", "pause", "", "p"),
    ("input", "watch_list", "", "关注名单"),
    ("trigger", "overdue", "", "is_overdue"),
    ("trigger", "watched", "", "w"),
    ("response", "lower", "", "reduce_limit"),
    ("response", "seal", "", "seal_card"),
    ("response parameter", "new_limit", "lower", "limit"),
    ("table", "terms", "", "instalment_terms"),
    ("profile", "strict", "", "severe"),
    ("snapshot", "card", "", "a_card"),
]


@pytest.mark.parametrize(("kind", "old", "of", "new"), NEW_NAMES)
def test_a_new_name_and_back(kind: NameKind, old: str, of: str, new: str, tmp_path: Path) -> None:
    before = project(tmp_path)
    policy = before.loaded.policy
    assert policy is not None
    count = len(same_name(occurrences(before), Name(kind, old, of)))
    assert count > 1
    applied(renamed(before, Name(kind, old, of), new))
    after = project_of(before.path / "policy.yaml", {})
    assert after is not None
    assert after.problems(with_examples=True) == ()
    assert len(same_name(occurrences(after), Name(kind, new, of))) == count
    applied(renamed(after, Name(kind, new, of), old))
    assert {name: (tmp_path / name).read_text(encoding="utf-8") for name in FILES} == FILES
    assert load_policy(before.path).fingerprint == policy.fingerprint


@pytest.mark.parametrize(
    ("what", "new", "reason"),
    [
        (Name("fact", "days_late"), "late", "already names"),
        (Name("fact", "days_late"), "two words", "can't be a name"),
        (Name("fact", "days_late"), "and", "can't be a name"),
        (Name("fact", "days_late"), "events", "already names"),
        (Name("fact", "nothing"), "something", "is not found"),
    ],
)
def test_a_name_that_can_not_be(what: Name, new: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(CanNotRename, match=reason):
        renamed(project(tmp_path), what, new)


def test_a_name_that_a_filter_would_take_for_a_field_is_refused(tmp_path: Path) -> None:
    facts = (
        FACTS
        + '  odd:\n    hit: first\n    inputs: ["count(events[amount > days_past])"]\n    output: {n: number}\n    rows:\n      - ["-", "1"]\n'
    )
    files = {
        **FILES,
        "cards/facts.yaml": facts.replace(
            "facts:\n", "facts:\n  days_past: {type: money, is: '5'}\n  odd_one: {table: odd}\n", 1
        ),
    }
    with pytest.raises(CanNotRename, match="read otherwise"):
        renamed(project(tmp_path, files), Name("fact", "days_past"), "amount")


def test_a_policy_with_mistakes_keeps_its_names(tmp_path: Path) -> None:
    files = {**FILES, "cards/rules.yaml": RULES.replace("then: [seal]", "then: [steal]")}
    with pytest.raises(CanNotRename, match="has mistakes"):
        renamed(project(tmp_path, files), Name("fact", "days_late"), "behind")


def test_a_shared_fact_is_renamed_in_every_policy_that_uses_it(tmp_path: Path) -> None:
    shared = "facts:\n  owed: {type: money, is: sum(accounts.current_balance)}\n"
    files = {
        "facts/shared.yaml": shared,
        **{
            f"{name}/policy.yaml": POLICY
            + "use: [facts/shared]\ntriggers:\n  much: {kind: condition, when: owed > 5}\n"
            "responses:\n  call: {family: contact, rank: 1}\nrules:\n  - {id: R, if: much, then: [call]}\n"
            for name in ("cards", "loans")
        },
    }
    written(tmp_path, files)
    one = project_of((tmp_path / "cards" / "policy.yaml").resolve(), {})
    assert one is not None
    edits = renamed(one, Name("fact", "owed"), "owing")
    assert sorted(file.relative_to(tmp_path.resolve()).as_posix() for file in edits) == [
        "cards/policy.yaml",
        "facts/shared.yaml",
        "loans/policy.yaml",
    ]


def test_what_ships_keeps_its_names_for_other_policies(tmp_path: Path) -> None:
    files = {**FILES, "cards/policy.yaml": POLICY + "use: [facts/bureau]\n"}
    found = project(tmp_path, files)
    name = next(
        each.what
        for each in occurrences(found)
        if each.is_definition and Path(each.span.file).is_relative_to(SHIPPED)
    )
    with pytest.raises(CanNotRename, match="ships with the library"):
        renamed(found, name, "another_name")


def test_only_names_of_the_author_can_be_renamed() -> None:
    assert can_be_renamed(Name("fact", "a"))
    assert not can_be_renamed(Name("field", "amount", "event"))
    assert not can_be_renamed(Name("response", "refer_to_officer"))


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
def test_every_name_of_a_shipped_policy_stands_where_it_is_said_to(name: str) -> None:
    found = project_of(SHIPPED / name / "policy.yaml", {})
    assert found is not None
    every = occurrences(found)
    assert len(every) > 1000
    for each in every:
        assert each.span.source.text[each.span.start : each.span.end] == each.what.name
    defined = {each.what for each in every if each.is_definition}
    named = ("parameter", "fact", "input", "trigger", "table", "scorecard", "snapshot", "profile")
    used = {each.what for each in every if each.what.kind in named}
    assert used <= defined
