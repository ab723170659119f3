"""Why a response is chosen: the fewest conditions that alone call for it; that nothing stood in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, field, frozen

from postloan_rules.decisions.decide import outcome
from postloan_rules.decisions.evidence import Condition, condition_of, placed
from postloan_rules.decisions.fewest import fewest
from postloan_rules.decisions.formula import (
    FALSE,
    KNOWN,
    TRUE,
    UNKNOWN,
    All,
    Any,
    Case,
    Formula,
    Named,
    any_of,
    ask,
    literals,
    reduced,
)
from postloan_rules.decisions.literals import Literals
from postloan_rules.decisions.question import Question
from postloan_rules.policy.model import REFER, IfUnknown
from postloan_rules.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from postloan_rules.decisions.decide import Outcome, Scope
    from postloan_rules.decisions.decision import ChosenResponse, Decision
    from postloan_rules.decisions.formula import Term
    from postloan_rules.policy.model import Policy, Response, Rule
    from postloan_rules.problems import Span
    from postloan_rules.snapshot import Snapshot

__all__ = ["Choice", "Inquiry", "Link", "Reason", "Why", "why"]

LinkKind: TypeAlias = Literal["rule", "trigger", "fact", "condition"]


@frozen
class Link:
    """One link of the chain from a response down to the conditions: what it is, and what is asked of it.

    A trigger or fact that has stood in the chain before stands there again without its parts.
    """

    kind: LinkKind
    name: str
    account_id: str | None
    state: str
    """`holds`, `fired`, `not fired`, `unknown` …; of a condition `true`, `false` or `unknown`."""
    condition: Condition | None
    parts: tuple[Link, ...]
    span: Span | None = field(repr=False, eq=False)

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return {
            "kind": self.kind,
            "name": self.name,
            "account_id": self.account_id,
            "state": self.state,
            "place": placed(self.span),
            "parts": [part.to_dict() for part in self.parts],
        }

    def lines(self, indent: str = "") -> Iterator[str]:
        """The link and its parts, a line each."""
        if self.condition is not None:
            yield f"{indent}{self.condition}"
            return
        account = f" for {self.account_id}" if self.account_id is not None else ""
        yield f"{indent}{self.kind} {self.name}{account}: {self.state}  {self.span}"
        for part in self.parts:
            yield from part.lines(indent + "  ")


@frozen
class Reason:
    """Conditions that alone make it so, whatever the others are: as few as can be."""

    conditions: tuple[Condition, ...]
    """In the order of writing."""
    chain: tuple[Link, ...]
    """The same conditions under the rules and triggers that they stand in."""
    left_out: int
    """How many other conditions were looked at that make no difference beside these."""
    smallest: bool
    """Whether it is proved that no fewer conditions are enough."""

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return {
            "conditions": [each.to_dict() for each in self.conditions],
            "chain": [each.to_dict() for each in self.chain],
            "left_out": self.left_out,
            "smallest": self.smallest,
        }

    def lines(self, indent: str = "") -> Iterator[str]:
        """The reason, a line for each link."""
        count, others = len(self.conditions), self.left_out
        head = "1 condition is enough" if count == 1 else f"{count} conditions are enough"
        rest = {0: "", 1: ", whatever the other one is"}.get(others, f", whatever the other {others} are")
        unproved = "" if self.smallest else " (not proved to be the fewest)"
        yield f"{indent}{head}{rest}{unproved}:"
        for link in self.chain:
            yield from link.lines(indent + "  ")


@frozen
class Choice:
    """What did not stand in the way of a response that rules called for."""

    family: str
    rank: int
    not_called: tuple[str, ...]
    """Responses of higher rank in its family: nothing calls for any of them."""
    outranks: tuple[str, ...]
    """Responses of its family that are called for, too, and rank lower."""
    cool_down: str | None
    """How long it rests after it was taken; that time is over. None where it never rests."""
    constraints: tuple[str, ...]
    """The constraints that name it. None of them withholds it."""

    def to_dict(self) -> dict[str, object]:
        """As plain values."""
        return {
            "family": self.family,
            "rank": self.rank,
            "not_called": list(self.not_called),
            "outranks": list(self.outranks),
            "cool_down": self.cool_down,
            "constraints": list(self.constraints),
        }

    def lines(self, indent: str = "") -> Iterator[str]:
        """What did not stand in the way, a line each."""
        if self.not_called:
            listed = ", ".join(self.not_called)
            yield f"{indent}nothing of higher rank in the family {self.family} is called for: {listed}"
        else:
            yield f"{indent}nothing ranks higher in the family {self.family}"
        if self.outranks:
            yield f"{indent}it outranks what is called for, too: {', '.join(self.outranks)}"
        if self.cool_down is not None:
            yield f"{indent}it does not rest: its cool-down of {self.cool_down} does not run"
        if self.constraints:
            yield f"{indent}no constraint withholds it: {', '.join(self.constraints)}"


@frozen
class Why:
    """Why a response is chosen."""

    response: str
    account_id: str | None
    rules: tuple[str, ...]
    """Every rule that calls for it; the reason may need only one of them."""
    reason: Reason
    choice: Choice

    def to_dict(self) -> dict[str, object]:
        """As plain values, fit for JSON."""
        return {
            "response": self.response,
            "account_id": self.account_id,
            "rules": list(self.rules),
            "reason": self.reason.to_dict(),
            "choice": self.choice.to_dict(),
        }

    def __str__(self) -> str:
        account = f" for {self.account_id}" if self.account_id is not None else ""
        lines = [f"{self.response}{account} is chosen", *self.reason.lines("  ")]
        lines += ["  nothing stands in its way:", *self.choice.lines("    ")]
        return "\n".join(lines)


def why(decision: Decision, policy: Policy, snapshot: Snapshot, name: str, account_id: str | None) -> Why:
    """Why a response is chosen: for an account, or for the first that it is chosen for.

    Raises:
        KeyError: for a response or an account that there is none of, with the nearest name.
        ValueError: for a response that is not chosen.
    """
    inquiry = Inquiry(policy, snapshot)
    response = inquiry.response(name)
    account_id = inquiry.account(account_id, response)
    chosen = _chosen(decision, name, account_id)
    if chosen is None:
        account = f" for {account_id}" if account_id is not None else ""
        raise ValueError(f"`{name}` is not chosen{account}: ask why_not")
    return Why(
        name,
        chosen.account_id,
        chosen.rules,
        inquiry.reason(response, chosen.account_id),
        inquiry.choice(response, chosen.account_id),
    )


def _chosen(decision: Decision, name: str, account_id: str | None) -> ChosenResponse | None:
    return next(
        (
            each
            for each in decision.responses
            if each.response == name and account_id in (None, each.account_id)
        ),
        None,
    )


@define
class Inquiry:
    """One decision taken apart, to be asked about its responses."""

    policy: Policy
    snapshot: Snapshot
    found: Outcome = field(init=False)
    literals: Literals = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.found = outcome(self.policy, self.snapshot)
        self.literals = Literals(self.policy, self.snapshot, self.found)

    def response(self, name: str) -> Response:
        """The response of that name.

        Raises:
            KeyError: where there is none.
        """
        if name not in self.policy.responses:
            help_ = did_you_mean(name, list(self.policy.responses), what="the responses are")
            raise KeyError(f"there is no response `{name}`; {help_}")
        return self.policy.responses[name]

    def account(self, account_id: str | None, response: Response) -> str | None:
        """The account that is asked about: none for a response that is for the customer.

        Raises:
            KeyError: where the customer has no such account.
        """
        known = [each.account_id for each in self.snapshot.accounts]
        if account_id is not None and account_id not in known:
            help_ = did_you_mean(account_id, known, what="the accounts are")
            raise KeyError(f"there is no account `{account_id}`; {help_}".removesuffix("; "))
        return account_id if response.per_account else None

    def rules(self, response: Response, account_id: str | None) -> list[tuple[Rule, Scope]]:
        """The rules that can call for a response, and for whom each is looked at."""
        found = []
        for rule in self.policy.rules:
            if response.name not in rule.responses:
                continue
            for scope in self.found.scopes_of(rule):
                if response.per_account and (
                    scope.account_id is None or account_id not in (None, scope.account_id)
                ):
                    continue
                found.append((rule, scope))
        return found

    def reason(self, response: Response, account_id: str | None) -> Reason:
        """The fewest conditions that alone call for a response."""
        memo: dict[tuple[int, int], Formula] = {}
        terms = [
            (self.literals.rule(rule, scope), TRUE)
            for rule, scope in self.rules(response, account_id)
            if rule.holds_on(self.snapshot.as_of)
        ]
        if response.name == REFER:
            terms += self._referrals()
        # Every condition is numbered before the first question: the domains are then complete.
        domains = self.literals.domains
        formula = any_of([ask(term, among, domains, memo) for term, among in terms])
        return _reason(formula, self.literals)

    def _referrals(self) -> list[tuple[Term, int]]:
        """What is unknown and goes to a person."""
        found: list[tuple[Term, int]] = []
        for trigger in self.policy.triggers:
            if trigger.if_unknown is IfUnknown.REFER:
                scopes = self.found.accounts if trigger.per_account else [self.found.customer]
                found += [(self.literals.unsettled(trigger, scope), UNKNOWN) for scope in scopes]
        for each in self.found.referrals.values():
            if each.subject not in self.literals.triggers:
                text = f"`{each.subject}` is unsettled for want of {', '.join(each.missing) or 'a value'}"
                found.append((self.literals.given(text, None, each.account_id), TRUE))
        return found

    def choice(self, response: Response, account_id: str | None) -> Choice:
        """What did not stand in a response's way."""
        rivals = [
            each
            for each in self.policy.responses.values()
            if each.family == response.family and each.per_account == response.per_account
        ]
        rivals.sort(key=lambda each: (-each.rank, each.name))
        called = {name for name, other in self.found.candidates if other == account_id}
        return Choice(
            response.family,
            response.rank,
            tuple(each.name for each in rivals if each.rank > response.rank),
            tuple(each.name for each in rivals if each.rank < response.rank and each.name in called),
            str(response.cool_down) if response.cool_down is not None else None,
            tuple(each.id for each in self.policy.constraints if response.name in each.responses),
        )


def _reason(formula: Formula, known: Literals) -> Reason:
    everything = Question(formula, known.domains).atoms
    question, truths = Question(_true_parts(formula, known), known.domains), known.truths
    implied = {atom: known.implied([atom]) for atom in question.atoms if truths[atom] & KNOWN}

    def given(kept: Sequence[int] | frozenset[int]) -> dict[int, int]:
        settled = {test for atom in kept for test in implied.get(atom, ())}
        return {atom: truths[atom] for atom in (*kept, *settled)}

    def short(kept: frozenset[int]) -> frozenset[int] | None:
        against = question.counterexample(given(kept), truths)
        if against is None:
            return None
        same = {atom for atom, truth in truths.items() if against.get(atom, truth) == truth}
        return kept | {
            atom for atom in question.atoms if atom in same and same.issuperset(implied.get(atom, ()))
        }

    found = fewest(question.atoms, short)
    if found is None:
        raise AssertionError("a chosen response follows from all conditions together")
    conditions = {atom: condition_of(known.atoms[atom], known) for atom in found.members}
    chain = _Chain(conditions, given(found.members), known.domains)
    return Reason(
        tuple(conditions.values()),
        tuple(chain.links(question.formula)),
        len(everything) - len(conditions),
        found.proved and not question.cut_short,
    )


def _true_parts(formula: Formula, known: Literals) -> Formula:
    """A formula without the parts that nothing can rest on: conditions that are not as they say."""
    truths = known.truths
    while True:
        question = Question(formula, known.domains)
        useful = {each.atom for each in literals(formula) if truths[each.atom] & each.among}
        idle = {
            atom: worst
            for atom in question.atoms
            if atom not in useful and (worst := question.worst(atom)) is not None
        }
        if not idle:
            return formula
        formula = reduced(formula, idle)


@define
class _Chain:
    """The links from rules down to the conditions that are kept."""

    conditions: dict[int, Condition]
    given: dict[int, int]
    domains: Mapping[int, int]
    _shown: set[tuple[LinkKind, str, str | None, int]] = field(factory=set, init=False)

    def links(self, formula: Formula) -> list[Link]:
        match formula:
            case Case(atom=atom):
                return [self._condition(atom)] if atom in self.conditions else []
            case All(parts=parts):
                return [link for part in parts for link in self.links(part)]
            case Any(parts=parts):
                alone = next((part for part in parts if self._certain(part)), None)
                chosen = parts if alone is None else (alone,)
                return [link for part in chosen for link in self.links(part)]
            case Named(label=label, among=among, part=part):
                key = (label.kind, label.name, label.account_id, among)
                again = key in self._shown
                self._shown.add(key)
                inner = () if again else tuple(self.links(part))
                state = _state(label.kind, among)
                return [Link(label.kind, label.name, label.account_id, state, None, inner, label.span)]
            case _:
                return []

    def _certain(self, formula: Formula) -> bool:
        return Question(formula, self.domains).certain(self.given)

    def _condition(self, atom: int) -> Link:
        shown = self.conditions[atom]
        state = {True: "true", False: "false", None: "unknown"}[shown.truth]
        return Link("condition", shown.text, shown.account_id, state, shown, (), shown.span)


_RULE = {TRUE: "holds", FALSE: "does not hold"}
_TRIGGER = {
    TRUE: "fired",
    FALSE: "not fired",
    UNKNOWN: "unknown",
    KNOWN: "fired or not, and not unknown",
    TRUE | UNKNOWN: "fired or unknown",
    FALSE | UNKNOWN: "not fired, or unknown",
}
_FACT = {
    TRUE: "true",
    FALSE: "false",
    UNKNOWN: "unknown",
    KNOWN: "known",
    TRUE | UNKNOWN: "not false",
    FALSE | UNKNOWN: "not true",
}


def _state(kind: LinkKind, among: int) -> str:
    return {"rule": _RULE, "trigger": _TRIGGER}.get(kind, _FACT)[among]
