"""The machine's items while a list is walked: which are asked by themselves, and which are being asked now."""

from __future__ import annotations

import asyncio
import time

from engine.checklist.asking import AT_ONCE
from engine.checklist.item_standing import ItemStanding, ItemState
from engine.checklist.lists import Item
from engine.checklist.standing import Standing
from engine.checklist.walk import Walk


class Asks:
    """Asks the machine, a few items at a time; each answer is in the ledger as soon as it is there.

    Args:
        walk: the walk whose items are asked.
    """

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._tried: set[str] = set()
        self._since: dict[str, float] = {}
        """Since when each item is being asked; without end for one that waits for its turn."""

    @property
    def running(self) -> dict[str, int]:
        """The items that are being asked, each with its whole seconds so far; -1 for one that waits for its turn."""
        now = time.monotonic()
        return {item: int(now - since) if since <= now else -1 for item, since in self._since.items()}

    def due(self, standing: Standing) -> tuple[Item, ...]:
        """Return what is to be asked by itself now, once in a walk: what is not settled and waits for nothing."""
        if standing.problems:
            return ()
        return tuple(each.item for each in standing.items if self._is_due(each))

    def _is_due(self, each: ItemStanding) -> bool:
        if not each.item.asks_machine or each.waits_for or each.item.id in self._tried | self._since.keys():
            return False
        return each.machine is not ItemState.PASS and each.state is not ItemState.WAIVED

    def again(self, standing: Standing) -> tuple[Item, ...]:
        """Return every machine item that can be asked now; those that wait for others follow by themselves."""
        machine = [each for each in standing.items if each.item.asks_machine and each.item.id not in self._since]
        self._tried -= {each.item.id for each in machine if each.waits_for}
        return tuple(each.item for each in machine if not each.waits_for)

    def take(self, item: Item) -> None:
        """Say that an item is going to be asked, before anybody can ask for it a second time."""
        self._tried.add(item.id)
        self._since[item.id] = float("inf")

    async def ask(self, item: Item) -> None:
        """Ask one item that was taken, when its turn comes.

        Raises:
            GonogoError: when the answer cannot be kept.
            OSError: when its evidence cannot be kept.
        """
        try:
            async with self._turns:
                self._since[item.id] = time.monotonic()
                await self._walk.ask([item])
        finally:
            del self._since[item.id]
