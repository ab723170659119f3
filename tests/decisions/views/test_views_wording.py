"""Words in English and Chinese from the catalogues; numbers, money and days as each language writes them."""

from __future__ import annotations

import datetime as dt
import gettext
from decimal import Decimal
from string import Formatter
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from postloan_rules.decisions.views import numerals
from postloan_rules.decisions.views.view import Value
from postloan_rules.decisions.views.wording import DOMAIN, LANGUAGES, LOCALE, Wording
from postloan_rules.expressions import DAYS, MONEY, MONTHS, NUMBER, RATIO, STRING, ListType

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

PACKAGE = LOCALE.parent
FOLDER = LOCALE / "zh" / "LC_MESSAGES"
KEYWORDS = {"say": None, "_later": None, "count": (1, 2)}


def catalogue() -> Catalog:
    with (FOLDER / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale="zh", domain=DOMAIN)


def in_code() -> set[str | tuple[str, ...]]:
    found: set[str | tuple[str, ...]] = set()
    for folder in ("decisions", "analysis", "cli"):
        for _, _, message, _, _ in extract_from_dir(PACKAGE / folder, keywords=KEYWORDS):
            found.add(message)
    return found


def test_every_message_is_in_chinese_and_none_is_stale() -> None:
    messages = [message for message in catalogue() if message.id]
    assert {
        message.id if isinstance(message.id, str) else tuple(message.id) for message in messages
    } == in_code()
    for message in messages:
        assert not message.fuzzy
        assert all(texts_of(message)), message.id
    assert not catalogue().obsolete


def test_every_translation_has_the_parts_of_its_message() -> None:
    for message in catalogue():
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        if message.id:
            assert {parts(text) for text in texts_of(message)} == {parts(ids[-1])}, message.id


def texts_of(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def parts(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)


def test_the_compiled_catalogue_is_that_of_the_texts() -> None:
    with (FOLDER / f"{DOMAIN}.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in catalogue():
        if isinstance(message.id, str):
            assert not message.id or compiled.gettext(message.id) == message.string
        else:
            one, many = message.id
            assert [compiled.ngettext(one, many, 2)] == texts_of(message)


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (Value(Decimal(19500), MONEY), "CN¥19,500.00", "¥19,500.00"),
        (Value(Decimal("-0.5"), MONEY), "-CN¥0.50", "-¥0.50"),
        (Value(Decimal("13333.333"), MONEY), "≈ CN¥13,333.33", "≈ ¥13,333.33"),
        (Value(Decimal(1), DAYS), "1 day", "1 天"),
        (Value(1095, DAYS), "1,095 days", "1,095 天"),
        (Value(Decimal(6), MONTHS), "6 months", "6 个月"),
        (Value(Decimal("0.9750"), RATIO), "0.975", "0.975"),
        (Value(Decimal(1) / Decimal(3), NUMBER), "≈ 0.333333", "≈ 0.333333"),
        (
            Value(Decimal("1" + "0" * 33 + ".25"), NUMBER),
            "1" + ",000" * 11 + ".25",
            "1" + ",000" * 11 + ".25",
        ),
        (Value(Decimal(10) ** 33, MONEY), "CN¥1" + ",000" * 11 + ".00", "¥1" + ",000" * 11 + ".00"),
        (Value(dt.date(2026, 11, 30)), "Nov 30, 2026", "2026年11月30日"),
        (Value(True), "true", "是"),
        (Value(False), "false", "否"),
        (Value(None), "unknown", "未知"),
        (Value(None, STRING, "•••001"), "•••001", "•••001"),
        (Value((), ListType(MONEY)), "none", "无"),
        (Value((Decimal(1), None), ListType(MONEY)), "CN¥1.00, unknown", "¥1.00、未知"),
        (Value(tuple("abcdefg"), ListType(STRING)), "a, b, c, d, e, 2 more", "a、b、c、d、e、另有 2 项"),
    ],
)
def test_values_are_written_as_the_language_does(value: Value, english: str, chinese: str) -> None:
    assert [Wording(language, "CNY").value(value) for language in LANGUAGES] == [english, chinese]


def test_money_has_the_decimals_of_its_currency() -> None:
    assert Wording("en", "JPY").numerals.money(Decimal(1500)) == "¥1,500"
    assert Wording("zh", "JPY").numerals.money(Decimal(1500)) == "JP¥1,500"
    assert "".join(Wording("en", "KWD").numerals.money(Decimal("1.5")).split()) == "KWD1.500"


def test_without_babel_values_stand_as_in_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numerals, "_babel", lambda _name: None)
    plain = Wording("zh", "CNY")
    assert plain.value(Value(Decimal("19500.50"), MONEY)) == "19500.5 CNY"
    assert plain.value(Value(dt.date(2026, 11, 30))) == "2026-11-30"
    assert plain.value(Value(Decimal("0.90"), RATIO)) == "0.9"
    assert plain.value(Value(Decimal(3), DAYS)) == "3 天"
