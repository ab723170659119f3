"""What stands where in a bundle."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from postloan_rules.policy.files import REASONS
from postloan_rules.policy.storage import Packed, stored_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["CATALOGUE", "POLICY", "SIGNATURES", "USED", "is_part", "unpacked"]

POLICY = "policy"
"""The policy's own folder."""
USED = "used"
"""The files that it uses."""
CATALOGUE = REASONS
"""The catalogue of reasons, where the policy has none of its own."""
SIGNATURES = "signatures"
_ROOT = Path("bundle")
"""A name for messages: nothing is ever written below it, or read from it."""


def is_part(name: str) -> bool:
    """Whether a file of this name belongs to what is signed."""
    return name == CATALOGUE or name.startswith((f"{POLICY}/", f"{USED}/"))


@contextmanager
def unpacked(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Within it, the loader sees these files and no others; gives back the policy's folder."""
    with stored_in(Packed(_ROOT, _ROOT / USED, {_ROOT / name: data for name, data in files.items()})):
        yield _ROOT / POLICY
