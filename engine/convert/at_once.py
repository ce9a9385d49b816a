"""Many shards in one worker's hands: an inventory waits for reads more than it works, so each has its own thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from engine.convert.tasks import Inspect, Result

THREADS = 16
"""Shards in hand at once. At 1 ms a read, a large shard takes 80 ms of waiting and 5 of work: one worker with 4, 8, 16
and 32 threads took 2.0, 0.9, 1.1 and 1.7 s for 64 of them. Twice as many as need be leave room for a slower volume."""
STRAGGLER_S = 5.0
"""A batch of which nothing has given a sign of life for so long is handed back without its last shards: each is asked
again by itself, and holds nobody up."""
_THREAD_NAME = "a shard of a batch"
_LOOK_S = 0.25
"""How often a batch is looked at that has not ended."""


class AtOnce:
    """One batch of orders, done on threads.

    Args:
        orders: what there is to do.
        do: does one of them; calls what it is given at signs of life.
        tell: takes an answer; called by one thread at a time, and not after :meth:`run` has returned.
        stopping: whether nothing more shall begin.
        straggler_s: how long to wait without a sign of life.
    """

    def __init__(
        self,
        orders: Iterable[Inspect],
        do: Callable[[Inspect, Callable[[], None]], Result],
        tell: Callable[[Result], None],
        stopping: Callable[[], bool],
        *,
        straggler_s: float = STRAGGLER_S,
    ) -> None:
        self._waiting = deque(orders)
        self._do = do
        self._tell = tell
        self._stopping = stopping
        self._straggler_s = straggler_s
        self._change = threading.Condition()
        self._working = 0
        self._is_over = False
        self._error: BaseException | None = None
        self._alive_at = time.monotonic()

    def run(self, beat: Callable[[], object]) -> None:
        """Do all orders; return when the last is told, or only stragglers are left, of which nothing comes any more.

        Args:
            beat: called often, while there are signs of life.

        Raises:
            BaseException: what ``do`` raised.
        """
        threads = min(THREADS, len(self._waiting))
        self._working = threads
        for _ in range(threads):
            # A thread that hangs in the file system must not keep the process from its end.
            threading.Thread(target=self._work, name=_THREAD_NAME, daemon=True).start()
        with self._change:
            while self._working and self._error is None and not self._hangs():
                self._change.wait(_LOOK_S)
                beat()
            self._is_over = True
        if self._error is not None:
            raise self._error

    def _hangs(self) -> bool:
        return time.monotonic() - self._alive_at > self._straggler_s

    def _is_alive(self) -> None:
        self._alive_at = time.monotonic()

    def _work(self) -> None:
        try:
            while (order := self._next()) is not None:
                self._finish(self._do(order, self._is_alive))
        except BaseException as error:  # noqa: BLE001  # raised again by run(): this thread has nobody to raise it to
            self._error = error
        with self._change:
            self._working -= 1
            self._change.notify()

    def _next(self) -> Inspect | None:
        with self._change:
            return self._waiting.popleft() if self._waiting and not self._is_over and not self._stopping() else None

    def _finish(self, result: Result) -> None:
        self._is_alive()
        with self._change:
            if not self._is_over and not result.interrupted:
                self._tell(result)
