"""What is asked of the rows of a table of text while they go by."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from engine.checklist.kinds.table_findings import EXAMPLES, Finding, cut, quoted
from engine.units import counted

_DIGEST_BYTES = 16
"""Keys are remembered by a hash of so many bytes: two of 10**9 keys fall together once in 10**20 times."""


class RowTest(ABC):
    """One question to every row."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        """The columns that it looks at."""
        self._rows = 0
        self._wrong = 0
        self._examples: list[str] = []

    @property
    def _name(self) -> str:
        return cut(",".join(self.columns), 80)

    @abstractmethod
    def take(self, line: int, cells: Sequence[str]) -> None:
        """Look at a row: its line, and its cells in the columns."""

    @abstractmethod
    def finding(self) -> Finding:
        """Say what was found in all rows."""

    def _note(self, example: str) -> None:
        self._wrong += 1
        if len(self._examples) < EXAMPLES:
            self._examples.append(example)


class NotEmpty(RowTest):
    """No cell is empty or blank."""

    def __init__(self, column: str) -> None:
        super().__init__((column,))

    def take(self, line: int, cells: Sequence[str]) -> None:
        """Look at a row."""
        self._rows += 1
        if not cells[0].strip():
            self._note(f"{line:,}")

    def finding(self) -> Finding:
        """Say how many are empty, and in which lines."""
        told = f"{self._name}: empty in {self._wrong:,} of {counted(self._rows, 'row')}"
        if self._wrong:
            return Finding(False, f"{told} (line {', '.join(self._examples)}), wanted none")
        return Finding(True, told)


class Unique(RowTest):
    """No two rows have the same key, and none is without one."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        super().__init__(columns)
        self._lines: dict[bytes, int] = {}
        self._without = 0

    def take(self, line: int, cells: Sequence[str]) -> None:
        """Look at a row."""
        self._rows += 1
        if not all(cells):
            self._without += 1
            return
        key = blake2b("\0".join(cells).encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
        first = self._lines.setdefault(key, line)
        if first != line:
            self._note(f"{cut(', '.join(cells), 60)!r} in lines {first:,} and {line:,}")

    def finding(self) -> Finding:
        """Say how many come again, and where."""
        told = []
        if self._wrong:
            again = f"{counted(self._wrong, 'row')} with a key that another row has"
            told.append(f"{again} ({'; '.join(self._examples)})")
        if self._without:
            told.append(f"{counted(self._without, 'row')} without one")
        if told:
            return Finding(False, f"{self._name}: {' and '.join(told)}, wanted each row to have its own")
        return Finding(True, f"{self._name}: its own in each of {counted(self._rows, 'row')}")


class PathsExist(RowTest):
    """Every path exists under a folder, and stays in it."""

    def __init__(self, column: str, root: Path) -> None:
        super().__init__((column,))
        self._root = os.path.normpath(root.absolute())

    def take(self, line: int, cells: Sequence[str]) -> None:
        """Look at a row."""
        self._rows += 1
        path = os.path.normpath(os.path.join(self._root, cells[0]))  # noqa: PTH118  # half the cost of a Path
        stays = path.startswith(self._root.rstrip("/") + "/")
        if not cells[0] or not stays or "\0" in path or not os.path.exists(path):  # noqa: PTH110
            self._note(cells[0])

    def finding(self) -> Finding:
        """Say how many are broken, and name three."""
        told = f"{self._name}: {self._wrong:,} of {counted(self._rows, 'path')} broken"
        if self._wrong:
            return Finding(False, f"{told} ({quoted(self._examples)}), wanted none under {cut(self._root, 200)}")
        return Finding(True, told)
