"""LevelDB's log format as .wandb files use it: blocks of 32 KiB with records in one or several fragments.

leveldb/doc/log_format.md, with two differences: a header of seven bytes before the first block's records, and the
plain CRC-32 of zlib over type and data instead of the masked CRC-32C (wandb, ``datastore.py`` and ``leveldb.go``).
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

MAGIC: Final = b":W&B\xe1\xbe"
"""Followed by a version, 0 as yet."""
FILE_HEADER_BYTES: Final = 7
BLOCK_BYTES: Final = 32768
_HEADER: Final = struct.Struct("<IHB")
_HEADER_BYTES: Final = 7
_FULL: Final = 1
_FIRST: Final = 2
_MIDDLE: Final = 3
_LAST: Final = 4
_UNFINISHED: Final = -1
_DAMAGED: Final = -2
_LARGEST_RECORD_BYTES: Final = 16 << 20
"""Larger records are no rows of a history; their fragments are dropped, so that memory stays bounded."""


class LogReader:
    """Cuts a growing log into records; fed with its bytes in order."""

    def __init__(self) -> None:
        self._at = 0
        """Where in the file the bytes begin that wait."""
        self._waiting = b""
        self._fragments: list[bytes] = []
        self._fragments_bytes = 0
        self._is_lost = False
        """Damage was told of whose end is not yet found."""
        self.is_foreign = False
        """It does not begin as a .wandb file does; nothing of it is read."""

    def feed(self, data: bytes) -> tuple[list[bytes], list[str]]:
        """Return the records that ``data`` makes whole, and what is to be told of damage.

        A record whose checksum is wrong is stepped over to the next one whose checksum is right: the lengths behind
        it may be damaged too.
        """
        buffer = self._waiting + data
        records: list[bytes] = []
        notes: list[str] = []
        at = self._begin(buffer)
        while self._at + at and not self.is_foreign:
            left = BLOCK_BYTES - (self._at + at) % BLOCK_BYTES
            if left < _HEADER_BYTES:  # Too little for a header: the writer filled it with zeros.
                if len(buffer) - at < left:
                    break
                at += left
                continue
            if len(buffer) - at < _HEADER_BYTES:
                break
            length = self._length_at(buffer, at, left)
            if length >= 0:
                self._is_lost = False
                self._assemble(buffer[at + 6], buffer[at + _HEADER_BYTES : at + _HEADER_BYTES + length], records, notes)
                at += _HEADER_BYTES + length
                continue
            # Behind a fragment that is being written there is nothing: what has whole ones behind it is damaged.
            end = min(at + left, len(buffer))
            places = range(at + 1, end - _HEADER_BYTES + 1)
            whole = next((place for place in places if self._length_at(buffer, place, at + left - place) >= 0), None)
            if length == _UNFINISHED and whole is None:
                break
            self._tell_damage(at, notes)
            if whole is None and end < at + left:
                break
            at = at + left if whole is None else whole
        self._at += at
        self._waiting = b"" if self.is_foreign else buffer[at:]
        return records, notes

    def _begin(self, buffer: bytes) -> int:
        """Return how many bytes of ``buffer`` are the file's header."""
        if self._at or len(buffer) < FILE_HEADER_BYTES:
            return 0
        self.is_foreign = not buffer.startswith(MAGIC)
        return FILE_HEADER_BYTES

    def _tell_damage(self, at: int, notes: list[str]) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._fragments.clear()
            notes.append(
                f"damaged at byte {self._at + at:,} (a checksum is wrong): what stands between the whole records "
                "before and behind it was skipped"
            )

    def _length_at(self, buffer: bytes, at: int, left: int) -> int:
        """Return the length of the fragment at ``at``, or why there is none."""
        kind = buffer[at + 6]
        if not _FULL <= kind <= _LAST:
            return _DAMAGED
        checksum, length, _ = _HEADER.unpack_from(buffer, at)
        end: int = at + _HEADER_BYTES + length
        if length > left - _HEADER_BYTES:
            return _DAMAGED
        if end > len(buffer):
            return _UNFINISHED
        return int(length) if zlib.crc32(buffer[at + 6 : end]) == checksum else _DAMAGED

    def _assemble(self, kind: int, fragment: bytes, records: list[bytes], notes: list[str]) -> None:
        if kind in {_FULL, _FIRST}:
            self._fragments, self._fragments_bytes = [], 0
        elif not self._fragments:
            return  # The rest of a record whose beginning was skipped with its note.
        self._fragments.append(fragment)
        self._fragments_bytes += len(fragment)
        if self._fragments_bytes > _LARGEST_RECORD_BYTES:
            notes.append(f"a record of more than {_LARGEST_RECORD_BYTES:,} bytes before byte {self._at:,} was skipped")
            self._fragments = []
        elif kind in {_FULL, _LAST}:
            records.append(b"".join(self._fragments))
            self._fragments = []
