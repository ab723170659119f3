from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .desk import CURSOR, EXAMPLES, FACTS, POLICY, RULES, TRIGGERS, desk

if TYPE_CHECKING:
    from pathlib import Path

CASES: dict[str, tuple[str, str, str, str, list[str]]] = {
    "sections": ("triggers", TRIGGERS, "", "‸", ["inputs", "parameters", "facts"]),
    "sections of a head": ("policy", POLICY, "", "‸", ["title", "owner", "triggers"]),
    "keys by kind": ("triggers", TRIGGERS, "", "    ‸", ["title", "because", "note", "source"]),
    "a key that is begun": ("triggers", TRIGGERS, "", "    ti‸", ["title", "because", "note", "source"]),
    "kinds": ("triggers", TRIGGERS, "kind: event", "kind: ‸", ["schedule", "event", "condition", "pattern"]),
    "events": ("triggers", TRIGGERS, "event: cash_withdrawal", "event: ‸", ["cash_withdrawal"]),
    "what unknown does": (
        "triggers",
        TRIGGERS,
        "if_unknown: ignore\n  cash",
        "if_unknown: ‸\n  cash",
        ["ignore", "fire", "refer"],
    ),
    "fields": ("triggers", TRIGGERS, "days_late >= late", "account.‸", ["account_id", "product"]),
    "fields of a list": (
        "triggers",
        TRIGGERS,
        "days_late >= late",
        "sum(account.statements.‸",
        ["cycle_end", "due_date"],
    ),
    "fields of a filtered list": (
        "triggers",
        TRIGGERS,
        "days_late >= late",
        "sum(account.statements[due_date < as_of].‸",
        ["cycle_end", "due_date"],
    ),
    "fields of a fact": (
        "triggers",
        TRIGGERS,
        "days_late >= late",
        "days_late > 1 and big_events[1].‸",
        ["id", "type"],
    ),
    "fields in a filter": (
        "triggers",
        TRIGGERS,
        "days_late >= late",
        "count(account.statements[‸",
        ["cycle_end", "due_date"],
    ),
    "fields of an item": (
        "triggers",
        TRIGGERS,
        "days_late >= late",
        "count(account.statements[fees > 1 and item.‸",
        ["cycle_end"],
    ),
    "fields in a loop": (
        "triggers",
        TRIGGERS,
        "days_late >= late",
        "some e in events satisfies e.‸",
        ["id", "type"],
    ),
    "fields of the event": ("triggers", TRIGGERS, "event.amount >= 100", "event.‸", ["id", "type"]),
    "members": (
        "triggers",
        TRIGGERS,
        "days_late >= late",
        "account.product = ‸",
        ["credit_card", "personal_loan"],
    ),
    "members in quotes": (
        "triggers",
        TRIGGERS,
        "days_late >= late",
        'account.product = "cr‸',
        ["credit_card"],
    ),
    "members of a list": (
        "triggers",
        TRIGGERS,
        "days_late >= late",
        'account.product in ("line", "‸',
        ["credit_card"],
    ),
    "members in a filter": (
        "triggers",
        TRIGGERS,
        "days_late >= late",
        'count(events[type = "‸',
        ["cash_withdrawal"],
    ),
    "triggers": (
        "rules",
        RULES,
        "{any: [overdue, cash]}",
        "{any: [overdue, ‸]}",
        ["overdue", "watched", "cash"],
    ),
    "triggers alone": ("rules", RULES, "if: watched", "if: ‸", ["overdue", "watched", "cash"]),
    "responses": ("rules", RULES, "then: [seal]", "then: [‸]", ["seal", "lower", "refer_to_officer"]),
    "keys of a rule": ("rules", RULES, "    then: [seal]", "    ‸", ["then", "from", "to"]),
    "keys in brackets": ("rules", RULES, "then: [seal, lower]", "‸", ["then", "from", "to"]),
    "keys of a parameter": (
        "rules",
        RULES,
        ', is: "max(account.current_balance, 0)"}',
        ", ‸}",
        ["is", "table", "round"],
    ),
    "types": ("rules", RULES, "{type: money", "{type: ‸", ["number", "money", "ratio"]),
    "reasons": ("rules", RULES, "[delinquent_with_us]", "[‸]", ["delinquent_with_us"]),
    "lengths of time": ("rules", RULES, "cool_down: pause", "cool_down: ‸", ["late", "pause"]),
    "parameters of a response": ("rules", RULES, "lower.new_limit >= 0", "lower.‸", ["new_limit"]),
    "members in a cell": ("facts", FACTS, '"unemployed"', '"‸"', ["employed", "retired"]),
    "members in an empty cell": ("facts", FACTS, "'\"unemployed\"'", "‸", ["employed", "retired"]),
    "hit policies": ("facts", FACTS, "hit: first", "hit: ‸", ["unique", "collect sum"]),
    "tables": ("facts", FACTS, "{table: terms}", "{table: ‸}", ["terms"]),
    "parameters of a profile": ("policy", POLICY, "{late: 60}", "{‸}", ["late", "pause"]),
    "files": ("policy", POLICY, "", "use: [‸]", ["facts/standard"]),
    "triggers of an example": ("examples/cards", EXAMPLES, "[overdue, watched@A1]", "[‸]", ["overdue"]),
    "snapshots": ("examples/cards", EXAMPLES, " profile: card", " profile: ‸", ["card"]),
    "profiles": ("examples/cards", EXAMPLES, "with_profile: strict", "with_profile: ‸", ["strict"]),
    "what is expected": (
        "examples/cards",
        EXAMPLES,
        "fired: [overdue, watched@A1]",
        "‸",
        ["fired", "not_fired"],
    ),
    "paths": (
        "examples/cards",
        EXAMPLES,
        "attributes.watch_list: true",
        "‸",
        ["accounts", "attributes.watch_list"],
    ),
    "fields of a snapshot": (
        "examples/cards",
        EXAMPLES,
        "    bureau_reports: []",
        "    ‸",
        ["bureau_reports"],
    ),
    "fields of an account": (
        "examples/cards",
        EXAMPLES,
        "days_past_due: 0}",
        "‸}",
        ["credit_limit", "days_past_due"],
    ),
    "members in a snapshot": ("examples/cards", EXAMPLES, "product: credit_card", "product: ‸", ["mortgage"]),
    "attributes": ("examples/cards", EXAMPLES, "{watch_list: false}", "{‸}", ["watch_list"]),
    "an expression over lines": (
        "facts",
        FACTS,
        'is: events[amount > 1000 and type = "cash_withdrawal"]',
        "is: >\n      days_late > 1 and\n      account.‸",
        ["account_id"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_can_be_written(name: str, tmp_path: Path) -> None:
    file, text, old, new, wanted = CASES[name]
    changed = text.replace(old, new, 1) if old else text + new
    labels = desk(tmp_path, f"cards/{file}.yaml", changed, typing=True).labels()
    assert [each for each in wanted if each not in labels] == []
    assert len(labels) == len(set(labels))


def taken(folder: Path, new: str, label: str, *, old: str = "days_late >= late") -> str:
    text = TRIGGERS.replace(old, new, 1)
    result = desk(folder, "cards/triggers.yaml", text, typing=True).taken(label)
    start = text.index(CURSOR)
    return result[result.rindex("\n", 0, start) + 1 :].partition("\n")[0].strip()


def test_what_is_taken_stands_in_the_place_of_what_was_typed(tmp_path: Path) -> None:
    assert taken(tmp_path, "account.cur‸", "current_balance") == "when: account.current_balance"
    assert taken(tmp_path, "coun‸", "count") == "when: count("
    assert taken(tmp_path, "account.product = ‸", "line") == 'when: account.product = "line"'
    assert taken(tmp_path, 'account.product = "li‸"', "line") == 'when: account.product = "line"'
    assert taken(tmp_path, '"account.product = ‸"', "line") == 'when: "account.product = \\"line\\""'
    assert taken(tmp_path, "ki‸", "kind", old="kind: condition") == "kind:"


def test_fields_are_the_only_names_after_a_point(tmp_path: Path) -> None:
    labels = desk(
        tmp_path, "cards/triggers.yaml", TRIGGERS.replace("days_late >= late", "account.‸"), typing=True
    ).labels()
    assert "days_late" not in labels
    assert "count" not in labels


def test_no_protected_field_is_offered(tmp_path: Path) -> None:
    text = TRIGGERS.replace("days_late >= late", "customer.‸")
    labels = desk(tmp_path, "cards/triggers.yaml", text, typing=True).labels()
    assert "employment_status" in labels
    assert not {"protected", "birth_date", "sex"} & set(labels)


def test_a_file_of_no_policy_is_helped_too(tmp_path: Path) -> None:
    alone = {"alone/facts.yaml": "facts:\n  a: 1\n"}
    labels = desk(tmp_path, "alone/facts.yaml", "facts:\n  a: customer.‸\n", alone, typing=True).labels()
    assert "monthly_income" in labels
