"""Decimation as arithmetic: exact, the same however it is cut, the same as an independent implementation."""

from __future__ import annotations

import sys
from subprocess import run

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import upfirdn

from engine.audio.clip import convert_clip
from engine.audio.decimate import BLOCK_FRAMES, decimate
from engine.audio.formats import MAX_CHANNELS, SampleFormat
from engine.audio.lowpass import REACH, UNIT_BITS, largest_exact_input, lowpass_units
from tests.engine.audio.clips import decoded, encoded, noise
from tests.engine.audio.design_lowpass import design


def reference(mono: np.ndarray) -> np.ndarray:
    """Filter and keep every third frame the plain way, in scipy."""
    taps = lowpass_units() / 2**UNIT_BITS
    padded = np.concatenate([mono.astype(float), np.zeros(REACH)])
    return np.asarray(upfirdn(taps, padded)[REACH::3][: -(-mono.size // 3)])


@pytest.mark.parametrize("frames", range(21))
@pytest.mark.usefixtures("each_decimator")
def test_n_frames_become_a_third_rounded_up(frames: int) -> None:
    clip = convert_clip(encoded(noise(frames)))
    assert clip.result.frames == -(-frames // 3) == len(decoded(clip.data))
    assert sum(block.size for block in decimate([np.ones(frames)], frames)) == -(-frames // 3)


@pytest.mark.parametrize("around", [192, 448, 638, BLOCK_FRAMES - REACH, BLOCK_FRAMES, 2 * BLOCK_FRAMES + REACH])
@pytest.mark.parametrize("off", [-1, 0, 1])
def test_block_borders_leave_no_trace(around: int, off: int) -> None:
    mono = np.random.default_rng(around).integers(-(2**23), 2**23, around + off)
    np.testing.assert_array_equal(np.concatenate(list(decimate([mono], mono.size))), reference(mono))


@settings(max_examples=30, deadline=None)
@given(frames=st.integers(1, 70_000), cuts=st.lists(st.floats(0, 1), max_size=6), seed=st.integers(0, 99))
def test_how_a_clip_is_cut_into_blocks_changes_nothing(frames: int, cuts: list[float], seed: int) -> None:
    mono = np.random.default_rng(seed).integers(-(2**15), 2**15, frames)
    pieces = np.split(mono, sorted(int(cut * frames) for cut in cuts))
    whole = np.concatenate(list(decimate([mono], frames)))
    np.testing.assert_array_equal(np.concatenate(list(decimate(pieces, frames))), whole)


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize(
    ("subtype", "frames", "dtype", "shift"), [("PCM_16", 2_399, "int16", 0), ("PCM_24", 50_000, "int32", 8)]
)
@pytest.mark.usefixtures("each_decimator")
def test_integers_that_are_summed_come_out_as_scipy_computes_them(
    channels: int, subtype: str, frames: int, dtype: str, shift: int
) -> None:
    source, bits = encoded(noise(frames, channels, peak=0.999), subtype), int(subtype[-2:])
    wanted = np.rint(reference((decoded(source, dtype) >> shift).sum(axis=1, dtype=np.int64)) / channels)
    limit = 2 ** (bits - 1)
    result = decoded(convert_clip(source).data, dtype)[:, 0] >> shift
    np.testing.assert_array_equal(result, np.clip(wanted, -limit, limit - 1))


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.usefixtures("each_decimator")
def test_integers_of_16_bits_come_out_as_scipy_computes_them_within_one(channels: int) -> None:
    source = encoded(noise(50_000, channels, peak=0.999))
    wanted = np.rint(reference(decoded(source, "int16").sum(axis=1, dtype=np.int64)) / channels)
    apart = np.abs(decoded(convert_clip(source).data, "int16")[:, 0] - np.clip(wanted, -(2**15), 2**15 - 1))
    assert apart.max() <= 1
    assert np.count_nonzero(apart) < 0.01 * apart.size


@pytest.mark.usefixtures("each_decimator")
def test_32_bit_integers_come_out_as_scipy_computes_them_within_one() -> None:
    source = encoded(noise(50_000, 2), "PCM_32")
    wanted = np.rint(reference(decoded(source, "int32").sum(axis=1, dtype=np.int64)) / 2)
    assert np.abs(decoded(convert_clip(source).data, "int32")[:, 0] - wanted).max() <= 1


@pytest.mark.usefixtures("each_decimator")
def test_floats_come_out_as_scipy_computes_them() -> None:
    source = encoded(noise(50_000, 2), "DOUBLE")
    result = decoded(convert_clip(source).data)[:, 0]
    np.testing.assert_allclose(result, reference(decoded(source).sum(axis=1)) / 2, atol=1e-14)


def test_every_sum_of_integer_samples_stays_within_what_float64_holds_exactly() -> None:
    for sample_format, channels in [
        (SampleFormat.PCM_U8, MAX_CHANNELS),
        (SampleFormat.PCM_S8, 8),
        (SampleFormat.PCM_16, MAX_CHANNELS),
        (SampleFormat.PCM_24, 3),
    ]:
        assert channels * sample_format.full_scale <= largest_exact_input()
    units = int(np.abs(lowpass_units()).sum())
    assert 2 * units * largest_exact_input() <= 2**53


def test_the_largest_exact_input_in_its_worst_order_is_summed_without_rounding() -> None:
    units = lowpass_units()
    worst = np.where(units < 0, -1, 1) * largest_exact_input()
    (result, *_) = next(iter(decimate([np.concatenate([np.zeros(1), worst])], 1 + worst.size)))[75:]
    assert int(result * 2**UNIT_BITS) == largest_exact_input() * int(np.abs(units).sum())


def test_the_bits_do_not_depend_on_the_blas_kernel_or_its_threads() -> None:
    program = (
        "import hashlib, numpy as np\n"
        "from engine.audio.decimate import decimate\n"
        "whole = np.random.default_rng(5).integers(-2**24, 2**24, 100_000)\n"
        "for mono in (whole, whole / 3):\n"
        "    print(hashlib.sha256(b''.join(block.tobytes() for block in decimate([mono], mono.size))).hexdigest())"
    )
    of_integers, of_floats = set(), set()
    for core, threads in [("Haswell", "1"), ("Sandybridge", "2"), ("Prescott", "1"), ("Nehalem", "2")]:
        environment = {"OPENBLAS_CORETYPE": core, "OPENBLAS_NUM_THREADS": threads}
        done = run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        integers, floats = done.stdout.split()
        of_integers.add(integers)
        of_floats.add(floats)
    assert len(of_integers) == 1
    if len(of_floats) == 1:
        pytest.skip("this numpy has only one matrix product, which proves nothing")


@pytest.mark.usefixtures("each_decimator")
def test_the_same_clip_gives_the_same_bytes_again() -> None:
    source = encoded(noise(100_000, 2), "FLOAT")
    assert convert_clip(source).data == convert_clip(source).data


def test_the_table_is_what_the_design_gives() -> None:
    half = lowpass_units()[: REACH + 1]
    assert np.abs(half - design()).max() <= 1  # another libm may round the last unit differently


def test_conversion_does_not_need_scipy() -> None:
    program = "import sys, engine.audio.clip, engine.audio.check, engine.audio.selftest; print('scipy' in sys.modules)"
    done = run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
