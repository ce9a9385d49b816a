"""Sizes and ages of files, as several kinds hold them against what a checklist wants."""

from __future__ import annotations

import time

from engine.checklist.kinds.bounds import checked_bytes, checked_seconds
from engine.checklist.kinds.table_findings import Finding
from engine.units import show_bytes, show_seconds


def check_sizes(min_size: str, max_size: str, max_age: str) -> None:
    """Refuse sizes and times that are none, or that nothing fulfils; ``""`` is none that is asked for.

    Raises:
        ValueError: when they cannot be meant.
    """
    least, most = _bytes("min_size", min_size), _bytes("max_size", max_size)
    if least is not None and most is not None and least > most:
        raise ValueError(f"min_size {min_size} is more than max_size {max_size}")
    if max_age:
        checked_seconds("max_age", max_age)


def judge_size(size_bytes: int, min_size: str, max_size: str) -> Finding:
    """Compare a size: ``1.20 kB, wanted at least 10MB``."""
    least, most = _bytes("min_size", min_size), _bytes("max_size", max_size)
    if least is not None and size_bytes < least:
        return Finding(False, f"{_exactly(size_bytes)}, wanted at least {min_size}")
    if most is not None and size_bytes > most:
        return Finding(False, f"{_exactly(size_bytes)}, wanted at most {max_size}")
    return Finding(True, show_bytes(size_bytes))


def judge_age(mtime_s: float, max_age: str) -> Finding:
    """Compare how long ago something was written; a time to come counts as now, for clocks of servers differ."""
    age_s = max(0.0, time.time() - mtime_s)
    told = f"{show_seconds(age_s)} old"
    if age_s > checked_seconds("max_age", max_age):
        return Finding(False, f"{told}, wanted at most {max_age}")
    return Finding(True, told)


def _bytes(field: str, text: str) -> int | None:
    return checked_bytes(field, text) if text else None


def _exactly(size_bytes: int) -> str:
    return f"{show_bytes(size_bytes)} ({size_bytes:,} bytes)" if size_bytes >= 1000 else show_bytes(size_bytes)
