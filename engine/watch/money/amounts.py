"""Dollars without rounding on the way: prices are decimals, sums are fractions, and a cent is made once, at the end."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final

from engine.errors import UsageError

HOURS_PER_MONTH: Final = 730
"""A month of a GB-month: 365 days times 24 hours over 12, the month that cloud price lists count with."""
_LARGEST: Final = Decimal(10**9)
"""Nobody trains for more; a larger figure is a slip of the hand."""
_MICRO: Final = Decimal("0.000001")
_CENT: Final = Decimal("0.01")


def parse_usd(text: str) -> Decimal:
    """Read ``0.39`` or ``$600`` as dollars.

    Raises:
        UsageError: when it is no amount, negative, or more than a billion.
    """
    try:
        amount = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not is_amount(amount):
        raise UsageError(f"{text!r} is not an amount: wanted dollars between 0 and {_LARGEST:,}, such as 0.39 or $600")
    return amount


def is_amount(amount: Decimal) -> bool:
    """Tell whether a decimal is finite, not negative and no slip of the hand: a price, an amount, a count of GB."""
    return amount.is_finite() and 0 <= amount <= _LARGEST


def to_usd(amount: Fraction) -> Decimal:
    """Round an exact amount to a millionth of a dollar, as figures are handed on."""
    return _rounded(amount, _MICRO)


def to_cents(amount: Fraction | Decimal) -> Decimal:
    """Round to the cent, as figures are shown; half a cent goes up.

    >>> to_cents(Decimal("65.525"))
    Decimal('65.53')
    """
    return _rounded(Fraction(amount), _CENT)


def show_usd(amount: Fraction | Decimal) -> str:
    """Write dollars to the cent: ``$1,344.16``.

    >>> show_usd(Decimal("-0.5"))
    '-$0.50'
    """
    cents = to_cents(amount)
    return f"-${-cents:,}" if cents < 0 else f"${abs(cents):,}"


def show_rate(usd_per_hour: Fraction | Decimal) -> str:
    """Write a price as price lists have it: ``$0.39/h``, ``$0.1578/h``."""
    cents = to_cents(usd_per_hour)
    finer = _rounded(Fraction(usd_per_hour), Decimal("0.0001"))
    return f"${cents if cents == finer else finer.normalize():f}/h"


def _rounded(amount: Fraction, unit: Decimal) -> Decimal:
    """Round half up, by whole numbers: a division of decimals would round before."""
    doubled = 2 * abs(amount) * int(1 / unit)
    steps = (doubled.numerator // doubled.denominator + 1) // 2
    return (Decimal(steps if amount >= 0 else -steps) * unit).quantize(unit)
