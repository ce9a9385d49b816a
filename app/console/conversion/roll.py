"""The shards of a run by number, kept up to date by what changed: no look goes through all of them."""

from __future__ import annotations

from typing import Final, NamedTuple

from app.console.conversion.followed import Followed
from app.console.conversion.states import OF_STATE, SIGNS, TROUBLE, Shown, shown
from engine.convert.events import ShardDone, ShardTried

_KINDS: Final = tuple(Shown)
"""By their numbers: an enum's own look-up takes five times as long."""


class Change(NamedTuple):
    """One shard that was looked at again; a tuple, for at first there is one of each shard."""

    place: int
    before: Shown | None
    """None: it is new."""
    after: Shown


class Roll:
    """Every shard has a place, from 0 in the order in which the run told of it, for as long as the run is shown."""

    def __init__(self, view: Followed) -> None:
        self.view = view
        self.names: list[str] = []
        self.place_of: dict[str, int] = {}
        self.tally = [0] * len(Shown)
        """How many are shown as each."""
        self._shown = bytearray()
        self._newest: list[int] = []
        self._read = 0

    def __len__(self) -> int:
        return len(self.names)

    @property
    def behind(self) -> int:
        """How many changes :meth:`follow` would look at."""
        return len(self.view.touched) - self._read

    def follow(self) -> list[Change]:
        """Take what the run told since the last call; each shard comes once, as it is now."""
        touched = self.view.touched[self._read :]
        if not touched:
            return []
        at = self._read
        self._read += len(touched)
        newest = dict(zip(touched, range(at, self._read), strict=True))
        return [self._take(shard, number) for shard, number in newest.items()] if self.names else self._begin(newest)

    def _begin(self, newest: dict[str, int]) -> list[Change]:
        """Take all that a run told before it was looked at first: of 300,000 shards, that is a quarter of a second."""
        states = self.view.states
        self.names, self._newest = list(newest), list(newest.values())
        self.place_of = dict(zip(self.names, range(len(self.names)), strict=True))
        kinds = [OF_STATE.get(states.get(shard), Shown.PENDING) for shard in self.names]
        for shard in (*list(self.view.in_hand), *list(self.view.reasons)):  # copies: another thread may fold on
            if shard in self.place_of:
                kinds[self.place_of[shard]] = shown(self.view, shard)
        self._shown = bytearray(kinds)
        self.tally = [self._shown.count(kind) for kind in Shown]
        return [Change(place, None, kind) for place, kind in enumerate(kinds)]

    def _take(self, shard: str, number: int) -> Change:
        after = shown(self.view, shard)
        self.tally[after] += 1
        place = self.place_of.setdefault(shard, len(self.names))
        if place == len(self.names):
            self.names.append(shard)
            self._shown.append(after)
            self._newest.append(number)
            return Change(place, None, after)
        before = _KINDS[self._shown[place]]
        self.tally[before] -= 1
        self._shown[place], self._newest[place] = after, number
        return Change(place, before, after)

    def shown(self, place: int) -> Shown:
        """Say what is shown of a shard."""
        return _KINDS[self._shown[place]]

    def count(self, places: range, kind: Shown) -> int:
        """Return how many of these shards, one behind the other, are shown as one kind."""
        return self._shown.count(kind, places.start, places.stop)

    def newest(self, place: int) -> int:
        """Return a number that is the larger, the later the shard's last change was."""
        return self._newest[place]

    def is_trouble(self, place: int) -> bool:
        """Tell whether a person looks for it: it failed, is quarantined, or was tried once in vain."""
        return self._shown[place] in TROUBLE or self.names[place] in self.view.reasons

    def size_bytes(self, place: int) -> int:
        """Return the size of a shard's tar before; 0 where nobody told."""
        shard = self.names[place]
        known = self.view.sizes.get(shard)
        if known is not None:
            return known
        event = self.view.last.get(shard)
        return int(getattr(event, "size_bytes", 0))

    def seconds(self, place: int) -> float:
        """Return how long a worker took for it; 0 where none did in this run."""
        event = self.view.last.get(self.names[place])
        return event.seconds if isinstance(event, ShardDone | ShardTried) else 0.0

    def searched(self, place: int) -> str:
        """Return the text in which words are looked for."""
        shard = self.names[place]
        return f"{shard} {SIGNS[self.shown(place)].word} {self.view.reasons.get(shard, '')}".casefold()
