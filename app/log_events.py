"""The events of a run's log, read one at a time: which there are, how bad each is, what it is about. Pure."""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from app.endings import SUMMARIES
from engine.convert import cleaning_events, sweep_events, validation_events
from engine.convert import events as converting
from engine.convert.view import Level
from engine.crew.events import ShardListed
from engine.jobs.ended import EndedEarly
from engine.jobs.window import events as windows
from engine.run import events as running
from engine.run.events import Event, Summary
from engine.run.outcome import Outcome

TYPES: Final[tuple[type[Event], ...]] = (
    running.Version,
    running.Check,
    running.GateOpened,
    running.WorkerStarted,
    running.WorkerEnded,
    running.Paused,
    running.Resumed,
    running.WorkersChanged,
    running.Stopping,
    running.Warned,
    converting.Planned,
    converting.ShardsFound,
    converting.ShardStarted,
    converting.ShardRecovered,
    converting.ShardDone,
    converting.ShardTried,
    converting.ShardSkipped,
    converting.ShardQuarantined,
    converting.ShardFailed,
    converting.ShardSeen,
    converting.WorkersKept,
    cleaning_events.ShardCleaned,
    cleaning_events.ShardLeft,
    cleaning_events.StateCleaned,
    cleaning_events.StateLeft,
    sweep_events.SweepTrial,
    validation_events.ShardValidated,
    ShardListed,
    windows.WindowPlanned,
    windows.StepsExpected,
    windows.StepKept,
    windows.StepLeftOut,
    windows.StepStarted,
    windows.StepEnded,
    windows.StepSettled,
)
"""Those that a line of a run's log is decoded as; how a run ended is told by its job, in :data:`SUMMARIES`."""
BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding a line raises that is no event of ours; the last by one that is nested without end."""
_DECODERS: Final = {kind.type_name(): msgspec.json.Decoder(kind) for kind in TYPES}
_ENDS: Final = {job: msgspec.json.Decoder(kind) for job, kind in SUMMARIES.items()}
_ENDED_EARLY: Final = msgspec.json.Decoder(EndedEarly)


class Kind(enum.Flag):
    """What a line is about: what it may be chosen by."""

    OTHER = 0
    TROUBLE = enum.auto()
    ORDERS = enum.auto()
    """Gates, checks, and what operators and runs decided."""
    SHARDS = enum.auto()


class Head(msgspec.Struct, frozen=True):
    """What every line of a run's log begins with, and the job of its last one."""

    type: str = ""
    time: str = ""
    job: str = ""


HEAD: Final = msgspec.json.Decoder(Head)
_ORDERS: Final = (
    "version", "check", "gate_opened", "paused", "resumed", "workers_changed", "workers_kept", "stopping", "planned",
    "summary", "window_planned", "step_kept", "step_left_out", "step_started", "step_ended", "step_settled",
)  # fmt: skip


def event_of(head: Head, content: bytes) -> Event | None:
    """Decode an event; None for one of a newer version's, or of another's."""
    decoder = _ENDS.get(head.job, _ENDED_EARLY) if head.type == "summary" else _DECODERS.get(head.type)
    if decoder is None:
        return None
    try:
        event: Event = decoder.decode(content)
    except BROKEN:
        return _early(content) if head.type == "summary" else None
    return event


def _early(content: bytes) -> Event | None:
    try:
        return _ENDED_EARLY.decode(content)
    except BROKEN:
        return None


def may_be(content: bytes, kind: Kind) -> bool:
    """Tell at a glance, without decoding it, whether a line may be of a kind; True where only its words can tell."""
    if not content.startswith(b'{"type":"'):
        return True
    name = content[9 : content.find(b'"', 9)]
    if kind is Kind.SHARDS:
        return name.startswith(b"shard")
    if kind is Kind.TROUBLE:
        return name not in _NEVER_TROUBLE
    return name.decode("ascii", "replace") in _ORDERS


_NEVER_TROUBLE: Final = frozenset(
    {b"shard_done", b"shard_started", b"shard_tried", b"shard_skipped", b"shards_found", b"worker_started", b"version"}
)


def kind_of(name: str) -> Kind:
    """Return what an event of a type is about, as far as the type tells."""
    if name.startswith("shard"):
        return Kind.SHARDS
    return Kind.ORDERS if name in _ORDERS else Kind.OTHER


def level_of(event: Event) -> Level | None:
    """Say how bad an event is; None for one that is neither good nor bad."""
    match event:
        case Summary(outcome=outcome):
            calm = {Outcome.OK: Level.GREEN, Outcome.INTERRUPTED: Level.YELLOW, Outcome.TERMINATED: Level.YELLOW}
            return calm.get(outcome, Level.RED)
        case converting.ShardQuarantined() | converting.ShardFailed(final=True):
            return Level.RED
        case running.Check(state=state):
            return Level.GREEN if state == "pass" else Level.RED
        case running.GateOpened(overridden_by=by):
            return Level.RED if by else Level.GREEN
        case converting.ShardSeen() | validation_events.ShardValidated() | ShardListed() if event.fault is not None:
            return Level.RED
        case validation_events.ShardValidated(validation=found):
            return Level.RED if found.mismatches or found.spot_faults else None
        case windows.StepSettled(state=state):
            return _OF_STEP.get(state)
        case converting.ShardFailed() | running.Warned() | cleaning_events.ShardLeft() | cleaning_events.StateLeft():
            return Level.YELLOW
        case running.Paused(why=why):
            return None if why == "operator" else Level.YELLOW
        case running.WorkerEnded(how=how) if how != "exited":
            return Level.YELLOW
    return None


_OF_STEP: Final = {
    windows.StepState.DONE: Level.GREEN,
    windows.StepState.FAILED: Level.RED,
    windows.StepState.STOPPED: Level.YELLOW,
}
