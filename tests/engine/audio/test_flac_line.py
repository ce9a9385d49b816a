"""FLAC through compiled code: what decoding with libFLAC gives, or libFLAC's own refusal."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from engine.audio import flac_clip, flac_line
from engine.audio.clip import convert_clip
from engine.audio.flac_clip import FlacClip
from engine.audio.kernel import INSTRUCTION_SETS, kernel
from engine.audio.together import MOST_TOGETHER, convert_clips
from engine.errors import DamagedError, InputError
from engine.native import VARIABLE
from tests.engine.audio.clips import RATE_HZ, decoded, encoded, noise, with_flac_blocks
from tests.engine.audio.test_flac import CUES, PICTURE, TAGS

pytestmark = pytest.mark.skipif(kernel() is None, reason="there is no compiled code here")

BITS: Final = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}
Samples = npt.NDArray[np.float64]
WINDOW: Final = flac_line.WINDOW_FRAMES


def never() -> None:
    """Is called between windows."""


def whole(clip: bytes) -> FlacClip:
    return flac_clip.read(memoryview(clip))


def through_compiled_code(clip: bytes) -> bytes | None:
    """Return what compiled code makes of a clip, None where it is not sure."""
    parts = whole(clip)
    assert flac_line.is_for(parts.source.stream)
    [made] = flac_line.convert([parts.source], never)
    return None if made is None else flac_clip.result(parts, made).data


def speechlike(frames: int, channels: int = 1, seed: int = 1) -> Samples:
    """Return what a predictor has something to do with: a hum and its harmonics, and a little noise."""
    time_s = np.arange(frames)[:, None] / RATE_HZ
    hum = [np.sin(2 * np.pi * 110 * n * time_s + n * np.arange(channels)) / n for n in range(1, 9)]
    swell: Samples = (1 + np.sin(9 * time_s)) / 8
    return np.asarray(np.sum(hum, axis=0) * swell) + noise(frames, channels, seed=seed, peak=0.003)


SIGNALS: Final[dict[str, Callable[[int, int], Samples]]] = {
    "speech": speechlike,
    "noise": noise,
    "silence": lambda frames, channels: np.zeros((frames, channels)),
    "a constant": lambda frames, channels: np.full((frames, channels), 0.25),
    "one channel twice": lambda frames, channels: np.repeat(speechlike(frames), channels, axis=1),
    "coarse steps": lambda frames, channels: np.round(speechlike(frames, channels) * 64) / 64,
    "full scale": lambda frames, channels: np.sign(speechlike(frames, channels)) * 0.9999999,
}


@pytest.mark.parametrize("channels", [1, 2, 3, 8])
@pytest.mark.parametrize("subtype", BITS)
@pytest.mark.parametrize("signal", SIGNALS)
def test_compiled_code_gives_the_bytes_that_come_of_decoding_with_libflac(
    signal: str, subtype: str, channels: int
) -> None:
    for frames in (1, 5, 4_096, 20_000):
        clip = encoded(SIGNALS[signal](frames, channels), subtype, "FLAC")
        made = through_compiled_code(clip)
        assert made is not None
        assert made == flac_clip._convert_by_blocks(whole(clip), never).data


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("subtype", BITS)
def test_numpy_gives_the_same_samples_but_for_a_step_where_the_fft_is_used(
    subtype: str, channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = kernel()
    assert found is not None
    clip = encoded(speechlike(50_000, channels), subtype, "FLAC")
    made = convert_clip(clip)
    monkeypatch.setenv(VARIABLE, "off")
    by_numpy = convert_clip(clip)
    steps = np.abs(decoded(made.data, "int32").astype(np.int64) - decoded(by_numpy.data, "int32"))
    assert steps.max() <= (2 ** (32 - BITS[subtype]) if found.takes_fft(made.source) else 0)
    assert made.result == by_numpy.result


@pytest.mark.parametrize("level", [0.0, 2 / 8, 3 / 8, 5 / 8, 1.0])
def test_compiled_code_reads_what_libflac_writes_at_every_level(level: float) -> None:
    for channels in (1, 2):
        memory = io.BytesIO()
        samples = speechlike(30_000, channels)
        soundfile.write(memory, samples, RATE_HZ, "PCM_16", format="FLAC", compression_level=level)
        assert through_compiled_code(memory.getvalue()) is not None


@pytest.mark.parametrize("frames", [WINDOW - 1, WINDOW, WINDOW + 1, WINDOW + 241, 3 * WINDOW + 7])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_windows_leave_no_trace(frames: int, subtype: str) -> None:
    """Any frame lost, doubled or out of place at the edge of a window would show: blocks of libFLAC's end elsewhere."""
    clip = encoded(speechlike(frames, 2), subtype, "FLAC")
    made = through_compiled_code(clip)
    assert made is not None
    assert made == flac_clip._convert_by_blocks(whole(clip), never).data


@pytest.mark.parametrize("instruction_set", INSTRUCTION_SETS)
def test_every_instruction_set_gives_the_same_bytes(instruction_set: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [encoded(speechlike(50_000, channels), subtype, "FLAC") for channels in (1, 2) for subtype in BITS]
    wanted = [through_compiled_code(clip) for clip in clips]
    monkeypatch.setenv(VARIABLE, instruction_set)
    assert [through_compiled_code(clip) for clip in clips] == wanted
    assert None not in wanted


def test_clips_side_by_side_become_what_each_becomes_alone() -> None:
    """More of them than go side by side, of all lengths, a WAV and broken ones among them."""
    lengths = np.random.default_rng(3).integers(1, 3 * WINDOW, MOST_TOGETHER + 9)
    clips = [encoded(speechlike(int(frames), seed=index), "PCM_16", "FLAC") for index, frames in enumerate(lengths)]
    clips[3] = clips[3][:-100]
    clips[7] = encoded(noise(1_000), "PCM_16")
    clips[9] = b"fLaC" + bytes(10)
    clips[11] = encoded(noise(1_000), "PCM_16", "FLAC", 44_100)
    together = convert_clips([memoryview(clip) for clip in clips])
    for index, (clip, outcome) in enumerate(zip(clips, together, strict=True)):
        if index in {3, 9, 11}:
            with pytest.raises(InputError) as refusal:
                convert_clip(clip)
            assert isinstance(outcome, InputError)
            assert outcome.fault == refusal.value.fault
        else:
            assert outcome == convert_clip(clip)


def test_threads_convert_side_by_side() -> None:
    clips = [encoded(speechlike(60_000, seed=seed), "PCM_16", "FLAC") for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(convert_clip, clips * 3)) == [convert_clip(clip) for clip in clips] * 3


def test_a_clip_that_is_given_up_between_windows_leaves_the_others_unharmed() -> None:
    clip = encoded(speechlike(40 * WINDOW), "PCM_16", "FLAC")
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        convert_clip(clip, tick)
    assert through_compiled_code(clip) == convert_clip(clip).data


def test_ticks_come_at_least_once_a_mebibyte_of_samples() -> None:
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        ticks += 1

    frames = 20 * WINDOW
    convert_clip(encoded(speechlike(frames, 2), "PCM_24", "FLAC"), tick)
    assert ticks >= frames * 6 / 2**20


def test_a_damaged_stream_is_refused_in_the_same_words_with_compiled_code_and_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = with_flac_blocks(encoded(speechlike(20_000, 2), "PCM_16", "FLAC"), [])
    rng = np.random.default_rng(5)
    audio_offset = whole(original).source.audio_offset
    mutants = [original[:cut] for cut in rng.integers(audio_offset, len(original), 40)]
    for bit in rng.integers(8 * audio_offset, 8 * len(original), 80):
        flipped = bytearray(original)
        flipped[bit // 8] ^= 1 << bit % 8
        mutants.append(bytes(flipped))
    mutants += [original[:at] + original[at + 1 :] for at in rng.integers(audio_offset, len(original), 20)]
    with_it = [_refusal(mutant) for mutant in mutants]
    monkeypatch.setenv(VARIABLE, "off")
    assert [_refusal(mutant) for mutant in mutants] == with_it
    assert sum(refusal is not None for refusal in with_it) > 100


def _refusal(clip: bytes) -> object:
    try:
        convert_clip(clip)
    except DamagedError as refusal:
        return refusal.fault
    return None


def test_a_stream_that_goes_on_behind_its_length_is_left_to_libflac() -> None:
    clip = encoded(speechlike(20_000), "PCM_16", "FLAC")
    assert through_compiled_code(clip) is not None
    assert through_compiled_code(clip + b"\0") is None


IRREGULAR: Final = {
    "a comment with bytes behind its tags": (4, TAGS[:8] + bytes(4) + TAGS[12:]),
    "half a seek point": (3, bytes(27)),
    "a cue sheet, which is not looked into": (5, CUES),
    "a kind that is not known": (99, b"from the future"),
}


@pytest.mark.parametrize("name", IRREGULAR)
def test_a_block_of_which_not_every_byte_is_explained_is_left_to_libflac(name: str) -> None:
    """A result must be readable by libFLAC, which does not get over every block: it is asked first."""
    regular = encoded(speechlike(20_000), "PCM_16", "FLAC")
    assert whole(
        with_flac_blocks(regular, [(4, TAGS), (3, bytes(18)), (6, PICTURE), (1, bytes(5))])
    ).is_for_compiled_code
    assert not whole(with_flac_blocks(regular, [(4, TAGS), IRREGULAR[name]])).is_for_compiled_code


def test_a_stream_without_an_md5_is_left_to_libflac() -> None:
    clip = encoded(speechlike(20_000), "PCM_16", "FLAC")
    assert not flac_line.is_for(whole(clip[:26] + bytes(16) + clip[42:]).source.stream)


def test_too_little_memory_is_told_and_not_taken_for_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = encoded(speechlike(1_000), "PCM_16", "FLAC")
    monkeypatch.setattr(flac_line, "convert", lambda sources, tick: [MemoryError() for _ in sources])
    with pytest.raises(MemoryError):
        convert_clip(clip)
    [outcome] = convert_clips([clip])
    assert isinstance(outcome, MemoryError)
