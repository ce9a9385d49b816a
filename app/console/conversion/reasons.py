"""The page of reasons: how the run ended, what limits it, why shards failed or wait, all of it in full. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.console.conversion.ending import lines_of
from app.console.keymap import key_for
from engine.convert.view import RunView
from engine.crew.crew import Snapshot
from engine.errors import printable

SHOWN: Final = 50
"""More are told by ``gonogo status``: nobody reads a page of a thousand reasons."""


def reasons(view: RunView, now: Snapshot | None, end: Sequence[str]) -> list[str]:
    """Return the paragraphs of the page.

    Args:
        view: the run's fold.
        now: this moment; None where there is no engine.
        end: how it ended, line by line; nothing for one that lives.
    """
    told = ["\n".join(lines_of(end))] if end else []
    told += _of_run(view, now)
    why = [f"{shard}\n  {printable(reason)}" for shard, reason in list(view.reasons.items())]
    told += why[:SHOWN]
    if len(why) > SHOWN:
        trouble = f"{key_for('run.filter', 'f')} shows those in trouble alone"
        told.append(f"and {len(why) - SHOWN:,} more: gonogo status; in the table, {trouble}")
    if not why and (view.states or not end):  # of a run that told of no shard, that would be no comfort
        told.append("No shard has failed, none is quarantined.")
    return told + [f"warning: {printable(warning)}" for warning in view.warnings]


def _of_run(view: RunView, now: Snapshot | None) -> list[str]:
    pauses = now.pauses if now is not None else view.pauses
    told = [f"paused ({why}): {printable(detail)}" for why, detail in pauses.items()]
    if now is not None and now.limit_why:
        told.append(f"what limits: {printable(now.limit_why)}")
    if view.workers_why:
        told.append(f"workers{' (auto)' if view.auto else ''}: {printable(view.workers_why)}")
    return told
