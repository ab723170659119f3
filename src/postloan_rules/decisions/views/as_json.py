"""The JSON of an explanation: the same in every language, amounts and days as in a decision's JSON."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING

from postloan_rules.decisions.views.visible import visible
from postloan_rules.expressions import text_of, type_name

if TYPE_CHECKING:
    from postloan_rules.decisions.views.reasons import ConditionView, GapView, ReasonView, RuleGapView
    from postloan_rules.decisions.views.view import Line, Place, TriggerView, Value, View, WithheldView
    from postloan_rules.policy.model import Words

__all__ = ["FORMAT", "to_dict", "to_json"]

FORMAT = 1
"""The version of this form."""


def to_json(view: View) -> str:
    """The explanation as JSON, keys sorted: the same decision gives the same bytes."""
    return json.dumps(to_dict(view), ensure_ascii=False, sort_keys=True, indent=1)


def to_dict(view: View) -> dict[str, object]:
    """The explanation as plain values, in the form of its JSON."""
    return {
        "format": FORMAT,
        "ruleset": view.ruleset,
        "version": view.version,
        "profile": view.profile,
        "ruleset_fingerprint": view.ruleset_fingerprint,
        "snapshot_fingerprint": view.snapshot_fingerprint,
        "currency": view.currency,
        "customer": view.customer,
        "as_of": view.as_of.isoformat(),
        "masked": view.masked,
        "responses": [
            {
                "response": each.name,
                "title": _texts(each.title),
                "account": each.account,
                "family": each.family,
                "adverse": each.adverse,
                "parameters": {name: _value(value) for name, value in each.parameters},
                "rules": list(each.rules),
                "reasons": list(each.reasons),
                "place": _place(each.place),
                "reason": _reason(each.reason) if each.reason is not None else None,
            }
            for each in view.responses
        ],
        "withheld": [_withheld(each) for each in view.withheld],
        "why_not": [
            {
                "response": each.name,
                "title": _texts(each.title),
                "account": each.account,
                "withheld": _withheld(each.withheld) if each.withheld is not None else None,
                "even_then": [_withheld(obstacle) for obstacle in each.even_then],
                "rules": [_rule_gap(rule) for rule in each.rules],
                "note": each.note,
            }
            for each in view.why_not
        ],
        "triggers": [
            {
                "trigger": each.name,
                "title": _texts(each.title),
                "account": each.account,
                "state": each.state.value,
                "because": _because(each),
                "place": _place(each.place),
                "condition": _line(each.line),
            }
            for each in view.triggers
        ],
        "rules": [
            {
                "rule": each.name,
                "title": _texts(each.title),
                "account": each.account,
                "state": each.state,
                "responses": [name for name, _ in each.responses],
                "place": _place(each.place),
                "condition": _line(each.line),
            }
            for each in view.rules
        ],
        "referrals": [
            {
                "subject": each.subject,
                "title": _texts(each.title),
                "account": each.account,
                "missing": list(each.missing),
            }
            for each in view.referrals
        ],
        "next_review": view.next_review.isoformat() if view.next_review is not None else None,
        "reasons": list(view.reasons),
        "left_out": {"triggers": view.left_out[0], "rules": view.left_out[1]},
    }


def _withheld(withheld: WithheldView) -> dict[str, object]:
    return {
        "response": withheld.name,
        "title": _texts(withheld.title),
        "account": withheld.account,
        "cause": withheld.cause.value,
        "by": withheld.by,
        "until": withheld.until.isoformat() if withheld.until is not None else None,
        "rules": list(withheld.rules),
    }


def _reason(reason: ReasonView) -> dict[str, object]:
    return {
        "conditions": [_condition(each) for each in reason.conditions],
        "left_out": reason.left_out,
        "smallest": reason.smallest,
    }


def _condition(condition: ConditionView) -> dict[str, object]:
    return {
        "text": condition.text,
        "truth": condition.truth,
        "account": condition.account,
        "record": condition.record,
        "reads": [{"name": name, "value": _value(value)} for name, value in condition.reads],
        "place": _place(condition.place),
    }


def _rule_gap(rule: RuleGapView) -> dict[str, object]:
    return {
        "rule": rule.rule,
        "account": rule.account,
        "in_force": rule.in_force,
        "possible": rule.possible,
        "smallest": rule.smallest,
        "needs": [_gap(each) for each in rule.needs],
        "others": rule.others,
        "place": _place(rule.place),
    }


def _gap(gap: GapView) -> dict[str, object]:
    distance = gap.distance
    return {
        "condition": _condition(gap.condition),
        "needed": gap.needed,
        "distance": None
        if distance is None
        else {
            "of": distance.of,
            "amount": f"{distance.amount:f}",
            "unit": distance.unit,
            "direction": distance.direction,
            "beyond": distance.beyond,
            "target": _value(distance.target) if distance.target is not None else None,
        },
        "values": list(gap.values),
        "missing": list(gap.missing),
    }


def _texts(words: Words | None) -> dict[str, str]:
    return {language: visible(text) for language, text in words.by_language.items()} if words else {}


def _because(trigger: TriggerView) -> dict[str, str]:
    return {
        language: "".join(visible(piece) if isinstance(piece, str) else _plain(piece) for piece in pieces)
        for language, pieces in trigger.said.items()
    }


def _plain(value: Value) -> str:
    text = value.mask if value.mask is not None else text_of(value.known)
    return visible(text) if text is not None else "?"


def _place(place: Place | None) -> dict[str, object] | None:
    return {"file": place.file, "line": place.line, "column": place.column} if place is not None else None


def _line(line: Line) -> dict[str, object]:
    found: dict[str, object] = {
        "kind": line.kind,
        "text": line.text,
        "value": _value(line.value),
        "place": _place(line.place),
        "parts": [_line(part) for part in line.parts],
    }
    if line.record is not None:
        found["record"] = line.record
    if line.value.type is not None:
        found["type"] = type_name(line.value.type)
    if line.value.mask is not None:
        found["masked"] = True
    return found


def _value(value: Value) -> object:
    return visible(value.mask) if value.mask is not None else _known(value.known)


def _known(known: object) -> object:
    match known:
        case None | bool():
            return known
        case int() | Decimal():
            return f"{Decimal(known):f}"
        case dt.date():
            return known.isoformat()
        case tuple() if not known or any(each is not None and text_of(each) is None for each in known):
            return {"records": len(known)}
        case tuple():
            return [_known(each) for each in known]
        case _:
            text = text_of(known)
            return visible(text) if text is not None else {"records": 1}
