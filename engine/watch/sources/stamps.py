"""When a line was written, by the date and time that it begins with."""

from __future__ import annotations

import functools
import re
from datetime import datetime, timedelta
from typing import AnyStr, Final

_TIME: Final = re.compile(r"\b(\d{4}-\d\d-\d\d[T ]\d\d:\d\d):(\d\d)(?:[.,](\d{1,6})\d*)?(Z|[+-]\d\d:?\d\d)?")

_YEARLESS: Final = re.compile(r"^\[?(\d\d-\d\d \d\d:\d\d:\d\d)\b")
_AHEAD: Final = timedelta(hours=26)
"""A stamp is so far after the file's last change at most: the time zones of two machines, UTC-12 to UTC+14."""


def line_time(line: str) -> float | None:
    """Return the date and time that a line begins with, as seconds since 1970; without a zone it is this machine's."""
    match = _TIME.search(line, 0, 80)
    if match is None:
        return None
    return time_of(*match.groups())


def time_of(minute: AnyStr, second: AnyStr, fraction: AnyStr | None, zone: AnyStr | None) -> float | None:
    """Return a date and time, cut up as in a line, as seconds since 1970; None where there is no such day."""
    minute_s, seconds = _minute_s(minute, zone), int(second)
    if minute_s is None or seconds >= 60:
        return None
    return minute_s + (seconds + int(fraction) / 10 ** len(fraction) if fraction else seconds)


@functools.lru_cache(maxsize=16)
def _minute_s(minute: str | bytes, zone: str | bytes | None) -> float | None:
    """Return when a minute began; lines that follow each other mostly share theirs."""
    day_and_clock, zone = (part.decode() if isinstance(part, bytes) else part or "" for part in (minute, zone))
    try:
        return datetime.fromisoformat(f"{day_and_clock}:00{zone}").timestamp()
    except ValueError:  # 2026-13-45 in a file name
        return None


def yearless_time(line: str, changed_s: float | None) -> float | None:
    """Return when a line was written whose stamp (``11-22 03:52:04``) has no year, as seconds since 1970.

    It is of the last such day before the file was changed: a line of 31 December in a file of January is of the year
    before. So a log that spans more than a year has its oldest lines a year too late.

    Args:
        line: the line.
        changed_s: when its file was last changed; None where nobody knows, and then there is no time.
    """
    match = _YEARLESS.match(line)
    return None if match is None or changed_s is None else _latest_s(match[1], int(changed_s))


@functools.lru_cache(maxsize=16)
def _latest_s(stamp: str, changed_s: int) -> float | None:
    latest = datetime.fromtimestamp(changed_s) + _AHEAD  # noqa: DTZ006  # the writer's clock has no zone either
    for year in (latest.year, latest.year - 1):
        try:
            found = datetime.fromisoformat(f"{year}-{stamp}")
        except ValueError:  # 29 February, or no day at all
            continue
        if found <= latest:
            return found.timestamp()
    return None
