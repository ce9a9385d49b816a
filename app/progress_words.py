"""A run under way in half a line, for a progress bar and for ``status``. Pure."""

from __future__ import annotations

from engine.crew.crew import Snapshot
from engine.jobs.window.snapshot import WindowSnapshot
from engine.units import show_bytes, show_seconds


def told(now: Snapshot) -> str:
    """Say in half a line how a run is doing."""
    if now.pauses:
        return "paused: " + "; ".join(f"{why} ({detail})" for why, detail in now.pauses.items())
    if now.stage:
        return f"{now.stage}, {show_seconds(now.elapsed_s)} under way"
    if isinstance(now, WindowSnapshot) and now.job == "window" and not now.step:
        return "stopping" if now.stopping else "between two steps"
    busy = sum(bool(worker.shard) for worker in now.workers)
    auto = " (auto)" if now.auto else ""
    words = [f"{now.settled:,}/{now.to_do:,} {now.pieces}", f"{busy} of {now.workers_wanted} workers{auto}"]
    if now.pace is not None:
        words.append(f"{show_bytes(now.pace)}/s")
    if now.eta_s is not None:
        words.append(f"{show_seconds(now.eta_s)} left")
    if now.free_bytes is not None:
        words.append(f"{show_bytes(now.free_bytes)} free")
    return "stopping" if now.stopping else ", ".join(words)


def workers_told(now: Snapshot) -> str:
    """Say who chose the number of workers, and why; empty where nobody said."""
    if not now.workers_why:
        return ""
    who = "chosen by the run" if now.auto else "fixed"
    return f"{now.workers_wanted}, {who}: {now.workers_why}"
