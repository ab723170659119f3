"""Functions that ask about a list or make a new one. Positions count from 1, or from the end."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING

from postloan_rules.expressions.functions.arguments import listed, whole
from postloan_rules.expressions.functions.results import (
    gives_list,
    keeps_first,
    keeps_first_if_there,
    together,
)
from postloan_rules.expressions.functions.signature import BARE, Function, Parameter, any_unknown, checked
from postloan_rules.expressions.types import ANY, BOOLEAN, NULL, NUMBER, ListType, Type, Variable
from postloan_rules.expressions.values import Range, equal, kind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from postloan_rules.expressions.functions.signature import Result

__all__ = ["LISTS"]

Items = tuple[object, ...]

MOST_ITEMS = 100_000
"""A longer list is unknown: lists made of lists could otherwise grow past any memory."""


def _bounded(items: Items) -> Items | None:
    return items if len(items) <= MOST_ITEMS else None


def _contains(values: object, element: object) -> bool | None:
    items = listed(values)
    if items is None:
        return None
    if element is None:
        return True if None in items else None if items else False
    answers = {equal(item, element) for item in items if kind(item) in (kind(element), "unknown")}
    return True if True in answers else None if None in answers else False


def _index_of(values: object, match: object) -> Items | None:
    items = listed(values)
    if items is None:
        return None
    if match is None:
        found = [item is None for item in items]
        return _positions(found) if any(found) or not items else None
    answers = [equal(item, match) if kind(item) in (kind(match), "unknown") else False for item in items]
    return None if None in answers else _positions([answer is True for answer in answers])


def _positions(found: Sequence[bool]) -> Items:
    return tuple(Decimal(place) for place, hit in enumerate(found, start=1) if hit)


def _append(values: object, *items: object) -> Items | None:
    first = listed(values)
    return None if first is None else _bounded((*first, *items))


def _concatenate(*values: object) -> Items | None:
    lists = [items for items in map(listed, values) if items is not None]
    return _bounded(tuple(chain.from_iterable(lists))) if len(lists) == len(values) else None


def _union(*values: object) -> Items | None:
    items = _concatenate(*values)
    return None if items is None else _distinct(items)


def _distinct(values: object) -> Items | None:
    items = listed(values)
    return None if items is None else tuple(_first_of_each(items))


def _first_of_each(items: Items) -> Iterator[object]:
    seen: set[Hashable] = set()
    for item in items:
        key = _key(item)
        if key not in seen:
            seen.add(key)
            yield item


def _key(item: object) -> Hashable:
    """What two values have in common just when they are the same."""
    match item:
        case tuple():
            return ("list", *map(_key, item))
        case Mapping():
            return "fields", frozenset((name, _key(value)) for name, value in item.items())
        case Range():
            return "range", item.start_closed, item.end_closed, _key(item.start), _key(item.end)
        case _:
            # Python takes true for 1: the kind keeps them apart.
            return kind(item), item


def _flatten(values: object) -> Items | None:
    items = listed(values)
    return None if items is None else _bounded(tuple(_leaves(items)))


def _leaves(items: Items) -> Iterator[object]:
    # A stack, so that the depth of the lists is not bounded by Python's.
    waiting = [iter(items)]
    while waiting:
        for item in waiting[-1]:
            if isinstance(item, tuple):
                waiting.append(iter(item))
                break
            yield item
        else:
            waiting.pop()


def _reverse(values: object) -> Items | None:
    items = listed(values)
    return None if items is None else items[::-1]


def _place(position: object, count: int) -> int | None:
    """The place, from 0, of a position that exists among so many items."""
    found = whole(position)
    if found is None or not 1 <= abs(found) <= count:
        return None
    return found - 1 if found > 0 else count + found


def _sublist(values: object, start: object, *length: object) -> Items | None:
    items = listed(values)
    if items is None:
        return None
    place = _place(start, len(items))
    if place is None:
        return None
    if not length:
        return items[place:]
    count = whole(length[0])
    return items[place : place + count] if count is not None and 0 <= count <= len(items) - place else None


def _insert_before(values: object, position: object, item: object) -> Items | None:
    items = listed(values)
    place = None if items is None else _place(position, len(items))
    return None if items is None or place is None else (*items[:place], item, *items[place:])


def _remove(values: object, position: object) -> Items | None:
    items = listed(values)
    place = None if items is None else _place(position, len(items))
    return None if items is None or place is None else (*items[:place], *items[place + 1 :])


def _replace(values: object, position: object, item: object) -> Items | None:
    items = listed(values)
    place = None if items is None else _place(position, len(items))
    return None if items is None or place is None else (*items[:place], item, *items[place + 1 :])


def _latest(values: object, n: object) -> Items | None:
    items, count = listed(values), whole(n)
    if items is None or count is None:
        return None
    return items[-count:] if count > 0 else ()


def _contains_result(arguments: Sequence[Variable]) -> Variable | str:
    listed_, element = arguments
    if element.type == NULL:
        # The literal null asks for an unknown item; where there is none, only an empty list leaves no doubt.
        return Variable(BOOLEAN, unknown=True)
    return together("list contains", BOOLEAN)((listed_, element))


def _index_result(arguments: Sequence[Variable]) -> Variable | str:
    found = together("index of", NUMBER)(arguments)
    if isinstance(found, str):
        return found
    return Variable(ListType(NUMBER), unknown=found.unknown or arguments[1].type == NULL)


def _with_item(name: str, place: int) -> Result:
    """A list of the items of the first argument and the item at `place`; the position may be outside it."""

    def result(arguments: Sequence[Variable]) -> Variable | str:
        made = gives_list(name, lists=False)((arguments[0], arguments[place]))
        return made if isinstance(made, str) else Variable(made.type, unknown=True)

    return result


def _flatten_result(arguments: Sequence[Variable]) -> Variable:
    type_: Type = arguments[0].type
    unknown = False
    while isinstance(type_, ListType):
        unknown = unknown or type_.unknown
        type_ = type_.item
    item = ANY if type_ == NULL else NUMBER if type_ == BARE else type_
    return Variable(ListType(item, unknown or item == ANY), unknown=any_unknown(arguments))


def _list(
    name: str,
    parameters: tuple[Parameter, ...],
    meaning: str,
    examples: tuple[tuple[str, str], ...],
    apply: Callable[..., object],
    result: Result,
    *,
    unknown: str = "",
) -> Function:
    overloads = (parameters,)
    return Function(
        name,
        overloads,
        meaning,
        examples,
        checked(name, overloads, result),
        apply,
        total=not unknown,
        unknown=unknown,
    )


_A_LIST = Parameter("list", "list")
_LISTS = Parameter("list", "list", many=True)
_POSITION = Parameter("position", "plain number")
_OUTSIDE = "the position is outside the list"

LISTS: tuple[Function, ...] = (
    _list(
        "list contains",
        (_A_LIST, Parameter("element", "any value")),
        "whether an item equals the element",
        (
            ("list contains([1, 2], 2)", "true"),
            ("list contains([1, null], null)", "true"),
            ("list contains([1, null], 2)", "null"),
        ),
        _contains,
        _contains_result,
        unknown="no item is equal and some item is unknown",
    ),
    _list(
        "index of",
        (_A_LIST, Parameter("match", "any value")),
        "the positions of the items that equal the value",
        (("index of([1, 2, 3, 2], 2)", "[2, 4]"), ("index of([1, null], null)", "[2]")),
        _index_of,
        _index_result,
        unknown="some item is unknown",
    ),
    _list(
        "append",
        (_A_LIST, Parameter("item", "any value", many=True)),
        "the list with the items behind it",
        (("append([1], 2, 3)", "[1, 2, 3]"), ("append([1], null)", "[1, null]")),
        _append,
        gives_list("append", lists=False),
    ),
    _list(
        "concatenate",
        (_LISTS,),
        "the items of all lists, in order",
        (("concatenate([1, 2], [3])", "[1, 2, 3]"),),
        _concatenate,
        gives_list("concatenate", lists=True),
    ),
    _list(
        "union",
        (_LISTS,),
        "the items of all lists, each value once",
        (("union([1, 2], [2, 3])", "[1, 2, 3]"),),
        _union,
        gives_list("union", lists=True),
    ),
    _list(
        "distinct values",
        (_A_LIST,),
        "the items, each value once; all unknown items count as one",
        (("distinct values([1, 2, 1, null, null])", "[1, 2, null]"),),
        _distinct,
        gives_list("distinct values", lists=True),
    ),
    _list(
        "flatten",
        (_A_LIST,),
        "the items, and the items of the lists among them, in one list",
        (("flatten([[1, 2], [[3]], 4])", "[1, 2, 3, 4]"),),
        _flatten,
        _flatten_result,
    ),
    _list(
        "reverse",
        (_A_LIST,),
        "the items from last to first",
        (("reverse([1, 2, 3])", "[3, 2, 1]"),),
        _reverse,
        gives_list("reverse", lists=True),
    ),
    _list(
        "sublist",
        (
            _A_LIST,
            Parameter("start position", "plain number"),
            Parameter("length", "plain number", optional=True),
        ),
        "the items from a position on, or so many of them",
        (
            ("sublist([4, 5, 6], 1, 2)", "[4, 5]"),
            ("sublist([4, 5, 6], -2)", "[5, 6]"),
            ("sublist([4, 5, 6], 3, 2)", "null"),
        ),
        _sublist,
        keeps_first_if_there,
        unknown="the list has too few items",
    ),
    _list(
        "insert before",
        (_A_LIST, _POSITION, Parameter("newItem", "any value")),
        "the list with the item put before the position",
        (("insert before([1, 3], 2, 2)", "[1, 2, 3]"),),
        _insert_before,
        _with_item("insert before", 2),
        unknown=_OUTSIDE,
    ),
    _list(
        "remove",
        (_A_LIST, _POSITION),
        "the list without the item at the position",
        (("remove([1, 2, 3], 2)", "[1, 3]"),),
        _remove,
        keeps_first_if_there,
        unknown=_OUTSIDE,
    ),
    _list(
        "list replace",
        (_A_LIST, _POSITION, Parameter("newItem", "any value")),
        "the list with another item at the position",
        (("list replace([2, 4, 7], 3, 6)", "[2, 4, 6]"),),
        _replace,
        _with_item("list replace", 2),
        unknown=_OUTSIDE,
    ),
    _list(
        "latest",
        (_A_LIST, Parameter("n", "plain number")),
        "the last `n` items, or all when there are fewer; none when `n` is below 1",
        (("latest([4, 5, 6], 2)", "[5, 6]"), ("latest([4], 2)", "[4]")),
        _latest,
        keeps_first,
    ),
)
