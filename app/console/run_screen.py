"""The screen of one run: how it is, how far, who works on what, and every shard."""

from __future__ import annotations

import asyncio
import contextlib
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Footer, Static

from app.console.modals import Confirm, Page
from app.console.plot import Plot
from app.console.shards import ShardTable
from app.console.watch import Watch
from app.console.words import (
    LEVEL_COLOURS,
    LEVEL_GLYPHS,
    counts_line,
    progress_line,
    room_line,
    status,
)
from app.console.workers import WorkerList
from app.wording import gate_line
from engine.errors import printable
from engine.run.control import Request
from engine.units import show_bytes

LOOKS_PER_S = 4
_REASONS_SHOWN = 50
SMALLEST = (60, 15)
"""Columns and rows below which nothing useful fits, and keys would act unseen."""


class RunScreen(Screen[None]):
    """Watches one run and passes on what its operator asks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause", id="run.pause", tooltip="Hand out no more shards, or go on"),
        Binding("plus,equals_sign", "workers(1)", "Worker", key_display="+", id="run.more", tooltip="A worker more"),
        Binding("minus", "workers(-1)", "Worker", key_display="-", id="run.fewer", tooltip="A worker fewer"),
        Binding("f", "filter", "Filter", id="run.filter", tooltip="Show all, in hand, trouble, pending or done shards"),
        Binding("r", "reasons", "Reasons", id="run.reasons", tooltip="Why shards failed or are quarantined, in full"),
        Binding("s", "stop", "Stop", id="run.stop", tooltip="End the run at its next safe point"),
        Binding("q", "leave", "Leave", id="run.leave", tooltip="Close the console; the run goes on"),
        Binding("escape", "back", "Back", id="run.back", tooltip="Back to the timeline of the window"),
        Binding("question_mark", "help", "Keys", key_display="?", id="run.help", tooltip="What every key does"),
    ]

    def __init__(self, watch: Watch, budget_s: float | None, *, is_step: bool = False) -> None:
        super().__init__()
        self._is_step = is_step
        self.watch_run = watch
        self._budget_s = budget_s
        self._at_once = asyncio.Event()
        self._bound: tuple[bool, bool] | None = None
        self._told: dict[str, str | Text] = {}

    def compose(self) -> ComposeResult:
        """Lay the screen out from the top."""
        yield Static(id="title", markup=False)
        yield Static(id="status", markup=False)
        yield Static(id="progress", markup=False)
        yield Static(id="counts", markup=False)
        yield Static(id="room", markup=False)
        yield Static(id="ending", markup=False)
        with Horizontal(id="middle"):
            yield WorkerList(id="workers")
            yield Plot(id="plot")
        yield Static(id="caption", markup=False)
        yield ShardTable(id="shards")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to look."""
        self.query_one(ShardTable).focus()
        self._keep_looking()

    def on_resize(self) -> None:
        """Say so where the window is too small, and take no keys there."""
        self.set_class(self._too_small, "small")

    @property
    def _too_small(self) -> bool:
        return self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]

    @work(exclusive=True, group="look")
    async def _keep_looking(self) -> None:
        """Look, show, wait: one look at a time, away from the loop that draws."""
        while True:
            await asyncio.to_thread(self.watch_run.look)
            self._show()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._at_once.wait(), 1 / LOOKS_PER_S)
            self._at_once.clear()

    def _show(self) -> None:
        seen = self.watch_run
        view, now = seen.view, seen.snapshot
        width = max(20, self.size.width - 2)
        record = seen.folder.record
        title = f"gonogo {record.job}  {record.corpus or ''}  {seen.folder.run_id}"
        if self._too_small:
            title = f"too small: wanted {SMALLEST[0]}x{SMALLEST[1]}; keys rest"
        self._put("title", self._title(title, width))
        found = status(view, alive=seen.alive, problem=seen.problem)
        line = Text(f"{LEVEL_GLYPHS[found.level]} {found.level.name} ", style=LEVEL_COLOURS[found.level])
        self._put("status", line.append(found.text, style="default"))
        self._put("progress", progress_line(view, now, self._budget_s, width))
        self._put("counts", counts_line(view))
        self._put("room", room_line(view, now))
        self.set_class(not view.states and (now is None or bool(now.stage)), "whole")
        self.query_one(WorkerList).show(now)
        rates = seen.rates
        peak = f"throughput, at most {show_bytes(max(rates))}/s" if rates else "throughput"
        self.query_one(Plot).show(list(rates), peak)
        table = self.query_one(ShardTable)
        table.show(view, seen.changes)
        self._put("caption", f"shards: {table.filter} ({len(table.rows):,})")
        if seen.ending and not self.has_class("ended"):
            self.query_one("#ending", Static).update("\n".join(seen.ending))
            self.add_class("ended")
        bound = (seen.alive, self._too_small)
        if bound != self._bound:  # it draws the whole footer anew
            self._bound = bound
            self.refresh_bindings()

    def _title(self, title: str, width: int) -> str | Text:
        """Name the run; one whose gate was opened against its checklist says so in red for as long as it is shown."""
        opened = self.watch_run.view.opened
        if opened is None or not opened.overridden_by:
            return title[:width]
        return Text(f"{gate_line(opened)}  {title}"[:width], style="bold red")

    def _put(self, name: str, content: str | Text) -> None:
        """Change one line of text where it is another than before; its place never changes, so nothing is laid out."""
        if self._told.get(name) != content:
            self._told[name] = content
            self.query_one(f"#{name}", Static).update(content, layout=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what a run that has ended cannot do any more; a window that is too small does nothing at all."""
        if action in ("pause", "workers", "stop") and not self.watch_run.alive:
            return None
        if action == "back" and not self._is_step:
            return False
        return not (self._too_small and action not in ("leave", "back"))

    def action_pause(self) -> None:
        """Pause, or take the operator's pause back."""
        now = self.watch_run.snapshot
        held = now is not None and "operator" in now.pauses
        self._tell(Request("resume" if held else "pause"))

    def action_workers(self, more: int) -> None:
        """Ask for more or fewer workers."""
        now = self.watch_run.snapshot
        if now is not None:
            self._tell(Request("workers", count=max(1, now.workers_wanted + more)))

    def action_filter(self) -> None:
        """Show another kind of shards."""
        self.query_one(ShardTable).next_filter()
        self._show()

    def action_reasons(self) -> None:
        """Show in full what a line of the table has no room for."""
        view = self.watch_run.view
        told = [f"{shard}\n  {printable(why)}" for shard, why in view.reasons.items()]
        more = [f"and {len(told) - _REASONS_SHOWN:,} more: gonogo status"] if len(told) > _REASONS_SHOWN else []
        told = told[:_REASONS_SHOWN] + more + [printable(warning) for warning in view.warnings]
        self.app.push_screen(Page("\n\n".join(told) or "Nothing has failed, nothing is quarantined."))

    def action_stop(self) -> None:
        """Ask before ending the run."""
        run = self.watch_run.folder.run_id
        question = f"Stop {run}?\n\nShards in hand come to a safe point; the same command goes on later."
        self.app.push_screen(Confirm(question), self._stop_if)

    def _stop_if(self, yes: bool | None) -> None:
        if yes:
            self._tell(Request("stop"))

    def action_leave(self) -> None:
        """Close the console; the run goes on."""
        self.app.exit()

    def action_back(self) -> None:
        """Return to the window that this run is a step of; a look under way must not draw on what is gone then."""
        self.workers.cancel_group(self, "look")
        self.app.pop_screen()

    def action_help(self) -> None:
        """Show what every key does."""
        bindings = [binding for binding in self.BINDINGS if isinstance(binding, Binding)]
        bindings = [binding for binding in bindings if self._is_step or binding.action != "back"]
        lines = [f"{binding.key_display or binding.key:<4} {binding.tooltip}" for binding in bindings]
        self.app.push_screen(Page("\n".join([*lines, "", "Closing the console never ends a run: gonogo attach"])))

    @work(thread=True, group="tell")
    def _tell(self, request: Request) -> None:
        refused = self.watch_run.tell(request)
        if refused:
            self.app.call_from_thread(self.notify, refused, severity="error", markup=False)
        self.app.call_from_thread(self._at_once.set)
