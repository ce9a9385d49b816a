"""Quantities as people write and read them: bytes, seconds, counts."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from engine.errors import UsageError

_BYTES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LARGEST: Final = 2**63 - 1
"""What the file system and numpy count with: a signed 64-bit number. More is a slip of the hand."""


def parse_bytes(text: str) -> int:
    """Read ``10GB``, ``512 MiB`` or ``4096`` as bytes; decimal and binary prefixes as the field uses them.

    Raises:
        UsageError: when ``text`` is not a size, or more than a signed 64-bit number holds.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?\s*", text, re.IGNORECASE)
    if match is None:
        raise UsageError(f"{text!r} is not a size: wanted a number with an optional unit, such as 10GB, 512MiB or 4096")
    count, unit = Decimal(match[1]), _BYTES[(match[2] or "").lower()]
    # The count is looked at by itself first: a product can be too large even for Decimal.
    if count > _LARGEST or count * unit > _LARGEST:
        raise UsageError(f"{text!r} is too large a size: wanted at most {_LARGEST:,} bytes, such as 10GB")
    return int(count * unit)


def parse_seconds(text: str) -> float:
    """Read ``90s``, ``5m``, ``8h`` or ``1.5`` (seconds) as seconds.

    Raises:
        UsageError: when ``text`` is not a duration, or more than a signed 64-bit number holds.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*", text, re.IGNORECASE)
    if match is None:
        raise UsageError(f"{text!r} is not a duration: wanted a number with an optional unit, such as 90s, 5m or 8h")
    duration_s = float(match[1]) * _SECONDS[(match[2] or "s").lower()]
    if duration_s > _LARGEST:
        raise UsageError(f"{text!r} is too long a duration: wanted at most {_LARGEST:,} seconds, such as 90s")
    return duration_s


def show_bytes(size_bytes: float) -> str:
    """Write a size with three significant figures and a decimal unit: ``3.30 GB``."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size) < 999.5:
            return f"{size:.0f} {unit}" if unit == "B" else f"{_three_figures(size)} {unit}"
        size /= 1000
    return f"{_three_figures(size)} TB"


def _three_figures(value: float) -> str:
    if abs(value) < 9.995:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"


def show_seconds(duration_s: float) -> str:
    """Write a duration as an operator reads it: ``0.4 s``, ``42 s``, ``7:05 min``, ``3:20 h``."""
    if duration_s < 10:
        return f"{duration_s:.1f} s"
    whole = round(duration_s)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600:,}:{whole % 3600 // 60:02d} h"


def counted(count: int, noun: str) -> str:
    """Write a count with its noun: ``1 clip``, ``1,200 clips``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
