"""What a policy is made of: parameters, inputs, facts, tables, scorecards, reasons and fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from postloan_rules.analysis.book.document import Entry, Grid, Line
from postloan_rules.analysis.book.field_words import FIELD_WORDS
from postloan_rules.analysis.book.prose import code, text
from postloan_rules.expressions import ListType, RecordType
from postloan_rules.policy.scorecards import Lost
from postloan_rules.policy.tables import HitPolicy
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.book.document import Block
    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.analysis.book.telling import Telling
    from postloan_rules.expressions import Expression
    from postloan_rules.policy.model import Fact, Input, Parameter
    from postloan_rules.policy.reasons import Reason
    from postloan_rules.policy.scorecards import Characteristic, Scorecard
    from postloan_rules.policy.tables import DecisionTable

__all__ = [
    "fact_entry",
    "field_entries",
    "input_entry",
    "parameter_entry",
    "reason_entry",
    "scorecard_entry",
    "table_entry",
]


def parameter_entry(telling: Telling, parameter: Parameter) -> Entry:
    """A number that is tuned: its values by day and by profile."""
    say = telling.speech.say
    does = list(_values(telling, parameter, say("It is {type}", type=telling.type(parameter.type))))
    for profile, policy in telling.profiles.items():
        other = next((each for each in policy.parameters if each.name == parameter.name), None)
        if other is not None and other.values != parameter.values:
            does += _values(telling, other, say("In the profile {profile}", profile=code(profile)))
    return Entry(
        "parameter",
        parameter.name,
        "",
        tuple(does),
        tuple(telling.remarks(parameter.note, parameter.source)),
        tuple(telling.users("parameter", parameter.name)),
        telling.place(parameter.span),
    )


def _values(telling: Telling, parameter: Parameter, head: Phrase) -> Iterator[Line]:
    say = telling.speech.say
    parts: list[Line] = []
    for dated in parameter.values:
        value = telling.value(dated.value, parameter.type)
        spell = telling.spell(dated.since, dated.until)
        if spell is None and len(parameter.values) == 1:
            yield Line(say("{head}: {value}.", head=head, value=value))
            return
        parts.append(Line(say("{spell}: {value}", spell=spell or say("always"), value=value)))
    yield Line((*head, *say(":")), tuple(parts), ordered=True)


def input_entry(telling: Telling, given: Input) -> Entry:
    """A value of the bank's own."""
    say = telling.speech.say
    does = [
        Line(say("It is {type}, passed under {key}.", type=telling.type(given.type), key=code("attributes"))),
        Line(say("It must be given.") if given.required else say("It may be left out, and is then unknown.")),
    ]
    return Entry(
        "input",
        given.name,
        "",
        tuple(does),
        tuple(telling.remarks(given.note, given.source)),
        tuple(telling.users("input", given.name)),
        telling.place(given.span),
    )


def fact_entry(telling: Telling, fact: Fact) -> Entry:
    """A value that is worked out."""
    say = telling.speech.say
    does = [telling.definition(fact.definition)]
    single = fact.type.item if isinstance(fact.type, ListType) else fact.type
    where: list[Line] = []
    if not isinstance(single, RecordType):
        where.append(Line(say("Type: {type}", type=telling.type(fact.type))))
    if fact.unknown:
        where.append(Line(say("It may be unknown.")))
    where += telling.users("fact", fact.name)
    return Entry(
        "fact",
        fact.name,
        "",
        tuple(does),
        tuple(telling.remarks(fact.note, fact.source)),
        tuple(where),
        telling.place(fact.span),
    )


def table_entry(telling: Telling, table: DecisionTable) -> Entry:
    """A decision table."""
    say = telling.speech.say
    head: list[Phrase] = [telling.sentences.value(each.expression) for each in table.inputs]
    head += [say("→ {name}", name=code(each.name)) for each in table.outputs]
    if table.dated:
        head.append(say("in force"))
    rows: list[tuple[Phrase, ...]] = []
    for row in table.rows:
        cells = [_cell(telling, test) for test in row.tests]
        cells += [telling.sentences.value(each) for each in row.outputs]
        if table.dated:
            cells.append(telling.spell(row.since, row.until) or say("always"))
        rows.append(tuple(cells))
    does: list[Block] = [Line(_hit(telling, table.hit)), Grid(tuple(head), tuple(rows))]
    if table.hit is HitPolicy.FIRST:
        does.insert(
            1,
            Line(
                say(
                    "Where a row before that one may match and it is unknown whether it does, the "
                    "result is unknown."
                )
            ),
        )
    else:
        does.insert(1, Line(say("Where it is unknown whether a row matches, the result is unknown.")))
    for column in table.inputs:
        if column.allowed is not None:
            about = telling.sentences.value(column.expression)
            told = telling.trees.of_node(column.allowed.root)
            does.append(
                telling.trees.line(
                    say("Of {column} it must hold, or the result is unknown, that ", column=about), told
                )
            )
    for output in table.outputs:
        if output.values:
            values = telling.speech.listed([telling.value(each, output.type) for each in output.values])
            does.append(
                Line(
                    say(
                        "The values of {column}, the first counting most: {list}.",
                        column=code(output.name),
                        list=values,
                    )
                )
            )
        if output.default is not None:
            value = telling.sentences.value(output.default)
            does.append(
                Line(say("Where no row matches, {column} is {value}.", column=code(output.name), value=value))
            )
    where = tuple(telling.users("table", table.name))
    return Entry("table", table.name, "", tuple(does), (), where, telling.place(table.span))


def _cell(telling: Telling, test: Expression | None) -> Phrase:
    return telling.sentences.condition(test) if test is not None else telling.speech.say("any")


def _hit(telling: Telling, hit: HitPolicy) -> Phrase:
    say = telling.speech.say
    match hit:
        case HitPolicy.UNIQUE:
            return say("The row that matches gives the result; no more than one may match.")
        case HitPolicy.ANY:
            return say("A row that matches gives the result; all that match give the same.")
        case HitPolicy.FIRST:
            return say("The first row that matches gives the result.")
        case HitPolicy.PRIORITY:
            return say("Of the rows that match, the one whose result counts most gives the result.")
        case HitPolicy.RULE_ORDER | HitPolicy.COLLECT:
            return say("The result is the list of what the rows that match give, in their order.")
        case HitPolicy.OUTPUT_ORDER:
            return say("The result is the list of what the rows that match give, what counts most first.")
        case HitPolicy.COLLECT_SUM:
            return say("The result is the sum of what the rows that match give.")
        case HitPolicy.COLLECT_MIN:
            return say("The result is the smallest of what the rows that match give.")
        case HitPolicy.COLLECT_MAX:
            return say("The result is the largest of what the rows that match give.")
        case HitPolicy.COLLECT_COUNT:
            return say("The result is how many rows match.")
        case _:
            assert_never(hit)


def scorecard_entry(telling: Telling, card: Scorecard, fact: Fact) -> Entry:
    """A scorecard: points for what is known, and what it tells of points lost."""
    say, number = telling.speech.say, telling.speech.wording.numerals.number
    does: list[Block] = [
        Line(
            say(
                "It starts from {base}, and adds the points of the first line that matches in each "
                "characteristic.",
                base=number(card.base),
            )
        ),
        Line(
            say("Points below the baseline count as lost.")
            if card.lost is Lost.BELOW
            else say("Points above the baseline count as lost.")
        ),
        Grid(
            (say("characteristic"), say("when"), say("points"), say("baseline"), say("reason")),
            tuple(row for each in card.characteristics for row in _scored(telling, each)),
        ),
    ]
    return Entry(
        "scorecard",
        card.name,
        "",
        tuple(does),
        tuple(telling.remarks(fact.note, fact.source)),
        tuple(telling.users("scorecard", card.name)),
        telling.place(card.span),
    )


def _scored(telling: Telling, characteristic: Characteristic) -> Iterator[tuple[Phrase, ...]]:
    say, number = telling.speech.say, telling.speech.wording.numerals.number
    about = say(
        "{name}: {value}",
        name=code(characteristic.name),
        value=telling.sentences.value(characteristic.expression),
    )
    rest = (text(number(characteristic.baseline)), telling.names.reason(characteristic.reason))
    for attribute in characteristic.attributes:
        when = (
            telling.sentences.condition(attribute.test)
            if attribute.test is not None
            else say("any other known value")
        )
        yield (about, when, text(number(attribute.points)), *rest)
    lost = say("the score is unknown")
    unknown = text(number(characteristic.unknown)) if characteristic.unknown is not None else lost
    yield (about, say("the value is not known"), unknown, *rest)


def reason_entry(telling: Telling, reason: Reason) -> Entry:
    """A reason in the customer's words."""
    say, titled = telling.speech.say, telling.speech.titled
    says = [Line(say("The customer reads: “{words}”", words=titled(reason.wording)))]
    if reason.improve is not None:
        says.append(Line(say("What the customer can do: {words}", words=titled(reason.improve))))
    where = tuple(telling.users("reason", reason.code))
    return Entry("reason", reason.code, "", (), tuple(says), where, telling.place(reason.span))


def field_entries(telling: Telling) -> Iterator[Entry]:
    """The fields of the snapshot that the policy reads."""
    say = telling.speech.say
    for name, info in catalogue.records().items():
        for field in info.fields:
            users = list(telling.users("field", f"{name}.{field.name}"))
            if not users:
                continue
            words = telling.speech.wording.say(FIELD_WORDS[field.name])
            # The catalogue of fields is in English; in other languages the words of the field must do.
            meaning = [Line(say("{text}.", text=field.meaning))] if telling.speech.language == "en" else []
            if field.members:
                members = telling.speech.listed([code(each) for each in field.members])
                meaning.append(Line(say("One of: {list}.", list=members)))
            yield Entry("field", f"{name}.{field.name}", words, (), tuple(meaning), tuple(users))
