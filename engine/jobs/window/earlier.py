"""The window that a new one goes on after: the newest of the same plan on this corpus, if it did not reach its end."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError
from engine.jobs.window.events import WINDOW_EVENTS
from engine.jobs.window.view import WindowView
from engine.run.folder import list_runs
from engine.run.reading import read_events


@dataclass(frozen=True, slots=True)
class Earlier:
    """A window of before."""

    run: str
    view: WindowView


def view_of(events: Path) -> WindowView:
    """Fold a window's log; one that is damaged tells as far as it can be read, one that is gone tells nothing."""
    view = WindowView()
    with contextlib.suppress(InputError, FileNotFoundError):
        for logged in read_events(events, WINDOW_EVENTS):
            view.apply(logged.time, logged.event)
    return view


def find_earlier(state: Path, plan: str, but: str = "") -> Earlier | None:
    """Return the window to go on after; None where the newest one reached its end, or where there is none.

    Args:
        state: the corpus's state folder.
        plan: the plan's id.
        but: a run to leave out: the one that asks.
    """
    for run in reversed(list_runs(state)):
        if run.record.job != "window" or run.run_id == but:
            continue
        view = view_of(run.events_path)
        if view.planned is None or view.planned.plan != plan:
            continue  # it ended before it had told its plan, or is another one
        return Earlier(run.run_id, view) if view.pending else None
    return None
