"""What the names in expressions stand for: entries of the book, or parts of the snapshot."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from postloan_rules.analysis.book.field_words import FIELD_WORDS
from postloan_rules.analysis.book.prose import Piece, anchor, code, link
from postloan_rules.decisions.views.view import Value
from postloan_rules.expressions import ListType, RecordType
from postloan_rules.policy.vocabulary import record
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postloan_rules.analysis.book.prose import Phrase, Speech
    from postloan_rules.expressions import Type
    from postloan_rules.policy import Policy
    from postloan_rules.policy.model import Parameter

__all__ = ["Names", "kinds_of", "record_of"]


@cache
def _records() -> Mapping[str, str]:
    """The records of the snapshot by the name of their type."""
    return {record(name).name: name for name in catalogue.records() if name != "Protected"}


def record_of(type_: Type) -> str | None:
    """The record of the snapshot that a type, or a list of it, is made of."""
    if isinstance(type_, ListType):
        type_ = type_.item
    return _records().get(type_.name) if isinstance(type_, RecordType) else None


def kinds_of(policy: Policy) -> dict[str, str]:
    """Every name that the policy gives, with what it is."""
    return {
        **{each.name: "input" for each in policy.inputs},
        **{each.name: "parameter" for each in policy.parameters},
        **{each.name: "fact" for each in policy.facts},
        **{each.name: "trigger" for each in policy.triggers},
        **dict.fromkeys(policy.responses, "response"),
    }


class Names:
    """The names of one policy in one language."""

    def __init__(self, policy: Policy, speech: Speech) -> None:
        self.policy = policy
        self.speech = speech
        self.kinds = kinds_of(policy)
        self._titles = {
            **{each.name: speech.titled(each.title) for each in policy.triggers},
            **{each.name: speech.titled(each.title) for each in policy.responses.values()},
            **{each.name: self._value_of(each) for each in policy.parameters},
        }

    def _value_of(self, parameter: Parameter) -> str:
        """The value of a parameter that has one for all days, so that a sentence tells it by itself."""
        if len(parameter.values) != 1:
            return ""
        (only,) = parameter.values
        if only.since is not None or only.until is not None:
            return ""
        return self.speech.wording.value(Value(only.value, parameter.type))

    def named(self, name: str) -> Phrase | None:
        """A name of the policy's own, leading to its entry; None for other names."""
        kind = self.kinds.get(name)
        return link(name, anchor(kind, name), self._titles.get(name, "")) if kind is not None else None

    def rule(self, id_: str) -> Phrase:
        """A rule by its id."""
        title = next((each.title for each in self.policy.rules if each.id == id_), None)
        return link(id_, anchor("rule", id_), self.speech.titled(title))

    def table(self, name: str) -> Phrase:
        """A table by its name."""
        return link(name, anchor("table", name))

    def reason(self, name: str) -> Phrase:
        """A reason by its code."""
        return link(name, anchor("reason", name))

    def scorecard(self, name: str) -> Phrase:
        """A scorecard by its name."""
        return link(name, anchor("scorecard", name))

    def field(self, of: str | None, name: str) -> Phrase:
        """A field of a record, leading to what it means."""
        words = FIELD_WORDS.get(name)
        if of is None or words is None:
            return code(name)
        return (Piece(self.speech.wording.say(words), target=anchor("field", f"{of}.{name}")),)
