"""Conditions as sentences with lists below them: all of these, any of these, none of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from attrs import frozen

from postloan_rules.analysis.book.document import Line
from postloan_rules.expressions import And, GlobalName, Or
from postloan_rules.policy.model import Group, Leaf, Named

if TYPE_CHECKING:
    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.analysis.book.sentences import Sentences
    from postloan_rules.expressions import Node
    from postloan_rules.policy.model import Condition, Mode

__all__ = ["Told", "Trees"]


@frozen
class Told:
    """A condition in words: `the balance is more than 0`, or `all of these hold` and what these are."""

    phrase: Phrase
    parts: tuple[Line, ...] = ()


class Trees:
    """Says whole conditions, long ones as lists."""

    def __init__(self, sentences: Sentences) -> None:
        self.sentences = sentences

    def told(self, condition: Condition) -> Told:
        """A condition of a trigger, a rule or an interval."""
        match condition:
            case Leaf(expression=expression):
                return self.of_node(expression.root)
            case Named(trigger=trigger):
                return Told(self.sentences.speech.say("{trigger} has fired", trigger=self._trigger(trigger)))
            case Group(mode="none", parts=(Named(trigger=trigger),)):
                phrase = self.sentences.speech.say("{trigger} has not fired", trigger=self._trigger(trigger))
                return Told(phrase)
            case Group(mode="any" | "all", parts=(only,)):
                return self.told(only)
            case Group(mode=mode, parts=parts):
                return self._group(
                    mode, [self._fired(part) for part in parts], [self.told(part) for part in parts]
                )
            case _:
                assert_never(condition)

    def of_node(self, node: Node) -> Told:
        """A condition as one expression: `and` and `or` become lists."""
        if isinstance(node, And | Or):
            parts = node.operands
            fired = [self._named(part) for part in parts]
            return self._group(
                "all" if isinstance(node, And) else "any", fired, [self.of_node(part) for part in parts]
            )
        return Told(self.sentences.clause(node))

    def line(self, message: Phrase, told: Told, *, ended: bool = True) -> Line:
        """A sentence that ends in a condition; `message` is all that stands before it."""
        return Line((*message, *told.phrase, *self._end(told, ended=ended)), told.parts)

    def _end(self, told: Told, *, ended: bool) -> Phrase:
        if told.parts:
            return self.sentences.speech.say(":")
        return self.sentences.speech.say(".") if ended else ()

    def _group(self, mode: Mode, fired: list[Phrase | None], told: list[Told]) -> Told:
        say = self.sentences.speech.say
        triggers = [each for each in fired if each is not None]
        if len(triggers) == len(fired):
            parts = tuple(Line(each) for each in triggers)
            match mode:
                case "all":
                    return Told(say("all of these have fired"), parts)
                case "any":
                    return Told(say("at least one of these has fired"), parts)
                case "none":
                    return Told(say("none of these has fired"), parts)
        parts = tuple(self.line((), each, ended=False) for each in told)
        match mode:
            case "all":
                return Told(say("all of these hold"), parts)
            case "any":
                return Told(say("at least one of these holds"), parts)
            case "none":
                return Told(say("none of these holds"), parts)

    def _fired(self, condition: Condition) -> Phrase | None:
        """The trigger that a condition names; None for other conditions."""
        match condition:
            case Named(trigger=trigger):
                return self._trigger(trigger)
            case Leaf(expression=expression):
                return self._named(expression.root)
            case _:
                return None

    def _named(self, node: Node) -> Phrase | None:
        if isinstance(node, GlobalName) and self.sentences.names.kinds.get(node.name) == "trigger":
            return self.sentences.noun(node)
        return None

    def _trigger(self, name: str) -> Phrase:
        return self.sentences.names.named(name) or ()
