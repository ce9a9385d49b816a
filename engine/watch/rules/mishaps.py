"""R12: trouble that the log tells in words, with the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.errors import printable
from engine.watch.alerts import Level, Verdict
from engine.watch.records import Mishap, MishapKind
from engine.watch.rules.base import NOTHING, green
from engine.watch.thresholds import Mishaps

_GREEN: Final = green("R12")
_SAYS: Final = {
    MishapKind.OUT_OF_MEMORY: (
        Level.RED,
        "Memory ran out",
        "Halve the batch size (8 → 4), double the steps of gradient accumulation, and start again from the checkpoint.",
    ),
    MishapKind.TRACEBACK: (
        Level.RED,
        "The trainer raised an exception",
        "Read the traceback; a trainer that swallows it and goes on may be training nothing.",
    ),
    MishapKind.SAVE_FAILED: (
        Level.RED,
        "A checkpoint was not saved",
        "Make room on the volume or mend its permissions before the next save; until then a crash loses the work.",
    ),
    MishapKind.INTERRUPTED: (
        Level.YELLOW,
        "The run was interrupted",
        "See that it comes back from its newest checkpoint.",
    ),
}
"""Overflows are missing here: they are rule R9's."""


class Told:
    """Holds the newest mishap until the run has written records enough to have survived it."""

    def __init__(self, numbers: Mishaps) -> None:
        self._numbers = numbers
        self._since = -1

    def take(self, mishap: Mishap) -> Sequence[Verdict]:
        """Say what a mishap means."""
        if mishap.kind not in _SAYS:
            return NOTHING
        level, what, advice = _SAYS[mishap.kind]
        where = "" if mishap.step is None else f" after step {mishap.step:,}"
        self._since = 0
        told = f"{what}{where}: {printable(mishap.text)}"
        return (Verdict("R12", level, mishap.step, None, None, "1 line", told, advice),)

    def look(self) -> Sequence[Verdict]:
        """Count a record; green once enough came."""
        if self._since < 0:
            return NOTHING
        self._since += 1
        return _GREEN if self._since > self._numbers.over_after_records else NOTHING
