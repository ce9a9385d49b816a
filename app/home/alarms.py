"""The alerts, by the same source as their own screen: what somebody has acknowledged there is quiet here too."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from app.home.slowly import Slowly
from app.home.values import Concern, Kind, Ref

if TYPE_CHECKING:
    from app.alerts import Concern as Told
    from app.alerts_reading import AlertsSeen

_LEAST_S: Final = 1.0
_MOST_S: Final = 5.0
"""Windows become late, and answers stale, without a line in any log."""
_READS_S: Final = 0.5
"""So long one turn reads in logs that are not read to their end yet."""


class Source(Protocol):
    """What :class:`app.alerts_reading.AlertSource` does here."""

    def look(self) -> tuple[AlertsSeen, bool]:
        """Read what is new; return it, and whether there is more to be read at once."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """The alerts at one moment."""

    waiting: tuple[Concern, ...]
    """Those that nobody has acknowledged."""
    acknowledged: int


class AlarmLook:
    """Looks at them.

    Args:
        opens: opens what reads the logs and who has acknowledged what; called on the thread, once.
        clock: seconds, of a clock that never goes back.
    """

    def __init__(self, opens: Callable[[], Source], clock: Callable[[], float]) -> None:
        self._opens = opens
        self._source: Source | None = None
        self._key: Hashable = None
        self._before: Hashable = None
        self._wanted: Hashable = None
        self._has_more = True
        self._found = Slowly("alarms", self._look, clock, least_s=_LEAST_S, most_s=_MOST_S)

    def newest(self, key: Hashable) -> Alarms | None:
        """Return what was found last; None before every log was read to its end once.

        Args:
            key: what they rest on: where it is another than before, they are looked at anew.
        """
        self._wanted = key
        return self._found.newest(is_changed=self._has_more or key != self._key)

    def settle(self, timeout_s: float) -> bool:
        """Wait until they are not being looked at."""
        return self._found.settle(timeout_s)

    def close(self) -> None:
        """Let go of the thread."""
        self._found.close()

    def _look(self) -> Alarms | None:
        if self._source is None:
            self._source = self._opens()
        key, until_s = self._wanted, time.monotonic() + _READS_S
        seen, self._has_more = self._source.look()
        while self._has_more and time.monotonic() < until_s:
            seen, self._has_more = self._source.look()
        # Twice: the source lists the runs once a second, and the first time it may not have seen what is new.
        self._key, self._before = (key if key == self._before else None), key
        return None if self._has_more else alarms_of(seen.concerns)


def alarms_of(told: Iterable[Told]) -> Alarms:
    """Turn what the source tells into what is shown here."""
    told = list(told)
    waiting = tuple(_concern(each) for each in told if not each.by)
    return Alarms(waiting, len(told) - len(waiting))


def _concern(told: Told) -> Concern:
    return Concern(told.level, _about(told), told.what, Ref(Kind(told.kind), told.ref))


def _about(told: Told) -> str:
    """Name what it is about as the runs are named here: a job and the end of an id."""
    if told.key.startswith("shards/"):
        return "shards"
    what, _, name = told.where.partition(" ")
    if what in ("run", "window") and name.count("-") > 1:
        return f"{name.split('-')[1]} {name[-4:]}"
    return name.partition(",")[0] or what
