"""Simulation, impact, sweep and challenge over six customers that can be counted by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from postloan_rules.expressions import ExpressionInvalid
from postloan_rules.policy import RuleSetInvalid
from postloan_rules.portfolio.book import book
from postloan_rules.portfolio.columns.writing import table_of
from postloan_rules.portfolio.deciding import Variant, decide_into
from postloan_rules.portfolio.impact import Impact, impact
from postloan_rules.portfolio.impact_sheets import impact_findings
from postloan_rules.portfolio.population import Portfolio
from postloan_rules.portfolio.report import Exposure, report
from postloan_rules.portfolio.simulation import report_of, simulate
from postloan_rules.portfolio.sweep import Axis, TooManyPoints, sweep
from postloan_rules.portfolio.sweep_sheets import sweep_findings
from postloan_rules.portfolio.tally import Tally
from postloan_rules.ruleset import load
from postloan_rules.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Written

D = Decimal


def test_money_of_the_accounts_concerned_is_summed_to_the_cent(written: Written, six: Portfolio) -> None:
    found = simulate(written(), six).report
    responses = {line.name: line for line in found.responses}
    assert (responses["seal"].customers, responses["lower_limit"].customers) == (2, 2)
    assert responses["seal"].exposure == Exposure(D("1450.00"), D("2000.00"), 2, 0)
    # Of F the limit is not known: it is in no sum, and it is not 0.
    assert responses["refer_to_officer"].exposure == Exposure(D("700.00"), None, 1, 1)
    everybody = found.groups[0]
    assert everybody.exposure == Exposure(D("4000.00"), D("5000.00"), 6, 1)
    assert (everybody.bad, everybody.bad_rate) == (2, D("0.4"))
    triggers = {line.name: (line.customers, line.others) for line in found.triggers}
    assert triggers == {"overdue": (2, 0), "drawn": (2, 1)}


def test_limits_are_moved_from_their_sum_before_to_that_after(written: Written, six: Portfolio) -> None:
    (move,) = simulate(written(), six).report.moves
    assert (move.response, move.parameter, move.accounts) == ("lower_limit", "new_limit", 2)
    assert (move.raised, move.lowered, move.unknown) == (0, 2, 0)
    assert (move.before, move.after) == (D("2000.00"), D("1000.00"))


def test_segments_cut_the_portfolio_and_add_up(written: Written, six: Portfolio) -> None:
    by = ("utilisation", 'if account.days_past_due >= 30 then "late" else "on time"')
    lines = simulate(written(), six, by=by).report.segments
    first = {line.value: (line.customers, line.adverse) for line in lines if line.by == by[0]}
    assert first == {
        "0.1": (1, 0),
        "0.5": (1, 1),
        "0.85": (1, 0),
        "0.9": (1, 1),
        "0.95": (1, 1),
        None: (1, 0),
    }
    second = {line.value: line for line in lines if line.by == by[1]}
    assert {value: line.customers for value, line in second.items()} == {"late": 3, "on time": 3}
    assert second["late"].responses == {"seal": 2, "lower_limit": 1}
    assert (second["late"].bad, second["late"].bad_rate) == (1, D("0.5"))
    assert (second["late"].adverse_bad_rate, second["on time"].adverse_bad_rate) == (D("0.5"), D(1))


def test_many_numbers_are_put_into_bands_that_miss_nobody(written: Written, many: Portfolio) -> None:
    lines = simulate(written(), many, by=["monthly_income"]).report.segments
    assert sum(line.customers for line in lines) == 80
    bands = [line for line in lines if line.value is not None]
    assert len(bands) <= 5
    assert bands[0].value is not None
    assert bands[0].value.startswith("from ")


def test_customers_with_different_accounts_are_several(written: Written, many: Portfolio) -> None:
    lines = simulate(written(), many, by=["account.account_id != null and utilisation > 0.1"]).report.segments
    assert "several" in {line.value for line in lines}


def test_what_names_no_field_is_told(written: Written, six: Portfolio) -> None:
    with pytest.raises(ExpressionInvalid, match="utilization"):
        simulate(written(), six, by=["utilization"])


def test_counting_with_sql_and_one_by_one_give_the_same_heads(written: Written, many: Portfolio) -> None:
    ruleset, tally = load(written()), Tally()
    for line in many.data.read_text(encoding="utf-8").splitlines():
        tally.take(ruleset.decide(Snapshot.from_json(line)), bad=None)
    counted = simulate(written(), many).report
    alone = report(ruleset.policy, counted.head, tally.heads)
    for mine, theirs in (
        (counted.groups, alone.groups),
        (counted.triggers, alone.triggers),
        (counted.responses, alone.responses),
        (counted.reviews, alone.reviews),
    ):
        assert [(line.name, line.customers, line.others) for line in mine] == [
            (line.name, line.customers, line.others) for line in theirs
        ]
    assert counted.causes == alone.causes


NEW = (
    ("late: {type: days, value: 60}", "late: {type: days, value: 90}"),
    ("0.90", "0.85"),
    ("0.5 *", "0.6 *"),
)


def compared(written: Written, six: Portfolio) -> Impact:
    return impact(Variant(written()), Variant(written("new", *NEW)), six)


def test_impact_tells_who_changes_and_how_much_money(written: Written, six: Portfolio) -> None:
    found = compared(written, six)
    assert (found.decided, found.unchanged, found.responses_changed, found.refused) == (6, 2, 2, 0)
    kinds = {kind.title: (kind.customers, kind.balance) for kind in found.kinds}
    assert kinds == {
        "lower_limit gained": (1, D("850.00")),
        "seal lost": (1, D("500.00")),
        "lower_limit.new_limit changed": (2, D("1850.00")),
        "next review sooner": (1, D("850.00")),
    }
    (value,) = found.values
    assert (value.higher, value.lower, value.before, value.after) == (2, 0, D("1000.00"), D("1200.00"))
    assert {(each.trigger, each.before, each.after, each.customers) for each in found.states} == {
        ("drawn", "not fired", "fired", 1),
        ("overdue", "fired", "not fired", 1),
    }
    assert {(move.before, move.after) for move in found.moves} == {((), ("lower_limit",)), (("seal",), ())}


def test_impact_tells_why_in_the_words_of_the_policies(written: Written, six: Portfolio) -> None:
    found = {kind.title: kind.examples for kind in compared(written, six).kinds}
    (gained,) = found["lower_limit gained"]
    assert (gained.customer_id, gained.account_id, gained.line) == ("E", "E", 6)
    assert gained.why == (
        "rule R-2 holds now: drawn not fired → fired (utilisation >= high, utilisation = 0.85) "
        "because high 0.9 → 0.85"
    )
    (lost,) = found["seal lost"]
    assert "rule R-1 holds no longer: overdue fired → not fired" in lost.why
    assert lost.why.endswith("because late 60 → 90")
    assert [each.customer_id for each in found["lower_limit.new_limit changed"]] == ["D", "C"]
    assert found["lower_limit.new_limit changed"][0].why == "lower_limit is written anew"
    assert "drawn not fired → fired" in found["next review sooner"][0].why


def test_impact_names_every_part_that_differs(written: Written, six: Portfolio) -> None:
    found = compared(written, six).differences
    assert {(each.kind, each.name, each.change, each.before, each.after) for each in found} == {
        ("parameter", "high", "changed", "0.9", "0.85"),
        ("parameter", "late", "changed", "60", "90"),
        ("response", "lower_limit", "changed", "", ""),
    }


def test_impact_of_a_policy_on_itself_is_nothing(written: Written, many: Portfolio) -> None:
    found = impact(Variant(written()), Variant(written()), many)
    assert (found.decided, found.unchanged) == (80, 80)
    assert (found.differences, found.kinds, found.moves, found.values, found.states) == ((), (), (), (), ())


def test_impact_adds_up_to_the_population(written: Written, many: Portfolio) -> None:
    new = written("new", ("0.90", "0.30"), ("standard: 6 months", "standard: 4 months"))
    found = impact(Variant(written()), Variant(new), many, examples=3)
    assert found.decided == 80
    assert sum(move.customers for move in found.moves) == found.responses_changed > 0
    assert all(len(kind.examples) == min(kind.customers, 3) for kind in found.kinds)
    assert all(example.why for kind in found.kinds for example in kind.examples)
    back = impact(Variant(new), Variant(written()), many)
    turned = {"gained": "lost", "lost": "gained", "sooner": "later", "later": "sooner"}
    assert {(kind.change, kind.response, kind.customers) for kind in back.kinds} == {
        (turned.get(kind.change, kind.change), kind.response, kind.customers) for kind in found.kinds
    }


def test_a_rule_that_is_new_and_one_that_is_outranked_are_told(written: Written, six: Portfolio) -> None:
    new = written(
        "new",
        ("  - {id: R-2", "  - {id: R-3, if: overdue, then: [hold]}\n  - {id: R-2"),
        ("  lower_limit:\n", "  hold: {family: line, rank: 50}\n  lower_limit:\n"),
    )
    found = {kind.title: kind.examples for kind in impact(Variant(written()), Variant(new), six).kinds}
    assert {each.why for each in found["hold gained"]} == {"rule R-3 is new"}
    assert found["lower_limit lost"][0].why.startswith("after, hold outranks lower_limit")


def test_sweep_counts_hits_and_who_is_a_step_away(written: Written, six: Portfolio) -> None:
    values = tuple(D(value) for value in ("0.80", "0.85", "0.90", "0.95"))
    found = sweep(Variant(written()), [Axis("high", values, D("0.05"))], six)
    assert found.watched == ("drawn",)
    hits = {point.values[0]: (point.hits, point.near_misses, point.near_hits) for point in found.points}
    assert hits == {
        D("0.80"): (3, 0, 0),
        D("0.85"): (3, 0, 1),
        D("0.90"): (2, 1, 1),
        D("0.95"): (1, 1, 1),
    }
    now = found.points[2]
    assert now.present
    assert (now.adverse, now.balance, now.limit) == (3, D("2350.00"), D("3000.00"))
    assert (now.bad, now.bad_hits, now.bad_adverse, now.judged_adverse) == (2, 1, 2, 3)


def test_capture_and_rates_of_a_sweep_are_those_counted_by_hand(written: Written, six: Portfolio) -> None:
    values = tuple(D(value) for value in ("0.85", "0.90", "0.95"))
    found = sweep(Variant(written()), [Axis("high", values, D("0.05"))], six)
    rows = {row["high"]: row for row in sweep_findings(found).sheet("values").records()}
    # B and C went bad; C is drawn up to 0.90. Sealed or lowered are B, C, D, and E as well at 0.85.
    assert {value: (row["bad_hits"], row["capture"], row["adverse"]) for value, row in rows.items()} == {
        "0.85": (1, "0.5", 4),
        "0.90": (1, "0.5", 3),
        "0.95": (0, "0", 2),
    }
    # Of E it is not known what became of him: he is in no rate.
    assert [row["bad_rate"] for row in rows.values()] == ["0.666667", "0.666667", "0.5"]
    assert [row["balance"] for row in rows.values()] == ["3200.00", "2350.00", "1450.00"]
    # Who is drawn is reviewed after 30 days, the others after 181: from 30 September on.
    assert [row["review_days"] for row in rows.values()] == ["105.5", "130.666667", "155.833333"]
    beside = sweep_findings(found).sheet("responses_by_value")
    assert list(beside.records()) == [
        {"response": "lower_limit", "at_0.85": 3, "at_0.90": 2, "at_0.95": 1},
    ]


def test_what_is_lost_and_gained_is_counted_once_whatever_stays(written: Written, six: Portfolio) -> None:
    # F is referred, too; the limits of C, D and E are lowered at 0.85, and D stays sealed.
    found = impact(Variant(written("old", ("0.90", "1.00"))), Variant(written("new", ("0.90", "0.85"))), six)
    findings = impact_findings(found)
    assert list(findings.sheet("moves").records()) == [
        {"lost": "nothing", "gained": "lower_limit", "customers": 3, "balance": "2700.00"},
    ]
    assert {(row["before"], row["after"]) for row in findings.sheet("response_sets").records()} == {
        ("nothing", "lower_limit"),
        ("seal", "lower_limit, seal"),
    }


def test_why_hides_what_facts_tell_of_who_somebody_is(written: Written, six: Portfolio) -> None:
    named = (
        ("facts:\n", "facts:\n  who: {type: string, is: account.account_id}\n"),
        ("account.days_past_due >= late", 'account.days_past_due >= late and who != "Z"'),
    )
    policies = (Variant(written("old", *named)), Variant(written("new", *named, ("value: 60", "value: 90"))))
    told = [impact(*policies, six, show=show).kinds[0].examples[0] for show in ((), ("accounts",))]
    assert [each.customer_id for each in told] == ["B", "B"]
    assert "who = •••)" in told[0].why
    assert "who = B)" in told[1].why


def test_sweep_at_the_present_value_is_the_simulation(written: Written, many: Portfolio) -> None:
    found = sweep(Variant(written()), [Axis("late", (D(30), D(60)), None)], many)
    (point,) = (each for each in found.points if each.present)
    simulated = simulate(written(), many).report
    assert dict(point.responses) == {line.name: line.customers for line in simulated.responses}
    groups = {line.name: line for line in simulated.groups}
    assert point.adverse == groups["an adverse response"].customers
    assert point.responded == 80 - groups["no response called for"].customers


def test_a_grid_has_every_combination_and_a_cap(written: Written, six: Portfolio) -> None:
    axes = [Axis("late", (D(30), D(60)), D(30)), Axis("high", (D("0.8"), D("0.9")), D("0.1"))]
    found = sweep(Variant(written()), axes, six)
    assert found.watched == ("drawn", "overdue")
    assert [point.values for point in found.points] == [
        (D(30), D("0.8")),
        (D(30), D("0.9")),
        (D(60), D("0.8")),
        (D(60), D("0.9")),
    ]
    many_values = tuple(D(value) for value in range(1, 12))
    with pytest.raises(TooManyPoints, match="121 combinations"):
        sweep(Variant(written()), [Axis("late", many_values), Axis("high", many_values)], six)


def test_a_value_that_the_policy_cannot_have_is_a_problem(written: Written, six: Portfolio) -> None:
    for name, value, code in (("lat", "1", "PR0323"), ("late", "0.5", "PR0317")):
        with pytest.raises(RuleSetInvalid) as caught:
            sweep(Variant(written()), [Axis(name, (D(value),))], six)
        assert [each.code for each in caught.value.problems] == [code]
    often = written(
        "often",
        ("standard: 6 months", "standard: pause"),
        ("parameters:\n", "parameters:\n  pause: {type: months, value: 6}\n"),
    )
    with pytest.raises(RuleSetInvalid, match="PR0501"):
        sweep(Variant(often), [Axis("pause", (D(0), D(1)), D(1))], six)
    # One step beyond the ends may be impossible: then nobody is near there.
    found = sweep(Variant(often), [Axis("pause", (D(1), D(2)), D(1))], six)
    assert found.invalid == ((D(0),),)


def test_several_policies_are_decided_in_one_pass_over_the_file(written: Written, six: Portfolio) -> None:
    variants = [Variant(written()), Variant(written(), values=(("late", D(90)),))]
    with book() as found:
        decide_into(found, variants, six)
        seals = [
            {line.name: line.customers for line in report_of(found, variant.policy(), variant=at).responses}[
                "seal"
            ]
            for at, variant in enumerate(variants)
        ]
    assert seals == [2, 1]


def test_what_cannot_be_read_is_in_none_of_the_counts(written: Written, tmp_path: Path) -> None:
    data = tmp_path / "bad.jsonl"
    data.write_text(json.dumps({"as_of": 1}) + "\n", encoding="utf-8")
    found = impact(Variant(written()), Variant(written()), Portfolio(data))
    assert (found.decided, found.refused) == (0, 1)
    assert simulate(written(), Portfolio(data)).report.groups[0].customers == 0


def test_columns_are_decided_as_lines_are(written: Written, many: Portfolio, tmp_path: Path) -> None:
    lines = many.data.read_text(encoding="utf-8").splitlines()
    columns = tmp_path / "many.parquet"
    pq.write_table(pa.Table.from_batches([table_of([Snapshot.from_json(each) for each in lines])]), columns)
    there = Portfolio(columns)
    assert (there.size(), Portfolio(columns, limit=7).size()) == (80, 7)
    first, second = (simulate(written(), portfolio).report for portfolio in (many, there))
    assert first == second
    together = simulate(written(), Portfolio(columns), workers=2).report
    assert together == first


def test_sql_decides_as_python_does(written: Written, six: Portfolio, many: Portfolio) -> None:
    for portfolio in (six, many):
        alone, by_sql = (
            simulate(written(), portfolio, by_sql=sql, by=["utilisation"]) for sql in (False, True)
        )
        assert by_sql.report == alone.report
    alone_impact, by_sql_impact = (
        impact(Variant(written()), Variant(written("new", *NEW)), six, by_sql=sql) for sql in (False, True)
    )
    assert by_sql_impact == alone_impact


def test_a_folder_of_columns_is_one_portfolio(written: Written, many: Portfolio, tmp_path: Path) -> None:
    lines = [Snapshot.from_json(line) for line in many.data.read_text(encoding="utf-8").splitlines()]
    folder = tmp_path / "parts"
    folder.mkdir()
    for at in (0, 40):
        part = pa.Table.from_batches([table_of(lines[at : at + 40])])
        pq.write_table(part, folder / f"part-{at:02}.parquet")
    whole = simulate(written(), many).report
    assert simulate(written(), Portfolio(folder)).report == whole
    assert simulate(written(), Portfolio(folder), by_sql=True).report == whole
