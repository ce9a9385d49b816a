"""The wait for the last notices of a run: without a thread of its own, so that a signal ends it at once."""

from __future__ import annotations

import asyncio
import contextlib

from engine.jobs.sending import Sender


class LastWait:
    """Waits in the running event loop until a sender that finishes is through."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._is_cut = False

    def one_through(self) -> None:
        """Take note that one address is through; called by the sender's threads."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._news.set)

    def cut(self) -> None:
        """Wait no longer."""
        self._is_cut = True
        self._news.set()

    async def until_through(self, sender: Sender, timeout_s: float) -> list[str]:
        """Wait until every address is through, no longer than that; return a warning of each that is late."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while sender.late and not self._is_cut:
                    self._news.clear()
                    await self._news.wait()
        why = "a signal ended the wait for it" if self._is_cut else f"no answer within {timeout_s:.0f} s"
        return [f"{address}: {why}; the last notices may not have come" for address in sender.late]
