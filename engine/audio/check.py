"""A second opinion on a converted clip: both sides decoded by libsndfile, none of this room's parsers or filters.

Facts that are wrong are faults. Below 7 kHz, where the conversion must change nothing, both sides are compared window
by window, in level and in waveform: the first tells a clip that was emptied, doubled or mixed wrongly, the second one
that is other audio of the same length.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from engine.audio.clip import convert_clip
from engine.audio.formats import FACTOR, SOURCE_RATE_HZ, TARGET_RATE_HZ, ClipInfo, output_frames
from engine.errors import DamagedError, Fault

Window = npt.NDArray[np.float64]

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
OTHER_AUDIO_DB: Final = -6.0
"""A result that differs from its clip by more than this is other audio: of the same level it differs by some +3 dB."""
_INEXACT_STEP: Final = {"PCM_32": 2.0**-31, "FLOAT": 1e-6, "DOUBLE": 1e-12}
"""What a sample may differ by from the same conversion on another machine, over full scale."""
_COMPARED_FRAMES: Final = 1 << 16
_BITS: Final = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


@dataclass(frozen=True)
class SpotCheck:
    """What libsndfile found in both clips."""

    original_frames: int
    original_channels: int
    converted_frames: int
    level_change_db: float | None
    """Energy below 7 kHz of the result over that of the channels' mean; None where there is too little of either."""
    difference_db: float
    """Energy below 7 kHz of the difference of both, over that of the channels' mean or of what rounding alone makes."""

    @property
    def energy_lost(self) -> bool:
        """Whether the level changed by more than the tolerance, in either direction."""
        return self.level_change_db is not None and abs(self.level_change_db) > TOLERANCE_DB

    @property
    def other_audio(self) -> bool:
        """Whether the result has its original's level and not its waveform; one that lost energy is flagged alone."""
        return self.difference_db > OTHER_AUDIO_DB and not self.energy_lost


@dataclass
class _Energies:
    """Below BAND_END_HZ, summed over all windows."""

    original: float = 0.0
    result: float = 0.0
    difference: float = 0.0


def spot_check(original: bytes | memoryview, converted: bytes | memoryview) -> SpotCheck:
    """Decode a clip and its result and compare them.

    Raises:
        DamagedError: If one of them cannot be decoded, holds no finite numbers, or has not the rate, channels or length
            that it must have.
    """
    with _opened("the original", original) as before, _opened("the converted clip", converted) as after:
        _demand_rate("the original", before, SOURCE_RATE_HZ)
        _demand_rate("the converted clip", after, TARGET_RATE_HZ)
        if after.channels != 1:
            raise _damaged("the converted clip is not mono", f"{after.channels} channels", "1")
        # Both sides see the same moments through the same window: three source frames to a result frame.
        longest = round(WINDOW_S * TARGET_RATE_HZ)
        length = max(1, min(longest, after.frames))
        hop = length // 2 if after.frames > longest else length
        window = np.hanning(length * FACTOR + 1)[:-1]
        energies, frames, result_frames = _measure(before, after, length, hop, window)
        rounding = (2.0 / 2 ** _BITS[after.subtype]) ** 2 / 12 if after.subtype in _BITS else None
        channels = before.channels
    if result_frames != output_frames(frames):
        wanted = f"{output_frames(frames):,} for {frames:,} at {SOURCE_RATE_HZ:,} Hz"
        raise _damaged("the converted clip has the wrong length", f"{result_frames:,} frames", wanted)
    # Parseval, both halves of the spectrum, over the energy of the windows that lie on each frame.
    weight = max(length * float(np.square(window[::FACTOR]).sum()) / hop, 1.0) * max(result_frames, 1) / 2
    quiet = (QUIET_FLOAT if rounding is None else QUIET_OVER_ROUNDING * rounding) * weight
    change_db = None
    if energies.original > quiet and frames >= SHORTEST_JUDGED_S * SOURCE_RATE_HZ:
        change_db = _db(energies.result, energies.original)
    return SpotCheck(
        frames, channels, result_frames, change_db, _db(energies.difference, max(energies.original, quiet))
    )


def demand_decodable(data: bytes | memoryview, info: ClipInfo) -> None:
    """Decode a whole clip with libsndfile.

    Raises:
        DamagedError: If it cannot be decoded, holds no finite numbers, or is not what its header says.
    """
    frames = 0
    with _opened("the clip", data) as clip:
        found = (clip.samplerate, clip.channels)
        if found != (info.sample_rate_hz, info.channels):
            wanted = f"{info.sample_rate_hz:,} Hz, {info.channels} channels"
            raise _damaged("the clip's header reads otherwise", f"{found[0]:,} Hz, {found[1]} channels", wanted)
        try:
            while (fresh := clip.read(_COMPARED_FRAMES, dtype="float64", always_2d=True)).size:
                if not np.isfinite(fresh).all():
                    raise _damaged("the clip holds samples that are no finite numbers", "NaN or infinity", "")
                frames += len(fresh)
        except soundfile.LibsndfileError as broken:
            raise _damaged("the clip cannot be decoded", broken.error_string, "a whole clip") from broken
    if frames != info.frames:
        wanted = f"{info.frames:,} as its header says"
        raise _damaged("the clip has another length than its header says", f"{frames:,} frames", wanted)


def is_conversion(original: bytes | memoryview, converted: bytes | memoryview) -> bool:
    """Convert a clip again and tell whether ``converted`` holds the same samples.

    Exactly the same, up to 24 bits, whose sums are exact on any machine; where they are not, another build of the
    numeric libraries may round otherwise: a 32-bit or floating-point sample may differ by a step.

    Raises:
        DamagedError: when one of them cannot be decoded.
        UnsupportedError: when the original is nothing that is converted.
    """
    again = convert_clip(original)
    with _opened("the clip, converted again", again.data) as wanted, _opened("the converted clip", converted) as found:
        if (wanted.frames, wanted.subtype, wanted.format) != (found.frames, found.subtype, found.format):
            return False
        step = _INEXACT_STEP.get(found.subtype, 0.0)
        while (expected := wanted.read(_COMPARED_FRAMES, dtype="float64")).size:
            if not (np.abs(expected - found.read(_COMPARED_FRAMES, dtype="float64")) <= step).all():
                return False
    return True


def _db(energy: float, over: float) -> float:
    # Nothing at all is as far down as any format can tell.
    return 10 * math.log10(max(energy, 1e-30) / max(over, 1e-30))


def _measure(
    before: soundfile.SoundFile, after: soundfile.SoundFile, length: int, hop: int, window: Window
) -> tuple[_Energies, int, int]:
    """Decode both clips window by window; return their energies and their true lengths in frames."""
    energies, frames, result_frames = _Energies(), 0, 0
    bins = round(BAND_END_HZ * length / TARGET_RATE_HZ)
    originals = _windows("the original", before, length * FACTOR, hop * FACTOR)
    results = _windows("the converted clip", after, length, hop)
    nothing = np.zeros(0), 0
    for (was, new_frames), (now, new_result_frames) in itertools.zip_longest(originals, results, fillvalue=nothing):
        frames, result_frames = frames + new_frames, result_frames + new_result_frames
        if was.size and now.size:
            source = np.fft.rfft(was * window)[:bins] / FACTOR
            result = np.fft.rfft(now * window[::FACTOR])[:bins]
            energies.original += _energy(source)
            energies.result += _energy(result)
            energies.difference += _energy(result - source)
    return energies, frames, result_frames


def _energy(spectrum: npt.NDArray[np.complex128]) -> float:
    return float(np.vdot(spectrum, spectrum).real)


@contextlib.contextmanager
def _opened(what: str, data: bytes | memoryview) -> Iterator[soundfile.SoundFile]:
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as clip:
            yield clip
    except soundfile.LibsndfileError as broken:
        raise _damaged(f"{what} cannot be decoded", broken.error_string, "a whole clip") from broken


def _demand_rate(what: str, clip: soundfile.SoundFile, rate_hz: int) -> None:
    if clip.samplerate != rate_hz:
        raise _damaged(f"{what} has the wrong rate", f"{clip.samplerate:,} Hz", f"{rate_hz:,} Hz")


def _windows(what: str, clip: soundfile.SoundFile, length: int, hop: int) -> Iterator[tuple[Window, int]]:
    """Yield the channels' mean in windows, ``hop`` apart, the last filled up with zeros; and how many are new."""
    block = np.zeros(length)
    kept = 0
    try:
        while (fresh := clip.read(length - kept, dtype="float64", always_2d=True)).size:
            if not np.isfinite(fresh).all():
                raise _damaged(f"{what} holds samples that are no finite numbers", "NaN or infinity", "")
            block[kept : kept + len(fresh)] = fresh.sum(axis=1) / clip.channels
            block[kept + len(fresh) :] = 0
            yield block, len(fresh)
            kept = length - hop
            block[:kept] = block[hop:].copy()
    except soundfile.LibsndfileError as broken:
        raise _damaged(f"{what} cannot be decoded", broken.error_string, "a whole clip") from broken


def _damaged(problem: str, read: str, wanted: str) -> DamagedError:
    return DamagedError(Fault(problem=problem, read=read, wanted=wanted, way_out="keep the original; convert it again"))
