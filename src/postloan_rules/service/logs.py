"""The service's log: one JSON object a line, and nothing in it of any customer."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from postloan_rules.service.faults import LOGGER, frames_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["JsonLines", "log_event", "log_to"]

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """A record as one line of JSON: its own fields, and for other records the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        extra = {name: value for name, value in vars(record).items() if name not in _OWN}
        extra.pop("color_message", None)
        if "event" not in extra:
            fields["event"] = "message"
            fields["logger"] = record.name
            fields["message"] = record.getMessage()
        fields |= extra
        if record.exc_info is not None and record.exc_info[1] is not None:
            fields["frames"] = frames_of(record.exc_info[1])
        return json.dumps(fields, ensure_ascii=False, default=str)


def log_event(event: str, fields: Mapping[str, object], level: int = logging.INFO) -> None:
    """Write an event of the service with its fields."""
    logging.getLogger(LOGGER).log(level, event, extra={"event": event, **fields})


def log_to(stream: TextIO | None = None) -> None:
    """Write the log of the service and of its server to a stream, standard error by default."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    for name in (LOGGER, "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)
