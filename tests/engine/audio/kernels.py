"""The compiled decimator called as tests need it: with any instruction set, in any steps; and numpy beside it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from engine.audio import kernel as kernel_module
from engine.audio.decimate import decimate
from engine.audio.formats import ClipInfo, Codec, SampleFormat, output_frames
from engine.audio.kernel import Kernel, Report, kernel
from engine.audio.samples import Numbers, Quantiser, pack, unpack

FORMATS = list(SampleFormat)
INTEGERS = [sample_format for sample_format in FORMATS if not sample_format.is_float]
CONTAINERS = {SampleFormat.PCM_S8: (7, "<i2", 8), SampleFormat.PCM_24: (8, "<i4", 8)}
"""Formats that decoders of FLAC hand over in the upper bits of a wider integer: code, type and shift."""
LIMIT = 2_400
"""Frames from which on 8 and 16 bits go through the FFT."""
BLOCK, PAIR, BATCH = 360 * 3, 720 * 3, 11_520 * 3
"""Source frames of a block, of the two that share an FFT, and of all that the widest vectors hold."""
LENGTHS = [0, 1, 2, 3, 4, 100, 448, 450, 674, 1_535, 1_537, LIMIT - 1, LIMIT, LIMIT + 1, 2 * PAIR - 1, 2 * PAIR + 1]
LONG = [BATCH // 2 + 1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH + BLOCK + 7]


def the_kernel() -> Kernel:
    found = kernel()
    if found is None:
        pytest.skip("nothing is compiled here: there is no kernel to test")
    return found


def facts(sample_format: SampleFormat, channels: int, frames: int) -> ClipInfo:
    return ClipInfo(Codec.WAV, sample_format, 48_000, channels, frames)


@cache
def stored(info: ClipInfo, peak: float = 1.0) -> bytes:
    """Full-band noise, full scale where nothing else is said."""
    loud = np.random.default_rng(info.frames).uniform(-peak, peak, info.frames * info.channels)
    loud *= info.sample_format.full_scale
    whole = loud if info.sample_format.is_float else np.floor(loud).astype(np.int64)
    return pack(whole, info.sample_format)


def converted(info: ClipInfo, data: bytes, instruction_set: int) -> tuple[bytes, Report]:
    found = the_kernel()
    results = bytearray(output_frames(info.frames) * info.sample_format.sample_bytes)
    narrowed = Kernel(found.ffi, found.library, min(instruction_set, found.instruction_set))
    report = narrowed.decimate(info, memoryview(data), results, 0, lambda: None)
    return bytes(results), report


def in_steps(info: ClipInfo, data: bytes, instruction_set: int, step: int, code: int | None = None) -> bytes:
    """Call the C with no more of the clip than each step is said to need, at any address."""
    found = the_kernel()
    width = len(data) // (info.frames * info.channels)
    frame_bytes, wanted = width * info.channels, output_frames(info.frames)
    results = bytearray(wanted * width)
    report = found.ffi.new("gonogo_report *")
    report.unreal = -1
    for first in range(0, wanted, step):
        count = min(step, wanted - first)
        start, end = max(0, 3 * first - 240), min(info.frames, 3 * (first + count) + 240)
        held = found.ffi.from_buffer(b"x" + data[start * frame_bytes : end * frame_bytes])
        outcome = found.library.gonogo_decimate(
            min(instruction_set, found.instruction_set),
            kernel_module.FORMATS[info.sample_format] if code is None else code,
            *(info.channels, held + 1, start, end - start, info.frames, first, count),
            *(found.ffi.from_buffer(results) + first * width, report),
        )
        assert outcome == 0
    return bytes(results)


def by_numpy(info: ClipInfo, data: bytes) -> tuple[Numbers, int]:
    """What the fallback computes, and how many results it holds to the range."""
    samples = unpack(data, info.sample_format).reshape(-1, info.channels)
    quantiser = Quantiser(info.sample_format)
    mixed = samples.sum(axis=1, dtype=np.float64 if info.sample_format.is_float else np.int64)
    results = np.concatenate([np.empty(0), *decimate([mixed], info.frames)])
    return quantiser.quantise(results / info.channels), quantiser.saturated
