"""Types and units: what an expression gives, and how literals take the unit of the other side."""

from __future__ import annotations

import pytest

from postloan_rules.expressions import (
    ANY,
    BOOLEAN,
    DATE,
    DAYS,
    DAYS_DURATION,
    MONEY,
    MONTHS,
    MONTHS_DURATION,
    NUMBER,
    RATIO,
    STRING,
    EnumType,
    ExpressionInvalid,
    ListType,
    Node,
    NumberLiteral,
    RecordType,
    StringLiteral,
    Type,
    Variable,
    check,
    children,
    scalar_type,
    type_name,
)
from postloan_rules.problems import Text

PRODUCT = EnumType("product", ("card", "loan"))
STATEMENT = RecordType("statement", {"balance": Variable(MONEY), "due_on": Variable(DATE)})
ACCOUNT = RecordType(
    "account",
    {
        "balance": Variable(MONEY),
        "limit": Variable(MONEY, unknown=True),
        "product": Variable(PRODUCT),
        "statements": Variable(ListType(STATEMENT), unknown=True),
    },
)
NAMES = {
    "n": Variable(NUMBER),
    "share": Variable(RATIO),
    "late": Variable(DAYS),
    "age": Variable(MONTHS),
    "flag": Variable(BOOLEAN),
    "title": Variable(STRING),
    "as_of": Variable(DATE),
    "account": Variable(ACCOUNT),
    "accounts": Variable(ListType(ACCOUNT)),
    "data": Variable(ANY, unknown=True),
}


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("1 + 2", NUMBER),
        ("share + 1", RATIO),
        ("share * 2", NUMBER),
        ("share * share", RATIO),
        ("n + share", NUMBER),
        ("late + 1", DAYS),
        ("late / 30", DAYS),
        ("late / late", NUMBER),
        ("0.7 * account.balance", MONEY),
        ("account.balance / account.limit", RATIO),
        ("account.balance / age", MONEY),
        ("account.balance * late", MONEY),
        ("-account.balance", MONEY),
        ("as_of - as_of", DAYS_DURATION),
        ('as_of + duration("P1M")', DATE),
        ('duration("P1M") * 3', MONTHS_DURATION),
        ("as_of.year", NUMBER),
        ("(as_of - as_of).days", DAYS),
        ('title + "!"', STRING),
        ("account.product", PRODUCT),
        ("accounts.balance", ListType(MONEY)),
        ("accounts.limit", ListType(MONEY, unknown=True)),
        ("accounts[limit != null].limit", ListType(MONEY)),
        ("accounts[1].product", PRODUCT),
        ("account.statements[-1].due_on", DATE),
        ("accounts.statements", ListType(ListType(STATEMENT), unknown=True)),
        ("if flag then 0 else account.balance", MONEY),
        ("if flag then null else account.balance", MONEY),
        ('if flag then account.product else "card"', PRODUCT),
        ("[account.balance, 100]", ListType(MONEY)),
        ("[1, null]", ListType(NUMBER, unknown=True)),
        ('[1, "a"]', ListType(ANY)),
        ("max(account.balance, 0.7 * account.limit)", MONEY),
        ("data.anything + 1", ANY),
        ("data > 1", BOOLEAN),
    ],
)
def test_the_type_of(text: str, type_: Type) -> None:
    assert check(Text.of(text), NAMES).type == type_


def literals(node: Node) -> list[Node]:
    if isinstance(node, NumberLiteral | StringLiteral):
        return [node]
    return [found for child in children(node) for found in literals(child)]


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("account.balance > 1000", MONEY),
        ("1000 < account.balance", MONEY),
        ("late > 30", DAYS),
        ("age between 3 and 6", MONTHS),
        ("late in [30..59]", DAYS),
        ("late in (30, 60)", DAYS),
        ("late in (> 30)", DAYS),
        ("late in [30, 60]", DAYS),
        ("30 in [late]", DAYS),
        ("1000 in accounts.balance", MONEY),
        ("account.balance + 100", MONEY),
        ("account.balance > -(50 + 50)", MONEY),
        ("account.balance > (if flag then 100 else 200)", MONEY),
        ('account.product = "card"', PRODUCT),
        ('"card" = account.product', PRODUCT),
        ('account.product in ("card", "loan")', PRODUCT),
        ('account.product in ["card"]', PRODUCT),
        ('"card" in accounts.product', PRODUCT),
        ('account.product = (if flag then "card" else "loan")', PRODUCT),
        ("0.7 * account.balance", NUMBER),
        ("account.balance / 2", NUMBER),
    ],
)
def test_a_literal_takes_what_the_other_side_needs(text: str, type_: Type) -> None:
    found = literals(check(Text.of(text), NAMES).root)
    assert found
    assert {literal.type for literal in found} == {type_}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100", MONEY),
        ("if flag then 100 else 200", MONEY),
        ('"card"', PRODUCT),
        ('if flag then "card" else "loan"', PRODUCT),
        ("[1, 2]", ListType(DAYS)),
        ("null", MONEY),
        ("share", NUMBER),
        ("n", RATIO),
        ("account.product", STRING),
        ("data", MONEY),
        ("accounts", ListType(ACCOUNT)),
    ],
)
def test_what_is_needed_is_given(text: str, expected: Type) -> None:
    assert check(Text.of(text), NAMES, expected=expected).type == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n", MONEY),
        ("share", MONEY),
        ("late", MONTHS),
        ("title", PRODUCT),
        ('"auto"', PRODUCT),
        ("account", BOOLEAN),
        ("accounts", ACCOUNT),
        ("1", STRING),
    ],
)
def test_what_is_needed_is_not_given(text: str, expected: Type) -> None:
    with pytest.raises(ExpressionInvalid, match=r"PR0227|PR0222"):
        check(Text.of(text), NAMES, expected=expected)


def test_types_have_the_names_of_the_policy_team() -> None:
    assert type_name(ListType(STATEMENT)) == "list of statement"
    assert type_name(PRODUCT) == "one of card, loan"
    assert scalar_type("date-time") is not None
    assert scalar_type("null") is None
    assert type_name(RecordType("", {})) == "record"


def test_names_are_resolved_from_the_inside_out() -> None:
    names = {**NAMES, "balance": Variable(NUMBER), "a": Variable(NUMBER)}
    assert check(Text.of("accounts[balance > 5]"), names).reads == {"accounts"}
    assert check(Text.of("some a in accounts satisfies a.balance > 5"), names).reads == {"accounts"}
    assert check(Text.of("accounts[count(statements[balance > limit]) > n]"), names).reads == {
        "accounts",
        "n",
    }
    assert check(Text.of("accounts[item.balance > balance].balance"), names).reads == {"accounts"}
    assert check(Text.of("balance > a"), names).reads == {"balance", "a"}
