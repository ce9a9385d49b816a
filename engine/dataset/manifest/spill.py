"""Tens of millions of keys beside little memory: rows of numbers, dealt out to files by the first bits of their key.

Rows with one key come to lie in one file, so that what is alike is found file by file (a Grace hash join's first half:
Kitsuregawa et al., "Application of hash to data base machine and its architecture", 1983).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

Numbers = np.ndarray[tuple[int], np.dtype[np.uint64]]
Rows = np.ndarray[tuple[int, int], np.dtype[np.uint64]]

_BITS: Final = 6
"""64 files: of ten million rows each has 160,000, which take 5 MB; of a hundred million one takes 50 MB."""
_HELD_ROWS: Final = 1 << 17
"""Dealt out together: 2,000 rows a file and call."""


class Spill:
    """Rows of 64-bit numbers; the first two columns are a 128-bit key.

    Args:
        folder: for the files; must be there, and goes with them.
        name: what the files' names begin with.
        width: how many numbers a row has.
    """

    def __init__(self, folder: Path, name: str, width: int) -> None:
        self._paths = [folder / f"{name}-{part:02d}" for part in range(1 << _BITS)]
        self._held: Rows = np.empty((_HELD_ROWS, width), np.uint64)
        self._count = 0

    def add(self, *columns: Numbers) -> None:
        """Take rows, given column by column."""
        start, rows = 0, len(columns[0])
        while start < rows:
            count = min(rows - start, _HELD_ROWS - self._count)
            for at, column in enumerate(columns):
                self._held[self._count : self._count + count, at] = column[start : start + count]
            start, self._count = start + count, self._count + count
            if self._count == _HELD_ROWS:
                self._deal()

    def twins(self) -> Iterator[Rows]:
        """Yield, file by file, the rows whose whole key another row has too, sorted by key and then as they came."""
        self._deal()
        for path in self._paths:
            if path.exists():
                rows = np.fromfile(path, np.uint64).reshape(-1, self._held.shape[1])
                path.unlink()
                yield _twins(rows)

    def _deal(self) -> None:
        rows, self._count = self._held[: self._count], 0
        part = (rows[:, 0] >> np.uint64(64 - _BITS)).astype(np.uint8)
        rows = rows.take(np.argsort(part, kind="stable"), axis=0)  # twice as quick as rows[...]
        ends = np.cumsum(np.bincount(part, minlength=len(self._paths)))
        for path, start, end in zip(self._paths, [0, *ends[:-1]], ends, strict=True):
            if start < end:
                with path.open("ab") as file:
                    file.write(rows[start:end].data)


def _twins(rows: Rows) -> Rows:
    """Keep the rows whose key is there twice; first by half of it, for most keys are there once."""
    highs = np.sort(rows[:, 0])
    again = np.unique(highs[1:][highs[1:] == highs[:-1]])
    if not again.size:
        return rows[:0]
    rows = rows[_may_be_in(again, rows[:, 0])]
    places = np.searchsorted(again, rows[:, 0])
    rows = rows[again[np.minimum(places, again.size - 1)] == rows[:, 0]]
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    same = (rows[1:, :2] == rows[:-1, :2]).all(axis=1)
    found: Rows = rows[np.append(same, False) | np.insert(same, 0, False)]
    return found


def _may_be_in(few: Numbers, many: Numbers) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell quickly which numbers are certainly not among a few: by their lowest bits."""
    marks = np.zeros(1 << 16, np.bool_)
    marks[few.astype(np.uint16)] = True
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = marks[many.astype(np.uint16)]
    return found
