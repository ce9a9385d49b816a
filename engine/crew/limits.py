"""What limits a run now: the one answer an operator looks for first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from engine.host.load import Load

Limit = Literal["", "cpu", "disk", "guard", "operator", "fault", "workers", "end"]
"""``guard``: the disk guard, or a disk that was full, holds shards back; ``workers``: more of them would find
processors; ``end``: fewer shards are left than workers; "" is not known."""

_BUSY: Final = 0.9
"""Of the processors: from here on another worker would only take time from those there are. The rest is what the
kernel and a console need now and then."""
_WAITS: Final = 0.25
"""Of the time, somebody waited for the disk: below this it is write-back, which nobody stands behind."""
_COMPUTES: Final = 0.7
"""Of a busy worker's time: one that computes so much does not stand in a queue."""
_STANDS: Final = 0.5
"""Of a busy worker's time: one that computes less, with processors to spare, waits. No counter of the kernel knows of
waits for a volume that another program serves (FUSE)."""
_HOLDING: Final[tuple[tuple[str, Limit], ...]] = (("fault", "fault"), ("operator", "operator"), ("disk", "guard"))
"""Reasons of a pause, the one first that must go first."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the machine and the workers did over the last seconds."""

    load: Load
    computing: float
    """The share of their time in which busy workers computed, 1 where all did all the time."""
    in_disk_wait: float
    """The share of the busy workers that were seen waiting for a disk."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A run at a moment, as far as it tells what limits it."""

    pauses: Mapping[str, str]
    """Why nothing is handed out: reason to detail."""
    stopping: bool
    busy: int
    """Workers with a shard in hand."""
    wanted: int
    """Workers that there shall be."""
    left: int
    """Shards that are not done with, those in hand included."""
    cpus: int
    """Processors that this run may use."""
    moves_bytes: bool
    """What its workers have in hand is read and written: while they do not compute, that is what they wait for."""
    work: Work | None
    """None where nobody measured it yet, or the system does not tell."""


def limit_of(now: Moment) -> tuple[Limit, str]:
    """Say what limits a run at a moment, and why one thinks so."""
    held = _held(now)
    if held is not None:
        return held
    if not now.busy:
        return "", ""
    measured = _measured(now, now.work) if now.work is not None else None
    if measured is not None:
        return measured
    if now.left < now.wanted:
        return "end", f"{now.left} left for {now.wanted} workers"
    if now.work is not None and now.busy < now.cpus and now.work.computing >= _COMPUTES:
        return "workers", f"{now.busy} busy on {now.cpus} processors, and the disk keeps up"
    return "", ""


def _held(now: Moment) -> tuple[Limit, str] | None:
    """Say who holds the run back on purpose."""
    for reason, limit in _HOLDING:
        if reason in now.pauses:
            return limit, now.pauses[reason]
    return ("operator", "told to stop") if now.stopping else None


def _measured(now: Moment, work: Work) -> tuple[Limit, str] | None:
    """Say what of the machine is used up; a queue at the disk costs nothing while every processor computes."""
    used = 1.0 - work.load.spare
    if used >= _BUSY:
        ours = min(1.0, work.computing * now.busy / now.cpus)
        others = max(0.0, used - ours)
        beside = f", {_percent(others)} with other programs" if others >= 1.0 - _BUSY else ""
        return "cpu", f"{_percent(used)} of {now.cpus} processors busy{beside}"
    waits = max(work.load.io_waiting, work.load.iowait, work.in_disk_wait)
    if waits >= _WAITS and work.computing < _BUSY:
        return "disk", f"waits for the disk {_percent(waits)} of the time, processors {_percent(used)} busy"
    if now.moves_bytes and work.computing < _STANDS:
        return "disk", f"workers compute {_percent(work.computing)} of the time, and wait for files else"
    return None


def _percent(share: float) -> str:
    """Round to five: what changes with every look cannot be read."""
    return f"{round(share * 20) * 5} %"
