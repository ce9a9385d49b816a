"""Lines of a file that grows, read backwards: a log of any size opens at once, for what is newest stands at its end.

Nothing is known of what a line holds. Only whole lines count; one without its end is waited for. What is kept in
memory is one number for each block of the file, and the ends of the lines in the few blocks that were asked for last.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BLOCK_BYTES: Final = 1 << 16
"""One read, and one number of the index: a log of 100 GB has an index of 12 MB."""
LONGEST_BYTES: Final = 1 << 18
"""Of a longer line only the beginning is read: four times what one message of ours may hold."""
LOOK_BYTES: Final = 32 << 20
"""What one look indexes at most: 10 to 20 ms where the file is in memory."""
_TOGETHER_BYTES: Final = 1 << 20
"""Lines beside each other are read at once up to so many bytes."""
_BLOCKS_KEPT: Final = 32


@dataclass(frozen=True, slots=True)
class LogLine:
    """One whole line."""

    number: int
    """Counted from where reading began: 0 and up for what came later, -1 and down for what was there."""
    offset: int
    """Where it begins in the file, in bytes."""
    size: int
    """In bytes, its newline not counted."""
    content: bytes
    """Without its newline; only the beginning of one that is longer than ``LONGEST_BYTES``."""

    @property
    def is_cut(self) -> bool:
        """Tell whether there is more of it than was read."""
        return len(self.content) < self.size


class GrowingLines:
    """The lines of one file, for one thread.

    Args:
        path: the file, which need not be there yet.
        block_bytes: how much is read at a time.
        longest_bytes: of a longer line only so much is read.
    """

    def __init__(self, path: Path, block_bytes: int = BLOCK_BYTES, longest_bytes: int = LONGEST_BYTES) -> None:
        self.path = path
        self.generation = 0
        """Grows where the file was cut short or another was put in its place: numbers then mean other lines."""
        self._block_bytes, self._longest_bytes = block_bytes, longest_bytes
        self._fd: int | None = None
        self._inode = -1
        self._begin(0)

    def _begin(self, size: int) -> None:
        """Forget everything: what is to be known begins at this size."""
        self._size = size
        self._pivot = size // self._block_bytes
        """The block in which reading begins; later ones count up from it, earlier ones down."""
        self._newer = array("q")
        """How many lines end in the blocks from the pivot to this one."""
        self._older = array("q")
        """How many lines end in the blocks from the one before the pivot down to this one."""
        self._ends: OrderedDict[int, array[int]] = OrderedDict()
        self._indexed = self._pivot * self._block_bytes
        """Up to here the blocks from the pivot on are counted, for good."""
        self._whole_end = 0
        """Where the newest whole line ends."""

    # Looking.

    def look(self, most_bytes: int = LOOK_BYTES) -> bool:
        """Take in what came, and some of what was there before; return whether more came than one look takes in."""
        size = self._open()
        if size is None:
            return False
        if size < max(self._whole_end, self._indexed):
            self._restart(size)
        self._size = size
        more = self._forward(most_bytes)
        self._back(most_bytes)
        last = self._end_of(self.newest)
        self._whole_end = 0 if last is None else last + 1
        return more

    def _open(self) -> int | None:
        """Return the size of the file; None where there is none, and what was read of it stays."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        if self._fd is None or found.st_ino != self._inode:
            try:
                fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                return None
            was_open = self._fd is not None
            self.close()
            found = os.fstat(fd)
            self._fd, self._inode = fd, found.st_ino
            if was_open:
                self._restart(found.st_size)
            else:
                self._begin(found.st_size)
        return found.st_size

    def _restart(self, size: int) -> None:
        self.generation += 1
        self._begin(size)

    def _forward(self, most_bytes: int) -> bool:
        """Count the blocks from the pivot on; the last one, which may still grow, again at every look."""
        block = self._indexed // self._block_bytes
        del self._newer[block - self._pivot :]
        self._ends.pop(block, None)
        most = max(1, most_bytes // self._block_bytes)
        while block * self._block_bytes < self._size and most:
            before = self._newer[-1] if self._newer else 0
            self._newer.append(before + self._read_block(block).count(b"\n"))
            if (block + 1) * self._block_bytes > self._size:
                break  # it is not full
            block, most = block + 1, most - 1
        self._indexed = block * self._block_bytes
        return not most and self._indexed < self._size

    def _back(self, most_bytes: int) -> None:
        for _ in range(max(1, most_bytes // self._block_bytes)):
            block = self._pivot - 1 - len(self._older)
            if block < 0:
                return
            before = self._older[-1] if self._older else 0
            self._older.append(before + self._read_block(block).count(b"\n"))

    # What is known.

    @property
    def newest(self) -> int:
        """The number of the newest whole line; less than :attr:`oldest` where there is none."""
        return (self._newer[-1] if self._newer else 0) - 1

    @property
    def oldest(self) -> int:
        """The number of the oldest line that can be read by now."""
        known = self._older[-1] if self._older else 0
        return -known if self.is_whole else min(-known + 1, self.newest + 1)

    @property
    def count(self) -> int:
        """How many lines can be read by now."""
        return self.newest + 1 - self.oldest

    @property
    def is_whole(self) -> bool:
        """Tell whether every line is known."""
        return len(self._older) >= self._pivot

    @property
    def size_bytes(self) -> int:
        """The size of the file at the last look."""
        return self._size

    @property
    def torn_bytes(self) -> int:
        """How much stands behind the last whole line: the beginning of one whose end is not there yet."""
        return self._size - self._whole_end if self.is_whole or self._whole_end else 0

    # Reading.

    def lines(self, first: int, last: int) -> Iterator[LogLine]:
        """Read lines from one number to another, both included; what is not known, or gone, is left out."""
        batch: list[tuple[int, int, int]] = []
        for number in range(max(first, self.oldest), min(last, self.newest) + 1):
            start, end = self._start_of(number), self._end_of(number)
            if start is None or end is None:
                continue
            if batch and (batch[-1][2] + 1 != start or end - batch[0][1] > _TOGETHER_BYTES):
                yield from self._read(batch)
                batch = []
            batch.append((number, start, end))
        yield from self._read(batch)

    def line(self, number: int) -> LogLine | None:
        """Read one line; None where there is none of this number any more."""
        return next(self.lines(number, number), None)

    def read(self, offset: int, size: int) -> bytes:
        """Read some of the file, as it stands there."""
        return b"" if self._fd is None else os.pread(self._fd, size, offset)

    def close(self) -> None:
        """Let go of the file."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _read(self, batch: list[tuple[int, int, int]]) -> Iterator[LogLine]:
        if not batch:
            return
        begins = batch[0][1]
        together = self.read(begins, min(batch[-1][2] - begins, max(_TOGETHER_BYTES, self._longest_bytes)))
        for number, start, end in batch:
            content = together[start - begins : min(end - begins, start - begins + self._longest_bytes)]
            yield LogLine(number, start, end - start, content)

    def _start_of(self, number: int) -> int | None:
        if number - 1 < -(self._older[-1] if self._older else 0):
            return 0
        before = self._end_of(number - 1)
        return None if before is None else before + 1

    def _end_of(self, number: int) -> int | None:
        """Return where the newline of a line stands; None where the file holds fewer than it did."""
        if number >= 0:
            at = bisect_right(self._newer, number)
            if at >= len(self._newer):
                return None
            block, within = self._pivot + at, number - (self._newer[at - 1] if at else 0)
            ends = self._ends_in(block)
        else:
            back = -number - 1
            at = bisect_right(self._older, back)
            if at >= len(self._older):
                return None
            block = self._pivot - 1 - at
            ends = self._ends_in(block)
            within = len(ends) - 1 - (back - (self._older[at - 1] if at else 0))
        return block * self._block_bytes + ends[within] if 0 <= within < len(ends) else None

    def _ends_in(self, block: int) -> array[int]:
        """Return where lines end in a block, from its beginning."""
        found = self._ends.get(block)
        if found is None:
            found = self._ends[block] = _newlines(self._read_block(block))
            if len(self._ends) > _BLOCKS_KEPT:
                self._ends.popitem(last=False)
        else:
            self._ends.move_to_end(block)
        return found

    def _read_block(self, block: int) -> bytes:
        begins = block * self._block_bytes
        return self.read(begins, max(0, min(self._block_bytes, self._size - begins)))


def _newlines(content: bytes) -> array[int]:
    found = array("q")
    at = content.find(b"\n")
    while at >= 0:
        found.append(at)
        at = content.find(b"\n", at + 1)
    return found
