"""The decimation measured on this machine, as a preflight check: impulses and tones go through ``convert_clip``.

Nothing here looks at the taps. Impulses at the three positions between result frames give every third sample of the
response each; together they are the whole response of the conversion, whatever it is made of.

Clips of floats are summed directly wherever they are converted, longer ones of 16 bits go through FFTs where there is
compiled code; so everything is measured with both. In 16 bits the impulse response ends at the rounding, some 75 dB
down; tones, whose rounding spreads over all frequencies, tell of aliases far below.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.audio.clip import convert_clip
from engine.audio.formats import FACTOR, SOURCE_RATE_HZ, TARGET_RATE_HZ

WANTED_ALIAS_DB: Final = -125.0
WANTED_EDGE_HZ: Final = 7_400.0
WANTED_TONE_DB: Final = -125.0
EDGE_DB: Final = 0.1
WANTED_STEPS: Final = 1.0
"""Half a step is rounding, and a hundredth what FFTs in single precision add to it."""
TONES_HZ: Final = (8_500, 10_000, 15_000, 20_000)
"""Above the new Nyquist frequency: without a low-pass they would come back as 7.5, 6, 1 and 4 kHz."""
IMPULSE_FRAMES: Final = 1_500
"""Each impulse has three times the reach of the filter on both sides, so that a longer response would be seen."""
TONE_FRAMES: Final = 32 * 1_536
"""As many as it takes for the dither and the rounding in one bin to lie 130 dB below full scale."""
TONE_DBFS: Final = -1.0
_FFT_LENGTH: Final = 1 << 16


Response = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SelfTest:
    """What the conversion does on this machine."""

    worst_alias_db: float
    """The strongest response from 8 kHz up, all of which folds into the result."""
    passband_edge_hz: float
    """Up to here nothing changes by more than 0.1 dB, in either format."""
    delay_frames: float
    """How far the response's centre lies from its source frame, in source frames."""
    worst_tone_db: float
    """The strongest alias of a full-scale 16-bit tone, over full scale."""
    steps_apart: float
    """The most by which a response in 16 bits differs from that in floating point, in steps of 16 bits."""

    @property
    def passed(self) -> bool:
        """Whether originals may be replaced by what this machine makes of them."""
        return (
            self.worst_alias_db <= WANTED_ALIAS_DB
            and self.passband_edge_hz >= WANTED_EDGE_HZ
            and abs(self.delay_frames) < 1e-6
            and self.worst_tone_db <= WANTED_TONE_DB
            and self.steps_apart <= WANTED_STEPS
        )


def self_test() -> SelfTest:
    """Measure the conversion; takes some 50 ms."""
    full_scale = np.iinfo(np.int16).max
    response = _impulse_response(np.float64(1))
    in_steps = _impulse_response(np.int16(full_scale))
    level_db = _level_db(response)
    positions = np.arange(response.size) - IMPULSE_FRAMES
    return SelfTest(
        worst_alias_db=float(level_db[_hertz() >= TARGET_RATE_HZ / 2].max()),
        passband_edge_hz=min(_edge_hz(level_db), _edge_hz(_level_db(in_steps / full_scale))),
        delay_frames=float(np.dot(positions, response) / (response.sum() or math.nan)),
        worst_tone_db=max(_alias_db(tone_hz) for tone_hz in TONES_HZ),
        steps_apart=float(np.abs(in_steps - full_scale * response).max()),
    )


def _impulse_response(impulse: np.float64 | np.int16) -> Response:
    """Return the response at the source's rate, centred on IMPULSE_FRAMES where there is no delay."""
    response = np.zeros(2 * IMPULSE_FRAMES)
    for phase in range(FACTOR):
        clip = np.zeros(2 * IMPULSE_FRAMES, impulse.dtype)
        clip[IMPULSE_FRAMES - phase] = impulse
        # A result frame that lies k source frames after the impulse holds the response at k.
        response[phase::FACTOR] = np.frombuffer(_converted_samples(clip), clip.dtype)
    return response


def _level_db(response: Response) -> Response:
    level_db: Response = 20 * np.log10(np.abs(np.fft.rfft(response, _FFT_LENGTH)) + 1e-20)
    return level_db


def _hertz() -> Response:
    return np.arange(_FFT_LENGTH // 2 + 1, dtype=np.float64) * (SOURCE_RATE_HZ / _FFT_LENGTH)


def _edge_hz(level_db: Response) -> float:
    beyond = np.flatnonzero(~(np.abs(level_db) <= EDGE_DB))
    return float(_hertz()[beyond[0]]) if beyond.size else 0.0


def _alias_db(tone_hz: int) -> float:
    """Return the level, over full scale, at which a dithered 16-bit tone comes back at its alias frequency."""
    dither = np.random.default_rng(tone_hz).random((2, TONE_FRAMES))
    phase = 2 * math.pi * tone_hz / SOURCE_RATE_HZ * np.arange(TONE_FRAMES)
    tone = np.rint(10 ** (TONE_DBFS / 20) * 32_767 * np.sin(phase) + dither[0] - dither[1])
    results = np.frombuffer(_converted_samples(tone.astype("<i2")), "<i2")
    alias_hz = abs(tone_hz - round(tone_hz / TARGET_RATE_HZ) * TARGET_RATE_HZ)
    window = np.hanning(results.size)
    turns = np.exp(-2j * math.pi * alias_hz / TARGET_RATE_HZ * np.arange(results.size))
    amplitude = 2 * abs(np.dot(results * window, turns)) / window.sum() / 32_768
    return 20 * math.log10(amplitude + 1e-20)


def _converted_samples(samples: npt.NDArray[np.float64] | npt.NDArray[np.int16]) -> bytes | memoryview:
    """Convert a mono clip of these samples; return those of the result."""
    tag, width = (3 if samples.dtype.kind == "f" else 1), samples.dtype.itemsize
    fmt = struct.pack("<HHIIHH", tag, 1, SOURCE_RATE_HZ, SOURCE_RATE_HZ * width, width, 8 * width)
    data = samples.tobytes()
    form = struct.pack("<4s4sI16s4sI", b"WAVE", b"fmt ", len(fmt), fmt, b"data", len(data)) + data
    converted = convert_clip(struct.pack("<4sI", b"RIFF", len(form)) + form)
    return converted.data[-converted.result.frames * width :]
