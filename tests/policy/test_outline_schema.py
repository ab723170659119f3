from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from postloan_rules.analysis.example_outline import json_schema as schema_of_examples
from postloan_rules.policy import SHIPPED
from postloan_rules.policy.files import load_file
from postloan_rules.policy.outline_schema import json_schema
from postloan_rules.policy.reader import Listing, Node, Scalar, Section
from postloan_rules.policy.reading import Reading

ROOT = Path(__file__).parent.parent.parent
CASES = Path(__file__).parent.parent / "cases" / "wrong_policies"
STARTER = ROOT / "src" / "postloan_rules" / "cli" / "starter"
POLICIES = [
    *(file for name in ("credit_card", "personal_loan", "facts") for file in (SHIPPED / name).glob("*.yaml")),
    STARTER / "policy.yaml",
]
EXAMPLES = [*SHIPPED.glob("*/examples/*.yaml"), *(STARTER / "examples").glob("*.yaml")]

SEEN_BY_THE_SCHEMA = [
    "constraint_without_condition",
    "event_of_another_kind",
    "fact_without_value",
    "head_missing_currency",
    "head_no_ruleset",
    "head_unknown_section",
    "head_wrong_language",
    "head_wrong_subject",
    "input_flag_in_words",
    "input_without_type",
    "name_with_hyphen",
    "pattern_count_of_a_word",
    "pattern_count_without_at_least",
    "pattern_of_one_step",
    "pattern_per_card",
    "pattern_step_of_no_event",
    "pattern_step_without_event",
    "pattern_without_time",
    "profile_not_a_section",
    "response_parameter_without_value",
    "response_rank_text",
    "response_scope_misspelt",
    "rule_if_a_list",
    "rule_if_misspelt_mode",
    "rule_then_not_a_list",
    "rule_without_id",
    "scorecard_line_without_points",
    "scorecard_wrong_side",
    "table_without_rows",
    "table_wrong_hit_policy",
    "text_in_no_language",
    "trigger_key_of_another_kind",
    "trigger_list_without_any_or_all",
    "trigger_unknown_event",
    "trigger_wrong_kind",
    "two_files_head_in_the_second",
    "unknown_wrong_word",
    "value_null",
    "value_wrong_type_name",
    "yaml_empty_value",
]


def plain(node: Node | None) -> object:
    """A file as an editor of YAML 1.2 reads it."""
    match node:
        case Listing(items=items):
            return [plain(each) for each in items]
        case Section(entries=entries):
            return {entry.key.value: plain(entry.value) for entry in entries}
        case Scalar(plain=True):
            return _word(node.value)
        case Scalar():
            return node.value
    return None


def _word(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "~", "null"):
        return None
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def read(file: Path) -> object:
    document = load_file(file, Reading())
    return plain(document[1]) if document is not None else None


def mistakes(schema: dict[str, object], file: Path) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message}"[:300] for error in validator.iter_errors(read(file))]


def test_the_schemas_are_schemas() -> None:
    for schema in (json_schema(), schema_of_examples()):
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_policies_fit(file: Path) -> None:
    assert mistakes(json_schema(), file) == []


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: f"{file.parent.parent.name}/{file.name}")
def test_examples_fit(file: Path) -> None:
    assert mistakes(schema_of_examples(), file) == []


@pytest.mark.parametrize("name", SEEN_BY_THE_SCHEMA)
def test_wrong_policies_do_not_fit(name: str) -> None:
    found = [each for file in (CASES / name).glob("*.yaml") for each in mistakes(json_schema(), file)]
    assert found != []


def test_examples_with_unknown_keys_do_not_fit(tmp_path: Path) -> None:
    file = tmp_path / "examples.yaml"
    for text in (
        "examples: [{name: a, profile: b, expect: {fires: [c]}}]",
        "examples: [{name: a, profile: b}]",
        "snapshots: {a: {accounts: [{balance: 1}]}}",
    ):
        file.write_text(text, encoding="utf-8")
        assert mistakes(schema_of_examples(), file) != []
