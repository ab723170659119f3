"""The service on a socket, until it is told to stop; requests under way are answered first."""

from __future__ import annotations

import logging
import signal
import socket
from functools import partial
from typing import TYPE_CHECKING

import uvicorn
from attrs import frozen

from postloan_rules.service.logs import log_event

if TYPE_CHECKING:
    from postloan_rules.service.app import Service

__all__ = ["Listening", "run"]


@frozen
class Listening:
    """Where the service listens, and for how long it waits."""

    host: str = "127.0.0.1"
    port: int = 8000
    certificate: str | None = None
    private_key: str | None = None
    share_port: bool = False
    """Whether other processes may listen on the same port: the system deals connections out among them."""
    most_connections: int = 1_000
    idle_seconds: int = 15
    """After so long without a request a connection is closed."""
    stop_seconds: int = 30
    """So long requests under way may take when the service is told to stop."""


def run(service: Service, listening: Listening) -> None:
    """Answer requests until a signal says to stop (SIGTERM, SIGINT).

    Raises:
        OSError: where the address can't be listened on.
    """
    config = uvicorn.Config(
        service.app,
        lifespan="on",
        ws="none",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=listening.most_connections,
        timeout_keep_alive=listening.idle_seconds,
        timeout_graceful_shutdown=listening.stop_seconds,
        h11_max_incomplete_event_size=1 << 15,
        ssl_certfile=listening.certificate,
        ssl_keyfile=listening.private_key,
    )
    with _listener(listening) as listener:
        port = listener.getsockname()[1]
        scheme = "https" if listening.certificate else "http"
        host = f"[{listening.host}]" if ":" in listening.host else listening.host
        log_event("listening", {"url": f"{scheme}://{host}:{port}"})
        server = uvicorn.Server(config)
        for each in (signal.SIGTERM, signal.SIGINT):
            # The server hands a signal on when it is done: the process then ends by itself, and well.
            signal.signal(each, partial(_stop, server))
        server.run(sockets=[listener])
    log_event("stopped", {})


def _listener(listening: Listening) -> socket.socket:
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    # Named as TCP, asyncio sends the body of an answer at once after its head: else it waits for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if listening.share_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((listening.host, listening.port))
        listener.listen(512)
    except BaseException:
        listener.close()
        raise
    return listener


def _stop(server: uvicorn.Server, *_: object) -> None:
    server.should_exit = True
