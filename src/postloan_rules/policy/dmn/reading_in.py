"""A DMN file as part of a policy: its decision tables and literal expressions, all problems at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.limits import LIMITS
from postloan_rules.policy.dmn.checking_in import checked
from postloan_rules.policy.dmn.document import decode, read_document
from postloan_rules.policy.dmn.model import DmnInvalid, DmnModel
from postloan_rules.policy.dmn.names import our_name
from postloan_rules.policy.dmn.parameters_in import parameter_value
from postloan_rules.policy.dmn.pieces import quoted_scalar, section, word
from postloan_rules.policy.dmn.survey import Given, Survey
from postloan_rules.policy.dmn.tables_in import expression_of, read_decision_table
from postloan_rules.policy.dmn.types_in import WRONG, Meaning
from postloan_rules.policy.dmn.words import OURS
from postloan_rules.policy.dmn.yaml_out import yaml_text
from postloan_rules.policy.reader import Entry, Scalar
from postloan_rules.policy.reading import PARAMETER_TYPES, Enough, Reading
from postloan_rules.problems import Source

if TYPE_CHECKING:
    from postloan_rules.limits import Limits
    from postloan_rules.policy.dmn.document import Tag
    from postloan_rules.policy.reader import Node

__all__ = ["from_dmn"]

_BOXED = {
    "context": "a context",
    "relation": "a relation",
    "list": "a list of boxes",
    "invocation": "an invocation",
    "functionDefinition": "a function definition",
    "for": "a `for`",
    "some": "a boxed `some`",
    "every": "a boxed `every`",
    "conditional": "a boxed `if`",
    "filter": "a boxed filter",
}
_FACT_TYPES = frozenset(
    {*PARAMETER_TYPES, "date-time", "days-and-time duration", "years-and-months duration"}
)


def from_dmn(text: str | bytes, name: str, limits: Limits = LIMITS) -> DmnModel:
    """The inputs, facts and tables of a DMN file.

    Args:
        text: The file's text, or its bytes.
        name: What its author knows it by, for the places of problems.
        limits: How much is taken.

    Raises:
        DmnInvalid: with every problem found, each with its place in the file.
    """
    source, problems = (Source(name, text), ()) if isinstance(text, str) else decode(text, name, limits)
    root, more = read_document(source, limits) if not problems else (None, ())
    problems += more
    if root is None:
        raise DmnInvalid(problems)
    reading = Reading(limits=limits, patient=False)
    survey = Survey(reading, root)
    pieces = _Pieces(survey)
    try:
        if not survey.run():
            raise DmnInvalid(reading.problems)
        pieces.run()
        parts = checked(survey, pieces.sections)
    except Enough:
        raise DmnInvalid(reading.problems) from None
    if any(problem.severity == "error" for problem in reading.problems):
        raise DmnInvalid(reading.problems)
    return parts.model(name, survey, yaml_text(name, survey, pieces.sections))


@define
class _Pieces:
    """The sections of a policy as they are put together."""

    survey: Survey
    sections: dict[str, list[Entry]] = field(
        factory=lambda: {"inputs": [], "parameters": [], "facts": [], "tables": []}
    )

    def run(self) -> None:
        for given in self.survey.inputs.values():
            self._input(given)
        logic = {name: self._logic(name, tag) for name, tag in self.survey.decisions.items()}
        # Outputs of tables are named before any expression is read that may speak of them.
        for name, found in logic.items():
            if found is not None and found.name == "decisionTable":
                self._name_outputs(name, self.survey.decisions[name], found)
        for name, found in logic.items():
            if found is None:
                continue
            tag = self.survey.decisions[name]
            if found.name == "decisionTable":
                self._table(name, tag, found)
            else:
                self._literal(name, tag, found)

    def _add(self, kind: str, name: str, tag: Tag, value: Node) -> None:
        self.sections[kind].append(Entry(word(name, tag.span), value))

    def _input(self, given: Given) -> None:
        reading, meaning = self.survey.reading, given.meaning
        kind = meaning.node(given.span) if meaning.members or meaning.name in PARAMETER_TYPES else None
        if kind is None:
            if meaning == Meaning():
                reading.note(
                    "PR0860", f"the input `{given.name}` has no type", given.span, 'add `typeRef="number"`'
                )
                return
            if meaning == WRONG:
                return
            what = meaning.other or f"of type {meaning.name}"
            help_ = "an input can be a number, text, boolean or date: give each part of it one of its own"
            reading.note("PR0859", f"the input `{given.name}` is {what}", given.span, help_)
            return
        tag = given.tag
        required = tag is not None and tag.attributes.get(f"{OURS} required") == "true"
        value = section(
            given.span,
            ("type", kind),
            ("required", word("true", given.span) if required else None),
            *(self._notes(tag) if tag is not None else ()),
        )
        self.sections["inputs"].append(Entry(word(given.name, given.span), value))

    def _logic(self, name: str, tag: Tag) -> Tag | None:
        found = tag.first("decisionTable", "literalExpression", *_BOXED)
        if found is None:
            help_ = "give it a decision table or a literal expression"
            self.survey.reading.note("PR0856", f"the decision `{name}` has no logic", tag.span, help_)
        elif found.name in _BOXED:
            self.survey.refuse(found, f"`{name}` is {_BOXED[found.name]}, which")
            return None
        return found

    def _name_outputs(self, name: str, tag: Tag, table: Tag) -> None:
        """Each of several outputs is a fact of its own, and is read as `decision.output`."""
        outputs = table.all("output")
        if len(outputs) < 2:
            return
        called = (tag.first("variable") or tag).attributes.get("name", name)
        named = [each for output in outputs if (each := output.attribute("name")) is not None]
        facts = {self._fact_of(name, each.value): each for each in reversed(named) if each.value.strip()}
        for fact, written in facts.items():
            self.survey.renaming.add((called, written.value), fact)
            self.survey.take(fact, written)

    def _fact_of(self, decision: str, output: str) -> str:
        return f"{decision}_{our_name(output, keep=self.survey.ours)}"

    def _table(self, name: str, tag: Tag, table: Tag) -> None:
        variable = tag.first("variable")
        declared = table.attribute("typeRef") or (
            variable.attribute("typeRef") if variable is not None else None
        )
        read = read_decision_table(self.survey, table, name, declared)
        if read is None:
            return
        self._add("tables", name, tag, read.node)
        for there, here in read.outputs:
            several = len(read.outputs) > 1
            fact = self._fact_of(name, there) if several else name
            output = word(here, tag.span) if several else None
            value = section(tag.span, ("table", word(name, tag.span)), ("output", output), *self._notes(tag))
            self._add("facts", fact, tag, value)

    def _literal(self, name: str, tag: Tag, logic: Tag) -> None:
        written = expression_of(self.survey, logic)
        if written is None:
            return
        kind = self._declared(tag, logic)
        if self.survey.ours and tag.attributes.get(f"{OURS} kind") == "parameter":
            value = parameter_value(written, logic.span)
            if kind is not None and value is not None:
                parts = section(logic.span, ("type", kind), ("value", value), *self._notes(tag))
                self._add("parameters", name, tag, parts)
                return
        is_ = quoted_scalar(written, logic.span)
        self._add(
            "facts",
            name,
            tag,
            section(
                logic.span,
                ("type", kind if isinstance(kind, Scalar) else None),
                ("is", is_),
                *self._notes(tag),
            ),
        )

    def _declared(self, tag: Tag, logic: Tag) -> Node | None:
        """The type that the file declares, where a policy can declare it too."""
        variable = tag.first("variable")
        found = [each.attribute("typeRef") for each in (logic, variable) if each is not None]
        reference = next((each for each in found if each is not None), None)
        meaning = self.survey.types.meaning(reference) if reference is not None else Meaning()
        if meaning.name and meaning.name not in _FACT_TYPES:
            return None
        return meaning.node(tag.span)

    def _notes(self, tag: Tag) -> tuple[tuple[str, Node | None], ...]:
        """What is said about a definition, for people."""
        description, extension = tag.first("description"), tag.first("extensionElements")
        texts = {"en": description.text} if description is not None and description.text.value else {}
        if extension is not None and self.survey.ours:
            for each in extension.children:
                if each.namespace == OURS and each.name == "note":
                    texts[each.attributes.get("language", "")] = each.text
        note: Node | None = None
        if texts:
            pairs = [(language, quoted_scalar(text, tag.span)) for language, text in texts.items()]
            note = pairs[0][1] if list(texts) == ["en"] else section(tag.span, *pairs)
        source = tag.attribute(f"{OURS} source")
        return (("note", note), ("source", quoted_scalar(source, tag.span) if source is not None else None))
