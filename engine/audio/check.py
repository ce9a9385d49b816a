"""A second opinion on a converted clip: both sides decoded by libsndfile, none of this room's parsers or filters.

Facts that are wrong are faults. Below 7 kHz, where the conversion must change nothing, both sides are compared window
by window, in level and in waveform: the first tells a clip that was emptied, doubled or mixed wrongly, the second one
that is other audio of the same length. The proof that leaves no frame out is :mod:`engine.audio.proof`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile
import xxhash

from engine.audio.decoded import CONVERTED, ORIGINAL, Clip, Mono, damaged, demand_facts, opened, read_mono, step_of
from engine.audio.formats import FACTOR, SOURCE_RATE_HZ, TARGET_RATE_HZ, ClipInfo

BAND_END_HZ: Final = 7_000
"""Below the edge of the pass band at 7.43 kHz, with room for the skirts of the analysis window."""
TOLERANCE_DB: Final = 0.5
"""Ten times what rounding and the filter's ripple of 0.02 dB change in a clip that is loud enough to be judged."""
WINDOW_FRAMES: Final = 3_072
"""Of the result, 0.192 s, and the same time of the source: as long as some syllables, which gives every clip something
to judge, and short enough that a check of mono PCM takes half a millisecond."""
WINDOWS: Final = 4
"""Of a clip that is checked in part: its first, its last, and two at places that its own bytes choose."""
CHOOSING_BYTES: Final = 1 << 16
"""Of the original's beginning: enough that two clips do not choose the same places."""
SHORTEST_JUDGED_S: Final = 0.1
"""Ten times the length of the filter, whose response is cut off at the ends of a clip: in shorter ones that shows."""
QUIET_OVER_ROUNDING: Final = 100.0
"""Energy, in multiples of the rounding noise of the format, below which rounding itself would move the level."""
QUIET_FLOAT: Final = 1e-12
"""The same for floating point, where rounding is no measure: -120 dB of full scale."""
OTHER_AUDIO_DB: Final = -6.0
"""A result that differs from its clip by more than this is other audio: of the same level it differs by some +3 dB."""
_DECODED_FRAMES: Final = 1 << 16


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


def spot_check(original: Clip, converted: Clip, *, whole: bool = False) -> SpotCheck:
    """Decode a clip and its result in a few windows, or from end to end, and compare them.

    A clip of a second or more is heard in four windows of a fifth of a second, unless ``whole`` is asked for. What
    goes wrong between them alone is not heard: a gap, a burst, a damaged block of FLAC. A fault of the disk there is
    found all the same, by the tar's digest, which is of every byte; and a converter whose windows are right at the
    beginning, at the end and at places that differ by clip errs nowhere else but in single clips.

    Args:
        original: the clip as it was.
        converted: what should be its conversion.
        whole: hear all of it: some twenty times the work for a clip of 10 s.

    Raises:
        DamagedError: If one of them cannot be decoded, holds no finite numbers, or has not the rate, channels or length
            that it must have.
    """
    with opened(ORIGINAL, original) as before, opened(CONVERTED, converted) as after:
        demand_facts(before, after)
        length = max(1, min(WINDOW_FRAMES, after.frames))
        # Both sides see the same moments through the same window: three source frames to a result frame.
        window = _hann(length * FACTOR)
        places = _places(after.frames, length, 0 if whole else _chosen_by(original))
        energies = _measure(before, after, places, window)
        frames, channels, result_frames, step = before.frames, before.channels, after.frames, step_of(after)
    # Parseval, both halves of the spectrum.
    weight = len(places) * max(length * float(np.square(window[::FACTOR]).sum()), 1.0) / 2
    quiet = (QUIET_FLOAT if step is None else QUIET_OVER_ROUNDING * step**2 / 12) * weight
    change_db = None
    if energies.original > quiet and frames >= SHORTEST_JUDGED_S * SOURCE_RATE_HZ:
        change_db = _db(energies.result, energies.original)
    difference_db = _db(energies.difference, max(energies.original, quiet))
    return SpotCheck(frames, channels, result_frames, change_db, difference_db)


def demand_decodable(data: Clip, info: ClipInfo) -> None:
    """Decode a whole clip with libsndfile.

    Raises:
        DamagedError: If it cannot be decoded, holds no finite numbers, or is not what its header says.
    """
    frames = 0
    with opened("the clip", data) as clip:
        found = (clip.samplerate, clip.channels)
        if found != (info.sample_rate_hz, info.channels):
            wanted = f"{info.sample_rate_hz:,} Hz, {info.channels} channels"
            raise damaged("the clip's header reads otherwise", f"{found[0]:,} Hz, {found[1]} channels", wanted)
        while (fresh := clip.read(_DECODED_FRAMES, dtype="float64", always_2d=True)).size:
            if not np.isfinite(fresh).all():
                raise damaged("the clip holds samples that are no finite numbers", "NaN or infinity", "")
            frames += len(fresh)
    if frames != info.frames:
        wanted = f"{info.frames:,} as its header says"
        raise damaged("the clip has another length than its header says", f"{frames:,} frames", wanted)


def _db(energy: float, over: float) -> float:
    # Nothing at all is as far down as any format can tell.
    return 10 * math.log10(max(energy, 1e-30) / max(over, 1e-30))


def _chosen_by(original: Clip) -> int:
    """Return a number that differs by clip and is the same for the same clip."""
    return 1 + xxhash.xxh3_64_intdigest(memoryview(original)[:CHOOSING_BYTES])


def _places(frames: int, length: int, choice: int) -> list[int]:
    """Say where the windows begin, in result frames: overlapping by half from end to end, or at a few places."""
    last = frames - length
    if not choice or last <= (WINDOWS - 1) * length:
        hop = max(1, length // 2)
        return [*range(0, last, hop), last] if last > 0 else [0]
    return sorted({0, choice % last, (choice >> 32) % last, last})


def _measure(before: soundfile.SoundFile, after: soundfile.SoundFile, places: list[int], window: Mono) -> _Energies:
    """Decode both clips in windows and return their energies."""
    energies = _Energies()
    thinned = window[::FACTOR]
    bins = round(BAND_END_HZ * len(thinned) / TARGET_RATE_HZ)
    sources, results = _Windows(ORIGINAL, before, len(window)), _Windows(CONVERTED, after, len(thinned))
    for place in places:
        source = np.fft.rfft(sources.at(place * FACTOR) * window)[:bins] / FACTOR
        result = np.fft.rfft(results.at(place) * thinned)[:bins]
        energies.original += _energy(source)
        energies.result += _energy(result)
        energies.difference += _energy(result - source)
    return energies


class _Windows:
    """A clip, read in windows of one length from its beginning to its end; what two of them share is decoded once."""

    def __init__(self, what: str, clip: soundfile.SoundFile, length: int) -> None:
        self._what, self._clip, self._length = what, clip, length
        self._last: Mono = np.zeros(0)
        self._end = 0
        """Where the last one ended: libsndfile would have to be asked, which takes longer than a window's product."""

    def at(self, start: int) -> Mono:
        """Return the window that begins at a frame, filled up with zeros behind the clip's end."""
        shared = max(0, min(self._end - start, len(self._last)))
        if not shared and self._end != start:
            self._clip.seek(start)
        fresh = read_mono(self._what, self._clip, self._length - shared)
        self._last = np.concatenate((self._last[len(self._last) - shared :], fresh)) if shared else fresh
        self._end = start + len(self._last)
        lacking = self._length - len(self._last)
        return np.concatenate((self._last, np.zeros(lacking))) if lacking else self._last


@lru_cache(maxsize=4)  # nearly all clips ask for the same; short ones each have their own
def _hann(length: int) -> Mono:
    window: Mono = np.hanning(length + 1)[:-1]
    return window


def _energy(spectrum: npt.NDArray[np.complex128]) -> float:
    return float(np.vdot(spectrum, spectrum).real)
