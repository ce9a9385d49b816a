"""How long ago something was, in as few letters as tell it. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400


def ago(seconds: float) -> str:
    """Write an age: ``8 s ago``, ``12 min ago``, ``3 h ago``, ``5 days ago``; the coarser, the older.

    >>> ago(7.4), ago(3600 * 50)
    ('7 s ago', '2 days ago')
    """
    seconds = max(0.0, seconds)
    if seconds < _MINUTE_S:
        return f"{int(seconds)} s ago"
    if seconds < _HOUR_S:
        return f"{int(seconds // _MINUTE_S)} min ago"
    if seconds < 2 * _DAY_S:
        return f"{int(seconds // _HOUR_S)} h ago"
    return f"{int(seconds // _DAY_S)} days ago"


def since(time: str, now_s: float) -> str:
    """Write how long ago a time of RFC 3339 was; "" for none, and for one that cannot be read."""
    try:
        return ago(now_s - datetime.fromisoformat(time).timestamp()) if time else ""
    except ValueError:
        return ""
