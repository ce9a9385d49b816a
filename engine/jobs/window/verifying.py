"""The verifications of a step: checks of a plan, asked as those of a checklist are, each within its timeout."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.checklist.around import Around
from engine.checklist.asking import as_event, ask_all
from engine.checklist.kinds import Check
from engine.checklist.lists import Item, Kind
from engine.jobs.window.plan import Step
from engine.run.events import Check as CheckEvent


async def verify(step: Step, around: Around) -> tuple[CheckEvent, ...]:
    """Answer all checks of a step, as events."""
    return tuple(map(as_event, await ask_all(items_of(step), around)))


def items_of(step: Step) -> tuple[Item, ...]:
    """Return the checks of a step as items of a list that only the machine answers."""
    return tuple(_item(step, number, check) for number, check in enumerate(step.verify, 1))


def why_not(checks: Sequence[CheckEvent]) -> str:
    """Say which verifications are red, and by what; "" where none is."""
    red = [f"{check.id}: read {check.read}, wanted {check.wanted}" for check in checks if check.state != "pass"]
    return f"a verification failed: {'; '.join(red)}" if red else ""


def _item(step: Step, number: int, check: Check) -> Item:
    return Item(
        id=f"{step.name}-{number}",
        ask=f"{step.title}: verification {number}",
        want=in_words(check),
        kind=Kind.MACHINE,
        check=check,
        fix=f"see to it, then run the window again: it goes on with {step.name}",
        source="The plan of the window.",
    )


def in_words(check: Check) -> str:
    """Write a check as its plan has it, without what is as it always is."""
    tag = str(check.__struct_config__.tag)
    given = {
        name: value
        for name, value in msgspec.to_builtins(check).items()
        if name != "type" and value not in (None, "", [], {}) and value != _default(check, name)
    }
    told = ", ".join(f"{name} = {_shown(value)}" for name, value in given.items())
    return f"{tag}: {told}" if told else tag


def _default(check: Check, name: str) -> object:
    return next(one.default for one in msgspec.structs.fields(check) if one.name == name)


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
