from __future__ import annotations

import pytest

from portfolio.sql.rows import judged
from postloan_rules.expressions import FUNCTIONS

EXAMPLES = [(name, text) for name, function in sorted(FUNCTIONS.items()) for text, _ in function.examples]
REFUSED = {
    "flatten([[1, 2], [[3]], 4])": "a list of these values",
    'string(duration("PT49H"))': "`string` of this value",
    **{
        text: f"`{name}`"
        for name, text in EXAMPLES
        if name in ("exp", "log", "mode", "number", "sqrt", "stddev", "index of")
    },
    "product([2, 3, 4])": "`product` of a list",
    **{text: "`time`" for name, text in EXAMPLES if name == "time"},
}


@pytest.mark.usefixtures("unfolded")
def test_every_example_of_every_function_gives_its_value_or_is_refused_by_name() -> None:
    found = judged([text for _, text in EXAMPLES], {}, [{}])
    assert found.wrong == ()
    assert found.doubtful == 0
    # A call that is never known is no expression that the checker takes.
    assert found.refused == {
        text: f"{what} cannot be kept in SQL for duckdb"
        for text, what in REFUSED.items()
        if text not in ('time("24:00:00")', 'number("12 yuan")')
    }
