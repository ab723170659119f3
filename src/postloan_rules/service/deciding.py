"""Answering: one customer, many customers, and why."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from anyio import to_thread
from attrs import frozen
from starlette.responses import Response, StreamingResponse

from postloan_rules.problems import Problem
from postloan_rules.service.arrangement import NotServed
from postloan_rules.service.bodies import JSON, JSON_LINES, body_of, kind_of, query_of
from postloan_rules.service.faults import log_fault
from postloan_rules.service.refusals import Refusal, problem_body
from postloan_rules.snapshot import Snapshot, SnapshotInvalid
from postloan_rules.snapshot.decoding import decode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from starlette.requests import Request

    from postloan_rules.decisions import Decision
    from postloan_rules.limits import Limits
    from postloan_rules.service.arrangement import Arrangement
    from postloan_rules.service.gate import Notes
    from postloan_rules.service.metrics import Metrics
    from postloan_rules.service.policies import Policies
    from postloan_rules.service.settings import Settings

__all__ = ["Deciding", "Recorder"]

_Found = TypeVar("_Found")

_LARGE = 1 << 16
"""Bodies above so many bytes are read in a thread, so that the others don't wait for them."""
_PIECE = 1 << 15
"""Answers are sent in pieces of about so many bytes."""
_UNREADABLE = frozenset({"PR0701", "PR0702"})
_STATUS = {"PR1020": 404, "PR1021": 422, "PR1022": 400}
HTML_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Recorder(Protocol):
    """Keeps decisions, as a `DecisionLog` does. It is called from several threads."""

    def append(self, decision: Decision, *, at: datetime, id: str | None = None) -> object:  # noqa: A002 - the log's word
        """Take a decision, with the time and the request's name."""

    def flush(self) -> object:
        """Come back when all that was taken is kept for good."""

    def close(self) -> object:
        """End it."""


@frozen
class _Answer:
    """The answer to one of many, and whether it waits to be on record for good."""

    text: bytes
    recorded: bool = False


@frozen
class Deciding:
    """Answers requests by the policies in service."""

    policies: Policies
    settings: Settings
    metrics: Metrics
    record: Recorder | None

    async def decide(self, request: Request) -> Response:
        """`POST /decide`: the decision on one customer."""
        product = query_of(request, {"product": None}).get("product")
        snapshot = await self._snapshot(request)
        decision = self._decided(snapshot, product, self.policies.now, request.state.notes)
        await self._recorded(decision, request.state.notes.id)
        return Response(decision.to_json().encode("utf-8"), media_type=JSON)

    async def explain(self, request: Request) -> Response:
        """`POST /explain`: the decision on one customer, with the value of every condition."""
        asked = query_of(request, {"product": None, "lang": ("en", "zh")})
        snapshot = await self._snapshot(request)
        decision = self._decided(snapshot, asked.get("product"), self.policies.now, request.state.notes)
        accepted = request.headers.get("accept", "").lower()
        as_page = "text/html" in accepted and not accepted.startswith(JSON)
        text = await to_thread.run_sync(
            partial(_explained, decision, asked.get("lang", "en"), as_page=as_page)
        )
        if as_page:
            headers = {"Content-Security-Policy": HTML_POLICY}
            return Response(text.encode("utf-8"), headers=headers, media_type="text/html; charset=utf-8")
        return Response(text.encode("utf-8"), media_type=JSON)

    async def decide_many(self, request: Request) -> Response:
        """`POST /decide-many`: the decisions on many customers, in their order, each as it is ready."""
        product = query_of(request, {"product": None}).get("product")
        kind = kind_of(request, JSON_LINES, JSON)
        body = await body_of(request, self.settings.largest_many, self.settings.body_seconds)
        if kind == JSON_LINES:
            items: Sequence[object] = [line for line in body.split(b"\n") if line.strip()]
        else:
            items = await _apart(len(body), partial(_items, body))
        if len(items) > self.settings.most_customers:
            message = (
                f"the request has {len(items):,} customers, and {self.settings.most_customers:,} are the most"
            )
            raise Refusal(413, [Problem("PR1100", message, help="send fewer at a time")])
        now = self.policies.now
        if product is not None or not now.products:
            self._known(product, now)
        answers = self._many(items, product, now, request.state.notes, kind)
        return StreamingResponse(answers, media_type=kind)

    async def _many(
        self, items: Sequence[object], product: str | None, now: Arrangement, notes: Notes, kind: str
    ) -> AsyncIterator[bytes]:
        """The answers, in pieces. All of them by the policies that were in service when the request came."""
        array = kind == JSON
        before = b"[" if array else b""
        piece: list[_Answer] = []
        for place, item in enumerate(items):
            piece.append(await self._one(item, place, product, now, notes))
            if sum(len(each.text) for each in piece) >= _PIECE:
                yield before + await self._settled(piece, b"," if array else b"\n")
                before = b"," if array else b"\n"
                piece = []
            # Others get their turn after each customer.
            await asyncio.sleep(0)
        yield (before if piece or not items else b"") + await self._settled(piece, b"," if array else b"\n")
        yield b"]" if array else b"\n" if items else b""

    async def _one(
        self, item: object, place: int, product: str | None, now: Arrangement, notes: Notes
    ) -> _Answer:
        """The answer to one of many: a decision, or what is wrong."""
        try:
            if isinstance(item, bytes):
                snapshot = await _apart(len(item), partial(_read, item, self.settings.limits))
            else:
                snapshot = _read_data(item, self.settings.limits)
            decision = self._decided(snapshot, product, now, notes)
            await self._recorded(decision, f"{notes.id}/{place}", settle=False)
            return _Answer(decision.to_json().encode("utf-8"), recorded=self.record is not None)
        except Refusal as refusal:
            if refusal.status < 500:
                notes.refused += 1
            return _Answer(_as_item(refusal))
        except Exception as error:  # noqa: BLE001 - the other customers are answered nevertheless
            self.metrics.faults.inc()
            log_fault(f"answering /decide-many (request {notes.id})", error)
            problem = Problem("PR1099", "the service met a mistake of its own", help=f"report {notes.id}")
            return _Answer(_as_item(Refusal(500, [problem])))

    async def _settled(self, piece: list[_Answer], between: bytes) -> bytes:
        """The answers of a piece, when what is in them is on record for good."""
        texts = [each.text for each in piece]
        if self.record is not None and any(each.recorded for each in piece):
            try:
                await to_thread.run_sync(self.record.flush)
            except Exception as error:  # noqa: BLE001 - a log is not ours; what is not on record is not answered
                lost = _as_item(self._unrecorded(error))
                texts = [lost if each.recorded else each.text for each in piece]
        return between.join(texts)

    async def _snapshot(self, request: Request) -> Snapshot:
        kind_of(request, JSON)
        body = await body_of(request, self.settings.largest_body, self.settings.body_seconds)
        try:
            return await _apart(len(body), partial(_read, body, self.settings.limits))
        except Refusal:
            request.state.notes.refused += 1
            raise

    def _decided(self, snapshot: Snapshot, product: str | None, now: Arrangement, notes: Notes) -> Decision:
        try:
            decision = self.policies.decide(snapshot, product, now)
        except NotServed as missing:
            raise Refusal(_status_of(missing, now), missing.problems) from missing
        except SnapshotInvalid as invalid:
            raise Refusal(422, invalid.problems) from invalid
        notes.customers += 1
        notes.policies.add(f"{decision.ruleset} {decision.version}")
        self.metrics.decisions.labels(decision.ruleset, decision.version).inc()
        return decision

    async def _recorded(self, decision: Decision, name: str, *, settle: bool = True) -> None:
        """Put a decision on record; what can't be recorded is not answered.

        Raises:
            Refusal: where it can't be.
        """
        if self.record is None:
            return
        try:
            await to_thread.run_sync(partial(self.record.append, decision, at=datetime.now(UTC), id=name))
            if settle:
                await to_thread.run_sync(self.record.flush)
        except Exception as error:
            raise self._unrecorded(error) from error

    def _unrecorded(self, error: Exception) -> Refusal:
        self.metrics.unrecorded.inc()
        log_fault("a decision was recorded", error)
        problem = Problem("PR1102", "the decision could not be recorded", help="ask again in a moment")
        return Refusal(503, [problem], {"Retry-After": "1"})

    @staticmethod
    def _known(product: str | None, now: Arrangement) -> None:
        if product is None or product not in now.products:
            try:
                now.choose(product, datetime.now(UTC).date())
            except NotServed as missing:
                raise Refusal(_status_of(missing, now), missing.problems) from missing


async def _apart(size: int, work: Callable[[], _Found]) -> _Found:
    """Do a piece of work, in a thread where it is large."""
    return await to_thread.run_sync(work) if size > _LARGE else work()


def _read(body: bytes, limits: Limits) -> Snapshot:
    try:
        return Snapshot.from_json(body, limits=limits)
    except SnapshotInvalid as invalid:
        raise _refusal_of(invalid) from invalid


def _read_data(data: object, limits: Limits) -> Snapshot:
    try:
        return Snapshot.from_dict(cast("Mapping[str, object]", data), limits=limits)
    except SnapshotInvalid as invalid:
        raise _refusal_of(invalid) from invalid


def _as_item(refusal: Refusal) -> bytes:
    """A refusal as one of many answers."""
    body = problem_body(refusal.status, refusal.problems)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _refusal_of(invalid: SnapshotInvalid) -> Refusal:
    unreadable = any(problem.code in _UNREADABLE for problem in invalid.problems)
    return Refusal(400 if unreadable else 422, invalid.problems)


def _items(body: bytes) -> list[object]:
    found = decode(body)
    if isinstance(found, Problem):
        raise Refusal(400, [found])
    if not isinstance(found, list):
        help_ = f"send an array of snapshots, or one a line as `{JSON_LINES}`"
        raise Refusal(422, [Problem("PR1101", "the body is no array", help=help_, path="$")])
    return found


def _status_of(missing: NotServed, now: Arrangement) -> int:
    return _STATUS[missing.problems[0].code] if now.products else 503


def _explained(decision: Decision, language: str, *, as_page: bool) -> str:
    from postloan_rules.decisions.views import Wording, view_of  # noqa: PLC0415 - few ask for it

    view = view_of(decision)
    if not as_page:
        from postloan_rules.decisions.views.as_json import to_json  # noqa: PLC0415 - as above

        return to_json(view)
    from postloan_rules.decisions.views.as_html import to_html  # noqa: PLC0415 - as above

    return to_html(view, Wording(language, view.currency))
