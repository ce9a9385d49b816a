"""Simulated conversions: the disk never runs below its floor, work is conserved, more workers are never later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.convert.events import ConvertSummary, ShardDone, ShardFailed, ShardsFound, ShardStarted
from engine.convert.guard import reserve_for
from engine.convert.view import VIEWED, RunView
from engine.crew.crew import Snapshot
from engine.errors import UsageError
from engine.jobs.window.sim_corpus import Simulated, draw
from engine.jobs.window.sim_result import Simulation
from engine.jobs.window.simulate import Simulator, record, simulate
from engine.run.events import Event, Paused, Resumed
from engine.run.outcome import Outcome
from engine.run.reading import read_events

SMALL = Simulated(shards=60, shard_bytes=1e9, workers=8, worker_bytes_per_s=1e8, free_bytes=1e12, floor_bytes=1e9)

corpora = st.builds(
    Simulated,
    shards=st.integers(1, 60),
    shard_bytes=st.floats(1e6, 5e9),
    size_spread=st.floats(0, 1),
    workers=st.integers(1, 40),
    worker_bytes_per_s=st.floats(1e6, 1e9),
    pace_spread=st.floats(0, 1),
    disk_bytes_per_s=st.none() | st.floats(1e6, 1e10),
    written_share=st.floats(0.1, 0.5),
    fail_share=st.sampled_from([0.0, 0.1, 0.6]),
    free_bytes=st.floats(1e9, 3e11),
    floor_bytes=st.floats(0, 5e9),
    keep_backups=st.sampled_from([0, 0, 1, 5, 100]),
    look_every_s=st.just(0.0),
    seed=st.integers(0, 10),
)


@settings(max_examples=300, deadline=None)
@given(corpora)
def test_free_space_is_never_below_the_floor(corpus: Simulated) -> None:
    """A start that has no room is held back, also where kept originals fill the volume."""
    told = simulate(corpus)
    assert told.lowest_free_bytes >= min(corpus.floor_bytes, corpus.free_bytes) - 1
    assert told.lowest_free_bytes <= told.free_at_end_bytes + 1


@settings(max_examples=200, deadline=None)
@given(corpora)
def test_a_look_twice_a_second_may_miss_no_more_than_is_written_in_between(corpus: Simulated) -> None:
    """What is written after the last look is in no figure that the guard has; that is the most that it can be off."""
    told = simulate(replace(corpus, look_every_s=0.5))
    pace = min(corpus.worker_bytes_per_s, corpus.disk_bytes_per_s or corpus.worker_bytes_per_s)
    slowest = min(work / out for work, out in zip(draw(corpus).works, draw(corpus).outs, strict=True))
    unseen = 0.5 * corpus.workers * pace / slowest / 0.99
    assert told.lowest_free_bytes >= min(corpus.floor_bytes, corpus.free_bytes) - unseen - 1


@settings(max_examples=200, deadline=None)
@given(corpora)
def test_no_shard_and_no_byte_is_lost_or_counted_twice(corpus: Simulated) -> None:
    simulator = Simulator(corpus)
    frames = [frame for _, frame in simulator.frames()]
    told, drawn = simulator.result(), draw(corpus)
    done = [frame for frame in frames if isinstance(frame, ShardDone)]
    failed = [frame for frame in frames if isinstance(frame, ShardFailed)]
    parked = [frame.shard for frame in failed if frame.final]
    started = [frame for frame in frames if isinstance(frame, ShardStarted)]
    settled = [frame.shard for frame in done] + parked
    assert len(settled) == len(set(settled)) == corpus.shards - told.pending
    assert (len(done), len(parked)) == (told.done, told.failed)
    assert len(started) == len(done) + len(failed)
    sizes = dict(zip(drawn.ids, drawn.sizes, strict=True))
    assert told.bytes_in == sum(sizes[frame.shard] for frame in done)
    assert told.pending == 0 or told.safety
    kept = sum(sizes[frame.shard] for frame in done[-corpus.keep_backups :]) if corpus.keep_backups else 0
    assert told.free_at_end_bytes == pytest.approx(corpus.free_bytes + told.bytes_in - told.bytes_out - kept, abs=1e3)


@settings(max_examples=200, deadline=None)
@given(corpora)
def test_time_is_conserved(corpus: Simulated) -> None:
    """All workers together do all of the work: never faster than all of them at once, never slower than one."""
    corpus = replace(corpus, fail_share=0.0, free_bytes=1e15)
    told, work = simulate(corpus), sum(draw(corpus).works)
    pace = corpus.worker_bytes_per_s
    together = min(corpus.workers * pace, corpus.disk_bytes_per_s or float("inf"))
    assert told.seconds >= work / together * (1 - 1e-9)
    assert told.seconds <= work / min(pace, corpus.disk_bytes_per_s or pace) * (1 + 1e-9)


@settings(max_examples=150, deadline=None)
@given(corpora, st.integers(1, 20))
def test_more_workers_are_never_later_while_the_disk_is_not_the_limit(corpus: Simulated, more: int) -> None:
    corpus = replace(corpus, fail_share=0.0, disk_bytes_per_s=None, free_bytes=1e15)
    faster = replace(corpus, workers=corpus.workers + more)
    assert simulate(faster).seconds <= simulate(corpus).seconds * (1 + 1e-9)


def test_beyond_what_the_disk_gives_more_workers_win_nothing() -> None:
    bound = replace(SMALL, shards=400, disk_bytes_per_s=4e8, size_spread=0, pace_spread=0)
    four, forty = (simulate(replace(bound, workers=workers)).seconds for workers in (4, 40))
    assert forty == pytest.approx(four, rel=0.01)
    assert simulate(replace(bound, workers=2)).seconds == pytest.approx(2 * four, rel=0.01)


def test_the_same_numbers_play_the_same_way() -> None:
    assert simulate(SMALL) == simulate(SMALL)
    assert simulate(SMALL).seconds != simulate(replace(SMALL, seed=1)).seconds


def test_the_runbooks_corpus_takes_its_three_hours() -> None:
    told = simulate(Simulated())
    assert told.seconds == pytest.approx(3 * 3600, rel=0.02)
    in_flight = 1.2e12 - told.lowest_free_bytes
    assert in_flight < 32 * 1.1e9 * 1.1
    assert told.free_at_end_bytes == pytest.approx(1.2e12 + 3551 * 2.2e9, rel=0.02)
    assert told.pauses == ()


def tight() -> Simulation:
    return simulate(replace(SMALL, free_bytes=3e9))


def test_where_room_is_scarce_the_guard_holds_back_until_shards_have_freed_some() -> None:
    told = tight()
    assert (told.done, told.safety) == (60, "")
    assert told.pauses
    assert told.paused_s == sum(until - since for since, until in told.pauses) > 0
    assert told.lowest_free_bytes >= 1e9
    assert told.seconds > simulate(SMALL).seconds
    assert any(line.startswith("the disk guard held shards back") for line in told.lines())


def test_without_room_for_a_single_shard_it_waits_and_stops_for_safety() -> None:
    told = simulate(replace(SMALL, free_bytes=1.1e9, floor_wait_s=600))
    assert (told.done, told.pending, told.seconds) == (0, 60, 600)
    assert told.safety.startswith("the disk had no room for another shard: 1.10 GB free")


def test_kept_originals_take_room_until_the_guard_stops_it() -> None:
    told = simulate(replace(SMALL, free_bytes=1e10, keep_backups=60))
    assert told.safety
    assert 0 < told.done < 60
    assert told.lowest_free_bytes >= 1e9


def test_a_shard_that_fails_is_tried_again_and_parked_after_its_tries() -> None:
    told = simulate(replace(SMALL, fail_share=0.6))
    assert told.done + told.failed == 60
    assert told.failed > 0
    assert told.retried >= 2 * told.failed


def test_its_log_and_snapshots_are_what_a_real_runs_are() -> None:
    simulator = Simulator(replace(SMALL, free_bytes=3e9))
    frames = list(simulator.frames(snapshot_every_s=5))
    assert [at_s for at_s, _ in frames] == sorted(at_s for at_s, _ in frames)
    snapshots = [frame for _, frame in frames if isinstance(frame, Snapshot)]
    events = [frame for _, frame in frames if isinstance(frame, Event)]
    done = [snapshot.bytes_done for snapshot in snapshots]
    assert len(snapshots) > 5
    assert all(before <= after for before, after in pairwise(done))
    assert all(one.free_bytes is not None and one.free_bytes >= (one.floor_bytes or 0) for one in snapshots)
    assert all(worker.read_bytes <= worker.of_bytes for one in snapshots for worker in one.workers)
    assert sum(len(event.shards) for event in events if isinstance(event, ShardsFound)) == 60
    pauses = [type(event) for event in events if isinstance(event, Paused | Resumed)]
    assert pauses[:2] == [Paused, Resumed]
    last = events[-1]
    assert isinstance(last, ConvertSummary)
    assert (last.outcome, last.counts["done"]) == (Outcome.OK, 60)


def test_a_recorded_simulation_is_read_as_any_other_run(tmp_path: Path, user_folders: Path) -> None:
    began = datetime(2026, 1, 31, 9, tzinfo=UTC)
    folder, told = record(tmp_path, SMALL, began)
    view = RunView()
    for logged in read_events(folder.events_path, VIEWED):
        view.apply(logged)
    assert view.counts == {"done": 60}
    assert view.summary is not None
    assert view.bytes_in == told.bytes_in
    took = datetime.fromisoformat(view.newest) - began
    assert took.total_seconds() == pytest.approx(told.seconds, abs=0.01)
    assert not folder.is_alive()


def test_what_a_guard_reserves_covers_what_is_written() -> None:
    drawn = draw(replace(SMALL, written_share=0.5))
    assert all(out <= reserve_for(size) for out, size in zip(drawn.outs, drawn.sizes, strict=True))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"shards": 0}, "shards = 0: wanted 1 or more"),
        ({"worker_bytes_per_s": 0.0}, "worker_bytes_per_s = 0.0: wanted more than nothing"),
        ({"fail_share": 1.0}, "fail_share = 1.0: wanted less than 1"),
        ({"written_share": 0.6}, "written_share = 0.6: wanted at most a half"),
    ],
)
def test_what_cannot_be_is_not_simulated(change: dict[str, float], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Simulated(**change)  # type: ignore[arg-type]  # the parameters are of several types
