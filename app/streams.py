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
    return Console(stderr=True, highlight=False, markup=False)


def page() -> Console:
    """Return the console for tables that are a command's data; a pipe or a file never has them cut."""
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)


def say(text: str) -> None:
    """Tell a person something; goes to stderr."""
    sys.stdout.flush()
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class Data:
    """Lines for stdout, written at once and whole; a reader that went away stops nothing."""

    written = False
    """Whether anything was written by this process; a summary may still be owed to a script."""

    def __init__(self, farewell: str = "") -> None:
        self.reader_left = False
        self._farewell = farewell

    def write(self, line: bytes) -> None:
        """Write one line, its newline included."""
        if self.reader_left:
            return
        Data.written = True
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(STDOUT, rest) :]
        except BrokenPipeError:
            self.reader_left = True
            if self._farewell:
                say(self._farewell)
