"""To come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postloan_rules.portfolio.sql.functions.calling import Translations

__all__ = ["NUMBERS"]

NUMBERS: Translations = {}
