"""One pass over an original: every byte is read once, hashed, and its clips come out as 16 kHz mono in a new tar."""

from __future__ import annotations

from dataclasses import dataclass

import xxhash

from engine.audio.clip import ConvertedClip, convert_clip
from engine.audio.formats import output_frames
from engine.convert.clips import ClipRow
from engine.convert.pulse import Pulse
from engine.errors import DamagedError, Fault, InputError, UnsupportedError, printable
from engine.shards.contents import Contents
from engine.shards.digest import CHUNK_BYTES
from engine.shards.files import Reader, Writer
from engine.shards.record import TarDigest
from engine.shards.tar import Member, padded
from engine.shards.tarheader import BLOCK_BYTES, resized

_RECORD_BYTES = 20 * BLOCK_BYTES
"""A tar is padded to whole records of 10,240 bytes, as every tar program writes it."""
_EXTRAS_BYTES = 1024
"""For a clip's own headers and tags."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What one pass took and gave."""

    original: TarDigest
    result: TarDigest
    clips: tuple[ClipRow, ...]


class _Pass:
    """The two ends of the pass: bytes taken from the original, bytes given to the new tar."""

    def __init__(self, reader: Reader, writer: Writer, pulse: Pulse) -> None:
        self._reader, self._writer, self._pulse = reader, writer, pulse
        self._taken, self._given = xxhash.xxh3_128(), xxhash.xxh3_128()
        self._at = self.written_bytes = 0

    def take(self, end: int) -> bytes:
        """Read on to ``end``; every byte of the original goes through here, in order, once."""
        data = self._reader.read_at(self._at, end - self._at)
        if len(data) != end - self._at:
            raise DamagedError(Fault("the tar became shorter while it was read", offset_bytes=self._at + len(data)))
        self._taken.update(data)
        self._at = end
        self._pulse.advance(read=len(data))
        return data

    def give(self, data: bytes) -> None:
        self._writer.write(data)
        self._given.update(data)
        self.written_bytes += len(data)
        self._pulse.advance(written=len(data))

    def copy(self, end: int) -> None:
        while self._at < end:
            self.give(self.take(min(end, self._at + CHUNK_BYTES)))

    def skip(self, end: int) -> None:
        while self._at < end:
            self.take(min(end, self._at + CHUNK_BYTES))

    def digests(self) -> tuple[TarDigest, TarDigest]:
        return (
            TarDigest(self._taken.hexdigest(), self._at),
            TarDigest(self._given.hexdigest(), self.written_bytes),
        )


def rewrite(reader: Reader, writer: Writer, contents: Contents, pulse: Pulse) -> Rewritten:
    """Write the conversion of an original; its members keep their order, names and all that is no audio.

    Args:
        reader: the original, open.
        writer: the new tar, empty.
        contents: what a walk of the original found.
        pulse: told of every piece; may stop the pass.

    Raises:
        InputError: when a clip cannot be converted; names the member.
        OSError: when the disk refuses.
    """
    assert contents.index is not None
    tape = _Pass(reader, writer, pulse)
    rows: list[ClipRow] = []
    for position, member in enumerate(contents.index.members):
        if position in contents.clips:
            rows.append(_convert_member(tape, member, pulse))
        else:
            tape.copy(member.end_offset)
    tape.skip(reader.size_bytes)
    end = tape.written_bytes + 2 * BLOCK_BYTES
    tape.give(bytes(2 * BLOCK_BYTES + -end % _RECORD_BYTES))
    original, result = tape.digests()
    return Rewritten(original, result, tuple(rows))


def _convert_member(tape: _Pass, member: Member, pulse: Pulse) -> ClipRow:
    headers = tape.take(member.data_offset)
    data = tape.take(member.data_offset + member.size_bytes)
    try:
        clip = convert_clip(data, pulse.tick)
        headers = resized(headers, len(clip.data))
    except InputError as error:
        raise error.within(member=member.name) from None
    except MemoryError:
        problem, read = "the clip is longer than a worker's memory can hold", f"{member.size_bytes:,} bytes"
        way_out = "raise worker_memory under [convert] in gonogo.toml"
        raise UnsupportedError(Fault(problem, member=member.name, read=read, way_out=way_out)) from None
    tape.give(headers)
    offset = tape.written_bytes
    tape.give(clip.data)
    tape.give(bytes(padded(len(clip.data)) - len(clip.data)))
    tape.skip(member.end_offset)
    return _row(member, offset, data, clip)


def _row(member: Member, offset: int, data: bytes, clip: ConvertedClip) -> ClipRow:
    return ClipRow(
        member=printable(member.name),
        offset_bytes=offset,
        size_bytes=len(clip.data),
        frames=clip.result.frames,
        original_frames=clip.source.frames,
        original_channels=clip.source.channels,
        original_xxh3_128=xxhash.xxh3_128_hexdigest(data),
        xxh3_128=xxhash.xxh3_128_hexdigest(clip.data),
        saturated_samples=clip.saturated_samples,
        cancelled=clip.cancelled,
        dropped_chunks=clip.dropped_chunks,
    )


def expected_bytes(contents: Contents) -> int:
    """Reckon the size of the converted tar from above: FLAC is taken at its size as PCM."""
    assert contents.index is not None
    total = 2 * _RECORD_BYTES
    for position, member in enumerate(contents.index.members):
        size = member.size_bytes
        clip = contents.clips.get(position)
        if clip is not None:
            size = output_frames(clip.frames) * clip.sample_format.sample_bytes + _EXTRAS_BYTES
        total += member.data_offset - member.header_offset + padded(size)
    return total
