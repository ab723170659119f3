"""Reading requests: what they ask for and what they bring, within bounds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from postloan_rules.problems import Problem, did_you_mean
from postloan_rules.service.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.requests import Request

__all__ = ["JSON", "JSON_LINES", "body_of", "kind_of", "query_of"]

JSON = "application/json"
JSON_LINES = "application/x-ndjson"
_SAME = {"application/jsonl": JSON_LINES, "application/jsonlines": JSON_LINES}
_SHOWN = 80


def query_of(request: Request, known: Mapping[str, Collection[str] | None]) -> dict[str, str]:
    """The parameters in the address: by name, what each may be, or None where it may be anything.

    Raises:
        Refusal: for a parameter that is not known, stands twice, or is something else.
    """
    problems: list[Problem] = []
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        shown = name[:_SHOWN]
        if name not in known:
            help_ = did_you_mean(shown, sorted(known), what="known are")
            problems.append(Problem("PR1093", f"there is no parameter `{shown}`", help=help_))
        elif name in found:
            problems.append(Problem("PR1093", f"the parameter `{name}` stands twice", help="give it once"))
        else:
            found[name] = value
            choices = known[name]
            if choices is not None and value not in choices:
                help_ = "write " + " or ".join(f"`{each}`" for each in sorted(choices))
                problems.append(Problem("PR1093", f"`{value[:_SHOWN]}` is no `{name}`", help=help_))
    if problems:
        raise Refusal(400, problems[:20])
    return found


def kind_of(request: Request, *accepted: str) -> str:
    """The kind of the body, one of those that are accepted.

    Raises:
        Refusal: for another one, another encoding than UTF-8, or a body that is packed.
    """
    said, _, parameters = request.headers.get("content-type", "").partition(";")
    kind = said.strip().lower()
    kind = _SAME.get(kind, kind)
    charset = parameters.replace(" ", "").replace('"', "").lower().partition("charset=")[2].partition(";")[0]
    headers = {"Accept-Post": ", ".join(accepted)}
    if kind not in accepted or charset not in ("", "utf-8", "utf8"):
        message = f"the body is `{said.strip()[:_SHOWN]}`" if said.strip() else "the body has no content type"
        if kind in accepted:
            message = f"the body is in `{charset[:_SHOWN]}`"
        help_ = "send it as " + " or ".join(f"`{each}`" for each in accepted) + " in UTF-8"
        raise Refusal(415, [Problem("PR1090", message, help=help_)], headers)
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("identity", ""):
        message = f"the body is packed as `{packed[:_SHOWN]}`"
        raise Refusal(415, [Problem("PR1090", message, help="send it as it is")], headers)
    return kind


async def body_of(request: Request, most: int, seconds: float) -> bytes:
    """The body of a request.

    Raises:
        Refusal: when it is larger than it may be, or comes too slowly.
    """
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said[:20]) > most:
        raise _too_large(most)
    received = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.stream():
                received += piece
                if len(received) > most:
                    raise _too_large(most)
    except TimeoutError as error:
        message = f"the body did not arrive within {seconds:g} seconds"
        problem = Problem("PR1092", message, help="send it at once, when it is ready")
        raise Refusal(408, [problem], {"Connection": "close"}) from error
    return bytes(received)


def _too_large(most: int) -> Refusal:
    message = f"the body has more than {most:,} bytes"
    help_ = "leave out what the policy does not look at, or send fewer customers at a time"
    return Refusal(413, [Problem("PR1091", message, help=help_)], {"Connection": "close"})
