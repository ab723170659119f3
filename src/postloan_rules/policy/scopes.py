"""What is about the customer must not read what differs from account to account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.expressions import Expression
from postloan_rules.policy.model import ScoreUse, TableUse
from postloan_rules.policy.scorecards import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postloan_rules.policy.checking import Checking
    from postloan_rules.policy.model import Definition, Response, Trigger
    from postloan_rules.policy.tables import DecisionTable
    from postloan_rules.problems import Span

__all__ = ["check_scopes"]


def check_scopes(
    checking: Checking,
    triggers: Iterable[Trigger],
    responses: Iterable[Response],
    tables: Mapping[str, DecisionTable | None],
) -> None:
    """Note what is about the customer and reads values of an account: there is no saying of which one."""
    for trigger in triggers:
        if trigger.per_account or trigger.because is None:
            continue
        for pieces in trigger.because.by_language.values():
            for piece in pieces:
                if isinstance(piece, Expression):
                    what = f"`because` of the trigger `{trigger.name}`"
                    help_ = "the trigger's condition reads no account: leave the value out of the text"
                    span = piece.text.span(0, len(piece.text.value))
                    _note(checking, what, "trigger", piece.reads, span, help_)
    for response in responses:
        if response.per_account:
            continue
        help_ = "leave out `scope: customer`, or compute the value over all `accounts`"
        for parameter in response.parameters:
            what = f"the parameter `{parameter.name}` of the response `{response.name}`"
            _note(checking, what, "response", _reads(parameter.definition, tables), parameter.span, help_)
        if response.reasons_from is not None:
            what = f"`reasons_from` of the response `{response.name}`"
            read = frozenset({response.reasons_from + REASONS})
            _note(checking, what, "response", read, response.span, help_)


def _note(checking: Checking, what: str, owner: str, reads: frozenset[str], span: Span, help_: str) -> None:
    of_accounts = sorted(reads & checking.account_names)
    if of_accounts:
        name = of_accounts[0].removesuffix(REASONS)
        message = f"{what} reads `{name}`, which is about one account; the {owner} is about the customer"
        checking.reading.note("PR0328", message, span, help_)


def _reads(definition: Definition, tables: Mapping[str, DecisionTable | None]) -> frozenset[str]:
    if isinstance(definition, TableUse):
        table = tables[definition.table]
        return table.reads if table is not None else frozenset()
    return definition.scorecard.reads if isinstance(definition, ScoreUse) else definition.reads
