"""From YAML to a mapping of columns, typed by the snapshot's catalogue and checked as it is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, field

from postloan_rules.analysis.placed import placed, plain
from postloan_rules.policy.files import load_file
from postloan_rules.policy.reader import Node, Scalar, Section
from postloan_rules.policy.reading import Reading
from postloan_rules.portfolio.mapping import ColumnMapping, MappingInvalid, Outcome
from postloan_rules.portfolio.template import (
    Cell,
    Constant,
    Member,
    MonthEnd,
    Record,
    Records,
    Template,
    Unless,
    columns,
)
from postloan_rules.problems import Problem, Text, did_you_mean
from postloan_rules.snapshot import catalogue
from postloan_rules.snapshot.currency import CURRENCIES, minor_digits
from postloan_rules.snapshot.refusal import Refusal
from postloan_rules.snapshot.values import read_attribute, read_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal
    from pathlib import Path

    from postloan_rules.policy.reader import Entry
    from postloan_rules.problems import Span
    from postloan_rules.snapshot.catalogue import FieldInfo, RecordInfo

__all__ = ["load_mapping"]

_FILE = (
    "mapping",
    "note",
    "source",
    "delimiter",
    "unknown",
    "exponents",
    "codes",
    "outcomes",
    "leave_out",
    "snapshot",
)
_CELL = ("column", "codes", "scale", "month_end")
_REPEATED = ("for", "record", "unless")
_DELIMITERS = {",": ",", ";": ";", "|": "|", "tab": "\t"}
_SCALED = ("money", "ratio", "rate", "days", "months", "count", "number")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_MOST_DIGITS = 3
_MOST_MONTHS = 1200

Variables = dict[str, str]


def load_mapping(path: Path) -> ColumnMapping:
    """The mapping in a YAML file.

    Raises:
        MappingInvalid: with every problem found, each with its place.
    """
    reading = Reading()
    if path.is_dir():
        problem = Problem("PR0620", "a mapping is one file, and this is a folder", path=path.as_posix())
        raise MappingInvalid([problem])
    document = load_file(path, reading)
    if document is None or document[1] is None or reading.problems:
        raise MappingInvalid(
            reading.problems or [Problem("PR0620", "the file is empty", path=path.as_posix())]
        )
    mapping = _Reader(reading).mapping(document[1])
    if mapping is None or reading.problems:
        raise MappingInvalid(reading.problems)
    return mapping


@define
class _Reader:
    """One run over a mapping."""

    reading: Reading
    codes: dict[str, dict[str, Scalar]] = field(factory=dict)
    digits: int = _MOST_DIGITS

    def mapping(self, node: Node) -> ColumnMapping | None:
        """The whole mapping; mistakes are noted."""
        entries = self.reading.section(node, "a mapping", _FILE, ("mapping", "snapshot"))
        if "snapshot" not in entries or "mapping" not in entries:
            return None
        if "codes" in entries:
            for entry in self.reading.entries(entries["codes"].value, "`codes`"):
                self.codes[entry.key.value] = self._table(entry.value, f"`{entry.key.value}`")
        snapshot = self._root(entries["snapshot"].value)
        outcomes = dict(self._outcomes(entries))
        left_out = dict(self._left_out(entries))
        self._once(snapshot, outcomes, left_out)
        unknown = self._texts(entries["unknown"].value, "`unknown`") if "unknown" in entries else frozenset()
        return ColumnMapping(
            name=self.reading.text(entries["mapping"].value, "`mapping`"),
            snapshot=snapshot,
            outcomes=outcomes,
            left_out=left_out,
            unknown=unknown,
            delimiter=self._delimiter(entries),
            exponents="exponents" in entries
            and self.reading.flag(entries["exponents"].value, "`exponents`") is True,
            source=node.span.source,
        )

    def _delimiter(self, entries: Mapping[str, Entry]) -> str:
        if "delimiter" not in entries:
            return ","
        text = self.reading.text(entries["delimiter"].value, "`delimiter`")
        if text not in _DELIMITERS:
            span = entries["delimiter"].value.span
            help_ = 'write ",", ";", "|" or tab'
            self.reading.note("PR0621", f"`{text}` can't stand between the columns", span, help_)
        return _DELIMITERS.get(text, ",")

    def _texts(self, node: Node, what: str) -> frozenset[str]:
        """A list of the texts that cells hold."""
        return frozenset(text for text, _ in self.reading.names(node, what))

    def _outcomes(self, entries: Mapping[str, Entry]) -> Iterator[tuple[str, Outcome]]:
        if "outcomes" not in entries:
            return
        for entry in self.reading.entries(entries["outcomes"].value, "`outcomes`"):
            name = entry.key.value
            keys = ("column", "bad", "good", "note")
            parts = self.reading.section(
                entry.value, f"the outcome `{name}`", keys, ("column", "bad", "good")
            )
            if not all(key in parts for key in ("column", "bad", "good")):
                continue
            bad = self._texts(parts["bad"].value, "`bad`")
            good = self._texts(parts["good"].value, "`good`")
            if bad & good:
                both = ", ".join(f"`{text}`" for text in sorted(bad & good))
                self.reading.note("PR0629", f"{both} can't be both bad and good", parts["good"].value.span)
            column = self.reading.text(parts["column"].value, "`column`")
            yield name, Outcome(name, column, bad, good, parts["column"].value.span)

    def _left_out(self, entries: Mapping[str, Entry]) -> Iterator[tuple[str, Span]]:
        if "leave_out" not in entries:
            return
        for entry in self.reading.entries(entries["leave_out"].value, "`leave_out`"):
            self.reading.text(entry.value, f"the reason for leaving out `{entry.key.value}`")
            yield entry.key.value, entry.key.span

    def _once(self, snapshot: Record, outcomes: Mapping[str, Outcome], left_out: Mapping[str, Span]) -> None:
        """What is left out is not read, and what became of a customer is not known on the day."""
        read = dict(columns(snapshot))
        for name, span in left_out.items():
            if name in read:
                message = f"`{name}` is left out here and read at line {read[name].line}"
                self.reading.note("PR0630", message, span, "keep one of the two")
        for outcome in outcomes.values():
            if outcome.column in read:
                message = f"`{outcome.column}` is an outcome, and the snapshot reads it"
                help_ = "a policy must not see what became of the customer afterwards"
                self.reading.note("PR0630", message, read[outcome.column], help_)
            if outcome.column in left_out:
                message = f"`{outcome.column}` is left out and is the outcome `{outcome.name}`"
                self.reading.note("PR0630", message, left_out[outcome.column], "delete it here")

    # The snapshot

    def _root(self, node: Node) -> Record:
        if isinstance(node, Section):
            for entry in node.entries:
                if entry.key.value == "currency" and isinstance(entry.value, Scalar):
                    self._currency(entry.value)
        return self._record(node, catalogue.records()["Snapshot"], "the snapshot", {})

    def _currency(self, scalar: Scalar) -> None:
        if scalar.value in CURRENCIES:
            self.digits = minor_digits(scalar.value)
            return
        help_ = did_you_mean(scalar.value, sorted(CURRENCIES), what="such as")
        self.reading.note("PR0715", f"`{scalar.value}` is no code of a currency", scalar.span, help_)

    def _record(self, node: Node, info: RecordInfo, what: str, variables: Variables) -> Record:
        fields: dict[str, Template] = {}
        for entry in self.reading.entries(node, what):
            name = entry.key.value
            if name == "attributes" and info.has_attributes:
                fields[name] = self._attributes(entry.value, variables)
                continue
            item = info.by_name.get(name)
            if item is None:
                help_ = did_you_mean(name, list(info.by_name), what="its fields are")
                self.reading.note("PR0622", f"{what} has no field `{name}`", entry.key.span, help_)
                continue
            template = self._field(entry.value, item, variables)
            if template is not None:
                fields[name] = template
        if isinstance(node, Section):
            written = {entry.key.value for entry in node.entries}
            for item in info.fields:
                if not item.optional and item.name not in written:
                    example = "[]" if item.many else "..."
                    help_ = f"add a line `{item.name}: {example}`"
                    self.reading.note("PR0623", f"{what} lacks `{item.name}`", node.span, help_)
        return Record(fields)

    def _attributes(self, node: Node, variables: Variables) -> Record:
        fields: dict[str, Template] = {}
        for entry in self.reading.entries(node, "`attributes`"):
            template = self._scalar(entry.value, None, entry.key.value, variables)
            if template is not None:
                fields[entry.key.value] = template
        return Record(fields)

    def _field(self, node: Node, item: FieldInfo, variables: Variables) -> Template | None:
        if item.record is None:
            if item.many:
                return self._values(node, item)
            return self._scalar(node, item, item.name, variables)
        info = catalogue.records()[item.record]
        if not item.many:
            return self._record(node, info, f"`{item.name}`", variables)
        if isinstance(node, Section):
            return self._repeated(node, item, info)
        members = self.reading.items(node, f"`{item.name}`")
        records = (self._record(each, info, f"a record of `{item.name}`", variables) for each in members)
        return Records(tuple(Member(record, None) for record in records))

    def _values(self, node: Node, item: FieldInfo) -> Constant | None:
        """A set of constants; no column holds a set."""
        found = []
        for each in self.reading.items(node, f"`{item.name}`"):
            constant = self._constant(each, item, item.name)
            if constant is not None:
                found.append(constant.value)
        return Constant(found)

    def _repeated(self, node: Section, item: FieldInfo, info: RecordInfo) -> Records | None:
        """The same record several times over, with other columns each time."""
        what = f"`{item.name}`"
        parts = self.reading.section(node, what, _REPEATED, ("for", "record"))
        if "for" not in parts or "record" not in parts:
            return None
        members = []
        first: set[str] | None = None
        for each in self.reading.items(parts["for"].value, f"`for` of {what}"):
            variables = self._variables(each)
            first = first if first is not None else set(variables)
            if set(variables) != first:
                named = ", ".join(f"`{name}`" for name in sorted(first))
                help_ = "give each member of `for` the same names"
                self.reading.note("PR0624", f"the first member of `for` sets {named}", each.span, help_)
                continue
            before = len(self.reading.problems)
            record = self._record(parts["record"].value, info, f"a record of {what}", variables)
            unless = self._unless(parts["unless"], variables) if "unless" in parts else None
            members.append(Member(record, unless))
            if len(self.reading.problems) > before:
                break  # the next members would say the same again
        return Records(tuple(members))

    def _variables(self, node: Node) -> Variables:
        found: Variables = {}
        for entry in self.reading.entries(node, "a member of `for`"):
            found[entry.key.value] = self.reading.text(entry.value, f"`{entry.key.value}`")
        return found

    def _unless(self, entry: Entry, variables: Variables) -> Unless | None:
        parts = self.reading.section(entry.value, "`unless`", ("column", "is"), ("column", "is"))
        if "column" not in parts or "is" not in parts:
            return None
        column = self._filled(parts["column"].value, "`column`", variables)
        texts = self._texts(parts["is"].value, "`is`")
        return Unless(column, texts, parts["column"].value.span)

    def _filled(self, node: Node, what: str, variables: Variables) -> str:
        """A text with the values of `for` in the place of `{names}`."""
        text = self.reading.text(node, what)
        for name in _PLACEHOLDER.findall(text):
            if name not in variables:
                help_ = did_you_mean(name, list(variables), what="`for` sets") if variables else ""
                message = f"`{{{name}}}` stands for nothing here"
                self.reading.note("PR0624", message, node.span, help_ or "names are set by `for` of a list")
        return _PLACEHOLDER.sub(lambda match: variables.get(match[1], ""), text)

    def _scalar(
        self, node: Node, item: FieldInfo | None, name: str, variables: Variables
    ) -> Cell | MonthEnd | Constant | None:
        if not isinstance(node, Section):
            return self._constant(node, item, name, variables)
        parts = self.reading.section(node, f"`{name}`", _CELL)
        if ("column" in parts) == ("month_end" in parts):
            help_ = "write `{column: A_COLUMN}`, or for a date `{month_end: 1}`: the end of last month"
            self.reading.note("PR0625", f"`{name}` needs either `column` or `month_end`", node.span, help_)
            return None
        if "month_end" in parts:
            return self._month_end(parts["month_end"].value, item, name, variables)
        return Cell(
            column=self._filled(parts["column"].value, "`column`", variables),
            item=item,
            codes=self._codes(parts["codes"].value, item, name) if "codes" in parts else None,
            scale=self._scale(parts["scale"].value, item, name) if "scale" in parts else None,
            span=parts["column"].value.span,
        )

    def _month_end(
        self, node: Node, item: FieldInfo | None, name: str, variables: Variables
    ) -> MonthEnd | None:
        if item is None or item.kind != "date" or name == "as_of":
            message = f"`{name}` is no date that can be counted back from `as_of`"
            self.reading.note("PR0626", message, node.span)
            return None
        text = self._filled(node, "`month_end`", variables)
        scalar = Scalar(_text(text, node.span), node.span)
        months = self.reading.whole(scalar, "`month_end`", 0, _MOST_MONTHS)
        return MonthEnd(months) if months is not None else None

    def _scale(self, node: Node, item: FieldInfo | None, name: str) -> Decimal | None:
        if item is None or item.kind not in _SCALED:
            self.reading.note("PR0627", f"`{name}` is no number, so it has no scale", node.span)
            return None
        return self.reading.number(node, "`scale`")

    def _codes(self, node: Node, item: FieldInfo | None, name: str) -> dict[str, object]:
        if isinstance(node, Scalar):
            table = self.codes.get(node.value)
            if table is None:
                help_ = did_you_mean(node.value, list(self.codes), what="there are")
                self.reading.note("PR0628", f"there are no codes `{node.value}`", node.span, help_)
                return {}
        else:
            table = self._table(node, "`codes`")
        found: dict[str, object] = {}
        for code, scalar in table.items():
            constant = self._constant(scalar, item, name)
            found[code] = constant.value if constant is not None else None
        return found

    def _table(self, node: Node, what: str) -> dict[str, Scalar]:
        table: dict[str, Scalar] = {}
        for entry in self.reading.entries(node, what):
            if isinstance(entry.value, Scalar):
                table[entry.key.value] = entry.value
            else:
                self.reading.scalar(entry.value, f"`{entry.key.value}`")
        return table

    def _constant(
        self, node: Node, item: FieldInfo | None, name: str, variables: Variables | None = None
    ) -> Constant | None:
        if not isinstance(node, Scalar):
            self.reading.scalar(node, f"`{name}`")
            return None
        if variables and _PLACEHOLDER.search(node.value):
            filled = self._filled(node, f"`{name}`", variables)
            node = Scalar(_text(filled, node.span), node.span, plain=node.plain)
        value = plain(placed(node, item))
        if value is None:
            return Constant(None)
        checked = read_value(value, item, self.digits) if item is not None else read_attribute(value)
        if isinstance(checked, Refusal):
            self.reading.note(checked.code, f"`{name}`: {checked.message}", node.span, checked.help)
            return None
        return Constant(value)


def _text(value: str, span: Span) -> Text:
    """A text that was put together, at the place of what it was made from."""
    return Text(value, span.source, (span.start,) * (len(value) + 1))
