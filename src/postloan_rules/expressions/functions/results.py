"""The type that a call gives, for the families of functions that give it in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions.functions.signature import BARE, any_unknown, common, item_of, unlike
from postloan_rules.expressions.types import (
    ANY,
    NULL,
    NUMBER,
    NUMERIC,
    STRING,
    EnumType,
    ListType,
    RangeType,
    Type,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.expressions.functions.signature import Result

__all__ = ["gives", "gives_item", "gives_list", "keeps_first", "keeps_first_if_there", "together"]


def gives(type_: Type, *, partial: bool = False) -> Result:
    """Always this type; unknown with any argument, and where `partial`, also with known ones."""

    def result(arguments: Sequence[Variable]) -> Variable:
        return Variable(type_, unknown=partial or any_unknown(arguments))

    return result


def keeps_first(arguments: Sequence[Variable]) -> Variable:
    """The type, with its unit, of the first argument."""
    return Variable(_plain(arguments[0].type), unknown=any_unknown(arguments))


def keeps_first_if_there(arguments: Sequence[Variable]) -> Variable:
    """The type of the first argument; unknown where what is asked of it is not there."""
    return Variable(keeps_first(arguments).type, unknown=True)


def gives_item(name: str, *, type_: Type | None = None, empty_is_known: bool = False) -> Result:
    """The type of the items, or `type_`; unknown for a list that may be empty, unless `empty_is_known`."""

    def result(arguments: Sequence[Variable]) -> Variable | str:
        item = item_of(arguments)
        if item is None:
            return unlike(name, [argument.type for argument in arguments])
        listed = len(arguments) == 1 and isinstance(arguments[0].type, ListType)
        return Variable(type_ or item.type, unknown=item.unknown or (listed and not empty_is_known))

    return result


def gives_list(name: str, *, lists: bool) -> Result:
    """A list of the common type of the items of all `lists`, or of one list and the single items after it."""

    def result(arguments: Sequence[Variable]) -> Variable | str:
        first, *rest = arguments
        types = [_item(first.type), *(_item(argument.type) if lists else argument.type for argument in rest)]
        item = common(types) or _mixed(types)
        if item is None:
            return unlike(name, types)
        unknown_items = any(
            isinstance(argument.type, ListType) and argument.type.unknown
            for argument in (arguments if lists else (first,))
        ) or (not lists and any_unknown(rest))
        unknown = any_unknown(arguments if lists else (first,))
        return Variable(ListType(item, unknown=unknown_items or item == ANY), unknown=unknown)

    return result


def together(name: str, result: Type) -> Result:
    """The result type, where all arguments (or the values in a range or list among them) are of one type."""

    def typed(arguments: Sequence[Variable]) -> Variable | str:
        types = [_item(argument.type) for argument in arguments]
        if common(types) is None:
            return unlike(name, types)
        unknown_items = any(
            isinstance(argument.type, ListType) and argument.type.unknown for argument in arguments
        )
        return Variable(result, unknown=any_unknown(arguments) or unknown_items)

    return typed


def _plain(type_: Type) -> Type:
    """The type, in which bare numbers are numbers."""
    if isinstance(type_, ListType):
        return ListType(_plain(type_.item), type_.unknown)
    return NUMBER if type_ == BARE else ANY if type_ == NULL else type_


def _mixed(types: Sequence[Type]) -> Type | None:
    """A list may hold values of several kinds, but not amounts in several units or words of several sets."""
    numeric = all(type_ in NUMERIC or type_ == BARE for type_ in types)
    texts = all(type_ == STRING or isinstance(type_, EnumType) for type_ in types)
    return None if numeric or texts else ANY


def _item(type_: Type) -> Type:
    return type_.item if isinstance(type_, ListType | RangeType) else type_
