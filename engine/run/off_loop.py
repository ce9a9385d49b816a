"""Functions that block, beside an event loop that must not: on threads that no exit waits for."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def off_loop(function: Callable[[], T]) -> T:
    """Run a function that blocks, in this task's context.

    A read from a server that is gone blocks in the kernel for ever: a timeout leaves it behind, and neither a console
    nor the end of the program may wait for it, as they would for the threads of :func:`asyncio.to_thread`.

    Raises:
        Exception: what the function raises.
    """
    done: concurrent.futures.Future[T] = concurrent.futures.Future()

    def run() -> None:
        try:
            result = function()
        except BaseException as fault:  # noqa: BLE001  # handed to the one who waits
            done.set_exception(fault)
        else:
            done.set_result(result)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True, name="off the loop").start()
    return await asyncio.shield(asyncio.wrap_future(done))
