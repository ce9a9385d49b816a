"""A stretch's pace is what the shards in it were worth, whatever stage each was in at its edges."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.convert.auto_pace import LONGEST_S, SETTLING_S, SHORTEST_S, Pace, Window, done_of
from engine.crew.answers import Progress
from engine.host.load import Counters

MB = 1_000_000


def at(seconds: float) -> Counters:
    return Counters(seconds, idle_s=seconds, iowait_s=0.0, io_stalled_s=0.0)


def progress(stage: str, read: int = 0, of: int = 0) -> Progress:
    return Progress(task="", stage=stage, read_bytes=read, of_bytes=of)


def lockstep(workers: int, shard_s: float, until_s: float) -> list[Window]:
    """Let workers take shards of 10 MB together and end them together; look twice a second."""
    pace, told = Pace(usable_cpus=2), []
    pace.change(0.0)
    serial, ends = 0, 0.0
    for tick in range(int(until_s * 2)):
        now = tick / 2
        while ends <= now:
            for number in range(workers):
                if serial:
                    pace.finish(f"{serial - 1}.{number}", ends)
                pace.take(f"{serial}.{number}", 10 * MB, ends)
            serial, ends = serial + 1, ends + shard_s
        if (window := pace.look(at(now), workers)) is not None:
            told.append(window)
    return told


@settings(max_examples=30)
@given(workers=st.integers(1, 4), shard_s=st.floats(0.5, 20.0))
def test_workers_in_lockstep_are_measured_as_if_they_took_turns(workers: int, shard_s: float) -> None:
    windows = lockstep(workers, shard_s, 60.0)
    assert windows
    assert [one.bytes_per_s for one in windows] == pytest.approx([workers * 10 * MB / shard_s] * len(windows), rel=0.01)
    assert all(SHORTEST_S <= one.seconds <= LONGEST_S + 1 for one in windows)


def test_shards_that_take_minutes_count_by_their_own_progress() -> None:
    pace = Pace(usable_cpus=1)
    pace.change(0.0)
    pace.take("a", 1_000 * MB, 0.0)
    assert pace.look(at(1.0), 1) is None
    for second in range(2, 61):
        pace.advance("a", progress("convert", 5 * MB * second, 1_000 * MB))
        assert pace.look(at(float(second)), 1) is None
    window = pace.look(at(61.0), 1)
    assert window is not None
    assert window.bytes_per_s == pytest.approx(0.7 * 300 * MB / 61, rel=0.01)
    assert window.load.idle == pytest.approx(1.0)


def test_a_change_waits_for_the_shards_that_were_in_hand_but_not_for_ever() -> None:
    pace = Pace(usable_cpus=1)
    pace.take("old", 10 * MB, 0.0)
    pace.change(1.0)
    pace.take("new", 10 * MB, 1.0)
    pace.take("newer", 10 * MB, 1.0)
    for second in range(2, 14):
        assert pace.look(at(float(second)), 2) is None, "three are at work"
    pace.finish("old", 14.0)
    assert pace.look(at(14.0), 2) is None
    pace.finish("new", 25.0)
    pace.take("newest", 10 * MB, 25.0)
    pace.finish("newer", 26.0)
    pace.take("last", 10 * MB, 26.0)
    window = pace.look(at(26.5), 2)
    assert window is not None
    assert window.seconds == pytest.approx(11.0)
    assert window.bytes_per_s == pytest.approx((10 / 24 * 11 + 10 / 25 * 11) * MB / 11)


def test_shards_that_outlast_a_change_for_long_are_measured_as_they_are() -> None:
    pace = Pace(usable_cpus=1)
    pace.take("old", 1_000 * MB, 0.0)
    pace.change(1.0)
    told = []
    for second in range(1, 100):
        pace.advance("old", progress("convert", 5 * MB * second, 1_000 * MB))
        told.append(pace.look(at(float(second)), 1))
    (window,) = [one for one in told if one is not None]
    assert window.seconds == LONGEST_S
    assert told.index(window) == pytest.approx(SETTLING_S + LONGEST_S, abs=1.5)
    assert window.bytes_per_s == pytest.approx(0.7 * 5 * MB, rel=0.01)


def test_a_failure_half_way_begins_a_stretch_anew_and_a_shard_without_work_does_not() -> None:
    pace = Pace(usable_cpus=1)
    pace.change(0.0)
    pace.take("a", 10 * MB, 0.0)
    pace.look(at(0.5), 1)
    pace.lose("a")
    pace.take("b", 10 * MB, 1.0)
    pace.finish("b", 12.0)
    pace.take("c", 10 * MB, 12.0)
    assert (window := pace.look(at(12.5), 1)) is not None, "a shard of 16 kHz was only looked at"
    assert window.seconds == pytest.approx(11.5)
    pace.advance("c", progress("convert", 5 * MB, 10 * MB))
    pace.lose("c")
    pace.take("d", 10 * MB, 13.0)
    assert pace.look(at(13.0), 1) is None
    pace.finish("d", 24.0)
    pace.take("e", 10 * MB, 24.0)
    late = pace.look(at(24.5), 1)
    assert late is not None
    assert late.seconds == pytest.approx(11.0)


@pytest.mark.parametrize(
    ("said", "done"),
    [
        (progress("read", 5, 10), 0.0),
        (progress("convert", 5, 10), 35.0),
        (progress("convert", 99, 10), 70.0),
        (progress("convert", 0, 0), 0.0),
        (progress("verify", 1, 10), 70.0),
        (progress("swap"), 70.0),
    ],
)
def test_a_shard_in_hand_counts_by_its_stage(said: Progress, done: float) -> None:
    assert done_of(100, said) == pytest.approx(done)
