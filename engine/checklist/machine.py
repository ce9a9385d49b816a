"""Asking the machine: each item of a checklist that a machine can answer, the wanted value beside the read one."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Mapping

from engine.checklist.answers import Answer, Surroundings
from engine.checklist.kinds import decimator, disk_floor, fs_powers, thread_limits
from engine.checklist.lists import Checklist, Item
from engine.errors import GonogoError
from engine.run.events import Check

KINDS: Mapping[str, Callable[[Surroundings], Answer]] = {
    "decimator": decimator.answer,
    "disk-floor": disk_floor.answer,
    "fs-powers": fs_powers.answer,
    "thread-limits": thread_limits.answer,
}
"""The check kinds by the name that a checklist calls them."""


async def ask_machine(checklist: Checklist, around: Surroundings) -> tuple[Check, ...]:
    """Answer all items at once, each within its timeout."""
    return tuple(await asyncio.gather(*(_ask(item, around) for item in checklist.item)))


async def _ask(item: Item, around: Surroundings) -> Check:
    answer = await _answer(item, around)
    return Check(
        id=item.id,
        ask=item.ask,
        state=answer.state,
        read=answer.read,
        wanted=item.want,
        way_out="" if answer.state == "pass" else item.fix,
    )


async def _answer(item: Item, around: Surroundings) -> Answer:
    kind = KINDS.get(item.check.type)
    if kind is None:
        return Answer("error", f"no check kind {item.check.type!r}; there are {', '.join(sorted(KINDS))}")
    try:
        return await asyncio.wait_for(asyncio.to_thread(kind, around), item.timeout_s)
    except TimeoutError:
        return Answer("error", f"no answer within {item.timeout}")
    except (OSError, subprocess.SubprocessError, GonogoError) as error:
        return Answer("error", str(error))
