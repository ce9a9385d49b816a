from __future__ import annotations

import string

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.plot import braille, gather
from app.console.words import (
    counts_line,
    progress_line,
    room_line,
    shard_note,
    status,
    worker_line,
    workers_line,
)
from engine.convert.events import FoundShard, ShardFailed, ShardQuarantined, ShardsFound, ShardSkipped, ShardStarted
from engine.convert.view import AnySummary, Level, RunView
from engine.crew.answers import State
from engine.crew.crew import Snapshot, WorkerNow
from engine.errors import Fault
from engine.run.events import Event, Paused, Resumed
from engine.run.outcome import Outcome
from engine.run.reading import Logged

NAMES = [f"a/{letter}" for letter in string.ascii_lowercase[:6]]


def fold(*events: Event) -> RunView:
    view = RunView()
    for event in events:
        view.apply(Logged("2026-01-01T00:00:00.000Z", "run", event))
    return view


def found(*names: str, state: State = State.PENDING) -> ShardsFound:
    return ShardsFound(shards=tuple(FoundShard(name, state, 3_000_000) for name in names))


NOW = Snapshot(
    run="run",
    job="convert",
    elapsed_s=10.0,
    workers_wanted=2,
    workers=(),
    pauses={},
    stopping=False,
    settled=1,
    to_do=4,
    bytes_done=250,
    bytes_to_do=1_000,
    free_bytes=20_000_000_000,
    floor_bytes=10_000_000_000,
)


QUARANTINED = ShardQuarantined(shard=NAMES[0], source="a", fault=Fault("damaged", member="x.wav"))


def test_the_bar_tells_share_pace_and_what_is_left_of_the_budget() -> None:
    line = progress_line(fold(found(*NAMES)), NOW, budget_s=14_400, width=78)
    assert "25%  1/4 shards  25 B/s  30 s left of 4:00 h" in line
    assert len(line) == 78
    full, empty = line.count("█"), line.count("░")
    assert full == round(0.25 * (full + empty))


@pytest.mark.parametrize("width", [20, 78, 118])
def test_the_bar_never_outgrows_its_line_by_more_than_its_words(width: int) -> None:
    assert len(progress_line(fold(found(*NAMES)), NOW, None, width)) <= max(width, 60)


def test_counts_are_those_of_the_fold() -> None:
    view = fold(found(*NAMES), ShardSkipped(shard=NAMES[1], source="a", note="16 kHz mono already"), QUARANTINED)
    assert counts_line(view) == "✓ 0 done  - 1 skipped  ! 1 quarantined  x 0 failed  · 4 pending"


def test_who_chose_the_number_of_workers_is_told_where_the_run_did() -> None:
    assert workers_line(NOW) == "workers: 0 busy of 2"
    chosen = msgspec.structs.replace(NOW, auto=True, workers_why="1 -> 2 workers: 40.0 -> 75.0 MB/s, CPUs 10% idle")
    assert workers_line(chosen) == "workers: 0 busy of 2 (auto: 1 -> 2 workers: 40.0 -> 75.0 MB/s, CPUs 10% idle)"


def test_a_pause_takes_the_place_of_the_room() -> None:
    assert room_line(fold(), NOW) == "10 s under way, 20.0 GB free over a floor of 10.0 GB"
    assert room_line(fold(), msgspec.structs.replace(NOW, pauses={"disk": "1 GB free"})) == "PAUSED (disk) 1 GB free"


def test_a_run_is_red_with_a_quarantined_shard_and_yellow_while_paused() -> None:
    assert status(fold(found(*NAMES)), alive=True).level is Level.GREEN
    assert status(fold(found(*NAMES), Paused(why="disk", detail="full")), alive=True).level is Level.YELLOW
    assert status(fold(Paused(why="disk"), Resumed(why="disk")), alive=True).level is Level.GREEN
    assert status(fold(found(*NAMES), QUARANTINED), alive=True).level is Level.RED
    assert status(fold(found(*NAMES)), alive=False).level is Level.RED, "killed: there is no summary"
    ended = AnySummary(job="convert", outcome=Outcome.OK, seconds=1.0)
    assert status(fold(found(*NAMES), ended), alive=False).text == "GO"


def test_a_reason_is_shown_beside_its_shard() -> None:
    assert shard_note(fold(found(*NAMES), QUARANTINED), NAMES[0]) == "x.wav: damaged"
    assert shard_note(fold(found(*NAMES)), NAMES[1]) == "3.00 MB"


def test_a_worker_tells_its_stage_and_share() -> None:
    busy = WorkerNow(worker=7, pid=1, shard="a/b", stage="convert", read_bytes=50, of_bytes=200)
    assert worker_line(busy) == "  7 convert  25% a/b"
    assert worker_line(WorkerNow(worker=7, pid=None)) == "  7 idle"


shard_events = st.one_of(
    st.sampled_from(NAMES).map(lambda name: ShardStarted(shard=name, worker=1, bytes_in=1)),
    st.sampled_from(NAMES).map(lambda name: ShardSkipped(shard=name, source="a", note="")),
    st.sampled_from(NAMES).map(lambda name: ShardQuarantined(shard=name, source="a", fault=Fault("x"))),
    st.tuples(st.sampled_from(NAMES), st.booleans()).map(
        lambda pair: ShardFailed(shard=pair[0], source="a", fault=Fault("x"), final=pair[1])
    ),
)


@given(events=st.lists(shard_events, max_size=40))
def test_however_events_come_each_shard_is_counted_once(events: list[Event]) -> None:
    view = fold(found(*NAMES), *events)
    assert sum(view.counts.values()) == len(NAMES)
    assert set(view.states) == set(NAMES)
    for state in State:
        assert view.tally[state] == sum(each is state for each in view.states.values())


@given(values=st.lists(st.floats(0, 1e12), max_size=300), width=st.integers(1, 60), height=st.integers(1, 10))
def test_a_plot_has_the_size_that_was_asked_for_and_shows_the_largest_value(
    values: list[float], width: int, height: int
) -> None:
    lines = braille(values, width, height)
    assert [len(line) for line in lines] == [width] * height
    if values and max(values) > 0:
        assert set(lines[0]) != {"⠀"}, "the largest value reaches the top"


@given(values=st.lists(st.floats(0, 1e9), min_size=1, max_size=500), count=st.integers(1, 100))
def test_no_spike_is_lost_when_values_are_gathered(values: list[float], count: int) -> None:
    assert max(gather(values, count)) == max(values)
    assert len(gather(values, count)) <= max(count, 1) or len(values) <= count
