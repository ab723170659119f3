"""All functions of the rule language, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions.functions.aggregates import AGGREGATES
from postloan_rules.expressions.functions.conversion import CONVERSION
from postloan_rules.expressions.functions.lists import LISTS
from postloan_rules.expressions.functions.numbers import NUMBERS
from postloan_rules.expressions.functions.ranges import RANGES
from postloan_rules.expressions.functions.signature import Functions
from postloan_rules.expressions.functions.strings import STRINGS
from postloan_rules.expressions.functions.temporal import TEMPORAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.expressions.functions.signature import Function

__all__ = ["FAMILIES", "FUNCTIONS"]

FAMILIES: Mapping[str, tuple[Function, ...]] = {
    "Numbers": NUMBERS,
    "Summing up a list": AGGREGATES,
    "Lists": LISTS,
    "Texts": STRINGS,
    "Dates": TEMPORAL,
    "Making values": CONVERSION,
    "Values and ranges": RANGES,
}
"""The functions as the documentation groups them."""

FUNCTIONS: Mapping[str, Function] = Functions(
    {function.name: function for family in FAMILIES.values() for function in family}, __name__, "FUNCTIONS"
)
