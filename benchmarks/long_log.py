"""The log of a run with a million events: what a console has to read when it is opened late.

300,000 shards, each started and done; a tenth of them fail once, and their workers with them; and a disk that stays
full has the guard pause 140,000 times.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from engine.convert.events import FoundShard, Planned, ShardDone, ShardFailed, ShardsFound, ShardStarted
from engine.crew.answers import State
from engine.errors import Fault
from engine.run.events import Event, Paused, Resumed, Version, WorkerEnded, WorkerStarted
from engine.run.log import encode_event
from engine.shards.record import Tally, TarDigest

WORKERS: Final = 32
SHARD_BYTES: Final = 3_300_000_000
SHARDS: Final = 300_000
EVENTS: Final = 1_000_302
"""Of a history of so many shards that are all done."""
_AT_ONCE: Final = 1_000
"""Shards that one event finds."""
_FAILS_EACH: Final = 10
_PAUSES: Final = (7, 15)
"""Before 7 of 15 shards."""
TALLY: Final = Tally(members=5_700, clips=5_700, seconds_of_audio=34_000.0)
DIGEST: Final = TarDigest("0123456789abcdef0123456789abcdef", SHARD_BYTES)
RESULT: Final = TarDigest("fedcba9876543210fedcba9876543210", SHARD_BYTES // 3)


def name(number: int) -> str:
    """Return a shard's name."""
    return f"final-export/shard_{number:06d}"


def beginning(shards: int) -> Iterator[Event]:
    """Yield what a run tells before it begins."""
    yield Version(gonogo="bench", job="convert", corpus="simulated", python="", host="")
    yield Planned(shards=shards, done=0, to_do=shards, bytes_to_do=shards * SHARD_BYTES, workers=WORKERS)
    for first in range(0, shards, _AT_ONCE):
        numbers = range(first, min(shards, first + _AT_ONCE))
        yield ShardsFound(shards=tuple(FoundShard(name(number), State.PENDING, SHARD_BYTES) for number in numbers))


def started(number: int) -> Event:
    """Return the event of a shard that a worker takes in hand."""
    return ShardStarted(shard=name(number), worker=number % WORKERS + 1, bytes_in=SHARD_BYTES)


def done(number: int, seconds: float = 10.0) -> Event:
    """Return the event of a shard that is converted."""
    return ShardDone(
        shard=name(number), source="final-export", seconds=seconds, original=DIGEST, result=RESULT, tally=TALLY
    )


def died(number: int) -> Iterator[Event]:
    """Yield what is told of a worker that dies on a shard, and of the next that takes it."""
    worker, why = number % WORKERS + 1, Fault("its worker was killed by signal 9", file=name(number))
    yield WorkerEnded(worker=worker, pid=1_000 + number, how="killed", detail="signal 9")
    yield ShardFailed(shard=name(number), source="final-export", fault=why, final=False)
    yield WorkerStarted(worker=worker, pid=1_001 + number)
    yield started(number)


def history(shards: int, settled: int) -> Iterator[Event]:
    """Yield all that a run of so many shards told until so many were done."""
    yield from beginning(shards)
    for number in range(settled):
        if number % _PAUSES[1] < _PAUSES[0]:
            yield Paused(why="disk", detail="9.8 GB free, under a floor of 10 GB")
            yield Resumed(why="disk")
        yield started(number)
        if number % _FAILS_EACH == 0:
            yield from died(number)
        yield done(number)


def write(log: Path, run_id: str, shards: int, settled: int) -> int:
    """Write such a log, and return how many events it holds."""
    moment, count = datetime(2026, 1, 31, 9, 30, tzinfo=UTC), 0
    with log.open("wb", buffering=1 << 20) as file:
        for count, event in enumerate(history(shards, settled), 1):
            file.write(encode_event(event, moment=moment + timedelta(milliseconds=28 * count), run_id=run_id))
    return count
