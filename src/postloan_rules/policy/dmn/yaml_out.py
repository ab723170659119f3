"""What was read of a DMN file as a YAML file of a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postloan_rules.policy.dmn.pieces import section, word, yaml_lines
from postloan_rules.policy.dmn.words import MODELS
from postloan_rules.policy.reader import Section
from postloan_rules.policy.vocabulary import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from postloan_rules.policy.dmn.survey import Survey
    from postloan_rules.policy.reader import Entry

__all__ = ["yaml_text"]


def yaml_text(name: str, survey: Survey, sections: Mapping[str, Sequence[Entry]]) -> str:
    """The file, to stand in the folder of a policy."""
    return "\n".join([*_head(name, survey), *_body(survey, sections)]) + "\n"


def _head(name: str, survey: Survey) -> Iterator[str]:
    version = MODELS[survey.root.namespace]
    shown = " ".join(name.split()).rpartition("/")[2]
    yield f"# From the DMN {version} file {shown}."
    yield "# An unknown value is null there; docs/dmn.md says where the two languages part over it."
    if ACCOUNT in survey.snapshot:
        yield "# It reads `account`: the policy needs `subject: {each: accounts}`."
    if survey.left_out:
        count = len(survey.left_out)
        yield f"# Left out: {count} triggers, rules and inputs of the policy that it was exported from."


def _body(survey: Survey, sections: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    span = survey.root.span
    for kind, entries in sections.items():
        if entries:
            yield from yaml_lines(section(span, (word(kind, span), Section(tuple(entries), span))))
