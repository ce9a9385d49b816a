"""Change of the sample rate for the demo's material, in the frequency domain; the product's decimator is not used."""

from __future__ import annotations

from math import gcd
from typing import Final

import numpy as np

from app.demo.recordings import Samples

_GUARD_S: Final = 0.05
"""Silence put behind the clip, since a Fourier transform joins its end to its beginning."""
_EDGE: Final = 0.95
"""Where the roll-off below the lower Nyquist frequency begins; a brick wall would ring."""


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Resample a clip of shape (frames, channels) by trimming or extending its spectrum.

    The result has ``round(frames * to_hz / from_hz)`` frames and zero delay.
    """
    frames = samples.shape[0]
    if from_hz == to_hz or frames == 0:
        return samples
    step = gcd(from_hz, to_hz)
    unit_in, unit_out = from_hz // step, to_hz // step
    units = -(-(frames + round(_GUARD_S * from_hz)) // unit_in)
    length_in, length_out = units * unit_in, units * unit_out
    spectrum = np.fft.rfft(samples, n=length_in, axis=0)
    kept = min(spectrum.shape[0], length_out // 2 + 1)
    place = np.arange(kept) / (min(length_in, length_out) / 2)
    fade = np.clip((1 - place) / (1 - _EDGE), 0, 1)
    result = np.zeros((length_out // 2 + 1, samples.shape[1]), dtype=np.complex128)
    result[:kept] = spectrum[:kept] * (np.sin(fade * np.pi / 2) ** 2)[:, np.newaxis]
    wave = np.fft.irfft(result, n=length_out, axis=0) * (length_out / length_in)
    changed: Samples = np.clip(wave[: round(frames * to_hz / from_hz)], -1, 1).astype(np.float32)
    return changed
