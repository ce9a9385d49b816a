"""One clip from 48 kHz to 16 kHz: decoded, mixed to mono, decimated, stored as it was stored before.

It all runs block by block: beside the bytes that come in and go out, a clip of any length needs a few megabytes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.audio import flac
from engine.audio.decimate import BLOCK_FRAMES, decimate
from engine.audio.downmix import Downmix
from engine.audio.flac_blocks import is_carried, other_blocks, read_streaminfo, with_blocks
from engine.audio.formats import SOURCE_RATE_HZ, ClipInfo, Codec, as_result
from engine.audio.probe import SNIFF_BYTES, codec_of
from engine.audio.riff import ReadAt
from engine.audio.samples import Numbers, Quantiser, pack, unpack
from engine.audio.wav import read_layout, result_shell
from engine.errors import Fault, UnsupportedError

TICK_BYTES: Final = 1 << 20
"""The most input between two ticks."""


@dataclass(frozen=True)
class ConvertedClip:
    """The result of one clip, and what is worth telling about it."""

    data: bytes
    source: ClipInfo
    result: ClipInfo
    saturated_samples: int
    """Result samples beyond the format's range, held to its end: a low-pass can overshoot a full-scale source."""
    cancelled: bool
    """Whether the channels were a signal and its opposite, so that their mix has lost it."""
    dropped_chunks: tuple[str, ...]
    """Chunks (WAV) or blocks (FLAC) that the result does not have, in order: positions, padding."""


def convert_clip(data: bytes | memoryview, tick: Callable[[], None] = lambda: None) -> ConvertedClip:
    """Convert a clip of 48 kHz to 16 kHz mono, in the same codec and sample format.

    Offsets in faults count from the start of the clip.

    Args:
        data: The clip as it stands in its file.
        tick: Called at least once per MiB of samples; may raise to stop.

    Raises:
        DamagedError: If the clip is cut short, contradicts itself, or holds samples that are not numbers.
        UnsupportedError: If it is no 48 kHz WAV or FLAC of a sample format that is converted.
    """
    whole = memoryview(data).cast("B")

    def read_at(offset: int, length: int) -> bytes:
        return bytes(whole[offset : offset + length])

    convert = _convert_flac if codec_of(read_at(0, SNIFF_BYTES)) is Codec.FLAC else _convert_wav
    return convert(whole, read_at, tick)


def _convert_wav(whole: memoryview, read_at: ReadAt, tick: Callable[[], None]) -> ConvertedClip:
    layout = read_layout(len(whole), read_at)
    info = layout.info
    _refuse_other_rates(info)
    step = _block_frames(info) * layout.wav_format.frame_bytes
    stored = whole[layout.data.offset : layout.data.end]
    blocks = (unpack(stored[start : start + step], info.sample_format) for start in range(0, len(stored), step))
    line = _Line(info, tick)
    shell = result_shell(layout, read_at)
    result = io.BytesIO()
    result.write(shell.head)
    for numbers in line.run(blocks):
        result.write(pack(numbers, info.sample_format))
    result.write(shell.tail)
    return line.finish(result.getvalue(), shell.dropped_chunks)


def _convert_flac(whole: memoryview, read_at: ReadAt, tick: Callable[[], None]) -> ConvertedClip:
    stream = read_streaminfo(read_at)
    info = stream.info
    _refuse_other_rates(info)
    blocks, _ = other_blocks(read_at)
    line = _Line(info, tick)
    with flac.Encoder(info.sample_format) as encoder:
        for numbers in line.run(flac.decode(whole, stream, _block_frames(info))):
            encoder.write(numbers)
        encoded = encoder.finish()
    head, audio_offset = with_blocks(encoded, tuple(block for block in blocks if is_carried(block)))
    dropped = tuple(block.name for block in blocks if not is_carried(block))
    return line.finish(b"".join((head, encoded[audio_offset:])), dropped)


class _Line:
    """The way of a clip's samples between its decoder and its encoder."""

    def __init__(self, info: ClipInfo, tick: Callable[[], None]) -> None:
        self._info = info
        self._tick = tick
        self._downmix = Downmix(info.sample_format, info.channels)
        self._quantiser = Quantiser(info.sample_format)

    def run(self, blocks: Iterable[Numbers]) -> Iterator[Numbers]:
        """Yield the samples of the result."""
        for results in decimate(self._mixed(blocks), self._info.frames):
            if self._info.channels > 1:
                np.divide(results, self._info.channels, out=results)
            yield self._quantiser.quantise(results)

    def finish(self, data: bytes, dropped_chunks: tuple[str, ...]) -> ConvertedClip:
        """Return the clip, and what was seen on the way."""
        return ConvertedClip(
            data=data,
            source=self._info,
            result=as_result(self._info),
            saturated_samples=self._quantiser.saturated,
            cancelled=self._downmix.cancelled,
            dropped_chunks=dropped_chunks,
        )

    def _mixed(self, blocks: Iterable[Numbers]) -> Iterator[Numbers]:
        self._tick()
        for block in blocks:
            yield self._downmix.mix(block)
            self._tick()


def _block_frames(info: ClipInfo) -> int:
    return min(BLOCK_FRAMES, max(1, TICK_BYTES // (8 * info.channels)))


def _refuse_other_rates(info: ClipInfo) -> None:
    if info.sample_rate_hz != SOURCE_RATE_HZ:
        raise UnsupportedError(
            Fault(
                problem="the sample rate is not the one that is converted",
                read=f"{info.sample_rate_hz:,} Hz",
                wanted=f"{SOURCE_RATE_HZ:,} Hz",
                way_out="resample the clip, or leave it out of the corpus",
            )
        )
