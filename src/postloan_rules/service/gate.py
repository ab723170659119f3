"""The gate of the service: every request passes it, and every answer is counted, logged and closed there."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections import Counter
from typing import TYPE_CHECKING

from attrs import define, field
from starlette.requests import ClientDisconnect

from postloan_rules.problems import Problem
from postloan_rules.service.faults import log_fault
from postloan_rules.service.logs import log_event
from postloan_rules.service.rates import Bucket
from postloan_rules.service.refusals import Refusal, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from postloan_rules.service.keys import Keys
    from postloan_rules.service.metrics import Metrics
    from postloan_rules.service.settings import Settings

__all__ = ["ANYBODY", "Gate", "Notes"]

ANYBODY = "anybody"
"""The name of a caller where no keys are asked for."""
OPEN = frozenset({"/healthz", "/readyz", "/openapi.json"})
"""What needs no key: it tells nothing but that the service is there, and how to talk to it."""
WORK = frozenset({"/decide", "/decide-many", "/explain"})
"""What is bounded: how often, and how many at a time."""
ROUTES = frozenset({*OPEN, *WORK, "/policies", "/metrics"})
GONE = 499
"""The status in the log where the caller left before the answer."""


@define
class Notes:
    """What is known of a request, for the log; nothing of any customer."""

    id: str
    route: str
    method: str
    key: str = ANYBODY
    status: int = 0
    customers: int = 0
    """Customers decided."""
    refused: int = 0
    """Customers whose snapshot was refused."""
    policies: set[str] = field(factory=set)
    """Which products and versions answered."""
    problems: tuple[str, ...] = ()
    """The codes of what was wrong."""


class Gate:
    """Lets in who has a key and keeps to the rate; nothing that goes wrong inside gets out."""

    def __init__(
        self, app: ASGIApp, *, settings: Settings, metrics: Metrics, keys: Callable[[], Keys | None]
    ) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._keys = keys
        self._buckets: dict[str, Bucket] = {}
        self._under_way = Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "other"
        notes = Notes(secrets.token_hex(8), path if path in ROUTES else "other", method)
        scope.setdefault("state", {})["notes"] = notes
        began = time.perf_counter()
        try:
            await self._answer(scope, receive, _Answer(send, notes, self._settings.send_seconds), notes)
        finally:
            self._finish(notes, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: _Answer, notes: Notes) -> None:
        working = notes.route in WORK
        try:
            self._admit(scope, notes)
            if working:
                self._under_way[notes.route] += 1
                self._metrics.under_way.set(self._under_way.total())
            try:
                await self._app(scope, receive, send)
            finally:
                if working:
                    self._under_way[notes.route] -= 1
                    self._metrics.under_way.set(self._under_way.total())
        except Refusal as refusal:
            await refused(refusal)(scope, receive, send)
            notes.problems = tuple(dict.fromkeys(each.code for each in refusal.problems[:20]))
        except (ClientDisconnect, ConnectionError):
            notes.status = GONE
        except Exception as error:
            self._metrics.faults.inc()
            log_fault(f"answering {notes.route} (request {notes.id})", error)
            if send.began:
                raise
            problem = Problem(
                "PR1099", "the service met a mistake of its own", help=f"report the request {notes.id}"
            )
            await refused(Refusal(500, [problem]))(scope, receive, send)

    def _admit(self, scope: Scope, notes: Notes) -> None:
        """Let the request in.

        Raises:
            Refusal: where it has no key, comes too often, or too many are under way.
        """
        if notes.route in OPEN:
            return
        rate = self._settings.rate
        keys = self._keys()
        if keys is not None:
            found = keys.holder(_presented(scope))
            if found is None:
                help_ = "send a key of the service as `Authorization: Bearer KEY`"
                problem = Problem("PR1096", "the request has no key that the service knows", help=help_)
                raise Refusal(401, [problem], {"WWW-Authenticate": "Bearer"})
            notes.key = found.name
            rate = found.rate or rate
        if notes.route not in WORK:
            return
        under_way, most = self._under_way.total(), self._settings.most_under_way
        if notes.route == "/decide-many" and under_way < most:
            under_way, most = self._under_way[notes.route], self._settings.most_many_under_way
        if under_way >= most:
            message = f"{under_way} requests are under way, and more are not taken on"
            problem = Problem("PR1098", message, help="ask again in a moment")
            raise Refusal(503, [problem], {"Retry-After": "1"})
        if rate is not None:
            self._within_rate(notes, rate)

    def _within_rate(self, notes: Notes, rate: float) -> None:
        bucket = self._buckets.get(notes.key)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[notes.key] = Bucket(rate, max(1.0, rate * self._settings.burst))
        wait = bucket.wait(time.monotonic())
        if wait:
            self._metrics.rate_limited.labels(notes.key).inc()
            problem = Problem(
                "PR1097",
                f"the key may ask for {rate:g} customers a second",
                help="wait as `Retry-After` says",
            )
            raise Refusal(429, [problem], {"Retry-After": str(math.ceil(wait))})

    def _finish(self, notes: Notes, seconds: float) -> None:
        # The first of a request's customers was paid for when it was let in.
        bucket = self._buckets.get(notes.key)
        more = notes.customers + notes.refused - 1
        if bucket is not None and more > 0:
            bucket.owe(more)
        self._metrics.requests.labels(notes.route, str(notes.status)).inc()
        self._metrics.seconds.labels(notes.route).observe(seconds)
        if notes.refused:
            self._metrics.refused.inc(notes.refused)
        if notes.route in OPEN and notes.status < 400:
            return
        log_event(
            "request",
            {
                "request_id": notes.id,
                "method": notes.method,
                "route": notes.route,
                "key": notes.key,
                "status": notes.status,
                "duration_ms": round(seconds * 1_000, 2),
                "policies": sorted(notes.policies),
                "customers": notes.customers,
                "refused": notes.refused,
                "problems": notes.problems,
            },
        )


class _Answer:
    """Sends an answer, and notes its status; what the service always says is put into its head."""

    def __init__(self, send: Send, notes: Notes, seconds: float) -> None:
        self._send = send
        self._seconds = seconds
        self._notes = notes
        self.began = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.began = True
            self._notes.status = message["status"]
            message["headers"] = [
                *message.get("headers", ()),
                (b"x-request-id", self._notes.id.encode("ascii")),
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
            ]
        try:
            async with asyncio.timeout(self._seconds):
                await self._send(message)
        except Exception as error:
            # Closed, too slow, or what came over it was no HTTP: nobody is there to be answered.
            raise ConnectionResetError from error


def _presented(scope: Scope) -> str:
    """The key in the request's head; empty where there is none."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, key = value.decode("latin-1").partition(" ")
            return str(key.strip()) if scheme.lower() == "bearer" else ""
    return ""
