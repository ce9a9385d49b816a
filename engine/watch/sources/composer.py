"""Composer and llm-foundry: ``[batch=1/100]:`` and below it, indented, a metric a line; or all on one line.

A run whose length is told in epochs counts its batches in each epoch anew (``[epoch=2][batch=1/20]``), one whose
length is told in tokens names none (``[token=4096/1048576]``): the batches that were trained before this one are
``time/batch`` in the block. An evaluation (``[Eval batch=20/20] Eval on eval data:``) belongs to the step before it.
"""

from __future__ import annotations

import re
from typing import Final

from engine.watch.records import EPOCH
from engine.watch.sources.numbers import NUMBER, read_number, read_step
from engine.watch.sources.reading import NOTHING, Reading
from engine.watch.sources.stamps import line_time
from engine.watch.sources.steps import EpochSteps

_HEAD: Final = re.compile(
    r"(?:\[epoch=(?P<epoch>\d+)(?:/\d+)?\])?"
    r"\[(?:(?P<eval>[Ee]val )?batch|ba|(?P<other>token|sample|iteration|second))="
    r"(?P<count>[\d,]+)(?:/(?P<total>[\d,]+))?\](?: Eval on .*data)?:?\s*(?P<rest>.*)$"
)
_PAIR: Final = re.compile(rf"(?:(Train|Eval) )?([A-Za-z_][\w/.\-]*): ({NUMBER})(?!\w)")
_INDENTED: Final = re.compile(r"^(?:\d+:)?\s+\S")
_HEADS: Final = (
    b"[batch=", b"[ba=", b"[eval batch=", b"[Eval batch=", b"[token=", b"[sample=", b"[iteration=", b"[second=",
)  # fmt: skip
_STEP: Final = "trainer/global_step"
_BATCHES_BEFORE: Final = "time/batch"
"""Composer's own count, of whole batches before the one that the block is about."""


class ComposerReader:
    """A small state machine: a header opens a block, indented lines fill it, anything else closes it."""

    def __init__(self) -> None:
        self._head: re.Match[str] | None = None
        self._seen = False
        self._step = 0
        self._placed = False
        self._steps = EpochSteps()
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
        return None if self._seen else _HEADS

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
        if not values or self._head is None:
            return None
        self._place(values)
        if self._head["epoch"]:
            values.setdefault(EPOCH, float(self._head["epoch"]))
        return Reading(self._step, values, self._time_s)

    def restart(self) -> None:
        """Forget an open block."""
        self._head, self._values, self._open = None, {}, False

    def resumes(self, line: str) -> bool:
        """Composer says nothing of its own."""
        del line
        return False

    def notes(self) -> tuple[str, ...]:
        """Nothing to say."""
        return ()

    def _enter(self, head: re.Match[str], line: str) -> Reading | None:
        is_same = self._head is not None and self._head.groups()[:-1] == head.groups()[:-1]
        closed = None if is_same else self.flush()
        self._placed = self._placed and is_same
        self._head, self._open, self._seen = head, True, True
        self._time_s = line_time(line)
        self._add(head["rest"])
        return closed or NOTHING

    def _place(self, values: dict[str, float]) -> None:
        """Find the block's step; one that was told in two pieces keeps it, and an evaluation has that before it."""
        assert self._head is not None
        told = read_step(values.pop(_STEP, None))
        before = read_step(values.get(_BATCHES_BEFORE))
        if self._placed or self._head["eval"]:
            return
        self._placed = True
        batch, batches = (int((self._head[name] or "0").replace(",", "")) for name in ("count", "total"))
        if self._head["epoch"] and not self._head["other"]:
            batch = self._steps.at(int(self._head["epoch"]), batch, batches)
        elif not self._head["other"]:
            before = None  # the header counts the whole run itself
        if before is not None:
            batch = before + 1
        self._step = batch if told is None else told

    def _add(self, text: str) -> bool:
        pairs = _PAIR.findall(text)
        for side, name, number in pairs:
            value = read_number(number)
            if value is not None:
                self._values[f"eval/{name}" if side == "Eval" and "eval" not in name else name] = value
        return bool(pairs)
