"""What the timeline says: pure, from a timetable to lines; a state is a sign and a word first, then a colour."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from app.console.keymap import key_for
from app.window_table import Clock, clock_of, forecast_of, state_word, took
from app.window_wording import advice_brief, advice_lines
from engine.errors import printable
from engine.jobs.window.events import StepState
from engine.jobs.window.shape import Row, Timetable
from engine.jobs.window.snapshot import WindowSnapshot
from engine.jobs.window.view import OVER
from engine.units import counted, show_bytes, show_seconds

COLOURS = {
    StepState.UNDER_WAY: "bold cyan",
    StepState.VERIFYING: "bold cyan",
    StepState.DONE: "green",
    StepState.FAILED: "bold red",
    StepState.STOPPED: "yellow",
}
_BARS = {StepState.UNDER_WAY: "cyan", StepState.DONE: "green", StepState.WAITING: "dim"}
LATE = "yellow"
"""Of a step that takes more than its budget."""
_BAR_LEAST, _BAR_MOST = 6, 30
_BAR_BY_TITLE = 18
"""Columns that a bar has at least where titles are shown too."""
_TITLE_LEAST = 24
_LEFT_OUT = (StepState.DROPPED, StepState.SKIPPED)
Part = tuple[str, str]
"""Text and its colour; "" for that of the terminal."""


@dataclass(frozen=True, slots=True)
class Columns:
    """How wide the cells are."""

    state: int
    step: int
    title: int
    """0 where there is no room for it."""
    times: int
    bar: int


def columns_of(table: Timetable, width: int) -> Columns:
    """Share a width out: what is left by the times goes to the bar, and from wide terminals on to the title."""
    clock = clock_of(table)
    state = max(len(state_word(row.state, kept=row.kept)) for row in table.rows)
    step = max(len(row.name) for row in table.rows)
    spans = [clock.between(row.planned_start, row.planned_end) for row in table.rows]
    spans += [text for row in table.rows for text in (forecast_of(row, clock), clock.actual(row.started, row.ended))]
    times = max(len("planned"), *map(len, spans))
    left = width - (state + 1) - (step + 1) - 3 * (times + 1) - _PERCENT - _AHEAD
    title = min(max(len(row.title) for row in table.rows), left - _BAR_BY_TITLE - 1)
    title = title if title >= _TITLE_LEAST else 0
    bar = max(_BAR_LEAST, min(_BAR_MOST, left - (title + 1 if title else 0)))
    return Columns(state, step, title, times, bar)


_PERCENT = 5
"""`` 112%``."""
_AHEAD = 8
"""`` -11:41``, and one to spare."""


def head_of(table: Timetable, columns: Columns) -> str:
    """Name the columns."""
    times = "".join(f"{name:<{columns.times + 1}}" for name in ("planned", "actual", "forecast"))
    title = f"{'':<{columns.title}} " if columns.title else ""
    left = f"{'state':<{columns.state}} {'step':<{columns.step}} {title}{times}"
    return f"{left}{'budget':<{columns.bar + _PERCENT}}{'ahead':>{_AHEAD}}"


def row_parts(row: Row, table: Timetable, columns: Columns) -> tuple[Part, ...]:
    """Draw one step."""
    clock, colour = clock_of(table), COLOURS.get(row.state, "")
    late = LATE if row.is_over_budget else ""
    title = f"{_cut(printable(row.title), columns.title):<{columns.title}} " if columns.title else ""
    actual = "" if row.state in _LEFT_OUT else clock.actual(row.started, row.ended)
    return (
        (f"{state_word(row.state, kept=row.kept):<{columns.state}} ", colour),
        (f"{row.name:<{columns.step}} {title}", "bold" if row.state is StepState.UNDER_WAY else ""),
        (f"{clock.between(row.planned_start, row.planned_end):<{columns.times}} ", ""),
        (f"{actual:<{columns.times}} ", ""),
        (f"{forecast_of(row, clock):<{columns.times}} ", late),
        (_budget(row, table, columns.bar), late or _BARS.get(row.state, "")),
        (f"{_ahead(row, clock):>{_AHEAD}}", late),
    )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _budget(row: Row, table: Timetable, width: int) -> str:
    """Draw a budget: what is used of it, what is forecast beside that, and the part used as a number."""
    if row.state in _LEFT_OUT:
        return " " * (width + _PERCENT)
    used = used_share(row, table)
    wanted = max(used, row.seconds / row.budget_s)
    filled, coming = (min(width, round(share * width)) for share in (used, wanted))
    bar = "█" * filled + "▒" * (coming - filled) + "░" * (width - coming)
    return f"{bar}{used:>{_PERCENT}.0%}" if row.started else f"{bar}{'':>{_PERCENT}}"


def used_share(row: Row, table: Timetable) -> float:
    """Return which part of its budget a step has used by now; more than 1 where it is over."""
    if row.started is None:
        return 0.0
    return ((row.ended or table.now) - row.started).total_seconds() / row.budget_s


def _ahead(row: Row, clock: Clock) -> str:
    """Say how much earlier than planned a step ends; with a minus, how much later."""
    if row.state in _LEFT_OUT:
        return ""
    early_s = (row.planned_end - row.forecast_end).total_seconds()
    text = clock.span(early_s)
    return text if text.startswith("-") else f"+{text}"


def clock_line(table: Timetable, width: int) -> str:
    """Say where the window's clock is, when all will be done, and the slack, as the line of the level writes it."""
    clock = clock_of(table)
    at = f"clock {clock.at(table.now)} of {clock.span(clock.window_s)} {clock.unit}"
    word = "ended" if all(row.state in OVER for row in table.rows) else "forecast end"
    sign = "-" if table.slack_s < 0 else ""
    line = f"{at}  {word} {clock.at(table.forecast_end)}  slack {sign}{show_seconds(abs(table.slack_s))}"
    whole = f"{line}, planned {show_seconds(table.planned_slack_s)}"
    return whole if len(whole) <= width else _cut(line, width)


def step_lines(row: Row) -> list[str]:
    """Say what there is to say about the step that the cursor is on, in three lines."""
    parts = [f"budget {took(row.budget_s)}"]
    if row.seconds and row.state not in _LEFT_OUT:
        parts.append(f"{'took' if row.state is StepState.DONE else 'forecast'} {show_seconds(row.seconds)}")
    parts += [f"run {row.run}"] if row.run else []
    why = row.why.partition("\n")[0] or (f"the forecast rests on {row.rests_on}" if row.rests_on else "")
    return [f"{row.name}: {printable(row.title)}", f"  {', '.join(parts)}", f"  {printable(why)}".rstrip()]


def progress_line(now: WindowSnapshot, width: int) -> str:
    """Draw how far the step under way is, and how fast; of what has no measure, say what it is at."""
    if now.stage:
        return f"{now.step}  at {now.stage}"
    if now.bytes_to_do <= 1:
        return f"{now.step}  at work; how far it is, only its end tells"
    share = min(1.0, now.bytes_done / now.bytes_to_do) if now.bytes_to_do else 0.0
    words = [f"{share:4.0%}"]
    if now.to_do > 1:
        words.append(f"{now.settled:,}/{now.to_do:,} {now.pieces}")
        words += [f"{show_bytes(now.pace)}/s"] if now.pace is not None else []
    if now.eta_s is not None:
        words.append(f"{show_seconds(now.eta_s)} left")
    text = f"{now.step}  " + "  ".join(words)
    bar = max(8, width - len(text) - 2)
    filled = round(bar * share)
    return f"{text}  {'█' * filled}{'░' * (bar - filled)}"


def room_line(now: WindowSnapshot) -> str:
    """Say what holds the step under way, or who works on it and how much room there is."""
    if now.stopping:
        return "STOPPING: the step under way comes to a safe point"
    if now.pauses:
        return "PAUSED " + "; ".join(f"({why}) {detail}" for why, detail in now.pauses.items())
    busy = sum(bool(worker.shard) for worker in now.workers)
    words = [f"{busy} of {counted(now.workers_wanted, 'worker')} busy"] if now.workers_wanted else []
    if now.free_bytes is not None and now.floor_bytes is not None:
        words.append(f"{show_bytes(now.free_bytes)} free over a floor of {show_bytes(now.floor_bytes)}")
    words.append(f"{show_seconds(now.elapsed_s)} under way")
    return ", ".join(words)


def now_lines(now: WindowSnapshot | None, ending: Sequence[str], width: int) -> list[str]:
    """Say in two lines what is under way, or how it ended."""
    if ending:
        return [ending[0], ""]
    if now is None:
        return ["the engine does not answer yet", ""]
    if not now.step:
        return ["between two steps", "STOPPING" if now.stopping else ""]
    return [progress_line(now, width), room_line(now)]


def below(table: Timetable, width: int, height: int) -> list[str]:
    """Say the way out of what stopped it, else what could be dropped or sped up, as far as there is room."""
    for row in table.rows:
        if row.state in (StepState.FAILED, StepState.STOPPED):
            lines = f"{row.name} {row.state}: {row.why}".splitlines()
            return [part for line in lines for part in textwrap.wrap(printable(line), width, subsequent_indent="  ")]
    if not table.advice:
        return []
    full = advice_lines(table, width)
    fits = len(full) < height
    head = "what could be done:" if fits else f"what could be done ({key_for('window.reasons', 'r')} tells more):"
    return [head, *(full if fits else advice_brief(table, width))]
