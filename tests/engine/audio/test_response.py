"""The low-pass as it is heard: tones and impulses through ``convert_clip``, nothing compared with our own taps."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from engine.audio.clip import convert_clip
from tests.engine.audio.clips import RATE_HZ, decoded, encoded

pytestmark = pytest.mark.usefixtures("each_decimator")

FRAMES = 49_152


def tone(hertz: float, dbfs: float = -1.0, frames: int = FRAMES) -> npt.NDArray[np.int16]:
    """A sine of 16 bits with triangular dither, so that rounding leaves noise and no tones."""
    dither = np.random.default_rng(round(hertz * 10)).random((2, frames))
    sine = 10 ** (dbfs / 20) * 32_767 * np.sin(2 * math.pi * hertz / RATE_HZ * np.arange(frames))
    dithered: npt.NDArray[np.int16] = np.rint(sine + dither[0] - dither[1]).astype(np.int16)
    return dithered


def level_dbfs(samples: npt.NDArray[np.int16], hertz: float) -> float:
    """The level of one frequency in a 16 kHz clip, measured under a Blackman window away from the ends."""
    inside = samples[500:-500].astype(float)
    window = np.blackman(inside.size)
    turns = np.exp(-2j * math.pi * hertz / 16_000 * np.arange(inside.size))
    return 20 * math.log10(2 * abs(np.dot(inside * window, turns)) / window.sum() / 32_768)


def converted(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    return decoded(convert_clip(encoded(samples)).data, "int16")[:, 0]


def impulse_response() -> npt.NDArray[np.float64]:
    """The whole response, from impulses at the three places between result frames; centre at 1,500."""
    response = np.zeros(3_000)
    for phase in range(3):
        clip = np.zeros(3_000)
        clip[1_500 - phase] = 1.0
        response[phase::3] = decoded(convert_clip(encoded(clip, "DOUBLE")).data)[:, 0]
    return response


@pytest.mark.parametrize("hertz", [8_010, 8_100, 8_500, 9_000, 10_000, 12_000, 13_370, 15_000, 17_777, 20_000, 23_900])
def test_a_tone_above_8_khz_leaves_no_alias(hertz: int) -> None:
    """Through FFTs, as all of 16 bits that is not very short: in a long clip, so that dither and rounding lie lower."""
    alias = abs(hertz - round(hertz / 16_000) * 16_000)
    assert level_dbfs(converted(tone(hertz, frames=4 * FRAMES)), alias) < -125


@pytest.mark.parametrize("hertz", [8_001, 9_000, 13_370, 20_000])
@pytest.mark.parametrize("frames", [2_100, 20_000])
def test_a_tone_of_floats_above_8_khz_leaves_no_alias(hertz: int, frames: int) -> None:
    """Summed directly, in clips of any length; the ends, where the tone begins and stops at once, left out."""
    sine = 0.9 * np.sin(2 * math.pi * hertz / RATE_HZ * np.arange(frames))
    result = decoded(convert_clip(encoded(sine, "DOUBLE")).data)[:, 0]
    assert 20 * math.log10(np.abs(result[75:-75]).max()) < -125


def test_both_methods_have_one_response_within_a_step_of_16_bits() -> None:
    """Impulses at the three places between result frames, in a clip that is long enough for FFTs."""
    for place in range(30_000, 30_003):
        whole = np.zeros(60_000, np.int16)
        whole[place] = 32_767
        exact = decoded(convert_clip(encoded(whole / 32_768, "DOUBLE")).data)[:, 0]
        assert np.abs(converted(whole) - 32_768 * exact).max() < 0.51


@pytest.mark.parametrize("hertz", [50, 440, 1_000, 3_000, 5_000, 6_500, 7_000, 7_400])
def test_a_tone_in_the_pass_band_keeps_its_level(hertz: int) -> None:
    assert level_dbfs(converted(tone(hertz)), hertz) == pytest.approx(-1.0, abs=0.1 if hertz == 7_400 else 0.02)


def test_nothing_from_8_khz_up_is_stronger_than_minus_120_db_and_the_edge_lies_above_7_4_khz() -> None:
    level_db = 20 * np.log10(np.abs(np.fft.rfft(impulse_response(), 1 << 18)) + 1e-20)
    hertz = np.arange(level_db.size) * RATE_HZ / (1 << 18)
    assert level_db[hertz >= 8_000].max() < -126
    assert np.abs(level_db[hertz <= 7_400]).max() < 0.02
    assert hertz[np.flatnonzero(np.abs(level_db) > 0.1)[0]] > 7_430


def test_no_frequency_is_delayed() -> None:
    response = impulse_response()
    np.testing.assert_array_equal(response[1_500:2_999], response[1_500:1:-1])
    assert np.abs(response).argmax() == 1_500


def test_result_frame_m_belongs_to_source_frame_3m() -> None:
    source = tone(440, dbfs=-6)
    error = converted(source)[200:-200].astype(int) - source[::3][200:-200]
    assert np.abs(error).max() <= 3  # the dither above 8 kHz is gone, the tone stands where it stood


def test_a_constant_stays_exactly_what_it_was() -> None:
    result = converted(np.full(9_000, 1_000, np.int16))
    assert set(result[150:-150].tolist()) == {1_000}


def test_silence_after_full_scale_noise_is_silence() -> None:
    source = np.zeros(20_000, np.int16)
    source[:10_000] = np.random.default_rng(3).choice([-32_768, 32_767], 10_000)
    assert not converted(source)[(10_000 + 225) // 3 + 1 :].any()


@pytest.mark.parametrize(
    ("left", "right", "mean"), [(0, 1, 0), (1, 2, 2), (2, 3, 2), (-1, 0, 0), (-2, -1, -2), (7, 8, 8)]
)
def test_a_mean_between_two_integers_goes_to_the_even_one(left: int, right: int, mean: int) -> None:
    source = np.tile(np.array([left, right], np.int16), (2_000, 1))  # short enough to be summed, not convolved
    assert set(converted(source)[150:-150].tolist()) == {mean}


def test_a_full_scale_square_wave_is_held_at_full_scale_and_counted() -> None:
    square = np.where(np.arange(48_000) // 80 % 2, -32_768, 32_767).astype(np.int16)
    clip = convert_clip(encoded(square))
    result = decoded(clip.data, "int16")[:, 0].astype(int)
    assert clip.saturated_samples > 1_000
    assert result.max() == 32_767
    assert result.min() == -32_768
    # Wrapped samples would have the wrong sign in the middle of a half wave.
    middle = (np.arange(result.size) * 3 % 80 > 15) & (np.arange(result.size) * 3 % 80 < 65)
    assert (np.sign(result[middle]) == np.sign(square[::3].astype(int)[middle])).all()


def test_floats_beyond_full_scale_are_not_clipped() -> None:
    clip = convert_clip(encoded(np.full(9_000, 3.5), "FLOAT"))
    assert clip.saturated_samples == 0
    np.testing.assert_allclose(decoded(clip.data)[150:-150, 0], 3.5, rtol=1e-6)


def test_floats_that_overshoot_their_format_are_held_at_its_end() -> None:
    largest = float(np.finfo(np.float32).max)
    square = np.where(np.arange(4_800) // 80 % 2, -largest, largest).astype(np.float32)
    clip = convert_clip(encoded(square, "FLOAT"))
    assert clip.saturated_samples > 0
    assert np.isfinite(decoded(clip.data)).all()
