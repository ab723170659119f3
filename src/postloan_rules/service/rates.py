"""How fast a caller may go: a bucket of tokens for each key, filled at a steady rate."""

from __future__ import annotations

from attrs import define, field

__all__ = ["Bucket"]


@define
class Bucket:
    """Tokens that come back at `rate` a second, up to `most`; one is taken for each customer."""

    rate: float
    most: float
    _tokens: float = field(init=False)
    _at: float | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._tokens = self.most

    def wait(self, now: float) -> float:
        """Seconds until the next request may come; 0 when it may come now, and one token is taken then."""
        self._fill(now)
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.rate

    def owe(self, tokens: int) -> None:
        """Take more tokens than there may be: a request for many customers is paid for by waiting longer."""
        self._tokens -= tokens

    def _fill(self, now: float) -> None:
        if self._at is not None:
            self._tokens = min(self.most, self._tokens + max(0.0, now - self._at) * self.rate)
        self._at = now
