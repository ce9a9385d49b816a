"""Speech-like clips for machines without recordings: a voice source through formants, fricatives, and pauses.

The model is the source-filter model of Fant (Acoustic Theory of Speech Production, 1960): a pulse train with a
wandering pitch, or noise, shaped by the resonances of a vocal tract. Nobody would take it for a person, but it has
what a conversion meets in speech: silence, steep onsets, energy up to 8 kHz and beyond, uneven levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from app.demo.recordings import Samples

_Wave = npt.NDArray[np.float64]

_VOWELS_HZ: Final = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
"""First three formants of a male speaker (Peterson and Barney, J. Acoust. Soc. Am. 24, 1952, table II)."""
_FRICATIVES_HZ: Final = {"s": (5500, 2500), "sh": (3000, 1500), "f": (7000, 5000), "h": (1500, 1500)}
"""Centre and width of the noise of a fricative."""
_EDGE_S: Final = 0.012
"""Rise and fall of a sound: steep as in speech, without a click."""
_PEAK: Final = 0.6


@dataclass(frozen=True)
class Spoken:
    """A clip and the sounds that were put into it."""

    samples: Samples
    """Shape (frames, 1)."""
    text: str
    """The sounds, in words of syllables: ``sa hu shi``."""


def speak(seed: int, duration_s: float, rate_hz: int = 48_000) -> Spoken:
    """Make a speech-like clip of an exact length; the same seed gives the same samples."""
    chance = np.random.default_rng(seed)
    frames = round(duration_s * rate_hz)
    wave = np.zeros(frames)
    pitch_hz = chance.uniform(90, 230)
    tract = chance.uniform(0.9, 1.2)
    words: list[str] = []
    at = round(chance.uniform(0.05, 0.2) * rate_hz)
    while at < frames:
        word = ""
        for _ in range(chance.integers(1, 4)):
            consonant = str(chance.choice(list(_FRICATIVES_HZ)))
            vowel = str(chance.choice(list(_VOWELS_HZ)))
            at = _add(wave, at, _fricative(chance, consonant, round(chance.uniform(0.05, 0.12) * rate_hz), rate_hz))
            length = round(chance.uniform(0.08, 0.22) * rate_hz)
            at = _add(wave, at, _vowel(chance, vowel, length, rate_hz, pitch_hz=pitch_hz, tract=tract))
            word += consonant + vowel
        words.append(word)
        at += round(chance.uniform(0.05, 0.35) * rate_hz)
    peak = float(np.abs(wave).max(initial=0.0))
    level = _PEAK / peak if peak else 0.0
    breath = chance.normal(0, 10 ** (-65 / 20), frames)
    return Spoken((wave * level + breath).astype(np.float32)[:, np.newaxis], " ".join(words))


def _add(wave: _Wave, at: int, sound: _Wave) -> int:
    """Add a sound at a place, cut where the clip ends, and return the place behind it."""
    part = sound[: max(0, len(wave) - at)]
    wave[at : at + len(part)] += part
    return at + len(sound)


def _vowel(
    chance: np.random.Generator, name: str, frames: int, rate_hz: int, *, pitch_hz: float, tract: float
) -> _Wave:
    """Pulses whose pitch falls and trembles, through three formants."""
    time = np.arange(frames) / frames
    pitch = pitch_hz * (chance.uniform(0.95, 1.15) - 0.15 * time) * (1 + chance.normal(0, 0.004, frames))
    phase = np.cumsum(pitch) / rate_hz
    pulses = np.diff(np.floor(phase), prepend=0.0)
    source = pulses + chance.normal(0, 0.01, frames)
    return _shape(source, rate_hz, _formants(tuple(hz * tract for hz in _VOWELS_HZ[name]), frames, rate_hz))


def _fricative(chance: np.random.Generator, name: str, frames: int, rate_hz: int) -> _Wave:
    centre, width = _FRICATIVES_HZ[name]
    frequency = np.fft.rfftfreq(frames, 1 / rate_hz)
    response = np.exp(-0.5 * ((frequency - centre) / width) ** 2)
    return 0.25 * _shape(chance.normal(0, 1, frames), rate_hz, response)


def _formants(formants_hz: tuple[float, ...], frames: int, rate_hz: int) -> npt.NDArray[np.complex128]:
    """Resonances side by side over the fall of 12 dB an octave that a glottal pulse has."""
    frequency = np.fft.rfftfreq(frames, 1 / rate_hz)
    response = np.full(len(frequency), 0.002, dtype=np.complex128)
    for number, centre in enumerate(formants_hz):
        bandwidth = 60 + 40 * number
        response += 0.5**number / (1 + 1j * (frequency - centre) / bandwidth)
    return response / (1 + (frequency / 500) ** 2) ** 0.5


def _shape(source: _Wave, rate_hz: int, response: npt.NDArray[np.complex128] | _Wave) -> _Wave:
    """Filter a sound, bring it to one loudness, and round its edges."""
    sound = np.fft.irfft(np.fft.rfft(source) * response, n=len(source))
    sound /= max(float(np.sqrt(np.mean(sound**2))), 1e-9)
    edge = min(round(_EDGE_S * rate_hz), len(sound) // 2)
    ramp = np.sin(np.linspace(0, np.pi / 2, edge)) ** 2
    sound[:edge] *= ramp
    sound[len(sound) - edge :] *= ramp[::-1]
    return sound
