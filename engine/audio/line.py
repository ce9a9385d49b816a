"""The way of a clip's samples from its decoder to its encoder: mixed to mono, decimated, rounded.

For a clip whose samples lie in memory as they are stored there is the compiled way; block by block, and wherever there
is no compiled code, there is numpy's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec
import numpy as np

from engine.audio.decimate import BLOCK_FRAMES, decimate
from engine.audio.downmix import Downmix, is_cancelled, unreal
from engine.audio.formats import ClipInfo
from engine.audio.kernel import TICK_BYTES, Report, kernel
from engine.audio.samples import Numbers, Quantiser, pack, unpack


class Outcome(msgspec.Struct, frozen=True):
    """What was seen in a clip's samples on their way."""

    saturated: int
    """Results beyond the format's range, held to its end."""
    cancelled: bool
    """Whether the channels were a signal that their mix has lost."""


class Line:
    """The way block by block, in numpy."""

    def __init__(self, info: ClipInfo, tick: Callable[[], None]) -> None:
        self._info = info
        self._tick = tick
        self._downmix = Downmix(info.sample_format, info.channels)
        self._quantiser = Quantiser(info.sample_format)

    def run(self, blocks: Iterable[Numbers]) -> Iterator[Numbers]:
        """Yield the samples of the result.

        Raises:
            DamagedError: If a floating-point sample is not a number, infinite, or far beyond any scale.
        """
        for results in decimate(self._mixed(blocks), self._info.frames):
            if self._info.channels > 1:
                np.divide(results, self._info.channels, out=results)
            yield self._quantiser.quantise(results)

    @property
    def outcome(self) -> Outcome:
        """What was seen so far."""
        return Outcome(self._quantiser.saturated, self._downmix.cancelled)

    def _mixed(self, blocks: Iterable[Numbers]) -> Iterator[Numbers]:
        self._tick()
        for block in blocks:
            yield self._downmix.mix(block)
            self._tick()


def block_frames(info: ClipInfo) -> int:
    """Return how many frames of a clip go through the line at once."""
    return min(BLOCK_FRAMES, max(1, TICK_BYTES // (8 * info.channels)))


def convert_stored(
    info: ClipInfo, stored: memoryview, results: bytearray, offset: int, tick: Callable[[], None]
) -> Outcome:
    """Convert samples that lie in memory as they are stored, and write the results from ``offset`` on.

    Args:
        info: What the clip is.
        stored: ``info.frames`` frames, interleaved.
        results: Has room for the results behind ``offset``.
        offset: In bytes.
        tick: Called at least once per MiB of samples; may raise to stop.

    Raises:
        DamagedError: If a floating-point sample is not a number, infinite, or far beyond any scale.
    """
    compiled = kernel()
    if compiled is not None:
        return _outcome(info, stored, compiled.decimate(info, stored, results, offset, tick))
    line = Line(info, tick)
    step = block_frames(info) * info.channels * info.sample_format.sample_bytes
    blocks = (unpack(stored[start : start + step], info.sample_format) for start in range(0, len(stored), step))
    for numbers in line.run(blocks):
        packed = pack(numbers, info.sample_format)
        results[offset : offset + len(packed)] = packed
        offset += len(packed)
    return line.outcome


def _outcome(info: ClipInfo, stored: memoryview, seen: Report) -> Outcome:
    if seen.unreal >= 0:
        start = seen.unreal * info.sample_format.sample_bytes
        (sample,) = unpack(stored[start : start + info.sample_format.sample_bytes], info.sample_format)
        raise unreal(float(sample), seen.unreal // info.channels)
    cancelled = is_cancelled(info.sample_format, info.channels, info.frames, seen.channel_energy, seen.mix_energy)
    return Outcome(seen.saturated, cancelled)
