"""What the rule language still takes, and what to write instead before it no longer does."""

from __future__ import annotations

from attrs import frozen

__all__ = ["DEPRECATIONS", "TURNED", "Deprecation"]


@frozen
class Deprecation:
    """A way of writing that a later language does not take; `postloan fmt --upgrade` rewrites it."""

    what: str
    written: str
    instead: str
    since: str
    """The version of the package that first warned of it."""
    language: int
    """The version of the language that does not take it any more."""


TURNED = Deprecation("brackets turned outwards at the ends of a range", "]1..5[", "(1..5)", "0.1", 2)
"""A square bracket that opens after a value reads like the filter of a list."""

DEPRECATIONS = (TURNED,)
