"""Long looks at files that end when their item's timeout is over, and clean up after themselves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from engine.errors import GonogoError
from engine.run.off_loop import off_loop

T = TypeVar("T")

_AGAIN_S: Final = 0.05
"""A query that begins just after it was told to stop is told again."""
_TRIES: Final = 60
"""Three seconds: after that the disk does not answer, and nobody waits for it."""


class StoppedError(GonogoError):
    """Raised in a look that nobody waits for any more."""


class Stop:
    """Tells a look on its own thread that nobody waits for it any more."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._interrupt: Callable[[], object] = _nothing

    def check(self) -> None:
        """Go on, or not.

        Raises:
            StoppedError: when nobody waits any more.
        """
        if self._asked.is_set():
            raise StoppedError("nobody waits for this check any more")

    def interrupts(self, interrupt: Callable[[], object]) -> None:
        """Say what ends a call that :meth:`check` cannot be called from."""
        self._interrupt = interrupt

    def now(self) -> None:
        """Ask the look to stop; may be called again and again, from another thread."""
        self._asked.set()
        self._interrupt()


async def off_loop_until_stopped(function: Callable[[Stop], T]) -> T:
    """Run a function that blocks on a thread; where this is cancelled, stop it and let it clean up."""
    stop = Stop()
    looking = asyncio.ensure_future(off_loop(lambda: function(stop)))
    looking.add_done_callback(_take_note)
    try:
        return await asyncio.shield(looking)
    except asyncio.CancelledError:
        for _ in range(_TRIES):
            stop.now()
            if (await asyncio.wait({looking}, timeout=_AGAIN_S))[0]:
                break
        raise


def _take_note(looking: asyncio.Future[T]) -> None:
    """Take the error of a look that was left behind: nobody else does, and asyncio would complain."""
    if not looking.cancelled():
        looking.exception()


def _nothing() -> None:
    return None
