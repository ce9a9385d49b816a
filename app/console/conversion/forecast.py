"""What a run will come to: when it ends, against when it should, and how much of the disk is free then. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from engine.convert.view import RunView
from engine.crew.crew import Snapshot
from engine.units import show_seconds

_ENOUGH: Final = 0.01
"""Of a run must be done before its growth is measured: what the shards in hand write for a while is no growth."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a run should have ended."""

    at: datetime
    name: str
    """``the window's end``."""
    whole_s: float | None = None
    """How long it may take in all, where that is what somebody said."""


def deadline_of(view: RunView, budget_s: float | None) -> Deadline | None:
    """Return the end of what a run may take; None where nobody said so, or it has not begun."""
    if budget_s is None or not view.began:
        return None
    return Deadline(datetime.fromisoformat(view.began) + timedelta(seconds=budget_s), "the budget's end", budget_s)


def ends_at(now: Snapshot | None, clock: datetime) -> datetime | None:
    """Return when a run ends at the pace so far; None while nothing can be said: it has just begun, or it rests."""
    if now is None or now.eta_s is None or now.pauses or not 0 <= now.eta_s < timedelta.max.total_seconds() / 2:
        return None
    try:
        return clock + timedelta(seconds=now.eta_s)
    except OverflowError:
        return None


def clock_time(at: datetime, clock: datetime) -> str:
    """Write a time of day as the operator's watch shows it; of another day, with the day."""
    at = at.astimezone(clock.tzinfo)
    if at.date() == clock.date():
        return f"{at:%H:%M}"
    return f"{at:%a %H:%M}" if at - clock < timedelta(days=6) else f"{at:%Y-%m-%d}"


def slack(end: datetime, deadline: Deadline) -> tuple[str, bool]:
    """Say how long before or after its deadline a run ends; and whether it ends too late."""
    left = (deadline.at - end).total_seconds()
    if left >= 0:
        return f"{show_seconds(left)} before {deadline.name}", False
    return f"{show_seconds(-left)} AFTER {deadline.name}", True


def growth(view: RunView, now: Snapshot, first_free: tuple[int, int] | None) -> float | None:
    """Return by how many bytes the free space changes for each byte that is done; None where nobody knows yet.

    Args:
        view: the run's fold.
        now: this moment.
        first_free: bytes done and bytes free when the run was first looked at, where originals stay for a while and
            the disk has to be asked; else what the tars took before and take now tells it, whatever others write.
    """
    if first_free is None:
        return (view.bytes_in - view.bytes_out) / view.bytes_in if view.bytes_in else None
    done = now.bytes_done - first_free[0]
    if now.free_bytes is None or done <= _ENOUGH * now.bytes_to_do:
        return None
    return (now.free_bytes - first_free[1]) / done


def free_at_end(view: RunView, now: Snapshot | None, first_free: tuple[int, int] | None) -> float | None:
    """Return how many bytes will be free when all is done; None where nobody knows."""
    if now is None or now.free_bytes is None:
        return None
    measured = growth(view, now, first_free)
    if measured is None:
        return None
    return now.free_bytes + measured * max(0, now.bytes_to_do - now.bytes_done)


def run_clock(view: RunView, now: Snapshot | None) -> datetime:
    """Return the time of the operator's clock, as the run tells it: one that is played has a clock of its own."""
    try:
        began = datetime.fromisoformat(view.began)
        told = began + timedelta(seconds=now.elapsed_s) if now is not None else datetime.fromisoformat(view.newest)
    except (ValueError, OverflowError):
        told = datetime.now(UTC)  # it has not begun, or its log has no times
    return told.astimezone()
