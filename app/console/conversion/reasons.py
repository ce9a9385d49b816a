"""The page of reasons: what limits the run, who chose the workers, and why shards failed or wait, all in full. Pure."""

from __future__ import annotations

from typing import Final

from engine.convert.view import RunView
from engine.crew.crew import Snapshot
from engine.errors import printable

SHOWN: Final = 50
"""More are told by ``gonogo status``: nobody reads a page of a thousand reasons."""


def reasons(view: RunView, now: Snapshot | None) -> list[str]:
    """Return the paragraphs of the page."""
    told = [*_of_run(view, now)]
    why = [f"{shard}\n  {printable(reason)}" for shard, reason in list(view.reasons.items())]
    told += why[:SHOWN]
    if len(why) > SHOWN:
        told.append(f"and {len(why) - SHOWN:,} more: gonogo status; in the table, f shows those in trouble alone")
    if not why:
        told.append("Nothing has failed, nothing is quarantined.")
    return told + [f"warning: {printable(warning)}" for warning in view.warnings]


def _of_run(view: RunView, now: Snapshot | None) -> list[str]:
    pauses = now.pauses if now is not None else view.pauses
    told = [f"paused ({why}): {printable(detail)}" for why, detail in pauses.items()]
    if now is not None and now.limit_why:
        told.append(f"what limits: {printable(now.limit_why)}")
    if view.workers_why:
        told.append(f"workers{' (auto)' if view.auto else ''}: {printable(view.workers_why)}")
    return told
