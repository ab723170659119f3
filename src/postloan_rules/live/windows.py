"""The events of the customers seen last, kept in memory so that they are not read from the journal again."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from postloan_rules.live.journal import Kept

__all__ = ["Windows"]


class Windows:
    """Whole windows of customers, at most so many events; whoever was not seen for longest goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._by_customer: OrderedDict[str, list[Kept]] = OrderedDict()

    def __len__(self) -> int:
        return self._held

    def get(self, customer_id: str) -> list[Kept] | None:
        """A customer's events as they arrived; None where they are not held."""
        found = self._by_customer.get(customer_id)
        if found is not None:
            self._by_customer.move_to_end(customer_id)
        return found

    def put(self, customer_id: str, events: list[Kept], since: date) -> None:
        """Hold a customer's events, those from a day on."""
        self._held -= len(self._by_customer.pop(customer_id, ()))
        if events and events[0][1].occurred_on < since:
            events = [each for each in events if each[1].occurred_on >= since]
        self._by_customer[customer_id] = events
        self._held += len(events)
        while self._held + len(self._by_customer) > self._most and self._by_customer:
            _, dropped = self._by_customer.popitem(last=False)
            self._held -= len(dropped)

    def clear(self) -> None:
        """Hold nothing: what is in the journal may be another thing."""
        self._by_customer.clear()
        self._held = 0
