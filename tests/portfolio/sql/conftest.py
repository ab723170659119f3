"""What the tests of SQL share."""

from __future__ import annotations

import pytest

from postloan_rules.expressions import Call, Negate, Node, NumberLiteral, StringLiteral, children
from postloan_rules.portfolio.sql import expressions


def _made_of_literals(node: Node) -> bool:
    literal = isinstance(node, StringLiteral | NumberLiteral | Negate)
    made = isinstance(node, Call) and node.function in {"date", "date and time", "time", "duration"}
    return (literal or made) and all(_made_of_literals(each) for each in children(node))


@pytest.fixture
def unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No constant but dates and durations is worked out beforehand: the functions themselves are translated."""
    monkeypatch.setattr(
        expressions, "_is_constant", lambda node: isinstance(node, Call) and _made_of_literals(node)
    )
    monkeypatch.setattr(
        expressions, "_settled", lambda arguments: arguments[0].constant == () or arguments[0].empty
    )
