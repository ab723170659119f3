"""A policy as Python source: the facts that triggers read, and the triggers, for the customer and an account.

The generated function gives for each trigger a bit of `fired` or of `unknown`. What only responses read is
written apart, and worked out when it is asked for.
"""

from __future__ import annotations

from collections import ChainMap
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from attrs import define, evolve, field, frozen

from postloan_rules.decisions import compiled_run
from postloan_rules.decisions.compiled_ranges import FEWEST, Conditions, terms_of
from postloan_rules.expressions import BOOLEAN, DATE, MONEY, NUMBER, NUMERIC, RATIO, STRING, EnumType
from postloan_rules.expressions.compiled import WHOLE, Writer, expression_code
from postloan_rules.expressions.compiled_code import (
    FALSE,
    TRUE,
    Code,
    Form,
    Module,
    both,
    either,
    made,
    opposite,
)
from postloan_rules.policy.functions import KNOWN_FUNCTIONS
from postloan_rules.policy.model import Group, IfUnknown, Leaf, Named, ScoreUse, TableUse, TriggerKind
from postloan_rules.policy.tables import HitPolicy
from postloan_rules.policy.triggers import EVENT
from postloan_rules.policy.vocabulary import ACCOUNT, record, snapshot_names
from postloan_rules.snapshot import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping
    from types import CodeType

    from postloan_rules.expressions import Expression, Node, Type
    from postloan_rules.policy.model import Condition, Definition, Fact, Input, Policy, Trigger
    from postloan_rules.policy.scorecards import Scorecard
    from postloan_rules.policy.tables import DecisionTable

__all__ = ["Program", "Text", "condition_code", "definition_code", "program", "reads", "worked_out"]

AS_OF = "as_of"


def direct_records() -> frozenset[str]:
    """The record types of the snapshot, by name: objects whose fields are checked when they are made."""
    return frozenset(record(name).name for name in catalogue.records())


@define
class Text:
    """The names of a policy in generated code, and the module that is written."""

    policy: Policy
    module: Module
    codes: MutableMapping[str, Code]
    of_the_day: Collection[str] = ()
    direct: Collection[str] = field(factory=direct_records)

    def code(self, name: str) -> Code:
        """The piece that stands for a name."""
        return self.codes[name]

    def writer(self) -> Writer:
        """What writes expressions that read these names."""
        return Writer(self.module, self, KNOWN_FUNCTIONS)

    def with_names(self, more: Mapping[str, Code]) -> Text:
        """The same module, for a place where more names have a meaning."""
        return evolve(self, codes=ChainMap(dict(more), self.codes))


class _LookedUp(dict[str, Code]):
    """Every name as something that is looked up when it is read."""

    def __init__(self, module: Module) -> None:
        super().__init__()
        self._module = module

    def __missing__(self, name: str) -> Code:
        return Code(f"names[{self._module.constant(name)}]", frozenset({"names"}))


def worked_out(policy: Policy, definition: Definition) -> Callable[[MutableMapping[str, object]], object]:
    """A function that gives the value of a definition for names and their values."""
    module = Module()
    code = definition_code(Text(policy, module, _LookedUp(module)), definition)
    module.function(["names"], [f"return {code.text}"], "value")
    namespace = {**module.namespace(), **compiled_run.NAMES}
    exec(module.compiled(), namespace)  # noqa: S102 - our own text: no word of a policy is in it
    return cast("Callable[[MutableMapping[str, object]], object]", namespace["value"])


def of_the_day(policy: Policy) -> dict[str, Code]:
    """The day and the parameters: constants of the day's namespace."""
    codes = {AS_OF: Code("as_of", known=True)}
    for number, each in enumerate(policy.parameters):
        name = f"p{number}"
        codes[each.name] = Code(name, known=True, whole=f"{name}w" if each.type in NUMERIC else "")
    return codes


def day_names(policy: Policy, known: Mapping[str, object]) -> dict[str, object]:
    """The values of those constants on a day."""
    found: dict[str, object] = {AS_OF: known[AS_OF]}
    for number, each in enumerate(policy.parameters):
        found |= both_forms(f"p{number}", known[each.name], number=each.type in NUMERIC)
    return found


def both_forms(name: str, value: object, *, number: bool) -> dict[str, object]:
    """A constant; a number also as an int where it is whole, for comparisons with ints."""
    if not number or not isinstance(value, Decimal):
        return {name: value}
    return {name: value, f"{name}w": int(value) if value == value.to_integral_value() else value}


# Definitions


def definition_code(text: Text, definition: Definition) -> Code:
    """The piece that gives the value of an expression, a table or a scorecard."""
    if isinstance(definition, TableUse):
        return _table_code(text, text.policy.tables[definition.table], definition.output)
    if isinstance(definition, ScoreUse):
        if definition.part == "reasons":
            return _reasons_code(text, definition.scorecard)
        return _score_code(text, definition.scorecard)
    return expression_code(text.writer(), definition)


def condition_code(text: Text, condition: Condition) -> Code:
    """The piece that tells whether a tree of conditions holds."""
    match condition:
        case Leaf(expression=expression):
            return text.writer().condition(expression.root)
        case Named(trigger=trigger):
            return text.code(trigger)
        case Group(mode="all", parts=parts):
            return both(text.module, [condition_code(text, part) for part in parts])
        case Group(mode="any", parts=parts):
            return either(text.module, [condition_code(text, part) for part in parts])
        case Group(parts=parts):
            found = either(text.module, [condition_code(text, part) for part in parts])
            return opposite(text.module, found)


def _table_code(text: Text, table: DecisionTable, output: str) -> Code:
    if table.hit not in (HitPolicy.FIRST, HitPolicy.UNIQUE):
        return _looked_up(text, table, output)
    place = next(number for number, each in enumerate(table.outputs) if each.name == output)
    subjects = [text.writer().code(each.expression.root) for each in table.inputs]
    named = [f"s{number}" for number in range(len(subjects))]
    lines: list[str] = []
    uses: frozenset[str] = frozenset()
    inner = [
        text.with_names({"?": Code(name, frozenset({name}), code.known, code.form)})
        for name, code in zip(named, subjects, strict=True)
    ]
    for column, each in zip(table.inputs, inner, strict=True):
        if column.allowed is not None:
            allowed = each.writer().condition(column.allowed.root)
            uses |= allowed.uses
            lines.append(f"if ({allowed.text}) is not True: return None")
    unique = table.hit is HitPolicy.UNIQUE
    if unique:
        lines.append("row = -1")
    results: list[str] = []
    for number, row in enumerate(table.rows):
        tests = [
            each.writer().condition(test.root)
            for test, each in zip(row.tests, inner, strict=True)
            if test is not None
        ]
        state = both(text.module, tests)
        result = expression_code(text.writer(), row.outputs[place])
        uses |= state.uses | result.uses
        dated = ""
        if row.since is not None or row.until is not None:
            today = text.code(AS_OF)
            uses |= today.uses
            dated = f"{text.module.constant(row)}.holds_on({today.text}) and "
        hit = [f"return {result.text}"]
        if unique:
            results.append(f"if row == {number}: return {result.text}")
            hit = ["if row >= 0: return None", f"row = {number}"]
        if state.known:
            lines += [f"if {dated}{state.text}:", *(f"    {line}" for line in hit)]
        else:
            # A row that is not in force today can neither match nor leave the answer open.
            test = (
                f"({state.text})"
                if not dated
                else f"({state.text}) if {dated.removesuffix(' and ')} else False"
            )
            lines += [
                f"state = {test}",
                "if state:",
                *(f"    {line}" for line in hit),
                "elif state is None: return None",
            ]
    lines += results
    default = table.outputs[place].default
    if default is not None:
        result = expression_code(text.writer(), default)
        uses |= result.uses
        lines.append(f"return {result.text}")
    else:
        lines.append("return None")
    outer = sorted(uses - set(named))
    name = text.module.function([*named, *outer], lines)
    arguments = ", ".join([*(code.text for code in subjects), *outer])
    return made(text.module, f"{name}({arguments})", *subjects, Code("", frozenset(outer)))


def _looked_up(text: Text, table: DecisionTable, output: str) -> Code:
    """A table that the evaluator looks up."""
    module = text.module
    codes = {name: _shown(text, text.code(name)) for name in sorted(table.reads)}
    pairs = ", ".join(f"{module.constant(name)}: {code.text}" for name, code in codes.items())
    called = f"looked_up({module.constant(table)}, {{{pairs}}}, {module.constant(output)})"
    return made(module, called, *codes.values())


def _shown(text: Text, code: Code) -> Code:
    return code if code.form == "value" else made(text.module, f"plain({code.text})", code)


def _reasons_code(text: Text, card: Scorecard) -> Code:
    """The reasons for the points lost, which the evaluator ranks: they are read of few customers."""
    module = text.module
    codes = {name: _shown(text, text.code(name)) for name in sorted(card.reads)}
    pairs = ", ".join(f"{module.constant(name)}: {code.text}" for name, code in codes.items())
    return made(module, f"reasons_of({module.constant(card)}, {{{pairs}}})", *codes.values())


def _score_code(text: Text, card: Scorecard) -> Code:
    """The score: the base, and the points of each characteristic; unknown where one has none."""
    module = text.module
    lines = [f"result = {module.constant(card.base)}"]
    subjects: list[Code] = []
    outer: frozenset[str] = frozenset()
    for number, each in enumerate(card.characteristics):
        subject = text.writer().code(each.expression.root)
        subjects.append(subject)
        name = f"s{number}"
        # A subject that is not known takes points of its own, so a test never meets one.
        inner = text.with_names({"?": Code(name, frozenset({name}), known=True, form=subject.form)})
        unknown = module.constant(each.unknown)
        chosen = [f"if {name} is None: points = {unknown}"]
        for attribute in each.attributes:
            points = module.constant(attribute.points)
            if attribute.test is None:
                chosen.append(f"else: points = {points}")
                break
            test = inner.writer().condition(attribute.test.root)
            outer |= test.uses - {name}
            chosen.append(f"elif ({test.text}) is True: points = {points}")
            if not test.known:
                chosen.append(f"elif ({test.text}) is None: points = {unknown}")
        else:
            chosen.append("else: points = None")
        lines += [*chosen, "if points is None: return None", "result = add_numbers(result, points)"]
        lines.append("if result is None: return None")
    parameters = [*(f"s{number}" for number in range(len(subjects))), *sorted(outer)]
    name = module.function(parameters, [*lines, "return result"])
    arguments = ", ".join([*(code.text for code in subjects), *sorted(outer)])
    return made(module, f"{name}({arguments})", *subjects, Code("", outer))


# Triggers and what they read


@frozen
class Program:
    """The generated code of a policy's triggers."""

    code: CodeType
    namespace: Mapping[str, object]
    daily: Mapping[str, Node]
    customer_facts: tuple[str, ...]
    """The facts whose values the code gives back, in their order."""
    account_facts: tuple[str, ...]
    indexes: Mapping[str, Conditions]
    """Conditions that are looked up together, by the name of the function that does it."""
    source: str = field(repr=False)


@define
class Writing:
    text: Text
    lines: list[str] = field(factory=list)
    uses: frozenset[str] = frozenset()
    made: list[str] = field(factory=list)
    indexes: dict[str, Conditions] = field(factory=dict)

    def line(self, text: str, *codes: Code) -> None:
        self.lines.append(text)
        self.uses = self.uses.union(*(code.uses for code in codes))

    def give(self, name: str, code: Code) -> None:
        """Work a value out, and keep it under a local name."""
        local = self.text.module.fresh("v")
        self.line(f"{local} = {code.text}", code)
        self.text.codes[name] = Code(local, frozenset({local}), code.known, code.form)
        self.made.append(local)


def program(policy: Policy) -> Program:
    """The code that works out the triggers of a policy."""
    today = {AS_OF, *(each.name for each in policy.parameters)}
    text = Text(policy, Module(), of_the_day(policy), today)
    customer = Writing(text)
    needed = needed_facts(policy)
    input_codes(customer, policy)
    snapshot_codes(customer, latest_report="bureau" in needed)
    facts = [fact for fact in policy.facts if fact.name in needed]
    of_customer = [fact for fact in facts if not fact.per_account]
    of_account = [fact for fact in facts if fact.per_account]
    _facts(customer, of_customer)
    _Triggers(policy, customer, "None").write([each for each in policy.triggers if not each.per_account])
    given = _tuple(text, of_customer)
    if policy.subject is None:
        customer.line("plan = simple_plans.get(fired)")
        customer.line("if plan is None or unknown or s.reviews:")
        customer.line(f"    return finish(s, fired, unknown, {given}, ())")
        customer.line("decision = new(Decision)")
        customer.line(f"put(decision, (day, s, plan, fired, 0, {given}, (), None))")
        customer.line("return decision")
    else:
        _accounts(customer, policy, of_account)
        customer.line(f"return finish(s, fired, unknown, {given}, scopes)")
    lines = ["try:", *(f"    {line}" for line in customer.lines), "except Unfit: return unfit(s)"]
    text.module.function(["s"], lines, "decide")
    return Program(
        code=text.module.compiled(),
        namespace={**text.module.namespace(), **compiled_run.NAMES},
        daily=text.module.daily,
        customer_facts=tuple(fact.name for fact in of_customer),
        account_facts=tuple(fact.name for fact in of_account),
        indexes=customer.indexes,
        source=text.module.source(),
    )


def _accounts(customer: Writing, policy: Policy, facts: Iterable[Fact]) -> None:
    """Facts and triggers of each account under the policy, in a function of their own."""
    text = customer.text
    account = Writing(text, indexes=customer.indexes)
    where = policy.subject.where if policy.subject is not None else None
    condition = _where(text, where) if where is not None else TRUE
    customer.line("scopes = []")
    customer.line("for a in s.accounts:", condition)
    if where is not None:
        customer.line(f"    if ({condition.text}) is not True: continue")
    text.codes[ACCOUNT] = Code("a", frozenset({"a"}), known=True)
    _facts(account, facts)
    _Triggers(policy, account, "a.account_id").write([each for each in policy.triggers if each.per_account])
    account.line(f"return a, fired, unknown, {_tuple(text, facts)}")
    outer = sorted(account.uses - set(account.made) - {"s", "a"})
    name = text.module.function(["s", "a", *outer], account.lines)
    customer.line(f"    scopes.append({name}({', '.join(['s', 'a', *outer])}))")


def _where(text: Text, where: Expression) -> Code:
    """Whether an account is under the policy: its own fields stand before all other names."""
    fields = {
        name: Code(
            f"a.{name}",
            frozenset({"a"}),
            known=not variable.unknown,
            form="whole" if variable.type in WHOLE else "value",
        )
        for name, variable in record("Account").fields.items()
    }
    return text.with_names(fields).writer().condition(where.root)


def _tuple(text: Text, facts: Iterable[Fact]) -> str:
    return f"({''.join(f'{text.codes[fact.name].text}, ' for fact in facts)})"


def needed_facts(policy: Policy) -> set[str]:
    """The facts that triggers read, directly or through others."""
    found: set[str] = set()
    for trigger in policy.triggers:
        if trigger.condition is not None:
            found |= _reads_of(trigger.condition)
    for fact in reversed(policy.facts):
        if fact.name in found:
            found |= reads(fact.definition, policy)
    return found


def _reads_of(condition: Condition) -> set[str]:
    match condition:
        case Leaf(expression=expression):
            return set(expression.reads)
        case Group(parts=parts):
            return set().union(*(_reads_of(part) for part in parts))
        case Named():
            return set()


def reads(definition: Definition, policy: Policy) -> frozenset[str]:
    """The names that a definition reads."""
    if isinstance(definition, TableUse):
        return policy.tables[definition.table].reads
    return definition.scorecard.reads if isinstance(definition, ScoreUse) else definition.reads


def input_codes(writing: Writing, policy: Policy) -> None:
    """The inputs as typed values. What does not fit is left to the evaluator, which says what is wrong."""
    module = writing.text.module
    writing.line(f"if s.currency != {module.constant(policy.currency)}: raise Unfit")
    if not policy.inputs:
        writing.line("if s.attributes._values: raise Unfit")
        return
    inputs = sorted(policy.inputs, key=lambda each: each.name)
    local = {each.name: module.fresh("v") for each in inputs}
    shape = module.constant((*local, *(_usual(each.type) for each in inputs)))
    writing.line("given = s.attributes")
    # Most services pass all inputs, each in its usual form.
    writing.line(f"if given._shape == {shape}:")
    writing.line(f"    {', '.join(local.values())}, = given._row")
    for each in inputs:
        for line in _from_usual(module, each, local[each.name]):
            writing.line(f"    {line}")
    writing.line("else:")
    writing.line('    if given._shape[-1:] == ("large",): raise Unfit')
    writing.line("    given = given._values")
    writing.line("    count = 0")
    for each in inputs:
        name, key = local[each.name], module.constant(each.name)
        writing.line(f"    {name} = given.get({key})")
        writing.line(f"    if {name} is not None:")
        writing.line("        count += 1")
        writing.line(f"        {_typed(module, each, name)}")
        writing.line("    else:" if each.required else f"    elif {key} in given:")
        writing.line("        raise Unfit" if each.required else "        count += 1")
    # An attribute that the policy does not declare.
    writing.line("    if len(given) != count: raise Unfit")
    for each in inputs:
        form: Form = "raw" if each.type in WHOLE else "value"
        name = local[each.name]
        writing.text.codes[each.name] = Code(name, frozenset({name}), each.required, form)


def _usual(kind: Type) -> type:
    """The kind of value in which a service usually passes an input."""
    if kind == BOOLEAN:
        return bool
    return int if kind in WHOLE else str


def _from_usual(module: Module, each: Input, local: str) -> list[str]:
    """What is left to do for an input in its usual form."""
    if each.type in (BOOLEAN, STRING, *WHOLE):
        return []
    return [_typed(module, each, local)]


def _typed(module: Module, each: Input, local: str) -> str:
    """The line that makes sure of an input's type."""
    kind: Type = each.type
    if kind == BOOLEAN:
        return f"if {local} is not True and {local} is not False: raise Unfit"
    if isinstance(kind, EnumType):
        return f"if {local} not in {module.constant(frozenset(kind.members))}: raise Unfit"
    if kind == STRING:
        return f"if type({local}) is not str: raise Unfit"
    if kind == DATE:
        return f"{local} = date_given({local})"
    if kind in (MONEY, RATIO):
        return f"{local} = texts.get({local}) or amount({local})"
    return f"if type({local}) is not int: {local} = {'amount' if kind == NUMBER else 'whole_amount'}({local})"


def snapshot_codes(writing: Writing, *, latest_report: bool) -> None:
    codes = writing.text.codes
    for name, variable in snapshot_names().items():
        if name not in (AS_OF, "bureau"):
            codes[name] = Code(f"s.{name}", frozenset({"s"}), known=not variable.unknown)
    report = Code("(s.bureau_reports[-1] if s.bureau_reports else None)", frozenset({"s"}))
    if latest_report:
        writing.give("bureau", report)


def _facts(writing: Writing, facts: Iterable[Fact]) -> None:
    for fact in facts:
        definition = fact.definition
        if isinstance(definition, TableUse | ScoreUse) or definition.root.type not in NUMERIC:
            writing.give(fact.name, definition_code(writing.text, definition))
        else:
            # A count stays a Python int, where it is only compared.
            writing.give(fact.name, writing.text.writer().code(definition.root))


@define
class _Triggers:
    """Writes the triggers of the customer, or of an account."""

    policy: Policy
    writing: Writing
    account_id: str
    has_review: bool = False
    has_events: bool = False

    def write(self, triggers: Iterable[Trigger]) -> None:
        """A bit of `fired` or of `unknown` for each."""
        writing = self.writing
        place = {trigger.name: number for number, trigger in enumerate(self.policy.triggers)}
        read = set().union(
            *(_reads_of(each.condition) for each in self.policy.triggers if each.condition is not None)
        )
        writing.line("fired = unknown = 0")
        indexed = self.index([each for each in triggers if each.name not in read], place)
        for trigger in triggers:
            if trigger.name in indexed:
                continue
            state = self.state(trigger)
            if trigger.if_unknown is IfUnknown.FIRE and not state.known:
                state = made(writing.text.module, f"({state.text} is not False)", state, known=True)
            if trigger.name in read or not state.known:
                writing.give(trigger.name, state)
                state = writing.text.codes[trigger.name]
            bit = 1 << place[trigger.name]
            writing.line(f"if {state.text}: fired |= {bit:#x}", state)
            if not state.known:
                writing.line(f"elif {state.text} is None: unknown |= {bit:#x}")

    def index(self, triggers: Iterable[Trigger], place: Mapping[str, int]) -> Collection[str]:
        """Look many conditions up together, where there are many on few values; gives their names."""
        writing, writer = self.writing, self.writing.text.writer()
        found = {
            trigger.name: terms
            for trigger in triggers
            if trigger.kind is TriggerKind.CONDITION
            and trigger.condition is not None
            and (terms := terms_of(trigger.condition, writer.constant))
        }
        if len(found) < FEWEST:
            return ()
        subjects = {test.subject: test.node for terms in found.values() for term in terms for test in term}
        codes = [writer.code(node) for node in subjects.values()]
        name = writing.text.module.fresh("n")
        conditions = {place[each]: terms for each, terms in found.items()}
        writing.indexes[name] = Conditions(conditions, tuple(subjects), len(place))
        writing.line(f"found, maybe = {name}({', '.join(code.text for code in codes)})", *codes)
        writing.line("fired |= found")
        if not all(code.known for code in codes):
            called = [
                each.name for each in triggers if each.if_unknown is IfUnknown.FIRE and each.name in found
            ]
            calling = sum(1 << place[each] for each in called)
            writing.line(f"fired |= maybe & {calling:#x}")
            writing.line(f"unknown |= maybe & ~{calling:#x}")
        return found

    def state(self, trigger: Trigger) -> Code:
        """The piece that gives a trigger's state."""
        module = self.writing.text.module
        match trigger.kind:
            case TriggerKind.CONDITION:
                condition = trigger.condition
                return condition_code(self.writing.text, condition) if condition is not None else FALSE
            case TriggerKind.SCHEDULE:
                self._review()
                return Code("is_due(as_of, review, standard_length, standard_unit)", known=True)
            case TriggerKind.EVENT:
                return self._event(trigger)
            case TriggerKind.PATTERN:
                self._events()
                uses = frozenset({"s", "a"} if self.account_id != "None" else {"s"})
                constant = module.constant(trigger)
                return Code(f"pattern_state({constant}, s, {self.account_id}, events)", uses)

    def _review(self) -> None:
        if not self.has_review:
            self.writing.line(f"review = latest_review(s, {self.account_id})")
            self.has_review = True

    def _events(self) -> None:
        if not self.has_events:
            self._review()
            self.writing.line(f"events = fresh(s, review, {self.account_id})")
            self.has_events = True

    def _event(self, trigger: Trigger) -> Code:
        text = self.writing.text
        self._events()
        kind = text.module.constant(trigger.event)
        if trigger.condition is None:
            return Code(f"({kind} in events)", known=True)
        item = text.module.fresh("i")
        inner = text.with_names({EVENT: Code(item, frozenset({item}), known=True)})
        condition = condition_code(inner, trigger.condition)
        lines = [f"for {item} in found:", f"    if {condition.text}: return True", "return False"]
        if not condition.known:
            lines = [
                "unsure = False",
                f"for {item} in found:",
                f"    truth_now = {condition.text}",
                "    if truth_now: return True",
                "    if truth_now is None: unsure = True",
                "return None if unsure else False",
            ]
        outer = sorted(condition.uses - {item})
        name = text.module.function(["found", *outer], lines)
        call = f"({name}({', '.join([f'events[{kind}]', *outer])}) if {kind} in events else False)"
        return made(text.module, call, Code("", frozenset(outer)), known=condition.known)
