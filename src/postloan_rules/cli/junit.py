"""The results of a policy's examples as JUnit XML, which test reports of build servers read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postloan_rules.analysis import Result

__all__ = ["as_junit"]

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't hold in any way of writing; an example's name may."""


def as_junit(results: Mapping[str, Sequence[Result]], *, allow_unconfirmed: bool = False) -> str:
    """One suite a policy, one case an example; a failure lists what was expected and what came.

    Args:
        results: By the name of the policy.
        allow_unconfirmed: Whether an example that awaits confirmation is skipped, and no failure.
    """
    every = [each for some in results.values() for each in some]
    root = ET.Element("testsuites", _counts(every, allow_unconfirmed=allow_unconfirmed))
    for name, some in results.items():
        counts = _counts(some, allow_unconfirmed=allow_unconfirmed)
        suite = ET.SubElement(root, "testsuite", {"name": _clean(name), **counts})
        for result in some:
            _case(suite, result, allow_unconfirmed=allow_unconfirmed)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _counts(results: Sequence[Result], *, allow_unconfirmed: bool) -> dict[str, str]:
    skipped = sum(result.awaits for result in results) if allow_unconfirmed else 0
    failures = sum(not result.passed for result in results) - skipped
    return {"tests": str(len(results)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}


def _case(suite: ET.Element, result: Result, *, allow_unconfirmed: bool) -> None:
    span = result.example.span
    attributes = {
        "classname": _clean(span.file),
        "name": _clean(result.example.name),
        "file": _clean(span.file),
        "line": str(span.line),
    }
    case = ET.SubElement(suite, "testcase", attributes)
    if result.passed:
        return
    if result.awaits:
        ET.SubElement(case, "skipped" if allow_unconfirmed else "failure", {"message": _AWAITS})
        return
    lines = [f"{each.span}: {each}" for each in result.differences]
    failure = ET.SubElement(case, "failure", {"message": _clean(str(result.differences[0]))})
    failure.text = _clean("\n".join(lines))


_AWAITS = "it awaits confirmation: look at what it expects, and delete `confirmed: false` if that is right"


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
