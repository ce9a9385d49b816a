"""One event file as it is written: whole events, whatever state its tail and its checksums are in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.errors import printable
from engine.units import counted, show_bytes
from engine.watch.sources.resting_tail import RestingTail
from engine.watch.sources.tensorboard_proto import EventDecoder, Other, Scalar, Start
from engine.watch.sources.tfrecord import FrameReader, Frames
from engine.watch.tail import Restart

_LARGEST_EVENT_BYTES: Final = 16 << 20
"""Larger events are pictures, sound or graphs: they are stepped over, so that memory stays bounded."""


@dataclass(slots=True)
class Read:
    """What one piece of a file brought."""

    events: list[Scalar | Start | Other] = field(default_factory=list)
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
        self._frames = FrameReader()
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
        frames = self._frames.read(data)
        self._decode(frames, found)
        self._tell_damage(frames, found)
        rest = data[frames.consumed :]
        self._at += frames.consumed
        self._broken, self._wanted = frames.broken, frames.wanted
        if frames.wanted > _LARGEST_EVENT_BYTES:
            self._step_over(frames.wanted, len(rest), found)
            rest = b""
        if self._broken:
            rest = b""
        self._waiting, self._waiting_bytes = [rest], len(rest)

    def _step_over(self, size_bytes: int, there_bytes: int, found: Read) -> None:
        found.notes.append(
            f"{self._shown}: an event of {show_bytes(size_bytes)} at byte {self._at:,} was stepped over: "
            f"scalars are looked for in events of up to {show_bytes(_LARGEST_EVENT_BYTES)}"
        )
        found.stored += 1
        found.unreadable += 1
        self._at += there_bytes
        self._to_skip, self._wanted = size_bytes - there_bytes, 0

    def _decode(self, frames: Frames, found: Read) -> None:
        strange = self._decoder.decode(frames.whole, found.events)
        found.stored += len(frames.whole) + len(frames.damaged)
        found.unreadable += strange + len(frames.damaged)
        if strange:
            found.notes.append(
                f"{self._shown}: {counted(strange, 'record')} skipped that hold no TensorBoard event, "
                f"between byte {self._at:,} and {self._at + frames.consumed:,}"
            )

    def _tell_damage(self, frames: Frames, found: Read) -> None:
        if frames.damaged:
            found.notes.append(
                f"{self._shown}: {counted(len(frames.damaged), 'record')} skipped, damaged on disk (the checksum is "
                f"wrong), the first at byte {self._at + frames.damaged[0]:,}"
            )
        if frames.broken:
            found.notes.append(
                f"{self._shown}: damaged at byte {self._at + frames.consumed:,}: the length of a record fails its "
                "checksum, so nothing behind it can be read; other files go on. Copy the file again if it was copied"
            )
