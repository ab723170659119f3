"""What a bank knows beside the fields of the snapshot: named scalars, read against a rule set's inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

__all__ = ["Attributes", "Scalar"]

Scalar = str | int | bool | None

_LARGE = 10**34
"""The first whole number with more digits than a policy takes."""


class Attributes(Mapping[str, Scalar]):
    """Named scalars in the order of their names, frozen: texts, whole numbers, true or false, unknown.

    Two are equal only if the kinds of their values are, too: `true` is not `1`.
    """

    __slots__ = ("_row", "_shape", "_values")
    _values: dict[str, Scalar]
    _row: tuple[Scalar, ...]
    """The values in their order."""
    _shape: tuple[str | type, ...]
    """The names in their order, then the kinds of the values, then `large` where a number is too long."""

    def __init__(self, values: Mapping[str, Scalar] | None = None) -> None:
        given = values or {}
        for name, value in given.items():
            if type(name) is not str:
                raise TypeError(f"an attribute's name is a text, not {type(name).__name__}")
            if value is not None and type(value) not in {str, int, bool}:
                raise TypeError(
                    f"attribute `{name}` takes str, int, bool or None, not {type(value).__name__}"
                )
        self._values = {name: given[name] for name in sorted(given)}
        self._row = tuple(self._values.values())
        large = ("large",) if any(type(each) is int and abs(each) >= _LARGE for each in self._row) else ()
        self._shape = (*self._values, *map(type, self._row), *large)

    def __getitem__(self, name: str) -> Scalar:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return self._typed(self) == self._typed(other)

    def __hash__(self) -> int:
        return hash(frozenset(self._typed(self)))

    def __repr__(self) -> str:
        return f"Attributes({self._values!r})"

    @staticmethod
    def _typed(values: Mapping[str, object] | Mapping[object, object]) -> set[tuple[object, type, object]]:
        return {(name, type(value), value) for name, value in values.items()}
