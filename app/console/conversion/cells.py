"""The map's cells: one shard each, or, where there are more than fit, some, of which the worst is seen. Pure."""

from __future__ import annotations

import math

from app.console.conversion.roll import Change, Roll
from app.console.conversion.states import Shown

_KINDS = len(Shown)


class Cells:
    """What stands in each cell; a change costs the same, however many shards there are.

    Args:
        roll: the shards.
    """

    def __init__(self, roll: Roll) -> None:
        self.roll = roll
        self.width = 1
        self.each = 1
        """Shards in a cell."""
        self._counts: list[int] = []
        """Of each cell how many shards it has of each kind, one cell behind the other; unused where each has one."""

    def __len__(self) -> int:
        return math.ceil(len(self.roll) / self.each)

    @property
    def rows(self) -> int:
        """How many lines they fill."""
        return math.ceil(len(self) / self.width)

    def lay(self, width: int, height: int, *, whole: bool) -> bool:
        """Lay the cells out; tell whether they lie otherwise than before.

        Args:
            width: columns.
            height: lines in sight.
            whole: all in sight, and so many in a cell as that takes; else one in a cell, and the rest out of sight.
        """
        width, room = max(1, width), max(1, width) * max(1, height)
        each = max(1, math.ceil(len(self.roll) / room)) if whole else 1
        if (width, each) == (self.width, self.each):
            return False
        self.width, self.each = width, each
        self._count()
        return True

    def _count(self) -> None:
        cells = range(len(self)) if self.each > 1 else ()
        self._counts = [self.roll.count(self.places(cell), kind) for cell in cells for kind in Shown]

    def take(self, changes: list[Change]) -> set[int]:
        """Bring the cells up to date; return the lines that read otherwise now."""
        if self.each > 1:
            self._counts += [0] * (_KINDS * len(self) - len(self._counts))
            for change in changes:
                at = change.place // self.each * _KINDS
                self._counts[at + change.after] += 1
                if change.before is not None:
                    self._counts[at + change.before] -= 1
        return {change.place // self.each // self.width for change in changes if change.before != change.after}

    def cell(self, place: int) -> int:
        """Return the cell of a shard."""
        return place // self.each

    def places(self, cell: int) -> range:
        """Return the shards of a cell."""
        return range(cell * self.each, min(len(self.roll), (cell + 1) * self.each))

    def worst(self, cell: int) -> Shown:
        """Return what is seen of a cell."""
        if self.each == 1:
            return self.roll.shown(cell)
        at = cell * _KINDS
        return next((kind for kind in Shown if self._counts[at + kind]), Shown.PENDING)

    def place_shown(self, cell: int) -> int:
        """Return the shard that a cell stands for: the first of its worst."""
        worst = self.worst(cell)
        return next((place for place in self.places(cell) if self.roll.shown(place) is worst), cell * self.each)
