"""What the compiled decimator tells of a clip, what it refuses, and which of its kinds runs where."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from engine.audio import kernel as kernel_module
from engine.audio.formats import SampleFormat, output_frames
from engine.audio.kernel import VERSION, decimator, kernel
from engine.audio.samples import unpack
from engine.native import VARIABLE
from tests.engine.audio.kernels import BATCH, FORMATS, LIMIT, by_numpy, converted, facts, stored, the_kernel


@pytest.mark.parametrize("frames", [1_000, 3_001, BATCH + 5_000])
@pytest.mark.parametrize("channels", [2, 3, 8])
@pytest.mark.parametrize("sample_format", FORMATS)
def test_energies_are_those_of_all_samples_and_of_their_sums(
    sample_format: SampleFormat, channels: int, frames: int
) -> None:
    info = facts(sample_format, channels, frames)
    samples = unpack(stored(info), sample_format).reshape(-1, channels).astype(np.float64)
    report = converted(info, stored(info), 2)[1]
    assert report.channel_energy == pytest.approx(np.square(samples).sum(), rel=1e-9)
    assert report.mix_energy == pytest.approx(np.square(samples.sum(axis=1)).sum(), rel=1e-9)


def test_the_energy_of_the_loudest_pairs_does_not_overflow() -> None:
    info = facts(SampleFormat.PCM_16, 2, BATCH)
    loudest = np.full(2 * BATCH, -32_768, np.int16).tobytes()
    report = converted(info, loudest, 2)[1]
    assert (report.channel_energy, report.mix_energy) == (2.0**31 * BATCH, 2.0**32 * BATCH)


@pytest.mark.parametrize("bad", [0, 1, 700, 2_999])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e305])
def test_the_first_sample_that_is_no_number_is_named(bad: int, value: float) -> None:
    info = facts(SampleFormat.FLOAT_64, 3, 1_000)
    samples = np.zeros(3_000)
    samples[bad:] = value
    assert converted(info, samples.tobytes(), 2)[1].unreal == bad


def test_only_results_of_the_clip_are_counted_as_held() -> None:
    """Behind the clip's end the filter rings on, beyond the range for samples that are made for it."""
    info = facts(SampleFormat.PCM_16, 1, LIMIT + 1)
    worst = np.where(np.random.default_rng(2).random(info.frames) < 0.5, -32_768, 32_767)
    worst[-900:] = np.where(np.arange(900) // 3 % 2, -32_768, 32_767)
    data = worst.astype("<i2").tobytes()
    assert converted(info, data, 2)[1].saturated == by_numpy(info, data)[1]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({0: 3}, "an instruction set that is not there"),
        ({1: 9}, "a format that is not there"),
        ({2: 0}, "no channel"),
        ({4: 300}, "the start is not held"),
        ({5: 2_000}, "the end is not held"),
        ({7: 100}, "not at a step"),
        ({8: 800}, "neither a step nor the end"),
        ({8: 1_001}, "more results than there are"),
    ],
)  # fmt: skip
def test_a_call_that_asks_for_what_cannot_be_is_refused(change: dict[int, int], what: str) -> None:
    found = the_kernel()
    samples, results = found.ffi.from_buffer(bytearray(6_000)), found.ffi.from_buffer(bytearray(2_000))
    report = found.ffi.new("gonogo_report *")
    call = [0, 2, 1, samples, 0, 3_000, 3_000, 0, 1_000, results, report]
    assert found.library.gonogo_decimate(*call) == 0
    for argument, value in change.items():
        call[argument] = value
    assert found.library.gonogo_decimate(*call) == 1, what


def test_the_method_is_told_by_the_clip_alone() -> None:
    narrow = {SampleFormat.PCM_U8, SampleFormat.PCM_S8, SampleFormat.PCM_16}
    for sample_format in FORMATS:
        for frames in (0, LIMIT - 1, LIMIT, 10**9):
            wanted = sample_format in narrow and frames >= LIMIT
            assert the_kernel().takes_fft(facts(sample_format, 1, frames)) is wanted


def test_the_decimator_that_runs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    the_kernel()
    for choice, name in [("plain", "native, plain C"), ("off", "numpy: GONOGO_NATIVE is off")]:
        monkeypatch.setenv(VARIABLE, choice)
        assert decimator() == name
    monkeypatch.setenv(VARIABLE, "auto")
    monkeypatch.setattr(kernel_module, "_kernel", lambda _: None)
    assert "install gonogo again with a C compiler" in decimator()


def test_a_library_of_other_sources_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    the_kernel()
    monkeypatch.setattr(kernel_module, "VERSION", VERSION + 1)
    kernel_module._kernel.cache_clear()
    try:
        assert kernel() is None
    finally:
        kernel_module._kernel.cache_clear()


def test_ticks_come_with_every_mebibyte() -> None:
    info = facts(SampleFormat.FLOAT_64, 2, 400_000)
    ticks: list[None] = []
    results = bytearray(8 * output_frames(info.frames))
    the_kernel().decimate(info, memoryview(stored(info)), results, 0, partial(ticks.append, None))
    assert len(ticks) >= len(stored(info)) / 2**20
