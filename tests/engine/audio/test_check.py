"""The spot check finds results that are wrong, whoever made them; the self-test finds a conversion that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from engine.audio.check import is_conversion, spot_check
from engine.audio.clip import convert_clip
from engine.audio.decimate import Samples, decimate
from engine.audio.samples import Numbers
from engine.audio.selftest import self_test
from engine.errors import DamagedError
from tests.engine.audio.clips import decoded, encoded, noise

VOICE = 0.4 * np.sin(2 * np.pi * 500 / 48_000 * np.arange(60_000)) + 0.05 * noise(60_000)[:, 0]
STEREO = np.stack([VOICE, 0.5 * VOICE], axis=1)


@pytest.mark.parametrize(
    ("subtype", "container"), [("PCM_16", "WAV"), ("PCM_U8", "WAV"), ("FLOAT", "RF64"), ("PCM_24", "FLAC")]
)
@pytest.mark.parametrize("frames", [6_000, 24_574, 24_576, 24_577, 60_000])
def test_a_converted_clip_passes(subtype: str, container: str, frames: int) -> None:
    source = encoded(STEREO[:frames], subtype, container)
    checked = spot_check(source, convert_clip(source).data)
    assert checked.level_change_db == pytest.approx(0, abs=0.03)
    assert not checked.energy_lost
    assert (checked.original_frames, checked.original_channels) == (frames, 2)
    assert checked.converted_frames == -(-frames // 3)


@pytest.mark.parametrize("gain", [0.0, 0.5, 0.9, 1.1])
def test_a_result_of_another_level_is_flagged(gain: float) -> None:
    source = encoded(VOICE)
    result = gain * decoded(convert_clip(source).data)
    assert spot_check(source, encoded(result, rate_hz=16_000)).energy_lost


def test_a_result_in_which_noise_above_8_khz_was_folded_is_flagged() -> None:
    hiss = encoded(noise(60_000))
    assert spot_check(hiss, encoded(decoded(hiss)[::3], rate_hz=16_000)).energy_lost


@pytest.mark.parametrize("frames", [10, 5_000, 60_000])
def test_loud_treble_alone_is_too_little_to_compare(frames: int) -> None:
    treble = encoded(0.8 * np.sin(2 * np.pi * 12_000 / 48_000 * np.arange(frames)))
    assert spot_check(treble, convert_clip(treble).data).level_change_db is None


def test_silence_is_too_little_to_compare() -> None:
    for source in (encoded(np.zeros(9_000)), encoded(np.zeros(0)), encoded(noise(9_000, peak=2e-5))):
        assert spot_check(source, convert_clip(source).data).level_change_db is None


def test_a_result_with_wrong_facts_is_refused() -> None:
    source = encoded(VOICE)
    mono = decoded(convert_clip(source).data)
    not_finite = mono.copy()
    not_finite[77] = np.nan
    wrong = {
        "the converted clip has the wrong rate: read 48,000 Hz, wanted 16,000 Hz": source,
        "the converted clip has the wrong length: read 19,999 frames": encoded(mono[:-1], rate_hz=16_000),
        "the converted clip is not mono: read 2 channels": encoded(np.hstack([mono, mono]), rate_hz=16_000),
        "the converted clip holds samples that are no finite numbers": encoded(not_finite, "FLOAT", rate_hz=16_000),
        "the converted clip cannot be decoded": b"RIFFxxxx",
    }
    for text, result in wrong.items():
        with pytest.raises(DamagedError, match=text):
            spot_check(source, result)


def test_the_self_test_passes_and_says_by_how_much() -> None:
    figures = self_test()
    assert figures.passed
    assert figures.worst_alias_db == pytest.approx(-127.2, abs=0.1)
    assert figures.passband_edge_hz == pytest.approx(7_435, abs=2)
    assert figures.delay_frames == pytest.approx(0, abs=1e-9)
    assert figures.worst_tone_db < -120


def test_the_self_test_fails_a_decimation_without_a_low_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.audio.clip.decimate", lambda blocks, _: (block[::3].astype(float) for block in blocks))
    figures = self_test()
    assert not figures.passed
    assert figures.worst_alias_db > -1
    assert figures.worst_tone_db > -2


def test_the_self_test_fails_a_low_pass_that_is_10_db_too_weak(monkeypatch: pytest.MonkeyPatch) -> None:
    def leaky(blocks: Iterable[Numbers], frames: int) -> Iterator[Samples]:
        whole = np.concatenate(list(blocks))
        yield np.concatenate(list(decimate([whole], frames))) + 10 ** (-110 / 20) * whole[::3]

    monkeypatch.setattr("engine.audio.clip.decimate", leaky)
    figures = self_test()
    assert not figures.passed
    assert figures.worst_alias_db == pytest.approx(-109, abs=1.5)


def test_the_self_test_fails_a_low_pass_that_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "engine.audio.clip.decimate", lambda blocks, n: (np.roll(block, 1) for block in decimate(blocks, n))
    )
    figures = self_test()
    assert not figures.passed
    assert figures.delay_frames == pytest.approx(3, abs=0.01)


def test_other_audio_of_the_same_length_and_level_is_told_from_the_clips_own() -> None:
    source, other = encoded(VOICE), encoded(VOICE[::-1].copy())
    own = spot_check(source, convert_clip(source).data)
    assert own.difference_db < -50
    swapped = spot_check(other, convert_clip(source).data)
    assert not swapped.energy_lost, "its level alone does not tell"
    assert swapped.other_audio


@pytest.mark.parametrize("frames", [3, 48, 480, 4_799, 4_801])
def test_short_clips_are_not_taken_for_other_audio(frames: int) -> None:
    source = encoded(VOICE[9_600 : 9_600 + frames])
    assert not spot_check(source, convert_clip(source).data).other_audio


def test_a_result_whose_polarity_is_turned_is_other_audio() -> None:
    source = encoded(VOICE)
    assert spot_check(source, encoded(-decoded(convert_clip(source).data), rate_hz=16_000)).other_audio


@pytest.mark.parametrize(
    ("subtype", "container"),
    [("PCM_16", "WAV"), ("PCM_U8", "WAV"), ("FLOAT", "WAV"), ("DOUBLE", "WAV"), ("PCM_24", "FLAC")],
)
def test_a_conversion_is_known_by_doing_it_again(subtype: str, container: str) -> None:
    source = encoded(STEREO, subtype, container)
    result = convert_clip(source).data
    assert is_conversion(source, result)
    assert not is_conversion(encoded(STEREO[::-1].copy(), subtype, container), result)
    assert not is_conversion(encoded(STEREO[:-3], subtype, container), result)


def test_one_bit_of_one_sample_is_enough_to_tell_a_result_from_a_conversion() -> None:
    source = encoded(VOICE)
    result = bytearray(convert_clip(source).data)
    result[1_000] ^= 1
    assert not is_conversion(source, bytes(result))
