"""What all line-based sources share: a followed file, a reader of lines, segments, names, mishaps, and the tally."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import AnyStr, Final, Protocol, runtime_checkable

from engine.errors import printable
from engine.watch.naming import Naming
from engine.watch.records import GRAD_NORM, LOSS, LOSS_SCALE, Batch, Mishap, MishapKind, Record, SourceStatus
from engine.watch.sources import mishaps
from engine.watch.sources.segments import Segments
from engine.watch.tail import FileTail, Restart
from engine.watch.tail_lines import ByteTail, LineTail, clean
from engine.watch.tail_screen import Screen, count_lines, every_line
from engine.watch.unparsed import UnparsedLines

POLL_BYTES: Final = 4 << 20
"""Read at most in one poll: if every line of it is a metric, its records fill some 50 MB."""
_SHOWN: Final = 200
_RESUMES: Final = (b"esum", b"checkpoint")
"""What a line that tells of a resume contains; readers look closer."""
_TIME: Final = re.compile(r"\b(\d{4}-\d\d-\d\d[T ]\d\d:\d\d):(\d\d)(?:[.,](\d{1,6})\d*)?(Z|[+-]\d\d:?\d\d)?")
_RANK: Final = re.compile(r"^\[?(?:rank|default)?(\d{1,5})\]?:(?!\d\d:\d\d) ?")
"""What torchrun, Composer's launcher and NeMo put before the lines of each process; ``14:05:33`` is a clock."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of a line; no values: a line that belongs to the format and says nothing yet."""

    step: int
    values: Mapping[str, float]
    """By the names of the log."""
    time_s: float | None = None
    before: Reading | None = None
    """One that was held back until this one told its step."""


NOTHING: Final = Reading(0, {})

Row = tuple[int, Mapping[str, float], float | None]
"""Step, values and time of a reading that has nothing held back: ten times as cheap to make as a :class:`Reading`."""


class LineReader(Protocol):
    """Understands the lines of one format."""

    @property
    def format(self) -> str:
        """The format's name; a reader of many says which it met most."""
        ...

    @property
    def anchors(self) -> tuple[bytes, ...] | None:
        """A line without any of these says nothing; None: each line must be shown."""
        ...

    def read(self, line: str) -> Reading | None:
        """Return what a line says, or None where it is not understood."""
        ...

    def flush(self) -> Reading | None:
        """Return what was held back for more lines to come."""
        ...

    def restart(self) -> None:
        """Forget what was half read: the file begins again."""
        ...

    def resumes(self, line: str) -> bool:
        """Tell whether a line that was not understood says that the run was started again."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Return what there is to say since the last call."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A reader that knows a line again which differs from an earlier one in its numbers alone."""

    def read_known(self, block: bytes, start: int, stop: int) -> Row | None:
        """Return what :meth:`LineReader.read` would of the line that lies there in a block; None to ask that."""
        ...


@runtime_checkable
class Flushing(Protocol):
    """A source that holds something back while its log may still grow."""

    def flush(self) -> Batch:
        """Return what was held back: the writer is known to be finished."""
        ...


class HiddenNan:
    """Sees a trainer that prints zeros or repeats where the loss was NaN: the gradient norm tells."""

    def __init__(self) -> None:
        self.seen = False
        self._before: float | None = None

    def look(self, values: Mapping[str, float]) -> None:
        """Take one row, under canonical names."""
        loss, norm = values.get(LOSS), values.get(GRAD_NORM)
        if loss is not None and norm is not None and math.isnan(norm) and loss in (0.0, self._before):
            self.seen = True
        self._before = loss if loss is not None else self._before


class LineSource:
    """A log of lines, followed; a :class:`~engine.watch.sources.base.Source`."""

    def __init__(self, name: str, path: str, tail: ByteTail, reader: LineReader, *, run: str = "") -> None:
        """Follow ``tail`` and read its lines with ``reader``; ``path`` is what the status shows."""
        self._name = name
        self._path = path
        self._run = run
        self._lines = LineTail(tail, path)
        self._reader = reader
        self._remembering = reader if isinstance(reader, Remembering) else None
        self._naming = Naming(name)
        self._segments = Segments()
        self._mishaps = mishaps.MishapReader()
        self._hidden = HiddenNan()
        self._screen: Screen | None = None
        self._screened: tuple[bytes, ...] | None = None
        self._rank: str | None = None
        self._newest_step: int | None = None
        self._counts = {"records": 0, "lines": 0, "parsed": 0}
        self._sample = ""
        self._unparsed = UnparsedLines()
        self._records: list[Record] = []
        self._troubles: list[Mishap] = []

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
                self._segments.reread()
            else:
                self._take(block)
                newest = block
        self._sample_from(newest)
        if not came:
            self._keep(self._reader.flush())
        return dataclasses.replace(self._batch(), more=came)

    def flush(self) -> Batch:
        """Return what was held back: a last line without its end, a block or traceback that nothing followed."""
        rest = self._lines.flush()
        if rest:
            self._take(rest)
            self._sample_from(rest)
        self._keep(self._reader.flush())
        told = self._mishaps.flush()
        if told is not None:
            self._tell(told, None)
        return self._batch()

    def status(self) -> SourceStatus:
        """Say how it is doing."""
        tail = self._lines.tail
        return SourceStatus(
            name=self._name,
            format=self._reader.format,
            path=self._path,
            records=self._counts["records"],
            lines=self._counts["lines"],
            unparsed=self._counts["lines"] - self._counts["parsed"],
            sample_unparsed=self._sample,
            unparsed_lines=self._unparsed.shown(),
            newest_s=tail.newest_s,
            problem=tail.problem,
            hides_nan=self._hidden.seen,
            files=(self._path,),
        )

    def close(self) -> None:
        """Let go of the file."""
        self._lines.tail.close()

    def _batch(self) -> Batch:
        notes = (*self._lines.notes(), *self._reader.notes(), *self._naming.notes())
        batch = Batch(tuple(self._records), tuple(self._troubles), notes)
        self._records, self._troubles = [], []
        return batch

    def _take(self, block: bytes) -> None:
        self._counts["lines"] += count_lines(block)
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
                self._counts["parsed"] += 1
                self._keep_row(*known)
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
            self._counts["parsed"] += 1
            self._keep(reading)
            return
        if self._reader.resumes(line) and self._counts["records"]:
            self._segments.resumed()
        self._unparsed.take(line)
        self._look_for_trouble(line)

    def _keep(self, reading: Reading | None) -> None:
        if reading is None or not reading.values:
            return
        self._keep(reading.before)
        self._keep_row(reading.step, reading.values, reading.time_s)

    def _keep_row(self, step: int, raw: Mapping[str, float], time_s: float | None) -> None:
        values = self._naming.rename(raw)
        self._hidden.look(values)
        segment = self._segments.place(step, values)
        if segment is None:
            return
        self._newest_step = step
        self._counts["records"] += 1
        self._records.append(Record(self._name, self._run, segment, step, values, time_s))

    def _look_for_trouble(self, line: str) -> None:
        told = self._mishaps.read(line)
        if told is not None:
            self._tell(told, line_time(line))

    def _tell(self, told: mishaps.Told, time_s: float | None) -> None:
        kind, text = told
        self._troubles.append(Mishap(self._name, self._run, kind, text, self._newest_step, time_s))
        scale = mishaps.loss_scale(text) if kind is MishapKind.OVERFLOW else None
        if scale is not None and self._newest_step is not None:
            self._keep(Reading(self._newest_step, {LOSS_SCALE: scale}, time_s))

    def _sample_from(self, block: bytes) -> None:
        """Keep the block's last line as the example of what was not understood, where it was not."""
        last = clean(block[block.rfind(b"\n", 0, len(block) - 1) + 1 : -1])
        if last and self._counts["parsed"] < self._counts["lines"] and not self._looks_read(last):
            self._sample = printable(last[:_SHOWN])

    def _looks_read(self, line: str) -> bool:
        anchors = self._reader.anchors
        return bool(self._records) and (anchors is None or any(anchor.decode() in line for anchor in anchors))


def _knows_none(_block: bytes, _start: int, _stop: int) -> Row | None:
    return None


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
