"""TFRecord framing: length, checksum of the length, data, checksum of the data (tensorflow/core/lib/io/record_writer).

A reader can trust a length whose checksum is right, even where the data behind it is damaged or not yet written.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from engine.watch.sources.crc32c import MASK_DELTA, crc32c, masked_crc32c

HEADER_BYTES: Final = 12
"""A 64-bit length and its checksum."""
FOOTER_BYTES: Final = 4
_HEADER: Final = struct.Struct("<QI")
_LENGTH: Final = struct.Struct("<Q")
_FOOTER: Final = struct.Struct("<I")
_KEPT_LENGTHS: Final = 4096
"""A log has few distinct lengths: their checksums are kept and not computed anew for each record."""


@dataclass(slots=True)
class Frames:
    """The whole records at the beginning of some bytes."""

    whole: list[bytes] = field(default_factory=list)
    """Data whose checksum is right."""
    consumed: int = 0
    """Bytes of whole records, damaged ones among them."""
    damaged: list[int] = field(default_factory=list)
    """Where records begin whose data does not match its checksum."""
    broken: bool = False
    """The length behind ``consumed`` is damaged: nobody can tell where the next record begins."""
    wanted: int = 0
    """How many bytes the record behind ``consumed`` has with its frame, where that can be told; 0 where not."""


class FrameReader:
    """Cuts bytes into records."""

    def __init__(self) -> None:
        self._lengths: dict[int, int] = {}

    def read(self, data: bytes) -> Frames:
        """Return the records that are whole in ``data``, which begins with a record."""
        found = Frames()
        whole, lengths, unpack, footer = found.whole, self._lengths, _HEADER.unpack_from, _FOOTER.unpack_from
        checksum_of = crc32c
        at, end = 0, len(data)
        while end - at >= HEADER_BYTES:
            length, checksum = unpack(data, at)
            if lengths.get(length) != checksum and not self._is_right(length, checksum):
                found.broken = True
                break
            body = at + HEADER_BYTES
            after = body + length
            if after + FOOTER_BYTES > end:
                found.wanted = HEADER_BYTES + length + FOOTER_BYTES
                break
            content = data[body:after]
            crc = checksum_of(content)  # Masked in place: a call more is a tenth of the whole price.
            if (((crc >> 15) | (crc << 17)) + MASK_DELTA) & 0xFFFFFFFF == footer(data, after)[0]:
                whole.append(content)
            else:
                found.damaged.append(at)
            at = after + FOOTER_BYTES
        found.consumed = at
        return found

    def _is_right(self, length: int, checksum: int) -> bool:
        if masked_crc32c(_LENGTH.pack(length)) != checksum:
            return False
        if len(self._lengths) >= _KEPT_LENGTHS:
            self._lengths.clear()
        self._lengths[length] = checksum
        return True


def framed(data: bytes) -> bytes:
    """Return ``data`` as a record; what tests and benchmarks write with."""
    length = _LENGTH.pack(len(data))
    return b"".join(
        (length, _FOOTER.pack(masked_crc32c(length)), data, _FOOTER.pack(masked_crc32c(data))),
    )
