"""The resamplers that others use for 48 kHz to 16 kHz, each as a function from floats to floats."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Final, cast

import numpy as np
import numpy.typing as npt

from benchmarks.lane import Work
from benchmarks.made_shards import RATE_HZ, kernel_clips

Signal = npt.NDArray[np.floating]
Resample = Callable[[Signal], Signal]
FULL_SCALE: Final = 32768
RESULT_HZ: Final = 16_000
FACTOR: Final = 3


def by_scipy(signal: Signal) -> Signal:
    """``resample_poly`` with its default filter, in the precision that comes in."""
    resample_poly = importlib.import_module("scipy.signal").resample_poly
    return cast("Signal", resample_poly(signal, 1, FACTOR))


def by_soxr(signal: Signal) -> Signal:
    """Soxr at its default quality, HQ."""
    return cast("Signal", importlib.import_module("soxr").resample(signal, RATE_HZ, RESULT_HZ))


def by_soxr_best(signal: Signal) -> Signal:
    """Soxr at its best quality."""
    return cast("Signal", importlib.import_module("soxr").resample(signal, RATE_HZ, RESULT_HZ, "VHQ"))


def by_sinc(signal: Signal) -> Signal:
    """Windowed sinc as torchaudio's default ``resample`` (hann, width 6, rolloff 0.99), by scipy's polyphase FIR.

    The same taps as ``torchaudio.functional.functional._get_sinc_resample_kernel(48000, 16000, gcd)``: torch itself is
    no part of this comparison.
    """
    upfirdn = importlib.import_module("scipy.signal").upfirdn
    taps, reach = _sinc_taps()
    padded = np.concatenate((np.zeros(-reach % FACTOR, signal.dtype), signal))
    filtered = upfirdn(taps.astype(signal.dtype), padded, 1, FACTOR)
    first = -(-reach // FACTOR)
    return cast("Signal", filtered[first : first + -(-signal.size // FACTOR)])


def _sinc_taps(width: int = 6, rolloff: float = 0.99) -> tuple[Signal, int]:
    """Return the taps, and how many of them lie before the middle."""
    reach = int(np.ceil(width * FACTOR / rolloff))
    at = np.clip(np.arange(-reach, reach + 1) / FACTOR * rolloff, -width, width)
    return np.sinc(at) * np.cos(at * np.pi / width / 2) ** 2 * rolloff / FACTOR, reach


RESAMPLERS: Final[dict[str, tuple[Resample, type[np.floating]]]] = {
    "scipy resample_poly": (by_scipy, np.float64),
    "scipy resample_poly, float32": (by_scipy, np.float32),
    "soxr HQ": (by_soxr, np.float32),
    "soxr VHQ": (by_soxr_best, np.float32),
    "torchaudio's sinc": (by_sinc, np.float32),
}
"""Each with the samples that its users give it: soundfile reads float64 where nothing else is asked for."""
NEEDS: Final = dict.fromkeys(RESAMPLERS, "scipy") | dict.fromkeys(("soxr HQ", "soxr VHQ"), "soxr")
"""The package of each."""


class KernelPeer:
    """A resampler between 16-bit samples and 16-bit samples, both conversions included."""

    def __init__(self, name: str, clip_s: str, passes: str = "1") -> None:
        self._resample, self._kind = RESAMPLERS[name]
        self._clips = kernel_clips(float(clip_s))
        self._passes = int(passes)

    def prepare(self) -> None:
        """Nothing to make ready."""

    def run(self) -> Work:
        """Convert all clips, as often as was asked for."""
        for _ in range(self._passes):
            for clip in self._clips:
                results = self._resample(clip.astype(self._kind) / FULL_SCALE) * FULL_SCALE
                np.clip(np.rint(results), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
        return Work(self._passes * sum(clip.nbytes for clip in self._clips))
