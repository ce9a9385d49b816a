"""``gonogo`` with its paints and the bytes that it writes to the terminal counted, in a file that others may read.

``GONOGO_BENCH_COUNTERS=FILE python -m benchmarks.counted_console attach RUN``
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from textual.drivers.linux_driver import LinuxDriver

from app.cli import main
from benchmarks.console_rig import COUNTED, COUNTERS


def count() -> None:
    """Have every piece that the console writes counted: Textual writes each paint as one."""
    with Path(os.environ[COUNTERS]).open("r+b") as file:
        shared = mmap.mmap(file.fileno(), COUNTED.size)
    write = LinuxDriver.write

    def counted(self: LinuxDriver, data: str) -> None:
        paints, written = COUNTED.unpack_from(shared)
        COUNTED.pack_into(shared, 0, paints + 1, written + len(data.encode()))
        write(self, data)

    LinuxDriver.write = counted  # type: ignore[method-assign]  # a benchmark counts what the product need not


if __name__ == "__main__":
    count()
    main()
