"""Adverse responses that can come without a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.analysis.proof.tables import losses
from postloan_rules.analysis.proof.values import both, either, number, opposite
from postloan_rules.analysis.proof.witness import Found
from postloan_rules.policy.model import ScoreUse
from postloan_rules.policy.scorecards import REASONS, Lost

if TYPE_CHECKING:
    from postloan_rules.analysis.proof.customers import Case
    from postloan_rules.analysis.proof.study import Study
    from postloan_rules.policy.model import Response

__all__ = ["reasons"]


def reasons(study: Study) -> None:
    """Look at each adverse response whose reasons all come from a scorecard."""
    cards = {
        fact.name: fact.definition.scorecard
        for fact in study.policy.facts
        if isinstance(fact.definition, ScoreUse)
    }
    for response in study.policy.responses.values():
        name = response.reasons_from
        if not response.adverse or response.reasons or name is None or name not in cards:
            continue
        card = cards[name]
        points = losses(card, study.encoding.value, study.encoding.test)
        gaps = [
            number(each.baseline) - one.term for each, one in zip(card.characteristics, points, strict=True)
        ]
        none = both(*(gap <= 0 if card.lost is Lost.BELOW else gap >= 0 for gap in gaps))
        unknown = opposite(both(*(each.known for each in points)))
        formula = both(study.encoding.standing(response.name), either(none, unknown))

        def confirm(case: Case, response: Response = response, card: str = name) -> bool:
            return response.name in case.chosen() and not case.names.get(card + REASONS)

        subject = f"response {response.name}"
        question = f"whether the response `{response.name}` always has a reason"
        found = study.possible(subject, question, response.span, formula, confirm)
        if isinstance(found, Found):
            message = f"the response `{response.name}` is adverse, and can come without a reason"
            help_ = "add `reasons: [...]` with a code that holds whenever the response is called for"
            study.note("PR0983", subject, message, response.span, help_, severity="error", witness=found)
