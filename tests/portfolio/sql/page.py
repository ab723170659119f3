"""The table of docs/sql.md, made from what is translated."""

from __future__ import annotations

from postloan_rules.policy.functions import EQUIVALENTS, KNOWN_FUNCTIONS
from postloan_rules.portfolio.sql.functions import TRANSLATIONS

__all__ = ["function_table"]

_PARTLY = {
    "date": "of a date or date-time; not from text or parts",
    "date and time": "of a date or date-time; not from text or a time",
    "product": "of values given one by one; not of a list",
    "median": "of a list; not of values given one by one",
    "upper case": "texts beyond ASCII are in doubt",
    "lower case": "texts beyond ASCII are in doubt",
    "sublist": "with a position that is written",
    "remove": "with a position that is written",
    "insert before": "with a position that is written",
    "list replace": "with a position that is written",
    "substring": "with positions that are written",
    "string": "of texts, truth values, dates and exact numbers",
    **dict.fromkeys(
        ("floor", "ceiling", "decimal", "round up", "round down", "round half up", "round half down"),
        "with a scale that is written",
    ),
}


def function_table() -> str:
    """Every function: by which engines it is kept, and how far."""
    rows = ["| function | DuckDB | Spark | note |", "|---|---|---|---|"]
    for name in sorted(KNOWN_FUNCTIONS):
        kept = name in TRANSLATIONS or name in EQUIVALENTS
        mark = "yes" if kept and name not in _PARTLY else "partly" if kept else "no"
        note = _PARTLY.get(name, "" if kept else "refused")
        rows.append(f"| `{name}` | {mark} | {mark} | {note} |")
    return "\n".join(rows) + "\n"
