"""The compiled decimator: how it is called, and what is done where there is none.

Which of its two methods a clip takes is told by the clip alone: see ``native/decimate.h``. For 8 and 16 bits and clips
of 0.05 s or more that is overlap-save convolution by FFTs in single precision, within one unit of the exact result; for
all others the same sums as in :mod:`engine.audio.decimate`, in one fixed order. Both give the same bits on every
machine, whatever instruction set they use, and however a clip is cut into steps.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import cffi
import msgspec

from engine import native
from engine.audio.formats import FACTOR, ClipInfo, SampleFormat, output_frames

ROOM: Final = "engine.audio"
VERSION: Final = 3
"""Of the declarations in this room's C: ``GONOGO_VERSION``."""
CDEF: Final = """
int gonogo_version(void);
typedef struct { double channel_energy, mix_energy; int64_t saturated; int64_t unreal; } gonogo_report;
int gonogo_decimate(int isa, int format, int channels, const void *held, int64_t first, int64_t held_frames,
                    int64_t clip_frames, int64_t out_first, int64_t out_count, void *results, gonogo_report *report);
int gonogo_best_isa(void);
int gonogo_takes_fft(int format, int64_t clip_frames);
"""
FORMATS: Final = {
    SampleFormat.PCM_U8: 0,
    SampleFormat.PCM_S8: 1,
    SampleFormat.PCM_16: 2,
    SampleFormat.PCM_24: 3,
    SampleFormat.PCM_32: 4,
    SampleFormat.FLOAT_32: 5,
    SampleFormat.FLOAT_64: 6,
}
"""``enum gonogo_format``."""
INSTRUCTION_SETS: Final = {"plain": 0, "avx2": 1, "avx512": 2}
"""``enum gonogo_isa``."""
NAMES: Final = ("plain C", "AVX2", "AVX-512")
STEP: Final = 720
"""``GONOGO_STEP``: a call makes a multiple of so many results, unless it makes the last one."""
TICK_BYTES: Final = 1 << 20
"""The most input between two ticks, as far as steps allow it."""
NO_MEMORY: Final = 2
"""``GONOGO_NO_MEMORY``."""


class Report(msgspec.Struct, frozen=True):
    """What was seen in a clip on its way."""

    channel_energy: float
    """Sum of the squares of all samples, in units of the format's last bit or, of floats, of full scale."""
    mix_energy: float
    """The same of the sums of the channels; both are 0 for one channel."""
    saturated: int
    """Results beyond the format's range, held to its end."""
    unreal: int
    """The first interleaved sample that is no number or beyond any scale; -1 where there is none."""


@dataclass(frozen=True)
class Kernel:
    """The compiled decimator with the instruction set that it is to use."""

    ffi: cffi.FFI
    library: native.Library
    instruction_set: int

    def decimate(
        self, info: ClipInfo, stored: memoryview, results: bytearray, offset: int, tick: Callable[[], None]
    ) -> Report:
        """Write the results of a whole clip, in its format, from ``offset`` on.

        Args:
            info: What the clip is.
            stored: Its samples, interleaved, as they are stored: ``info.frames`` frames.
            results: Has room for the results behind ``offset``; not changed in size meanwhile.
            offset: In bytes.
            tick: Called before each step; may raise to stop.

        Raises:
            MemoryError: If there is none to work in; half a megabyte is needed.
        """
        sample_bytes = info.sample_format.sample_bytes
        wanted = output_frames(info.frames)
        step = _step_results(sample_bytes * info.channels) if len(stored) > TICK_BYTES else wanted
        report = self.ffi.new("gonogo_report *")
        report.unreal = -1
        held, made = self.ffi.from_buffer(stored), self.ffi.from_buffer(results)
        sample_format = FORMATS[info.sample_format]
        for first in range(0, wanted, step or 1):
            tick()
            outcome = self.library.gonogo_decimate(
                self.instruction_set,
                sample_format,
                info.channels,
                held,
                0,
                info.frames,
                info.frames,
                first,
                min(step, wanted - first),
                made + (offset + first * sample_bytes),
                report,
            )
            if outcome:
                raise MemoryError if outcome == NO_MEMORY else AssertionError(f"the decimator was misused: {info}")
        return Report(report.channel_energy, report.mix_energy, report.saturated, report.unreal)

    def takes_fft(self, info: ClipInfo) -> bool:
        """Tell whether a clip is convolved by FFTs; if not, its results are sums, exact up to 24 bits."""
        return bool(self.library.gonogo_takes_fft(FORMATS[info.sample_format], info.frames))


@cache
def _kernel(choice: str) -> Kernel | None:
    # The C takes samples in the machine's byte order, and WAV has the lowest byte first.
    loaded = native.load(ROOM, CDEF, version=VERSION) if sys.byteorder == "little" else None
    if loaded is None:
        return None
    ffi, library = loaded
    best = library.gonogo_best_isa()
    return Kernel(ffi, library, min(best, INSTRUCTION_SETS.get(choice, best)))


def kernel() -> Kernel | None:
    """Return the compiled decimator, or None where there is none or none is wanted."""
    return _kernel(native.chosen())


def decimator() -> str:
    """Name the decimator that runs here, and the way to a faster one."""
    found = kernel()
    if found is not None:
        return f"native, {NAMES[found.instruction_set]}"
    if native.chosen() == "off":
        return f"numpy: {native.VARIABLE} is off"
    return "numpy: no compiled code here (install gonogo again with a C compiler for some ten times the speed)"


def _step_results(frame_bytes: int) -> int:
    results = TICK_BYTES // (FACTOR * frame_bytes)
    return max(results - results % STEP, STEP)
