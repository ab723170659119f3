"""The catalogue of reasons: what customers are told, and the codes by which a policy names it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from attrs import field, frozen

from postloan_rules.policy import files
from postloan_rules.policy.model import ScoreUse, Words
from postloan_rules.policy.reader import Entry, Listing, Node, Scalar, Section
from postloan_rules.policy.reading import Reading
from postloan_rules.policy.scorecards import Lost
from postloan_rules.policy.storage import DISK, storage, stored_in
from postloan_rules.problems import Problem, Span, did_you_mean
from postloan_rules.snapshot.snapshot import Jurisdiction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal
    from pathlib import Path

    from postloan_rules.policy.model import Fact, Response
    from postloan_rules.policy.scorecards import Characteristic, Scorecard

__all__ = ["MOST", "Catalogue", "Reason", "Regulation", "catalogue_for", "check_reasons"]

MOST = 4
"""A customer is told at most so many reasons: more would hide the principal ones."""

LANGUAGES = ("en", "zh")
ANY = "any"
_SECTIONS = ("reasons", "parameters", "complain")


@frozen
class Regulation:
    """A rule that speaks of a reason in a jurisdiction, and where it was read; customers never see it."""

    jurisdiction: str
    text: str
    source: str


@frozen
class Reason:
    """A reason by its code, in the customer's words, with what the customer can do about it."""

    code: str
    wording: Words
    improve: Words | None
    jurisdictions: tuple[str, ...]
    """Where customers may be told it; empty is everywhere."""
    regulation: tuple[Regulation, ...]
    note: str
    span: Span = field(repr=False, eq=False)

    def told_in(self, jurisdiction: str) -> bool:
        """Whether a customer of this jurisdiction may be told it."""
        return not self.jurisdictions or jurisdiction in self.jurisdictions


@frozen
class Catalogue:
    """All that a notice says in words that are not the policy's own."""

    reasons: Mapping[str, Reason]
    parameters: Mapping[str, Words]
    """What the parameters of responses are called."""
    complain: Mapping[str, Words]
    """How to complain, by jurisdiction."""

    def how_to_complain(self, jurisdiction: str) -> Words:
        """The wording for a jurisdiction, else the one for any."""
        return self.complain.get(jurisdiction) or self.complain[ANY]


def catalogue_for(folder: Path, reading: Reading) -> Catalogue | None:
    """The catalogue of a policy in a folder: its own, that of the folder above, or the one that ships."""
    for candidate in (folder / files.REASONS, folder.parent / files.REASONS):
        if storage().is_file(candidate) and candidate.resolve() != (files.SHIPPED / files.REASONS).resolve():
            return _load(candidate, reading) if files.own(candidate, candidate.parent, reading) else None
    catalogue, problems = _shipped()
    reading.problems.extend(problems)
    return catalogue


@cache
def _shipped() -> tuple[Catalogue | None, tuple[Problem, ...]]:
    reading = Reading()
    with stored_in(DISK):
        # It is kept for all policies, whatever the first one to ask for it is read from.
        return _load(files.SHIPPED / files.REASONS, reading), tuple(reading.problems)


def _load(file: Path, reading: Reading) -> Catalogue | None:
    """The catalogue of a file; None when anything in it is wrong."""
    mistakes = len(reading.problems)
    document = files.load_file(file, reading)
    if document is None or len(reading.problems) > mistakes:
        return None
    source, node = document
    if node is None:
        help_ = "write the reasons under `reasons:`, or delete the file"
        reading.note("PR0127", "the file is empty", Span(source, 0, 0), help_)
        return None
    keys = reading.section(node, "a catalogue of reasons", _SECTIONS, ("reasons", "complain"))
    reasons = _reasons(reading, keys["reasons"].value) if "reasons" in keys else {}
    parameters = _parameters(reading, keys["parameters"].value) if "parameters" in keys else {}
    complain = _complain(reading, keys["complain"].value) if "complain" in keys else {}
    return Catalogue(reasons, parameters, complain) if len(reading.problems) == mistakes else None


def _reasons(reading: Reading, node: Node) -> dict[str, Reason]:
    found: dict[str, Reason] = {}
    for entry in reading.entries(node, "`reasons`"):
        code = reading.name(entry.key, "a reason")
        what = f"the reason `{entry.key.value}`"
        allowed = ("wording", "improve", "jurisdictions", "regulation", "note", "source")
        keys = reading.section(entry.value, what, allowed, ("wording",))
        wording = _words(reading, keys["wording"], what) if "wording" in keys else None
        improve = _words(reading, keys["improve"], what) if "improve" in keys else None
        places: tuple[str, ...] = ()
        if "jurisdictions" in keys:
            names = reading.names(keys["jurisdictions"].value, f"`jurisdictions` of {what}")
            places = tuple(name for name, span in names if _is_jurisdiction(reading, name, span, what))
        regulation = _regulation(reading, keys["regulation"].value, what) if "regulation" in keys else ()
        note = " ".join(reading.text(keys[key].value, f"`{key}` of {what}") for key in keys if key == "note")
        if code is not None and wording is not None:
            found[code] = Reason(code, wording, improve, places, regulation, note, entry.key.span)
    return found


def _regulation(reading: Reading, node: Node, of: str) -> tuple[Regulation, ...]:
    found: list[Regulation] = []
    what = f"a regulation of {of}"
    for item in reading.items(node, f"`regulation` of {of}"):
        wanted = ("jurisdiction", "text", "source")
        keys = reading.section(item, what, wanted, wanted)
        said = {key: reading.text(keys[key].value, f"`{key}` of {what}") for key in wanted if key in keys}
        if "jurisdiction" in keys:
            _is_jurisdiction(reading, said["jurisdiction"], keys["jurisdiction"].value.span, what)
        if len(said) == len(wanted):
            found.append(Regulation(**said))
    return tuple(found)


def _parameters(reading: Reading, node: Node) -> dict[str, Words]:
    found: dict[str, Words] = {}
    for entry in reading.entries(node, "`parameters`"):
        words = _words(reading, entry, "`parameters`")
        if words is not None:
            found[entry.key.value] = words
    return found


def _complain(reading: Reading, node: Node) -> dict[str, Words]:
    found: dict[str, Words] = {}
    for entry in reading.entries(node, "`complain`"):
        name = entry.key.value
        if name != ANY and not _is_jurisdiction(reading, name, entry.key.span, "`complain`"):
            continue
        words = _words(reading, entry, "`complain`")
        if words is not None:
            found[name] = words
    if isinstance(node, Section) and ANY not in (entry.key.value for entry in node.entries):
        help_ = "add `any: {en: ..., zh: ...}`, for the jurisdictions that have no wording of their own"
        reading.note("PR0302", f"`complain` lacks `{ANY}`", node.span, help_)
    return found


def _words(reading: Reading, entry: Entry, of: str) -> Words | None:
    """A text in every language that notices are written in."""
    what = f"`{entry.key.value}` of {of}"
    mistakes = len(reading.problems)
    words = reading.words(entry.value, what)
    if words is None or len(reading.problems) > mistakes:
        return None
    missing = [language for language in LANGUAGES if language not in words.by_language]
    if missing:
        help_ = "write `{en: ..., zh: ...}`: a customer is told in the language that is asked for"
        message = f"{what} is not given in {' and '.join(f'`{each}`' for each in missing)}"
        reading.note("PR0384", message, entry.key.span, help_)
        return None
    return words


def _is_jurisdiction(reading: Reading, name: str, span: Span, what: str) -> bool:
    names = [each.value for each in Jurisdiction]
    if name in names:
        return True
    help_ = did_you_mean(name, names, what="they are")
    reading.note("PR0314", f"`{name}` in {what} is no jurisdiction", span, help_)
    return False


def check_reasons(
    reading: Reading,
    catalogue: Catalogue | None,
    responses: Mapping[str, Response],
    written: Mapping[str, Entry],
    scorecards: Mapping[str, Entry],
    facts: Iterable[Fact],
) -> None:
    """Note reason codes that are not in the catalogue, too many of them, and adverse responses without any.

    Args:
        reading: Takes what is wrong.
        catalogue: The reasons that there are; None where their file is wrong itself.
        responses: The responses as read.
        written: The responses as written.
        scorecards: The scorecards as written.
        facts: The facts of the policy, those of its scorecards among them.
    """
    taken = {response.reasons_from for response in responses.values()}
    cards = [scorecards[name] for name in sorted(scorecards) if name in taken]
    codes = [code for entry in written.values() for code in _codes(entry)]
    codes += [code for entry in cards for code in _scored(entry)]
    for code in codes:
        if catalogue is not None and code.value and code.value not in catalogue.reasons:
            help_ = did_you_mean(code.value, sorted(catalogue.reasons), what="the reasons are")
            reading.note("PR0380", f"`{code.value}` is no reason of the catalogue", code.span, help_)
    for name, entry in written.items():
        given = _codes(entry)
        if len(given) > MOST:
            message = f"the response `{name}` gives {len(given)} reasons, and {MOST} are the most"
            help_ = "keep the principal ones: more would hide what counts"
            reading.note("PR0381", message, given[MOST].span, help_)
    by_name = {fact.name: fact for fact in facts}
    for response in responses.values():
        if not response.adverse or response.reasons or response.reasons_from not in by_name:
            continue
        fact = by_name[response.reasons_from]
        if isinstance(fact.definition, ScoreUse):
            _may_lack(reading, response, fact.definition.scorecard, unknown=fact.unknown)


def _may_lack(reading: Reading, response: Response, card: Scorecard, *, unknown: bool) -> None:
    """Note a response whose only reasons come from a scorecard that gives none, or may give none."""
    gaps = [list(_gaps(card, each)) for each in card.characteristics]
    help_ = "add `reasons: [...]` with a code that holds whenever the response is called for"
    what = f"the response `{response.name}` is adverse, and the scorecard `{card.name}`"
    if all(gap <= 0 for each in gaps for gap in each):
        reading.note("PR0382", f"{what} never gives a reason: no points can be lost", response.span, help_)
    elif any(problem.severity == "error" for problem in reading.problems):
        return  # what is wrong comes before what is doubtful
    elif unknown or not any(all(gap > 0 for gap in each) for each in gaps):
        when = "when the score is unknown" if unknown else "when no points are lost"
        message = f"{what} gives no reason {when}"
        reading.problems.append(Problem("PR0383", message, response.span, help_, severity="warning"))


def _gaps(card: Scorecard, characteristic: Characteristic) -> Iterator[Decimal]:
    """By how much each outcome of a characteristic lies on the losing side of its baseline."""
    points = [each.points for each in characteristic.attributes]
    if characteristic.unknown is not None:
        points.append(characteristic.unknown)
    for each in points:
        gap = characteristic.baseline - each
        yield gap if card.lost is Lost.BELOW else -gap


# Where the codes stand


def _at(node: Node, key: str) -> Node | None:
    if not isinstance(node, Section):
        return None
    return next((entry.value for entry in node.entries if entry.key.value == key), None)


def _codes(response: Entry) -> list[Scalar]:
    """The codes that a response gives, each once."""
    node = _at(response.value, "reasons")
    items = node.items if isinstance(node, Listing) else ()
    return list({item.value: item for item in items if isinstance(item, Scalar)}.values())


def _scored(scorecard: Entry) -> list[Scalar]:
    """The codes that a scorecard gives, each once."""
    node = _at(scorecard.value, "characteristics")
    entries = node.entries if isinstance(node, Section) else ()
    reasons = [_at(entry.value, "reason") for entry in entries]
    return list({each.value: each for each in reversed(reasons) if isinstance(each, Scalar)}.values())
