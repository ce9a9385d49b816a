"""The screen of a window: its level and clock, a line for each step, the step under way, and what could be done."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from app.console.actions import Action, bindings
from app.console.conversion.forecast import Deadline
from app.console.conversion.screen import StepScreen
from app.console.modals import Page
from app.console.steering import Steered, orders
from app.console.window.source import WindowSource
from app.console.window.steps import StepTable
from app.console.window.words import below, clock_line, now_lines, step_lines
from app.window_wording import level_lines
from engine.convert.view import Level
from engine.jobs.window.events import StepState
from engine.jobs.window.shape import Timetable
from engine.run.off_loop import off_loop

_IN_SIGHT = (StepState.UNDER_WAY, StepState.VERIFYING, StepState.FAILED, StepState.STOPPED)
_LEGEND = (
    "█ used of the budget   ▒ forecast   ░ left",
    "ahead: how much earlier than planned (- later) a step ends",
    "slack: from the forecast end to the end of the window",
    "Closing the console never ends a window: gonogo attach",
)
ACTIONS = (
    *orders("window"),
    Action("window.reasons", "r", "reasons", "Reasons", "Verifications, reasons and advice in full"),
)


def _of_interest(table: Timetable) -> str:
    """Return the step that an operator looks for: the one under way, or the one that stopped the window."""
    return next((row.name for row in table.rows if row.state in _IN_SIGHT), "")


class WindowScreen(Steered):
    """Watches one window and passes on what its operator asks; that reaches the step under way."""

    ACTIONS: ClassVar[tuple[Action, ...]] = ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    TAB: ClassVar[str] = "window"
    ENDED: ClassVar[str] = "the window has ended; the command that started it goes on from there"

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
        await off_loop(self.source.look)
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
        self.put("clock", clock_line(table, width))
        steps = self.query_one(StepTable)
        steps.show(table, _of_interest(table))
        steps.styles.height = len(table.rows) + 1
        lines = step_lines(table.row(steps.step)) if steps.step else []
        self.put("step", "\n".join(line[:width] for line in lines))
        self.put("now", "\n".join(line[:width] for line in now_lines(seen.snapshot, seen.ending, width)))
        advice = self.query_one("#advice")
        self.put("advice", "\n".join(below(table, width, advice.size.height)))

    @property
    def steered(self) -> WindowSource:
        """What its orders go to: the engine passes them on to the step under way."""
        return self.source

    def stop_question(self) -> str:
        """Name the window."""
        return f"Stop {self.source.run_id}?\n\nThe step under way comes to a safe point; the same command goes on."

    def notes(self) -> tuple[str, ...]:
        """Explain the bars."""
        return _LEGEND

    def on_unmount(self) -> None:
        """Watch no more: control that we had is free for others."""
        self.source.close()

    def on_lines_moved(self) -> None:
        """Tell of the step that the cursor is on now."""
        self.draw()

    def on_step_table_opened(self, opened: StepTable.Opened) -> None:
        """Open a step's own run; Escape comes back."""
        watch = self.source.step_watch(opened.step)
        if isinstance(watch, str):
            self.tell(watch, "warning")
        else:
            row = self.source.table.row(opened.step) if self.source.table is not None else None
            deadline = None if row is None else Deadline(row.planned_end, "the step's planned end")
            self.app.push_screen(StepScreen(watch, deadline))

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
