"""What a policy does, entry by entry: its subject, triggers, rules, responses, constraints and schedule."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from postloan_rules.analysis.book.document import Entry, Line
from postloan_rules.analysis.book.prose import code, text
from postloan_rules.analysis.book.sentences import Sentences
from postloan_rules.analysis.book.trees import Told, Trees
from postloan_rules.expressions import Expression
from postloan_rules.policy.model import REFER, IfUnknown, Never, Rounding, That, TriggerKind
from postloan_rules.policy.patterns import EventAbsence, EventCount, EventSequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postloan_rules.analysis.book.prose import Phrase
    from postloan_rules.analysis.book.telling import Telling
    from postloan_rules.policy.model import (
        Constraint,
        Message,
        Response,
        ResponseParameter,
        Rule,
        Trigger,
    )
    from postloan_rules.policy.patterns import Pattern, PatternStep

__all__ = [
    "constraint_entry",
    "response_entry",
    "rule_entry",
    "schedule_entries",
    "subject_entry",
    "trigger_entry",
]


def subject_entry(telling: Telling) -> Entry:
    """Whom and what the policy decides."""
    policy, say = telling.policy, telling.speech.say
    does: list[Line] = []
    if policy.subject is None:
        does.append(Line(say("The customer is decided as a whole.")))
    elif policy.subject.where is None:
        does.append(Line(say("Each account of the customer is decided by itself.")))
    else:
        about = Trees(Sentences(telling.speech, telling.names, "Account"))
        told = about.of_node(policy.subject.where.root)
        does.append(about.line(say("An account of the customer is decided by itself when "), told))
    does += telling.in_force(policy.effective_from, policy.effective_to)
    does.append(Line(say("Amounts are in {currency}.", currency=code(policy.currency))))
    title = telling.speech.wording.say("What the policy is about")
    return Entry("subject", "subject", title, tuple(does))


def trigger_entry(telling: Telling, trigger: Trigger) -> Entry:
    """When a trigger fires."""
    say = telling.speech.say
    does = list(_fires(telling, trigger))
    match trigger.if_unknown:
        case IfUnknown.REFER:
            officer = telling.named(REFER)
            does.append(Line(say("Where that is unknown, a person must look: {response}.", response=officer)))
        case IfUnknown.IGNORE:
            does.append(Line(say("Where that is unknown, the trigger is unknown, and calls for nothing.")))
        case IfUnknown.FIRE:
            does.append(Line(say("Where that is unknown, the trigger counts as fired.")))
        case None:
            pass
        case _:
            assert_never(trigger.if_unknown)
    if telling.policy.subject is not None and not trigger.per_account:
        does.append(Line(say("It is about the customer, and the same for all accounts.")))
    says = [*_because(telling, trigger.because), *telling.remarks(trigger.note, trigger.source)]
    rules = [name for kind, name in telling.references.of("trigger", trigger.name) if kind == "rule"]
    listed = telling.speech.listed(telling.rules(rules))
    where = [Line(say("Rules that look at it: {list}", list=listed))] if rules else []
    where += telling.users("trigger", trigger.name, but="rule")
    return Entry(
        "trigger",
        trigger.name,
        telling.speech.titled(trigger.title),
        tuple(does),
        tuple(says),
        tuple(where),
        telling.place(trigger.span),
    )


def _fires(telling: Telling, trigger: Trigger) -> Iterator[Line]:
    say, line = telling.speech.say, telling.trees.line
    told = telling.told(trigger.condition) if trigger.condition is not None else None
    match trigger.kind:
        case TriggerKind.SCHEDULE:
            yield Line(
                say(
                    "It fires when the next review is due: {schedule}.",
                    schedule=telling.entry("schedule", "schedule"),
                )
            )
            if told is not None:
                yield line(say("It does so only when "), told)
        case TriggerKind.EVENT:
            event = code(trigger.event or "")
            if told is None:
                yield Line(say("It fires when an event {event} is new since the last review.", event=event))
            else:
                yield line(
                    say("It fires when an event {event} is new since the last review, and ", event=event),
                    told,
                )
        case TriggerKind.CONDITION:
            yield line(say("It fires when "), told or Told(say("always")))
        case TriggerKind.PATTERN:
            if trigger.pattern is not None:
                yield from _pattern(telling, trigger.pattern)
            if told is not None:
                yield line(say("It does so only when "), told)
        case _:
            assert_never(trigger.kind)


def _pattern(telling: Telling, pattern: Pattern) -> Iterator[Line]:
    say = telling.speech.say
    within = telling.period(pattern.within)
    match pattern:
        case EventSequence(steps=steps):
            head = say(
                "It fires when these events come one after the other, the last no later than {within} after "
                "the first, and the last is new since the last review:",
                within=within,
            )
            yield Line(head, tuple(_step(telling, each) for each in steps), ordered=True)
        case EventCount(step=step, at_least=at_least):
            number = telling.named(at_least) if isinstance(at_least, str) else text(str(at_least))
            head = say(
                "It fires when at least {number} such events come, the last no later than {within} after the "
                "first, and the last is new since the last review:",
                number=number,
                within=within,
            )
            yield Line(head, (_step(telling, step),))
        case EventAbsence(after=after, absent=absent):
            head = say(
                "It fires when the first of these events is not followed by the second for as long "
                "as {within}, "
                "and that time has run out since the last review:",
                within=within,
            )
            yield Line(head, (_step(telling, after), _step(telling, absent)), ordered=True)
        case _:
            assert_never(pattern)


def _step(telling: Telling, step: PatternStep) -> Line:
    say = telling.speech.say
    event = say("an event {event}", event=code(step.event))
    if step.name is not None:
        event = say("{event}, called {name}", event=event, name=code(step.name))
    if step.where is None:
        return Line(event)
    return telling.trees.line(say("{event}, when ", event=event), telling.told(step.where), ended=False)


def _because(telling: Telling, message: Message | None) -> Iterator[Line]:
    if message is None:
        return
    pieces = message.by_language.get(telling.speech.language) or message.by_language.get("en")
    if pieces is None:
        pieces = next(iter(message.by_language.values()), ())
    said: Phrase = ()
    for piece in pieces:
        said += code(piece.text.value) if isinstance(piece, Expression) else text(piece)
    yield Line(telling.speech.say("In an explanation: “{words}”", words=said))


def rule_entry(telling: Telling, rule: Rule) -> Entry:
    """Which triggers call for which responses."""
    say = telling.speech.say
    told = telling.told(rule.condition)
    responses = [telling.named(each) for each in rule.responses]
    called = tuple(Line(each) for each in responses)
    if told.parts:
        does = [telling.trees.line(say("If "), told), Line(say("then:"), called)]
    elif len(called) == 1:
        does = [Line(say("If {condition}, then {response}.", condition=told.phrase, response=responses[0]))]
    else:
        does = [Line(say("If {condition}, then:", condition=told.phrase), called)]
    does += telling.in_force(rule.since, rule.until)
    return Entry(
        "rule",
        rule.id,
        telling.speech.titled(rule.title),
        tuple(does),
        tuple(telling.remarks(rule.note, rule.source)),
        (),
        telling.place(rule.span),
    )


def response_entry(telling: Telling, response: Response) -> Entry:
    """What the bank does, and on what terms."""
    return Entry(
        "response",
        response.name,
        telling.speech.titled(response.title),
        tuple(_terms(telling, response)),
        tuple(telling.remarks(response.note, response.source)),
        tuple(_standing(telling, response)),
        telling.place(response.span),
    )


def _terms(telling: Telling, response: Response) -> Iterator[Line]:
    say, listed = telling.speech.say, telling.speech.listed
    rank = telling.speech.wording.numerals.number
    yield Line(
        say("Family {family}, rank {rank}.", family=code(response.family), rank=rank(Decimal(response.rank)))
    )
    if telling.policy.subject is not None:
        yield Line(
            say("It is about one account.") if response.per_account else say("It is about the customer.")
        )
    if response.parameters:
        parts = tuple(_parameter(telling, each) for each in response.parameters)
        yield Line(say("It carries:"), parts)
    if response.adverse:
        yield Line(say("It is against the customer, who is told the reasons."))
    if response.reasons:
        reasons = listed([telling.names.reason(each) for each in response.reasons])
        yield Line(say("Reasons: {list}.", list=reasons))
    if response.reasons_from is not None:
        card = telling.names.scorecard(response.reasons_from)
        yield Line(
            say(
                "Further reasons: those of the scorecard {card}, those with the most points lost first.",
                card=card,
            )
        )
    if response.disclose:
        yield Line(say("The customer may be told the values and limits that it was decided by."))
    if response.notice is not None:
        notice = response.notice
        if notice.channel is not None:
            yield Line(say("The customer is told by {channel}.", channel=code(notice.channel)))
        if notice.before is not None and notice.before.length == 0:
            yield Line(say("The customer is told no later than on the day on which it takes effect."))
        elif notice.before is not None:
            period = telling.period(notice.before)
            yield Line(
                say("It takes effect no sooner than {period} after the customer is told.", period=period)
            )
    if response.cool_down is not None:
        period = telling.period(response.cool_down)
        yield Line(say("Once it is taken, it rests for {period}.", period=period))


def _parameter(telling: Telling, parameter: ResponseParameter) -> Line:
    say = telling.speech.say
    value = telling.source(parameter.definition)
    if parameter.round is not None:
        to = telling.value(parameter.round.to, parameter.type)
        match parameter.round.mode:
            case Rounding.UP:
                value = say("({value}), rounded up to a multiple of {to}", value=value, to=to)
            case Rounding.DOWN:
                value = say("({value}), rounded down to a multiple of {to}", value=value, to=to)
            case Rounding.HALF_UP:
                value = say(
                    "({value}), rounded to the nearest multiple of {to}, halves up", value=value, to=to
                )
            case Rounding.HALF_EVEN:
                value = say(
                    "({value}), rounded to the nearest multiple of {to}, halves to the even one",
                    value=value,
                    to=to,
                )
            case _:
                assert_never(parameter.round.mode)
    return Line(
        say(
            "{name} ({type}): {value}",
            name=code(parameter.name),
            type=telling.type(parameter.type),
            value=value,
        )
    )


def _standing(telling: Telling, response: Response) -> Iterator[Line]:
    say, listed = telling.speech.say, telling.speech.listed
    rules = [name for kind, name in telling.references.of("response", response.name) if kind == "rule"]
    if rules:
        yield Line(say("Called for by the rules: {list}", list=listed(telling.rules(rules))))
    else:
        yield Line(say("No rule calls for it."))
    others = [
        each
        for each in telling.policy.responses.values()
        if each.family == response.family and each.name != response.name
    ]
    below = [telling.named(each.name) for each in others if each.rank < response.rank]
    above = [telling.named(each.name) for each in others if each.rank > response.rank]
    if above:
        yield Line(say("Gives way to: {list}", list=listed(above)))
    if below:
        yield Line(say("Comes before: {list}", list=listed(below)))
    yield from telling.users("response", response.name, but="rule")


def constraint_entry(telling: Telling, constraint: Constraint) -> Entry:
    """What must not come out, whatever the rules call for."""
    say = telling.speech.say
    responses = [telling.named(each) for each in constraint.responses]
    match constraint:
        case Never():
            head = say("Of these, no two are chosen together; the one of the highest rank stays:")
            does = [Line(head, tuple(Line(each) for each in responses))]
        case That():
            told = telling.trees.of_node(constraint.expression.root)
            chosen = telling.speech.all_of(responses)
            does = [
                telling.trees.line(
                    say("When {responses} is chosen, it must hold that ", responses=chosen), told
                ),
                Line(say("Otherwise it is withheld; where that is unknown, a person must look as well.")),
            ]
        case _:
            assert_never(constraint)
    return Entry(
        "constraint",
        constraint.id,
        "",
        tuple(does),
        tuple(telling.remarks(constraint.note, constraint.source)),
        (),
        telling.place(constraint.span),
    )


def schedule_entries(telling: Telling) -> Iterator[Entry]:
    """When a customer is looked at again."""
    schedule, say = telling.policy.schedule, telling.speech.say
    if schedule is None:
        return
    standard = telling.period(schedule.standard)
    does = [Line(say("The next review is due {period} after the last.", period=standard))]
    if schedule.adjustments:
        parts = tuple(
            telling.trees.line(
                say("{period} if ", period=telling.period(each.every)),
                telling.told(each.condition),
                ended=False,
            )
            for each in schedule.adjustments
        )
        head = say("Where any of these applies, the shortest that applies takes its place:")
        does.append(Line(head, parts))
    does.append(
        Line(
            say(
                "It is counted from today where something calls for attention today, and else from "
                "the last review; a day that the last review agreed on is kept if it is earlier."
            )
        )
    )
    if schedule.shortest is not None:
        does.append(Line(say("Never sooner than {period}.", period=telling.period(schedule.shortest))))
    if schedule.longest is not None:
        does.append(Line(say("Never later than {period}.", period=telling.period(schedule.longest))))
    title = telling.speech.wording.say("When to look again")
    where = tuple(telling.users("schedule", "schedule"))
    yield Entry("schedule", "schedule", title, tuple(does), (), where, telling.place(schedule.span))
