"""One line of a log in full: its words, and every field, as plain text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from app.log_events import BROKEN, Head, event_of
from app.log_reading import LogLine
from app.log_words import Row, as_text, event_row, words_of
from engine.errors import printable
from engine.units import show_bytes

_PAGE: Final = 64 * 1024
"""Characters of one event; of a longer one the rest is told where it lies."""


def page_of(line: LogLine, whole: bytes, path: str) -> Iterator[str]:
    """Tell everything that a line holds, as plain text in lines of their own.

    Args:
        line: where it stands.
        whole: its bytes, as far as they were read.
        path: of the log.
    """
    yield f"{printable(path)}: {line.size:,} bytes from byte {line.offset:,}"
    yield ""
    try:
        fields = msgspec.json.decode(whole)
        row = event_row(line)
        if isinstance(fields, Mapping) and not line.is_cut:
            yield from _told(fields, line, row)
        body = msgspec.json.format(whole, indent=2).decode("utf-8")
    except BROKEN as fault:
        yield "This is cut off: it is too long to be shown in full." if line.is_cut else f"This is no JSON: {fault}"
        yield ""
        body = as_text(whole)
    yield from (printable(each) for each in body[:_PAGE].split("\n"))
    if len(body) > _PAGE or line.is_cut:
        yield ""
        yield f"… and more, {show_bytes(line.size)} in all: tail -c +{line.offset + 1} FILE | head -c {line.size}"


def _told(fields: Mapping[str, object], line: LogLine, row: Row) -> Iterator[str]:
    head = Head(str(fields.get("type", "")), str(fields.get("time", "")), str(fields.get("job", "")))
    event = event_of(head, line.content)
    words = "" if event is None else words_of(event)
    level = f"{row.level.name}: " if row.level is not None else ""
    if words:
        yield from (printable(each) for each in f"{level}{words}".split("\n"))
        yield ""
