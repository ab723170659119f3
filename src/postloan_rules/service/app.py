"""The service as an ASGI application: its addresses, and what begins and ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING

from anyio import to_thread
from attrs import define, field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from postloan_rules.problems import Problem
from postloan_rules.service.bodies import JSON, query_of
from postloan_rules.service.deciding import Deciding
from postloan_rules.service.faults import log_fault
from postloan_rules.service.gate import Gate
from postloan_rules.service.keys import KeysInvalid, read_keys
from postloan_rules.service.logs import log_event
from postloan_rules.service.metrics import CONTENT_TYPE, Metrics
from postloan_rules.service.openapi import description
from postloan_rules.service.policies import Policies
from postloan_rules.service.refusals import Refusal, problem_body, refused
from postloan_rules.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from os import PathLike
    from pathlib import Path

    from starlette.requests import Request

    from postloan_rules.service.arrangement import Version
    from postloan_rules.service.deciding import Recorder
    from postloan_rules.service.keys import Keys
    from postloan_rules.service.loading import Reader
    from postloan_rules.service.policies import Change

__all__ = ["Service", "service"]


@define
class Service:
    """What one service is made of."""

    policies: Policies
    metrics: Metrics
    settings: Settings
    app: Starlette = field(init=False)
    keys_file: Path | None = None
    keys: Keys | None = None
    record: Recorder | None = None
    _description: bytes = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._description = _json(description(keys=self.keys_file is not None))

    # Addresses

    async def in_service(self, request: Request) -> Response:
        """`GET /policies`: what is in service, and what keeps edits from it."""
        query_of(request, {})
        now = self.policies.now
        shadows = (each for some in now.shadows.values() for each in some)
        wrong = [
            {"source": source, "problems": problem_body(422, problems)["problems"]}
            for source, problems in sorted(self.policies.problems.items())
        ]
        found = {
            "in_service": [_version(each) for each in now.answering()],
            "shadows": [_version(each) for each in shadows],
            "wrong": wrong,
        }
        return Response(_json(found), media_type=JSON)

    async def alive(self, request: Request) -> Response:
        """`GET /healthz`: whether the service is alive."""
        query_of(request, {})
        return Response(_json({"status": "alive"}), media_type=JSON)

    async def ready(self, request: Request) -> Response:
        """`GET /readyz`: whether policies are in service."""
        query_of(request, {})
        await self._can_record()
        if self.policies.ready:
            return Response(_json({"status": "ready"}), media_type=JSON)
        problem = Problem(
            "PR1094", "not every policy is in service", help="see GET /policies for what is wrong"
        )
        raise Refusal(503, [problem], {"Retry-After": "2"})

    async def _can_record(self) -> None:
        """See whether the record takes what waits for it: a disk that was full may have room again.

        Raises:
            Refusal: where it does not.
        """
        if self.record is None:
            return
        try:
            await to_thread.run_sync(self.record.flush)
        except Exception as error:
            log_fault("the record was tried", error)
            problem = Problem("PR1102", "decisions can't be recorded", help="look at the disk and the log")
            raise Refusal(503, [problem], {"Retry-After": "2"}) from error

    async def counts(self, request: Request) -> Response:
        """`GET /metrics`: counters for Prometheus."""
        query_of(request, {})
        return Response(self.metrics.text(), media_type=CONTENT_TYPE)

    async def described(self, request: Request) -> Response:
        """`GET /openapi.json`: the description of the service."""
        query_of(request, {})
        return Response(self._description, media_type=JSON)

    # What begins and ends with the service

    @contextlib.asynccontextmanager
    async def life(self, _: object) -> AsyncIterator[None]:
        """Watch the files while requests are answered."""
        self.policies.watch(self.settings.look_seconds)
        watching = asyncio.create_task(self._watch_keys())
        try:
            yield
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
            await to_thread.run_sync(self.policies.close)
            if self.record is not None:
                await to_thread.run_sync(self.record.close)

    def read_keys(self) -> None:
        """Read the file of keys; one that can't be read leaves those that were known."""
        if self.keys_file is None:
            return
        try:
            self.keys = read_keys(self.keys_file)
        except KeysInvalid as invalid:
            if self.keys is None:
                raise
            fields = {"problems": [f"{each.code} {each.message}" for each in invalid.problems]}
            log_event("keys_refused", fields, logging.ERROR)

    async def _watch_keys(self) -> None:
        while True:
            await asyncio.sleep(self.settings.look_seconds)
            try:
                self.read_keys()
            except Exception as error:  # noqa: BLE001 - those that were known stay
                log_fault("the keys were read", error)


def service(  # noqa: PLR0913 - each says one thing of the service
    directory: str | PathLike[str],
    *,
    settings: Settings | None = None,
    keys: Path | None = None,
    profiles: Mapping[str, str] | None = None,
    shadows: Iterable[str] = (),
    bundle: Reader | None = None,
    folders: bool = True,
    record: Recorder | None = None,
) -> Service:
    """A service over the policies of a directory; `.app` is the ASGI application.

    Args:
        directory: Where the policies are.
        settings: Its bounds.
        keys: The file of keys; without it everybody is answered.
        profiles: By product, the profile of parameters.
        shadows: The names of folders whose policies are shadows.
        bundle: Reads a bundle under a profile.
        folders: Whether policies in folders are served, or bundles only.
        record: Keeps each decision, as a `DecisionLog` does; what it can't keep is not answered. It is closed
            when the service ends.

    Raises:
        KeysInvalid: where the keys can't be read.
        NotADirectoryError: where there is no such directory.
    """
    settings = settings or Settings()
    metrics = Metrics()
    policies = Policies(
        directory,
        profiles=profiles,
        shadows=shadows,
        bundle=bundle,
        folders=folders,
        limits=settings.limits,
        on_problem=_told_of_problem,
        on_change=_told_of_change,
        on_shadow=metrics.told_of_shadow,
    )
    metrics.of(policies)
    made = Service(policies, metrics, settings, keys_file=keys, record=record)
    made.read_keys()
    deciding = Deciding(policies, settings, metrics, record)
    made.app = Starlette(
        routes=[
            Route("/decide", deciding.decide, methods=["POST"]),
            Route("/decide-many", deciding.decide_many, methods=["POST"]),
            Route("/explain", deciding.explain, methods=["POST"]),
            Route("/policies", made.in_service, methods=["GET"]),
            Route("/metrics", made.counts, methods=["GET"]),
            Route("/healthz", made.alive, methods=["GET"]),
            Route("/readyz", made.ready, methods=["GET"]),
            Route("/openapi.json", made.described, methods=["GET"]),
        ],
        middleware=[Middleware(Gate, settings=settings, metrics=metrics, keys=lambda: made.keys)],
        exception_handlers={Refusal: _refused, HTTPException: _not_here},
        lifespan=made.life,
    )
    made.app.router.redirect_slashes = False
    return made


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for it alone
    request.state.notes.problems = tuple(dict.fromkeys(each.code for each in error.problems[:20]))
    return refused(error)


async def _not_here(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        problem = Problem("PR1095", "the address takes another method", help=f"send it by {allowed}")
    else:
        problem = Problem(
            "PR1105", "there is nothing at this address", help="GET /openapi.json lists what there is"
        )
    return await _refused(request, Refusal(error.status_code, [problem], error.headers))


def _told_of_problem(source: str, problems: tuple[Problem, ...]) -> None:
    listed = problem_body(422, problems[:50])["problems"]
    log_event("policy_refused", {"source": source, "problems": listed}, logging.ERROR)


def _told_of_change(change: Change) -> None:
    fields = {
        name: [_version(each) for each in some]
        for name, some in (("came", change.came), ("went", change.went))
    }
    log_event("policies_changed", fields)


def _version(version: Version) -> dict[str, object]:
    return {
        "product": version.product,
        "version": version.version,
        "profile": version.ruleset.profile,
        "source": version.source,
        "since": version.since.isoformat() if version.since is not None else None,
        "until": version.until.isoformat() if version.until is not None else None,
        "fingerprint": version.fingerprint,
        "gone": version.gone,
    }


def _json(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode("utf-8")
