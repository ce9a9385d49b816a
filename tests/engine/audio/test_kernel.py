"""The compiled decimator: the same bits on every machine and in any steps, and never far from what numpy computes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.formats import SampleFormat
from engine.audio.kernel import INSTRUCTION_SETS, STEP
from engine.audio.samples import unpack
from tests.engine.audio.design_native import table
from tests.engine.audio.kernels import (
    BATCH,
    BLOCK,
    CONTAINERS,
    FORMATS,
    INTEGERS,
    LENGTHS,
    LIMIT,
    LONG,
    PAIR,
    by_numpy,
    converted,
    facts,
    in_steps,
    stored,
    the_kernel,
)


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("sample_format", FORMATS)
def test_every_instruction_set_gives_the_same_bits(sample_format: SampleFormat, channels: int) -> None:
    for frames in LENGTHS + LONG:
        info = facts(sample_format, channels, frames)
        results = {converted(info, stored(info), instruction_set) for instruction_set in INSTRUCTION_SETS.values()}
        assert len(results) == 1, f"{frames} frames"


@pytest.mark.parametrize("frames", [1, LIMIT + 1, 2 * BATCH + BLOCK + 1])
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("sample_format", FORMATS)
def test_steps_that_hold_no_more_than_they_need_give_the_same_bits(
    sample_format: SampleFormat, channels: int, frames: int
) -> None:
    info = facts(sample_format, channels, frames)
    whole, _ = converted(info, stored(info), 2)
    assert {in_steps(info, stored(info), 2 - pairs % 3, pairs * STEP) for pairs in (1, 3, 17)} == {whole}


@settings(max_examples=100, deadline=None)
@given(
    frames=st.integers(1, 4 * PAIR),
    channels=st.integers(1, 9),
    sample_format=st.sampled_from(FORMATS),
    instruction_set=st.integers(0, 2),
    pairs=st.integers(1, 5),
)
def test_any_clip_gives_the_same_bits_however_it_is_cut(
    frames: int, channels: int, sample_format: SampleFormat, instruction_set: int, pairs: int
) -> None:
    info = facts(sample_format, channels, frames)
    whole, _ = converted(info, stored(info), 2)
    assert in_steps(info, stored(info), instruction_set, pairs * STEP) == whole


@pytest.mark.parametrize("frames", [100, LIMIT - 1, LIMIT, BATCH + BLOCK + 7])
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("sample_format", INTEGERS)
def test_integers_are_within_one_of_numpys_and_equal_where_they_are_sums(
    sample_format: SampleFormat, channels: int, frames: int
) -> None:
    info = facts(sample_format, channels, frames)
    results, report = converted(info, stored(info), 2)
    wanted, saturated = by_numpy(info, stored(info))
    apart = np.abs(unpack(results, sample_format).astype(np.int64) - wanted)
    assert apart.max() <= (1 if the_kernel().takes_fft(info) else 0)
    assert np.count_nonzero(apart) <= 0.01 * apart.size
    assert report.saturated == pytest.approx(saturated, abs=0.001 * apart.size)


@pytest.mark.parametrize("sample_format", [SampleFormat.FLOAT_32, SampleFormat.FLOAT_64])
@pytest.mark.parametrize("channels", [1, 3])
def test_floats_are_numpys_but_for_the_last_bits(sample_format: SampleFormat, channels: int) -> None:
    info = facts(sample_format, channels, 20_000)
    results, _ = converted(info, stored(info), 2)
    rounding = 1e-7 if sample_format is SampleFormat.FLOAT_32 else 1e-14
    np.testing.assert_allclose(unpack(results, sample_format), by_numpy(info, stored(info))[0], atol=rounding)


@pytest.mark.parametrize("frames", [LIMIT - 1, LIMIT + 1, BATCH + 1])
@pytest.mark.parametrize("sample_format", CONTAINERS)
def test_samples_in_the_upper_bits_of_a_wider_integer_come_out_there(sample_format: SampleFormat, frames: int) -> None:
    code, container, shift = CONTAINERS[sample_format]
    info = facts(sample_format, 2, frames)
    wide = (unpack(stored(info), sample_format).astype(container) << shift).tobytes()
    wanted = unpack(converted(info, stored(info), 2)[0], sample_format).astype(container) << shift
    assert in_steps(info, wide, 2, 17 * STEP, code) == wanted.tobytes()


def test_clips_of_several_threads_do_not_meet() -> None:
    clips = [facts(sample_format, 1 + n % 3, 3_000 + 4_001 * n) for n in range(6) for sample_format in FORMATS]
    alone = [converted(info, stored(info), 2) for info in clips]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            assert list(pool.map(lambda info: converted(info, stored(info), 2), clips)) == alone


def test_the_compiled_table_is_made_of_the_taps() -> None:
    path = resources.files("engine.audio") / "native" / "tables.h"
    assert [line.split() for line in table().splitlines()] == [line.split() for line in path.read_text().splitlines()]
