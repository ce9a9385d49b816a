"""How a window reads: its events a line each, its forecast, its advice and its end, under eighty columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime

from app.window_table import clock_of, lines_of, summary_table, took
from engine.convert.view import Level
from engine.errors import printable
from engine.jobs.window.advice import Advice, wins
from engine.jobs.window.events import (
    Expected,
    StepEnded,
    StepKept,
    StepLeftOut,
    StepSettled,
    StepsExpected,
    StepStarted,
    StepState,
    WindowPlanned,
    WindowSummary,
)
from engine.jobs.window.shape import Timetable
from engine.run.events import Event
from engine.units import counted, show_seconds

WIDTH = 80
"""Of the text for people: it fits the narrowest terminal that anybody still opens."""
_STEP_WIDTH = 12
_OK = "ok"


def data_line(event: Event) -> str | None:
    """Say what became of a step; None for every other event."""
    match event:
        case StepKept():
            seconds = _seconds_between(event.started, event.ended)
            return _row("done before", event.step, f"by {event.step_run}, in {took(seconds)}")
        case StepLeftOut():
            what = "without it: " if event.how == "dropped" else ""
            return _row(event.how, event.step, f"{what}{event.told}")
        case StepSettled():
            word = str(event.state) if event.state is not StepState.FAILED else "FAILED"
            return _row(word, event.step, event.why.partition("\n")[0])  # all of it stands at the end
    return None


def message_line(event: Event) -> str | None:
    """Say what the window is at; None for every other event."""
    match event:
        case WindowPlanned():
            return _planned(event)
        case StepsExpected():
            return "\n".join(_expected(one) for one in event.steps if not one.is_assumed) or None
        case StepStarted():
            return _row("begins", event.step, f"run {event.step_run}")
        case StepEnded():
            how = "" if event.outcome == _OK else f", {event.outcome}"
            return _row("ended", event.step, f"after {show_seconds(event.seconds)}{how}")
    return None


def _planned(event: WindowPlanned) -> str:
    budgets_s = sum(step.budget_s for step in event.steps)
    room = f"{took(budgets_s)} of {took(event.window_s)} planned"
    told = f"{event.title}: {counted(len(event.steps), 'step')}, {room}; the clock began {event.began}"
    return told + (f"\ngoes on after {event.earlier}" if event.earlier else "")


def _expected(one: Expected) -> str:
    return _row("forecast", one.step, f"{took(one.seconds)}: {one.rests_on}")


def _row(word: str, step: str, rest: str) -> str:
    return f"{word:<11} {step:<{_STEP_WIDTH}} {rest}".rstrip()


def level_lines(table: Timetable) -> list[str]:
    """Say how a window stands, and what could be done about it where it is not green."""
    return [f"{table.level.name}: {table.told}", *advice_lines(table)]


def advice_lines(table: Timetable, width: int = WIDTH) -> list[str]:
    """Say what would bring a window back, most first; nothing where nothing needs to be done."""
    if not table.advice:
        return []
    told = [line for one in table.advice for line in _wrapped(_advised(one), "  ", width)]
    return [*told, *_wrapped(_all_of_it(table.advice, fits=table.fits_then), "  ", width)]


def advice_brief(table: Timetable, width: int = WIDTH) -> list[str]:
    """Say the same in as few lines as name everything."""
    if not table.advice:
        return []
    drop, hurry = ([one for one in table.advice if one.do == do] for do in ("drop", "hurry"))
    told = [f"{word} {', '.join(map(_won, which))}" for word, which in (("drop", drop), ("hurry", hurry)) if which]
    return _wrapped(f"{'; '.join(told)}; {_all_of_it(table.advice, fits=table.fits_then)}", "  ", width)


def _won(one: Advice) -> str:
    return one.step if one.wins_s is None else f"{one.step} ({took(one.wins_s)})"


def _advised(one: Advice) -> str:
    if one.do == "drop":
        return f"drop {one.step}, wins {show_seconds(one.wins_s or 0)}; without it: {one.words}"
    wins_told = "" if one.wins_s is None else f", wins {show_seconds(one.wins_s)}"
    return f"hurry {one.step}{wins_told}: {one.words}"


def _all_of_it(advice: Sequence[Advice], *, fits: bool) -> str:
    won_s = wins(advice)
    if not won_s:
        return "nothing of this has a figure: whether the window holds then, nobody knows"
    return f"all of it wins {show_seconds(won_s)}: the window {'holds' if fits else 'breaks even'} then"


def ahead_lines(table: Timetable, more: Iterable[str] = (), stops: str = "") -> list[str]:
    """Put a timetable ahead into words: the verdict first, the table, then what it rests on.

    Args:
        table: the forecast.
        more: what else is known, each told in a paragraph of its own.
        stops: why it would be stopped for safety; "" where it would not.
    """
    clock = clock_of(table)
    ends = f"ends at {clock.at(table.forecast_end)} of {clock.span(clock.window_s)}"
    head = f"{'NO-GO' if table.level is Level.RED else 'GO'}: {table.level.name}: {table.told}"
    if stops:
        head = f"NO-GO: it would be stopped for safety: {stops}"
    paragraphs = [f"{table.title}: forecast {ends}", *_rests(table), *table.notes, *more]
    return [
        *_wrapped(head, ""),
        *advice_lines(table),
        "",
        *lines_of(table),
        "",
        *(line for told in paragraphs for line in _wrapped(told, "")),
    ]


def _rests(table: Timetable) -> list[str]:
    """Say what each forecast rests on, where neither the plan nor a note says so already."""
    return [
        f"{row.name}: {row.rests_on}"
        for row in table.rows
        if row.rests_on and not is_budget(row.rests_on) and not any(note in row.rests_on for note in table.notes)
    ]


def is_budget(rests_on: str) -> bool:
    """Tell whether a forecast is no more than what the plan says."""
    return rests_on.startswith("the plan's budget")


def summary_lines(summary: WindowSummary, verdict: str) -> list[str]:
    """Put the end of a window into words: GO or NO-GO first, then planned against actual."""
    if not summary.steps:
        return [f"{verdict}: window ended early: {summary.detail}"]
    counts = ", ".join(f"{count:,} {state}" for state, count in summary.counts.items())
    at = f"{show_seconds(summary.window_seconds)} of {took(summary.window_s)}"
    left = f"{show_seconds(summary.slack_s)} left" if summary.slack_s >= 0 else f"{show_seconds(-summary.slack_s)} over"
    if summary.pending:
        left = f"forecast: {left}"
    return [
        f"{verdict}: window: steps: {counts}; {at}, {left}",
        "",
        *summary_table(summary),
        *_told(summary),
    ]


def _told(summary: WindowSummary) -> list[str]:
    """Say why it ended early, in full: the way out is in there."""
    if not summary.detail:
        return []
    return ["", *(printable(line) for line in summary.detail.splitlines())]


def _wrapped(text: str, indent: str, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=False
    ) or [""]


def _seconds_between(started: str, ended: str) -> float:
    if not started or not ended:
        return 0.0
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(started)).total_seconds()
