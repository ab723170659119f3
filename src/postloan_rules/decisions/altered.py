"""Records with fields that are open, and what each part of an expression reads of records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.expressions import GlobalName, ItemField, LocalName, Path, children

if TYPE_CHECKING:
    from postloan_rules.expressions import Names, Node

__all__ = ["Altered", "Reads"]


class Altered(Mapping[str, object]):
    """A record with fields that are not single values on the span; `touched` once such a field is read."""

    def __init__(self, values: Mapping[str, object], changed: frozenset[str]) -> None:
        self.values_by_name = values
        self.changed = changed
        self.touched = False

    def __getitem__(self, name: str) -> object:
        if name in self.changed:
            self.touched = True
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        self.touched = True
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)

    def __contains__(self, name: object) -> bool:
        return name in self.values_by_name

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        self.touched = True
        return self is other


@define
class Reads:
    """What each part of the policy's expressions reads: names, and fields of names; looked up once each."""

    _found: dict[int, frozenset[tuple[str, str]] | None] = field(factory=dict)

    def of(self, node: Node) -> frozenset[tuple[str, str]] | None:
        """Pairs of a name and the field of it that is read (or nothing); None with a variable in it."""
        key = id(node)
        if key not in self._found:
            self._found[key] = self._of(node)
        return self._found[key]

    def settled(self, node: Node, names: Names, is_open: Callable[[object], bool]) -> bool:
        """Whether nothing that the node reads hangs on what is changed."""
        read = self.of(node)
        if read is None:
            return False
        for name, part in read:
            value = names[name]
            if isinstance(value, Altered):
                if not part or part in value.changed:
                    return False
            elif is_open(value):
                return False
        return True

    def _of(self, node: Node) -> frozenset[tuple[str, str]] | None:
        match node:
            case GlobalName(name=name):
                return frozenset({(name, "")})
            case Path(source=GlobalName(name=name), field=inner):
                return frozenset({(name, inner)})
            case LocalName() | ItemField():
                return None
        found: frozenset[tuple[str, str]] = frozenset()
        for part in children(node):
            below = self.of(part)
            if below is None:
                return None
            found |= below
        return found
