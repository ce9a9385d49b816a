"""WAV in and out: where the samples are, and the header and chunks of the result.

The result is canonical: form, (ds64,) fmt, (fact,) the chunks that stood before the samples, the samples, the chunks
that stood after them, everything padded to even lengths.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from engine.audio.formats import ClipInfo, Codec, as_result
from engine.audio.riff import CHUNK_HEADER_BYTES, MADE_AGAIN, UNKNOWN_LENGTH, Chunk, ReadAt, read_exactly, walk_riff
from engine.audio.wav_chunks import REWRITTEN, carried_content, dropped_name, is_carried
from engine.audio.wav_fmt import WavFormat, parse_fmt, result_fmt
from engine.errors import DamagedError, Fault, UnsupportedError

MAX_FMT_BYTES: Final = 4096
"""No codec's format chunk is longer; the rest of a longer one is not read."""


@dataclass(frozen=True)
class WavLayout:
    """Where a WAV has what."""

    form: str
    """``RIFF``, ``RF64`` or ``BW64``."""
    wav_format: WavFormat
    data: Chunk
    has_fact: bool
    others: tuple[Chunk, ...]
    """The chunks that are not made anew, in order."""

    @property
    def info(self) -> ClipInfo:
        """The clip's facts."""
        wav = self.wav_format
        frames = self.data.size_bytes // wav.frame_bytes
        return ClipInfo(Codec.WAV, wav.sample_format, wav.sample_rate_hz, wav.channels, frames)


@dataclass(frozen=True)
class WavShell:
    """All of a result but its samples: ``head``, then the samples, then ``tail``."""

    head: bytes
    tail: bytes
    dropped_chunks: tuple[str, ...]


def read_layout(size_bytes: int, read_at: ReadAt) -> WavLayout:
    """Find the samples of a WAV and prove that its lengths agree with each other and with the clip.

    Raises:
        DamagedError: If a chunk is missing, doubled, cut short or contradicts another.
        UnsupportedError: If samples are compressed, big-endian or of a width that is not converted.
    """
    riff = walk_riff(size_bytes, read_at)
    fmt, data = (_the_only(riff.chunks, chunk_id) for chunk_id in ("fmt ", "data"))
    if fmt.offset > data.offset:
        raise _damaged("the fmt chunk comes after the samples", f"fmt at byte {fmt.offset:,}", "fmt before data")
    wav = parse_fmt(read_exactly(read_at, fmt.offset, min(fmt.size_bytes, MAX_FMT_BYTES)))
    if data.size_bytes % wav.frame_bytes:
        read = f"{data.size_bytes:,} bytes of samples"
        raise _damaged("the last frame is cut short", read, f"a multiple of {wav.frame_bytes}")
    facts = tuple(chunk for chunk in riff.chunks if chunk.id == "fact")
    if any(fact.size_bytes < 4 for fact in facts):
        raise _damaged("the fact chunk is cut short", f"{facts[0].size_bytes} bytes", "4")
    others = tuple(chunk for chunk in riff.chunks if chunk.id not in REWRITTEN)
    return WavLayout(riff.form, wav, data, bool(facts), others)


def result_shell(layout: WavLayout, read_at: ReadAt) -> WavShell:
    """Return the header of the result of converting ``layout``, with the chunks that are carried over.

    Raises:
        UnsupportedError: If the result would be too long for plain RIFF.
    """
    info = as_result(layout.info)
    wav = layout.wav_format
    data_bytes = info.frames * info.sample_format.sample_bytes
    before, after, dropped = bytearray(_chunk("fmt ", result_fmt(wav))), bytearray(), []
    if layout.has_fact or wav.sample_format.is_float:
        before += _chunk("fact", struct.pack("<I", min(info.frames, UNKNOWN_LENGTH)))
    for other in layout.others:
        head = read_exactly(read_at, other.offset, min(4, other.size_bytes))
        if not is_carried(other.id, head):
            dropped.append(dropped_name(other.id, head))
            continue
        content = carried_content(other.id, read_exactly(read_at, other.offset, other.size_bytes))
        (before if other.offset < layout.data.offset else after).extend(_chunk(other.id, content))
    head_bytes = _head(layout.form, info.frames, data_bytes, bytes(before), len(after))
    return WavShell(head_bytes, bytes(data_bytes % 2) + bytes(after), tuple(dropped))


def _head(form: str, frames: int, data_bytes: int, before: bytes, after_bytes: int) -> bytes:
    length = 4 + len(before) + CHUNK_HEADER_BYTES + data_bytes + data_bytes % 2 + after_bytes
    if form == "RIFF":
        if length >= UNKNOWN_LENGTH:
            problem, read = "the result is too long for plain RIFF", f"{length:,} bytes"
            raise UnsupportedError(Fault(problem=problem, read=read, wanted="less than 4 GiB", way_out="use RF64"))
        return struct.pack("<4sI4s", b"RIFF", length, b"WAVE") + before + struct.pack("<4sI", b"data", data_bytes)
    ds64 = _chunk("ds64", struct.pack("<QQQI", length + CHUNK_HEADER_BYTES + 28, data_bytes, frames, 0))
    start = struct.pack("<4sI4s", form.encode("ascii"), UNKNOWN_LENGTH, b"WAVE")
    return start + ds64 + before + struct.pack("<4sI", b"data", UNKNOWN_LENGTH)


def _chunk(chunk_id: str, content: bytes) -> bytes:
    return struct.pack("<4sI", chunk_id.encode("ascii"), len(content)) + content + bytes(len(content) % 2)


def _the_only(chunks: tuple[Chunk, ...], chunk_id: str) -> Chunk:
    found = [chunk for chunk in chunks if chunk.id == chunk_id]
    if len(found) != 1:
        read = f"{len(found)} of them"
        raise _damaged(f"a WAV has one {chunk_id.strip()} chunk", read, "1")
    return found[0]


def _damaged(problem: str, read: str, wanted: str) -> DamagedError:
    return DamagedError(Fault(problem=problem, read=read, wanted=wanted, way_out=MADE_AGAIN))
