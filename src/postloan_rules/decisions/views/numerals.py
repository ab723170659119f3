"""Numbers, money and days as a language writes them.

The forms come from Babel. Where it is not installed, they stand as in the YAML.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from postloan_rules.expressions import text_of
from postloan_rules.snapshot.currency import minor_digits

if TYPE_CHECKING:
    import datetime as dt
    from types import ModuleType

__all__ = ["Numerals"]

_DIGITS = 6
"""Numbers are shown with so many decimals at most; a sign tells where some are left out."""

_ABOUT = "≈ "
_EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN)


class Numerals:
    """How one language writes what is counted, in one currency."""

    def __init__(self, language: str, currency: str) -> None:
        self.language = language
        self.currency = currency
        self._dates = _babel("dates")
        self._numbers = _babel("numbers")

    def number(self, number: Decimal) -> str:
        """A number."""
        shown, about = _rounded(number, _DIGITS)
        if self._numbers is None:
            return about + (text_of(shown) or "")
        with localcontext(_EXACT):
            written = self._numbers.format_decimal(shown, locale=self.language, decimal_quantization=False)
        return f"{about}{written}"

    def money(self, amount: Decimal) -> str:
        """An amount with its currency."""
        shown, about = _rounded(amount, minor_digits(self.currency))
        if self._numbers is None:
            return f"{about}{text_of(shown)} {self.currency}"
        with localcontext(_EXACT):
            written = self._numbers.format_currency(shown, self.currency, locale=self.language)
        return f"{about}{written}"

    def day(self, day: dt.date) -> str:
        """A day."""
        if self._dates is None:
            return day.isoformat()
        return str(self._dates.format_date(day, format="medium", locale=self.language))

    def moment(self, moment: dt.datetime) -> str:
        """A day and a time."""
        if self._dates is None:
            return moment.isoformat(" ")
        return str(self._dates.format_datetime(moment, format="medium", locale=self.language))


@cache
def _babel(name: str) -> ModuleType | None:
    try:
        return import_module(f"babel.{name}")
    except ModuleNotFoundError:
        return None


def _rounded(number: Decimal, digits: int) -> tuple[Decimal, str]:
    """The number with no more than so many decimals, and a sign if that is not all of it."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= digits:
        return number, ""
    with localcontext(_EXACT):
        shown = number.quantize(Decimal(1).scaleb(-digits)).normalize()
        return shown, "" if shown == number else _ABOUT
