"""Starts of a run: which segment a row belongs to, and which rows are only said again.

A step that goes back means that the run was started again from a checkpoint: a new segment. But programs also repeat
themselves (a solver prints its past summaries after a resume, a logger rewrites its file with one more column, a copy
of a log is fetched anew), and a row that was told already, number for number, is neither news nor a new segment.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Final

from engine.watch.records import EPOCH, STEPS_PER_S, TOKENS_PER_S

_NO_MARK: Final = frozenset({EPOCH, STEPS_PER_S, TOKENS_PER_S})
"""Clocks and counters: a progress bar repeats its loss with another rate."""


class Segments:
    """Places the rows of one run. Memory: eight bytes a row."""

    def __init__(self) -> None:
        self.current = 0
        """The segment of the newest row."""
        self._marks = array("q")
        self._begin = 0
        self._again: int | None = None
        self._newest: dict[str, int] = {}
        self._highest = -1
        self._at_highest: set[int] = set()
        self._earlier: set[int] | None = None
        self._resumed = False

    def place(self, step: int, values: Mapping[str, float]) -> int | None:
        """Return the row's segment, or None where it was told before."""
        # NaN is not equal to itself and hashes by its place in memory: here one NaN is as good as another.
        said = [
            (name, "nan" if value != value else value)  # noqa: PLR0124
            for name, value in values.items()
            if name not in _NO_MARK
        ]
        mark = hash((step, *said))
        if self._is_reread(mark) or self._is_repeated(step, mark):
            return None
        goes_back = step < self._highest and any(step < self._newest.get(name, -1) for name, _ in said)
        if (goes_back or self._resumed) and self._marks:
            self._start()
        self._resumed = False
        self._marks.append(mark)
        for name in values:
            self._newest[name] = step
        if step > self._highest:
            self._highest, self._at_highest, self._earlier = step, set(), None
        if step == self._highest:
            self._at_highest.add(mark)
        elif self._earlier is not None:
            self._earlier.add(mark)
        return self.current

    def resumed(self) -> None:
        """Note that the log says so: the next row that is not a repetition starts a new segment."""
        self._resumed = True

    def reread(self) -> None:
        """Note that the file is read again from its beginning: rows are repetitions as long as they are the same."""
        self._again = 0

    def _is_reread(self, mark: int) -> bool:
        if self._again is None:
            return False
        if self._again < len(self._marks) and self._marks[self._again] == mark:
            self._again += 1
            return True
        self._again = None
        return False

    def _is_repeated(self, step: int, mark: int) -> bool:
        if step > self._highest:
            return False
        if step == self._highest:
            return mark in self._at_highest
        if self._earlier is None:
            self._earlier = set(self._marks[self._begin :])
        return mark in self._earlier

    def _start(self) -> None:
        self.current += 1
        self._begin = len(self._marks)
        self._newest, self._highest, self._at_highest, self._earlier = {}, -1, set(), None
