"""The compiled decimator, fed block by block: for streams that libFLAC decodes and compiled code decimates.

With it, samples of a result depend on the samples of its clip alone, and not on who decoded them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from engine.audio.downmix import is_cancelled
from engine.audio.formats import FACTOR, ClipInfo, output_frames
from engine.audio.kernel import FORMATS, NO_MEMORY, STEP, Kernel
from engine.audio.line import Outcome
from engine.audio.samples import Numbers, pack, unpack

REACH_FRAMES: Final = 240
"""``GONOGO_REACH``: source frames on either side of a result that it may need."""


class Steps:
    """The same way through a clip as :class:`engine.audio.line.Line`."""

    def __init__(self, by: Kernel, info: ClipInfo, tick: Callable[[], None]) -> None:
        self._by, self._info, self._tick = by, info, tick
        self._frame_bytes = info.channels * info.sample_format.sample_bytes
        self._report = by.ffi.new("gonogo_report *")
        self._report.unreal = -1
        self._held = bytearray()
        """Frames ``first`` to ``have``, as they are stored."""
        self._first = self._have = self._done = 0

    def run(self, blocks: Iterable[Numbers]) -> Iterator[Numbers]:
        """Yield the samples of the result.

        Raises:
            MemoryError: If there is none for the decimator to work in.
        """
        self._tick()
        for block in blocks:
            self._held += pack(block, self._info.sample_format)
            self._have += block.size // self._info.channels
            self._tick()
            count = self._reached() - self._done
            if count > 0:
                yield self._results(count)
                self._let_go()

    @property
    def outcome(self) -> Outcome:
        """What was seen so far."""
        info, seen = self._info, self._report
        cancelled = is_cancelled(info.sample_format, info.channels, info.frames, seen.channel_energy, seen.mix_energy)
        return Outcome(seen.saturated, cancelled)

    def _reached(self) -> int:
        """Return up to which result all is there that it stands on."""
        if self._have >= self._info.frames:
            return output_frames(self._info.frames)
        return (self._have - REACH_FRAMES) // FACTOR // STEP * STEP

    def _results(self, count: int) -> Numbers:
        made = bytearray(count * self._info.sample_format.sample_bytes)
        held = bytes(self._held)  # as a bytearray that cffi looks into cannot change its size
        outcome = self._by.library.gonogo_decimate(
            self._by.instruction_set,
            FORMATS[self._info.sample_format],
            self._info.channels,
            self._by.ffi.from_buffer(held),
            self._first,
            self._have - self._first,
            self._info.frames,
            self._done,
            count,
            self._by.ffi.from_buffer(made),
            self._report,
        )
        if outcome:
            raise MemoryError if outcome == NO_MEMORY else AssertionError(f"the decimator was misused: {self._info}")
        self._done += count
        return unpack(memoryview(made), self._info.sample_format)

    def _let_go(self) -> None:
        needed = max(FACTOR * self._done - REACH_FRAMES, self._first)
        del self._held[: (needed - self._first) * self._frame_bytes]
        self._first = needed
