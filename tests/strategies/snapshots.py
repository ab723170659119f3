"""Random snapshots that a reader accepts: every record, every field, known and unknown.

`snapshots()` draws whole snapshots; `from_catalogue` fills any record from its description, so that a new field is
drawn the day it is described.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from postloan_rules.snapshot import Snapshot
from postloan_rules.snapshot.catalogue import FieldInfo, records
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["snapshot_data", "snapshots"]

AS_OF = date(2026, 11, 30)
ACCOUNT_IDS = ("A-1", "A-2", "A-3")
_WORDS = ("north", "direct_debit", "CC-010", "王小明", "score 9", "x")
_PROFILE = st.sampled_from("0123456BDCN*#/").map(str)
_SOFT = ("account_review", "post_loan_management", "own_request")

Data = dict[str, Any]


def days(first: date = date(2024, 1, 1), last: date = AS_OF) -> st.SearchStrategy[date]:
    return st.dates(min_value=min(first, last), max_value=last)


def amounts(currency: str, *, signed: bool) -> st.SearchStrategy[Decimal]:
    """Amounts of the currency; small ones, zero and the thresholds of round numbers come often."""
    digits = minor_digits(currency)
    low = -(10**6) if signed else 0
    units = st.one_of(
        st.integers(low, 10**6),
        st.sampled_from([0, 1, 99, 100, 10_000, 500_000, 10**14]),
        st.integers(0, 300).map(lambda hundreds: hundreds * 10_000),
    )
    return units.map(lambda minor: Decimal(minor).scaleb(-digits))


def _scalar(item: FieldInfo, currency: str) -> st.SearchStrategy[Any]:
    match item.kind:
        case "money":
            return amounts(currency, signed=item.minimum is None).map(str_or_int)
        case "rate" | "ratio":
            return st.integers(0, 3650).map(lambda tenths: str(Decimal(tenths).scaleb(-4)))
        case "days":
            return st.one_of(
                st.sampled_from([0, 0, 1, 29, 30, 31, 59, 60, 89, 90, 91, 180]), st.integers(0, 400)
            )
        case "months" | "count" | "number":
            low = max(item.minimum or 0, 0)
            return st.integers(low, min(item.maximum or 900, 900))
        case "date":
            return days(last=AS_OF + timedelta(days=400) if item.future else AS_OF).map(date.isoformat)
        case "date-time":
            return st.times().map(lambda moment: datetime.combine(AS_OF, moment).isoformat())
        case "boolean":
            return st.booleans()
        case "string":
            return st.one_of(
                st.sampled_from(_WORDS), st.text("abcXYZ09 _-.王", min_size=1, max_size=8).filter(_plain)
            )
        case "enumeration":
            return st.sampled_from(item.members)
        case "record":
            return from_catalogue(item.record or "", currency)


def _plain(text: str) -> bool:
    return text == text.strip()


def str_or_int(amount: Decimal) -> str | int:
    return int(amount) if amount == int(amount) and amount % 2 else format(amount, "f")


@cache
def _field(item: FieldInfo, currency: str) -> st.SearchStrategy[Any]:
    scalar = _scalar(item, currency)
    if not item.many:
        return scalar
    if item.record is None:
        return st.lists(scalar, max_size=3, unique=True)
    # Lists that are empty say little; they come about once in five.
    return st.integers(0, 4).flatmap(
        lambda some: st.lists(scalar, min_size=min(some, 1), max_size=2 * min(some, 1))
    )


@cache
def from_catalogue(name: str, currency: str) -> st.SearchStrategy[Data]:
    """A record with each field known or unknown, its parts in agreement with each other."""
    info = records()[name]
    optional = sum(item.optional for item in info.fields)
    tidy = TIDY.get(name, _as_it_is)

    @st.composite
    def record(draw: st.DrawFn) -> Data:
        data: Data = {}
        # One byte says of each optional field whether it is absent, null or known: one draw instead of many.
        presence = iter(draw(st.binary(min_size=optional, max_size=optional)))
        for item in info.fields:
            if item.optional:
                known = next(presence) % 8
                if known == 1:
                    data[item.name] = None
                if known < 2:
                    continue
            data[item.name] = draw(_field(item, currency))
        if info.has_attributes and draw(st.booleans()):
            data["attributes"] = draw(attributes())
        return tidy(draw, data)

    return record()


@cache
def attributes() -> st.SearchStrategy[Data]:
    """Named scalars of every kind that an attribute may have."""
    values = st.one_of(
        st.none(), st.booleans(), st.integers(-(10**6), 10**6), st.sampled_from((*_WORDS, "0.30", ""))
    )
    return st.dictionaries(st.sampled_from(("months_without_salary", "income_drop", "branch", "n")), values)


def _as_it_is(_draw: st.DrawFn, data: Data) -> Data:
    return data


def _number(data: list[Data], name: str, prefix: str) -> None:
    for index, record in enumerate(data):
        record[name] = f"{prefix}-{index + 1}"


def _not_before(data: Data, later: str, earlier: str | None) -> None:
    """Drop a day that lies before one that it must follow."""
    if earlier is not None and data.get(later) is not None and data[later] < earlier:
        del data[later]


def _account(_draw: st.DrawFn, data: Data) -> Data:
    opened = data.get("date_opened")
    for name in (
        "date_closed",
        "date_of_first_delinquency",
        "block_since",
        "forborne_since",
        "charged_off_on",
    ):
        _not_before(data, name, opened)
    for name, day in (("statements", "cycle_end"), ("payments", "posted_on"), ("instalments", "start")):
        if data.get(name):
            data[name] = [record for record in data[name] if opened is None or record[day] >= opened]
    if data.get("statements"):
        data["statements"] = list({record["cycle_end"]: record for record in data["statements"]}.values())
    if data.get("instalments"):
        _number(data["instalments"], "plan_id", "P")
    if data["days_past_due"] == 0:
        data.pop("amount_past_due", None)
    return data


def _statement(_draw: st.DrawFn, data: Data) -> Data:
    _not_before(data, "due_date", data["cycle_end"])
    return data


def _payment(_draw: st.DrawFn, data: Data) -> Data:
    parts = [
        data[name] for name in ("principal_part", "interest_part", "fee_part") if data.get(name) is not None
    ]
    data["amount"] = str(max(Decimal(data["amount"]), sum(map(Decimal, parts), Decimal(0))))
    return data


def _tradeline(draw: st.DrawFn, data: Data) -> Data:
    _not_before(data, "date_closed", data["date_opened"])
    if data.get("payment_history_profile") is not None:
        size = draw(st.sampled_from((24, 60)))
        data["payment_history_profile"] = "".join(draw(st.lists(_PROFILE, min_size=size, max_size=size)))
    return data


def _inquiry(_draw: st.DrawFn, data: Data) -> Data:
    if data.get("reason") in _SOFT:
        data["hard"] = False
    return data


def _report(_draw: st.DrawFn, data: Data) -> Data:
    pulled = data["pulled_on"]
    for line in data.get("tradelines") or ():
        line["date_opened"] = min(line["date_opened"], pulled)
        if line.get("date_closed") is not None:
            line["date_closed"] = min(line["date_closed"], pulled)
    for inquiry in data.get("inquiries") or ():
        inquiry["inquired_on"] = min(inquiry["inquired_on"], pulled)
    for finding in data.get("public_records") or ():
        finding["filed_on"] = min(finding["filed_on"], pulled)
        if finding.get("resolved_on") is not None:
            finding["resolved_on"] = min(finding["resolved_on"], pulled)
    return data


def _finding(_draw: st.DrawFn, data: Data) -> Data:
    _not_before(data, "resolved_on", data["filed_on"])
    return data


def _event(_draw: st.DrawFn, data: Data) -> Data:
    _not_before(data, "recorded_on", data["occurred_on"])
    if data.get("occurred_at") is not None:
        moment = datetime.fromisoformat(data["occurred_at"]).time()
        data["occurred_at"] = datetime.combine(date.fromisoformat(data["occurred_on"]), moment).isoformat()
    return data


def _complaint(_draw: st.DrawFn, data: Data) -> Data:
    _not_before(data, "resolved_on", data["opened_on"])
    _not_before(data, "legal_deadline", data["opened_on"])
    if data.get("resolved_on") is not None and data["status"] == "open":
        data["status"] = "resolved"
    return data


def _review(_draw: st.DrawFn, data: Data) -> Data:
    _not_before(data, "next_due", data["reviewed_on"])
    _not_before(data, "notice_due", data["reviewed_on"])
    return data


def _taken(_draw: st.DrawFn, data: Data) -> Data:
    _not_before(data, "cool_down_until", data["taken_on"])
    return data


TIDY: Mapping[str, Callable[[st.DrawFn, Data], Data]] = {
    "Account": _account,
    "Statement": _statement,
    "Payment": _payment,
    "Tradeline": _tradeline,
    "Inquiry": _inquiry,
    "BureauReport": _report,
    "PublicRecord": _finding,
    "Event": _event,
    "Complaint": _complaint,
    "Review": _review,
    "TakenResponse": _taken,
}
"""What makes the parts of a record agree with each other."""


@st.composite
def snapshot_data(draw: st.DrawFn, currencies: tuple[str, ...] = ("CNY", "USD", "JPY", "KWD")) -> Data:
    """A snapshot as JSON values; lists in any order, amounts as texts or integers, unknown as absent or null."""
    currency = draw(st.sampled_from(currencies))
    data = draw(from_catalogue("Snapshot", currency))
    data |= {"as_of": AS_OF.isoformat(), "currency": currency}
    data["accounts"] = data["accounts"][: len(ACCOUNT_IDS)]
    _number(data["accounts"], "account_id", "A")
    for name, prefix in (("events", "E"), ("complaints", "K"), ("reviews", "R")):
        _number(data[name], "id", prefix)
    known = [account["account_id"] for account in data["accounts"]]
    responses = [response for review in data["reviews"] for response in review["responses"]]
    for record in (*data["events"], *data["reviews"], *responses):
        record["account_id"] = draw(st.sampled_from([None, *known]))
    by_source = {(report["source"], report["pulled_on"]): report for report in data["bureau_reports"]}
    data["bureau_reports"] = list(by_source.values())
    return data


def snapshots(currencies: tuple[str, ...] = ("CNY", "USD", "JPY", "KWD")) -> st.SearchStrategy[Snapshot]:
    """Snapshots that a reader accepts, with every record and with unknown fields."""
    return snapshot_data(currencies).map(Snapshot.from_dict)
