"""The words of DMN, and which of ours each of them stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS,
    DAYS_DURATION,
    MONEY,
    MONTHS,
    MONTHS_DURATION,
    NUMBER,
    RATIO,
    STRING,
    TIME,
    ScalarType,
)
from postloan_rules.policy.tables import HitPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "BASE_TYPES",
    "FEEL",
    "FEEL_LANGUAGES",
    "HITS",
    "MODEL",
    "MODELS",
    "OURS",
    "STANDARD_FUNCTIONS",
    "UNITS",
    "WRITTEN_TYPES",
    "Hit",
]

MODEL = "https://www.omg.org/spec/DMN/20230324/MODEL/"
FEEL = "https://www.omg.org/spec/DMN/20230324/FEEL/"
OURS = "urn:postloan-rules:dmn:1"
"""The namespace of what is kept in the file beside what the standard has words for."""

MODELS: Mapping[str, str] = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    MODEL: "1.5",
}
"""The namespaces that are read, each with the version of the standard that it belongs to."""

FEEL_LANGUAGES = frozenset(
    {
        "",
        "feel",
        "http://www.omg.org/spec/FEEL/20140401",
        "http://www.omg.org/spec/DMN/20180521/FEEL/",
        "https://www.omg.org/spec/DMN/20191111/FEEL/",
        "https://www.omg.org/spec/DMN/20211108/FEEL/",
        FEEL,
    }
)
"""How files say that an expression is written in FEEL; nothing said means it too."""

UNITS: tuple[ScalarType, ...] = (MONEY, RATIO, DAYS, MONTHS)
"""Types of ours that are numbers in DMN."""

WRITTEN_TYPES: Mapping[ScalarType, str] = {
    NUMBER: "number",
    BOOLEAN: "boolean",
    STRING: "string",
    DATE: "date",
    TIME: "time",
    DATE_TIME: "date and time",
    DAYS_DURATION: "days and time duration",
    MONTHS_DURATION: "years and months duration",
}

BASE_TYPES: Mapping[str, ScalarType] = {
    **{name: type_ for type_, name in WRITTEN_TYPES.items()},
    "dateTime": DATE_TIME,
    "dayTimeDuration": DAYS_DURATION,
    "yearMonthDuration": MONTHS_DURATION,
    "integer": NUMBER,
    "long": NUMBER,
    "double": NUMBER,
}
"""The standard's names of types, those of its first versions, and those that other tools write."""


@frozen
class Hit:
    """A hit policy as DMN writes it."""

    policy: str
    aggregation: str | None = None


HITS: Mapping[HitPolicy, Hit] = {
    HitPolicy.UNIQUE: Hit("UNIQUE"),
    HitPolicy.ANY: Hit("ANY"),
    HitPolicy.FIRST: Hit("FIRST"),
    HitPolicy.PRIORITY: Hit("PRIORITY"),
    HitPolicy.RULE_ORDER: Hit("RULE ORDER"),
    HitPolicy.OUTPUT_ORDER: Hit("OUTPUT ORDER"),
    HitPolicy.COLLECT: Hit("COLLECT"),
    HitPolicy.COLLECT_SUM: Hit("COLLECT", "SUM"),
    HitPolicy.COLLECT_MIN: Hit("COLLECT", "MIN"),
    HitPolicy.COLLECT_MAX: Hit("COLLECT", "MAX"),
    HitPolicy.COLLECT_COUNT: Hit("COLLECT", "COUNT"),
}

_FUNCTIONS = (
    "abs|floor|ceiling|decimal|round up|round down|round half up|round half down|modulo|sqrt|exp|"
    "log|odd|even|count|sum|min|max|mean|median|stddev|mode|product|all|any|list contains|index of|"
    "append|concatenate|union|distinct values|flatten|reverse|sublist|insert before|remove|"
    "list replace|string length|substring|substring before|substring after|contains|starts with|"
    "ends with|upper case|lower case|string join|string|years and months duration|day of year|"
    "day of week|month of year|week of year|number|date|date and time|time|duration|before|after|"
    "meets|met by|overlaps|overlaps before|overlaps after|finishes|finished by|includes|during|"
    "starts|started by|coincides"
)
STANDARD_FUNCTIONS = frozenset(_FUNCTIONS.split("|"))
"""The functions of the rule language that the standard has too."""
