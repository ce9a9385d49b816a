"""The proof by ear passes what any correct resampler makes of a clip, and nothing that somebody changed afterwards."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from engine.audio.clip import convert_clip
from engine.audio.formats import output_frames
from engine.audio.proof import find_misfit
from engine.errors import DamagedError
from tests.engine.audio.clips import decoded, encoded, noise
from tests.recordings import real_clips_48k

Mono = npt.NDArray[np.float64]

LSB = 1 / 32_768
FORMATS = [
    ("PCM_U8", "WAV"),
    ("PCM_16", "WAV"),
    ("PCM_24", "WAV"),
    ("PCM_32", "WAV"),
    ("FLOAT", "WAV"),
    ("DOUBLE", "WAV"),
    ("PCM_S8", "FLAC"),
    ("PCM_16", "FLAC"),
    ("PCM_24", "FLAC"),
]
N = 60_000
"""Two blocks of the analysis, and no multiple of 3 of anything."""
T = np.arange(N + 1) / 48_000


def speech(which: int) -> Mono:
    """Real speech, from where it begins, repeated to length."""
    samples, _ = soundfile.read(io.BytesIO(real_clips_48k(which + 1)[which][1]), dtype="float64")
    return np.asarray(np.resize(samples[int(np.argmax(np.abs(samples) > 0.05)) :], N + 1))


SPEECH, OTHER_SPEECH = speech(0), speech(1)
SIGNALS = {
    "speech": SPEECH,
    "full-scale square": 0.999 * np.sign(np.sin(2 * np.pi * 300 * T + 0.1)),
    "full-scale noise": noise(N + 1, peak=0.999)[:, 0],
    "treble that goes away": 0.9 * np.sin(2 * np.pi * 12_000 * T),
    "a tone at the end of the band": 0.9 * np.sin(2 * np.pi * 6_950 * T),
    "loud, then nearly nothing": np.where(T < 0.6, noise(N + 1)[:, 0], 1e-4 * noise(N + 1, seed=2)[:, 0]),
    "clicks": 0.9 * (noise(N + 1, seed=3)[:, 0] > 0.4995),
    "a slow ramp": np.linspace(-0.001, 0.001, N + 1),
    "silence": np.zeros(N + 1),
}


def converted(source: bytes) -> bytes:
    return bytes(convert_clip(source).data)


def changed(source: bytes, change: Callable[[Mono], Mono], container: str = "WAV") -> bytes:
    """Convert a clip, and change what came out."""
    return encoded(change(decoded(converted(source))[:, 0]), "PCM_16", container, rate_hz=16_000)


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize(("subtype", "container"), FORMATS)
def test_a_conversion_is_known_in_every_format(name: str, subtype: str, container: str) -> None:
    source = encoded(SIGNALS[name], subtype, container)
    assert find_misfit(source, converted(source)) is None


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 10, 448, 450, 3_071, 3_073, 46_079, 46_081, 46_082])
@pytest.mark.parametrize("name", ["speech", "full-scale square"])
def test_a_conversion_of_any_length_is_known(name: str, frames: int) -> None:
    """Short ones too: what the filter rings beyond the clip's ends is put back before anything is compared."""
    source = encoded(SIGNALS[name][:frames])
    assert find_misfit(source, converted(source)) is None


def test_channels_are_compared_by_their_mean() -> None:
    channels = encoded(np.stack([SPEECH, OTHER_SPEECH, -0.5 * SPEECH], axis=1))
    assert find_misfit(channels, converted(channels)) is None
    assert find_misfit(channels, converted(encoded(SPEECH))) is not None


def rounded(frames: Mono, round_: np.ufunc) -> bytes:
    return encoded(np.clip(round_(frames / LSB), -32_768, 32_767).astype(np.int16), rate_hz=16_000)


@pytest.mark.parametrize("round_", [np.rint, np.floor, np.trunc], ids=["nearest", "down", "to zero"])
@pytest.mark.parametrize("name", [name for name in SIGNALS if name != "treble that goes away"])
def test_any_way_to_round_passes(name: str, round_: np.ufunc) -> None:
    """But for a result that is nothing but rounding: there, rounding down makes twice the energy of a step."""
    source = encoded(SIGNALS[name])
    exact = decoded(converted(encoded(decoded(source), "DOUBLE")))[:, 0]
    assert find_misfit(source, rounded(exact, round_)) is None


def test_another_step_where_a_sum_lies_between_two_passes() -> None:
    """So do methods that add in another order differ: by a step, in some samples of a thousand."""
    source = encoded(SPEECH)
    result = decoded(converted(source), "int16")[:, 0]
    result[np.arange(0, len(result), 300)] += 1
    assert find_misfit(source, encoded(result, rate_hz=16_000)) is None


@pytest.mark.parametrize("name", SIGNALS)
def test_another_low_pass_that_is_flat_to_7_khz_passes_in_a_clip_that_fades_in_and_out(name: str) -> None:
    """At an end that is cut off loud, it rings in another way than ours: there it is refused, and nothing is lost."""
    source = encoded(0.7 * np.hanning(N + 1) * SIGNALS[name])
    reach = 600
    taps = np.sinc(np.arange(-reach, reach + 1) * 2 * 7_500 / 48_000) * np.kaiser(2 * reach + 1, 12)
    mono = decoded(source)[:, 0]
    exact = np.convolve(mono, taps / taps.sum())[reach : reach + len(mono) : 3]
    assert find_misfit(source, rounded(exact, np.rint)) is None


def one_sample(at: int, steps: int) -> Callable[[Mono], Mono]:
    def change(result: Mono) -> Mono:
        result[at] += steps * LSB * (-1 if result[at] > 0 else 1)
        return result

    return change


def louder(gain_db: float) -> Callable[[Mono], Mono]:
    return lambda result: np.asarray(result * 10 ** (gain_db / 20))


def zeroed(result: Mono) -> Mono:
    loudest = int(np.argmax(np.abs(result)))
    result[loudest - 20 : loudest + 20] = 0
    return result


def with_a_repeated_window(result: Mono) -> Mono:
    result[6_000:6_400] = result[5_600:6_000]
    return result


HARMS: dict[str, Callable[[Mono], Mono]] = {
    "its first sample": one_sample(0, 300),
    "a sample": one_sample(7_777, 300),
    "a sample at the border of two blocks": one_sample(15_360, 300),
    "its last sample": one_sample(-1, 300),
    "a window of zeros": zeroed,
    "a window twice": with_a_repeated_window,
    "silence": np.zeros_like,
    "the other polarity": lambda result: -result,
    "a frame late": lambda result: np.concatenate(([0], result[:-1])),
    "a frame early": lambda result: np.concatenate((result[1:], [0])),
    "0.1 dB louder": louder(0.1),
    "0.1 dB softer": louder(-0.1),
    "backwards": lambda result: result[::-1].copy(),
    "another take": lambda _: decoded(converted(encoded(OTHER_SPEECH)))[:, 0],
    "no low-pass": lambda _: SPEECH[::3].copy() + 0.02 * noise(len(SPEECH[::3]))[:, 0],
}


@pytest.mark.parametrize("container", ["WAV", "FLAC"])
@pytest.mark.parametrize("harm", HARMS)
def test_what_no_conversion_does_is_refused(harm: str, container: str) -> None:
    source = encoded(SPEECH, "PCM_16", container)
    misfit = find_misfit(source, changed(source, HARMS[harm], container))
    assert misfit is not None
    assert misfit.difference > misfit.allowed


def test_the_place_of_a_changed_sample_is_told() -> None:
    source = encoded(SPEECH)
    misfit = find_misfit(source, changed(source, one_sample(7_777, 300)))
    assert misfit is not None
    assert misfit.frame == pytest.approx(7_777, abs=2)
    assert misfit.difference / LSB == pytest.approx(0.81 * 300, rel=0.1), "most of a click lies below 7 kHz"


@pytest.mark.parametrize("frames", [3, 60, 450, 4_800])
def test_a_changed_sample_of_a_short_clip_is_found(frames: int) -> None:
    source = encoded(SPEECH[3_000 : 3_000 + frames])
    for at in (0, output_frames(frames) // 2, -1):
        assert find_misfit(source, changed(source, one_sample(at, 300))) is not None


def test_a_sample_at_full_scale_is_only_right_where_the_original_goes_there() -> None:
    """Beyond full scale a result cannot follow its original: there, what it would have been is filled in."""
    square = encoded(SIGNALS["full-scale square"])
    assert convert_clip(square).saturated_samples > 1_000
    assert find_misfit(square, converted(square)) is None
    quiet = encoded(0.01 * SPEECH)

    def to_the_limit(result: Mono) -> Mono:
        result[7_777] = -1.0
        return result

    assert find_misfit(quiet, changed(quiet, to_the_limit)) is not None


@pytest.mark.parametrize("subtype", ["PCM_U8", "FLOAT", "PCM_24"])
def test_other_formats_are_held_to_their_own_steps(subtype: str) -> None:
    source = encoded(SPEECH, subtype)
    result = decoded(converted(source))
    for at in (100, 7_777):
        wrong = result.copy()
        wrong[at] += 0.05 if subtype == "PCM_U8" else 0.01
        assert find_misfit(source, encoded(wrong, subtype, rate_hz=16_000)) is not None


def test_a_clip_of_an_absurd_scale_is_judged_like_any_other() -> None:
    huge = encoded(SPEECH * 2.0**990, "DOUBLE")
    result = converted(huge)
    assert find_misfit(huge, result) is None
    assert find_misfit(huge, encoded(0.5 * decoded(result), "DOUBLE", rate_hz=16_000)) is not None


def test_what_cannot_be_judged_is_damaged() -> None:
    source = encoded(SPEECH)
    result = converted(source)
    not_finite = decoded(result)
    not_finite[77] = np.nan
    wrong = {
        "the converted clip has the wrong rate": source,
        "the converted clip has the wrong length": encoded(decoded(result)[:-1], rate_hz=16_000),
        "the converted clip is not mono": encoded(np.repeat(decoded(result), 2, axis=1), rate_hz=16_000),
        "the converted clip holds samples that are no finite numbers": encoded(not_finite, "FLOAT", rate_hz=16_000),
        "the converted clip cannot be decoded": b"RIFFxxxx",
    }
    for text, clip in wrong.items():
        with pytest.raises(DamagedError, match=text):
            find_misfit(source, clip)
    with pytest.raises(DamagedError, match="the original has the wrong rate"):
        find_misfit(result, result)


def test_a_long_proof_can_be_stopped() -> None:
    source = encoded(SPEECH)
    result = converted(source)

    class StoppedError(Exception):
        pass

    def stop() -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        find_misfit(source, result, stop)
