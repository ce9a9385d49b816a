"""How a running engine takes signals: the first stops it gracefully, the second at once, a lost terminal not at all."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from engine.run.outcome import Outcome

_Handler = Callable[[int, FrameType | None], object] | int | None

_STOPPING = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """Takes SIGINT and SIGTERM in the running event loop while the ``with`` block lasts, then puts back what was.

    SIGHUP is taken and ignored: a run whose terminal went away goes on. It is a handler and not ``SIG_IGN``, which
    the workers would inherit.

    Args:
        graceful: called at the first signal.
        now: called at the second and each later one.
    """

    def __init__(self, graceful: Callable[[signal.Signals], object], now: Callable[[signal.Signals], object]) -> None:
        self.first: signal.Signals | None = None
        """The signal that asked to stop; None where none did."""
        self._graceful = graceful
        self._now = now
        self._heir: Callable[[signal.Signals], object] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._before: dict[signal.Signals, _Handler] = {}

    @property
    def outcome(self) -> Outcome | None:
        """What a run that these signals stopped ends as; None where no signal came."""
        if self.first is None:
            return None
        return Outcome.TERMINATED if self.first is signal.SIGTERM else Outcome.INTERRUPTED

    def hand_over(self, heir: Callable[[signal.Signals], object]) -> None:
        """Have each signal from now on call this alone; what the run ends as stays what it is."""
        self._heir = heir

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        for which in (*_STOPPING, signal.SIGHUP):
            self._before[which] = signal.getsignal(which)
            self._loop.add_signal_handler(which, self._take, which)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        for which, before in self._before.items():
            self._loop.remove_signal_handler(which)
            signal.signal(which, before if before is not None else signal.SIG_DFL)
        self._before.clear()

    def _take(self, which: signal.Signals) -> None:
        if which not in _STOPPING:
            return
        if self._heir is not None:
            self._heir(which)
        elif self.first is None:
            self.first = which
            self._graceful(which)
        else:
            self._now(which)
