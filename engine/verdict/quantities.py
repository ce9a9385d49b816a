"""What criteria compare: shares, dollars, plain numbers and levels, as people write them. Exact decimals, never floats.

The unit of a criterion is that of its bound; a figure in another unit is refused rather than guessed at.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from engine.errors import UsageError
from engine.watch.alerts import Level

_HUNDRED: Final = Decimal(100)
_NUMBER: Final = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?")


class Unit(enum.StrEnum):
    """How a quantity is written."""

    PLAIN = "a number"
    SHARE = "a share"
    """Between 0 and 1 inside, written as per cent."""
    DOLLARS = "dollars"
    LEVEL = "a level"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One value of a unit."""

    value: Decimal
    """Of a level, its number in :class:`Level`."""
    unit: Unit

    def __str__(self) -> str:
        """Write it as people do."""
        if self.unit is Unit.LEVEL:
            return Level(int(self.value)).name.lower()
        if not self.value.is_finite():
            return "NaN" if self.value.is_nan() else f"{self.value}".lower()
        if self.unit is Unit.SHARE:
            return f"{_plain(self.value * _HUNDRED)} %"
        if self.unit is Unit.DOLLARS:
            return f"${self.value:,.2f}" if self.value >= 0 else f"-${-self.value:,.2f}"
        return _plain(self.value)


def parse_quantity(raw: str | int | float | Decimal) -> Quantity:
    """Read ``35 %``, ``$600``, ``3.5`` or ``yellow``.

    Raises:
        UsageError: when it is none of them.
    """
    text = str(raw).strip()
    if text.upper() in Level.__members__:
        return Quantity(Decimal(Level[text.upper()].value), Unit.LEVEL)
    if text.endswith("%"):
        return Quantity(_number(raw, text[:-1]) / _HUNDRED, Unit.SHARE)
    if text.startswith("$"):
        return Quantity(_number(raw, text[1:]), Unit.DOLLARS)
    return Quantity(_number(raw, text), Unit.PLAIN)


def measured_in(unit: Unit, raw: object) -> Quantity:
    """Read a measured value for a criterion of a unit, from JSON or a command line; NaN stays NaN.

    A plain number is a share between 0 and 1 where a share is wanted, and dollars where dollars are.

    Raises:
        UsageError: when it is no value of that unit.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise UsageError(f"read {raw!r}, wanted {unit}")
    if str(raw).strip().lower() == "nan":
        return Quantity(Decimal("NaN"), unit)
    found = parse_quantity(raw)
    if found.unit is unit:
        return found
    if found.unit is not Unit.PLAIN or unit is Unit.LEVEL:
        raise UsageError(f"read {raw}, wanted {unit}")
    if unit is Unit.SHARE and not 0 <= found.value <= 1:
        raise UsageError(f"read {raw}, wanted a share between 0 and 1, or per cent such as 37%")
    return Quantity(found.value, unit)


def _number(raw: object, text: str) -> Decimal:
    text = text.strip()
    try:
        if _NUMBER.fullmatch(text):
            return Decimal(text)
    except InvalidOperation:
        pass
    raise UsageError(f"read {raw!r}, wanted a number such as 3.5, 35%, $600, or a level such as yellow")


def _plain(value: Decimal) -> str:
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
