"""Commands that go on until somebody ends them: SIGINT and SIGTERM set an event, and what is in hand is finished."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from app.exit_codes import ExitCode


class Stop:
    """Whether, and by which signal, somebody asked for the end."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.code = ExitCode.OK

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        del frame
        self.code = ExitCode.TERMINATED if number == signal.SIGTERM else ExitCode.INTERRUPTED
        self._event.set()

    def within(self, seconds: float | None) -> bool:
        """Wait so long, or for ever; True as soon as the end was asked for."""
        return self._event.wait(seconds)


@contextlib.contextmanager
def stopping() -> Iterator[Stop]:
    """Lend what SIGINT and SIGTERM set; afterwards they do what they did before."""
    stop = Stop()
    before = {which: signal.signal(which, stop.ask) for which in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
