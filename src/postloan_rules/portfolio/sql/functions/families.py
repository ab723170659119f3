"""Every function that SQL keeps, by its name in the rule language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.portfolio.sql.functions.aggregates import AGGREGATES
from postloan_rules.portfolio.sql.functions.lists import LISTS
from postloan_rules.portfolio.sql.functions.numbers import NUMBERS
from postloan_rules.portfolio.sql.functions.ranges import RANGES
from postloan_rules.portfolio.sql.functions.strings import STRINGS
from postloan_rules.portfolio.sql.functions.temporal import TEMPORAL

if TYPE_CHECKING:
    from postloan_rules.portfolio.sql.functions.calling import Translations

__all__ = ["TRANSLATIONS"]

TRANSLATIONS: Translations = {**AGGREGATES, **LISTS, **NUMBERS, **RANGES, **STRINGS, **TEMPORAL}
