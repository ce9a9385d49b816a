"""Real trainers as child processes that are followed while they write, killed, and started again."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path

from engine.watch.records import Record
from engine.watch.sources.base import Source

PATIENCE_S = 180.0
"""Importing torch and a trainer takes five seconds of a quiet core, and half a minute where others use the machine."""


def start(program: str, output: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Run a program whose output is appended to a file."""
    with output.open("ab") as log:
        argv = [sys.executable, "-u", "-c", program, *arguments]
        return subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT)


def start_in_terminal(program: str, output: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Run a program on a terminal of 120 columns, and append what it draws to a file, as ``script`` does."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    child = _InTerminal([sys.executable, "-u", "-c", program, *arguments], stdin=inside, stdout=inside, stderr=inside)
    os.close(inside)
    child.recorder = threading.Thread(target=_record, args=(terminal, output), daemon=True)
    child.recorder.start()
    return child


class _InTerminal(subprocess.Popen[bytes]):
    """Has ended when all that it drew was written down."""

    recorder: threading.Thread

    def wait(self, timeout: float | None = None) -> int:
        code = super().wait(timeout)
        self.recorder.join(timeout)
        return code


def _record(terminal: int, output: Path) -> None:
    with output.open("ab", buffering=0) as log:
        while True:
            try:
                drawn = os.read(terminal, 1 << 16)
            except OSError:  # EIO: nobody has the terminal open any more
                os.close(terminal)
                return
            log.write(drawn)


def follow(
    source: Source, child: subprocess.Popen[bytes], *, until: Callable[[list[Record]], bool] | None = None
) -> list[Record]:
    """Poll while a child writes: to its end, or until enough was seen, and then it is killed where it stands."""
    records: list[Record] = []
    deadline = time.monotonic() + PATIENCE_S
    try:
        while child.poll() is None:
            assert time.monotonic() < deadline, f"the program is silent: {source.status()}"
            batch = source.poll()
            records += batch.records
            if until is not None and until(records):
                child.kill()
                child.wait()
            if batch:
                deadline = time.monotonic() + PATIENCE_S
            else:
                time.sleep(0.02)  # the polling interval, not a synchronisation: the loop ends by what was read
    finally:
        child.kill()
        child.wait()
    while batch := source.poll():
        records += batch.records
    return records
