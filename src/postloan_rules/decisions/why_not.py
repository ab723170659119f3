"""Why a response is not chosen: what withholds it, or which conditions fail, and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.decisions.decide import Candidate
from postloan_rules.decisions.decision import Cause
from postloan_rules.decisions.distance import Distance, distance, wanted_values
from postloan_rules.decisions.evidence import Condition, Reading, condition_of, parts_read, placed
from postloan_rules.decisions.fewest import fewest
from postloan_rules.decisions.formula import (
    EVERY,
    FALSE,
    TRUE,
    UNKNOWN,
    Formula,
    ask,
    literals,
    reduced,
    values_of,
)
from postloan_rules.decisions.literals import turned
from postloan_rules.decisions.logic import holds
from postloan_rules.decisions.missing import missing_for_definition, missing_for_names
from postloan_rules.decisions.question import Question
from postloan_rules.decisions.why import Inquiry, Reason
from postloan_rules.expressions import evaluate_node, names_in
from postloan_rules.expressions.printer import canonical
from postloan_rules.policy.model import Never, That

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from postloan_rules.decisions.decide import Scope
    from postloan_rules.decisions.decision import Decision, WithheldResponse
    from postloan_rules.decisions.literals import Atom, Literals
    from postloan_rules.policy.model import Policy, Response, Rule
    from postloan_rules.problems import Span
    from postloan_rules.snapshot import Snapshot

__all__ = ["Gap", "Obstacle", "RuleGap", "WhyNot", "why_not"]


@frozen
class Gap:
    """A condition that is not as a rule needs it, and what it lacks."""

    condition: Condition
    needed: bool | None
    """The truth value that the rule needs it to have; None for unknown."""
    distance: Distance | None
    """How far it is from that, where its value is known and has a measure."""
    values: tuple[str, ...]
    """Words or texts that would do, where it is held against such."""
    missing: tuple[str, ...]
    """The fields for want of which it is unknown."""

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return {
            "condition": self.condition.to_dict(),
            "needed": self.needed,
            "distance": self.distance.to_dict() if self.distance is not None else None,
            "values": list(self.values),
            "missing": list(self.missing),
        }

    def __str__(self) -> str:
        lacks = ""
        if self.distance is not None:
            lacks = str(self.distance)
        elif self.missing:
            lacks = f"missing: {', '.join(self.missing)}"
        elif self.values:
            lacks = f"would have to be {' or '.join(self.values)}"
        elif self.condition.kind != "event":
            lacks = f"would have to be {_NEEDED[self.needed]}"
        return f"{self.condition}\n{lacks}" if lacks else str(self.condition)


_NEEDED = {True: "true", False: "false", None: "unknown"}


@frozen
class RuleGap:
    """What a rule lacks that could have called for a response."""

    rule: str
    account_id: str | None
    holds: bool
    in_force: bool
    """Whether the rule is in force on the day of the snapshot."""
    needs: tuple[Gap, ...]
    """The fewest conditions that would have to change for the rule to hold; of such sets, the nearest."""
    others: tuple[Gap, ...]
    """Other conditions that fail, which would not have to change if those did; nearest first."""
    smallest: bool
    """Whether it is proved that no fewer are enough."""
    possible: bool
    """Whether the rule can hold at all: conditions that contradict each other can't."""
    span: Span = field(repr=False, eq=False)

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return {
            "rule": self.rule,
            "account_id": self.account_id,
            "holds": self.holds,
            "in_force": self.in_force,
            "needs": [each.to_dict() for each in self.needs],
            "others": [each.to_dict() for each in self.others],
            "smallest": self.smallest,
            "possible": self.possible,
            "place": placed(self.span),
        }

    def lines(self, indent: str = "") -> Iterator[str]:
        """The rule and what it lacks, a line each."""
        account = f" for {self.account_id}" if self.account_id is not None else ""
        force = "" if self.in_force else ", not in force on this day"
        if self.holds:
            yield f"{indent}rule {self.rule}{account} holds{force}  {self.span}"
            return
        if not self.possible:
            lacks = "can't hold: its conditions contradict each other"
        else:
            count = len(self.needs)
            lacks = f"lacks {count} condition{'' if count == 1 else 's'}"
        unproved = "" if self.smallest or not self.possible else " (not proved to be the fewest)"
        yield f"{indent}rule {self.rule}{account} {lacks}{unproved}{force}  {self.span}"
        for gap in self.needs:
            first, *rest = str(gap).splitlines()
            yield f"{indent}  {first}"
            yield from (f"{indent}    {line}" for line in rest)
        if self.others:
            count = len(self.others)
            fail = "more condition fails" if count == 1 else "more conditions fail"
            yield f"{indent}  {count} {fail}, and need not change"


@frozen
class Obstacle:
    """What withholds a response: a response that outranks it, a cool-down, a constraint, an unknown value.

    The same may stand in the way of a response that no rule calls for: it would be withheld even then.
    """

    cause: Cause
    by: str | None
    """The response, the constraint, or the parameter whose value is unknown."""
    until: dt.date | None
    """The last day of a cool-down."""
    rules: tuple[str, ...]
    """The rules that call for the response that outranks it."""
    reason: Reason | None
    """The fewest conditions that call for the response that outranks it."""
    text: str
    """The constraint as it is written."""
    reads: tuple[Reading, ...]
    """What the constraint reads, and the values."""
    missing: tuple[str, ...]
    """The fields for want of which the value or the constraint is unknown."""
    span: Span | None = field(repr=False, eq=False)

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return {
            "cause": self.cause.value,
            "by": self.by,
            "until": self.until.isoformat() if self.until is not None else None,
            "rules": list(self.rules),
            "reason": self.reason.to_dict() if self.reason is not None else None,
            "text": self.text,
            "reads": [each.to_dict() for each in self.reads],
            "missing": list(self.missing),
            "place": placed(self.span),
        }

    def lines(self, indent: str = "") -> Iterator[str]:
        """What withholds it, a line each."""
        where = f"  {self.span}" if self.span is not None else ""
        missing = f"; missing: {', '.join(self.missing)}" if self.missing else ""
        match self.cause:
            case Cause.OUTRANKED:
                rules = f", by rule {', '.join(self.rules)}" if self.rules else ""
                yield f"{indent}{self.by} outranks it{rules}"
                if self.reason is not None:
                    yield from self.reason.lines(indent + "  ")
            case Cause.COOL_DOWN:
                yield f"{indent}it was taken lately and rests until {self.until}"
            case Cause.CONSTRAINT:
                values = ", ".join(str(each) for each in self.reads)
                yield f"{indent}the constraint {self.by} withholds it: {self.text}{missing}{where}"
                if values:
                    yield f"{indent}  {values}"
            case Cause.UNKNOWN:
                yield f"{indent}its {self.by} is unknown{missing}{where}"


@frozen
class WhyNot:
    """Why a response is not chosen."""

    response: str
    account_id: str | None
    called_for: tuple[str, ...]
    """The rules that call for it. With any, something withholds it; without, `rules` says what each lacks."""
    withheld: Obstacle | None
    rules: tuple[RuleGap, ...]
    """Every rule that could call for it, the one that lacks the fewest conditions first, then the nearest."""
    even_then: tuple[Obstacle, ...]
    """What would withhold it, today, even if a rule called for it."""
    note: str
    """What else there is to say: that no rule ever calls for it, that there is no such account …"""

    def to_dict(self) -> dict[str, object]:
        """As plain values, fit for JSON."""
        return {
            "response": self.response,
            "account_id": self.account_id,
            "called_for": list(self.called_for),
            "withheld": self.withheld.to_dict() if self.withheld is not None else None,
            "rules": [each.to_dict() for each in self.rules],
            "even_then": [each.to_dict() for each in self.even_then],
            "note": self.note,
        }

    def __str__(self) -> str:
        account = f" for {self.account_id}" if self.account_id is not None else ""
        if self.withheld is not None:
            by = f", though called for by rule {', '.join(self.called_for)}" if self.called_for else ""
            lines = [f"{self.response}{account} is withheld{by}", *self.withheld.lines("  ")]
        else:
            lines = [f"{self.response}{account} is not called for"]
        if self.note:
            lines.append(f"  {self.note}")
        for each in self.rules:
            if not (self.withheld is not None and each.holds):
                lines += each.lines("  ")
        if self.even_then:
            lines.append("  called for or not, today it would be withheld:")
            for obstacle in self.even_then:
                lines += obstacle.lines("    ")
        return "\n".join(lines)


def why_not(
    decision: Decision, policy: Policy, snapshot: Snapshot, name: str, account_id: str | None
) -> WhyNot:
    """Why a response is not chosen: for an account, or for the first that it is not chosen for.

    Raises:
        KeyError: for a response or an account that there is none of, with the nearest name.
        ValueError: for a response that is chosen.
    """
    inquiry = Inquiry(policy, snapshot)
    response = inquiry.response(name)
    account_id = inquiry.account(account_id, response)
    chosen = {each.account_id for each in decision.responses if each.response == name}
    withheld = [each for each in decision.withheld if each.response == name]
    if response.per_account and account_id is None:
        account_id = _first_account(inquiry, chosen, withheld)
    if account_id in chosen or (account_id is None and chosen):
        account = f" for {account_id}" if account_id is not None else ""
        raise ValueError(f"`{name}` is chosen{account}: ask why")
    return _Search(inquiry, response, account_id).answer(
        next((each for each in withheld if each.account_id == account_id), None)
    )


def _first_account(
    inquiry: Inquiry, chosen: set[str | None], withheld: Sequence[WithheldResponse]
) -> str | None:
    """The account that is asked about when none is named: one that it is withheld for, or the first left."""
    left = [each.account_id for each in withheld]
    left += [each.account_id for each in inquiry.found.accounts]
    return next((each for each in left if each not in chosen), None)


@frozen
class _Search:
    """The search for what a response lacks."""

    inquiry: Inquiry
    response: Response
    account_id: str | None

    def answer(self, withheld: WithheldResponse | None) -> WhyNot:
        """All that there is to say."""
        under = self.account_id in {each.account_id for each in self.inquiry.found.accounts}
        note = ""
        gaps: list[RuleGap] = []
        if self.response.per_account and not under:
            whose = "the customer has no account" if self.account_id is None else "the account is not one"
            note = f"{whose} that the policy is about"
        else:
            gaps = self._rules()
            if not gaps:
                about = any(self.response.name in rule.responses for rule in self.inquiry.policy.rules)
                note = (
                    "its rules are about accounts, and the customer has none that the policy is about"
                    if about
                    else "no rule of the policy calls for it"
                )
        obstacle = self._obstacle(withheld) if withheld is not None else None
        return WhyNot(
            self.response.name,
            self.account_id,
            withheld.rules if withheld is not None else (),
            obstacle,
            tuple(gaps),
            () if withheld is not None or note else tuple(self._even_then()),
            note,
        )

    # What withholds it

    def _obstacle(self, withheld: WithheldResponse) -> Obstacle:
        found, policy = self.inquiry.found, self.inquiry.policy
        rules: tuple[str, ...] = ()
        reason: Reason | None = None
        text = ""
        reads: tuple[Reading, ...] = ()
        missing: tuple[str, ...] = ()
        span: Span | None = None
        match withheld.cause:
            case Cause.OUTRANKED:
                winner = found.candidates[withheld.by or "", self.account_id]
                rules = tuple(sorted(winner.rules))
                reason = self.inquiry.reason(winner.response, self.account_id)
            case Cause.CONSTRAINT:
                text, reads, missing, span = self._constraint(withheld.by or "")
            case Cause.UNKNOWN:
                parameter = next(each for each in self.response.parameters if each.name == withheld.by)
                names = found.names(self.account_id)
                missing, span = missing_for_definition(parameter.definition, policy, names), parameter.span
            case Cause.COOL_DOWN:
                pass
        return Obstacle(
            withheld.cause, withheld.by, withheld.until, rules, reason, text, reads, missing, span
        )

    def _constraint(self, name: str) -> tuple[str, tuple[Reading, ...], tuple[str, ...], Span | None]:
        """A constraint as it is written, what it reads, what it lacks."""
        constraint = next(each for each in self.inquiry.policy.constraints if each.id == name)
        found = self.inquiry.found
        match constraint:
            case Never(responses=responses):
                return f"never {' with '.join(responses)}", (), (), constraint.span
            case That(expression=expression):
                names = found.names(self.account_id)
                owners = (self.account_id, None)
                candidates = {
                    name: candidate.parameters
                    for name in constraint.responses
                    for owner in owners
                    if (candidate := found.candidates.get((name, owner))) is not None
                }
                scope = {**names, **candidates}
                read = {canonical(part): part for part in parts_read(expression.root)}
                reads = [
                    Reading(text, evaluate_node(part, scope, expression.functions))
                    for text, part in read.items()
                    if scope.keys() >= set(names_in(part))
                ]
                wanted = expression.reads - set(constraint.responses)
                missing = missing_for_names(wanted, self.inquiry.policy, names)
                return expression.text.value, tuple(reads), missing, constraint.span

    def _even_then(self) -> Iterator[Obstacle]:
        """What would withhold it if it were called for."""
        found = self.inquiry.found
        scope = next((each for each in found.scopes if each.account_id == self.account_id), found.customer)
        rivals = [
            each
            for (_, owner), each in found.candidates.items()
            if owner == self.account_id
            and each.response.family == self.response.family
            and each.response.rank > self.response.rank
        ]
        if rivals:
            winner = max(rivals, key=lambda each: each.response.rank)
            name, rules = winner.response.name, tuple(sorted(winner.rules))
            yield Obstacle(Cause.OUTRANKED, name, None, rules, None, "", (), (), None)
        candidate = Candidate(self.response, scope)
        until = found.cool_until(candidate)
        if until is not None:
            yield Obstacle(Cause.COOL_DOWN, None, until, (), None, "", (), (), None)

    # What its rules lack

    def _rules(self) -> list[RuleGap]:
        known = self.inquiry.literals
        rules = self.inquiry.rules(self.response, self.account_id)
        terms = [(rule, scope, known.rule(rule, scope)) for rule, scope in rules]
        domains = known.domains
        memo: dict[tuple[int, int], Formula] = {}
        found = [self._rule(rule, scope, ask(term, TRUE, domains, memo)) for rule, scope, term in terms]
        order = {id(gap): number for number, gap in enumerate(found)}
        return sorted(found, key=lambda gap: (*_nearness(gap), order[id(gap)]))

    def _rule(self, rule: Rule, scope: Scope, formula: Formula) -> RuleGap:
        known = self.inquiry.literals
        question, truths = Question(_open_parts(formula, known), known.domains), known.truths
        force = rule.holds_on(self.inquiry.snapshot.as_of)
        if question.formula is True or holds(rule.condition, scope.names) is True:
            return RuleGap(rule.id, scope.account_id, True, force, (), (), True, True, rule.span)
        wanted: dict[int, int] = {}
        for each in literals(question.formula):
            wanted[each.atom] = wanted.get(each.atom, EVERY) & each.among
        gaps = {
            atom: self._gap(known.atoms[atom], _target(known, atom, among or EVERY))
            for atom, among in wanted.items()
            if not truths[atom] & among
        }
        universe = sorted(gaps, key=lambda atom: _far(gaps[atom]))
        implied = {atom: known.implied([atom]) for atom in universe}

        def given(changed: frozenset[int]) -> dict[int, int]:
            free = changed.union(*(implied[atom] for atom in changed)) if changed else changed
            return {atom: truths[atom] for atom in question.atoms if atom not in free}

        found = fewest(universe, lambda changed: None if question.possible(given(changed)) else changed)
        members = found.members if found is not None else ()
        settled = self._settled(question, members, given(frozenset(members)))
        needs = [
            gaps[atom] if settled[atom] == wanted.get(atom) else self._gap(known.atoms[atom], settled[atom])
            for atom in members
        ]
        needs.sort(key=_far)
        silent = {test for atom in universe for test in implied[atom]}
        others = [gaps[atom] for atom in universe if atom not in members and atom not in silent]
        return RuleGap(
            rule.id,
            scope.account_id,
            False,
            force,
            tuple(needs),
            tuple(others),
            found is not None and found.proved and not question.cut_short,
            found is not None or question.cut_short,
            rule.span,
        )

    @staticmethod
    def _settled(question: Question, members: Sequence[int], given: dict[int, int]) -> dict[int, int]:
        """A truth value for each condition that must change, such that the formula holds."""
        settled = dict(given)
        for atom in members:
            for value in values_of(question.domains[atom]):
                if question.possible({**settled, atom: value}):
                    settled[atom] = value
                    break
        return {atom: settled.get(atom, TRUE) for atom in members}

    def _gap(self, atom: Atom, target: int) -> Gap:
        """What a condition lacks to have this truth value."""
        known = self.inquiry.literals
        shown = turned(target) if atom.opposite else target
        needed = {TRUE: True, FALSE: False}.get(shown)
        missing: tuple[str, ...] = ()
        if atom.truth == UNKNOWN and atom.expression is not None:
            names = self.inquiry.found.names(atom.account_id)
            missing = missing_for_definition(atom.expression, self.inquiry.policy, {**names, **atom.names})
        return Gap(
            condition_of(atom, known),
            needed,
            distance(atom, known, target=needed) if needed is not None else None,
            wanted_values(atom, known, target=needed) if needed is not None else (),
            missing,
        )


def _open_parts(formula: Formula, known: Literals) -> Formula:
    """A formula without the conditions that are as it needs them."""
    truths = known.truths
    while True:
        question = Question(formula, known.domains)
        lacking = {each.atom for each in literals(formula) if not truths[each.atom] & each.among}
        fine = {atom: truths[atom] for atom in question.atoms if atom not in lacking}
        if not fine:
            return formula
        formula = reduced(formula, fine)


def _target(known: Literals, atom: int, among: int) -> int:
    """The truth value to aim at: true or false rather than unknown, and not what it is."""
    possible = values_of(among & known.domains[atom] & ~known.truths[atom])
    return possible[0] if possible else UNKNOWN


def _far(gap: Gap) -> tuple[int, object]:
    """Near conditions first: by their relative distance, then those without one, then unknown ones."""
    if gap.distance is not None:
        return 0, gap.distance.relative
    return (2 if gap.missing else 1), 0


def _nearness(gap: RuleGap) -> tuple[object, ...]:
    """Rules that lack the fewest conditions first; among those, the nearest."""
    distances = [each.distance.relative for each in gap.needs if each.distance is not None]
    unmeasured = len(gap.needs) - len(distances)
    return (not gap.in_force, not gap.possible, len(gap.needs), unmeasured, sum(distances))
