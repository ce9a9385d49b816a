"""Asking the machine: each item that a check answers, all at once, each within its timeout."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.checklist.answers import Answer, no_answer
from engine.checklist.apart import look_apart
from engine.checklist.around import Around
from engine.checklist.lists import Checklist, Item
from engine.errors import GonogoError
from engine.run.events import Check as CheckEvent
from engine.run.log import utc_now
from engine.run.read_only import refuse_changes

AT_ONCE: Final = 8
"""Checks that run side by side: enough to wait for servers together, few enough not to slow each other down."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A check's answer, and when it was asked."""

    item: Item
    answer: Answer
    started: datetime
    seconds: float


async def ask(item: Item, around: Around, *, apart: bool = True) -> Asked:
    """Answer one item; whatever goes wrong is an answer too.

    Args:
        item: the item.
        around: what its check looks at.
        apart: whether a check that parses files looks in a process of its own.
    """
    started, since = utc_now(), time.monotonic()
    answer = await _answer(item, around, apart=apart)
    return Asked(item, answer, started, round(time.monotonic() - since, 3))


async def ask_all(
    items: Iterable[Item], around: Around, keep: Callable[[Asked], object] | None = None
) -> tuple[Asked, ...]:
    """Answer items side by side; the results are in the order of the items.

    Args:
        items: those to answer.
        around: what their checks look at.
        keep: called on a thread with each answer as soon as it is there.

    Raises:
        ReadOnlyError: when this program changes nothing: a check runs programs, and tries file systems by writing.
    """
    refuse_changes("checks run programs, and try what a file system can by writing to it")
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(item: Item) -> Asked:
        async with turns:
            asked = await ask(item, around)
        if keep is not None:
            await asyncio.to_thread(keep, asked)
        return asked

    return tuple(await asyncio.gather(*map(in_turn, items)))


async def ask_machine(checklist: Checklist, around: Around) -> tuple[CheckEvent, ...]:
    """Answer a list that only the machine is asked, as events."""
    return tuple(map(as_event, await ask_all(checklist.items, around)))


def as_event(asked: Asked) -> CheckEvent:
    """Tell an answer as a run's log has it."""
    item, answer = asked.item, asked.answer
    return CheckEvent(
        id=item.id,
        ask=item.ask,
        state=answer.state.value,
        read=answer.read,
        wanted=item.want,
        way_out="" if answer.state == "pass" else item.fix,
    )


async def _answer(item: Item, around: Around, *, apart: bool) -> Answer:
    if item.check is None:
        return no_answer("only a person can answer this")
    look = look_apart(item.check, around) if apart and item.check.parses else item.check.look(around)
    try:
        async with asyncio.timeout(item.timeout_s):
            return await look
    except TimeoutError:
        return no_answer(f"no answer within {item.timeout}")
    except (OSError, subprocess.SubprocessError, GonogoError) as error:
        return no_answer(str(error))
