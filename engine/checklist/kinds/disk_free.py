"""``disk_free``: is there room, on one volume or on every volume that a conversion writes to?"""

from __future__ import annotations

from pathlib import Path

from engine.checklist.answers import Answer, passed
from engine.checklist.around import Around, off_loop
from engine.checklist.kinds.base import CheckTable
from engine.host.disk import default_floor, free_bytes
from engine.units import show_bytes


class DiskFree(CheckTable, frozen=True, kw_only=True, tag="disk_free"):
    """Compares free space with what is wanted."""

    path: str = ""
    """A folder on the volume; "" for every volume that a conversion writes to."""
    min: str = "floor"
    """What must be free: the configured floor."""

    async def look(self, around: Around) -> Answer:
        """Look at each volume."""
        return await off_loop(lambda: self._compare(around))

    def _compare(self, around: Around) -> Answer:
        told, short = [], False
        for folder in self._folders(around):
            free = free_bytes(folder)
            configured = around.settings.convert.floor_bytes
            floor = default_floor(folder) if configured is None else configured
            short = short or free <= floor
            told.append(f"{show_bytes(free)} free over a floor of {show_bytes(floor)}")
        return passed("; ".join(told), when=not short)

    def _folders(self, around: Around) -> tuple[Path, ...]:
        return (around.path(self.path),) if self.path else around.volumes()
