"""TFRecord framing: length, checksum of the length, data, checksum of the data (tensorflow/core/lib/io/record_writer).

A reader can trust a length whose checksum is right, even where the data behind it is damaged or not yet written.
"""

from __future__ import annotations

import enum
import struct
from typing import Final, NamedTuple

from engine.watch.sources.crc32c import masked_crc32c

HEADER_BYTES: Final = 12
"""A 64-bit length and its checksum."""
FOOTER_BYTES: Final = 4
"""The data's checksum."""
_HEADER: Final = struct.Struct("<QI").unpack_from
_LENGTH: Final = struct.Struct("<Q").pack
_FOOTER: Final = struct.Struct("<I")
_LENGTH_BYTES: Final = 8


class State(enum.Enum):
    """What there is of a record."""

    WHOLE = enum.auto()
    TORN = enum.auto()
    """Not all of it is there yet."""
    DAMAGED = enum.auto()
    """The data does not match its checksum; the length is right, so the next record can be found."""
    BROKEN = enum.auto()
    """The length is damaged: nobody can tell where the next record begins."""


class Frame(NamedTuple):
    """One record as it stands in some bytes."""

    state: State
    start: int
    """Where its data begins."""
    end: int
    """Behind its data; the same as ``start`` where the length is not known."""

    @property
    def after(self) -> int:
        """Where the next record begins."""
        return self.end + FOOTER_BYTES


def frame_at(data: bytes, at: int = 0) -> Frame:
    """Look at the record that begins at ``at``; its data is ``data[frame.start:frame.end]``."""
    start = at + HEADER_BYTES
    if len(data) < start:
        return Frame(State.TORN, start, start)
    length, checksum = _HEADER(data, at)
    if masked_crc32c(data[at : at + _LENGTH_BYTES]) != checksum:
        return Frame(State.BROKEN, start, start)
    end = start + length
    if len(data) < end + FOOTER_BYTES:
        return Frame(State.TORN, start, end)
    is_right = masked_crc32c(data[start:end]) == _FOOTER.unpack_from(data, end)[0]
    return Frame(State.WHOLE if is_right else State.DAMAGED, start, end)


def framed(data: bytes) -> bytes:
    """Return ``data`` as a record; what tests and benchmarks write with."""
    length = _LENGTH(len(data))
    return b"".join(
        (length, _FOOTER.pack(masked_crc32c(length)), data, _FOOTER.pack(masked_crc32c(data))),
    )
