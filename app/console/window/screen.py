"""The screen of a window: its level and clock, a line for each step, the step under way, and what could be done."""

from __future__ import annotations

import asyncio
import contextlib
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from app.console.modals import Confirm, Page
from app.console.run_screen import LOOKS_PER_S, SMALLEST, RunScreen
from app.console.window.source import WindowSource
from app.console.window.steps import StepTable
from app.console.window.words import below, clock_line, now_lines, step_lines
from app.console.words import LEVEL_COLOURS, LEVEL_GLYPHS
from app.window_wording import level_lines
from engine.errors import printable
from engine.jobs.window.events import StepState
from engine.jobs.window.shape import Timetable
from engine.run.control import Request

_IN_SIGHT = (StepState.UNDER_WAY, StepState.VERIFYING, StepState.FAILED, StepState.STOPPED)


def _of_interest(table: Timetable) -> str:
    """Return the step that an operator looks for: the one under way, or the one that stopped the window."""
    return next((row.name for row in table.rows if row.state in _IN_SIGHT), "")


class WindowScreen(Screen[None]):
    """Watches one window and passes on what its operator asks; that reaches the step under way."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause", id="window.pause", tooltip="Hand out no more work, or go on"),
        Binding("plus,equals_sign", "workers(1)", "Worker", key_display="+", id="window.more", tooltip="A worker more"),
        Binding("minus", "workers(-1)", "Worker", key_display="-", id="window.fewer", tooltip="A worker fewer"),
        Binding("w", "auto", "Auto", id="window.auto", tooltip="Let the step choose its number of workers itself"),
        Binding("r", "reasons", "Reasons", id="window.reasons", tooltip="Verifications, reasons and advice in full"),
        Binding("s", "stop", "Stop", id="window.stop", tooltip="End the window at the next safe point of its step"),
        Binding("q", "leave", "Leave", id="window.leave", tooltip="Close the console; the window goes on"),
        Binding("question_mark", "help", "Keys", key_display="?", id="window.help", tooltip="What every key does"),
    ]

    def __init__(self, source: WindowSource) -> None:
        super().__init__()
        self.source = source
        self._at_once = asyncio.Event()
        self._bound: tuple[bool, bool] | None = None
        self._told: dict[str, str | Text] = {}

    def compose(self) -> ComposeResult:
        """Lay the screen out from the top."""
        yield Static(id="title", markup=False)
        yield Static(id="status", markup=False)
        yield Static(id="clock", markup=False)
        yield StepTable(id="steps")
        yield Static(id="step", markup=False)
        yield Static(id="now", markup=False)
        yield Static(id="advice", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to look."""
        self.query_one(StepTable).focus()
        self._keep_looking()

    def on_resize(self) -> None:
        """Say so where the terminal is too small, and take no keys there."""
        self.set_class(self._too_small, "small")
        if self._bound is not None:  # before the first look there is nothing to lay out anew
            self._show()

    @property
    def _too_small(self) -> bool:
        return self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]

    @work(exclusive=True, group="look")
    async def _keep_looking(self) -> None:
        """Look, show, wait: one look at a time, away from the loop that draws."""
        while True:
            await asyncio.to_thread(self.source.look)
            self._show()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._at_once.wait(), 1 / LOOKS_PER_S)
            self._at_once.clear()

    def _show(self) -> None:
        seen, width = self.source, max(20, self.size.width - 2)
        title = seen.title
        if self._too_small:
            title = f"too small: wanted {SMALLEST[0]}x{SMALLEST[1]}; keys rest"
        self._put("title", title[:width])
        level, why = seen.health
        line = Text(f"{LEVEL_GLYPHS[level]} {level.name} ", style=LEVEL_COLOURS[level])
        self._put("status", line.append(printable(why.partition("\n")[0]), style="default"))
        if seen.table is not None:
            self._show_table(seen.table, width)
        bound = (seen.alive, self._too_small)
        if bound != self._bound:  # it draws the whole footer anew
            self._bound = bound
            self.refresh_bindings()

    def _show_table(self, table: Timetable, width: int) -> None:
        seen = self.source
        self._put("clock", clock_line(table))
        steps = self.query_one(StepTable)
        steps.show(table, _of_interest(table))
        steps.styles.height = len(table.rows) + 1
        lines = step_lines(table.row(steps.step)) if steps.step else []
        self._put("step", "\n".join(line[:width] for line in lines))
        self._put("now", "\n".join(line[:width] for line in now_lines(seen.snapshot, seen.ending, width)))
        advice = self.query_one("#advice")
        self._put("advice", "\n".join(below(table, width, advice.size.height)))

    def _put(self, name: str, content: str | Text) -> None:
        """Change one text where it is another than before; its place never changes, so nothing is laid out."""
        if self._told.get(name) != content:
            self._told[name] = content
            self.query_one(f"#{name}", Static).update(content, layout=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what a window that has ended cannot do any more; a terminal that is too small does nothing."""
        if action in ("pause", "workers", "auto", "stop") and not self.source.alive:
            return None
        return not (self._too_small and action != "leave")

    def on_step_table_moved(self) -> None:
        """Tell of the step that the cursor is on now."""
        self._show()

    def on_step_table_opened(self, opened: StepTable.Opened) -> None:
        """Open a step's own run; Escape comes back."""
        watch = self.source.step_watch(opened.step)
        if isinstance(watch, str):
            self.notify(watch, severity="warning", markup=False)
        else:
            self.app.push_screen(RunScreen(watch, None, is_step=True))

    def action_pause(self) -> None:
        """Pause, or take the operator's pause back."""
        now = self.source.snapshot
        held = now is not None and "operator" in now.pauses
        self._tell(Request("resume" if held else "pause"))

    def action_workers(self, more: int) -> None:
        """Ask for more or fewer workers."""
        now = self.source.snapshot
        if now is not None:
            self._tell(Request("workers", count=max(1, now.workers_wanted + more)))

    def action_auto(self) -> None:
        """Leave the number of workers to the step."""
        self._tell(Request("workers", auto=True))

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
            self._tell(Request("stop"))

    def action_leave(self) -> None:
        """Close the console; the window goes on."""
        self.app.exit()

    def action_help(self) -> None:
        """Show what every key does."""
        bindings = [binding for binding in (*StepTable.BINDINGS, *self.BINDINGS) if isinstance(binding, Binding)]
        lines = [
            f"{binding.key_display or binding.key:<6} {binding.tooltip}" for binding in bindings if binding.tooltip
        ]
        legend = (
            "█ used of the budget   ▒ forecast   ░ left\nslack: how much earlier than planned (- later) a step ends"
        )
        rest = "Closing the console never ends a window: gonogo attach"
        self.app.push_screen(Page("\n".join([*lines, "j/k    Up and down", "", legend, "", rest])))

    @work(thread=True, group="tell")
    def _tell(self, request: Request) -> None:
        refused = self.source.tell(request)
        if refused:
            self.app.call_from_thread(self.notify, refused, severity="error", markup=False)
        self.app.call_from_thread(self._at_once.set)
