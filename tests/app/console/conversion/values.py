"""Runs as plain values: a fold of events, a snapshot, workers."""

from __future__ import annotations

import string
from typing import Final

import msgspec
from hypothesis import strategies as st

from app.console.conversion.followed import Followed
from engine.convert.events import (
    FoundShard,
    ShardDone,
    ShardFailed,
    ShardQuarantined,
    ShardsFound,
    ShardSkipped,
    ShardStarted,
)
from engine.convert.view import AnySummary
from engine.crew.answers import State
from engine.crew.crew import Snapshot, WorkerNow
from engine.errors import Fault
from engine.run.events import Event
from engine.run.outcome import Outcome
from engine.run.reading import Logged
from engine.shards.record import Tally, TarDigest

BEGAN: Final = "2026-01-01T12:00:00.000Z"
NAMES: Final = [f"a/{letter}" for letter in string.ascii_lowercase[:12]]
SIZE: Final = 3_000_000
FAULT: Final = Fault("damaged", member="x.wav", way_out="restore it from another copy")

NOW: Final = Snapshot(
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


def add(view: Followed, *events: Event) -> Followed:
    for event in events:
        view.apply(Logged(BEGAN, "run", event))
    return view


def fold(*events: Event) -> Followed:
    return add(Followed(), *events)


def found(*names: str, state: State = State.PENDING) -> ShardsFound:
    return ShardsFound(shards=tuple(FoundShard(name, state, SIZE) for name in names))


def done(name: str, seconds: float = 2.0, saturated: int = 0) -> ShardDone:
    tally = Tally(members=5, clips=5, seconds_of_audio=10.0, saturated_samples=saturated)
    before, after = TarDigest("a" * 32, SIZE), TarDigest("b" * 32, SIZE // 3)
    return ShardDone(shard=name, source="a", seconds=seconds, original=before, result=after, tally=tally)


def quarantined(name: str) -> ShardQuarantined:
    return ShardQuarantined(shard=name, source="a", fault=FAULT)


def busy(worker: int, shard: str, **changes: object) -> WorkerNow:
    now = WorkerNow(worker=worker, pid=1, shard=shard, stage="convert", read_bytes=50, of_bytes=200)
    return msgspec.structs.replace(now, **changes)


_names = st.sampled_from(NAMES)
shard_events = st.one_of(
    _names.map(lambda name: ShardStarted(shard=name, worker=1, bytes_in=1)),
    _names.map(lambda name: ShardSkipped(shard=name, source="a", note="16 kHz mono already")),
    st.tuples(_names, st.floats(0, 100)).map(lambda pair: done(*pair)),
    _names.map(quarantined),
    st.tuples(_names, st.booleans()).map(
        lambda pair: ShardFailed(shard=pair[0], source="a", fault=FAULT, final=pair[1])
    ),
    st.lists(_names, max_size=4).map(lambda names: found(*names)),
    st.just(AnySummary(job="convert", outcome=Outcome.OK, seconds=1.0)),
)
