"""The `## Functions` section of docs/language.md, written from the functions themselves.

`python -m postloan_rules.expressions.functions.documentation docs/language.md` brings the section up to date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.expressions.functions.properties import PROPERTIES, Property
from postloan_rules.expressions.functions.table import FAMILIES
from postloan_rules.expressions.types import ANY, RangeType, type_name

if TYPE_CHECKING:
    from postloan_rules.expressions.functions.signature import Function, Parameter

__all__ = ["functions_section", "with_functions"]

_TITLE = "# The rule language\n"
_SECTION = re.compile(r"^## Functions\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)

_INTRODUCTION = """\
## Functions

<!-- Written from the functions by `python -m postloan_rules.expressions.functions.documentation` -->

A function is unknown when an argument is unknown, unless its row says otherwise.
"Unknown too when" names the cases in which it is unknown though its arguments are known.
A condition that uses it must then say what unknown does.
A call with literal arguments alone is worked out when the rule set is loaded.
So `date("2026-02-30")` is a problem then, and not an unknown value later.

Numbers keep their unit: the sum of money is money, and `max(balance, 1000)` reads 1000 as money.
Values of different units do not mix: `max(balance, utilisation)` is a problem.

`count` counts the unknown items of a list too.
`sum` of an empty list is 0; `min`, `max`, `mean`, `median` and `product` of one are unknown.
An unknown item leaves `sum`, `min`, `max`, `mean`, `median`, `stddev`, `mode` and `product` unknown.
`all` and `any` have three truth values: one false item decides `all`, one true item decides `any`.
`list contains` and `index of` are unknown when an unknown item could be the one that is looked for.
`append`, `concatenate`, `reverse`, `distinct values` and `flatten` keep unknown items.
`string join` leaves them out.
A list of more than 100,000 items is unknown.

The FEEL standard differs: there `sum([])` is null, and `list contains([1, null], 2)` is false.
"""

_PARTS = """\
### Parts of values

A path reads a part of a date, a time, a duration or a range: `as_of.year`, `(as_of - opened_on).days`.
The parts of a negative duration are negative.

| part | of | type | what it is |
|---|---|---|---|
"""


def functions_section() -> str:
    """The section, with a table for each family of functions and one for the parts of values."""
    families = [_family(name, functions) for name, functions in FAMILIES.items()]
    parts = "".join(_part(part) for part in PROPERTIES.values())
    return "\n".join([_INTRODUCTION, *families, f"{_PARTS}{parts}"])


def with_functions(page: str) -> str:
    """The page with its section brought up to date; at its end when it has none yet."""
    section = functions_section()
    found = _SECTION.search(page)
    if found is None:
        return f"{page or _TITLE}\n{section}"
    after = page[found.end() :]
    gap = "\n" if after else ""
    return f"{page[: found.start()]}{section}{gap}{after}"


def _family(name: str, functions: tuple[Function, ...]) -> str:
    rows = "".join(_row(function) for function in functions)
    return (
        f"### {name}\n\n| function | what it gives | unknown too when | examples |\n|---|---|---|---|\n{rows}"
    )


def _row(function: Function) -> str:
    forms = "<br>".join(f"`{_form(function.name, parameters)}`" for parameters in function.overloads)
    examples = "<br>".join(f"`{_cell(text)}` = `{_cell(_shown(value))}`" for text, value in function.examples)
    return f"| {forms} | {function.meaning} | {function.unknown} | {examples} |\n"


def _form(name: str, parameters: tuple[Parameter, ...]) -> str:
    return f"{name}({', '.join(map(_taken, parameters))})"


def _taken(parameter: Parameter) -> str:
    more = ", ..." if parameter.many else " (optional)" if parameter.optional else ""
    return f"{parameter.name}: {parameter.accepts}{more}"


def _part(part: Property) -> str:
    of = ", ".join("range" if isinstance(type_, RangeType) else type_name(type_) for type_ in part.of)
    type_ = "that of its values" if part.type == ANY else type_name(part.type)
    return f"| `{part.name}` | {of} | {type_} | {part.meaning} |\n"


def _shown(value: str) -> str:
    return value or '""'


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.write_text(
        with_functions(place.read_text(encoding="utf-8") if place.exists() else ""), encoding="utf-8"
    )
