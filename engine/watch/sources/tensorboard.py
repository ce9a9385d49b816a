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
from engine.watch.records import Record
from engine.watch.sources.growing_files import GrowingFilesSource, changed_ns
from engine.watch.sources.resting_tail import RestingTail
from engine.watch.sources.tensorboard_file import EventFile
from engine.watch.sources.tensorboard_proto import Other, Row, Start
from engine.watch.sources.tfrecord import HEADER_BYTES, State, frame_at

FORMAT: Final = "tensorboard"
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
    frame = frame_at(head)
    is_record = frame.state is State.WHOLE or (
        frame.state is State.TORN and frame.end - frame.start < _LARGEST_SNIFFED_BYTES
    )
    # Records of a data set (tf.train.Example) begin with another field.
    return is_record and head[HEADER_BYTES] == 0x09


@dataclass(slots=True)
class _Run:
    name: str
    streams: list[_Stream] = field(default_factory=list)
    segment: int = 0


@dataclass(slots=True, eq=False)
class _Stream:
    """A file of a run, and what was last told from it."""

    file: EventFile
    run: _Run = field(repr=False)
    order: tuple[int, int, str]
    segment: int = -1
    """-1 before its first value."""
    steps: dict[str, int] = field(default_factory=dict)
    """The last step of each tag, in this segment."""

    @property
    def tail(self) -> RestingTail:
        """The file itself."""
        return self.file.tail


class TensorBoardSource(GrowingFilesSource[_Stream]):
    """An event file, or all event files below a folder."""

    def __init__(self, name: str, path: Path) -> None:
        """Watch ``path``.

        Args:
            name: how the source is shown.
            path: an event file, or a folder that is searched for them with its subfolders, again and again.
        """
        self._runs: dict[str, _Run] = {}
        super().__init__(name, path, FORMAT, lambda file: _MARK in file)

    def _add(self, path: Path, folder: str) -> None:
        made = _MADE.search(path.name)
        run = self._runs.setdefault(folder, _Run(printable(folder)))
        order = int(made[1]) if made else 0, changed_ns(path), path.name
        run.streams.append(_Stream(EventFile(path), run, order))
        run.streams.sort(key=lambda stream: stream.order)

    def _in_order(self) -> list[_Stream]:
        return [stream for run in self._runs.values() for stream in run.streams]

    def _waited_for(self) -> list[_Stream]:
        return [run.streams[-1] for run in self._runs.values()]

    def _read(self, file: _Stream, records: list[Record], notes: list[str]) -> int:
        read = file.file.read()
        notes += read.notes
        if read.restarted and file.segment >= 0:
            _begin_segment(file)
        self._stored += read.stored
        self._unparsed += read.unreadable
        for event in read.events:
            if isinstance(event, tuple):
                self._tell_row(file, event, records)
            else:
                self._tell_other(file, event, records, notes)
        return read.bytes

    def _tell_row(self, stream: _Stream, row: Row, records: list[Record]) -> None:
        step, time_s, values = row
        steps = stream.steps
        for tag in values:
            last = steps.get(tag)
            if last is None or step < last:
                self._tell_placed(stream, row, records)
                return
            steps[tag] = step
        named = self._naming.rename(values)
        records.append(Record(self._name, stream.run.name, stream.segment, step, named, time_s or None))

    def _tell_placed(self, stream: _Stream, row: Row, records: list[Record]) -> None:
        """Tell a row with a tag that is new in its segment or goes back: a segment may begin within it."""
        step, time_s, values = row
        parts: dict[int, dict[str, float]] = {}
        for tag, value in values.items():
            last = stream.steps.get(tag)
            if last is None or step < last:
                _place(stream, tag, step, last)
            stream.steps[tag] = step
            parts.setdefault(stream.segment, {})[tag] = value
        for segment, part in parts.items():
            named = self._naming.rename(part)
            records.append(Record(self._name, stream.run.name, segment, step, named, time_s or None))

    def _tell_other(self, stream: _Stream, event: Start | Other, records: list[Record], notes: list[str]) -> None:
        if isinstance(event, Other):
            self._sample = f"step {event.step}: {printable(event.tag)[:80]} is no scalar"
            self._unparsed += 1
            return
        run = stream.run
        if all(other.segment < 0 for other in run.streams):
            return  # Some writers say that they start at the first start, too.
        _begin_segment(stream)
        records.append(Record(self._name, run.name, run.segment, event.step, {}, event.time_s or None))
        where = printable(str(stream.file.tail.path))
        notes.append(f"{where}: started again at step {event.step:,}; later steps of older files are void")


def _place(stream: _Stream, tag: str, step: int, last: int | None) -> None:
    """Decide in which segment a value stands that is a tag's first in this file, or goes back."""
    run = stream.run
    if stream.segment < 0:
        stream.segment = run.segment
    if last is not None:
        _begin_segment(stream)
    elif stream.segment == run.segment:
        others = (other for other in run.streams if other is not stream and other.segment == run.segment)
        if any(other.steps.get(tag, step - 1) >= step for other in others):
            _begin_segment(stream)


def _begin_segment(stream: _Stream) -> None:
    stream.run.segment += 1
    stream.segment = stream.run.segment
    stream.steps.clear()
