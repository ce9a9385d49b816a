"""Clips of one shard under conversion: one after the other, some side by side, or several at once on threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from engine.audio.clip import ConvertedClip
from engine.audio.flac_blocks import MAGIC as FLAC_MAGIC
from engine.audio.together import MOST_TOGETHER, Converted, convert_clips

Promise = Callable[[], ConvertedClip]
"""Returns a clip once it is converted, or raises what ``convert_clip`` raised."""
GROUP_BYTES: Final = 6 << 20
"""A group that holds so much is full, whatever the number of its clips: they all lie in memory."""
_TICK_S: Final = 0.1
"""How long the caller waits for a clip without a sign of life."""


class _Group:
    """Clips that are converted by one call."""

    def __init__(self) -> None:
        self.clips: list[memoryview] = []
        self.held_bytes = 0
        self.future: Future[list[Converted]] | None = None
        self.results: list[Converted] | None = None


class ClipWork:
    """Converts clips; the compiled conversion lets other threads run, so that several take several cores.

    Clips that gain from it are converted together, MOST_TOGETHER at once; others each for itself.

    Args:
        threads: how many; with 1 the clips are converted when a result is asked for, on the caller's thread.
        tick: called often by the caller's thread while it converts or waits; may raise.
        convert: what is done with a group of clips.
    """

    def __init__(
        self,
        threads: int,
        tick: Callable[[], None],
        convert: Callable[[Sequence[memoryview], Callable[[], None]], list[Converted]] = convert_clips,
    ) -> None:
        self._tick = tick
        self._convert = convert
        self._pool = ThreadPoolExecutor(threads, "clip") if threads > 1 else None
        self._open: _Group | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)  # what is in hand is waited for: it reads memory of the caller

    def begin(self, data: memoryview) -> Promise:
        """Take a clip in; its bytes must stay until the promise is kept."""
        group = self._group_for(data)
        position = len(group.clips)
        group.clips.append(data)
        group.held_bytes += len(data)
        if group is not self._open or position + 1 == MOST_TOGETHER or group.held_bytes >= GROUP_BYTES:
            self._close(group)
        return lambda: self._keep(group, position)

    def _group_for(self, data: memoryview) -> _Group:
        """Return the open group for FLAC, which gains from company; for other clips one of their own."""
        if bytes(data[: len(FLAC_MAGIC)]) != FLAC_MAGIC:
            return _Group()
        if self._open is None:
            self._open = _Group()
        return self._open

    def _close(self, group: _Group) -> None:
        """Begin to convert a group; nothing is added to it any more."""
        if self._open is group:
            self._open = None
        if self._pool is not None:
            group.future = self._pool.submit(self._convert, group.clips, lambda: None)

    def _keep(self, group: _Group, position: int) -> ConvertedClip:
        if group.results is None:
            if self._open is group:
                self._close(group)
            group.results = self._wait(group.future) if group.future else self._convert(group.clips, self._tick)
        result = group.results[position]
        if isinstance(result, ConvertedClip):
            return result
        raise result

    def _wait(self, future: Future[list[Converted]]) -> list[Converted]:
        while True:
            try:
                return future.result(_TICK_S)
            except TimeoutError:
                if future.done():
                    raise
                self._tick()
