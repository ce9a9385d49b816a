"""``window --plan`` and ``window --simulate``: the timetable before anything starts, and how low the disk gets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from app.cli.simulation import corpus_now
from app.exit_codes import ExitCode, code_of
from app.report import Report, ReportSummary, Row
from app.window_wording import ahead_lines
from engine.convert.view import Level
from engine.jobs.registry import Order
from engine.jobs.window.advice import Advice
from engine.jobs.window.ahead import plan_ahead
from engine.jobs.window.known import read_known
from engine.jobs.window.plan import Plan
from engine.jobs.window.shape import Timetable
from engine.jobs.window.sim_result import Simulation
from engine.jobs.window.simulate import simulate, timetable_of
from engine.run.log import rfc3339, utc_now
from engine.run.outcome import Outcome
from engine.units import show_bytes, show_seconds


class StepAhead(Row, frozen=True, kw_only=True, tag="step"):
    """One step of a timetable ahead. Times are RFC 3339, UTC."""

    step: str
    title: str
    job: str
    state: str
    budget_s: float
    planned_start: str
    planned_end: str
    forecast_start: str
    forecast_end: str
    rests_on: str


class Simulated(Row, frozen=True, kw_only=True, tag="simulation"):
    """What a simulated conversion came to."""

    corpus: str
    seconds: float
    done: int
    failed: int
    pending: int
    retried: int
    bytes_in: int
    bytes_out: int
    floor_bytes: int
    lowest_free_bytes: int
    lowest_at_s: float
    free_at_end_bytes: int
    pauses: int
    """How often the disk guard held shards back while a worker was free."""
    paused_s: float
    longest_pause_s: float
    safety: str
    """Why it was stopped for safety; "" where it was not."""


class AheadSummary(ReportSummary, frozen=True, kw_only=True, tag="summary"):
    """How a window would go."""

    level: str
    told: str
    began: str
    window_s: float
    planned_slack_s: float
    slack_s: float
    forecast_end: str
    advice: tuple[Advice, ...]
    fits_then: bool
    """Whether the window holds if all of the advice is taken."""
    notes: tuple[str, ...]


def tell_ahead(order: Order, state: Path, *, as_json: bool) -> ExitCode:
    """Tell how a window would go if it began now, and how low its conversion would bring the disk.

    Raises:
        UsageError: when there is no such plan or step.
        ConfigError: when the plan's file is wrong.
    """
    table = plan_ahead(order, state, utc_now())
    simulation, told = _disk(order, state, table)
    return _tell("window --plan", table, simulation, told, as_json=as_json)


def tell_simulation(plan: Plan, simulation: Simulation, *, as_json: bool) -> ExitCode:
    """Tell how a window went that was simulated."""
    table = timetable_of(plan, simulation, utc_now())
    return _tell("window --simulate", table, simulation, (), as_json=as_json)


def _tell(
    command: str, table: Timetable, simulation: Simulation | None, more: tuple[str, ...], *, as_json: bool
) -> ExitCode:
    outcome = Outcome.SOME_FAILED if _breaks(table, simulation) else Outcome.OK
    with Report(command, as_json=as_json) as report:
        for row in _rows(table):
            report.add(row)
        if simulation is not None:
            report.add(_simulated(simulation))
        report.outcome = outcome
        report.closing = lambda summary: _summary(summary, table)
        if not as_json:
            for line in ahead_lines(table, more, "" if simulation is None else simulation.safety):
                click.echo(line)
    return code_of(outcome)


def _breaks(table: Timetable, simulation: Simulation | None) -> bool:
    return table.level is Level.RED or bool(simulation is not None and simulation.safety)


def _disk(order: Order, state: Path, table: Timetable) -> tuple[Simulation | None, tuple[str, ...]]:
    """Play the conversion of this corpus for its disk; nothing where there is none to come, or nobody knows of it."""
    known = read_known(state)
    if not any(row.job == "convert" and row.rests_on for row in table.rows):
        return None, ()
    if known.counted is None:
        return None, ("disk: no inventory yet, so nobody knows how low the free space gets",)
    if not known.counted.to_do:
        return None, ("disk: nothing is left to convert",)
    simulation = simulate(corpus_now(known, order.settings, order.corpus))
    return simulation, tuple(_disk_told(simulation, is_measured=known.measured is not None))


def _disk_told(simulation: Simulation, *, is_measured: bool) -> Iterator[str]:
    low, above = show_bytes(simulation.lowest_free_bytes), show_bytes(simulation.above_floor_bytes)
    floor, free = show_bytes(simulation.corpus.floor_bytes), show_bytes(simulation.corpus.free_bytes)
    pace = "" if is_measured else " (at an assumed pace)"
    takes = "takes next to none of it" if low == free else f"brings it down to {low}"
    yield f"disk: {free} free now; the conversion {takes}{pace}, {above} above the floor of {floor}"
    if simulation.pauses:
        yield f"disk: shards are held back for want of room, {show_seconds(simulation.paused_s)} in all"


def _rows(table: Timetable) -> Iterator[StepAhead]:
    for row in table.rows:
        yield StepAhead(
            step=row.name,
            title=row.title,
            job=row.job,
            state=row.state,
            budget_s=row.budget_s,
            planned_start=rfc3339(row.planned_start),
            planned_end=rfc3339(row.planned_end),
            forecast_start=rfc3339(row.forecast_start),
            forecast_end=rfc3339(row.forecast_end),
            rests_on=row.rests_on,
        )


def _simulated(told: Simulation) -> Simulated:
    return Simulated(
        corpus=str(told.corpus),
        seconds=round(told.seconds, 3),
        done=told.done,
        failed=told.failed,
        pending=told.pending,
        retried=told.retried,
        bytes_in=told.bytes_in,
        bytes_out=told.bytes_out,
        floor_bytes=int(told.corpus.floor_bytes),
        lowest_free_bytes=int(told.lowest_free_bytes),
        lowest_at_s=round(told.lowest_at_s, 3),
        free_at_end_bytes=int(told.free_at_end_bytes),
        pauses=len(told.pauses),
        paused_s=round(told.paused_s, 3),
        longest_pause_s=round(max((until - since for since, until in told.pauses), default=0.0), 3),
        safety=told.safety,
    )


def _summary(summary: ReportSummary, table: Timetable) -> AheadSummary:
    return AheadSummary(
        **msgspec.structs.asdict(summary),
        level=table.level.name.lower(),
        told=table.told,
        began=rfc3339(table.began),
        window_s=(table.ends - table.began).total_seconds(),
        planned_slack_s=round(table.planned_slack_s, 3),
        slack_s=round(table.slack_s, 3),
        forecast_end=rfc3339(table.forecast_end),
        advice=table.advice,
        fits_then=table.fits_then,
        notes=table.notes,
    )
