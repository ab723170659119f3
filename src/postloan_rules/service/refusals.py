"""Requests that are refused: what is wrong, all of it, as problem details (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postloan_rules.problems import Problem

__all__ = ["PROBLEM_JSON", "Refusal", "problem_body", "refused"]

PROBLEM_JSON = "application/problem+json"
_MOST_SHOWN = 1_000


class Refusal(Exception):  # noqa: N818 - the request is refused; it is no error of the program
    """A request that is answered with what is wrong with it."""

    def __init__(
        self, status: int, problems: Iterable[Problem], headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.problems = tuple(problems)
        self.headers = dict(headers or {})
        super().__init__(status)


def problem_body(status: int, problems: Iterable[Problem]) -> dict[str, object]:
    """What is wrong, as the JSON of problem details."""
    listed = [_plain(problem) for problem in problems]
    first = listed[0]["message"] if listed else ""
    detail = first if len(listed) < 2 else f"{first}; and {len(listed) - 1} more, see `problems`"
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "problems": listed[:_MOST_SHOWN],
    }


def refused(refusal: Refusal) -> Response:
    """The answer to a request that is refused."""
    body = json.dumps(problem_body(refusal.status, refusal.problems), ensure_ascii=False)
    # Half of a character, which JSON can hold and UTF-8 can't, is shown as a question mark.
    data = body.encode("utf-8", "replace")
    return Response(data, refusal.status, refusal.headers, media_type=PROBLEM_JSON)


def _plain(problem: Problem) -> dict[str, str]:
    path = problem.path or (str(problem.span) if problem.span is not None else "")
    found = {"code": problem.code, "message": problem.message, "path": path, "help": problem.help}
    return {name: text for name, text in found.items() if text}
