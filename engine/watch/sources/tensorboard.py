"""TensorBoard's event files, without TensorBoard: a folder of runs, each a folder of files.

A run is a folder, as TensorBoard has it. Each start of a writer makes a new file there; files are read in the order of
the time in their names. A segment of the run begins where a writer says that it starts again (SummaryWriter's
``purge_step``, a session log), where a tag's steps go back, and where a file's first value of a tag is not beyond what
the files before it tell: consumers let the newest segment win from its first step on. A start that names its step is
told as a record without values at that step, since the first value may come later. Files that grow at the same time
(several writers of one run) keep the segment they began in.

Values of one step that stand together become one record, but none is held back for a tag that may still come: the
values of one step may come in several records, and consumers merge them by step.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.errors import printable
from engine.watch.naming import Naming
from engine.watch.records import Batch, Record, SourceStatus
from engine.watch.sources.folder_files import FolderFiles
from engine.watch.sources.tensorboard_file import EventFile, Read
from engine.watch.sources.tensorboard_proto import Other, Start
from engine.watch.sources.tfrecord import HEADER_BYTES, FrameReader

FORMAT: Final = "tensorboard"
_POLL_BYTES: Final = 2 << 20
"""One poll ends behind so much: some 40,000 scalars, 20 MB of records."""
_MARK: Final = "tfevents"
"""TensorBoard itself takes a file for an event file by this in its name."""
_MADE: Final = re.compile(_MARK + r"\.(\d{1,19})")
"""The second in which the file was made, as writers name it: ``events.out.tfevents.<time>.<host>…``."""
_LARGEST_SNIFFED_BYTES: Final = 1 << 31
"""Protocol Buffers' own limit of a message."""


def sniff(path: Path, head: bytes) -> bool:
    """Tell an event file by its first bytes: a record with a right checksum that begins with a wall time.

    A file whose first record is not yet written is told by its name, for a writer makes it first and fills it later.
    """
    if len(head) <= HEADER_BYTES:
        return _MARK in path.name
    frames = FrameReader().read(head)
    # Records of a data set (tf.train.Example) begin with another field.
    return (bool(frames.whole) or 0 < frames.wanted < _LARGEST_SNIFFED_BYTES) and head[HEADER_BYTES] == 0x09


@dataclass(slots=True)
class _Stream:
    """A file of a run, and what was last told from it."""

    file: EventFile
    order: tuple[int, int, str]
    segment: int = -1
    """-1 before its first value."""
    steps: dict[str, int] = field(default_factory=dict)
    """The last step of each tag, in this segment."""


@dataclass(slots=True)
class _Run:
    name: str
    streams: list[_Stream] = field(default_factory=list)
    segment: int = 0


class TensorBoardSource:
    """An event file, or all event files below a folder."""

    def __init__(self, name: str, path: Path) -> None:
        """Watch ``path``.

        Args:
            name: how the source is shown.
            path: an event file, or a folder that is searched for them with its subfolders, again and again.
        """
        self._name = name
        self._path = path
        self._naming = Naming(name)
        self._runs: dict[str, _Run] = {}
        self._folder = FolderFiles(path, lambda file: _MARK in file) if path.is_dir() else None
        if self._folder is None:
            self._add(path, "")
        self._records = self._stored = self._unparsed = 0
        self._sample = ""

    @property
    def name(self) -> str:
        """How it is called on screens and in records."""
        return self._name

    def poll(self) -> Batch:
        """Return the next records, in the order of the files; empty when all there is was told."""
        self._look_for_files()
        records: list[Record] = []
        notes: list[str] = []
        taken = 0
        for run in list(self._runs.values()):
            for stream in run.streams:
                while taken < _POLL_BYTES or not (records or notes):
                    read = stream.file.read()
                    self._tell(run, stream, read, records, notes)
                    taken += read.bytes
                    if not read.bytes:
                        break
        self._records += len(records)
        return Batch(tuple(records), (), tuple(notes))

    def status(self) -> SourceStatus:
        """Say how it is doing."""
        tails = [stream.file.tail for run in self._runs.values() for stream in run.streams]
        # An old file that was cleared away is no trouble; the newest is the one that is waited for.
        newest = [run.streams[-1].file.tail for run in self._runs.values()]
        problems = [tail.problem for tail in newest if tail.problem]
        if self._folder is not None and self._folder.problem:
            problems.insert(0, self._folder.problem)
        return SourceStatus(
            name=self._name,
            format=FORMAT,
            path=str(self._path),
            records=self._records,
            lines=self._stored,
            unparsed=self._unparsed,
            sample_unparsed=self._sample,
            newest_s=max((tail.newest_s for tail in tails if tail.newest_s is not None), default=None),
            problem="; ".join(problems[:3]),
            files=tuple(str(tail.path) for tail in tails),
        )

    def close(self) -> None:
        """Let go of files; a second call does nothing."""
        for run in self._runs.values():
            for stream in run.streams:
                stream.file.tail.close()

    def _look_for_files(self) -> None:
        for path in [] if self._folder is None else self._folder.appeared():
            where = path.parent.relative_to(self._path).as_posix()
            self._add(path, "" if where == "." else where)

    def _add(self, path: Path, run_name: str) -> None:
        made = _MADE.search(path.name)
        try:
            changed_ns = path.stat().st_mtime_ns
        except OSError:
            changed_ns = 0  # It is gone again, or not there yet: it will be the newest.
        run = self._runs.setdefault(run_name, _Run(printable(run_name)))
        run.streams.append(_Stream(EventFile(path), (int(made[1]) if made else 0, changed_ns, path.name)))
        run.streams.sort(key=lambda stream: stream.order)

    def _tell(self, run: _Run, stream: _Stream, read: Read, records: list[Record], notes: list[str]) -> None:
        notes += read.notes
        if read.restarted and stream.segment >= 0:
            _begin_segment(run, stream)
        self._stored += read.stored
        self._unparsed += read.unreadable
        step, segment, time_s = 0, -1, 0.0
        values: dict[str, float] = {}
        for event in read.events:
            if not isinstance(event, tuple):
                self._keep(records, run, segment=segment, step=step, values=values, time_s=time_s)
                values = {}
                self._tell_other(run, stream, event, records, notes)
                continue
            at, when_s, tag, value = event
            last = stream.steps.get(tag)
            if last is None or at < last:
                self._place(run, stream, tag, at, last)
            stream.steps[tag] = at
            if at != step or tag in values or stream.segment != segment:
                self._keep(records, run, segment=segment, step=step, values=values, time_s=time_s)
                step, segment, time_s, values = at, stream.segment, when_s, {}
            values[tag] = value
        self._keep(records, run, segment=segment, step=step, values=values, time_s=time_s)
        notes += self._naming.notes()

    def _keep(
        self, records: list[Record], run: _Run, *, segment: int, step: int, values: dict[str, float], time_s: float
    ) -> None:
        if values:
            named = self._naming.rename(values)
            records.append(Record(self._name, run.name, segment, step, named, time_s or None))

    def _tell_other(
        self, run: _Run, stream: _Stream, event: Start | Other, records: list[Record], notes: list[str]
    ) -> None:
        if isinstance(event, Other):
            self._sample = f"step {event.step}: {printable(event.tag)[:80]} is no scalar"
            self._unparsed += 1
            return
        if all(other.segment < 0 for other in run.streams):
            return  # Some writers say that they start at the first start, too.
        _begin_segment(run, stream)
        records.append(Record(self._name, run.name, run.segment, event.step, {}, event.time_s or None))
        where = printable(str(stream.file.tail.path))
        notes.append(f"{where}: started again at step {event.step:,}; later steps of older files are void")

    def _place(self, run: _Run, stream: _Stream, tag: str, step: int, last: int | None) -> None:
        """Decide in which segment a value stands that is a tag's first in this file, or goes back."""
        if stream.segment < 0:
            stream.segment = run.segment
        if last is not None:
            _begin_segment(run, stream)
        elif stream.segment == run.segment:
            others = (other for other in run.streams if other is not stream and other.segment == run.segment)
            if any(other.steps.get(tag, step - 1) >= step for other in others):
                _begin_segment(run, stream)


def _begin_segment(run: _Run, stream: _Stream) -> None:
    run.segment += 1
    stream.segment = run.segment
    stream.steps.clear()
