"""Which version of a policy is the newer one, so that a service does not go back by mistake."""

from __future__ import annotations

import re

__all__ = ["as_new_as"]

_VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,9}", re.ASCII)


def as_new_as(version: str, least: str) -> bool | None:
    """Whether a version is `least` or newer; None when they have no order.

    Versions are numbers with points between, and are compared number by number; a number that is not there
    counts as 0. So 2026.9 is older than 2026.12, and 2026.12 is 2026.12.0. Other versions have no order.
    """
    if _VERSION.fullmatch(version) is None or _VERSION.fullmatch(least) is None:
        return None
    found = [int(part) for part in version.split(".")]
    wanted = [int(part) for part in least.split(".")]
    length = max(len(found), len(wanted))
    return found + [0] * (length - len(found)) >= wanted + [0] * (length - len(wanted))
