"""Which customers a challenger decides: by a salted hash of their numbers, the same on every machine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from attrs import frozen

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["CHALLENGER", "CHAMPION", "Arms"]

CHAMPION, CHALLENGER = 0, 1
_ALL = 1 << 256


@frozen
class Arms:
    """The division of customers into those of the champion and those of the challenger."""

    share: Decimal
    """The part of the customers that go to the challenger, more than 0 and less than 1."""
    salt: str
    """Another salt divides the customers anew, without any relation to the division before."""

    def arm(self, customer_id: str) -> Literal[0, 1]:
        """0 for the champion, 1 for the challenger; it hangs on the salt and the number alone."""
        digest = hashlib.sha256(f"{len(self.salt)}:{self.salt}{customer_id}".encode()).digest()
        numerator, denominator = self.share.as_integer_ratio()
        return 1 if int.from_bytes(digest) * denominator < numerator * _ALL else 0
