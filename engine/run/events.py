"""The facts that any run can record; a job adds its own by subclassing :class:`Event`.

An event says what happened and nothing of when or in which run: the log adds ``time`` and ``run`` to each line.
"""

from __future__ import annotations

import inspect
import re
from typing import Literal, Self

import msgspec

from engine.run.outcome import Outcome

RESERVED_FIELDS = frozenset({"type", "time", "run"})
"""What the log itself writes on each line; an event with such a field would write it twice."""

EVENT_SCHEMA = 1
"""The version of the event log's shape that a ``version`` event announces."""


def snake_case(name: str) -> str:
    """Name an event's type after its class: ``WorkerStarted`` is ``worker_started``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=snake_case, omit_defaults=False, gc=False):
    """A fact: it happened, it is written down, it never changes.

    It never refers to itself either, and so the collector of reference cycles need not go through the many that a
    long log holds.
    """

    def __init_subclass__(cls) -> None:
        """Refuse a field that the log writes itself.

        Raises:
            TypeError: when the class declares ``type``, ``time`` or ``run``.
        """
        taken = RESERVED_FIELDS & set(inspect.get_annotations(cls))
        if taken:
            raise TypeError(f"{cls.__name__} declares {', '.join(sorted(taken))}: the log writes these itself")

    @classmethod
    def type_name(cls) -> str:
        """Return the ``type`` that this class's lines carry."""
        return str(cls.__struct_config__.tag)

    def but(self, **changes: object) -> Self:
        """Return a copy with some fields changed."""
        return msgspec.structs.replace(self, **changes)


class Version(Event, frozen=True, kw_only=True):
    """The first line of every log and every ``--json`` stream: who writes it."""

    gonogo: str
    schema: int = EVENT_SCHEMA
    job: str
    corpus: str | None
    python: str
    host: str


class Check(Event, frozen=True, kw_only=True):
    """One check of a gate was answered."""

    id: str
    ask: str
    """What was asked, as a person reads it."""
    state: Literal["pass", "fail", "error"]
    """``error``: the question could not be answered; it blocks like a failure."""
    read: str = ""
    wanted: str = ""
    way_out: str = ""


class GateOpened(Event, frozen=True, kw_only=True):
    """A bound gate opened; the end of the ledger is written down here, outside the ledger."""

    gate: str
    checklist: str
    ledger_count: int
    ledger_sha256: str
    overridden_by: str = ""
    """Who opened it against its checklist; "" where that said GO."""
    reason: str = ""


class WorkerStarted(Event, frozen=True, kw_only=True):
    """A worker process is there and ready for tasks."""

    worker: int
    pid: int


class WorkerEnded(Event, frozen=True, kw_only=True):
    """A worker process is gone."""

    worker: int
    pid: int
    how: Literal["exited", "killed", "silent", "flooded"]
    detail: str = ""


class Paused(Event, frozen=True, kw_only=True):
    """No more work is handed out, for this reason; several may hold a run at a time."""

    why: Literal["operator", "disk", "fault"]
    detail: str = ""


class Resumed(Event, frozen=True, kw_only=True):
    """One reason to pause is gone."""

    why: Literal["operator", "disk", "fault"]


class WorkersChanged(Event, frozen=True, kw_only=True):
    """An operator, or the run itself, asked for another number of workers."""

    count: int
    why: str = ""
    auto: bool = False
    """The run chose it, and goes on choosing."""


class Stopping(Event, frozen=True, kw_only=True):
    """Nothing more is handed out, for good; what is running comes to a safe point."""

    why: str
    now: bool = False
    """The workers are killed."""


class Warned(Event, frozen=True, kw_only=True):
    """Something that a person should know and that stops nothing."""

    problem: str
    file: str = ""


class Summary(Event, frozen=True, kw_only=True):
    """The last line of a run; a job subclasses it with ``tag="summary"`` and adds its own counts."""

    job: str
    outcome: Outcome
    seconds: float
