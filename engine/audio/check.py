"""A second opinion on a converted clip: both sides decoded by libsndfile, none of this room's parsers or filters.

Facts that are wrong are faults. The energy below 7 kHz, where the conversion must change nothing, is compared and only
reported: it tells a clip that was emptied, doubled or mixed wrongly from one that was converted.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from engine.audio.formats import SOURCE_RATE_HZ, TARGET_RATE_HZ, output_frames
from engine.errors import DamagedError, Fault

BAND_END_HZ: Final = 7_000
"""Below the edge of the pass band at 7.43 kHz, with room for the skirts of the analysis window."""
TOLERANCE_DB: Final = 0.5
"""Ten times what rounding and the filter's ripple of 0.02 dB change in a clip that is loud enough to be judged."""
WINDOW_S: Final = 0.512
"""8,192 result frames, and the same time of source frames."""
SHORTEST_JUDGED_S: Final = 0.1
"""Ten times the length of the filter, whose response is cut off at the ends of a clip: in shorter ones that shows."""
QUIET_OVER_ROUNDING: Final = 100.0
"""Energy, in multiples of the rounding noise of the format, below which rounding itself would move the level."""
QUIET_FLOAT: Final = 1e-12
"""The same for floating point, where rounding is no measure: -120 dB of full scale."""
_BITS: Final = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


@dataclass(frozen=True)
class SpotCheck:
    """What libsndfile found in both clips."""

    original_frames: int
    original_channels: int
    converted_frames: int
    level_change_db: float | None
    """Energy below 7 kHz of the result over that of the channels' mean; None where there is too little of either."""

    @property
    def energy_lost(self) -> bool:
        """Whether the level changed by more than the tolerance, in either direction."""
        return self.level_change_db is not None and abs(self.level_change_db) > TOLERANCE_DB


@dataclass(frozen=True)
class _Measured:
    frames: int
    channels: int
    mean_square: float
    quiet_below: float


def spot_check(original: bytes | memoryview, converted: bytes | memoryview) -> SpotCheck:
    """Decode a clip and its result and compare them.

    Raises:
        DamagedError: If one of them cannot be decoded, holds no finite numbers, or has not the rate, channels or length
            that it must have.
    """
    before = _measure("the original", original, SOURCE_RATE_HZ)
    after = _measure("the converted clip", converted, TARGET_RATE_HZ)
    if after.channels != 1:
        raise _damaged("the converted clip is not mono", f"{after.channels} channels", "1")
    if after.frames != output_frames(before.frames):
        wanted = f"{output_frames(before.frames):,} for {before.frames:,} at {SOURCE_RATE_HZ:,} Hz"
        raise _damaged("the converted clip has the wrong length", f"{after.frames:,} frames", wanted)
    change_db = None
    if before.mean_square > before.quiet_below and before.frames >= SHORTEST_JUDGED_S * SOURCE_RATE_HZ:
        # Nothing at all is as far down as any format can tell.
        change_db = 10 * math.log10(max(after.mean_square, 1e-30) / before.mean_square)
    return SpotCheck(before.frames, before.channels, after.frames, change_db)


def _measure(what: str, data: bytes | memoryview, rate_hz: int) -> _Measured:
    """Decode a clip by blocks and return its true length and its mean square below BAND_END_HZ (Welch's method)."""
    frames, energy = 0, 0.0
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as clip:
            if clip.samplerate != rate_hz:
                raise _damaged(f"{what} has the wrong rate", f"{clip.samplerate:,} Hz", f"{rate_hz:,} Hz")
            channels = clip.channels
            bits = _BITS.get(clip.subtype)
            longest = round(WINDOW_S * rate_hz)
            length = max(1, min(longest, clip.frames))
            hop = length // 2 if clip.frames > longest else length
            window = np.hanning(length + 1)[:-1]
            bins = round(BAND_END_HZ * length / rate_hz)
            for block, fresh in _blocks(clip, length, hop):
                if not np.isfinite(block).all():
                    raise _damaged(f"{what} holds samples that are no finite numbers", f"after frame {frames:,}", "")
                frames += fresh
                spectrum = np.fft.rfft(block.sum(axis=1) / channels * window)[:bins]
                energy += float(np.vdot(spectrum, spectrum).real)
    except soundfile.LibsndfileError as broken:
        raise _damaged(f"{what} cannot be decoded", broken.error_string, "a whole clip") from broken
    # Parseval, both halves of the spectrum, over the energy of the windows that lie on each frame.
    weight = length * float(np.square(window).sum()) / hop
    quiet = QUIET_FLOAT if bits is None else QUIET_OVER_ROUNDING * (2.0 / 2**bits) ** 2 / 12
    return _Measured(frames, channels, 2 * energy / (max(weight, 1.0) * max(frames, 1)), quiet)


def _blocks(clip: soundfile.SoundFile, length: int, hop: int) -> Iterator[tuple[npt.NDArray[np.float64], int]]:
    """Yield windows of ``length`` frames, ``hop`` apart, the last filled up with zeros; and how many frames are new."""
    block = np.zeros((length, clip.channels))
    kept = 0
    while (fresh := clip.read(length - kept, dtype="float64", always_2d=True)).size:
        block[kept : kept + len(fresh)] = fresh
        block[kept + len(fresh) :] = 0
        yield block, len(fresh)
        kept = length - hop
        block[:kept] = block[hop:].copy()


def _damaged(problem: str, read: str, wanted: str) -> DamagedError:
    return DamagedError(Fault(problem=problem, read=read, wanted=wanted, way_out="keep the original; convert it again"))
