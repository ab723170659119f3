"""Two decisions on one customer, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.book.prose import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postloan_rules.analysis.difference.telling import Telling
    from postloan_rules.decisions.decision import ChosenResponse, Decision

__all__ = ["SideBySide"]


def _later(message: str) -> str:
    """Mark a message that is put in the language where it is used."""
    return message


class SideBySide:
    """Decisions in one language."""

    def __init__(self, telling: Telling) -> None:
        self.telling = telling
        self.wording = telling.wording

    def rows(self, old: Decision | None, new: Decision | None) -> Iterator[tuple[str, str, str]]:
        """Two decisions side by side: what they differ in, and the responses and the next review always."""
        say = self.wording.say
        if old is None or new is None:
            refused = say("the customer is refused")
            told = say("the customer is decided")
            before, after = (refused if each is None else told for each in (old, new))
            yield say("Decision"), before, after
            return
        yield say("What to do"), self._responses(old), self._responses(new)
        rows = (
            (say("What is withheld"), self._withheld(old), self._withheld(new)),
            (say("Triggers"), self._triggers(old, new), self._triggers(new, old)),
            (say("For an officer to settle"), self._referrals(old), self._referrals(new)),
            (say("Reasons to tell the customer"), self._listed(old.reasons), self._listed(new.reasons)),
        )
        yield from (row for row in rows if row[1] != row[2])
        yield say("Next review"), self._day(old), self._day(new)

    def _listed(self, names: Sequence[str]) -> str:
        return self.wording.say(", ").join(names) or self.wording.say("none")

    def _responses(self, decision: Decision) -> str:
        return "\n".join(map(self._response, decision.responses)) or self.wording.say("none")

    def _response(self, each: ChosenResponse) -> str:
        types = {
            one.name: one.type
            for policy in (self.telling.found.new, self.telling.found.old)
            for response in policy.responses.values()
            if response.name == each.response
            for one in response.parameters
        }
        parameters = [
            f"{name} = {plain(self.telling.value(value, types[name]))}"
            for name, value in each.parameters.items()
        ]
        account = _of(each.account_id)
        more = f" ({self._listed(parameters)})" if parameters else ""
        return f"{each.response}{account}{more}"

    def _withheld(self, decision: Decision) -> str:
        found = []
        for each in decision.withheld:
            until = f" {each.until.isoformat()}" if each.until is not None else ""
            account = _of(each.account_id)
            by = f": {each.by}" if each.by is not None else ""
            found.append(f"{each.response}{account} ({self._cause(each.cause.value)}{by}{until})")
        return "\n".join(found) or self.wording.say("none")

    def _cause(self, cause: str) -> str:
        causes = {
            "outranked": _later("outranked"),
            "cool_down": _later("rests until"),
            "constraint": _later("by a constraint"),
            "unknown": _later("unknown"),
        }
        return self.wording.say(causes[cause])

    def _triggers(self, decision: Decision, other: Decision) -> str:
        theirs = {(each.trigger, each.account_id): each.state for each in other.triggers}
        found = [
            f"{each.trigger}{_of(each.account_id)}: {self.wording.state(each.state)}"
            for each in decision.triggers
            if theirs.get((each.trigger, each.account_id)) is not each.state
        ]
        return "\n".join(found) or self.wording.say("none")

    def _referrals(self, decision: Decision) -> str:
        return self._listed([each.subject for each in decision.referrals])

    def _day(self, decision: Decision) -> str:
        day = decision.next_review
        return self.wording.numerals.day(day) if day is not None else self.wording.say("none")


def _of(account_id: str | None) -> str:
    return "" if account_id is None else f" · {account_id}"
