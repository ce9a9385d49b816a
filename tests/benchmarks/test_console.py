from __future__ import annotations

import time
from pathlib import Path

import msgspec

from benchmarks import long_log
from benchmarks.console_figures import Figure, table
from benchmarks.measuring import Spread
from benchmarks.simulated_engine import Pace, Simulated
from engine.convert.view import VIEWED, RunView
from engine.crew.crew import Snapshot
from engine.run.events import Event
from engine.run.reading import EventParser, LogTail


def test_a_long_log_holds_what_its_run_came_to(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    written = long_log.write(log, "run", shards=3_000, settled=2_990)
    view, parser = RunView(), EventParser[Event](VIEWED)
    for block in LogTail(log, parser).blocks():
        view.take(block)
    assert view.counts == {"pending": 10, "done": 2_990}
    assert (view.lost_workers, len(view.reasons), view.pauses) == (299, 0, {})
    assert written == log.read_bytes().count(b"\n")


def test_a_million_events_are_a_million_events() -> None:
    shards = long_log.SHARDS
    pauses = 2 * sum(number % 15 < 7 for number in range(shards))
    assert 2 + shards // 1_000 + pauses + 2 * shards + 4 * (shards // 10) == long_log.EVENTS


def test_a_simulated_run_tells_in_its_events_what_its_snapshot_tells() -> None:
    simulated = Simulated("run", Pace(shards=300, shard_s=10.0, speed=2_000.0))
    view = RunView()
    until = time.monotonic() + 20
    while view.tally.total() < 300 and time.monotonic() < until:
        view.fold(list(simulated.events()))
    now = msgspec.json.decode(simulated.snapshot(), type=Snapshot)
    assert view.counts == {"done": 300}
    assert (now.settled, now.to_do, view.in_hand) == (300, 300, {})


def test_a_figure_that_misses_its_goal_says_so() -> None:
    told = table([Figure("help", Spread(130.0, 110.0, 140.0), "ms", 120), Figure("memory", Spread.of([45.0]), "MB")])
    assert "| help | ≤ 120 ms | 130 [110-140] ms | no |" in told
    assert "| memory |  | 45.0 MB |  |" in told
