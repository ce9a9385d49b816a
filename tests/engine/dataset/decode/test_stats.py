from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dataset.decode.clip import Clip
from engine.dataset.decode.loop import Lap
from engine.dataset.decode.stats import nearest_rank, phase


def clip(number: int, codec: str, source: str) -> Clip:
    return Clip(
        tar="a.tar", offset_bytes=0, size_bytes=1_000 * number, codec=codec, source=source, duration_s=float(number)
    )


CLIPS = [clip(1, "pcm", "a"), clip(2, "flac", "a"), clip(3, "pcm", "b"), clip(4, "flac", "b"), clip(5, "flac", "b")]
LAP = Lap(array("d", [0.1] * 5), array("d", [0.1, 0.2, 0.3, 9.0, 0.4]), {3: "no format"})


def test_rates_are_of_what_was_decoded_and_failures_are_told_apart() -> None:
    found = phase(CLIPS, LAP, ["a.tar"])
    assert found.together.clips == 4
    assert found.together.failed == 1
    assert found.failures == {"no format": 1}
    assert found.still_cached == ["a.tar"]
    assert found.together.busy_s == pytest.approx(1.4)
    assert found.together.clips_per_s == pytest.approx(4 / 1.4)
    assert found.together.mb_per_s == pytest.approx(0.011 / 1.4)
    assert found.together.x_real_time == pytest.approx(11 / 1.4)
    assert found.together.read_share == pytest.approx(0.4 / 1.4)
    assert found.together.p50_ms == pytest.approx(300.0)
    assert found.together.p99_ms == pytest.approx(500.0)


def test_each_codec_and_each_source_has_its_own_figures() -> None:
    found = phase(CLIPS, LAP)
    assert list(found.by_codec) == ["flac", "pcm"]
    assert list(found.by_source) == ["a", "b"]
    assert (found.by_codec["flac"].clips, found.by_codec["flac"].failed) == (2, 1)
    assert found.by_codec["pcm"].audio_s == 4.0
    assert found.by_source["b"].busy_s == pytest.approx(0.9)


def test_a_pass_of_failures_alone_has_figures_of_nothing() -> None:
    found = phase(CLIPS[:1], Lap(array("d", [0.1]), array("d", [0.1]), {0: "gone"}))
    assert (found.together.clips, found.together.clips_per_s, found.together.p99_ms) == (0, 0.0, 0.0)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_the_nearest_rank_is_a_value_that_so_many_do_not_pass(values: list[float], share: float) -> None:
    found = nearest_rank(sorted(values), share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values) + 1e-9
