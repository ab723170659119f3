"""Random policies that load: every kind of trigger, response, table, constraint and schedule, by a number."""

from __future__ import annotations

from random import Random

__all__ = ["policy_text"]

_EVENTS = (
    "cash_withdrawal",
    "payment_missed",
    "temporary_limit_requested",
    "external_loan_applied",
    "income_changed",
)
_MONEY = ("account.current_balance", "account.credit_limit", "balance_with_us", "half_limit", "least")
_CUSTOMER_MONEY = ("balance_with_us", "customer.monthly_income", "least", "previous_income")
_CONDITIONS = (
    "account.days_past_due >= late",
    "utilisation >= high",
    "utilisation * 2 < high + 0.3",
    "account.current_balance > high * account.credit_limit",
    "late_statements >= 1",
    "count(account.statements[closing_balance > least]) > 2",
    'account.product = "credit_card"',
    "account.current_balance < 0",
    "max(account.statements.closing_balance) >= least",
    "account.statements[-1].closing_balance > least",
    "months_on_book between 3 and 24",
    "some s in account.statements satisfies s.days_past_due_at_close > 0 and s.closing_balance > least",
)
_CUSTOMER_CONDITIONS = (
    "customer.monthly_income < least",
    "income_drop >= 0.2",
    'customer.employment_status = "unemployed"',
    "watched",
    "count(complaints) > 0",
    "balance_with_us > 5000",
    "bureau.score < 600",
    "count(bureau.inquiries[hard]) >= 2",
    'grade in ("A", "B")',
)


def policy_text(number: int) -> str:
    """A policy without its head; the same for the same number."""
    chance = Random(number)
    subject = chance.random() < 0.75
    lines = ["effective: {from: 1990-01-01}"]
    if subject:
        where = chance.choice(
            ["", ', where: product = "credit_card"', ", where: current_balance > 0 and date_closed = null"]
        )
        lines.append(f"subject: {{each: accounts{where}}}")
    lines += _computed(chance, subject=subject)
    lines += _tables(subject=subject)
    triggers = _triggers(chance, subject=subject)
    scheduled = chance.random() < 0.85
    if not scheduled:
        del triggers["due"]
    lines += ["triggers:", *(f"  {name}: {text}" for name, text in triggers.items())]
    responses = _responses(chance, subject=subject)
    lines += ["responses:", *(f"  {name}: {text}" for name, text in responses.items())]
    lines += ["rules:", *_rules(chance, list(triggers), list(responses))]
    lines += _constraints(chance, responses, subject=subject)
    if scheduled:
        lines += _schedule(chance, list(triggers))
    return "\n".join(lines) + "\n"


def _computed(chance: Random, *, subject: bool) -> list[str]:
    lines = [
        "inputs:",
        "  watched: {type: boolean}",
        "  previous_income: {type: money}",
        "  grade: {type: [A, B, C]}",
        "parameters:",
        f"  high: {{type: ratio, value: {chance.choice(['0.90', '0.5', '0.333'])}}}",
        f"  least: {{type: money, value: {chance.choice(['100', '2500.50', '0'])}}}",
        "  late: {type: days, value: [{from: 1990-01-01, value: 60}, {from: 2026-11-30, value: 30}]}",
        "  pause: {type: days, value: 45}",
        "  often: {type: months, value: 3}",
        "facts:",
        "  balance_with_us: {type: money, is: sum(accounts.current_balance)}",
        "  income_drop: {type: ratio, is: (previous_income - customer.monthly_income) / previous_income}",
    ]
    if subject:
        lines += [
            "  utilisation: {type: ratio, is: 'max(account.current_balance, 0) / account.credit_limit'}",
            "  half_limit: {type: money, is: 0.5 * account.credit_limit}",
            "  late_statements: {type: number, is: 'count(account.statements[days_past_due_at_close > 0])'}",
            "  months_on_book: {type: number, is: 'years and months duration(account.date_opened, as_of) / duration(\"P1M\")'}",
        ]
    return lines


def _tables(*, subject: bool) -> list[str]:
    first, second = (
        ("utilisation", "account.days_past_due") if subject else ("income_drop", "balance_with_us")
    )
    return [
        "tables:",
        "  term:",
        "    hit: first",
        f"    inputs: [{first}, watched]",
        "    output: {months: number}",
        "    rows:",
        '      - [">= 0.5", "true", "12"]',
        '      - ["[0.1..0.5)", "-", "6"]',
        '      - ["-", "? = null", "3"]',
        "  size:",
        "    hit: unique",
        f"    inputs: [{second}]",
        "    output: {step: number}",
        "    rows:",
        '      - ["< 30", "1"]',
        '      - [">= 30", "2"]',
    ]


def _triggers(chance: Random, *, subject: bool) -> dict[str, str]:
    pool = [*_CUSTOMER_CONDITIONS, *(_CONDITIONS if subject else ())]
    # With this leaf a condition may always be unknown, and must say what then.
    doubtful = "customer.monthly_income >= 0"
    found = {"due": "{kind: schedule}"}
    for number in range(6):
        parts = [f"'{each}'" for each in (*chance.sample(pool, chance.randint(1, 3)), doubtful)]
        mode = chance.choice(["any", "all", "none"])
        if_unknown = chance.choice(["ignore", "fire", "refer"])
        found[f"state_{number}"] = (
            f"{{kind: condition, when: {{{mode}: [{', '.join(parts)}]}}, if_unknown: {if_unknown}}}"
        )
    for number, kind in enumerate(chance.sample(_EVENTS, 3)):
        found[f"happened_{number}"] = f"{{kind: event, event: {kind}}}"
    when = "event.amount > least or customer.monthly_income > 0"
    found["large"] = (
        f"{{kind: event, event: {chance.choice(_EVENTS)}, when: '{when}', if_unknown: {chance.choice(['ignore', 'refer', 'fire'])}}}"
    )
    first, second, third = chance.sample(_EVENTS, 3)
    found["in_turn"] = (
        f"{{kind: pattern, sequence: [{first}, {second}], within: {chance.choice(['30 days', '2 months', 'pause'])}}}"
    )
    found["three"] = f"{{kind: pattern, sequence: [{first}, {third}, {first}], within: 6 months}}"
    found["many"] = f"{{kind: pattern, count: {{event: {second}, at_least: 2}}, within: 3 months}}"
    found["silence"] = (
        f"{{kind: pattern, after: {{event: {first}}}, absent: {{event: {third}}}, within: 25 days}}"
    )
    return found


def _responses(chance: Random, *, subject: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    amounts = _MONEY if subject else _CUSTOMER_MONEY
    for number in range(9):
        parts = [f"family: family_{number % 4}", f"rank: {number + 1}"]
        of_customer = not subject or chance.random() < 0.3
        if of_customer and subject:
            parts.append("scope: customer")
        if chance.random() < 0.5:
            adverse = chance.sample(["delinquent_with_us", "income_insufficient", "excessive_obligations"], 2)
            parts.append(f"adverse: true, reasons: [{', '.join(adverse)}]")
        if chance.random() < 0.5:
            parts.append(f"cool_down: {chance.choice(['30 days', '2 months', 'pause'])}")
        if chance.random() < 0.7:
            amount = chance.choice(_CUSTOMER_MONEY if of_customer else amounts)
            mode = chance.choice(["up", "down", "half_up", "half_even"])
            to = chance.choice(["100", "50", "1", "0.5"])
            rounding = f", round: {{to: {to}, mode: {mode}}}" if chance.random() < 0.7 else ""
            inner = [
                f"amount: {{type: money, is: '{chance.choice(['', '0.7 * ', '1.005 * '])}{amount}'{rounding}}}"
            ]
            if not of_customer or not subject:
                inner.append("months: {type: number, table: term, output: months}")
            parts.append(f"parameters: {{{', '.join(inner)}}}")
        found[f"answer_{number}"] = f"{{{', '.join(parts)}}}"
    return found


def _rules(chance: Random, triggers: list[str], responses: list[str]) -> list[str]:
    lines: list[str] = []
    for number in range(10):
        mode = chance.choice(["any", "all"])
        names = chance.sample(triggers, chance.randint(1, 3))
        none = f", none: [{chance.choice(triggers)}]" if chance.random() < 0.3 else ""
        then = chance.sample(responses, chance.randint(1, 2))
        if chance.random() < 0.15:
            then.append("refer_to_officer")
        spell = chance.choice(["", "", ", from: 2026-11-30", ", to: 2026-11-29"])
        lines.append(
            f"  - {{id: R-{number:02}, if: {{{mode}: [{', '.join(names)}]{none}}}, then: [{', '.join(then)}]{spell}}}"
        )
    # Every response is called for somewhere.
    lines += [
        f"  - {{id: S-{number:02}, if: {{all: [{', '.join(chance.sample(triggers, 2))}]}}, then: [{name}]}}"
        for number, name in enumerate(responses)
    ]
    return lines


def _constraints(chance: Random, responses: dict[str, str], *, subject: bool) -> list[str]:
    lines = ["constraints:"]
    lines += [
        f"  - {{id: K-{number}, never: [{', '.join(chance.sample(list(responses), 2))}]}}"
        for number in range(3)
    ]
    lines += [
        f"  - {{id: L-{number}, that: {name}.amount >= {chance.choice(['least', 'balance_with_us', '0'])}}}"
        for number, (name, text) in enumerate(responses.items())
        if "amount:" in text and (subject or chance.random() < 0.5)
    ]
    return lines


def _schedule(chance: Random, triggers: list[str]) -> list[str]:
    first, second = chance.sample(triggers, 2)
    return [
        "schedule:",
        f"  standard: {chance.choice(['6 months', 'often', '100 days'])}",
        "  bounds: {shortest: 7 days, longest: 12 months}",
        "  adjust:",
        f"    - {{if: {first}, every: {chance.choice(['1 month', '3 days', '24 months'])}}}",
        f"    - {{if: {{any: [{second}, {first}]}}, every: often}}",
    ]
