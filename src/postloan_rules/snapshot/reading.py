"""From JSON to a snapshot, strictly: everything that is wrong is found at once, each with its path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, NoReturn

from postloan_rules.limits import LIMITS, Limits
from postloan_rules.problems import Problem, did_you_mean
from postloan_rules.snapshot.consistency import contradictions
from postloan_rules.snapshot.currency import CURRENCIES, minor_digits
from postloan_rules.snapshot.decoding import Repeated, decode
from postloan_rules.snapshot.draft import Draft
from postloan_rules.snapshot.errors import SnapshotInvalid
from postloan_rules.snapshot.place import ROOT, Place
from postloan_rules.snapshot.refusal import Refusal, found
from postloan_rules.snapshot.shape import FieldInfo, RecordInfo, shape_of
from postloan_rules.snapshot.values import read_attribute, read_text, read_value, too_long

if TYPE_CHECKING:
    from attrs import AttrsInstance

__all__ = ["read_data", "read_text_as"]

LONGEST_LIST = LIMITS.list_members
_MOST_PROBLEMS = 1_000
_MOST_DIGITS = 3
_CURRENCY_SLIPS = {"RMB": "CNY", "CNH": "CNY", "YUAN": "CNY", "NTD": "TWD", "EURO": "EUR", "UKP": "GBP"}


def read_text_as(root: type[AttrsInstance], text: str | bytes, limits: Limits = LIMITS) -> AttrsInstance:
    """The record that a JSON text holds.

    Raises:
        SnapshotInvalid: with every problem that was found.
    """
    data = decode(text, limits)
    if isinstance(data, Problem):
        raise SnapshotInvalid((data,))
    return read_data(root, data, limits)


def read_data(root: type[AttrsInstance], data: object, limits: Limits = LIMITS) -> AttrsInstance:
    """The record that decoded JSON holds.

    Raises:
        SnapshotInvalid: with every problem that was found.
    """
    reader = _Reader(shape_of(root), limits)
    draft = reader.root(data, root.__name__)
    if draft is not None:
        for place, refusal in contradictions(draft):
            reader.refuse(place, refusal)
    if draft is None or reader.problems:
        raise SnapshotInvalid(reader.in_order())
    return draft.build()


class _Reader:
    """Reads records by their description and gathers what is wrong with them."""

    def __init__(self, shape: Mapping[str, RecordInfo], limits: Limits) -> None:
        self.shape = shape
        self.limits = limits
        self.records = 0
        self.problems: list[tuple[Place, Problem]] = []
        self.as_of: date | None = None
        self.digits = _MOST_DIGITS

    def refuse(self, place: Place, refusal: Refusal) -> None:
        """Note a problem at a place."""
        problem = Problem(refusal.code, refusal.message, help=refusal.help, path=place.path)
        self.problems.append((place, problem))
        if len(self.problems) == _MOST_PROBLEMS:
            # Whoever sends something that is no snapshot at all must not keep the service busy for minutes.
            raise SnapshotInvalid(self.in_order())

    def in_order(self) -> Iterable[Problem]:
        """The problems by place."""
        ordered = sorted(self.problems, key=lambda pair: (pair[0].order, pair[1].code, pair[1].message))
        return (problem for _, problem in ordered)

    def root(self, data: object, name: str) -> Draft | None:
        """The outermost record; its day and currency first, since all the rest is judged by them."""
        info = self.shape[name]
        if isinstance(data, Mapping):
            as_of = read_value(data.get("as_of"), info.by_name["as_of"], 0)
            self.as_of = as_of if isinstance(as_of, date) else None
            currency = data.get("currency")
            if isinstance(currency, str) and currency in CURRENCIES:
                self.digits = minor_digits(currency)
        draft = self.record(data, info, ROOT)
        if (
            draft is not None
            and (currency := draft.text("currency")) is not None
            and currency not in CURRENCIES
        ):
            self.refuse(ROOT / "currency", _no_currency(currency))
        return draft

    def record(self, data: object, info: RecordInfo, place: Place) -> Draft | None:
        """What can be read of a record."""
        if not isinstance(data, Mapping):
            advice = (
                "a snapshot is one object for one customer; give each customer's by itself"
                if place is ROOT
                else ""
            )
            message = f"expected an object with the fields of {info.a_noun}, found {found(data)}"
            self.refuse(place, Refusal("PR0705", message, advice))
            return None
        self.records += 1
        if self.records > self.limits.records:
            self.too_many_records(place)
        if isinstance(data, Repeated):
            for key in data.twice:
                self.refuse(
                    place / key, Refusal("PR0704", f"the key {found(key)} stands twice", "keep one of them")
                )
        values: dict[str, object] = {}
        for item in info.fields:
            self.field(data, item, place, values)
        if info.has_attributes and data.get("attributes") is not None:
            values["attributes"] = self.attributes(data["attributes"], place / "attributes")
        for key in data:
            if key not in info.by_name and not (info.has_attributes and key == "attributes"):
                self.refuse(place / str(key), self.unknown_field(key, info))
        return Draft(info, place, values)

    def too_many_records(self, place: Place) -> NoReturn:
        """Stop at the first record past those that are taken."""
        message = f"the snapshot has more than {self.limits.records:,} records, the most that are taken"
        self.refuse(place, Refusal("PR1005", message, "leave out what lies years back"))
        raise SnapshotInvalid(self.in_order())

    def field(
        self, data: Mapping[str, object], item: FieldInfo, place: Place, values: dict[str, object]
    ) -> None:
        """Read one field of a record into its values."""
        value = data.get(item.name)
        if value is None:
            if item.optional:
                values[item.name] = None
                return
            what = "is null" if item.name in data else "is missing"
            advice = "write [] if there are none" if item.many else item.meaning[0].lower() + item.meaning[1:]
            self.refuse(place / item.name, Refusal("PR0707", f"`{item.name}` is required and {what}", advice))
            return
        result = (
            self.members(value, item, place / item.name)
            if item.many
            else self.one(value, item, place, item.name)
        )
        if result is not None:
            values[item.name] = result

    def one(self, value: object, item: FieldInfo, parent: Place, key: str | int) -> object | None:
        """One value of a field, or nothing if it cannot be read."""
        if item.record is not None:
            return self.record(value, self.shape[item.record], parent / key)
        result = read_value(value, item, self.digits)
        if isinstance(result, Refusal):
            self.refuse(parent / key, result)
            return None
        if isinstance(result, str) and len(result) > self.limits.text_length:
            self.refuse(parent / key, too_long(result, self.limits.text_length))
            return None
        if isinstance(result, date) and not item.future and self.as_of is not None:
            day = result.date() if isinstance(result, datetime) else result
            if day > self.as_of:
                message = f"{found(result)} is after the snapshot's `as_of`, {found(self.as_of)}"
                self.refuse(
                    parent / key, Refusal("PR0717", message, "a snapshot holds what was known on its day")
                )
        return result

    def members(self, value: object, item: FieldInfo, place: Place) -> list[object] | None:
        """The members of a list that can be read, or nothing if it is no list."""
        if isinstance(value, str | bytes) or not isinstance(value, list | tuple):
            advice = "put it between `[` and `]`" if item.record is None or isinstance(value, Mapping) else ""
            self.refuse(place, Refusal("PR0705", f"expected a list, found {found(value)}", advice))
            return None
        most = self.limits.list_members
        if len(value) > most:
            message = f"the list has {len(value):,} members, and at most {most:,} are taken"
            self.refuse(place, Refusal("PR0703", message, "leave out what lies years back"))
            return None
        read = [self.one(member, item, place, index) for index, member in enumerate(value)]
        self.same(read, item, place)
        return [member for member in read if member is not None]

    def same(self, members: list[object | None], item: FieldInfo, place: Place) -> None:
        """Find records with the same identifier, and values that stand twice in a set."""
        name = self.identifier(item)
        if item.record is not None and not name:
            return
        seen: dict[object, int] = {}
        for index, member in enumerate(members):
            key = member.values.get(name) if isinstance(member, Draft) else member
            if key is None:
                continue
            first = seen.setdefault(key, index)
            if first == index:
                continue
            if isinstance(member, Draft):
                message = f"{found(key)} is the `{name}` of {place.path}[{first}], too"
                self.refuse(place / index / name, Refusal("PR0716", message, "each has its own"))
            else:
                self.refuse(
                    place / index, Refusal("PR0716", f"{found(key)} stands twice", "keep one of them")
                )

    def identifier(self, item: FieldInfo) -> str:
        """The field that tells a list's records apart, if there is any."""
        if item.record is None:
            return ""
        return next((part.name for part in self.shape[item.record].fields if part.identifier), "")

    def attributes(self, data: object, place: Place) -> dict[str, object]:
        """The named scalars that can be read."""
        if not isinstance(data, Mapping):
            self.refuse(place, Refusal("PR0705", f"expected an object of named values, found {found(data)}"))
            return {}
        most = self.limits.list_members
        if len(data) > most:
            message = f"there are {len(data):,} attributes, and at most {most:,} are taken"
            self.refuse(place, Refusal("PR0703", message, "give those that the policy declares as inputs"))
            return {}
        if isinstance(data, Repeated):
            for key in data.twice:
                self.refuse(
                    place / key, Refusal("PR0704", f"the key {found(key)} stands twice", "keep one of them")
                )
        values: dict[str, object] = {}
        for key, value in data.items():
            name = read_text(key)
            result = read_attribute(value)
            for text in (name, result):
                if isinstance(text, str) and len(text) > self.limits.text_length:
                    result = too_long(text, self.limits.text_length)
            if isinstance(name, Refusal):
                self.refuse(place / str(key), Refusal(name.code, f"the name of an attribute: {name.message}"))
            elif isinstance(result, Refusal):
                self.refuse(place / str(key), result)
            else:
                values[str(name)] = result
        return values

    def unknown_field(self, key: object, info: RecordInfo) -> Refusal:
        """What to say of a key that names no field."""
        message = f"{info.a_noun} has no field {found(key)}"
        name = str(key)
        for item in info.fields:
            if item.record is not None and not item.many and name in self.shape[item.record].by_name:
                return Refusal("PR0706", message, f"write it inside `{item.name}`")
        advice = did_you_mean(name[:60], [item.name for item in info.fields], what="its fields")
        if not advice.startswith("did") and info.has_attributes:
            advice = f"what the snapshot does not describe goes into `attributes`; {advice}"
        return Refusal("PR0706", message, advice)


def _no_currency(text: str) -> Refusal:
    message = f"{found(text)} is not the code of a currency"
    upper = text.strip().upper()
    slip = _CURRENCY_SLIPS.get(upper, upper if upper in CURRENCIES else None)
    advice = f"did you mean `{slip}`?" if slip else 'write the three letters of ISO 4217, for example "CNY"'
    return Refusal("PR0715", message, advice)
