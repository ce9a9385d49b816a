"""Proof by ear that a clip is the conversion of another: every sample of both, decoded by libsndfile, below 7 kHz.

It stands in where nothing tells a result's bytes: no record and no table of hashes. Nothing is converted again, so that
a clip is known whichever method made it: they differ by a step where a sum lies on the edge between two.

What is left when the original is taken from its result below 7 kHz is little, at every single frame:

- Rounding: at most one step a sample for every way to round, half of one for ours; the analysis' own low-pass, whose
  coefficients add up to 2.13 in magnitude, makes at most 2.13 steps of them, and 1/3 of a square step in the mean.
- The ripple of the low-pass: it is flat to within 0.0175 dB up to 7 kHz. The part of its impulse response that makes
  this ripple adds up to 0.0037 in magnitude and reaches 75 frames far: no more than 0.0037 of the loudest sample there,
  and nowhere more than 0.00175 in energy's root.
- What a result cannot hold: the filter's ringing before its first and behind its last frame, and what is beyond full
  scale. There, and nowhere else, the samples are filled in from the original by the room's own taps. Without that the
  ends of each clip, and all of a short one, could not be judged.

Measured on speech, music and noise in all formats, true conversions reach 0.6 of these bounds. A single sample is found
that is off by some 4 steps where it is quiet, and by 1/150 of the loudest sample within 8 ms elsewhere. What changes a
result by less (its last bit, a gain of 0.1 dB in a clip of 16 bits below -55 dB) cannot be told from rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from engine.audio.decoded import CONVERTED, ORIGINAL, Clip, Mono, demand_facts, opened, read_mono, step_of
from engine.audio.formats import FACTOR, TARGET_RATE_HZ
from engine.audio.lowpass import REACH, UNIT_BITS, lowpass_units

BAND_END_HZ: Final = 7_000
"""Below the edge of the pass band at 7.43 kHz: up to here all good low-passes agree."""
SLOPE_HZ: Final = 1_000
"""Over which the analysis fades out below that: its response dies away within MARGIN, to 1e-7."""
MARGIN: Final = 512
"""Result frames on either side of a block that are analysed with it and not judged."""
LONGEST_BLOCK: Final = 1 << 14
SHORTEST_BLOCK: Final = 1 << 11
WINDOW: Final = 1_024
"""Result frames over which energy is judged: enough for rounding to be noise, few enough to point at a place."""
CELL: Final = 128
"""Result frames over which a peak is taken; with its neighbours, a cell covers all that ripple can come from."""
CELLS: Final = WINDOW // CELL
TAIL: Final = REACH // FACTOR + 1
"""Result frames that the filter rings before and behind a clip."""

ROUNDING_PEAK: Final = 2.2
"""Steps: see above; rounded up."""
ROUNDING_POWER: Final = 0.35
"""Square steps: rounding down, as libsndfile does it, makes 1/3."""
RIPPLE_PEAK: Final = 0.004
RIPPLE_POWER: Final = 0.002**2
"""Both rounded up from what the head of this file says."""
NOISE: Final = 1e-6
"""Of the loudest sample of a block, whatever its frequency: what folds through 127 dB of stop band, what single
precision rounds, and what the cut edges of the analysis leave."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Where a result is not the conversion of its clip."""

    frame: int
    """Of the result: the one, or the first of a window."""
    difference: float
    """Below 7 kHz, over full scale: of that frame, or the window's root mean square."""
    allowed: float
    """The most that rounding and the ripple of the filter make there."""


def find_misfit(original: Clip, converted: Clip, tick: Callable[[], None] = lambda: None) -> Misfit | None:
    """Hold every frame of a result against its clip; return the first place that no conversion explains, if any.

    Args:
        original: a clip of 48 kHz; its channels' mean is what counts.
        converted: what should be its conversion to 16 kHz mono.
        tick: called once a second of sound; may raise.

    Raises:
        DamagedError: when one of them cannot be decoded, holds no finite numbers, or has not the rate, channels or
            length that it must have.
    """
    with opened(ORIGINAL, original) as before, opened(CONVERTED, converted) as after:
        demand_facts(before, after)
        length = _block_length(after.frames)
        step = step_of(after)
        sources = _blocks(ORIGINAL, before, length * FACTOR, MARGIN * FACTOR)
        results = _blocks(CONVERTED, after, length, MARGIN)
        for start in range(0, after.frames, length - 2 * MARGIN):
            tick()
            found = _judge(next(sources), next(results), start, after.frames, step)
            if found is not None:
                return found
    return None


def _block_length(frames: int) -> int:
    length = SHORTEST_BLOCK
    while length < LONGEST_BLOCK and length < frames + 2 * MARGIN:
        length *= 2
    return length


def _blocks(what: str, clip: soundfile.SoundFile, length: int, margin: int) -> Iterator[Mono]:
    """Yield a clip in blocks that share their margins; what lies outside of it is zero."""
    block: Mono = np.zeros(length)
    kept = margin
    while True:
        fresh = read_mono(what, clip, length - kept)
        block[kept : kept + len(fresh)] = fresh
        block[kept + len(fresh) :] = 0
        yield block
        kept = 2 * margin
        block[:kept] = block[-kept:].copy()


def _judge(source: Mono, block: Mono, start: int, frames: int, step: float | None) -> Misfit | None:
    """Judge the frames of a block between its margins; the first of them is frame ``start``."""
    result = _filled_in(source, block, start, frames, step)
    rest = _difference_in_band(source, result)[MARGIN:-MARGIN]
    rest[max(0, frames - start) :] = 0
    peaks = np.abs(result).reshape(-1, CELL).max(axis=1)
    unit = (step or 0) + NOISE * float(max(peaks.max(), source.max(), -source.min()))
    ripple = RIPPLE_PEAK * np.maximum(np.maximum(peaks[:-2], peaks[1:-1]), peaks[2:])
    inner = slice(MARGIN // CELL - 1, 1 - MARGIN // CELL)
    allowed = ROUNDING_PEAK * unit + ripple[inner]
    excess = np.abs(rest).reshape(-1, CELL) / np.maximum(allowed, np.finfo(float).tiny)[:, None]
    at = int(excess.argmax())
    if excess.flat[at] > 1:
        return Misfit(start + at, float(abs(rest[at])), float(allowed[at // CELL]))
    return _judge_power(rest, result, start, unit)


def _judge_power(rest: Mono, result: Mono, start: int, unit: float) -> Misfit | None:
    """Judge what is small at every frame and too much in all of them: another gain, another quiet take."""
    peak = float(np.abs(result).max())
    if peak == 0:  # what is left of silence is judged above
        return None
    sums = np.concatenate(([0.0], np.cumsum(np.square(result.reshape(-1, CELL) / peak).sum(axis=1))))
    first = np.arange(MARGIN // CELL, len(sums) - 1 - MARGIN // CELL, CELLS)
    around = sums[first + CELLS + 1] - sums[first - 1]
    allowed = ROUNDING_POWER * (unit / peak) ** 2 + RIPPLE_POWER * around / WINDOW
    power = np.square(rest.reshape(-1, WINDOW) / peak).mean(axis=1)
    if (power <= allowed).all():
        return None
    at = int((power > allowed).argmax())
    return Misfit(start + at * WINDOW, peak * float(np.sqrt(power[at])), peak * float(np.sqrt(allowed[at])))


@cache
def _fade(length: int) -> Mono:
    """Return the analysis' response at the frequencies below its end, over three: a third of the frames is kept."""
    hertz = np.arange(BAND_END_HZ * length // TARGET_RATE_HZ) * TARGET_RATE_HZ / length
    into_slope = np.clip((hertz - (BAND_END_HZ - SLOPE_HZ)) / SLOPE_HZ, 0, 1)
    fade: Mono = 0.5 + 0.5 * np.cos(np.pi * into_slope)
    return fade


def _difference_in_band(source: Mono, result: Mono) -> Mono:
    """Return result minus source below 7 kHz, frame by frame of the result; right but for the margins."""
    fade = _fade(len(result))
    rest = np.fft.rfft(result)[: len(fade)] - np.fft.rfft(source)[: len(fade)] / FACTOR
    return np.fft.irfft(rest * fade, n=len(result))


@cache
def _taps() -> Mono:
    taps: Mono = lowpass_units() / (1 << UNIT_BITS)
    return taps


def _filled_in(source: Mono, block: Mono, start: int, frames: int, step: float | None) -> Mono:
    """Return a block of a result with the samples that it could not hold: beyond its ends, and beyond full scale.

    A sample at full scale whose original does not go there stays as it is, and is judged as any other.
    """
    place = np.arange(start - MARGIN, start - MARGIN + len(block))
    outside = ((place < 0) & (place >= -TAIL)) | ((place >= frames) & (place < frames + TAIL))
    at_limit = np.zeros_like(outside) if step is None else (block >= 1 - step) | (block <= -1)
    lacking = np.flatnonzero(outside | at_limit)
    lacking = lacking[(lacking >= TAIL) & (lacking < len(block) - TAIL)]
    if not lacking.size:
        return block
    wanted = _filtered(source, lacking)
    held = block[lacking]
    beyond = np.where(held < 0, wanted <= -1 + (step or 0), wanted >= 1 - 2 * (step or 0))
    filled = block.copy()
    filled[lacking] = np.where(outside[lacking] | beyond, wanted, held)
    return filled


def _filtered(source: Mono, places: npt.NDArray[np.intp]) -> Mono:
    """Return what the room's low-pass makes of some frames; a few at once, for each takes 3.6 kB on the way."""
    around = np.lib.stride_tricks.sliding_window_view(source, 2 * REACH + 1)
    parts = (places[at : at + WINDOW] for at in range(0, places.size, WINDOW))
    return np.concatenate([around[part * FACTOR - REACH] @ _taps() for part in parts])
