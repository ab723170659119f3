"""Decision tables of DMN as tables of a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.expressions import ExpressionInvalid, check, type_name
from postloan_rules.policy.dmn.names import our_name
from postloan_rules.policy.dmn.pieces import listing, quoted_scalar, section, word
from postloan_rules.policy.dmn.types_in import WRONG, Meaning, constants
from postloan_rules.policy.dmn.words import FEEL_LANGUAGES, HITS, Hit
from postloan_rules.policy.reading import PARAMETER_TYPES
from postloan_rules.problems import Text, did_you_mean

if TYPE_CHECKING:
    from postloan_rules.policy.dmn.document import Tag
    from postloan_rules.policy.dmn.survey import Survey
    from postloan_rules.policy.reader import Node, Scalar, Section
    from postloan_rules.problems import Span

__all__ = ["TableRead", "expression_of", "read_decision_table"]

_ANY = Meaning()


@frozen
class TableRead:
    """A table as a policy writes it, and the names of its outputs, there and here."""

    node: Section
    outputs: tuple[tuple[str, str], ...]


def expression_of(survey: Survey, tag: Tag | None, empty: str = "") -> Text | None:
    """The text of an expression with the names of the rule language; None where it is in another language."""
    if tag is None:
        return None
    language = tag.attribute("expressionLanguage") or survey.root.attribute("expressionLanguage")
    if language is not None and language.value.strip() not in FEEL_LANGUAGES:
        survey.reading.note(
            "PR0862",
            f"an expression in the language `{language.value}`",
            language.span(0, len(language.value)),
            "write it in FEEL",
        )
        return None
    imported = tag.first("importedValues")
    if imported is not None:
        survey.refuse(imported, "`importedValues`")
        return None
    inner = tag.first("text")
    if inner is None or not inner.text.value:
        at = (inner or tag).span
        return Text(empty, at.source, (at.start,) * (len(empty) + 1))
    return survey.renaming.apply(inner.text)


def read_decision_table(survey: Survey, tag: Tag, name: str, declared: Text | None) -> TableRead | None:
    """One table; its cells are checked later, together with what they read."""
    hit = _hit(survey, tag)
    inputs = [_input(survey, column) for column in tag.all("input")]
    outputs = _outputs(survey, tag, name, declared)
    rows: list[Node] = []
    for rule in tag.all("rule"):
        # A cell with nothing in it lets every value pass, or gives null.
        tests = [expression_of(survey, cell, "-") for cell in rule.all("inputEntry")]
        results = [expression_of(survey, cell, "null") for cell in rule.all("outputEntry")]
        cells = [quoted_scalar(cell, rule.span) for cell in (*tests, *results) if cell is not None]
        if len(cells) == len(tests) + len(results):
            rows.append(listing(rule.span, cells))
    if hit is None or outputs is None or any(column is None for column in inputs):
        return None
    node = section(
        tag.span,
        ("hit", hit),
        ("inputs", listing(tag.span, [column for column in inputs if column is not None])),
        ("output", section(tag.span, *((word(here, span), kind) for _, here, span, kind in outputs))),
        ("rows", listing(tag.span, rows)),
    )
    return TableRead(node, tuple((there, here) for there, here, _, _ in outputs))


def _hit(survey: Survey, tag: Tag) -> Scalar | None:
    """The hit policy in our words."""
    policy, aggregation = tag.attribute("hitPolicy"), tag.attribute("aggregation")
    wanted = Hit(
        policy.value if policy is not None else "UNIQUE",
        aggregation.value if aggregation is not None else None,
    )
    for ours, hit in HITS.items():
        if hit == wanted:
            return word(ours.value, tag.span)
    known = list(dict.fromkeys(hit.policy for hit in HITS.values()))
    if wanted.policy in known:
        message = f"the hit policy {wanted.policy} with the aggregation `{wanted.aggregation}`"
        help_ = "COLLECT alone has an aggregation: SUM, MIN, MAX or COUNT"
        place = aggregation
    else:
        message = f"the hit policy `{wanted.policy}` is not known"
        help_ = did_you_mean(wanted.policy, known, what="it can be")
        place = policy
    span = place.span(0, len(place.value)) if place is not None else tag.span
    survey.reading.note("PR0861", message, span, help_)
    return None


def _input(survey: Survey, column: Tag) -> Node | None:
    expression = column.first("inputExpression")
    written = expression_of(survey, expression)
    if expression is None or written is None:
        if expression is None:
            survey.reading.note("PR0866", "a column without `inputExpression`", column.span, "add it")
        return None
    what = quoted_scalar(written, expression.span)
    values = column.first("inputValues")
    allowed = expression_of(survey, values, "-")
    if values is None or allowed is None or allowed.value == "-":
        return what
    return section(column.span, ("is", what), ("values", quoted_scalar(allowed, values.span)))


_Output = tuple[str, str, "Span", "Node"]


def _outputs(survey: Survey, tag: Tag, name: str, declared: Text | None) -> list[_Output] | None:
    columns = tag.all("output")
    found: list[_Output] = []
    seen: dict[str, str] = {}
    for index, column in enumerate(columns):
        there = column.attribute("name")
        if there is None or not there.value.strip():
            if len(columns) > 1:
                survey.reading.note("PR0863", "one of several outputs has no name", column.span, "name it")
                continue
            there = None
        here = our_name(there.value, keep=survey.ours) if there is not None else name
        if here in seen:
            message = f"the outputs `{seen[here]}` and `{column.attributes['name']}` would both be `{here}`"
            survey.reading.note("PR0857", message, column.span, "rename one of them")
            continue
        seen[here] = column.attributes.get("name", "")
        kind = _kind(survey, tag, column, index, declared if len(columns) == 1 else None)
        if kind is not None:
            found.append((seen[here], here, column.span, kind))
    return found if len(found) == len(columns) else None


def _kind(survey: Survey, tag: Tag, column: Tag, index: int, declared: Text | None) -> Node | None:
    """The type, values and default of an output."""
    reference = column.attribute("typeRef")
    meaning = survey.types.meaning(reference) if reference is not None else _ANY
    if reference is None and declared is not None:
        # What the whole table gives is what a rule gives, unless it gives lists or counts.
        whole = survey.types.meaning(declared)
        meaning = whole if not whole.other else _ANY
    if meaning == _ANY or meaning.other == "any value":
        meaning = _of_cells(tag, index)
    type_ = meaning.node(column.span) if meaning.members or meaning.name in PARAMETER_TYPES else None
    called = f"the output `{column.attributes['name']}`" if "name" in column.attributes else "the output"
    if type_ is None:
        if meaning == _ANY:
            survey.reading.note("PR0860", f"{called} has no type", column.span, 'add `typeRef="number"`')
        elif meaning != WRONG:
            what = meaning.other or f"of type {meaning.name}"
            help_ = "an output can be a number, text, boolean or date"
            survey.reading.note("PR0859", f"{called} is {what}", column.span, help_)
        return None
    values = _values(survey, column.first("outputValues"), meaning)
    default = expression_of(survey, column.first("defaultOutputEntry"), "null")
    if values is None and default is None:
        return type_
    given = quoted_scalar(default, column.span) if default is not None else None
    return section(column.span, ("type", type_), ("values", values), ("default", given))


def _values(survey: Survey, tag: Tag | None, meaning: Meaning) -> Node | None:
    inner = tag.first("text") if tag is not None else None
    if tag is None or inner is None or inner.text.value in ("", "-"):
        return None
    found = constants(inner.text)
    if found is None:
        help_ = 'write the values alone, such as `"low", "high"`, the one of highest priority first'
        survey.reading.note("PR0864", "`outputValues` that are no list of constants", inner.span, help_)
        return None
    if meaning.members == tuple(each.value for each in found):
        return None
    return listing(tag.span, (each.node for each in found))


def _of_cells(tag: Tag, index: int) -> Meaning:
    """The type of an output whose file does not say it, if all of its cells are constants of one type."""
    kinds: set[str] = set()
    for rule in tag.all("rule"):
        cells = rule.all("outputEntry")
        inner = cells[index].first("text") if index < len(cells) else None
        try:
            kinds.add(
                type_name(check(inner.text, {}).type) if inner is not None and inner.text.value else "null"
            )
        except ExpressionInvalid:
            return _ANY
    kinds.discard("null")
    return Meaning(kinds.pop()) if len(kinds) == 1 else _ANY
