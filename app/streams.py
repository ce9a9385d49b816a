"""The two streams: data to stdout, everything else to stderr; nobody else writes to either."""

from __future__ import annotations

import contextlib
import os
import sys

from rich.console import Console

STDOUT = 1
_PIPE_COLUMNS = 400
"""Where nobody looks, no cell is cut for want of columns."""


def terminal() -> Console:
    """Return the console for messages and progress."""
    return Console(stderr=True, highlight=False)


def page() -> Console:
    """Return the console for tables that are a command's data; a pipe or a file never has them cut."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)


def say(text: str) -> None:
    """Tell a person something; goes to stderr."""
    sys.stdout.flush()
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class Data:
    """Lines for stdout, written at once and whole; a reader that went away does not stop a run."""

    def __init__(self) -> None:
        self.reader_left = False

    def write(self, line: bytes) -> None:
        """Write one line, its newline included."""
        if self.reader_left:
            return
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(STDOUT, rest) :]
        except BrokenPipeError:
            self.reader_left = True
            say("gonogo: nobody reads standard output any more; the run goes on, and its log has everything")
