"""Taking YAML apart strictly: which keys a section may hold, and what each value must be.

Nothing here raises: each mistake is noted where it stands, and reading goes on with the rest.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from attrs import define, field

from postloan_rules.expressions import (
    BOOLEAN,
    DATE,
    DAYS,
    MONEY,
    MONTHS,
    NUMBER,
    RATIO,
    STRING,
    EnumType,
    Type,
    scalar_type,
    type_name,
)
from postloan_rules.limits import LIMITS, Limits
from postloan_rules.policy.model import Words
from postloan_rules.policy.periods import Period, Unit
from postloan_rules.policy.reader import Entry, Listing, Node, Scalar, Section
from postloan_rules.problems import Problem, Span, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from enum import StrEnum

_NAME = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_PERIOD = re.compile(r"(0|[1-9][0-9]{0,4}) (days?|months?|weeks?|years?)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RESERVED = frozenset(
    [
        "and",
        "or",
        "not",
        "if",
        "then",
        "else",
        "between",
        "in",
        "some",
        "every",
        "satisfies",
        "true",
        "false",
        "null",
        "item",
        "for",
        "return",
        "function",
        "external",
        "instance",
        "of",
    ]
)
PARAMETER_TYPES = ("number", "money", "ratio", "days", "months", "boolean", "string", "date")
MAX_NAME = LIMITS.name_length
MAX_DIGITS = LIMITS.digits

_Choice = TypeVar("_Choice", bound="StrEnum")


class Enough(Exception):  # noqa: N818 - a signal to whoever began to read, not an error
    """So many mistakes have been found that reading stops."""


def shape(node: Node) -> str:
    """What a piece of YAML is, in words."""
    match node:
        case Scalar():
            return f"`{node.value}`" if node.value.strip() else "nothing"
        case Listing():
            return "a list"
        case Section():
            return "a section of keys"


@define
class Reading:
    """The problems found so far, and the ways to take a value that note one."""

    problems: list[Problem] = field(factory=list)
    limits: Limits = LIMITS
    patient: bool = True
    """Whether it goes on however many mistakes there are; otherwise `Enough` is raised."""
    files: int = 0
    size: int = 0
    """How many files have been read so far, and their bytes."""
    steps: dict[tuple[str, int], int] = field(factory=dict)
    """What each expression takes that has been checked, by its place: one may be checked more than once."""
    warnings: list[Problem] = field(factory=list)
    """What expressions are warned of; no mistakes, so that what they stand in is read on."""

    @property
    def told(self) -> list[Problem]:
        """The problems, and the warnings as far as there is room for them."""
        room = max(0, self.limits.problems - len(self.problems))
        return [*self.problems, *list(dict.fromkeys(self.warnings))[:room]]

    def note(self, code: str, message: str, span: Span, help_: str = "") -> None:
        """Note a mistake."""
        self.found([Problem(code, message, span, help_)])

    def found(self, problems: Iterable[Problem]) -> None:
        """Note mistakes that are told already.

        Raises:
            Enough: where there are more than anybody reads, and reading is not patient.
        """
        self.problems.extend(problems)
        if len(self.problems) > self.limits.problems and not self.patient:
            # What is checked again is found again.
            self.problems = list(dict.fromkeys(self.problems))
            if len(self.problems) > self.limits.problems:
                self.cut()
                raise Enough

    def cut(self) -> None:
        """Keep so many problems as are told, and say that there are more."""
        most = self.limits.problems
        self.problems = list(dict.fromkeys(self.problems))
        if len(self.problems) > most:
            last = self.problems[most - 1]
            message = f"there are more problems than the {most:,} that are told"
            more = Problem("PR1003", message, last.span, "mend these first, then look again")
            self.problems[most - 1 :] = [more]

    def section(
        self, node: Node, what: str, keys: Sequence[str], required: Sequence[str] = ()
    ) -> dict[str, Entry]:
        """The entries of a section that may hold these keys only."""
        entries = {entry.key.value: entry for entry in self.entries(node, what)}
        for name, entry in list(entries.items()):
            if name not in keys:
                help_ = did_you_mean(name, keys, what="it can hold")
                if re.search(r"[()<>=]", name):
                    help_ = "a `,` inside `{...}` ends a text: put the whole condition in quotes"
                self.note("PR0301", f"{what} has no `{name}`", entry.key.span, help_)
                del entries[name]
        if isinstance(node, Section):
            for name in required:
                if name not in entries:
                    self.note("PR0302", f"{what} lacks `{name}`", node.span, f"add a line `{name}: ...`")
        return entries

    def entries(self, node: Node, what: str) -> tuple[Entry, ...]:
        """The entries of a section whose keys are names of the author's."""
        if isinstance(node, Section):
            return node.entries
        self.note("PR0303", f"{what} must be a section of `key: value` lines, not {shape(node)}", node.span)
        return ()

    def items(self, node: Node, what: str) -> tuple[Node, ...]:
        """The members of a list."""
        if isinstance(node, Listing):
            return node.items
        help_ = f"write `[{node.value}]`" if isinstance(node, Scalar) and node.value.strip() else ""
        self.note("PR0303", f"{what} must be a list, not {shape(node)}", node.span, help_)
        return ()

    def scalar(self, node: Node, what: str) -> Scalar | None:
        """A single value, which must be there."""
        if not isinstance(node, Scalar):
            self.note("PR0303", f"{what} must be a single value, not {shape(node)}", node.span)
            return None
        if not node.value.strip() or (node.plain and node.value in ("~", "null", "Null", "NULL")):
            self.note("PR0304", f"{what} is empty", node.span, "write a value, or delete the line")
            return None
        return node

    def text(self, node: Node, what: str) -> str:
        """A text in one language."""
        scalar = self.scalar(node, what)
        return scalar.value.strip() if scalar is not None else ""

    def name(self, scalar: Scalar, what: str) -> str | None:
        """A name: letters, digits and `_`, not starting with a digit."""
        name = scalar.value
        if name in _RESERVED:
            help_ = f"choose another name: `{name}` is a word of the language"
            self.note("PR0305", f"{what} can't be called `{name}`", scalar.span, help_)
        elif _NAME.fullmatch(name) is None or len(name) > self.limits.name_length:
            most = self.limits.name_length
            better = re.sub(r"\W+", "_", name[: 2 * most]).strip("_") or "a_name"
            better = better if _NAME.fullmatch(better) else f"n_{better}"
            help_ = f"use letters, digits and `_`, at most {most} of them: `{better[:most]}`"
            self.note("PR0305", f"`{name[:most]}` can't be the name of {what}", scalar.span, help_)
        else:
            return name
        return None

    def names(self, node: Node, what: str) -> Iterator[tuple[str, Span]]:
        """A list of names of things defined elsewhere, each once."""
        seen: set[str] = set()
        for item in self.items(node, what):
            scalar = self.scalar(item, f"an item of {what}")
            if scalar is None:
                continue
            if scalar.value in seen:
                self.note("PR0306", f"`{scalar.value}` stands twice in {what}", scalar.span, "delete one")
                continue
            seen.add(scalar.value)
            yield scalar.value, scalar.span

    def words(self, node: Node, what: str) -> Words | None:
        """A text, or one text for each language."""
        if isinstance(node, Section):
            texts: dict[str, str] = {}
            for entry in node.entries:
                if re.fullmatch(r"[a-z]{2}", entry.key.value) is None:
                    help_ = "write two small letters, such as `en` or `zh`"
                    self.note("PR0307", f"`{entry.key.value}` is no language", entry.key.span, help_)
                    continue
                texts[entry.key.value] = self.text(entry.value, f"{what} in `{entry.key.value}`")
            return Words(texts)
        text = self.text(node, what)
        return Words({"en": text}) if text else None

    def flag(self, node: Node, what: str) -> bool | None:
        """True or false, written so."""
        scalar = self.scalar(node, what)
        if scalar is None:
            return None
        if scalar.plain and scalar.value in ("true", "false"):
            return scalar.value == "true"
        help_ = "write `true` or `false`, without quotes"
        self.note("PR0310", f"{what} must be true or false, not {shape(scalar)}", scalar.span, help_)
        return None

    def whole(self, node: Node, what: str, low: int, high: int) -> int | None:
        """A whole number between two bounds."""
        number = self.number(node, what)
        if number is None:
            return None
        if number != number.to_integral_value() or not low <= number <= high:
            message = f"{what} must be a whole number from {low} to {high}, not {shape(node)}"
            self.note("PR0312", message, node.span)
            return None
        return int(number)

    def number(self, node: Node, what: str) -> Decimal | None:
        """A number, written so that it can be read in one way only."""
        scalar = self.scalar(node, what)
        if scalar is None:
            return None
        text = scalar.value
        if _NUMBER.fullmatch(text) and sum(map(str.isdigit, text)) <= self.limits.digits:
            return Decimal(text)
        self.note("PR0311", f"{what} must be a number, not {shape(scalar)}", scalar.span, _number_help(text))
        return None

    def day(self, node: Node, what: str) -> date | None:
        """A date."""
        scalar = self.scalar(node, what)
        if scalar is None:
            return None
        if _DATE.fullmatch(scalar.value):
            try:
                return date.fromisoformat(scalar.value)
            except ValueError:
                message = f"{what}: there is no day {scalar.value} in the calendar"
                self.note("PR0313", message, scalar.span, "write year-month-day, such as 2026-12-01")
                return None
        message = f"{what} must be a date, not {shape(scalar)}"
        self.note("PR0313", message, scalar.span, "write year-month-day, such as 2026-12-01")
        return None

    def choice(self, node: Node, what: str, choices: type[_Choice]) -> _Choice | None:
        """One of a closed set of words."""
        scalar = self.scalar(node, what)
        if scalar is None:
            return None
        words = [member.value for member in choices]
        if scalar.value in words:
            return choices(scalar.value)
        help_ = did_you_mean(scalar.value, words, what="it can be")
        self.note("PR0314", f"{what} can't be `{scalar.value}`", scalar.span, help_)
        return None

    def period(
        self, node: Node, what: str, parameters: dict[str, Type], *, hours: bool = False
    ) -> Period | None:
        """A length of time: so many days or months, or the name of a parameter that gives it.

        `hours` tells that hours could stand here, too: the author who wrote something else is told so.
        """
        scalar = self.scalar(node, what)
        if scalar is None:
            return None
        text = scalar.value
        match = _PERIOD.fullmatch(text)
        if match is not None:
            return _period(int(match[1]), match[2])
        if text in parameters:
            if parameters[text] == DAYS or parameters[text] == MONTHS:
                unit: Unit = "days" if parameters[text] == DAYS else "months"
                return Period(unit, parameter=text)
            found = type_name(parameters[text])
            message = f"{what}: the parameter `{text}` is of type {found}, and days or months are needed"
            self.note("PR0315", message, scalar.span, "write a length such as `6 months`")
            return None
        help_ = f"write a whole number and a unit: {'`24 hours`, ' if hours else ''}`30 days`, `6 months`"
        timed = [name for name, type_ in parameters.items() if type_ in (DAYS, MONTHS)]
        if _NAME.fullmatch(text) and timed:
            help_ += f"; or a parameter of type days or months: {did_you_mean(text, timed, what='there are')}"
        self.note("PR0315", f"{what} must be a length of time, not {shape(scalar)}", scalar.span, help_)
        return None

    def type(self, node: Node, what: str, *, kinds: Sequence[str] = PARAMETER_TYPES) -> Type | None:
        """A type by its name, or a list of the words that a value may be."""
        if isinstance(node, Listing):
            members = tuple(name for name, _ in self.names(node, what))
            return EnumType(what.strip("`"), members) if members else None
        scalar = self.scalar(node, what)
        if scalar is None:
            return None
        found = scalar_type(scalar.value) if scalar.value in kinds else None
        if found is None:
            help_ = did_you_mean(scalar.value, list(kinds), what="the types are")
            self.note("PR0316", f"`{scalar.value}` is no type", scalar.span, help_)
        return found

    def value(self, node: Node, what: str, type_: Type) -> object:
        """A constant of a type; None when it is not one."""
        scalar = self.scalar(node, what)
        if scalar is None:
            return None
        match type_:
            case _ if type_ == BOOLEAN:
                return self.flag(scalar, what)
            case _ if type_ == DATE:
                return self.day(scalar, what)
            case _ if type_ == STRING:
                return scalar.value
            case EnumType(members=members):
                if scalar.value in members:
                    return scalar.value
                help_ = did_you_mean(scalar.value, members, what="it can be")
                self.note("PR0314", f"{what} can't be `{scalar.value}`", scalar.span, help_)
                return None
            case _:
                return self._measured(scalar, what, type_)

    def _measured(self, scalar: Scalar, what: str, type_: Type) -> Decimal | None:
        text = scalar.value
        match = _PERIOD.fullmatch(text)
        if match is not None and (type_ in (DAYS, MONTHS)):
            period = _period(int(match[1]), match[2])
            if period.unit == type_name(type_):
                return Decimal(period.length or 0)
            message = f"{what} is of type {type_name(type_)}, and `{text}` is not"
            self.note("PR0317", message, scalar.span, f"write a number of {type_name(type_)}, such as 6")
            return None
        number = self.number(scalar, what)
        if number is None:
            return None
        if (type_ in (DAYS, MONTHS)) and number != number.to_integral_value():
            message = f"{what} is of type {type_name(type_)} and must be whole, not `{text}`"
            self.note("PR0317", message, scalar.span, f"write `{number.to_integral_value():f}`")
            return None
        if type_ not in (NUMBER, MONEY, RATIO, DAYS, MONTHS):
            self.note(
                "PR0317", f"{what} of type {type_name(type_)} can't be written as a constant", scalar.span
            )
            return None
        return number


def _period(count: int, unit: str) -> Period:
    match unit.rstrip("s"):
        case "day":
            return Period("days", count)
        case "week":
            return Period("days", count * 7)
        case "month":
            return Period("months", count)
        case _:
            return Period("months", count * 12)


def _number_help(text: str) -> str:
    stripped = text.strip()
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?\s*[%％]", stripped):
        share = Decimal(stripped.rstrip("%％ ")) / 100
        return f"write the share: `{share:f}`"
    if re.fullmatch(r"-?[0-9]{1,3}([,_ ][0-9]{3})+(\.[0-9]+)?", stripped):
        return f"write it without separators: `{re.sub('[,_ ]', '', stripped)}`"
    if re.fullmatch(r"-?0[0-9]+(\.[0-9]+)?", stripped):
        return f"write it without leading zeros: `{Decimal(stripped):f}`"
    if re.fullmatch(r"[-+]?[0-9.]+[eE][-+]?[0-9]{1,2}", stripped) and stripped.count(".") < 2:
        return f"write all its digits: `{Decimal(stripped):f}`"
    if re.fullmatch(r"-?\.[0-9]+", stripped):
        return f"write `{stripped.replace('.', '0.', 1)}`"
    if re.fullmatch(r"\+[0-9.]+", stripped):
        return f"write `{stripped[1:]}`"
    if re.fullmatch(r"-?[0-9]+\.", stripped):
        return f"write `{stripped[:-1]}`"
    if sum(map(str.isdigit, stripped)) > MAX_DIGITS:
        return f"numbers have at most {MAX_DIGITS} digits"
    return "write digits only, such as 1500 or 0.90"
