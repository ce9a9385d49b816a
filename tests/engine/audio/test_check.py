"""The spot check finds results that are wrong, whoever made them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.check import WINDOW_FRAMES, WINDOWS, spot_check
from engine.audio.clip import convert_clip
from engine.errors import DamagedError
from tests.engine.audio.clips import decoded, encoded, noise

VOICE = 0.4 * np.sin(2 * np.pi * 500 / 48_000 * np.arange(60_000)) + 0.05 * noise(60_000)[:, 0]
STEREO = np.stack([VOICE, 0.5 * VOICE], axis=1)


def result_of(source: bytes) -> bytes:
    return bytes(convert_clip(source).data)


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
    result = gain * decoded(result_of(source))
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
    mono = decoded(result_of(source))
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
    assert spot_check(source, encoded(-decoded(result_of(source)), rate_hz=16_000)).other_audio


LONG = np.resize(VOICE, 480_000) * np.linspace(0.8, 1, 480_000)
"""Ten seconds, of which four windows are heard."""


@pytest.mark.parametrize("container", ["WAV", "FLAC"])
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("frames", [3 * WINDOWS * WINDOW_FRAMES - 1, 3 * WINDOWS * WINDOW_FRAMES + 1, len(LONG)])
def test_a_long_conversion_passes_in_part_and_whole(frames: int, whole: bool, container: str) -> None:
    source = encoded(LONG[:frames], "PCM_16", container)
    checked = spot_check(source, convert_clip(source).data, whole=whole)
    assert (checked.original_frames, checked.converted_frames) == (frames, -(-frames // 3))
    assert checked.level_change_db == pytest.approx(0, abs=0.03)
    assert checked.difference_db < -50
    assert not checked.other_audio


@pytest.mark.parametrize("container", ["WAV", "FLAC"])
def test_a_long_clip_that_is_wrong_from_end_to_end_is_found_by_its_windows(container: str) -> None:
    source = encoded(LONG, "PCM_16", container)
    result = decoded(result_of(source))[:, 0]
    for wrong in (0 * result, 0.5 * result, 0.9 * result):
        assert spot_check(source, encoded(wrong, "PCM_16", container, rate_hz=16_000)).energy_lost
    a_quarter_of_its_tone_late = np.roll(result, 8)
    for wrong in (-result, a_quarter_of_its_tone_late):
        assert spot_check(source, encoded(wrong, "PCM_16", container, rate_hz=16_000)).other_audio


@pytest.mark.parametrize("part", [slice(0, 3_000), slice(-3_000, None)], ids=["beginning", "end"])
def test_the_beginning_and_the_end_of_a_long_clip_are_always_heard(part: slice) -> None:
    source = encoded(LONG)
    result = decoded(result_of(source))
    result[part] = 0
    assert spot_check(source, encoded(result, rate_hz=16_000)).energy_lost


def test_a_gap_between_the_windows_is_heard_where_the_whole_clip_is_asked_for() -> None:
    source = encoded(LONG)
    result = decoded(result_of(source))
    gaps = [(start, start + 30_000) for start in range(3_100, 125_000, 30_000)]
    heard = []
    for start, end in gaps:
        with_gap = result.copy()
        with_gap[start:end] = 0
        wrong = encoded(with_gap, rate_hz=16_000)
        assert spot_check(source, wrong, whole=True).energy_lost
        heard.append(spot_check(source, wrong).energy_lost)
    assert not all(heard), "a part is a part"


def test_two_clips_are_heard_at_places_of_their_own() -> None:
    """One gap in all clips of a shard, wherever it is, lies under a window of some of them."""
    found = 0
    for seed in range(12):
        source = encoded(LONG + 1e-3 * noise(len(LONG), seed=seed)[:, 0])
        result = decoded(result_of(source))
        result[60_000:90_000] = 0
        found += spot_check(source, encoded(result, rate_hz=16_000)).energy_lost
    assert 0 < found < 12
