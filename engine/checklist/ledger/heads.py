"""Ends of the ledger that were written down outside it: in the logs of the runs for which a gate opened."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from engine.checklist.ledger.lines import Head
from engine.run.events import GateOpened
from engine.run.reading import EventParser

_LINES_READ: Final = 200
"""A gate opens before anything else happens: its line is among the first of a log of thousands."""


def heads_of_runs(state: Path) -> Iterator[tuple[Head, str]]:
    """Yield the ends that runs wrote down, each with where."""
    parser = EventParser(GateOpened)
    for path in sorted(state.glob("runs/*/events.jsonl")):
        try:
            with path.open("rb") as log:
                lines = list(islice(log, _LINES_READ))
        except OSError:
            continue
        for line in lines:
            try:
                logged = parser.parse(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # a torn or damaged line of a log witnesses nothing
            if logged is not None:
                head = Head(logged.event.ledger_count, logged.event.ledger_sha256)
                yield head, f"the log of {path.parent.name}"
