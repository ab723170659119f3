from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .desk import EXAMPLES, FACTS, POLICY, RULES, TRIGGERS, desk, with_cursor

if TYPE_CHECKING:
    from pathlib import Path

CASES: dict[str, tuple[str, str, str, list[str]]] = {
    "a fact": (
        "triggers",
        TRIGGERS,
        "when: days_l‸ate >= late",
        ["**days_late**: fact, days", "Days past due", "is: account.days_past_due", "Used 4 times"],
    ),
    "a parameter": (
        "triggers",
        TRIGGERS,
        "days_late >= la‸te",
        ["**late**: parameter, days", "Long overdue", "Source: house policy"],
    ),
    "an input": (
        "triggers",
        TRIGGERS,
        "any: [watch_l‸ist",
        ["input, boolean, may be unknown", "On the bank's list"],
    ),
    "a trigger": (
        "rules",
        RULES,
        "any: [over‸due",
        ["**overdue**: trigger", "Long overdue", "when: days_late >= late"],
    ),
    "a response": ("rules", RULES, "then: [se‸al]", ["**seal**: response", "Seal the card", "rank: 90"]),
    "a parameter of a response": (
        "rules",
        RULES,
        "lower.new_li‸mit >",
        ["parameter of the response `lower`"],
    ),
    "a field": (
        "triggers",
        TRIGGERS,
        "event.am‸ount",
        ["field of the event, money (currency), may be unknown"],
    ),
    "a field in a filter": ("facts", FACTS, "events[amo‸unt", ["field of the event, money"]),
    "a part of the snapshot": ("facts", FACTS, "is: eve‸nts[", ["list of event"]),
    "a function": ("rules", RULES, "m‸ax(", ["max(list: ", "the largest", "max([3, 1, 2]) = 3"]),
    "a reason": ("rules", RULES, "delin‸quent", ["what the customer is told", "zh: "]),
    "a table": ("facts", FACTS, "table: ter‸ms", ["**terms**: table", "hit: first"]),
    "a key of an example": ("examples/cards", EXAMPLES, "exp‸ect:", ["What must follow."]),
    "a field of a snapshot": ("examples/cards", EXAMPLES, "    juris‸diction:", ["law"]),
    "a key": ("triggers", TRIGGERS, "ki‸nd: event", ["What the trigger listens to"]),
    "a profile": ("examples/cards", EXAMPLES, "with_profile: str‸ict", ["**strict**: profile", "late: 60"]),
    "a message": ("triggers", TRIGGERS, "{days_l‸ate} days late", ["**days_late**: fact, days"]),
    "a definition": (
        "policy",
        POLICY,
        "  la‸te: {type: days",
        ["Used 2 times: policy.yaml 1, triggers.yaml 1"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_told(name: str, tmp_path: Path) -> None:
    file, text, around, wanted = CASES[name]
    told = desk(tmp_path, f"cards/{file}.yaml", with_cursor(text, around)).hover()
    assert [each for each in wanted if each not in told] == [], told


def test_nothing_is_told_of_what_has_no_name(tmp_path: Path) -> None:
    assert desk(tmp_path, "cards/triggers.yaml", with_cursor(TRIGGERS, "event.amount >= 1‸00")).hover() == ""


def test_a_broken_policy_is_still_explained(tmp_path: Path) -> None:
    text = with_cursor(TRIGGERS, "when: days_l‸ate >= late").replace("event.amount >= 100", "event.amount >=")
    assert "**days_late**: fact, days" in desk(tmp_path, "cards/triggers.yaml", text).hover()
    text = with_cursor(TRIGGERS, "when: days_l‸ate >= late").replace(">= late", ">= ")
    assert "**days_late**: fact, days" in desk(tmp_path, "cards/triggers.yaml", text).hover()
