"""``metrics``: does a line stand in a log, or come while we wait? And at what level does the watch see the run?"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

import msgspec

from engine.checklist.answers import Answer, State, passed
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.bounds import checked_pattern, checked_seconds
from engine.checklist.kinds.logtail import TAIL_BYTES, LogTail
from engine.errors import printable
from engine.run.off_loop import off_loop

_POLL_S: Final = 0.25
"""Well under the second in which the quickest training step is logged, and nothing to a disk."""
_SHOWN: Final = 200


class Metrics(CheckTable, frozen=True, kw_only=True, tag="metrics"):
    """Asks at what level the watch sees a run; or searches the last 16 MiB of a log for a line, and waits for one.

    The log may be cut, or replaced by a new file, while it is followed; lines end with a line feed, a carriage return
    or both, as progress bars write them.
    """

    parses: ClassVar[bool] = True

    path: Annotated[str, msgspec.Meta(min_length=1)]
    """The log, under the corpus where it is relative."""
    level: Literal["", "green", "yellow"] = ""
    """The worst level that may stand, as ``gonogo watch --once`` says it; the path may be a folder then."""
    line: str = ""
    """A regular expression to be found in a line; its first group, where there is one, is the value read, from the
    last line that matches."""
    within: str = "0s"
    """How long to wait for such a line; the item's timeout must be longer, for it ends the wait without an answer."""
    absent: bool = False
    """Whether such a line must not be there, nor come within that time: a traceback."""

    def __post_init__(self) -> None:
        """Refuse a pattern or a time that is none, and a check that asks for nothing, or for two things."""
        if bool(self.line) == bool(self.level):
            raise ValueError("wanted one of line and level")
        if self.level and (self.absent or self.within != "0s"):
            raise ValueError("within and absent are for a line; a level is read once")
        checked_pattern("line", self.line)
        checked_seconds("within", self.within)

    async def look(self, around: Around) -> Answer:
        """Search the log, and follow it until the line comes or the time is over."""
        path = around.path(self.path)
        if self.level:
            return await off_loop(partial(_level_of, path, around, self.level))
        until = time.monotonic() + checked_seconds("within", self.within)
        log, found = LogTail(path), None
        try:
            while True:
                is_last = time.monotonic() >= until
                found = await off_loop(partial(self._search, log, is_last))
                if found is not None or is_last:
                    break
                await asyncio.sleep(min(_POLL_S, max(0.0, until - time.monotonic())))
        finally:
            log.close()
        return self._judge(log, path, found)

    def _search(self, log: LogTail, is_last: bool) -> str | None:
        """Return the value of the last line that matches, among those that are new."""
        pattern, found = re.compile(self.line), None
        for text in log.lines(last=is_last):
            if (match := pattern.search(text)) is not None:
                found = match[1] if pattern.groups and match[1] is not None else text.strip()
        return None if found is None else printable(found[:_SHOWN])

    def _judge(self, log: LogTail, path: Path, found: str | None) -> Answer:
        if not log.was_there:
            return Answer(State.FAIL, f"there is no {printable(str(path))}{self._waited()}")
        if found is not None:
            return Answer(State.FAIL if self.absent else State.PASS, found)
        part = f" in its last {TAIL_BYTES >> 20} MiB" if log.is_cut else ""
        read = f"no line that matches {self.line!r}{part}{self._waited()}"
        return Answer(State.PASS if self.absent else State.FAIL, read)

    def _waited(self) -> str:
        return f" within {self.within}" if checked_seconds("within", self.within) > 0 else ""


def _level_of(path: Path, around: Around, wanted: str) -> Answer:
    """Read a run's log as the watch does, to its end."""
    from engine.watch.alerts import Level  # noqa: PLC0415  # the sources are many, and most checks are others
    from engine.watch.opening import open_watching  # noqa: PLC0415

    if not path.exists():
        return Answer(State.FAIL, f"there is no {printable(str(path))}")
    with contextlib.closing(open_watching([path], around.settings, state=around.state)) as watching:
        watching.finish()
        level, alerts = watching.level, watching.desk.alerts()
    read = f"{level.name.lower()}{f': {alerts[0].rule}: {alerts[0].told}' if alerts else ''}"
    if level is Level.UNKNOWN:
        return Answer(State.ERROR, f"{read}: not enough was logged to say")
    return passed(printable(read[:_SHOWN]), when=level <= Level[wanted.upper()])
