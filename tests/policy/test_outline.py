"""The outline says of each section what the reader says: which keys it may hold, and which it must."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from postloan_rules.policy import SHIPPED, RuleSetInvalid, load_policy
from postloan_rules.policy.files import load_file
from postloan_rules.policy.outline import MODES, POLICY, Keys, Tree, meaning, places
from postloan_rules.policy.reader import Section
from postloan_rules.policy.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.policy.reader import Entry, Node

CASES = Path(__file__).parent.parent / "cases" / "wrong_policies"
POLICIES = [SHIPPED / "credit_card", SHIPPED / "personal_loan", *sorted(CASES.iterdir())]
Asked = dict[tuple[str, int, int], tuple[tuple[str, ...], tuple[str, ...]]]


def asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the reader allows and requires in each section that it takes apart, by the section's place."""
    found: Asked = {}
    original = Reading.section

    def section(
        self: Reading, node: Node, what: str, keys: Sequence[str], required: Sequence[str] = ()
    ) -> dict[str, Entry]:
        found[node.span.file, node.span.start, node.span.end] = (tuple(keys), tuple(required))
        return original(self, node, what, keys, required)

    monkeypatch.setattr(Reading, "section", section)
    with suppress(RuleSetInvalid):
        load_policy(folder)
    return found


@pytest.mark.parametrize("folder", POLICIES, ids=lambda folder: folder.name)
def test_the_outline_is_the_readers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_place = asked(folder, monkeypatch)
    for file in folder.glob("*.yaml"):
        document = load_file(file, Reading())
        root = document[1] if document is not None else None
        for place in places(root) if root is not None else ():
            span = place.node.span
            said = by_place.get((span.file, span.start, span.end))
            if said is None or not isinstance(place.node, Section) or place.path == ():
                continue
            match place.part:
                case Keys(keys=keys, required=required):
                    assert set(keys) == set(said[0]), place.path
                    # What a response needs hangs on its name.
                    assert place.part.what == "a response" or set(required) == set(said[1]), place.path
                case Tree():
                    assert set(said[0]) == set(MODES), place.path
                case None:
                    pass
                case part:
                    raise AssertionError((place.path, part))


def test_every_key_is_explained() -> None:
    waiting, seen = [POLICY], 0
    while waiting:
        part = waiting.pop()
        for key, below in part.keys.items():
            assert meaning(key, part), (part.what, key)
            seen += 1
            waiting += [each for each in _sections(below) if each is not part]
    assert seen > 100


def _sections(part: object) -> list[Keys]:
    if isinstance(part, Keys):
        return [part]
    inner = [getattr(part, name, None) for name in ("each", "item")]
    return [
        keys for each in (*inner, *getattr(part, "parts", ())) if each is not None for keys in _sections(each)
    ]
