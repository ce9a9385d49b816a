"""``process``: does a program run, and how many times?"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from engine.checklist.answers import Answer, no_answer, passed
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.bounds import checked_pattern, checked_word
from engine.errors import printable
from engine.run.off_loop import off_loop

if TYPE_CHECKING:
    import psutil

Count = Annotated[int, msgspec.Meta(ge=0)]
_SHOWN: Final = 5


class Process(CheckTable, frozen=True, kw_only=True, tag="process"):
    """Counts processes by their command lines; gonogo itself and what started it never count.

    Where the system hides the processes of other users, those do not count either.
    """

    match: Annotated[str, msgspec.Meta(min_length=1)]
    """A regular expression to be found in the command line: its arguments with single blanks between them."""
    min_count: Count = 1
    """The fewest that may run."""
    max_count: Count | None = None
    """The most that may run; 0, with ``min_count = 0``, for a program that must not run."""
    user: str = ""
    """The user whose processes count; "" for everybody's."""

    def __post_init__(self) -> None:
        """Refuse a pattern that is none, and counts that cannot be."""
        checked_pattern("match", self.match)
        if self.user:
            checked_word("user", self.user)
        if self.max_count is not None and self.max_count < self.min_count:
            raise ValueError(f"min_count {self.min_count} is more than max_count {self.max_count}; set min_count too")
        if self.min_count == 0 and self.max_count is None:
            raise ValueError("min_count = 0 without a max_count: any number would do")

    async def look(self, around: Around) -> Answer:
        """Count them."""
        del around
        return await off_loop(self._look)

    def _look(self) -> Answer:
        import psutil  # noqa: PLC0415  # loaded by those who ask alone: the command line must start fast

        try:
            return self._count()
        except psutil.Error as error:
            return no_answer(f"the processes cannot be listed: {error}")

    def _count(self) -> Answer:
        import psutil  # noqa: PLC0415  # as above

        own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
        found = [one for one in psutil.process_iter(["cmdline", "name", "username"]) if self._is_meant(one, own)]
        enough = len(found) >= self.min_count and (self.max_count is None or len(found) <= self.max_count)
        # The names and not the command lines, which may carry passwords.
        shown = [f"{printable(one.info['name'] or '?')} (pid {one.pid})" for one in found[:_SHOWN]]
        more = [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        number = "1 process" if len(found) == 1 else f"{len(found):,} processes"
        read = ": ".join(filter(None, [number, ", ".join([*shown, *more])]))
        return passed(read if enough else f"{read}; wanted {self._wanted()}", when=enough)

    def _is_meant(self, one: psutil.Process, own: set[int]) -> bool:
        line = " ".join(one.info["cmdline"] or ())
        mine = not self.user or one.info["username"] == self.user
        return mine and one.pid not in own and bool(line) and re.search(self.match, line) is not None

    def _wanted(self) -> str:
        if self.max_count is None:
            return f"at least {self.min_count}"
        same = self.max_count == self.min_count
        return f"exactly {self.min_count}" if same else f"{self.min_count} to {self.max_count}"
