"""What a function takes and gives: its parameters, and how the types of a call are checked."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from postloan_rules.expressions.types import (
    ANY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS,
    DAYS_DURATION,
    MONEY,
    MONTHS,
    MONTHS_DURATION,
    NULL,
    NUMBER,
    NUMERIC,
    RATIO,
    STRING,
    TIME,
    EnumType,
    ListType,
    RangeType,
    RecordType,
    ScalarType,
    Type,
    Variable,
    type_name,
)
from postloan_rules.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "BARE",
    "Function",
    "Functions",
    "Parameter",
    "Result",
    "Typed",
    "checked",
    "common",
    "item_of",
    "unlike",
]

BARE = ScalarType("number literal")
"""The type of an argument that is made of numeric literals alone: it takes the unit that the others need."""

Typed: TypeAlias = "Callable[[Sequence[Variable]], Variable | str]"
"""From the arguments to the result, or to a message (and on a second line, what to write instead)."""
Result: TypeAlias = "Callable[[Sequence[Variable]], Variable | str]"


@frozen
class Parameter:
    """One thing that a function takes. `accepts` names in plain words what fits."""

    name: str
    accepts: str
    optional: bool = False
    many: bool = False


@frozen
class Function:
    """A function of the rule language: what it means, what it takes, and how it is worked out."""

    name: str
    overloads: tuple[tuple[Parameter, ...], ...]
    meaning: str
    examples: tuple[tuple[str, str], ...]
    typed: Typed
    apply: Callable[..., object]
    total: bool = False
    """Whether it is known for all known arguments."""
    unknown: str = ""
    """When it is unknown though its arguments are known, in words."""
    unknown_help: str = ""
    """What to write when a call with literal arguments alone comes out unknown: such a call is a mistake."""


class Functions(dict[str, Function]):
    """Functions by name, kept in a module under a name. A copy in another process is what is kept there."""

    def __init__(self, functions: Mapping[str, Function], module: str, name: str) -> None:
        super().__init__(functions)
        self._kept = (module, name)

    def __reduce__(self) -> tuple[Callable[[str, str], object], tuple[str, str]]:
        return _kept_in, self._kept


def _kept_in(module: str, name: str) -> object:
    return getattr(import_module(module), name)


_ORDERED = frozenset({*NUMERIC, BARE, STRING, DATE, DATE_TIME, TIME, DAYS_DURATION, MONTHS_DURATION})
_DIMENSIONLESS = frozenset({NUMBER, RATIO, BARE})
_DURATIONS = frozenset({DAYS_DURATION, MONTHS_DURATION})
_MOMENTS = frozenset({DATE, DATE_TIME})

_SINGLE: Mapping[str, frozenset[Type]] = {
    "plain number": _DIMENSIONLESS,
    "number or amount": frozenset({*NUMERIC, BARE}),
    "number, amount or duration": frozenset({*NUMERIC, BARE, *_DURATIONS}),
    "string": frozenset({STRING}),
    "boolean": frozenset({BOOLEAN}),
    "date": frozenset({DATE}),
    "date or date-time": _MOMENTS,
    "date, date-time or string": frozenset({*_MOMENTS, STRING}),
    "date, time, date-time or string": frozenset({*_MOMENTS, TIME, STRING}),
    "time": frozenset({TIME}),
    "days-and-time duration": frozenset({DAYS_DURATION}),
    "value with an order": _ORDERED,
}
_LISTS: Mapping[str, str] = {
    "list of numbers": "plain number",
    "list of numbers or amounts": "number or amount",
    "list of booleans": "boolean",
    "list of strings": "string",
    "list of values with an order": "value with an order",
}


def _accepts(words: str, type_: Type) -> bool:
    if type_ in (ANY, NULL) or words == "any value":
        return True
    match type_:
        case ListType(item):
            return words == "list" or (words in _LISTS and _accepts(_LISTS[words], item))
        case RangeType(item):
            return words == "range" and _accepts("value with an order", item)
        case EnumType(set_name):
            # A word of a closed set may stand for any text; only the order of its words has no meaning.
            return STRING in _SINGLE.get(words, ()) and not (set_name and words == "value with an order")
        case RecordType():
            return False
        case ScalarType():
            return type_ in _SINGLE.get(words, ())


def checked(name: str, overloads: Sequence[Sequence[Parameter]], result: Result) -> Typed:
    """The check of a call against the parameters, and then `result` for the type it gives."""

    def typed(arguments: Sequence[Variable]) -> Variable | str:
        fitting = [parameters for parameters in overloads if _takes(parameters, len(arguments))]
        if not fitting:
            return f"`{name}` takes {_counts(overloads)}, not {len(arguments)}"
        refusals = [_refusal(name, parameters, arguments) for parameters in fitting]
        return result(arguments) if None in refusals else str(refusals[0])

    return typed


def item_of(arguments: Sequence[Variable]) -> Variable | None:
    """The items of a list, or of the arguments given one by one: their common type, None where there is none.

    The result is unknown where an item, or the list itself, may be unknown.
    """
    only = arguments[0].type
    if len(arguments) == 1 and isinstance(only, ListType):
        return Variable(
            _resolved(only.item), unknown=arguments[0].unknown or only.unknown or only.item in (ANY, NULL)
        )
    type_ = common([argument.type for argument in arguments])
    return None if type_ is None else Variable(type_, unknown=any_unknown(arguments))


def any_unknown(arguments: Sequence[Variable]) -> bool:
    """Whether any argument may be unknown, or has a type that is not known before it is there."""
    return any(argument.unknown or argument.type in (ANY, NULL) for argument in arguments)


def common(types: Sequence[Type]) -> Type | None:
    """The one type that all of these have, where they have one; numbers and ratios are numbers together."""
    known = {type_ for type_ in types if type_ not in (ANY, NULL)}
    if len(known) < len(set(types)) and not known:
        return ANY
    units = known - {BARE}
    if not units:
        return NUMBER if known else ANY
    if len(known) > len(units) and not units <= NUMERIC:
        return None
    if len(units) == 1:
        return next(iter(units))
    if units == {NUMBER, RATIO}:
        return NUMBER
    if all(isinstance(type_, ListType) for type_ in units):
        item = common([type_.item for type_ in units if isinstance(type_, ListType)])
        unknown = any(type_.unknown for type_ in units if isinstance(type_, ListType))
        return None if item is None else ListType(item, unknown)
    if all(isinstance(type_, RangeType) for type_ in units):
        item = common([type_.item for type_ in units if isinstance(type_, RangeType)])
        return None if item is None else RangeType(item)
    return _common_texts(units)


def unlike(name: str, types: Sequence[Type]) -> str:
    """The message for values that do not belong together, with what to write instead."""
    strange = _strange_word(types)
    if strange is not None:
        return strange
    names = list(dict.fromkeys(_words(type_) for type_ in types))
    units = set(types)
    if {MONEY, RATIO} <= units:
        help_ = "multiply the ratio by an amount first, as in `0.7 * balance`"
    elif {DAYS, MONTHS} <= units:
        help_ = "a month has no fixed number of days: give both in days, or both in months"
    elif units <= NUMERIC:
        help_ = "declare the number with its unit, or divide the amount by one of its own kind"
    else:
        help_ = "give values of one type"
    return f"`{name}` takes values of one type, not {' and '.join(names)}\n{help_}"


def _common_texts(types: set[Type]) -> Type | None:
    """Texts with enumerations: a literal (an unnamed set) joins the set that has its word."""
    sets = {type_ for type_ in types if isinstance(type_, EnumType) and type_.name}
    words = {
        word for type_ in types if isinstance(type_, EnumType) and not type_.name for word in type_.members
    }
    if not all(isinstance(type_, EnumType) or type_ == STRING for type_ in types):
        return None
    if STRING in types or not sets:
        return STRING
    if len(sets) > 1:
        return None
    only = next(iter(sets))
    return only if words <= set(only.members) else None


def _strange_word(types: Sequence[Type]) -> str | None:
    """The message for a literal word that is not in the set it stands beside."""
    words = [
        word for type_ in types if isinstance(type_, EnumType) and not type_.name for word in type_.members
    ]
    sets = [type_ for type_ in types if isinstance(type_, EnumType) and type_.name]
    if len(set(sets)) != 1:
        return None
    members = sets[0].members
    for word in words:
        if word not in members:
            help_ = did_you_mean(word, members, what="its words")
            return f"`{word}` is not one of the words of {sets[0].name}\n{help_}"
    return None


def _resolved(item: Type) -> Type:
    return NUMBER if item == BARE else item


def _words(type_: Type) -> str:
    """The type in words, in which a literal is of the plain type that it has by itself."""
    match type_:
        case ListType(item):
            return f"list of {_words(item)}" if item not in (ANY, NULL) else "list"
        case EnumType(name=""):
            return "string"
        case _:
            return "number" if type_ == BARE else type_name(type_)


def _takes(parameters: Sequence[Parameter], count: int) -> bool:
    least = sum(not parameter.optional for parameter in parameters)
    return count >= least and (count <= len(parameters) or any(parameter.many for parameter in parameters))


def _counts(overloads: Sequence[Sequence[Parameter]]) -> str:
    shown = [", ".join(_shown(parameter) for parameter in parameters) for parameters in overloads]
    return " or ".join(f"({text})" for text in shown)


def _shown(parameter: Parameter) -> str:
    return f"{parameter.name}{'...' if parameter.many else ''}{'?' if parameter.optional else ''}"


def _refusal(name: str, parameters: Sequence[Parameter], arguments: Sequence[Variable]) -> str | None:
    padded = [*parameters, *[parameters[-1]] * (len(arguments) - len(parameters))]
    for parameter, argument in zip(padded, arguments, strict=False):
        if not _accepts(parameter.accepts, argument.type):
            article = "an" if parameter.accepts[0] in "aeio" else "a"
            given = _words(argument.type)
            return f"`{name}` takes {article} {parameter.accepts} as `{parameter.name}`, not {given}"
    return None
