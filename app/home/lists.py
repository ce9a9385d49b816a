"""How the checklists stand, from the ledger alone: nothing is asked anew, and what is stale is stale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.home.files import Stamp, stamp
from app.home.slowly import Slowly
from app.home.values import ListSeen, Place

if TYPE_CHECKING:
    from app.home.list_look import ListLook

_LEAST_S: Final = 3.0
"""A look verifies signatures and hashes files."""
_MOST_S: Final = 60.0
"""Answers grow stale with time, and with files that are not looked at in between."""


class Lists:
    """Looks at all the lists of a corpus.

    Args:
        place: where.
        clock: seconds, of a clock that never goes back.
    """

    def __init__(self, place: Place, clock: Callable[[], float]) -> None:
        self._place = place
        self._looks: ListLook | None = None
        self._files: tuple[Path, ...] = ()
        self._stamps: tuple[Stamp, ...] = ()
        self._standing = Slowly("lists", self._look, clock, least_s=_LEAST_S, most_s=_MOST_S)

    def newest(self) -> tuple[ListSeen, ...] | None:
        """Return how they stood when they were looked at last; None before that."""
        return self._standing.newest(is_changed=_stamps(self._files) != self._stamps)

    def settle(self, timeout_s: float) -> bool:
        """Wait until they are not being looked at."""
        return self._standing.settle(timeout_s)

    def close(self) -> None:
        """Let go of the thread."""
        self._standing.close()

    def _look(self) -> tuple[ListSeen, ...]:
        if self._looks is None:
            from app.home.list_look import ListLook  # noqa: PLC0415  # 90 ms of check kinds: not before first paint

            self._looks = ListLook(self._place)
        files = self._looks.files()
        stamps = _stamps(files)  # before they are read: what changes meanwhile is looked at again
        self._files, self._stamps = files, stamps
        return self._looks.look()


def _stamps(files: tuple[Path, ...]) -> tuple[Stamp, ...]:
    return tuple(map(stamp, files))
