"""Clips of one shard under conversion: one after the other, or several at once on threads of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Final, Self

from engine.audio.clip import ConvertedClip, convert_clip

Promise = Callable[[], ConvertedClip]
"""Returns a clip once it is converted, or raises what ``convert_clip`` raised."""
_TICK_S: Final = 0.1
"""How long the caller waits for a clip without a sign of life."""


class ClipWork:
    """Converts clips; the compiled conversion lets other threads run, so that several take several cores.

    Args:
        threads: how many at once; with 1 each is converted when its result is asked for, on the caller's thread.
        tick: called often by the caller's thread while it converts or waits; may raise.
        convert: what the threads do with a clip.
    """

    def __init__(
        self, threads: int, tick: Callable[[], None], convert: Callable[[memoryview], ConvertedClip] = convert_clip
    ) -> None:
        self._tick = tick
        self._convert = convert
        self._pool = ThreadPoolExecutor(threads, "clip") if threads > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)  # what is in hand is waited for: it reads memory of the caller

    def begin(self, data: memoryview) -> Promise:
        """Begin to convert a clip; its bytes must stay until the promise is kept."""
        if self._pool is None:
            return partial(convert_clip, data, self._tick)
        return partial(self._wait, self._pool.submit(self._convert, data))

    def _wait(self, future: Future[ConvertedClip]) -> ConvertedClip:
        while True:
            try:
                return future.result(_TICK_S)
            except TimeoutError:
                if future.done():
                    raise
                self._tick()
