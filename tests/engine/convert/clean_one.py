"""Cleans one shard at a time on a file system that fails on purpose: ``python -m tests.engine.convert.clean_one``.

A :class:`Try` a line on standard input, a :class:`Ended` a line on standard output; each in a child of its own, so that
a kill is a real one.
"""

from __future__ import annotations

import os
import sys
import traceback

import msgspec

from engine.convert.cleaning_answer import answer
from engine.convert.cleaning_tasks import Clean, Cleaned
from engine.crew.pulse import Pulse
from engine.shards.files import RealFiles
from tests.faults.fault_files import FaultFiles, Strike


class Try(msgspec.Struct, frozen=True):
    """One attempt at one shard."""

    order: Clean
    strike: Strike | None = None


class Ended(msgspec.Struct, frozen=True):
    """How it ended."""

    signal: int
    """That killed it; 0 when it came to its end."""
    result: Cleaned | None = None
    calls: tuple[str, ...] = ()


def attempt(given: Try) -> Ended:
    """Do what a worker of a clean does with a shard."""
    files = FaultFiles(RealFiles(), given.strike)
    result = answer(files, given.order, Pulse("t", lambda _: None, lambda: False))
    return Ended(0, result, tuple(files.calls))


def _in_a_child(given: Try) -> Ended:
    read_fd, write_fd = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(write_fd, "wb") as out:
                out.write(msgspec.json.encode(attempt(given)))
            os._exit(0)
        except BaseException:  # noqa: BLE001  # a fork must never return into its parent's loop
            traceback.print_exc()
            os._exit(1)
    os.close(write_fd)
    with os.fdopen(read_fd, "rb") as answered:
        line = answered.read()
    _, status = os.waitpid(child, 0)
    return Ended(os.WTERMSIG(status)) if os.WIFSIGNALED(status) else msgspec.json.decode(line, type=Ended)


def main() -> None:
    """Serve until there are no more."""
    for line in sys.stdin.buffer:
        ended = _in_a_child(msgspec.json.decode(line, type=Try))
        sys.stdout.buffer.write(msgspec.json.encode(ended) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
