"""Runs for the tests of their pages: as their logs would tell of them, without one that ran for hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from app.run_history import History
from app.run_told import Told
from engine.convert.events import FoundShard, Planned, ShardDone, ShardQuarantined, ShardsFound
from engine.convert.view import AnySummary, health
from engine.crew.answers import State
from engine.crew.crew import Snapshot
from engine.errors import Fault
from engine.run.events import Event, Paused, Resumed, Version
from engine.run.folder import RunRecord
from engine.run.log import rfc3339
from engine.run.outcome import Outcome
from engine.run.reading import Logged
from engine.shards.record import TarDigest

BEGAN = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
GB = 10**9
VERSION = Version(gonogo="0.1.0", job="convert", corpus="/data", python="3.11", host="here")


def at(seconds: float) -> str:
    return rfc3339(BEGAN + timedelta(seconds=seconds))


def history(*events: tuple[float, Event]) -> History:
    folded = History()
    for seconds, event in events:
        folded.apply(Logged(at(seconds), "r", event))
    return folded


def planned(shards: int, size_bytes: int = GB) -> list[tuple[float, Event]]:
    found = tuple(FoundShard(name(number), State.PENDING, size_bytes) for number in range(shards))
    plan = Planned(shards=shards, done=0, to_do=shards, bytes_to_do=shards * size_bytes, workers=4)
    return [(0.0, VERSION), (0.0, plan), (0.0, ShardsFound(shards=found))]


def name(number: int) -> str:
    return f"final-export/shard_{number:06d}"


def done(number: int, seconds: float = 10.0, size_bytes: int = GB) -> ShardDone:
    tars = (TarDigest("0" * 32, size_bytes), TarDigest("0" * 32, size_bytes // 3))
    return ShardDone(shard=name(number), source="final-export", seconds=seconds, original=tars[0], result=tars[1])


def quarantined(number: int, problem: str = "the sample rate is none that is converted") -> ShardQuarantined:
    fault = Fault(problem, file="audio.tar", member="a.wav", read="44100 Hz", way_out="resample it by hand")
    return ShardQuarantined(shard=name(number), source="final-export", fault=fault)


def paused(start_s: float, end_s: float, detail: str) -> list[tuple[float, Event]]:
    return [(start_s, Paused(why="disk", detail=detail)), (end_s, Resumed(why="disk"))]


def ended(seconds: float, outcome: Outcome = Outcome.OK) -> tuple[float, Event]:
    return seconds, AnySummary(job="convert", outcome=outcome, seconds=seconds)


def told(
    folded: History,
    *,
    alive: bool = False,
    config: dict[str, object] | None = None,
    args: dict[str, object] | None = None,
    ending: Iterable[str] = (),
    snapshot: Snapshot | None = None,
) -> Told:
    level, why = health(folded.view, alive=alive)
    record = RunRecord(
        run="20260131T093000Z-convert-abcd",
        job="convert",
        corpus="/data",
        created=at(0),
        pid=1,
        args=args or {},
        config=config or {},
        versions={"gonogo": "0.1.0"},
        host={"hostname": "here", "memory_bytes": 64 * GB},
    )
    return Told(record, folded, alive, level, why, tuple(ending), at(9_000), "/state/runs/r", snapshot)
