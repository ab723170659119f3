"""How much the service takes on at once."""

from __future__ import annotations

from attrs import frozen

from postloan_rules.limits import LIMITS, Limits

__all__ = ["Settings"]


@frozen
class Settings:
    """Bounds of the service; each keeps one caller from taking what all need."""

    limits: Limits = LIMITS
    """How much is taken of a policy and of a snapshot."""
    largest_body: int = 1 << 20
    """Bytes of one customer's snapshot."""
    largest_many: int = 8 << 20
    """Bytes of the snapshots of many customers."""
    most_customers: int = 10_000
    """Customers in one request."""
    most_under_way: int = 64
    """Requests that are read or decided at the same time."""
    most_many_under_way: int = 4
    """Requests for many customers at the same time: each may take a hundred megabytes while it lasts."""
    send_seconds: float = 30.0
    """How long a caller may take to receive a piece of an answer."""
    body_seconds: float = 10.0
    """How long the body of a request may take to arrive."""
    rate: float | None = None
    """Customers a second for each key that has no rate of its own; None is without bound."""
    burst: float = 2.0
    """For so many seconds' worth a key may be ahead of its rate."""
    look_seconds: float = 2.0
    """From one look at the files of policies and keys to the next."""
