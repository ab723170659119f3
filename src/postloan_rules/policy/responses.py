"""The sections of a policy about what is done: responses, rules and constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field

from postloan_rules.expressions import BOOLEAN, RecordType, Type, Variable, type_name
from postloan_rules.policy.checking import Checking, Names
from postloan_rules.policy.conditions import named, read_if
from postloan_rules.policy.dates import read_spell
from postloan_rules.policy.definitions import notes, read_table_use
from postloan_rules.policy.model import (
    REFER,
    Constraint,
    Never,
    Notice,
    Response,
    ResponseParameter,
    Round,
    Rounding,
    Rule,
    TableUse,
    That,
)
from postloan_rules.policy.reading import PARAMETER_TYPES
from postloan_rules.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from postloan_rules.expressions import Expression
    from postloan_rules.policy.reader import Entry, Node
    from postloan_rules.policy.tables import DecisionTable
    from postloan_rules.problems import Problem, Span

__all__ = ["ResponseReader", "built_in_refer", "check_ranks", "read_constraint", "read_rule"]

_RESPONSE_KEYS = (
    "family",
    "rank",
    "scope",
    "parameters",
    "adverse",
    "reasons",
    "reasons_from",
    "disclose",
    "notice",
    "cool_down",
    "title",
    "note",
    "source",
)
_NUMERIC = ("number", "money", "ratio", "days", "months")


def built_in_refer(span: Span) -> Response:
    """The response that every policy has: a person must look."""
    return Response(
        name=REFER,
        family="referral",
        rank=0,
        per_account=False,
        parameters=(),
        adverse=False,
        reasons=(),
        reasons_from=None,
        disclose=False,
        notice=None,
        cool_down=None,
        title=None,
        note=None,
        source="",
        span=span,
    )


@define
class ResponseReader:
    """Reads responses, with all that their parameters may use."""

    checking: Checking
    names: Names
    tables: Mapping[str, DecisionTable | None]
    parameters: dict[str, Type]
    scorecards: Collection[str]
    types: dict[str, RecordType] = field(factory=dict)
    """Each response as a record of its parameters, for constraints."""

    def read(self, entry: Entry) -> Response | None:
        """One response, checked."""
        reading, name = self.checking.reading, entry.key.value
        what = f"the response `{name}`"
        mistakes = len(reading.problems)
        required = () if name == REFER else ("family", "rank")
        keys = reading.section(entry.value, what, _RESPONSE_KEYS, required)
        family = "referral"
        if "family" in keys:
            scalar = reading.scalar(keys["family"].value, f"the family of {what}")
            family = (reading.name(scalar, f"the family of {what}") if scalar is not None else None) or family
        rank = reading.whole(keys["rank"].value, f"the rank of {what}", 0, 10_000) if "rank" in keys else 0
        per_account = self._scope(keys, what, is_referral=name == REFER)
        adverse = reading.flag(keys["adverse"].value, f"`adverse` of {what}") if "adverse" in keys else False
        reasons: tuple[str, ...] = ()
        if "reasons" in keys:
            reasons = tuple(each for each, _ in reading.names(keys["reasons"].value, f"`reasons` of {what}"))
        reasons_from = self._reasons_from(keys, what)
        if adverse and not reasons and "reasons_from" not in keys:
            help_ = "add `reasons: [...]` with the codes of the principal reasons that the customer is told"
            reading.note("PR0340", f"{what} is adverse and gives no reasons", entry.key.span, help_)
        disclose = (
            reading.flag(keys["disclose"].value, f"`disclose` of {what}") if "disclose" in keys else False
        )
        cool_down = None
        if "cool_down" in keys:
            cool_down = reading.period(keys["cool_down"].value, f"`cool_down` of {what}", self.parameters)
        title = reading.words(keys["title"].value, f"the title of {what}") if "title" in keys else None
        note, source = notes(reading, keys, what)
        found = self._parameters(keys["parameters"].value, what) if "parameters" in keys else ()
        fields = {each.name: Variable(each.type, unknown=False) for each in found}
        self.types[name] = RecordType(name, fields)
        if len(reading.problems) > mistakes:
            return None
        return Response(
            name=name,
            family=family,
            rank=rank or 0,
            per_account=per_account,
            parameters=found,
            adverse=bool(adverse),
            reasons=reasons,
            reasons_from=reasons_from,
            disclose=bool(disclose),
            notice=self._notice(keys, what),
            cool_down=cool_down,
            title=title,
            note=note,
            source=source,
            span=entry.key.span,
        )

    def _scope(self, keys: Mapping[str, Entry], what: str, *, is_referral: bool) -> bool:
        reading, subject = self.checking.reading, self.checking.account is not None
        if "scope" not in keys:
            return subject and not is_referral
        node = keys["scope"].value
        scope = reading.text(node, f"the scope of {what}")
        if scope not in ("account", "customer"):
            reading.note(
                "PR0314",
                f"the scope of {what} can't be `{scope}`",
                node.span,
                "it can be `account` or `customer`",
            )
        if scope == "account" and not subject:
            help_ = "add `subject: {each: accounts}` to the policy, or leave `scope` out"
            reading.note(
                "PR0341", "a policy without a `subject` has no accounts to respond to", node.span, help_
            )
        if scope == "account" and is_referral:
            reading.note("PR0345", f"`{REFER}` is about the customer", node.span, "delete `scope`")
        return scope == "account" and subject

    def _reasons_from(self, keys: Mapping[str, Entry], what: str) -> str | None:
        if "reasons_from" not in keys:
            return None
        reading, node = self.checking.reading, keys["reasons_from"].value
        name = reading.text(node, f"`reasons_from` of {what}")
        if name not in self.scorecards:
            help_ = did_you_mean(name, list(self.scorecards), what="the scorecards are")
            reading.note("PR0327", f"`{name}` is no scorecard", node.span, help_)
            return None
        return name

    def _notice(self, keys: Mapping[str, Entry], what: str) -> Notice | None:
        if "notice" not in keys:
            return None
        reading = self.checking.reading
        inner = reading.section(keys["notice"].value, f"the notice of {what}", ("before", "channel"))
        before = None
        if "before" in inner:
            before = reading.period(
                inner["before"].value, f"`before` of the notice of {what}", self.parameters
            )
        channel = None
        if "channel" in inner:
            channel = reading.text(inner["channel"].value, f"the channel of the notice of {what}")
        return Notice(before, channel)

    def _parameters(self, node: Node, what: str) -> tuple[ResponseParameter, ...]:
        found = [self._parameter(entry, what) for entry in self.checking.reading.entries(node, what)]
        return tuple(each for each in found if each is not None)

    def _parameter(self, entry: Entry, of: str) -> ResponseParameter | None:
        reading = self.checking.reading
        name = reading.name(entry.key, f"a parameter of {of}")
        if name is None:
            return None
        what = f"the parameter `{name}` of {of}"
        allowed = ("type", "is", "table", "output", "round", "note")
        keys = reading.section(entry.value, what, allowed, ("type",))
        declared = None
        if "type" in keys:
            declared = reading.type(keys["type"].value, f"`{name}`", kinds=PARAMETER_TYPES)
        if ("is" in keys) == ("table" in keys):
            help_ = "write `is:` with an expression, or `table:` with the name of a table"
            reading.note("PR0302", f"{what} needs either `is` or `table`", entry.key.span, help_)
            return None
        if declared is None:
            return None
        definition: Expression | TableUse | None
        if "table" in keys:
            use = read_table_use(reading, keys, what, self.tables)
            definition = use[0] if use is not None else None
            if use is not None and use[1] != declared:
                message = f"{what} is of type {type_name(declared)}, and its table gives {type_name(use[1])}"
                reading.note("PR0326", message, keys["type"].value.span, f"write `type: {type_name(use[1])}`")
        else:
            definition = self.checking.expression(keys["is"].value, what, self.names, expected=declared)
        rounding = self._round(keys, what, declared)
        if definition is None:
            return None
        return ResponseParameter(name, declared, definition, rounding, entry.key.span)

    def _round(self, keys: Mapping[str, Entry], what: str, declared: Type) -> Round | None:
        if "round" not in keys:
            return None
        reading, node = self.checking.reading, keys["round"].value
        if type_name(declared) not in _NUMERIC:
            message = f"{what} is of type {type_name(declared)} and can't be rounded"
            reading.note("PR0342", message, keys["round"].key.span, "delete `round`")
        inner = reading.section(node, f"`round` of {what}", ("to", "mode"), ("to", "mode"))
        to = reading.number(inner["to"].value, f"`to` of {what}") if "to" in inner else None
        if to is not None and to <= 0:
            reading.note("PR0312", f"`to` of {what} must be above zero", inner["to"].value.span)
        mode = reading.choice(inner["mode"].value, f"`mode` of {what}", Rounding) if "mode" in inner else None
        return Round(to, mode) if to is not None and to > 0 and mode is not None else None


def check_ranks(checking: Checking, responses: Mapping[str, Response]) -> None:
    """In one family each response has a rank of its own, or the choice would hang on the order of lines."""
    taken: dict[tuple[str, int], Response] = {}
    for response in responses.values():
        key = (response.family, response.rank)
        if key in taken:
            other = taken[key]
            message = (
                f"`{response.name}` and `{other.name}` are both of rank {response.rank} "
                f"in the family `{response.family}`"
            )
            help_ = "give them different ranks: the higher one wins when both are called for"
            checking.reading.note("PR0343", message, response.span, help_)
        taken.setdefault(key, response)
    for response in responses.values():
        if response.name != REFER and REFER in responses and response.family == responses[REFER].family:
            message = f"`{response.name}` is in the family `{response.family}`, which is that of `{REFER}`"
            help_ = "put it in another family: nothing may keep a person from looking"
            checking.reading.note("PR0345", message, response.span, help_)


def read_rule(
    checking: Checking, node: Node, triggers: Collection[str], responses: Mapping[str, object]
) -> Rule | None:
    """One rule, checked."""
    reading = checking.reading
    mistakes = len(reading.problems)
    allowed = ("id", "if", "then", "from", "to", "title", "note", "source")
    keys = reading.section(node, "a rule", allowed, ("id", "if", "then"))
    scalar = reading.scalar(keys["id"].value, "the id of a rule") if "id" in keys else None
    rule_id = scalar.value.strip() if scalar is not None else ""
    what = f"the rule `{rule_id}`" if rule_id else "a rule"
    condition = read_if(reading, keys["if"].value, f"`if` of {what}", triggers) if "if" in keys else None
    called: list[str] = []
    if "then" in keys:
        for name, span in reading.names(keys["then"].value, f"`then` of {what}"):
            if name not in responses:
                help_ = did_you_mean(name, list(responses), what="the responses are")
                reading.note("PR0344", f"`{name}` is no response", span, help_)
            called.append(name)
        if not called and len(reading.problems) == mistakes:
            reading.note("PR0304", f"`then` of {what} is empty", keys["then"].value.span, "name a response")
    title = reading.words(keys["title"].value, f"the title of {what}") if "title" in keys else None
    note, source = notes(reading, keys, what)
    spell = read_spell(reading, keys, what, node.span)
    if len(reading.problems) > mistakes or condition is None or scalar is None:
        return None
    return Rule(
        id=rule_id,
        condition=condition,
        triggers=frozenset(each.trigger for each in named(condition)),
        responses=tuple(called),
        since=spell.since,
        until=spell.until,
        title=title,
        note=note,
        source=source,
        span=scalar.span,
    )


def _of_parameter(problem: Problem) -> Problem:
    """What is a field in general is a parameter where a response is named."""
    if problem.code != "PR0221":
        return problem
    help_ = problem.help
    if not help_.startswith("did you mean"):
        help_ = "declare it under `parameters:` of the response"
    return evolve(problem, message=problem.message.replace("has no field", "has no parameter"), help=help_)


def read_constraint(
    checking: Checking,
    node: Node,
    names: Names,
    types: Mapping[str, RecordType],
    per_account: Mapping[str, bool],
) -> Constraint | None:
    """One constraint, checked."""
    reading = checking.reading
    mistakes = len(reading.problems)
    keys = reading.section(node, "a constraint", ("id", "that", "never", "note", "source"), ("id",))
    scalar = reading.scalar(keys["id"].value, "the id of a constraint") if "id" in keys else None
    what = f"the constraint `{scalar.value}`" if scalar is not None else "a constraint"
    note, source = notes(reading, keys, what)
    if ("that" in keys) == ("never" in keys):
        help_ = "write `that:` with a condition, or `never:` with responses that exclude each other"
        reading.note("PR0350", f"{what} needs either `that` or `never`", node.span, help_)
        return None
    if "never" in keys:
        banned: list[str] = []
        for name, span in reading.names(keys["never"].value, f"`never` of {what}"):
            if name not in types:
                help_ = did_you_mean(name, list(types), what="the responses are")
                reading.note("PR0344", f"`{name}` is no response", span, help_)
            if name == REFER:
                message = f"`never` can't name `{REFER}`"
                reading.note("PR0345", message, span, "take it out: nothing may keep a person from looking")
            banned.append(name)
        if len(banned) == 1:
            help_ = "name the responses that must not come together"
            reading.note(
                "PR0351", f"`never` of {what} names one response only", keys["never"].value.span, help_
            )
        if len(reading.problems) > mistakes or scalar is None:
            return None
        return Never(scalar.value, tuple(banned), scalar.span, note, source)
    known = {**names.known, **{name: Variable(type_, unknown=False) for name, type_ in types.items()}}
    where = f"`that` of {what}"
    expression = checking.expression(keys["that"].value, where, Names(known), expected=BOOLEAN)
    reading.problems[mistakes:] = [_of_parameter(each) for each in reading.problems[mistakes:]]
    if expression is None or scalar is None:
        return None
    about = tuple(sorted(expression.reads & set(types)))
    if not about:
        help_ = "name a parameter of a response, as in `reduce_limit.new_limit >= account.current_balance`"
        reading.note("PR0352", f"{what} does not speak of any response", keys["that"].value.span, help_)
        return None
    if REFER in about:
        help_ = "take it out: nothing may keep a person from looking"
        reading.note("PR0345", f"{what} reads `{REFER}`", keys["that"].value.span, help_)
        return None
    of_account = checking.is_per_account(expression) or any(per_account[name] for name in about)
    return That(scalar.value, expression, about, of_account, scalar.span, note, source)
