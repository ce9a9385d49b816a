from __future__ import annotations

import numpy as np
import pytest

from app.demo.resample import resample
from app.demo.speech import speak


@pytest.mark.parametrize(("from_hz", "to_hz"), [(44_100, 48_000), (48_000, 16_000), (22_050, 48_000)])
def test_a_tone_keeps_pitch_level_and_place(from_hz: int, to_hz: int) -> None:
    def tone(rate_hz: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        time = np.arange(rate_hz // 2)[:, np.newaxis] / rate_hz
        swell = np.sin(np.pi * time / 0.5) ** 2
        return (0.5 * swell * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)

    changed = resample(tone(from_hz), from_hz, to_hz)
    assert changed.shape == tone(to_hz).shape
    assert np.abs(changed - tone(to_hz)).max() < 1e-3


def test_what_lies_above_the_new_band_is_gone() -> None:
    time = np.arange(48_000)[:, np.newaxis] / 48_000
    high = (np.sin(np.pi * time) ** 2 * np.sin(2 * np.pi * 10_000 * time)).astype(np.float32)
    assert np.abs(resample(high, 48_000, 16_000)).max() < 1e-4


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 997])
def test_any_length_is_resampled(frames: int) -> None:
    clip = np.full((frames, 2), 0.25, dtype=np.float32)
    assert resample(clip, 44_100, 48_000).shape == (round(frames * 48_000 / 44_100), 2)


def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    one, same, other = speak(1, 1.5), speak(1, 1.5), speak(2, 1.5)
    assert np.array_equal(one.samples, same.samples)
    assert one.text == same.text
    assert not np.array_equal(one.samples, other.samples)


@pytest.mark.parametrize("duration_s", [0.0, 0.01, 0.3, 2.5])
def test_speech_has_its_exact_length_and_never_clips(duration_s: float) -> None:
    samples = speak(3, duration_s).samples
    assert samples.shape == (round(duration_s * 48_000), 1)
    assert samples.dtype == np.float32
    assert np.abs(samples).max(initial=0) < 1


def test_speech_has_pauses_and_energy_in_and_above_the_band_of_16_khz() -> None:
    samples = speak(4, 5.0).samples[:, 0].astype(np.float64)
    blocks = samples[: len(samples) // 960 * 960].reshape(-1, 960)
    levels = np.sqrt((blocks**2).mean(axis=1))
    assert 0.05 < (levels < 0.003).mean() < 0.7
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / 48_000)
    shares = [
        power[(frequency >= low) & (frequency < high)].sum() / power.sum() for low, high in ((80, 4000), (8000, 24_000))
    ]
    assert shares[0] > 0.5
    assert shares[1] > 0.001
