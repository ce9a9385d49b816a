"""Looking at a walk again and again: cheaply while nothing changed, anew where a file did, or time has passed."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Final

from engine.checklist.standing import Standing
from engine.checklist.walk import Walk
from engine.errors import GonogoError

AT_LEAST_EVERY_S: Final = 5.0
"""Answers and waivers run out by themselves: so often the clock is asked too."""

_Mark = tuple[int, int, int] | None


class Looks:
    """What is known of a walk. Its look blocks, and belongs on a thread.

    Args:
        walk: the walk to look at; other terminals may write to its ledger.
    """

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._marks: tuple[_Mark, ...] | None = None
        self._looked_s = 0.0
        self._list_mark = _mark(walk.checklist.path)
        self.standing: Standing | None = None
        self.problem = ""
        """Why what is shown cannot be trusted now; "" where it can."""
        self.list_changed = False
        """The list's file is another than the one that is walked here: nothing that is given here would count."""

    def look(self, *, anew: bool = False) -> bool:
        """Read the ledger where it may say something new, and tell whether it was read."""
        walk = self._walk
        marks = tuple(
            map(_mark, (walk.ledger.path, walk.signers.path, walk.signers.revoked, walk.checklist.path)),
        )
        if not anew and marks == self._marks and time.monotonic() - self._looked_s < AT_LEAST_EVERY_S:
            return False
        self._marks, self._looked_s = marks, time.monotonic()
        try:
            self._look_at_list(marks[-1])
            self.standing, self.problem = walk.look(), ""
        except (GonogoError, OSError) as error:
            self.problem = f"cannot look: {error}"
        return True

    def _look_at_list(self, mark: _Mark) -> None:
        if mark == self._list_mark:
            return
        self._list_mark = mark
        path = self._walk.checklist.path
        content = path.read_bytes() if mark is not None else b""
        self.list_changed = hashlib.sha256(content).hexdigest() != self._walk.checklist.sha256


def _mark(path: Path) -> _Mark:
    """Tell a file's content by what changes with it."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
