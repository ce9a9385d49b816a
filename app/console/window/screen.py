"""The screen of a window: its level and clock, a line for each step, the step under way, and what could be done."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from app.console.actions import Action, bindings
from app.console.frame import Frame
from app.console.modals import Confirm, Page
from app.console.run_screen import RunScreen
from app.console.window.source import WindowSource
from app.console.window.steps import StepTable
from app.console.window.words import below, clock_line, now_lines, step_lines
from app.window_wording import level_lines
from engine.convert.view import Level
from engine.jobs.window.events import StepState
from engine.jobs.window.shape import Timetable
from engine.run.control import Request

_IN_SIGHT = (StepState.UNDER_WAY, StepState.VERIFYING, StepState.FAILED, StepState.STOPPED)
_LEGEND = (
    "█ used of the budget   ▒ forecast   ░ left",
    "slack: how much earlier than planned (- later) a step ends",
    "Closing the console never ends a window: gonogo attach",
)
ACTIONS = (
    Action("window.pause", "p", "pause", "Pause", "Hand out no more work, or go on", changes=True),
    Action("window.more", "plus,equals_sign", "workers(1)", "Worker", "A worker more", shown_as="+", changes=True),
    Action("window.fewer", "minus", "workers(-1)", "Worker", "A worker fewer", shown_as="-", changes=True),
    Action("window.auto", "w", "auto", "Auto", "Let the step choose its number of workers itself", changes=True),
    Action("window.reasons", "r", "reasons", "Reasons", "Verifications, reasons and advice in full"),
    Action("window.stop", "s", "stop", "Stop", "End the window at the next safe point of its step", changes=True),
)


def _of_interest(table: Timetable) -> str:
    """Return the step that an operator looks for: the one under way, or the one that stopped the window."""
    return next((row.name for row in table.rows if row.state in _IN_SIGHT), "")


class WindowScreen(Frame):
    """Watches one window and passes on what its operator asks; that reaches the step under way."""

    ACTIONS: ClassVar[tuple[Action, ...]] = ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    TAB: ClassVar[str] = "window"

    def __init__(self, source: WindowSource) -> None:
        super().__init__()
        self.source = source

    def compose_body(self) -> ComposeResult:
        """Lay the screen out from the top."""
        yield Static(id="clock", markup=False)
        yield StepTable(id="steps")
        yield Static(id="step", markup=False)
        yield Static(id="now", markup=False)
        yield Static(id="advice", markup=False)

    def home(self) -> None:
        """Begin in the timeline."""
        self.query_one(StepTable).focus()

    async def look(self) -> bool:
        """Read what is new."""
        await asyncio.to_thread(self.source.look)
        return False

    def heading(self) -> str:
        """Name the window."""
        return self.source.title

    def status(self) -> tuple[Level, str]:
        """Say how it is doing, and why."""
        return self.source.health

    def show(self) -> None:
        """Draw the timetable, where there is one yet."""
        seen, width = self.source, max(20, self.size.width - 2)
        table = seen.table
        if table is None:
            return
        self.put("clock", clock_line(table))
        steps = self.query_one(StepTable)
        steps.show(table, _of_interest(table))
        steps.styles.height = len(table.rows) + 1
        lines = step_lines(table.row(steps.step)) if steps.step else []
        self.put("step", "\n".join(line[:width] for line in lines))
        self.put("now", "\n".join(line[:width] for line in now_lines(seen.snapshot, seen.ending, width)))
        advice = self.query_one("#advice")
        self.put("advice", "\n".join(below(table, width, advice.size.height)))

    def why_not(self, action: str) -> str:
        """Say what a window that has ended cannot do any more."""
        if action in ("pause", "workers", "auto", "stop") and not self.source.alive:
            return "the window has ended; the command that started it goes on from there"
        return ""

    def notes(self) -> tuple[str, ...]:
        """Explain the bars."""
        return _LEGEND

    def on_lines_moved(self) -> None:
        """Tell of the step that the cursor is on now."""
        self.draw()

    def on_step_table_opened(self, opened: StepTable.Opened) -> None:
        """Open a step's own run; Escape comes back."""
        watch = self.source.step_watch(opened.step)
        if isinstance(watch, str):
            self.tell(watch, "warning")
        else:
            self.app.push_screen(RunScreen(watch, None, is_step=True))

    def action_pause(self) -> None:
        """Pause, or take the operator's pause back."""
        now = self.source.snapshot
        held = now is not None and "operator" in now.pauses
        self._order(Request("resume" if held else "pause"))

    def action_workers(self, more: int) -> None:
        """Ask for more or fewer workers."""
        now = self.source.snapshot
        if now is not None:
            self._order(Request("workers", count=max(1, now.workers_wanted + more)))

    def action_auto(self) -> None:
        """Leave the number of workers to the step."""
        self._order(Request("workers", auto=True))

    def action_reasons(self) -> None:
        """Show in full what a line of the timeline has no room for."""
        seen = self.source
        told = [f"{name} {track.state}\n  {track.why}" for name, track in seen.folded.view.tracks.items() if track.why]
        told += [f"{check.id}: {check.state}: {check.read}\n  wanted {check.wanted}" for check in seen.folded.checks]
        told += seen.folded.warnings
        if seen.table is not None:
            told += ["\n".join(level_lines(seen.table))]
            told += seen.table.notes
        told += ["\n".join(seen.ending)] if seen.ending else []
        self.app.push_screen(Page("\n\n".join(told) or "All is as planned, and nothing has been verified yet."))

    def action_stop(self) -> None:
        """Ask before ending the window."""
        question = f"Stop {self.source.run_id}?\n\nThe step under way comes to a safe point; the same command goes on."
        self.app.push_screen(Confirm(question), self._stop_if)

    def _stop_if(self, yes: bool | None) -> None:
        if yes:
            self._order(Request("stop"))

    @work(thread=True, group="tell")
    def _order(self, request: Request) -> None:
        refused = self.source.tell(request)
        if refused:
            self.app.call_from_thread(self.tell, refused, "error")
        self.app.call_from_thread(self.look_again)
