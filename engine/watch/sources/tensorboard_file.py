"""One event file as it is written: whole events, whatever state its tail and its checksums are in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.errors import printable
from engine.units import counted, show_bytes
from engine.watch.sources.protobuf import WireError
from engine.watch.sources.resting_tail import RestingTail
from engine.watch.sources.tensorboard_proto import EventDecoder, Other, Row, Start
from engine.watch.sources.tfrecord import HEADER_BYTES, Frame, State, frame_at
from engine.watch.sources.usual_scalars import UsualScalars
from engine.watch.tail import Restart

_LARGEST_EVENT_BYTES: Final = 16 << 20
"""Larger events are pictures, sound or graphs: they are stepped over, so that memory stays bounded."""


@dataclass(slots=True)
class Read:
    """What one piece of a file brought."""

    events: list[Row | Start | Other] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stored: int = 0
    """Records that were there, damaged and skipped ones too."""
    unreadable: int = 0
    """Of these, such that were skipped."""
    restarted: bool = False
    """The file was cut short or holds something else: it is read from its beginning."""
    bytes: int = 0
    """0 at the end of what there is."""


class EventFile:
    """Reads one event file in pieces of 1 MiB."""

    def __init__(self, path: Path) -> None:
        self.tail = RestingTail(path)
        self._shown = printable(str(path))
        self._usual = UsualScalars()
        self._decoder = EventDecoder()
        self._begin()

    def read(self) -> Read:
        """Return the whole events in the next piece; a torn one waits for its rest."""
        found = Read()
        for piece in self.tail.piece():
            if isinstance(piece, Restart):
                found.notes.append(f"{self._shown} {piece.value}: read again from its beginning")
                found.restarted = True
                self._begin()
            else:
                found.bytes += len(piece)
                self._take(piece, found)
        return found

    def _begin(self) -> None:
        self._at = 0
        """Where in the file the bytes begin that wait."""
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._wanted = 0
        """How many bytes must be there before it is worth looking again."""
        self._to_skip = 0
        self._broken = False

    def _take(self, piece: bytes, found: Read) -> None:
        if self._to_skip:
            skipped = min(self._to_skip, len(piece))
            self._to_skip -= skipped
            self._at += skipped
            piece = piece[skipped:]
        if self._broken or not piece:
            return
        self._waiting.append(piece)
        self._waiting_bytes += len(piece)
        if self._waiting_bytes >= self._wanted:
            self._cut(b"".join(self._waiting), found)

    def _cut(self, data: bytes, found: Read) -> None:
        at, strange, damaged = 0, 0, []
        while True:
            at, scalars = self._usual.read(data, at, found.events)
            found.stored += scalars
            frame = frame_at(data, at)
            if frame.state in {State.TORN, State.BROKEN}:
                break
            found.stored += 1
            if frame.state is State.DAMAGED:
                damaged.append(at)
            elif not self._decode(data, at, frame, found.events):
                strange += 1
            at = frame.after
        found.unreadable += strange + len(damaged)
        self._tell_skipped(strange, damaged, at, found)
        self._at += at
        self._keep(data[at:], frame, found)

    def _decode(self, data: bytes, at: int, frame: Frame, events: list[Row | Start | Other]) -> bool:
        """Decode a record in full, and learn from it; False where it holds no event."""
        event = data[frame.start : frame.end]
        try:
            place = self._decoder.decode(event, events)
        except WireError:
            return False
        if place is not None:
            self._usual.learn(data[at : frame.start], event, place)
        return True

    def _keep(self, rest: bytes, frame: Frame, found: Read) -> None:
        """Keep what is there of the record behind the whole ones, or say why not."""
        size_bytes = HEADER_BYTES + frame.after - frame.start
        self._broken, self._wanted = frame.state is State.BROKEN, 0
        if self._broken:
            found.notes.append(
                f"{self._shown}: damaged at byte {self._at:,}: the length of a record fails its checksum, so nothing "
                "behind it can be read; other files go on. Copy the file again if it was copied"
            )
            rest = b""
        elif size_bytes > _LARGEST_EVENT_BYTES:
            self._step_over(size_bytes, len(rest), found)
            rest = b""
        else:
            self._wanted = size_bytes
        self._waiting, self._waiting_bytes = [rest], len(rest)

    def _step_over(self, size_bytes: int, there_bytes: int, found: Read) -> None:
        found.notes.append(
            f"{self._shown}: an event of {show_bytes(size_bytes)} at byte {self._at:,} was stepped over: "
            f"scalars are looked for in events of up to {show_bytes(_LARGEST_EVENT_BYTES)}"
        )
        found.stored += 1
        found.unreadable += 1
        self._at += there_bytes
        self._to_skip = size_bytes - there_bytes

    def _tell_skipped(self, strange: int, damaged: list[int], end: int, found: Read) -> None:
        if strange:
            found.notes.append(
                f"{self._shown}: {counted(strange, 'record')} skipped that hold no TensorBoard event, "
                f"between byte {self._at:,} and {self._at + end:,}"
            )
        if damaged:
            found.notes.append(
                f"{self._shown}: {counted(len(damaged), 'record')} skipped, damaged on disk (the checksum is wrong), "
                f"the first at byte {self._at + damaged[0]:,}"
            )
