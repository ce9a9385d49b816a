"""One evening, frozen: a conversion under way that every screen shows, with its log, its engine's socket, its lists."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from engine.convert.events import (
    FoundShard,
    Planned,
    ShardDone,
    ShardFailed,
    ShardQuarantined,
    ShardsFound,
    ShardSkipped,
    ShardStarted,
)
from engine.crew.answers import State
from engine.crew.crew import Snapshot, WorkerNow
from engine.errors import Fault
from engine.run.events import Check, Event, Paused, Resumed, Version, WorkerStarted
from engine.run.folder import ALIVE, RunFolder, RunRecord
from engine.run.locks import hold
from engine.run.log import EventLog, rfc3339
from engine.shards.record import Tally, TarDigest

BEGAN: Final = datetime(2026, 1, 31, 20, 0, 0, tzinfo=UTC)
NOW: Final = BEGAN + timedelta(hours=1, minutes=12)
RUN: Final = "20260131T200000Z-convert-9f3c"
CORPUS: Final = Path("speech-corpus")
SHARDS: Final = 3_551
DONE: Final = 1_204
BEFORE: Final = 3_300_000_000
AFTER: Final = BEFORE // 3
DAMAGED: Final = Fault(
    "the audio member cannot be decoded",
    file="final-export/shard_00417/audio.tar",
    member="clip_00012.wav",
    read="RIFF of 48,044 bytes that ends after 12,000",
    wanted="as many bytes as it says",
    way_out="restore the shard from another copy, then convert again",
)
TOML: Final = """\
[gates]
"convert.start" = "phase2-conversion"

[watch]
logs = ["train.log"]
"""


def shard(number: int) -> str:
    """Name a shard."""
    return f"final-export/shard_{number:05d}"


def events() -> list[tuple[float, Event]]:
    """Tell what happened, each with its seconds since the beginning."""
    states = (State.SKIPPED if number % 6 == 5 else State.PENDING for number in range(SHARDS))
    found = tuple(FoundShard(shard(number), state, BEFORE) for number, state in enumerate(states))
    to_do = sum(each.state is State.PENDING for each in found)
    told: list[tuple[float, Event]] = [
        (0.0, Version(gonogo="0.1.0", job="convert", corpus=str(CORPUS), python="3.11", host="gpu-3")),
        (0.4, Check(id="disk-floor", ask="How much is free?", state="pass", read="412 GB", wanted="over 10 GB")),
        (1.0, Planned(shards=SHARDS, done=0, to_do=to_do, bytes_to_do=to_do * BEFORE, workers=8)),
        (1.1, ShardsFound(shards=found)),
        *((1.2, WorkerStarted(worker=worker, pid=4_100 + worker)) for worker in range(1, 9)),
    ]
    pending = [number for number in range(SHARDS) if number % 6 != 5]
    for place, number in enumerate(pending[:DONE]):
        at = 5.0 + place * 3.55
        told.append((at, ShardStarted(shard=shard(number), worker=place % 8 + 1, bytes_in=BEFORE)))
        told.append((at + 25, _settled(number, place)))
    told.append((2_000.0, Paused(why="disk", detail="12.0 GB free, wanted 10.0 GB over what 8 workers still write")))
    told.append((2_090.0, Resumed(why="disk")))
    for place, number in enumerate(pending[DONE : DONE + 8]):
        told.append((4_290.0 + place, ShardStarted(shard=shard(number), worker=place + 1, bytes_in=BEFORE)))
    told.append((4_300.0, ShardSkipped(shard=shard(5), source="final-export", note="16 kHz mono already")))
    return sorted(told, key=lambda pair: pair[0])


def _settled(number: int, place: int) -> Event:
    if number in (417, 902):
        return ShardQuarantined(shard=shard(number), source="final-export", fault=DAMAGED)
    if number == 1_010:
        fault = Fault("a worker died on this shard", read="killed by the kernel: out of memory", way_out="run it again")
        return ShardFailed(shard=shard(number), source="final-export", fault=fault, final=True)
    return ShardDone(
        shard=shard(number),
        source="final-export",
        seconds=24.0 + place % 7,
        original=TarDigest("a" * 32, BEFORE),
        result=TarDigest("b" * 32, AFTER),
        tally=Tally(members=620, clips=600, seconds_of_audio=5_400.0, saturated_samples=int(place % 11 == 0)),
    )


class Frozen:
    """The controls of that run; each snapshot is a little later than the one before, until the moment is reached."""

    STEPS: Final = 40

    def __init__(self) -> None:
        self.step = 0
        self.moves = False
        """Nobody but the screen that is pictured is to see it move: how often it was asked is in the curves."""

    def snapshot(self) -> bytes:
        """Return the next snapshot."""
        self.step = min(self.STEPS, self.step + self.moves)
        wave = math.sin(self.step / 5)
        done = DONE * BEFORE - (self.STEPS - self.step) * int(9e8 * (1 + 0.02 * wave))
        to_do = sum(number % 6 != 5 for number in range(SHARDS))
        return msgspec.json.encode(
            Snapshot(
                run=RUN,
                job="convert",
                elapsed_s=(NOW - BEGAN).total_seconds() - (self.STEPS - self.step),
                workers_wanted=8,
                workers=tuple(_worker(place) for place in range(8)),
                pauses={},
                stopping=False,
                settled=DONE,
                to_do=to_do,
                bytes_done=done,
                bytes_to_do=to_do * BEFORE,
                free_bytes=412_000_000_000 - (self.STEPS - self.step) * 600_000_000,
                floor_bytes=10_000_000_000,
                limit="cpu",
                limit_why="16 of 16 processors busy",
            )
        )

    def pause(self) -> None:
        """Take it, and do nothing: time stands still."""

    resume = pause

    def set_workers(self, count: int) -> None:
        """Take it, and do nothing."""

    def choose_workers(self) -> None:
        """Take it, and do nothing."""

    def stop(self, now: bool) -> None:
        """Take it, and do nothing."""


def _worker(place: int) -> WorkerNow:
    pending = [number for number in range(SHARDS) if number % 6 != 5]
    return WorkerNow(
        worker=place + 1,
        pid=4_101 + place,
        shard=shard(pending[DONE + place]),
        stage="convert" if place else "verify",
        read_bytes=(place + 1) * BEFORE // 9,
        of_bytes=BEFORE,
        written_bytes=(place + 1) * AFTER // 9,
        seconds=3.0 * (place + 1),
        memory_bytes=180_000_000 + place * 11_000_000,
    )


def build(folder: Path, move_to: Callable[[datetime], object]) -> RunFolder:
    """Write the corpus and its state under a folder; the run lives as long as this process.

    Args:
        folder: becomes the place where ``speech-corpus`` lies.
        move_to: sets the clock.
    """
    corpus = folder / CORPUS
    state = corpus / ".gonogo"
    run = state / "runs" / RUN
    run.mkdir(parents=True)
    (corpus / "gonogo.toml").write_text(TOML)
    _write_training_log(corpus / "train.log")
    record = RunRecord(
        run=RUN,
        job="convert",
        corpus=str(CORPUS),
        created=rfc3339(BEGAN),
        pid=os.getpid(),
        args={"dry_run": None},
        config={},
        versions={"gonogo": "0.1.0"},
        host={"host": "gpu-3"},
    )
    (run / "run.json").write_bytes(msgspec.json.encode(record))
    with EventLog(run / "events.jsonl", RUN) as log:
        for seconds, event in events():
            move_to(BEGAN + timedelta(seconds=seconds))
            log.append(event)
    move_to(NOW)
    return RunFolder(run, record, hold(run / ALIVE, RUN))


def _write_training_log(path: Path) -> None:
    lines = [
        f"{(NOW - timedelta(seconds=30 * (400 - step))).isoformat()} step {step * 10} "
        f"loss {2.0 + 2.6 / (1 + step / 40) + 0.03 * ((step * 37) % 11 - 5) / 5:.4f} lr 1.0e-4\n"
        for step in range(1, 401)
    ]
    path.write_text("".join(lines))
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
