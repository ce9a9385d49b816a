"""RIFF's bones: the form, its length, and the chunks in it, walked to a proven end.

Sources: Microsoft/IBM "Multimedia Programming Interface and Data Specifications 1.0" (RIFF); EBU Tech 3306 (RF64);
ITU-R BS.2088 (BW64). Lengths are believed only where they agree with the bytes that are there.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from engine.errors import DamagedError, Fault, UnsupportedError

ReadAt = Callable[[int, int], bytes]
"""``read_at(offset, length)``: the bytes there, fewer only where the clip ends."""

FORM_BYTES: Final = 12
CHUNK_HEADER_BYTES: Final = 8
UNKNOWN_LENGTH: Final = 0xFFFF_FFFF
"""In RF64 "the length is in ds64"; in plain RIFF the mark of a writer that never came back to fill it in."""
MAX_CHUNKS: Final = 1024
"""Each chunk costs a read; real files have a dozen."""
MADE_AGAIN: Final = "write the clip again from its source, or leave it out of the corpus"


@dataclass(frozen=True)
class Chunk:
    """One chunk: its four-letter id, where its content starts, and how long that is without the pad byte."""

    id: str
    offset: int
    size_bytes: int

    @property
    def end(self) -> int:
        """The offset behind the content, before a pad byte."""
        return self.offset + self.size_bytes


@dataclass(frozen=True)
class Riff:
    """A form of type WAVE: ``RIFF``, ``RF64`` or ``BW64``, and its chunks in order."""

    form: str
    chunks: tuple[Chunk, ...]


def read_exactly(read_at: ReadAt, offset: int, length: int) -> bytes:
    """Return ``length`` bytes at ``offset``.

    Raises:
        DamagedError: If the clip ends before.
    """
    found = read_at(offset, length)
    if len(found) < length:
        raise DamagedError(
            Fault(
                problem="the clip is cut short",
                offset_bytes=offset,
                read=f"{len(found):,} bytes",
                wanted=f"{length:,} bytes",
                way_out=MADE_AGAIN,
            )
        )
    return found


def walk_riff(size_bytes: int, read_at: ReadAt) -> Riff:
    """Read the form and its chunk headers.

    The form must end where the clip ends. Forgiven is one byte: the pad byte of an odd last chunk, which some writers
    leave out of the length and others out of the file.

    Raises:
        DamagedError: If lengths contradict each other or the clip, or a chunk id is no text.
        UnsupportedError: If the form is big-endian (RIFX) or no WAVE.
    """
    form, length, kind = struct.unpack("<4sI4s", read_exactly(read_at, 0, FORM_BYTES))
    if form == b"RIFX":
        raise UnsupportedError(
            Fault(problem="the WAV is big-endian", read="RIFX", wanted="RIFF", way_out="convert it to RIFF first")
        )
    if form not in {b"RIFF", b"RF64", b"BW64"} or kind != b"WAVE":
        raise UnsupportedError(
            Fault(
                problem="the clip is not a WAV", read=f"{form!r} of type {kind!r}", wanted="RIFF of type WAVE",
                way_out="convert it to WAV first, or leave it out of the corpus",
            )
        )  # fmt: skip
    long_sizes = {} if form == b"RIFF" else _read_ds64(read_at)
    if length == UNKNOWN_LENGTH:
        length = long_sizes.get("RIFF", UNKNOWN_LENGTH)
    _refuse_unfinished(length, size_bytes, form == b"RIFF")
    end = CHUNK_HEADER_BYTES + length
    if end > size_bytes + 1:
        raise _contradiction("the clip is cut short", length, size_bytes)
    chunks = tuple(_walk(read_at, min(end, size_bytes), long_sizes))
    last_is_odd = bool(chunks) and chunks[-1].size_bytes % 2 == 1
    last_end = chunks[-1].end if chunks else FORM_BYTES
    if end != size_bytes and not (last_is_odd and last_end + 1 >= max(end, size_bytes)):
        problem = "bytes follow the end of the RIFF form" if end < size_bytes else "the clip is cut short"
        raise _contradiction(problem, length, size_bytes)
    return Riff(form.decode("ascii"), chunks)


def _walk(read_at: ReadAt, end: int, long_sizes: dict[str, int]) -> Iterator[Chunk]:
    offset = FORM_BYTES
    count = 0
    while offset < end:
        if offset + CHUNK_HEADER_BYTES > end:
            raise _damaged("a chunk header is cut short", offset, f"{end - offset} bytes", "8 bytes")
        raw_id, size_bytes = struct.unpack("<4sI", read_exactly(read_at, offset, CHUNK_HEADER_BYTES))
        if not all(0x20 <= byte < 0x7F for byte in raw_id):
            raise _damaged("a chunk id is no text", offset, raw_id.hex(" "), "four letters")
        chunk_id = raw_id.decode("ascii")
        if size_bytes == UNKNOWN_LENGTH:
            if chunk_id not in long_sizes:
                raise _damaged(
                    f"the length of chunk {chunk_id!r} was never filled in", offset, hex(size_bytes), "a length"
                )
            size_bytes = long_sizes[chunk_id]
        chunk = Chunk(chunk_id, offset + CHUNK_HEADER_BYTES, size_bytes)
        if chunk.end > end:
            read, wanted = f"{end - chunk.offset:,} bytes", f"{size_bytes:,} bytes as its header says"
            raise _damaged(f"chunk {chunk_id!r} is cut short", offset, read, wanted)
        count += 1
        if count > MAX_CHUNKS:
            raise _damaged("there are too many chunks", offset, f"more than {MAX_CHUNKS:,}", f"{MAX_CHUNKS:,} at most")
        yield chunk
        offset = chunk.end + size_bytes % 2


def _read_ds64(read_at: ReadAt) -> dict[str, int]:
    """Return the 64-bit lengths by chunk id, the form's own under ``RIFF``."""
    chunk_id, size_bytes = struct.unpack("<4sI", read_exactly(read_at, FORM_BYTES, CHUNK_HEADER_BYTES))
    if chunk_id != b"ds64" or not 28 <= size_bytes <= 28 + 12 * MAX_CHUNKS:
        raise _damaged("RF64 without its ds64 chunk", FORM_BYTES, f"{chunk_id!r} of {size_bytes:,} bytes", "ds64")
    content = read_exactly(read_at, FORM_BYTES + CHUNK_HEADER_BYTES, size_bytes)
    riff, data, _, entries = struct.unpack_from("<QQQI", content)
    if 28 + 12 * entries > size_bytes:
        wanted = f"{28 + 12 * entries:,} bytes for its {entries:,} entries"
        raise _damaged("the table in ds64 is cut short", FORM_BYTES, f"{size_bytes:,} bytes", wanted)
    sizes = {"RIFF": riff, "data": data}
    for index in range(entries):
        entry_id, entry_size = struct.unpack_from("<4sQ", content, 28 + 12 * index)
        sizes.setdefault(entry_id.decode("latin-1"), entry_size)
    return sizes


def _refuse_unfinished(length: int, size_bytes: int, plain: bool) -> None:
    if plain and length in {0, UNKNOWN_LENGTH} and size_bytes != CHUNK_HEADER_BYTES + length:
        raise _damaged("the length of the RIFF form was never filled in", 4, hex(length), f"{size_bytes - 8:,}")


def _contradiction(problem: str, length: int, size_bytes: int) -> DamagedError:
    return _damaged(problem, 4, f"a form of {length + 8:,} bytes in a clip of {size_bytes:,}", "equal lengths")


def _damaged(problem: str, offset: int, read: str, wanted: str) -> DamagedError:
    return DamagedError(Fault(problem=problem, offset_bytes=offset, read=read, wanted=wanted, way_out=MADE_AGAIN))
