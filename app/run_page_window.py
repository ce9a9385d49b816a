"""A window as one page: its timetable planned and actual, and what its steps ran into. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.moments import show_span
from app.run_history import Trouble
from app.run_page import cautions_of, record_tables, some_of, verdict_of
from app.run_page_plots import course_of, plots_of
from app.run_page_tables import gate_table, troubles_table
from app.run_told import Told
from app.window_look import WindowLook
from app.window_table import Clock, cells_of, clock_of
from app.window_wording import advice_lines
from engine.convert.view import Level
from engine.jobs.window.events import StepState
from engine.jobs.window.shape import Row, Timetable
from engine.page.gantt import Piece, Step, gantt
from engine.page.html import to_html
from engine.page.sheet import Figure, Page, Table
from engine.page.svg import Plot
from engine.run.folder import RunRecord
from engine.units import counted, show_seconds

_LEFT_OUT: Final = (StepState.DROPPED, StepState.SKIPPED)
_PICTURED: Final = "convert"
"""The job whose own pictures are worth their room on the page of a window."""
_WITH_GATE: Final = ("convert", "clean")
_WEIGHED: Final = (StepState.DONE, StepState.UNDER_WAY, StepState.VERIFYING)
"""States of which it is known what a step takes; one that failed would begin anew."""
_COLUMNS: Final = ("State", "Step", "Planned", "Actual", "Forecast", "Takes", "Budget", "Against budget", "Why")
_SPANS: Final = ("Planned", "Actual", "Forecast", "Takes", "Budget", "Against budget")
_MAY_BE_EMPTY: Final = ("Forecast", "Why")
_MARKS: Final = {StepState.FAILED: "bad", StepState.STOPPED: "mid", StepState.DONE: "good"}


@dataclass(frozen=True, slots=True)
class WindowTold:
    """A window as it was seen at one moment."""

    record: RunRecord
    look: WindowLook
    table: Timetable | None
    """None where it never came to its plan."""
    alive: bool
    level: Level
    why: str
    ending: tuple[str, ...]
    as_of: str
    folder: str
    steps: tuple[tuple[str, Told], ...] = ()
    """Its steps' own runs, in their order, each with the step's name."""


def window_html(told: WindowTold) -> str:
    """Write the page of a window."""
    plots = [_timetable(told.table, alive=told.alive)] if told.table is not None else []
    for step, run in told.steps:
        if run.record.job == _PICTURED:
            plots += plots_of(run.history, course_of(run, step))
    return to_html(window_page(told), plots)


def window_page(told: WindowTold) -> Page:
    """Put a window into words."""
    look, summary = told.look, told.look.view.summary
    verdict = verdict_of(told.level, None if summary is None else summary.outcome, alive=told.alive)
    title = "window" if told.table is None else f"window: {told.table.title}"
    span = show_span(look.began, look.newest, told.as_of, alive=told.alive)
    return Page(
        title=f"gonogo {title}",
        about=" · ".join((told.record.corpus or "no corpus", told.record.run, span)),
        verdict=verdict.word,
        is_go=verdict.is_go,
        is_open=verdict.is_open,
        lead=f"{told.level.name}: {told.why.partition(chr(10))[0]}",
        reasons=tuple(_reasons(told)),
        cautions=tuple(_cautions(told)),
        figures=tuple(_figures(told)),
        tables=tuple(_tables(told)),
    )


def _reasons(told: WindowTold) -> Iterable[str]:
    """Say what is behind a level that is not green: the rest of its words, and what could be done about it."""
    if told.level is Level.GREEN:
        return
    summary = told.look.view.summary
    lead, *rest = told.why.splitlines() or [""]
    rest += [] if summary is None else summary.detail.splitlines()
    yield from dict.fromkeys(line.strip() for line in rest if line.strip() and _gist(line) not in lead)
    if told.table is not None:
        yield from (line.strip() for line in advice_lines(told.table, width=10_000))


def _gist(line: str) -> str:
    """Return what a line says, without the step that it says it of."""
    return line.strip().rpartition(" failed: ")[2]


def _cautions(told: WindowTold) -> Iterable[str]:
    of_steps = (f"{step}: {caution}" for step, run in told.steps for caution in cautions_of(run.history))
    return some_of([*told.look.warnings, *of_steps])


def _figures(told: WindowTold) -> Iterable[Figure]:
    table = told.table
    if table is None:
        return
    clock = clock_of(table)
    label = "Forecast end" if told.look.view.pending else "End"
    after_s = (table.forecast_end - table.began).total_seconds()
    planned = f"of {clock.span(clock.window_s)} {clock.unit}; planned {clock.at(table.planned_end)}"
    yield Figure(label, f"after {show_seconds(after_s)}", planned)
    label = "Over the window" if table.slack_s < 0 else "Slack"
    yield Figure(label, show_seconds(abs(table.slack_s)), f"planned {_signed(table.planned_slack_s)}")
    done = sum(row.state is StepState.DONE for row in table.rows)
    states = [str(row.state) for row in table.rows]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    yield Figure("Steps done", f"{done} of {len(table.rows)}", counts)
    if over_budget := [row for row in table.rows if row.is_over_budget]:
        names = ", ".join(row.name for row in over_budget)
        yield Figure("Over budget", counted(len(over_budget), "step"), names)


def _signed(seconds: float) -> str:
    return f"-{show_seconds(-seconds)}" if seconds < 0 else show_seconds(seconds)


def _tables(told: WindowTold) -> Iterable[Table]:
    if told.table is not None:
        yield _steps_table(told.table)
    yield troubles_table(_troubles(told.steps))
    for step, run in told.steps:
        if run.record.job in _WITH_GATE and run.history.view.checks:
            gate = gate_table(run.history)
            yield Table(f"Gate of {step}", gate.columns, gate.rows, note=gate.note, marks=gate.marks)
            yield from [run.signers] if run.signers is not None else []
    if told.steps:
        yield _runs_table(told.steps)
    yield from record_tables(told.record, told.folder)


def _troubles(steps: Sequence[tuple[str, Told]]) -> list[tuple[str, Trouble]]:
    return [(step, each) for step, run in steps for each in run.history.all_troubles]


def _steps_table(table: Timetable) -> Table:
    clock = clock_of(table)
    rows = [_step_row(row, clock) for row in table.rows]
    kept = [at for at, name in enumerate(_COLUMNS) if name not in _MAY_BE_EMPTY or any(row[at] for row in rows)]
    slack = f"Slack {_signed(table.slack_s)}, planned {_signed(table.planned_slack_s)}."
    return Table(
        "Timetable",
        tuple(_COLUMNS[at] for at in kept),
        tuple(tuple(row[at] for at in kept) for row in rows),
        # Spans of time are not to be broken into two lines.
        numbers=frozenset(number for number, at in enumerate(kept) if _COLUMNS[at] in _SPANS),
        note=f"{slack} Times are {clock.unit} since {table.began:%Y-%m-%d %H:%M:%S} UTC.",
        marks=tuple(_MARKS.get(row.state, "") for row in table.rows),
    )


def _step_row(row: Row, clock: Clock) -> tuple[str, ...]:
    cells = cells_of(row, clock)
    is_weighed = row.started is not None and row.state in _WEIGHED
    against = _against(row.seconds - row.budget_s) if is_weighed else ""
    times = (cells.planned, cells.actual, cells.forecast, cells.takes, cells.budget)
    return (cells.state, row.title, *times, against, row.why.partition("\n")[0])


def _against(seconds: float) -> str:
    return f"{show_seconds(seconds)} over" if seconds > 0 else f"{show_seconds(-seconds)} under"


def _runs_table(steps: Sequence[tuple[str, Told]]) -> Table:
    rows = tuple(
        (step, run.level.name, run.why.partition("\n")[0], run.record.run, f"gonogo page {run.record.run}")
        for step, run in steps
    )
    return Table("Runs of the steps", ("Step", "Level", "How it went", "Run", "Its own page"), rows)


def _timetable(table: Timetable, *, alive: bool) -> Plot:
    title = "Timetable, planned and actual"
    clock = _Clock(table.began)
    limit_s = clock.at(table.ends)
    steps = [
        Step(
            row.title,
            _took_of(row),
            (clock.at(row.planned_start), clock.at(row.planned_end)),
            tuple(_pieces(row, clock, clock.at(table.now), alive=alive)),
        )
        for row in table.rows
    ]
    named = [("after", "actual"), ("second", "too long"), *([("third", "forecast")] if alive else [])]
    what = "For each step a thin bar as planned and a thick one as it came; a line stands at the window's end."
    end_s = max(clock.at(table.planned_end), clock.at(table.forecast_end), limit_s)
    now_s = clock.at(table.now) if alive else None
    svg = gantt(title, what, steps, named, end_s=end_s, limit_s=limit_s, now_s=now_s)
    return Plot(title, svg, "The upright line at the right is the window's end.")


@dataclass(frozen=True, slots=True)
class _Clock:
    """Seconds since the window began."""

    began: datetime

    def at(self, moment: datetime) -> float:
        return (moment - self.began).total_seconds()


def _pieces(row: Row, clock: _Clock, now_s: float, *, alive: bool) -> Iterable[Piece]:
    """Yield what came of a step, and what is forecast of it while the window lives."""
    if row.state in _LEFT_OUT:
        return
    style = "bad" if row.state is StepState.FAILED else "second" if row.is_over_budget else "after"
    if row.started is not None:
        end_s = now_s if row.ended is None else clock.at(row.ended)
        yield Piece(clock.at(row.started), end_s, style, f"{row.state}: {show_seconds(end_s - clock.at(row.started))}")
    if alive and row.ended is None:
        start_s = max(now_s, clock.at(row.forecast_start))
        yield Piece(start_s, clock.at(row.forecast_end), "third", f"forecast: {row.rests_on}")


def _took_of(row: Row) -> str:
    """Say what a step took, or is forecast to take, of its budget; a state that is no success in its place."""
    if row.state in _LEFT_OUT or (row.started is None and row.state is StepState.WAITING):
        return str(row.state)
    seconds = row.seconds if row.state in _WEIGHED or row.started is None else _came_s(row)
    return f"{row.state}, {show_seconds(seconds)} of {show_seconds(row.budget_s)}"


def _came_s(row: Row) -> float:
    """Return how long a step that is over worked."""
    return (row.ended - row.started).total_seconds() if row.started is not None and row.ended is not None else 0.0
