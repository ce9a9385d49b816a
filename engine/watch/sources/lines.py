"""A log of lines, followed: blocks of its tail go through a reader of lines, and what nobody reads is counted."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine.errors import printable
from engine.watch.records import Batch, SourceStatus
from engine.watch.sources import mishaps
from engine.watch.sources.collected import Collected
from engine.watch.sources.reading import LineReader, Remembering, Row
from engine.watch.sources.stamps import line_time
from engine.watch.tail import FileTail, Restart
from engine.watch.tail_lines import ByteTail, LineTail, clean
from engine.watch.tail_screen import Screen, count_lines, every_line
from engine.watch.unparsed import UnparsedLines

POLL_BYTES: Final = 4 << 20
"""Read at most in one poll: if every line of it is a metric, its records fill some 50 MB."""
_SHOWN: Final = 200
_RESUMES: Final = (b"esum", b"checkpoint")
"""What a line that tells of a resume contains; readers look closer."""
_RANK: Final = re.compile(r"^\[?(?:rank|default)?(\d{1,5})\]?:(?!\d\d:\d\d) ?")
"""What torchrun, Composer's launcher and NeMo put before the lines of each process; ``14:05:33`` is a clock."""


class LineSource:
    """A log of lines, followed; a :class:`~engine.watch.sources.base.Source`."""

    def __init__(self, name: str, path: str, tail: ByteTail, reader: LineReader, *, run: str = "") -> None:
        """Follow ``tail`` and read its lines with ``reader``; ``path`` is what the status shows."""
        self._name = name
        self._path = path
        self._lines = LineTail(tail, path)
        self._reader = reader
        self._remembering = reader if isinstance(reader, Remembering) else None
        self._collected = Collected(name, run)
        self._mishaps = mishaps.MishapReader()
        self._screen: Screen | None = None
        self._screened: tuple[bytes, ...] | None = None
        self._rank: str | None = None
        self._line_count = self._parsed_count = 0
        self._sample = ""
        self._unparsed = UnparsedLines()

    @classmethod
    def of_file(cls, path: Path, reader: LineReader, name: str = "") -> LineSource:
        """Follow a file; named by it where no name is given."""
        return cls(name or path.name, str(path), FileTail(path), reader)

    @property
    def name(self) -> str:
        """How it is called."""
        return self._name

    def poll(self) -> Batch:
        """Return what was added; at most 4 MiB of log in one poll."""
        came, newest = False, b""
        for block in self._lines.blocks(POLL_BYTES):
            came = True
            if isinstance(block, Restart):
                self._reader.restart()
                self._collected.segments.reread()
            else:
                self._take(block)
                newest = block
        self._sample_from(newest)
        if not came:
            self._collected.add(self._reader.flush())
        return dataclasses.replace(self._batch(), more=came)

    def flush(self) -> Batch:
        """Return what was held back: a last line without its end, a block or traceback that nothing followed."""
        rest = self._lines.flush()
        if rest:
            self._take(rest)
            self._sample_from(rest)
        self._collected.add(self._reader.flush())
        told = self._mishaps.flush()
        if told is not None:
            self._collected.add_mishap(told, None)
        return self._batch()

    def status(self) -> SourceStatus:
        """Say how it is doing."""
        tail = self._lines.tail
        return SourceStatus(
            name=self._name,
            format=self._reader.format,
            path=self._path,
            records=self._collected.records,
            lines=self._line_count,
            unparsed=self._line_count - self._parsed_count,
            sample_unparsed=self._sample,
            unparsed_lines=self._unparsed.shown(),
            newest_s=tail.newest_s,
            problem=tail.problem,
            hides_nan=self._collected.hides_nan,
            files=(self._path,),
        )

    def close(self) -> None:
        """Let go of the file."""
        self._lines.tail.close()

    def _batch(self) -> Batch:
        return self._collected.batch(*self._lines.notes(), *self._reader.notes())

    def _take(self, block: bytes) -> None:
        self._line_count += count_lines(block)
        done: int | None = self._follow(block, 0)
        while done is not None:
            done = self._take_from(block, done)

    def _take_from(self, block: bytes, done: int) -> int | None:
        """Read on from ``done``; return where to go on with other anchors, None at the block's end."""
        anchors = self._reader.anchors
        read_known = self._remembering.read_known if self._remembering is not None else _knows_none
        passed, sorts = done, not self._unparsed.is_full
        for start, stop in self._spans(block, anchors, done):
            if start < done:
                continue
            if sorts:  # the lines in between, which nobody reads else
                self._unparsed.look(block[max(passed, done) : start])
                passed = stop + 1
            known = read_known(block, start, stop)
            if known is not None:
                self._parsed_count += 1
                self._collected.add_row(*known)
                continue
            self._take_line(clean(block[start:stop]))
            done = self._follow(block, stop + 1)
            if self._reader.anchors is not anchors:
                return done
        if sorts:
            self._unparsed.look(block[max(passed, done) :])
        return None

    def _spans(self, block: bytes, anchors: tuple[bytes, ...] | None, start: int) -> Iterator[tuple[int, int]]:
        if anchors is None:
            return every_line(block, start)
        if self._screen is None or self._screened is not anchors:
            self._screen, self._screened = Screen((*anchors, *_RESUMES, *mishaps.ANCHORS)), anchors
        return self._screen.spans(block, start)

    def _follow(self, block: bytes, start: int) -> int:
        """Show a traceback's lines to the end, whatever they contain; return where the next line begins."""
        while self._mishaps.follows and start < len(block):
            stop = block.find(b"\n", start)
            self._take_line(clean(block[start:stop]))
            start = stop + 1
        return start

    def _take_line(self, line: str) -> None:
        if not line:
            return
        if self._mishaps.follows or line.endswith("Traceback (most recent call last):"):
            self._look_for_trouble(line)
            return
        rank = _RANK.match(line)
        if rank is not None:
            self._rank = self._rank or rank[1]
            if rank[1] != self._rank:  # every process says the same: one is listened to, but trouble is heard from all
                self._look_for_trouble(line)
                return
            line = line[rank.end() :]
        reading = self._reader.read(line)
        if reading is not None:
            self._parsed_count += 1
            self._collected.add(reading)
            return
        if self._reader.resumes(line):
            self._collected.add(self._reader.flush())  # what a bar showed last, by the start that drew it
            if self._collected.records:
                self._collected.segments.resumed()
        self._unparsed.take(line)
        self._look_for_trouble(line)

    def _look_for_trouble(self, line: str) -> None:
        told = self._mishaps.read(line)
        if told is not None:
            self._collected.add_mishap(told, line_time(line))

    def _sample_from(self, block: bytes) -> None:
        """Keep the block's last line as the example of what was not understood, where it was not."""
        last = clean(block[block.rfind(b"\n", 0, len(block) - 1) + 1 : -1])
        if last and self._parsed_count < self._line_count and not self._looks_read(last):
            self._sample = printable(last[:_SHOWN])

    def _looks_read(self, line: str) -> bool:
        anchors = self._reader.anchors
        return not self._collected.is_empty and (anchors is None or any(anchor.decode() in line for anchor in anchors))


def _knows_none(_block: bytes, _start: int, _stop: int) -> Row | None:
    return None
