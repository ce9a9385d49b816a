"""A whole FLAC clip: taken apart, its samples converted in compiled code or block by block, put together again."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from engine.audio import flac, flac_line
from engine.audio.downmix import is_cancelled
from engine.audio.flac_blocks import Block, is_carried, other_blocks, read_streaminfo, with_blocks
from engine.audio.flac_steps import Steps
from engine.audio.formats import ClipInfo
from engine.audio.kernel import kernel
from engine.audio.line import Line, Outcome, block_frames


class FlacClip(msgspec.Struct, frozen=True):
    """A clip taken apart."""

    source: flac_line.Source
    carried: tuple[Block, ...]
    dropped: tuple[str, ...]
    """Names of the blocks that the result does not have, in order."""
    is_regular: bool
    """Whether there is nothing in its metadata that libFLAC might stumble over."""

    @property
    def info(self) -> ClipInfo:
        """What the clip is."""
        return self.source.stream.info

    @property
    def is_for_compiled_code(self) -> bool:
        """Whether compiled code is there and could prove the clip; a reader of the result must get over its blocks."""
        return self.is_regular and flac_line.is_for(self.source.stream)


class FlacResult(msgspec.Struct, frozen=True):
    """A converted clip as it stands in a file, and what was seen on the way."""

    data: bytes
    seen: Outcome


def read(whole: memoryview) -> FlacClip:
    """Take a clip apart.

    Raises:
        DamagedError: If it is cut short in its header or metadata, or these contradict themselves.
        UnsupportedError: If its length is not told, or its samples have a width that is not converted.
    """

    def read_at(offset: int, length: int) -> bytes:
        return bytes(whole[offset : offset + length])

    stream = read_streaminfo(read_at)
    blocks, audio_offset = other_blocks(read_at)
    dropped = tuple(block.name for block in blocks if not is_carried(block))
    source = flac_line.Source(whole, stream, audio_offset)
    carried = tuple(block for block in blocks if is_carried(block))
    return FlacClip(source, carried, dropped, all(block.is_regular for block in blocks))


def convert(clip: FlacClip, tick: Callable[[], None]) -> FlacResult:
    """Convert a clip of 48 kHz to 16 kHz mono.

    Raises:
        DamagedError: If the stream is broken, ends early, or is not the one whose MD5 the header holds.
        MemoryError: If there is too little.
    """
    if clip.is_for_compiled_code:
        [made] = flac_line.convert([clip.source], tick)
        if made is not None:
            return result(clip, made)
    return _convert_by_blocks(clip, tick)


def result(clip: FlacClip, made: flac_line.Encoded | MemoryError) -> FlacResult:
    """Put together what compiled code made of the clip.

    Raises:
        MemoryError: If that is what it made.
    """
    if isinstance(made, MemoryError):
        raise made
    seen = made.report
    cancelled = is_cancelled(
        clip.info.sample_format, clip.info.channels, clip.info.frames, seen.channel_energy, seen.mix_energy
    )
    return _result(clip, memoryview(made.data), Outcome(seen.saturated, cancelled))


def _convert_by_blocks(clip: FlacClip, tick: Callable[[], None]) -> FlacResult:
    decimator = kernel()
    line = Line(clip.info, tick) if decimator is None else Steps(decimator, clip.info, tick)
    with flac.Encoder(clip.info.sample_format) as encoder:
        for numbers in line.run(flac.decode(clip.source.data, clip.source.stream, block_frames(clip.info))):
            encoder.write(numbers)
        return _result(clip, encoder.finish(), line.outcome)


def _result(clip: FlacClip, encoded: memoryview, seen: Outcome) -> FlacResult:
    head, audio_offset = with_blocks(encoded, clip.carried)
    return FlacResult(b"".join((head, encoded[audio_offset:])), seen)
