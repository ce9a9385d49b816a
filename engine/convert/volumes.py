"""The volumes under a corpus: asked for their free space away from the event loop, a few times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from engine.convert.guard import Room
from engine.host.disk import default_floor, device_of, free_bytes


class Volumes:
    """What every volume of a corpus has free, as of the last look.

    Args:
        floor_bytes: the configured floor; None for each volume's default.
    """

    def __init__(self, floor_bytes: int | None) -> None:
        self._floor = floor_bytes
        self._device_of: dict[Path, int] = {}
        self._folder_of: dict[int, Path] = {}
        self._rooms: dict[int, Room] = {}

    async def add(self, folders: Iterable[Path]) -> None:
        """Learn which volumes these folders are on, and look at each.

        Raises:
            OSError: when a folder is gone.
        """
        for folder in folders:
            self._device_of[folder] = device = await asyncio.to_thread(device_of, folder)
            self._folder_of.setdefault(device, folder)
        await self.look()

    async def look(self) -> None:
        """Ask every volume again."""
        self._rooms = await asyncio.to_thread(lambda: {device: self._room(device) for device in self._folder_of})

    def _room(self, device: int) -> Room:
        folder = self._folder_of[device]
        return Room(free_bytes(folder), default_floor(folder) if self._floor is None else self._floor)

    def device(self, folder: Path) -> int:
        """Return which volume a folder that was added is on."""
        return self._device_of[folder]

    def room(self, folder: Path) -> Room:
        """Return what a folder's volume had at the last look."""
        return self._rooms[self._device_of[folder]]

    def tightest(self) -> Room | None:
        """Return the volume that has the least above its floor."""
        return min(self._rooms.values(), key=lambda room: room.free_bytes - room.floor_bytes, default=None)
