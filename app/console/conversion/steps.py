"""The twelve steps of a shard's swap, as far as its files, its record and the log tell that they were done. Pure.

What each step is for: docs/swap-protocol.md. A step that leaves nothing behind is told by the next one that does, for
none begins before the one before is durable.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.console.look import inks
from engine.shards.files import Facts
from engine.shards.record import Record, SwapState, Unreadable


class Mark(StrEnum):
    """How a step stands."""

    DONE = "done"
    UNDER_WAY = "under way"
    NOT_YET = "not yet"
    LEFT_OUT = "left out"
    UNKNOWN = "not known"


MARKS: Final = {
    Mark.DONE: ("✓", inks.GOOD),
    Mark.UNDER_WAY: ("▸", inks.ACTIVE),
    Mark.NOT_YET: ("·", inks.QUIET),
    Mark.LEFT_OUT: ("-", inks.PLAIN),
    Mark.UNKNOWN: ("?", inks.UNKNOWN),
}

STEPS: Final = (
    "the original is read, hashed and converted beside itself",
    "the converted tar is brought to the disk",
    "it is read back, hashed and compared with the original",
    "the original is still the file that was converted",
    "the promise: the record says swapping, with both hashes",
    "the original gets its second name",
    "that name is brought to the disk",
    "the converted tar takes the original's place",
    "that is brought to the disk",
    "what stands there is read back and hashed",
    "the record says swapped",
    "the original's second name is taken away",
    "that is brought to the disk",
)
_PROMISED, _LINKED, _RENAMED, _RECORDED, _UNLINKED, _LAST = 4, 5, 7, 10, 11, 12
_OF_STAGE: Final = {"convert": 0, "sync": 1, "verify": 2, "swap": 3}
"""The step that a worker's stage begins with."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What is there of a swap."""

    record: Record | Unreadable | None = None
    audio: Facts | None = None
    backup: Facts | None = None
    temporary: Facts | None = None
    stage: str = ""
    """What a worker is at with it; "" where none has it."""
    done_at: str = ""
    """When the log says that the shard was done; "" where it does not."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    number: int
    what: str
    mark: Mark
    told: str = ""
    """By what it is known."""


def steps(traces: Traces) -> list[Step]:
    """Say of each step whether it was done, and by what that is known."""
    marks = _marks(traces)
    return [Step(at, what, *marks.get(at, (Mark.NOT_YET, ""))) for at, what in enumerate(STEPS)]


def _marks(traces: Traces) -> dict[int, tuple[Mark, str]]:
    record = traces.record
    if traces.stage:
        return _by_stage(traces)
    if isinstance(record, Record) and record.state is SwapState.SWAPPED:
        return _swapped(traces, record)
    if isinstance(record, Record):
        return _swapping(traces, record)
    if record is None and traces.backup is None and traces.temporary is None:
        return {}
    return dict.fromkeys(range(_LAST + 1), (Mark.UNKNOWN, "no record that can be read: recovery finds out"))


def _by_stage(traces: Traces) -> dict[int, tuple[Mark, str]]:
    if traces.stage not in _OF_STAGE:
        return {}
    at = _OF_STAGE[traces.stage]
    told = f"a worker is at it: {traces.stage}"
    marks = dict.fromkeys(range(at), (Mark.DONE, "the worker is past it"))
    if traces.stage == "swap":
        return marks | dict.fromkeys(range(at, _LAST + 1), (Mark.UNDER_WAY, told))
    return marks | {at: (Mark.UNDER_WAY, told)}


def _swapping(traces: Traces, record: Record) -> dict[int, tuple[Mark, str]]:
    marks = _before_promise()
    marks[_PROMISED] = (Mark.DONE, f"record of {record.time}")
    cut_off = "the swap was cut off: recovery brings it to an end"
    marks |= dict.fromkeys(range(_LINKED, _LAST + 1), (Mark.UNKNOWN, cut_off))
    if traces.backup is not None:
        marks[_LINKED] = (Mark.DONE, "the second name is there")
        if traces.temporary is None and traces.audio is not None:
            marks[_LINKED + 1] = (Mark.DONE, "the next step was taken")
            marks[_RENAMED] = (Mark.DONE, "the converted tar lies no more beside the original")
    return marks


def _swapped(traces: Traces, record: Record) -> dict[int, tuple[Mark, str]]:
    if record.adopted:
        told = "found converted, beside traces of a swap of another tool"
        marks: dict[int, tuple[Mark, str]] = dict.fromkeys(range(_RECORDED), (Mark.UNKNOWN, told))
    else:
        marks = _before_promise()
        marks |= dict.fromkeys(range(_PROMISED, _RECORDED), (Mark.DONE, "durable, for the record came after it"))
    marks[_RECORDED] = (Mark.DONE, f"record of {record.time}, durable and read back")
    if traces.backup is not None:
        kept = record.keeps_backup
        told = "the original is to stay" if kept else "the second name is still there: recovery takes it away"
        last = (Mark.LEFT_OUT if kept else Mark.NOT_YET, told)
        return marks | {_UNLINKED: last, _LAST: last}
    marks[_UNLINKED] = (Mark.DONE, "the second name is gone")
    told = f"done and durable at {traces.done_at}, says the log" if traces.done_at else "leaves nothing behind"
    marks[_LAST] = (Mark.DONE if traces.done_at else Mark.UNKNOWN, told)
    return marks


def _before_promise() -> dict[int, tuple[Mark, str]]:
    return dict.fromkeys(range(_PROMISED), (Mark.DONE, "durable, for the promise came after it"))
