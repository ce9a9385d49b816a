"""``python -m tests.engine.jobs.window.program CORPUS FIELDS``: a window in a process of its own, its log to stdout.

FIELDS is a JSON object of what the order says besides; the exit code is that of the command line.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from app.exit_codes import code_of
from engine.config import load_settings
from engine.jobs.registry import Order
from engine.jobs.start import run_job
from engine.run.events import Event


def _tell(_: Event, line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def main() -> int:
    corpus, fields = Path(sys.argv[1]), json.loads(sys.argv[2])
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    order = Order("window", corpus, load_settings(corpus).settings, **fields)
    return code_of(asyncio.run(run_job(order, corpus / ".gonogo", _tell)).outcome)


if __name__ == "__main__":
    sys.exit(main())
