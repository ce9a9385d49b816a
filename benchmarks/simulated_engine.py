"""An engine without work: a run of the runbook's size whose events and snapshots are made up, at a real pace.

``python -m benchmarks.simulated_engine STATE SECONDS [--shards N] [--settled N] [--shard-s S] [--speed X]`` prints the
run's id and serves its socket for so long.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from benchmarks import long_log
from benchmarks.long_log import SHARD_BYTES, WORKERS
from engine.crew.crew import Snapshot, WorkerNow
from engine.run.control import ControlServer
from engine.run.events import Event, Paused, Resumed
from engine.run.folder import RunFolder
from engine.run.log import EventLog

SHARDS: Final = 3_551
SHARD_S: Final = 10.0
"""Ten times faster than the runbook's shards: more events than a console will ever see."""
_TELLS_S: Final = 0.1
_FAILS_EACH: Final = 100
_PAUSE_EACH_S: Final = 60.0
_PAUSE_S: Final = 3.0
"""Of simulated time: so often, and for so long, the disk guard holds the run."""
_STAGES: Final = ("read", "convert", "convert", "verify", "swap")
_WORKER_BYTES: Final = 180_000_000
_FREE_BYTES: Final = 1_200_000_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """What is simulated, and how fast."""

    shards: int = SHARDS
    settled: int = 0
    """By the time that it begins."""
    shard_s: float = SHARD_S
    speed: float = 1.0
    """Seconds of the run in one of the clock on the wall."""


class Simulated:
    """Controls of a run that only tells."""

    def __init__(self, run: str, pace: Pace) -> None:
        self._run, self._pace, self._began = run, pace, time.monotonic()
        self._started = self._done = pace.settled
        self._is_paused = False

    @property
    def _elapsed_s(self) -> float:
        return (time.monotonic() - self._began) * self._pace.speed

    @property
    def _turned(self) -> float:
        """Shards that the workers have put behind them, with what they have done of those in hand."""
        return min(float(self._pace.shards), self._pace.settled + self._elapsed_s / self._pace.shard_s * WORKERS)

    @property
    def _pauses(self) -> dict[str, str]:
        held = self._elapsed_s % _PAUSE_EACH_S > _PAUSE_EACH_S - _PAUSE_S
        return {"disk": "9.8 GB free, under a floor of 10 GB"} if held else {}

    def events(self) -> Iterator[Event]:
        """Yield what has happened since the last call."""
        if bool(self._pauses) is not self._is_paused:
            self._is_paused = not self._is_paused
            yield Paused(why="disk", detail=self._pauses["disk"]) if self._is_paused else Resumed(why="disk")
        done = int(self._turned)
        for number in range(self._done, done):
            yield long_log.done(number, self._pace.shard_s)
        for number in range(self._started, min(self._pace.shards, done + WORKERS)):
            yield long_log.started(number)
            if number % _FAILS_EACH == 0:
                yield from long_log.died(number)
        self._done, self._started = done, min(self._pace.shards, done + WORKERS)

    def _workers(self) -> Iterator[WorkerNow]:
        turned = self._turned
        for number in range(int(turned), min(self._pace.shards, int(turned) + WORKERS)):
            share = max(0.0, (turned - number) / WORKERS + 1 - 1 / WORKERS)
            worker = number % WORKERS
            yield WorkerNow(
                worker=worker + 1,
                pid=10_000 + worker,
                shard=long_log.name(number),
                stage=_STAGES[min(len(_STAGES) - 1, int(share * len(_STAGES)))],
                read_bytes=int(share * SHARD_BYTES),
                of_bytes=SHARD_BYTES,
                written_bytes=int(share * SHARD_BYTES / 3),
                seconds=share * self._pace.shard_s,
                memory_bytes=_WORKER_BYTES + int(share * 1e7) + worker * 100_000,
            )

    def snapshot(self) -> bytes:
        """Return a snapshot in which every figure moves."""
        turned = self._turned
        now = Snapshot(
            run=self._run,
            job="convert",
            elapsed_s=self._elapsed_s,
            workers_wanted=WORKERS,
            workers=tuple(sorted(self._workers(), key=lambda each: each.worker)),
            pauses=self._pauses,
            stopping=False,
            settled=int(turned) - self._pace.settled,
            to_do=self._pace.shards - self._pace.settled,
            bytes_done=int((turned - self._pace.settled + 1 + math.sin(self._elapsed_s)) * SHARD_BYTES),
            bytes_to_do=(self._pace.shards - self._pace.settled) * SHARD_BYTES,
            free_bytes=_FREE_BYTES + int(turned * SHARD_BYTES / 1_000),
            limit="disk",
            limit_why="disk 96 % busy, CPUs 35 % idle",
            floor_bytes=10_000_000_000,
        )
        return msgspec.json.encode(now)

    def pause(self) -> None:
        """Do nothing."""

    def resume(self) -> None:
        """Do nothing."""

    def set_workers(self, count: int) -> None:
        """Do nothing."""

    def choose_workers(self) -> None:
        """Do nothing."""

    def stop(self, now: bool) -> None:  # the protocol's own shape
        """Do nothing."""


async def play(state: Path, seconds: float, pace: Pace) -> None:
    """Play the run."""
    folder = RunFolder.create(state, job="convert", corpus=None, args={}, config={}, versions={}, host={})
    long_log.write(folder.events_path, folder.run_id, pace.shards, pace.settled)
    with EventLog(folder.events_path, folder.run_id) as log:
        simulated = Simulated(folder.run_id, pace)
        async with ControlServer(folder.run_id, simulated):
            sys.stdout.write(f"{folder.run_id}\n")
            sys.stdout.flush()
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                for event in simulated.events():
                    log.append(event)
                await asyncio.sleep(_TELLS_S)
    folder.close()


def main() -> None:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulated_engine")
    parser.add_argument("state", type=Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--shards", type=int, default=SHARDS)
    parser.add_argument("--settled", type=int, default=0, help="shards that are done by the beginning")
    parser.add_argument("--shard-s", type=float, default=SHARD_S, help="how long a shard takes, simulated")
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds in a second")
    given = parser.parse_args()
    pace = Pace(given.shards, given.settled, given.shard_s, given.speed)
    asyncio.run(play(given.state, given.seconds, pace))


if __name__ == "__main__":
    main()
