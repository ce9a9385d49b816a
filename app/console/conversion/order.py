"""Which shards a table shows, and in which order, kept so by what changes."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from enum import StrEnum
from itertools import chain
from typing import Final

from app.console.conversion.roll import Change, Roll
from app.console.conversion.states import Shown

_AFRESH: Final = 0.1
"""Where this share of all shards changed at once, it is quicker to sort all of them again."""

_Key = tuple[float, int]
"""What a row is sorted by, and its shard."""


class Only(StrEnum):
    """Which shards are shown; the order is that of the key that goes through them."""

    ALL = "all"
    IN_HAND = "in hand"
    TROUBLE = "trouble"
    PENDING = "pending"
    DONE = "done"


class By(StrEnum):
    """What shards are sorted by; each has the end first that an operator looks for."""

    PLACE = "place"
    STATE = "state"
    SIZE = "size"
    TIME = "time"
    NEWEST = "newest"


ASCENDS: Final = {By.PLACE: True, By.STATE: True, By.SIZE: False, By.TIME: False, By.NEWEST: False}
"""The first of the corpus, the worst state; the largest, the slowest, the newest change."""

_WANTED: Final = {
    Only.PENDING: frozenset({Shown.PENDING, Shown.RECOVERING, Shown.AGAIN, Shown.CUT_OFF}),
    Only.IN_HAND: frozenset({Shown.IN_HAND}),
    Only.DONE: frozenset({Shown.DONE, Shown.SKIPPED}),
}


def value_of(roll: Roll, by: By) -> Callable[[int], float]:
    """Return what a shard is sorted by."""
    match by:
        case By.STATE:
            return roll.shown
        case By.SIZE:
            return roll.size_bytes
        case By.TIME:
            return roll.seconds
        case By.NEWEST:
            return roll.newest
        case By.PLACE:
            return float


class Order:
    """The rows of a table.

    Args:
        roll: the shards.
    """

    def __init__(self, roll: Roll) -> None:
        self.roll = roll
        self.only = Only.ALL
        self.by = By.PLACE
        self.text = ""
        self._sign = 1
        self._value = value_of(roll, By.PLACE)
        self._keys: list[_Key] = []
        self._key_of: dict[int, _Key] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def place(self, row: int) -> int:
        """Return the shard in a row."""
        return self._keys[row][1]

    def row(self, place: int) -> int | None:
        """Return the row of a shard; None where it is not shown."""
        key = self._key_of.get(place)
        return None if key is None else bisect_left(self._keys, key)

    def choose(self, *, only: Only | None = None, by: By | None = None, text: str | None = None) -> None:
        """Show others, or in another order."""
        before = (self.only, self.by, self.text)
        self.only, self.by = only or self.only, by or self.by
        self.text = self.text if text is None else text.casefold().strip()
        if self._keys and (self.only, self.by, self.text) == before:
            return
        self._sign = 1 if ASCENDS[self.by] else -1
        self._value = value_of(self.roll, self.by)
        self._rebuild()

    def take(self, changes: list[Change]) -> list[int] | None:
        """Bring the rows up to date.

        Returns:
            The shards that stay in their rows and read otherwise now; None where rows came, went or moved.
        """
        if len(changes) > max(64, _AFRESH * len(self.roll)):
            self._rebuild()
            return None
        stayed: list[int] | None = []
        for change in changes:
            before, after = self._key_of.get(change.place), self._wanted_key(change.place)
            if before != after:
                self._move(change.place, before, after)
                stayed = None
            elif after is not None and stayed is not None:
                stayed.append(change.place)
        return stayed

    def _wanted_key(self, place: int) -> _Key | None:
        return self._key(place) if self._is_wanted(place) else None

    def _move(self, place: int, before: _Key | None, after: _Key | None) -> None:
        if before is not None:
            del self._keys[bisect_left(self._keys, before)]
            del self._key_of[place]
        if after is not None:
            insort(self._keys, after)
            self._key_of[place] = after

    def _rebuild(self) -> None:
        every: Iterable[int] = range(len(self.roll))
        wanted = list(every if self.only is Only.ALL and not self.text else filter(self._is_wanted, every))
        keys = [(self._sign * value, place) for value, place in zip(map(self._value, wanted), wanted, strict=True)]
        self._key_of = dict(zip(wanted, keys, strict=True))
        self._keys = sorted(keys)

    def _key(self, place: int) -> _Key:
        return self._sign * self._value(place), place

    def _is_wanted(self, place: int) -> bool:
        match self.only:
            case Only.ALL:
                wanted = True
            case Only.TROUBLE:
                wanted = self.roll.is_trouble(place)
            case _:
                wanted = self.roll.shown(place) in _WANTED[self.only]
        return wanted and (not self.text or self.text in self.roll.searched(place))

    def next_trouble(self, row: int, step: int) -> int | None:
        """Return the next row with a shard in trouble, from the end to the beginning; None where there is none.

        Args:
            row: where the search begins; it comes last.
            step: 1 for on, -1 for back.
        """
        rows = range(len(self))
        ways: Iterable[int] = chain(rows[row + 1 :], rows[: row + 1])
        if step < 0:
            ways = chain(reversed(rows[:row]), reversed(rows[row:]))
        return next((at for at in ways if self.roll.is_trouble(self.place(at))), None)
