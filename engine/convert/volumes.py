"""The volumes under a corpus: asked for their free space away from the event loop, a few times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine.convert.guard import Room
from engine.host.disk import default_floor, device_of, free_bytes
from engine.host.powers import has_links
from engine.shards.listing import LOOKS_AT_ONCE


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
        self._links: dict[int, bool] = {}

    async def add(self, folders: Iterable[Path]) -> None:
        """Learn which volumes these folders are on, and look at each.

        Raises:
            OSError: when a folder is gone.
        """
        for folder, device in await asyncio.to_thread(_devices, tuple(folders)):
            self._device_of[folder] = device
            self._folder_of.setdefault(device, folder)
        await self.look()

    async def try_links(self, folders: Iterable[Path]) -> list[Path]:
        """Find out which volumes have hard links, by making one; return a folder of each that has none.

        Args:
            folders: that were added, at least one of each volume in question; the first of each is where it is tried.

        Raises:
            OSError: when nothing can be made there.
        """
        first = {self._device_of[folder]: folder for folder in reversed(list(folders))}
        for device, folder in first.items():
            self._links[device] = await asyncio.to_thread(has_links, folder)
        return [folder for device, folder in first.items() if not self._links[device]]

    def links(self, folder: Path) -> bool:
        """Tell whether files in a folder that was added can have second names, as far as was tried."""
        return self._links.get(self._device_of[folder], True)

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


def _devices(folders: tuple[Path, ...]) -> list[tuple[Path, int]]:
    """Ask which volume each folder is on, of many at once."""
    with ThreadPoolExecutor(LOOKS_AT_ONCE, "volumes") as threads:
        return list(zip(folders, threads.map(device_of, folders), strict=True))
