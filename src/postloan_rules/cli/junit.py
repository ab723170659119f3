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


def as_junit(results: Mapping[str, Sequence[Result]]) -> str:
    """One suite a policy, one case an example; a failure lists what was expected and what came.

    Args:
        results: By the name of the policy.
    """
    root = ET.Element("testsuites", _counts([each for some in results.values() for each in some]))
    for name, some in results.items():
        suite = ET.SubElement(root, "testsuite", {"name": _clean(name), **_counts(some)})
        for result in some:
            _case(suite, result)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _counts(results: Sequence[Result]) -> dict[str, str]:
    failures = sum(not result.passed for result in results)
    return {"tests": str(len(results)), "failures": str(failures), "errors": "0", "skipped": "0"}


def _case(suite: ET.Element, result: Result) -> None:
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
    lines = [f"{each.span}: {each}" for each in result.differences]
    failure = ET.SubElement(case, "failure", {"message": _clean(str(result.differences[0]))})
    failure.text = _clean("\n".join(lines))


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
