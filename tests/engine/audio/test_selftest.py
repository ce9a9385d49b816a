"""The self-test of the conversion: it passes with every decimator, and fails one that is not what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from engine.audio.decimate import Samples, decimate
from engine.audio.samples import Numbers
from engine.audio.selftest import self_test
from engine.native import VARIABLE


@pytest.mark.usefixtures("each_decimator")
def test_the_self_test_passes_and_says_by_how_much() -> None:
    figures = self_test()
    assert figures.passed
    assert figures.worst_alias_db == pytest.approx(-127.2, abs=0.1)
    assert figures.passband_edge_hz == pytest.approx(7_435, abs=2)
    assert figures.delay_frames == pytest.approx(0, abs=1e-9)
    assert figures.worst_tone_db < -125
    assert figures.steps_apart == pytest.approx(0.5, abs=0.01)


@pytest.fixture
def numpys(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The compiled decimator cannot be made wrong; numpy's can."""
    monkeypatch.setenv(VARIABLE, "off")
    return monkeypatch


def test_it_fails_a_decimation_without_a_low_pass(numpys: pytest.MonkeyPatch) -> None:
    numpys.setattr("engine.audio.line.decimate", lambda blocks, _: (block[::3].astype(float) for block in blocks))
    figures = self_test()
    assert not figures.passed
    assert figures.worst_alias_db > -1
    assert figures.worst_tone_db > -2


def test_it_fails_a_low_pass_that_is_10_db_too_weak(numpys: pytest.MonkeyPatch) -> None:
    def leaky(blocks: Iterable[Numbers], frames: int) -> Iterator[Samples]:
        whole = np.concatenate(list(blocks))
        yield np.concatenate(list(decimate([whole], frames))) + 10 ** (-110 / 20) * whole[::3]

    numpys.setattr("engine.audio.line.decimate", leaky)
    figures = self_test()
    assert not figures.passed
    assert figures.worst_alias_db == pytest.approx(-109, abs=1.5)


def test_it_fails_a_low_pass_that_delays(numpys: pytest.MonkeyPatch) -> None:
    numpys.setattr("engine.audio.line.decimate", lambda blocks, n: (np.roll(block, 1) for block in decimate(blocks, n)))
    figures = self_test()
    assert not figures.passed
    assert figures.delay_frames == pytest.approx(3, abs=0.01)


def test_it_fails_a_decimation_that_treats_16_bits_otherwise_than_floats(numpys: pytest.MonkeyPatch) -> None:
    def two_methods(blocks: Iterable[Numbers], frames: int) -> Iterator[Samples]:
        whole = np.concatenate(list(blocks))
        late = 1 if whole.dtype == np.int16 else 0
        yield np.roll(np.concatenate(list(decimate([whole], frames))), late)

    numpys.setattr("engine.audio.line.decimate", two_methods)
    figures = self_test()
    assert not figures.passed
    assert figures.steps_apart > 1_000
