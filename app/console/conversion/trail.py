"""What a run's log says of one shard, the newest first: read from the end, for the log may have a million lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from app.wording import line_for
from engine.convert.events import ShardRecovered, ShardStarted
from engine.convert.view import VIEWED
from engine.run.events import Event
from engine.run.reading import EventParser, Logged

MOST: Final = 200
"""Lines: a shard has a handful; one that is tried for ever would have more than anybody reads."""
_BLOCK: Final = 1 << 20
_READ = VIEWED | ShardRecovered


def trail(log: Path, shard: str, most: int = MOST) -> list[Logged[Event]]:
    """Read the events of one shard, the newest first, at most so many.

    Raises:
        OSError: when the log cannot be read.
    """
    needle = msgspec.json.encode(shard)
    parser: EventParser[Event] = EventParser(_READ)
    found: list[Logged[Event]] = []
    for line in _lines_backwards(log, needle):
        try:
            logged = parser.parse(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # a torn last line, or one that another program changed: the run's own screen tells of it
        if logged is not None and getattr(logged.event, "shard", None) == shard:
            found.append(logged)
            if len(found) >= most:
                break
    return found


def _lines_backwards(log: Path, needle: bytes) -> Iterator[bytes]:
    """Yield the lines that hold some bytes, the last first."""
    with log.open("rb") as file:
        end = file.seek(0, 2)
        rest = b""
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            block = file.read(end - start) + rest
            end = start
            head, newline, tail = block.partition(b"\n") if start else (b"", b"\n", block)
            if not newline:
                rest = block
                continue
            rest = head
            if needle in tail:
                yield from (line for line in reversed(tail.split(b"\n")) if needle in line)


def told(event: Event) -> str:
    """Say what an event says, in one line."""
    if isinstance(event, ShardStarted):
        return f"taken in hand by worker {event.worker}"
    line = line_for(event)
    shard = getattr(event, "shard", "")
    if line is None:
        return str(event.type_name())
    return " ".join(line.text.replace(shard, "", 1).split()).removeprefix(": ")
