"""What the home screen says of the window: where it stands, drawn, and step by step where there is room. Pure."""

from __future__ import annotations

from typing import Final

from app.console.conversion.fitting import fit
from app.console.home.lines import Line, Section
from app.console.home.timeline import timeline
from app.console.home.words import LEVEL_INKS, line, state
from app.console.keymap import key_for
from app.console.look import inks
from app.console.pane import Part
from app.console.words import LEVEL_GLYPHS
from app.home.values import HomeSeen, Kind, Ref, WindowSeen
from app.window_table import Clock, clock_of, forecast_of, state_word, took
from engine.jobs.window.events import StepState
from engine.jobs.window.shape import Row

_AT_WORK: Final = (StepState.UNDER_WAY, StepState.VERIFYING)
_STEP_INKS: Final = {
    StepState.DONE: inks.GOOD,
    StepState.UNDER_WAY: inks.ACTIVE,
    StepState.VERIFYING: inks.ACTIVE,
    StepState.FAILED: inks.BAD,
    StepState.STOPPED: inks.WARN,
}


def window(seen: HomeSeen, width: int, *, steps: bool) -> Section:
    """Say where the window stands, and draw it.

    Args:
        seen: what was seen.
        width: in columns.
        steps: whether each step is told by itself.
    """
    if seen.window is None:
        start = key_for("home.start", "s")
        none = line([(f"none yet: {start} starts one, with all the jobs in their order", inks.QUIET)], width)
        return Section("Window", "3", (none,))
    now, table = seen.window, seen.window.table
    what = state(LEVEL_GLYPHS[now.level], now.level.name, LEVEL_INKS[now.level])
    ref = Ref(Kind.WINDOW, now.run)
    told = line([what, *_window_told(now)], width, key=now.run, ref=ref)
    if table is None:
        return Section("Window", "3", (told,))
    clock = clock_of(table)
    scale: list[list[Part]] = [
        [(f"now {clock.at(table.now)}" if now.is_alive else "over", inks.QUIET)],
        [(f"forecast end {clock.at(table.forecast_end)}", inks.PLAIN)],
        [(f"of {clock.at(table.ends)} {clock.unit}", inks.QUIET)],
    ]
    drawn = line(timeline(table, width, is_alive=now.is_alive), width)
    each = (_step(row, clock, width) for row in table.rows) if steps else ()
    return Section("Window", "3", (told, drawn, line(fit(scale, width), width), *each), least=2)


def _step(row: Row, clock: Clock, width: int) -> Line:
    times = clock.actual(row.started, row.ended) if row.ended else forecast_of(row, clock)
    left_out = row.state in (StepState.DROPPED, StepState.SKIPPED)
    takes = "" if left_out else f"{took(row.seconds)} of {took(row.budget_s)}"
    parts: list[Part] = [
        (f"{state_word(row.state, kept=row.kept):<14}", _STEP_INKS.get(row.state, inks.QUIET)),
        (f"{row.name:<11}", inks.STRONG if row.state in _AT_WORK else inks.PLAIN),
        (f"{times:<12}", inks.PLAIN),
        (takes, inks.WARN if row.is_over_budget else inks.QUIET),
    ]
    return line(parts, width)


def _window_told(now: WindowSeen) -> list[Part]:
    why = now.why.partition("\n")[0]
    if now.table is None or not now.step:
        return [(why, inks.PLAIN)]
    at = [row.name for row in now.table.rows].index(now.step) + 1
    return [(f"{now.step} ", inks.STRONG), (f"({at} of {len(now.table.rows)}), ", inks.PLAIN), (why, inks.PLAIN)]
