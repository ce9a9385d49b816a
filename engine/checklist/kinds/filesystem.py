"""``filesystem``: can the file system do what the swap is made of?"""

from __future__ import annotations

from engine.checklist.answers import Answer, passed
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.host.powers import probe_powers
from engine.run.off_loop import off_loop


class Filesystem(CheckTable, frozen=True, kw_only=True, tag="filesystem"):
    """Tries every power of a volume that the swap needs."""

    path: str = ""
    """The folder to try them in; "" for one on each volume that a conversion writes to."""

    async def look(self, around: Around) -> Answer:
        """Try every power, in a folder of our own that is removed."""
        return await off_loop(lambda: self._probe(around))

    def _probe(self, around: Around) -> Answer:
        folders = (around.path(self.path),) if self.path else around.volumes()
        missing = [f"{folder}: {what}" for folder in folders for what in probe_powers(folder).missing_for_swap()]
        return passed("; ".join(missing) or "all of them", when=not missing)
