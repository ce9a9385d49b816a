"""An engine without work: a run of the runbook's size whose events and snapshots are made up, at a real pace.

``python -m benchmarks.simulated_engine STATE SECONDS`` prints the run's id and serves its socket until then.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import msgspec

from engine.convert.events import FoundShard, Planned, ShardDone, ShardsFound, ShardStarted
from engine.crew.answers import State
from engine.crew.crew import Snapshot, WorkerNow
from engine.run.control import ControlServer
from engine.run.events import Version
from engine.run.folder import RunFolder
from engine.run.log import EventLog
from engine.shards.record import Tally, TarDigest

SHARDS = 3_551
WORKERS = 32
SHARD_BYTES = 3_300_000_000
SHARD_S = 10.0
"""Ten times faster than the runbook's shards: more events than a console will ever see."""


class Simulated:
    """Controls of a run that only tells."""

    def __init__(self, run: str) -> None:
        self._run, self._began = run, time.monotonic()

    @property
    def _elapsed_s(self) -> float:
        return time.monotonic() - self._began

    @property
    def done(self) -> int:
        """Shards that are over by now."""
        return min(SHARDS, int(self._elapsed_s / SHARD_S * WORKERS))

    def snapshot(self) -> bytes:
        """Return a snapshot in which every figure moves."""
        share = self._elapsed_s / SHARD_S
        workers = tuple(
            WorkerNow(
                worker=number + 1,
                pid=10_000 + number,
                shard=f"final-export/shard_{self.done + number:05d}",
                stage="convert",
                read_bytes=int((share + number / WORKERS) % 1 * SHARD_BYTES),
                of_bytes=SHARD_BYTES,
                seconds=1.0,
            )
            for number in range(WORKERS)
        )
        now = Snapshot(
            run=self._run,
            job="convert",
            elapsed_s=self._elapsed_s,
            workers_wanted=WORKERS,
            workers=workers,
            pauses={},
            stopping=False,
            settled=self.done,
            to_do=SHARDS,
            bytes_done=int(share * WORKERS * SHARD_BYTES),
            bytes_to_do=SHARDS * SHARD_BYTES,
            free_bytes=1_200_000_000_000,
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


async def main(state: Path, seconds: float) -> None:
    """Play the run."""
    folder = RunFolder.create(state, job="convert", corpus=None, args={}, config={}, versions={}, host={})
    names = [f"final-export/shard_{number:05d}" for number in range(SHARDS)]
    digest = TarDigest("0" * 32, SHARD_BYTES)
    tally = Tally(members=5_700, clips=5_700, seconds_of_audio=34_000.0)
    with EventLog(folder.events_path, folder.run_id) as log:
        log.append(Version(gonogo="bench", job="convert", corpus="simulated", python="", host=""))
        total = SHARDS * SHARD_BYTES
        log.append(Planned(shards=SHARDS, done=0, to_do=SHARDS, bytes_to_do=total, workers=WORKERS))
        found = tuple(FoundShard(name, State.PENDING, SHARD_BYTES) for name in names)
        log.append(ShardsFound(shards=found))
        simulated = Simulated(folder.run_id)
        async with ControlServer(folder.run_id, simulated):
            sys.stdout.write(f"{folder.run_id}\n")
            sys.stdout.flush()
            told, until = 0, time.monotonic() + seconds
            while time.monotonic() < until:
                await asyncio.sleep(0.1)
                for name in names[told : simulated.done]:
                    log.append(ShardStarted(shard=name, worker=1, bytes_in=SHARD_BYTES))
                    done = ShardDone(shard=name, source="final-export", seconds=SHARD_S, original=digest, result=digest)
                    log.append(done.but(tally=tally))
                told = simulated.done
    folder.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2])))
