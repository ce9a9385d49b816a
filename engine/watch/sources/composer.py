"""Composer and llm-foundry: ``[batch=1/100]:`` and below it, indented, a metric a line; or all on one line."""

from __future__ import annotations

import re
from typing import Final

from engine.watch.records import EPOCH
from engine.watch.sources.lines import NOTHING, Reading, line_time
from engine.watch.sources.numbers import NUMBER, read_number, read_step

_HEAD: Final = re.compile(
    r"(?:\[epoch=(?P<epoch>\d+)(?:/\d+)?\])?"
    r"\[(?:(?P<eval>eval )?batch|ba)=(?P<batch>[\d,]+)(?:/[\d,]+)?\]:?\s*(?P<rest>.*)$"
)
_PAIR: Final = re.compile(rf"(?:(Train|Eval) )?([A-Za-z_][\w/.\-]*): ({NUMBER})(?!\w)")
_INDENTED: Final = re.compile(r"^(?:\d+:)?\s+\S")
_HEADS: Final = (b"[batch=", b"[ba=", b"[eval batch=")
_STEP: Final = "trainer/global_step"


class ComposerReader:
    """A small state machine: a header opens a block, indented lines fill it, anything else closes it."""

    def __init__(self) -> None:
        self._step: int | None = None
        self._values: dict[str, float] = {}
        self._time_s: float | None = None
        self._open = False

    @property
    def format(self) -> str:
        """The format's name."""
        return "composer"

    @property
    def anchors(self) -> tuple[bytes, ...] | None:
        """A header; from the first on None: a metric stands on a line of its own, under any name."""
        return _HEADS if self._step is None else None

    def read(self, line: str) -> Reading | None:
        """Return the block that this line closes; an open block says nothing yet."""
        head = _HEAD.search(line) if "[" in line else None
        if head is not None:
            return self._enter(head, line)
        if self._open and _INDENTED.match(line) and self._add(line):
            return NOTHING
        self._open = False
        return None

    def flush(self) -> Reading | None:
        """Return the block that is open."""
        values, self._values = self._values, {}
        if not values or self._step is None:
            return None
        step = read_step(values.pop(_STEP, None))
        return Reading(self._step if step is None else step, values, self._time_s)

    def restart(self) -> None:
        """Forget an open block."""
        self._values, self._open = {}, False

    def resumes(self, line: str) -> bool:
        """Composer says nothing of its own."""
        del line
        return False

    def notes(self) -> tuple[str, ...]:
        """Nothing to say."""
        return ()

    def _enter(self, head: re.Match[str], line: str) -> Reading | None:
        step = int(head["batch"].replace(",", ""))
        if head["eval"]:  # the place in the evaluation set: its metrics come in a block of their own
            return NOTHING
        closed = self.flush() if step != self._step else None
        self._step, self._open = step, True
        self._time_s = line_time(line)
        self._add(head["rest"])
        if head["epoch"]:
            self._values.setdefault(EPOCH, float(head["epoch"]))
        return closed or NOTHING

    def _add(self, text: str) -> bool:
        pairs = _PAIR.findall(text)
        for side, name, number in pairs:
            value = read_number(number)
            if value is not None:
                self._values[f"eval/{name}" if side == "Eval" and "eval" not in name else name] = value
        return bool(pairs)
