from __future__ import annotations

import pytest

from expressions.test_language_page import EXAMPLES, NAMES, VALUES
from portfolio.sql.rows import judged
from postloan_rules.portfolio.sql import expressions

TEXTS = [text for text, _, code in EXAMPLES if not code]


@pytest.mark.parametrize("folded", [True, False])
def test_every_example_of_the_language_page(monkeypatch: pytest.MonkeyPatch, folded: bool) -> None:
    if not folded:
        monkeypatch.setattr(expressions, "_is_constant", lambda _node: False)
        monkeypatch.setattr(expressions, "_settled", lambda _arguments: False)
    found = judged(TEXTS, NAMES, [VALUES])
    assert found.wrong == ()
    assert found.answers > 50
    if folded:
        assert set(found.refused) == set()
