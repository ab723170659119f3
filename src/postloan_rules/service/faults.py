"""Faults in the log: where they came up, and no word of the data that set them off."""

from __future__ import annotations

import logging
import traceback
from pathlib import PurePath

__all__ = ["LOGGER", "frames_of", "log_fault"]

LOGGER = "postloan_rules.service"


def frames_of(error: BaseException) -> tuple[str, ...]:
    """The places in the code that an exception went through, the innermost last; causes come first.

    Messages of exceptions can hold what a customer's snapshot holds, so they are left out.
    """
    found: list[str] = []
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 5:
        chain.append(current)
        current = current.__cause__ or current.__context__
    for each in reversed(chain):
        found += [
            f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(each.__traceback__, limit=-30)
        ]
        found.append(type(each).__name__)
    return tuple(found)


def log_fault(during: str, error: BaseException) -> None:
    """Write a fault to the log."""
    where = frames_of(error)
    logging.getLogger(LOGGER).error(
        "fault while %s: %s",
        during,
        " > ".join(where),
        extra={"event": "fault", "during": during, "frames": where},
    )
