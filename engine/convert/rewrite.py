"""One pass over an original: every byte is read once, hashed, and its clips come out as 16 kHz mono in a new tar."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
import xxhash

from engine.audio.clip import ConvertedClip
from engine.audio.formats import Codec, output_frames
from engine.convert.clip_work import GROUP_BYTES, ClipWork, Promise
from engine.crew.pulse import Pulse
from engine.errors import DamagedError, Fault, InputError, UnsupportedError, printable
from engine.shards.clips import ClipRow
from engine.shards.contents import Contents
from engine.shards.files import Reader, Writer
from engine.shards.record import TarDigest
from engine.shards.tar import Member, padded
from engine.shards.tarheader import BLOCK_BYTES, resized

_RECORD_BYTES = 20 * BLOCK_BYTES
"""A tar is padded to whole records of 10,240 bytes, as every tar program writes it."""
AT_ONCE_BYTES = 1 << 20
"""What is read, and what is written, by one call; windows of 64 MB were measured at half the speed."""
_EXTRAS_BYTES = 1024
"""For a clip's own headers and tags."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What one pass took and gave."""

    original: TarDigest
    result: TarDigest
    clips: tuple[ClipRow, ...]


class _Piece(msgspec.Struct, frozen=True):
    """Some bytes of the original: to be copied, or a clip with its tar headers."""

    data: memoryview
    headers: bytes = b""
    member: Member | None = None
    promise: Promise | None = None


class _Pass:
    """The two ends of the pass: bytes taken from the original, bytes given to the new tar."""

    def __init__(self, reader: Reader, writer: Writer, pulse: Pulse) -> None:
        self._reader, self._writer, self._pulse = reader, writer, pulse
        self._taken, self._given = xxhash.xxh3_128(), xxhash.xxh3_128()
        self._waiting: list[bytes | memoryview] = []
        self._waiting_bytes = self._at = self._written = 0

    @property
    def given_bytes(self) -> int:
        """Where the next byte of the new tar will lie."""
        return self._written + self._waiting_bytes

    def take(self, end: int) -> memoryview:
        """Read on to ``end``; every byte of the original goes through here, in order, once."""
        data = self._reader.read_at(self._at, end - self._at)
        if len(data) != end - self._at:
            raise DamagedError(Fault("the tar became shorter while it was read", offset_bytes=self._at + len(data)))
        self._taken.update(data)
        self._at = end
        self._pulse.advance(read=len(data))
        return memoryview(data)

    def chunks(self, end: int) -> Iterator[memoryview]:
        """Read on to ``end`` in pieces."""
        while self._at < end:
            yield self.take(min(end, self._at + AT_ONCE_BYTES))

    def give(self, *data: bytes | memoryview) -> None:
        """Append to the new tar; small pieces are written together."""
        self._waiting += data
        self._waiting_bytes += sum(map(len, data))
        if self._waiting_bytes >= AT_ONCE_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        together = b"".join(self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        self._writer.write(together)
        self._given.update(together)
        self._written += len(together)
        self._pulse.advance(written=len(together))

    def digests(self) -> tuple[TarDigest, TarDigest]:
        """Return the hashes of the original and of the new tar, both whole."""
        return (
            TarDigest(self._taken.hexdigest(), self._at),
            TarDigest(self._given.hexdigest(), self._written),
        )


def rewrite(reader: Reader, writer: Writer, contents: Contents, pulse: Pulse, *, threads: int = 1) -> Rewritten:
    """Write the conversion of an original; its members keep their order, names and all that is no audio.

    Args:
        reader: the original, open.
        writer: the new tar, empty.
        contents: what a walk of the original found.
        pulse: told of every piece; may stop the pass.
        threads: how many clips may be converted at once; the result is the same.

    Raises:
        InputError: when a clip cannot be converted; names the member.
        OSError: when the disk refuses.
    """
    assert contents.index is not None
    tape = _Pass(reader, writer, pulse)
    rows: list[ClipRow] = []
    several = threads > 1 or any(clip.codec is Codec.FLAC for clip in contents.clips.values())
    with ClipWork(threads, pulse.tick) as work:
        for piece in _ahead(_pieces(tape, contents, work), GROUP_BYTES * threads if several else 0):
            if piece.member is None or piece.promise is None:
                tape.give(piece.data)
            else:
                rows.append(_give_clip(tape, piece.member, piece.headers, piece.data, piece.promise))
    for _ in tape.chunks(reader.size_bytes):
        pass
    end = tape.given_bytes + 2 * BLOCK_BYTES
    tape.give(bytes(2 * BLOCK_BYTES + -end % _RECORD_BYTES))
    tape.flush()
    return Rewritten(*tape.digests(), tuple(rows))


def _pieces(tape: _Pass, contents: Contents, work: ClipWork) -> Iterator[_Piece]:
    """Read the members one behind the other, short ones together; begin with each clip as soon as it is there."""
    assert contents.index is not None
    position = 0
    for group in _groups(contents.index.members):
        start, end = group[0].header_offset, group[-1].end_offset
        if position not in contents.clips and end - start > AT_ONCE_BYTES:
            yield from map(_Piece, tape.chunks(end))
            position += 1
            continue
        data = tape.take(end)
        for member in group:
            stored = data[member.header_offset - start : member.end_offset - start]
            if position in contents.clips:
                head = member.data_offset - member.header_offset
                clip = stored[head : head + member.size_bytes]
                yield _Piece(clip, bytes(stored[:head]), member, work.begin(clip))
            else:
                yield _Piece(stored)
            position += 1


def _groups(members: Iterable[Member]) -> Iterator[list[Member]]:
    """Yield members that lie together within AT_ONCE_BYTES; a longer one alone."""
    group: list[Member] = []
    for member in members:
        if group and member.end_offset - group[0].header_offset > AT_ONCE_BYTES:
            yield group
            group = []
        group.append(member)
    if group:
        yield group


def _ahead(pieces: Iterator[_Piece], most_bytes: int) -> Iterator[_Piece]:
    """Yield pieces in their order, each only when up to ``most_bytes`` behind it have been begun with."""
    waiting: deque[_Piece] = deque()
    held_bytes = 0
    for piece in pieces:
        waiting.append(piece)
        held_bytes += len(piece.data)
        while held_bytes > most_bytes:
            first = waiting.popleft()
            held_bytes -= len(first.data)
            yield first
    yield from waiting


def _give_clip(tape: _Pass, member: Member, headers: bytes, data: memoryview, promise: Promise) -> ClipRow:
    try:
        clip = promise()
        headers = resized(headers, len(clip.data))
    except InputError as error:
        raise error.within(member=member.name) from None
    except MemoryError:
        problem, read = "the clip is longer than a worker's memory can hold", f"{member.size_bytes:,} bytes"
        way_out = "raise worker_memory under [convert] in gonogo.toml"
        raise UnsupportedError(Fault(problem, member=member.name, read=read, way_out=way_out)) from None
    offset = tape.given_bytes + len(headers)
    row = _row(member, offset, data, clip)
    tape.give(headers, clip.data, bytes(-len(clip.data) % BLOCK_BYTES))
    return row


def _row(member: Member, offset: int, data: memoryview, clip: ConvertedClip) -> ClipRow:
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
