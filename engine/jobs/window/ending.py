"""How a window, and each of its steps, ended: the summary, from the fold over its events. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from engine.errors import GonogoError
from engine.jobs.window.events import StepLine, StepState, WindowSummary
from engine.jobs.window.shape import Row, Timetable
from engine.jobs.window.timetable import timetable
from engine.jobs.window.view import WindowView
from engine.run.events import Summary
from engine.run.log import rfc3339
from engine.run.outcome import Outcome

_CALM = (StepState.DONE, StepState.DROPPED, StepState.SKIPPED, StepState.WAITING)


def summary_of(view: WindowView, now: datetime, outcome: Outcome, seconds: float) -> WindowSummary:
    """Sum a window up.

    Args:
        view: its events, folded.
        now: the moment of its end.
        outcome: what it ended as.
        seconds: this run of it took.

    Raises:
        GonogoError: when its plan was never told.
    """
    table, planned = timetable(view, now), view.planned
    if table is None or planned is None:
        raise GonogoError("a window without a plan has no summary")
    counts = Counter(row.state for row in table.rows)
    in_the_way = next((row for row in table.rows if row.state not in _CALM), None)
    return WindowSummary(
        job="window",
        outcome=outcome,
        seconds=seconds,
        plan=planned.plan,
        counts={str(state): counts[state] for state in StepState if counts[state]},
        pending=len(view.pending),
        began=planned.began,
        window_s=planned.window_s,
        window_seconds=round((now - table.began).total_seconds(), 3),
        slack_s=round(table.slack_s, 3),
        level=_level(table),
        steps=tuple(_line(row) for row in table.rows),
        detail="" if in_the_way is None else f"{in_the_way.name} {in_the_way.state}: {in_the_way.why}",
    )


def _level(table: Timetable) -> str:
    return table.level.name.lower()


def _line(row: Row) -> StepLine:
    took = (row.ended - row.started).total_seconds() if row.started and row.ended else None
    return StepLine(
        step=row.name,
        title=row.title,
        state=row.state,
        run=row.run,
        planned_start=rfc3339(row.planned_start),
        planned_end=rfc3339(row.planned_end),
        started=rfc3339(row.started) if row.started else "",
        ended=rfc3339(row.ended) if row.ended else "",
        budget_s=row.budget_s,
        seconds=None if took is None else round(took, 3),
        why=row.why,
    )


def why_of(summary: Summary) -> str:
    """Say why a step's run ended as it did; "" for one that ended well and has nothing to tell."""
    detail = str(getattr(summary, "detail", ""))
    if detail or summary.outcome is Outcome.OK:
        return detail
    counts: object = getattr(summary, "counts", {})
    red = ("quarantined", "failed")
    told = [f"{counts[name]:,} {name}" for name in red if isinstance(counts, dict) and counts.get(name)]
    return ", ".join(told) or f"it ended {summary.outcome}"
