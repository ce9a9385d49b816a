"""Work that takes minutes inside one call: a thread beside it tells that it is alive, and ends it when asked."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

from engine.checklist.kinds.table_stop import Stop
from engine.crew.pulse import Pulse, StopRequestedError

_EVERY_S: Final = 0.5
"""An operator who asks for the end waits for no more than this until the work is told."""


@contextlib.contextmanager
def attended(pulse: Pulse) -> Iterator[Stop]:
    """Lend what ends the work; while it runs, tell the engine that it does.

    A worker that computes in one long call looks like one that hangs; here only a process that is stopped or dead
    falls silent. What a hung library costs is told by the operator's stop, and at last by its second one.
    """
    stop, over = Stop(), threading.Event()

    def attend() -> None:
        while not over.wait(_EVERY_S):
            try:
                pulse.tick()
            except StopRequestedError:
                stop.now()  # again each time: a query that began just after it was told is told again

    thread = threading.Thread(target=attend, name="attendant", daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        over.set()
        thread.join()
