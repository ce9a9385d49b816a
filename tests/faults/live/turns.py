"""Two converters on one shard, each call of theirs in the order that a test chooses; nobody's lock holds."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from engine.convert.answer import answer
from engine.convert.tasks import Convert, Result
from engine.crew.pulse import Pulse
from engine.crew.wire import ShardRef, to_wire
from engine.shards.files import RealFiles
from tests.faults.fault_files import EFFECTS, FaultFiles

_DEADLINE_S = 30.0


class Actor:
    """A conversion that stops before each call that changes the disk, until it is told to make it."""

    def __init__(self, shard: Path, run: str, *, links: bool = True) -> None:
        self.over = False
        self.result: Result | None = None
        self._go = threading.Semaphore(0)
        self._came = threading.Semaphore(0)
        ref = ShardRef(folder=to_wire(shard), audio_name="audio.tar", lone=False, sidecar=None, lock=None)
        self._task = Convert(shard=ref, run=run, tool="test", spot_checks=2, links=links)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._wait()

    def step(self) -> None:
        """Let it make one call, and come to the next."""
        if not self.over:
            self._go.release()
            self._wait()

    def finish(self) -> int:
        """Let it come to its end; return how many calls it still made."""
        steps = 0
        while not self.over:
            self.step()
            steps += 1
        self._thread.join()
        return steps

    def pause(self) -> None:
        """Called by the file system, in the actor's own thread."""
        self._came.release()
        self._go.acquire()

    def _wait(self) -> None:
        assert self._came.acquire(timeout=_DEADLINE_S), "an actor neither came to a call nor to its end"

    def _run(self) -> None:
        try:
            self.result = answer(SteppedFiles(self), self._task, Pulse("", lambda _: None, lambda: False))
        finally:
            self.over = True
            self._came.release()


class SteppedFiles(FaultFiles):
    """The real file system, entered by one actor at a time."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(RealFiles())
        self._actor = actor

    @contextlib.contextmanager
    def _call(self, what: str, path: Path) -> Iterator[None]:
        if what in EFFECTS:
            self._actor.pause()
        with super()._call(what, path):
            yield
