"""How a line of a log reads: an event in the words of the headless face, anything else as the text that it is. Pure.

Nothing that stands in a log is trusted: every text is escaped, whatever is damaged is told, and a line of any length
comes out as one of a few hundred columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from app.log_events import BROKEN, HEAD, Kind, event_of, kind_of, level_of
from app.log_reading import LogLine
from app.wording import line_for
from engine.convert.view import Level
from engine.errors import printable
from engine.run.events import RESERVED_FIELDS, Event
from engine.units import show_bytes

LONGEST: Final = 400
"""Characters of a line in a list: more than any terminal is wide."""


_WRITTEN: Final = re.compile(rb'"time":"([^"]{1,40})"')
"""When a line was written that is too long to be decoded: the log puts it right behind the type."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list."""

    number: int
    time: datetime | None
    """None where the line tells none."""
    level: Level | None
    """None for what is neither good nor bad."""
    text: str
    """One line of printable characters, cut at :data:`LONGEST`."""
    kind: Kind = Kind.OTHER


def event_row(line: LogLine) -> Row:
    """Put a line of a run's log into words; one that is no event is shown as it stands, and said to be damaged."""
    if line.is_cut:
        told = f"a line of {show_bytes(line.size)}: {as_text(line.content[:LONGEST])}"
        written = _WRITTEN.search(line.content[:LONGEST])
        time = _moment(as_text(written[1])) if written else None
        return Row(line.number, time, Level.UNKNOWN, _short(told), Kind.TROUBLE)
    try:
        head = HEAD.decode(line.content)
    except BROKEN:
        return Row(line.number, None, Level.UNKNOWN, _short(f"no event: {as_text(line.content)}"), Kind.TROUBLE)
    time, kind = _moment(head.time), kind_of(head.type)
    event = event_of(head, line.content)
    if event is None:
        return Row(line.number, time, None, _short(_plain(line.content)), kind)
    level = level_of(event)
    if level is not None and level is not Level.GREEN:
        kind |= Kind.TROUBLE
    return Row(line.number, time, level, _short(_said_once(event, words_of(event)) or _plain(line.content)), kind)


def plain_row(line: LogLine) -> Row:
    """Show a line of a log that is no run's: its text, and nothing that is believed of it."""
    cut = f"a line of {show_bytes(line.size)}: " if line.is_cut else ""
    return Row(line.number, None, None, _short(cut + as_text(line.content[: LONGEST * 4])))


def words_of(event: Event) -> str:
    """Put an event into words; "" for one that only matters to programs, or whose values make no sense."""
    try:
        line = line_for(event)
    except (ValueError, ArithmeticError):  # a moment that is none, a number beyond all measure
        return ""
    return "" if line is None else line.text


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def clock(time: datetime | None, now: datetime, *, with_day: bool) -> str:
    """Write when something happened in this machine's time: ``21:04:09``, or ``11-22 21:04:09`` among several days."""
    form = "%m-%d %H:%M:%S" if with_day else "%H:%M:%S"
    if time is None:
        return " " * len(now.strftime(form))
    try:
        return time.astimezone(now.tzinfo).strftime(form)
    except (OverflowError, ValueError, OSError):  # the year 1, or 9999: no clock's
        return " " * len(now.strftime(form))


def is_today(time: datetime, now: datetime) -> bool:
    """Tell whether something happened on this machine's day; a time that is no clock's is told as of today."""
    try:
        return time.astimezone(now.tzinfo).date() == now.date()
    except (OverflowError, ValueError, OSError):
        return True


def _said_once(event: Event, words: str) -> str:
    """Leave out the shard's name where its reason begins with it again: at eighty columns the reason would be cut."""
    shard = getattr(event, "shard", "")
    return words.replace(f" {shard}/", " ", 1) if shard else words


def as_text(content: bytes) -> str:
    r"""Return bytes as text; what is no UTF-8 is told as ``\xff``."""
    return content.decode("utf-8", "backslashreplace")


def _short(text: str) -> str:
    """Make it one line of printable characters; what is cut is told by an ellipsis, more lines by their number."""
    lines = text.split("\n")
    more = len(lines) - 1
    first = printable(lines[0][:LONGEST])
    cut = len(lines[0]) > LONGEST or len(first) > LONGEST
    return first[:LONGEST] + ("…" if cut else "") + (f"  … and {more} more lines" if more else "")


def _plain(content: bytes) -> str:
    """Name an event that only matters to programs, and its fields, as far as a line has room."""
    try:
        fields = msgspec.json.decode(content)
    except BROKEN:
        return f"no event: {as_text(content[:LONGEST])}"
    if not isinstance(fields, dict):
        return f"no event: {as_text(content[:LONGEST])}"
    told = [f"{name} {_brief(value)}" for name, value in fields.items() if name not in RESERVED_FIELDS]
    return f"{str(fields.get('type', '')).replace('_', ' ')}: {', '.join(told)}"


def _brief(value: object) -> str:
    match value:
        case list():
            return f"({len(value):,})"
        case dict():
            return "{…}"
    return str(value)
