"""What stands where in a file of a policy, as data: editors complete by it, schemas are made of it.

The reader is the judge of what a policy may hold; tests/policy/test_outline.py holds this page to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import frozen

from postloan_rules.policy.definitions import _MORE_TYPES
from postloan_rules.policy.gathering import _SECTIONS
from postloan_rules.policy.head import HEADER
from postloan_rules.policy.model import IfUnknown, Rounding, TriggerKind
from postloan_rules.policy.outline_words import MEANINGS
from postloan_rules.policy.reader import Entry, Listing, Node, Scalar, Section
from postloan_rules.policy.reading import PARAMETER_TYPES
from postloan_rules.policy.responses import _RESPONSE_KEYS
from postloan_rules.policy.scorecards import Lost
from postloan_rules.policy.tables import HitPolicy
from postloan_rules.policy.triggers import _COMMON, _KEYS, _REQUIRED
from postloan_rules.policy.vocabulary import event_types

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["SECTIONS", "Either", "Items", "Keys", "Kind", "Named", "Part", "Place", "Tree", "Value", "places"]

Kind: TypeAlias = Literal[
    "text",
    "words",
    "message",
    "flag",
    "number",
    "day",
    "period",
    "type",
    "choice",
    "constant",
    "expression",
    "tests",
    "cell",
    "trigger",
    "response",
    "table",
    "scorecard",
    "output",
    "input",
    "reason",
    "file",
    "snapshot",
    "profile",
    "any",
]
"""What a value is: `cell` is an expression or tests, by its column; names are of things defined elsewhere."""


@frozen
class Value:
    """A single value; a text in languages and a type may also be a section or a list."""

    kind: Kind
    words: tuple[str, ...] = ()
    """What it can be, where that is a closed set."""


@frozen
class Keys:
    """A section with keys of the language: `what` is how it is called in messages."""

    what: str
    keys: Mapping[str, Part]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    """Exactly one of these must stand in it."""
    kinds: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] | None = None
    """Where the key `kind` decides: for each kind, the keys that it may hold and those that it must."""
    said: Mapping[str, str] | None = None
    """What its keys say, where they are no keys of the rule language."""


@frozen
class Named:
    """A section whose keys are names that the author gives; `of` says of what."""

    of: str
    each: Part


@frozen
class Items:
    """A list."""

    item: Part
    least: int = 0


@frozen
class Tree:
    """A condition: a leaf, or `any`, `all` and `none` over lists of conditions."""

    leaf: Value


@frozen
class Either:
    """Told apart by its shape in YAML: a single value, a list or a section."""

    parts: tuple[Part, ...]


Part: TypeAlias = Value | Keys | Named | Items | Tree | Either

MODES = ("any", "all", "none")

TEXT, WORDS, NUMBER, DAY = Value("text"), Value("words"), Value("number"), Value("day")
FLAG, PERIOD, CONSTANT = Value("flag"), Value("period"), Value("constant")
EXPRESSION, TESTS, CELL = Value("expression"), Value("tests"), Value("cell")
_TYPE = Value("type", PARAMETER_TYPES)
_NOTES: Mapping[str, Part] = {"note": WORDS, "source": TEXT}
_DATED = Either(
    (
        CONSTANT,
        Items(Keys("a dated value", {"from": DAY, "to": DAY, "value": CONSTANT}, ("from", "value")), 1),
    )
)
_WHEN, _IF = Tree(EXPRESSION), Tree(Value("trigger"))
_EVENT = Value("choice", event_types())


def _choice(words: Mapping[str, object]) -> Value:
    return Value("choice", tuple(words))


def _step(*more: str) -> Keys:
    keys: dict[str, Part] = {"event": _EVENT, "where": _WHEN, "as": Value("text")}
    if more:
        keys = {"event": _EVENT, "at_least": CONSTANT, "where": _WHEN}
    return Keys("a step of a pattern", keys, ("event", *more))


_STEP = Either((_EVENT, _step()))
_TRIGGER_PARTS: Mapping[str, Part] = {
    "kind": _choice({each.value: each for each in TriggerKind}),
    "title": WORDS,
    "because": Value("message"),
    **_NOTES,
    "event": _EVENT,
    "when": _WHEN,
    "if_unknown": _choice({each.value: each for each in IfUnknown}),
    "sequence": Items(_STEP, 2),
    "count": _step("at_least"),
    "absent": _STEP,
    "after": _STEP,
    "within": PERIOD,
    "per": Value("choice", ("account", "customer")),
}
_TRIGGER = Keys(
    "a trigger",
    {
        key: _TRIGGER_PARTS[key]
        for key in dict.fromkeys((*_COMMON, *(k for keys in _KEYS.values() for k in keys)))
    },
    ("kind",),
    kinds={kind.value: ((*_COMMON, *_KEYS[kind]), _REQUIRED[kind]) for kind in TriggerKind},
)
_COMPUTED: Mapping[str, Part] = {"is": EXPRESSION, "table": Value("table"), "output": Value("output")}
_RESPONSE_PARTS: Mapping[str, Part] = {
    "family": TEXT,
    "rank": NUMBER,
    "scope": Value("choice", ("account", "customer")),
    "parameters": Named(
        "parameter of a response",
        Keys(
            "a parameter of a response",
            {
                "type": _TYPE,
                **_COMPUTED,
                "round": Keys(
                    "`round`",
                    {"to": NUMBER, "mode": _choice({each.value: each for each in Rounding})},
                    ("to", "mode"),
                ),
                "note": WORDS,
            },
            ("type",),
            ("is", "table"),
        ),
    ),
    "adverse": FLAG,
    "reasons": Items(Value("reason")),
    "reasons_from": Value("scorecard"),
    "disclose": FLAG,
    "notice": Keys("a notice", {"before": PERIOD, "channel": TEXT}),
    "cool_down": PERIOD,
    "title": WORDS,
    **_NOTES,
}
_FACT = Either(
    (
        EXPRESSION,
        Keys(
            "a fact",
            {"type": Value("type", (*PARAMETER_TYPES, *_MORE_TYPES)), **_COMPUTED, **_NOTES, "title": WORDS},
            (),
            ("is", "table"),
        ),
    )
)
_ROW = Items(CELL, 1)
_TABLE = Keys(
    "a table",
    {
        "hit": _choice({each.value: each for each in HitPolicy}),
        "inputs": Items(
            Either((EXPRESSION, Keys("an input of a table", {"is": EXPRESSION, "values": TESTS}, ("is",))))
        ),
        "output": Named(
            "output",
            Either(
                (
                    _TYPE,
                    Keys(
                        "an output of a table",
                        {"type": _TYPE, "values": Items(CONSTANT), "default": EXPRESSION},
                        ("type",),
                    ),
                )
            ),
        ),
        "rows": Items(
            Either(
                (_ROW, Keys("dated rows", {"from": DAY, "to": DAY, "rows": Items(_ROW)}, ("from", "rows")))
            ),
            1,
        ),
        "table": Keys("a file of rows", {"file": TEXT, "sheet": TEXT}, ("file",)),
        **_NOTES,
    },
    ("hit", "inputs", "output"),
    ("rows", "table"),
)
_SCORECARD = Keys(
    "a scorecard",
    {
        "base": NUMBER,
        "lost": _choice({each.value: each for each in Lost}),
        "characteristics": Named(
            "characteristic",
            Keys(
                "a characteristic",
                {
                    "is": EXPRESSION,
                    "reason": Value("reason"),
                    "baseline": NUMBER,
                    "points": Items(Items(CELL, 2), 1),
                    "unknown": NUMBER,
                    **_NOTES,
                },
                ("is", "reason", "baseline", "points"),
            ),
        ),
        **_NOTES,
    },
    ("base", "lost", "characteristics"),
)
_RULE = Keys(
    "a rule",
    {
        "id": TEXT,
        "if": _IF,
        "then": Items(Value("response"), 1),
        "from": DAY,
        "to": DAY,
        "title": WORDS,
        **_NOTES,
    },
    ("id", "if", "then"),
)
_CONSTRAINT = Keys(
    "a constraint",
    {"id": TEXT, "that": EXPRESSION, "never": Items(Value("response")), **_NOTES},
    ("id",),
    ("that", "never"),
)
_SCHEDULE = Keys(
    "`schedule`",
    {
        "standard": PERIOD,
        "bounds": Keys("`bounds`", {"shortest": PERIOD, "longest": PERIOD}),
        "adjust": Items(
            Keys("an entry of `adjust`", {"if": _IF, "every": PERIOD, "note": WORDS}, ("if", "every"))
        ),
    },
    ("standard",),
)
_INPUT = Keys("an input", {"type": _TYPE, "required": FLAG, **_NOTES}, ("type",))
_PARAMETER = Keys("a parameter", {"type": _TYPE, "value": _DATED, **_NOTES}, ("type", "value"))
_PARTS: Mapping[str, Part] = {
    "ruleset": TEXT,
    "version": TEXT,
    "language": Value("choice", ("1",)),
    "title": WORDS,
    "owner": TEXT,
    "effective": Keys("`effective`", {"from": DAY, "to": DAY}),
    "currency": TEXT,
    "subject": Keys("`subject`", {"each": Value("choice", ("accounts",)), "where": EXPRESSION}, ("each",)),
    "use": Items(Value("file")),
    "note": WORDS,
    "inputs": Named("input", _INPUT),
    "parameters": Named("parameter", _PARAMETER),
    "profiles": Named("profile", Named("value of a parameter", _DATED)),
    "facts": Named("fact", _FACT),
    "tables": Named("table", _TABLE),
    "scorecards": Named("scorecard", _SCORECARD),
    "triggers": Named("trigger", _TRIGGER),
    "responses": Named("response", Keys("a response", {key: _RESPONSE_PARTS[key] for key in _RESPONSE_KEYS})),
    "rules": Items(_RULE),
    "constraints": Items(_CONSTRAINT),
    "schedule": _SCHEDULE,
}

POLICY = Keys("a policy", {key: _PARTS[key] for key in (*HEADER, *_SECTIONS)})
"""A file of a policy: its head, or any of its sections."""
SECTIONS = _SECTIONS


@frozen
class Place:
    """A piece of a file, and what it is by the outline; None where the outline has no such thing."""

    node: Node
    part: Part | None
    path: tuple[str, ...]
    """The keys down to it; members of a list stand as `[]`."""
    entry: Entry | None = None
    """The line whose value it is."""
    parent: Part | None = None
    """What the line or the list around it is part of."""
    number: int = 0
    """Its number in its list, from 0."""


def narrowed(part: Part, node: Node) -> Part | None:
    """The part that a piece of this shape is."""
    if not isinstance(part, Either):
        return part
    wanted: tuple[type, ...] = (Value, Tree)
    if isinstance(node, Section):
        wanted = (Keys, Named, Tree)
    elif isinstance(node, Listing):
        wanted = (Items,)
    return next((each for each in part.parts if isinstance(each, wanted)), None)


def places(node: Node, part: Part | None = POLICY) -> Iterator[Place]:
    """Every piece of a file from the top down, each with what it is."""
    waiting = [Place(node, part, ())]
    while waiting:
        place = waiting.pop()
        here = narrowed(place.part, place.node) if place.part is not None else None
        place = Place(place.node, here, place.path, place.entry, place.parent, place.number)
        yield place
        waiting += reversed(list(_inner(place)))


def _inner(place: Place) -> Iterator[Place]:
    part, node = place.part, place.node
    if isinstance(node, Listing):
        item = part.item if isinstance(part, Items) else part if isinstance(part, Tree) else None
        if isinstance(part, Value) and part.kind == "type":
            item = TEXT
        for number, each in enumerate(node.items):
            yield Place(each, item, (*place.path, "[]"), None, part, number)
    elif isinstance(node, Section):
        for entry in node.entries:
            yield Place(
                entry.value, below(part, entry.key.value), (*place.path, entry.key.value), entry, part
            )


def below(part: Part | None, key: str) -> Part | None:
    """What the value of a key is in a section of this kind."""
    match part:
        case Keys(keys=keys):
            return keys.get(key)
        case Named(each=each):
            return each
        case Tree() if key in MODES:
            return Items(part)
        case Value(kind="words" | "message"):
            return part
        case _:
            return None


def meaning(key: str, of: Part | None) -> str:
    """What a key of the language says, in a line."""
    if isinstance(of, Tree):
        return MEANINGS.get(key, "")
    what = of.what if isinstance(of, Keys) else ""
    if isinstance(of, Keys) and of.said is not None:
        return of.said.get(key, "")
    return MEANINGS.get(f"{what}/{key}") or MEANINGS.get(key, "")


def is_expression(place: Place) -> bool:
    """Whether a text of the rule language stands here, which blanks do not change."""
    here = place.part.leaf if isinstance(place.part, Tree) else place.part
    return (
        isinstance(place.node, Scalar)
        and isinstance(here, Value)
        and here.kind in ("expression", "tests", "cell")
    )
