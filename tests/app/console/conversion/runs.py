"""Runs of the console's tests: folders with a log, watches that answer as a test says."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from app.console.conversion.followed import Followed
from app.console.watch import Watch
from engine.convert.events import FoundShard, ShardsFound
from engine.crew.answers import State
from engine.crew.crew import Snapshot
from engine.run.control import Request
from engine.run.events import Event, Version
from engine.run.folder import RunFolder
from engine.run.log import EventLog
from tests.app.console.conversion.values import BEGAN


def named(count: int) -> list[str]:
    return [f"a/shard_{number:05d}" for number in range(count)]


def ended_run(state: Path, shards: int, *events: Event, job: str = "convert") -> RunFolder:
    """A run whose engine is gone, with this many shards in its log."""
    folder = RunFolder.create(state, job=job, corpus=None, args={}, config={}, versions={}, host={})
    with EventLog(folder.events_path, folder.run_id) as log:
        log.append(Version(gonogo="0", job=job, corpus=None, python="", host=""))
        if shards:
            log.append(ShardsFound(shards=tuple(FoundShard(name, State.PENDING, 1) for name in named(shards))))
        for event in events:
            log.append(event)
    folder.close()
    return RunFolder.open(folder.path)


@dataclass
class Played(Watch):
    """A run that lives for as long as a test plays it."""

    view: Followed = field(default_factory=Followed)
    answers: Snapshot | None = None
    asked: list[Request] = field(default_factory=list)

    def look(self) -> None:
        self.snapshot = self.answers
        self.view.began = self.view.began or BEGAN

    def tell(self, request: Request) -> str:
        self.asked.append(request)
        return ""
