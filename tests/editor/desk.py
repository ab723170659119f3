"""A policy on a desk: files in a folder, one of them open with the cursor at `‸`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from postloan_rules.editor.completion import suggestions
from postloan_rules.editor.hover import explained
from postloan_rules.editor.occurrences import Occurrence, occurrences, same_name, what_is_at
from postloan_rules.editor.project import File, Project, lone_file, project_of
from postloan_rules.editor.repair import repaired

if TYPE_CHECKING:
    from pathlib import Path

CURSOR = "‸"

POLICY = """\
ruleset: cards
version: "1"
language: 1
currency: CNY
subject: {each: accounts, where: product = "credit_card"}
inputs:
  watch_list: {type: boolean, note: On the bank's list}
parameters:
  late: {type: days, value: 90, note: Long overdue, source: house policy}
  pause: {type: days, value: 30}
profiles:
  strict: {late: 60}
"""

FACTS = """\
facts:
  days_late: {type: days, is: account.days_past_due, note: {en: Days past due, zh: 逾期天数}}
  big_events:
    is: events[amount > 1000 and type = "cash_withdrawal"]
  term: {table: terms}
tables:
  terms:
    hit: first
    inputs: [days_late, customer.employment_status]
    output: {months: number}
    rows:
      - ["> 30", "-", "12"]
      - ["-", '"unemployed"', "24"]
      - ["-", "-", "6"]
"""

TRIGGERS = """\
triggers:
  overdue:
    kind: condition
    when: days_late >= late
    title: {en: Long overdue, zh: 长期逾期}
    because: {en: "{days_late} days late", zh: "逾期{days_late}天"}
  watched:
    kind: condition
    when: {any: [watch_list, overdue]}
    if_unknown: ignore
  cash:
    kind: event
    event: cash_withdrawal
    when: event.amount >= 100
    if_unknown: ignore
"""

RULES = """\
responses:
  seal:
    family: use
    rank: 90
    adverse: true
    reasons: [delinquent_with_us]
    cool_down: pause
    title: Seal the card
  lower:
    family: line
    rank: 10
    parameters:
      new_limit: {type: money, is: "max(account.current_balance, 0)"}
rules:
  - {id: R-1, if: {any: [overdue, cash]}, then: [seal, lower]}
  - id: R-2
    if: watched
    then: [seal]
constraints:
  - {id: K-1, that: lower.new_limit >= 0}
"""

EXAMPLES = """\
snapshots:
  card:
    as_of: 2026-11-30
    currency: CNY
    jurisdiction: CN
    customer: {customer_id: C1}
    accounts: [{account_id: A1, product: credit_card, current_balance: "10", days_past_due: 0}]
    bureau_reports: []
    events: []
    complaints: []
    reviews: []
    attributes: {watch_list: false}
examples:
  - name: Late
    profile: card
    with_profile: strict
    change: {"accounts[0].days_past_due": 60, attributes.watch_list: true}
    expect: {fired: [overdue, watched@A1], responses: [seal, lower], parameters: {lower@A1.new_limit: 10}}
"""

FILES = {
    "cards/policy.yaml": POLICY,
    "cards/facts.yaml": FACTS,
    "cards/triggers.yaml": TRIGGERS,
    "cards/rules.yaml": RULES,
    "cards/examples/cards.yaml": EXAMPLES,
}


@frozen
class Desk:
    """The open file, the policy, and where the cursor is."""

    project: Project | None
    file: File
    text: str
    offset: int

    @property
    def found(self) -> tuple[Occurrence, ...]:
        """Every name of the policy."""
        return occurrences(self.project) if self.project is not None else ()

    def labels(self) -> list[str]:
        """What can be written."""
        return [each.label for each in suggestions(self.project, self.file, self.text, self.offset)]

    def taken(self, label: str) -> str:
        """The text once a suggestion is taken."""
        all_ = suggestions(self.project, self.file, self.text, self.offset)
        one = next(each for each in all_ if each.label == label)
        return self.text[: one.start] + (one.text or one.label) + self.text[self.offset :]

    def hover(self) -> str:
        """What is told of the place."""
        told = explained(self.project, self.found, self.file, self.offset)
        return told.text if told is not None else ""

    def at(self) -> Occurrence | None:
        """The name at the cursor."""
        return what_is_at(self.found, self.file.source.name, self.offset)

    def places(self) -> list[str]:
        """All places of the name at the cursor, the definition first."""
        at = self.at()
        same = same_name(self.found, at.what) if at is not None else ()
        return [f"{each.span.file.rpartition('/')[2]}:{each.span.line}:{each.span.column}" for each in same]


def written(folder: Path, files: dict[str, str] | None = None) -> Path:
    """The files in a folder."""
    for name, text in (FILES if files is None else files).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def desk(
    folder: Path, name: str, text: str, files: dict[str, str] | None = None, *, typing: bool = False
) -> Desk:
    """The files on disk, and one of them as it is being changed, with the cursor in it."""
    written(folder, files)
    path = (folder / name).resolve()
    before, mark, after = text.partition(CURSOR)
    assert mark, "the text has no cursor"
    text = before + after
    texts = {path: repaired(text, len(before)) if typing else text}
    project = project_of(path, texts)
    file = project.files.get(path) if project is not None else None
    file = file or lone_file(path, texts)
    assert file is not None
    return Desk(project, file, text, len(before))


def with_cursor(text: str, around: str) -> str:
    """A text with the cursor where a piece of it has one."""
    piece = around.replace(CURSOR, "")
    assert text.count(piece) == 1, piece
    return text.replace(piece, around)
