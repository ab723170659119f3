"""Problems for other programs: as JSON, and as SARIF 2.1.0 for the code review of a forge."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.problems import Problem, Span

__all__ = ["as_json", "as_sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_json(problems: Sequence[Problem]) -> str:
    """The problems as JSON: `{"problems": [...]}`, each with its place, or its path in a snapshot."""
    return json.dumps({"problems": [_entry(problem) for problem in problems]}, ensure_ascii=False, indent=2)


def _entry(problem: Problem) -> dict[str, object]:
    entry: dict[str, object] = {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
    }
    if problem.help:
        entry["help"] = problem.help
    if problem.path:
        entry["path"] = problem.path
    if problem.span is not None:
        span = problem.span
        entry |= {
            "file": span.file,
            "line": span.line,
            "column": span.column,
            "end_line": span.end_line,
            "end_column": span.end_column,
        }
    return entry


def as_sarif(problems: Sequence[Problem]) -> str:
    """The problems as a SARIF 2.1.0 log with one run.

    Columns count Unicode code points, as everywhere in this library.
    """
    codes = sorted({problem.code for problem in problems})
    driver = {
        "name": "postloan",
        "version": version("postloan-rules"),
        "rules": [{"id": code} for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, codes.index(problem.code)) for problem in problems],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _result(problem: Problem, index: int) -> dict[str, object]:
    text = f"{problem.message}; {problem.help}" if problem.help else problem.message
    result: dict[str, object] = {
        "ruleId": problem.code,
        "ruleIndex": index,
        "level": problem.severity,
        "message": {"text": text},
    }
    if problem.span is not None:
        result["locations"] = [{"physicalLocation": _location(problem.span)}]
    elif problem.path:
        result["locations"] = [{"logicalLocations": [{"fullyQualifiedName": problem.path}]}]
    return result


def _location(span: Span) -> dict[str, object]:
    path = Path(span.file)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"artifactLocation": {"uri": uri}, "region": region}
