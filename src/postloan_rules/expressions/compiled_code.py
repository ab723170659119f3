"""Pieces of generated Python: their text, the local names they read, and what is known of their value.

No word of a policy gets into the text: literals, functions and names are bound as constants, by number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, evolve, field, frozen

from postloan_rules.expressions import compiled_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal
    from types import CodeType

    from postloan_rules.expressions.nodes import Node

__all__ = [
    "FALSE",
    "TRUE",
    "UNKNOWN",
    "Code",
    "Form",
    "Module",
    "both",
    "either",
    "known_or_unknown",
    "opposite",
]

DEEPEST = 24
"""Brackets in brackets, past which a piece becomes a function of its own: Python's parser has a limit."""

Form: TypeAlias = Literal["value", "whole", "raw"]
"""A value as the language has it; a number as a Python int; a number as an int or a Decimal."""


@frozen
class Code:
    """A Python expression."""

    text: str
    uses: frozenset[str] = frozenset()
    """The local names that it reads."""
    known: bool = False
    """Whether it is never None."""
    form: Form = "value"
    depth: int = 0
    whole: str = ""
    """For a constant number: the text of the same number for a comparison with a Python int."""

    @property
    def simple(self) -> bool:
        """Whether it is a name, which costs nothing to read twice."""
        return self.text.isidentifier()

    def matching(self, other: Code) -> str:
        """The text to compare with another number: an int is compared with an int where there is one."""
        return self.whole if self.whole and other.form != "value" else self.text


TRUE = Code("True", known=True)
FALSE = Code("False", known=True)
UNKNOWN = Code("None")


@define
class Module:
    """A Python module in the making: functions, and the constants that they read as globals."""

    constants: dict[str, object] = field(factory=dict)
    daily: dict[str, Node] = field(factory=dict)
    """Constants that hang on the day alone: each is the value of a node, worked out once a day."""
    chunks: list[str] = field(factory=list)
    count: int = 0
    _by_identity: dict[int, str] = field(factory=dict)
    _by_node: dict[str, str] = field(factory=dict)

    def fresh(self, letter: str) -> str:
        """A name that no other piece has."""
        self.count += 1
        return f"{letter}{self.count}"

    def constant(self, value: object) -> str:
        """The name of a constant."""
        if value is None or isinstance(value, bool):
            return repr(value)
        known = self._by_identity.get(id(value))
        if known is None:
            known = self.fresh("k")
            self._by_identity[id(value)] = known
            self.constants[known] = value
        return known

    def number(self, value: Decimal) -> Code:
        """A number as a constant."""
        whole = ""
        if value == value.to_integral_value() and value.adjusted() < 18:
            whole = str(int(value)) if value >= 0 else f"({int(value)})"
        return Code(self.constant(value), known=True, whole=whole)

    def of_the_day(self, node: Node, canonical: str, *, number: bool) -> Code:
        """A part whose value hangs on the day alone; the same part everywhere is worked out once."""
        name = self._by_node.get(canonical)
        if name is None:
            name = self._by_node[canonical] = self.fresh("d")
            self.daily[name] = node
        return Code(name, known=True, whole=f"{name}w" if number else "")

    def function(self, parameters: Sequence[str], lines: Iterable[str], name: str = "") -> str:
        """A function of the module, by its name."""
        name = name or self.fresh("f")
        body = "\n".join(f"    {line}" for line in lines)
        self.chunks.append(f"def {name}({', '.join(parameters)}):\n{body}\n")
        return name

    def shallow(self, code: Code) -> Code:
        """The same value, in a function of its own where it is nested too deep."""
        if code.depth < DEEPEST:
            return code
        parameters = sorted(code.uses)
        name = self.function(parameters, [f"return {code.text}"])
        return evolve(code, text=f"{name}({', '.join(parameters)})", depth=1)

    def source(self) -> str:
        """The text of the module."""
        return "\n".join(self.chunks)

    def compiled(self) -> CodeType:
        """The module as one code object."""
        return compile(self.source(), "<policy>", "exec")

    def namespace(self) -> dict[str, object]:
        """What the module's code reads: constants and the functions of `compiled_run`."""
        return {**compiled_run.NAMES, **self.constants}


def made(module: Module, text: str, *parts: Code, known: bool = False, form: Form = "value") -> Code:
    """A piece made of other pieces, in brackets."""
    uses = frozenset().union(*(part.uses for part in parts))
    depth = 1 + max((part.depth for part in parts), default=0)
    return module.shallow(Code(text, uses, known, form, depth))


def named(module: Module, code: Code) -> tuple[str, str]:
    """What reads a piece first, and what reads it again."""
    if code.simple:
        return code.text, code.text
    name = module.fresh("t")
    return f"({name} := {code.text})", name


def known_or_unknown(
    module: Module, text: str, first: Code, *others: Code, form: Form = "value", known: bool = True
) -> Code:
    """A piece that is unknown where any of its parts is. `{0}`, `{1}` … in the text stand for the parts."""
    parts = (first, *others)
    tests: list[str] = []
    again: list[str] = []
    for part in parts:
        if part.known:
            again.append(part.text)
            continue
        before, after = named(module, part)
        tests.append(f"{before} is None")
        again.append(after)
    filled = text.format(*again)
    if not tests:
        return made(module, f"({filled})", *parts, known=known, form=form)
    return made(module, f"(None if {' or '.join(tests)} else {filled})", *parts, form=form)


def opposite(module: Module, code: Code) -> Code:
    """The opposite of a condition."""
    if code.text in ("True", "False"):
        return FALSE if code.text == "True" else TRUE
    return known_or_unknown(module, "not {0}", code)


def both(module: Module, codes: Sequence[Code]) -> Code:
    """`and`: false if any is false, else unknown if any is unknown, else true."""
    return _joined(module, codes, FALSE)


def either(module: Module, codes: Sequence[Code]) -> Code:
    """`or`: true if any is true, else unknown if any is unknown, else false."""
    return _joined(module, codes, TRUE)


def _joined(module: Module, codes: Sequence[Code], decisive: Code) -> Code:
    """Conditions of which one that is `decisive` decides, as `false` does in `and`."""
    other = FALSE if decisive is TRUE else TRUE
    if any(code.text == decisive.text for code in codes):
        return decisive
    codes = [code for code in codes if code.text != other.text]
    word = " or " if decisive is TRUE else " and "
    certain = [code for code in codes if code.known]
    unsure = [code for code in codes if not code.known]
    if not unsure:
        if not certain:
            return other
        return (
            certain[0]
            if len(certain) == 1
            else made(module, f"({word.join(code.text for code in certain)})", *certain, known=True)
        )
    tail = unsure[0] if len(unsure) == 1 else _unsure(module, unsure, decisive)
    if not certain:
        return tail
    return made(module, f"({word.join(code.text for code in (*certain, tail))})", *certain, tail)


def _unsure(module: Module, codes: Sequence[Code], decisive: Code) -> Code:
    firsts, agains = zip(*(named(module, code) for code in codes), strict=True)
    found = " or ".join(f"{first} is {decisive.text}" for first in firsts)
    if decisive is FALSE:
        # None of them is false: all true, or some unknown.
        rest = " and ".join(agains)
        return made(module, f"(False if {found} else ({rest}))", *codes)
    unknown = " or ".join(f"{again} is None" for again in agains)
    return made(module, f"(True if {found} else None if {unknown} else False)", *codes)
