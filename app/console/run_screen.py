"""The screen of one run: how it is, how far, who works on what, and every shard."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from app.console.actions import Action, bindings
from app.console.frame import Frame
from app.console.modals import Confirm, Page
from app.console.plot import Plot
from app.console.shards import ShardTable
from app.console.watch import Watch
from app.console.words import counts_line, progress_line, room_line, status
from app.console.workers import WorkerList
from app.wording import gate_line
from engine.convert.view import Level
from engine.errors import printable
from engine.run.control import Request
from engine.units import show_bytes

_REASONS_SHOWN = 50
ACTIONS = (
    Action("run.pause", "p", "pause", "Pause", "Hand out no more shards, or go on", changes=True),
    Action("run.more", "plus,equals_sign", "workers(1)", "Worker", "A worker more", shown_as="+", changes=True),
    Action("run.fewer", "minus", "workers(-1)", "Worker", "A worker fewer", shown_as="-", changes=True),
    Action("run.filter", "f", "filter", "Filter", "Show all, in hand, trouble, pending or done shards"),
    Action("run.reasons", "r", "reasons", "Reasons", "Why shards failed or are quarantined, in full"),
    Action("run.stop", "s", "stop", "Stop", "End the run at its next safe point", changes=True),
)


class RunScreen(Frame):
    """Watches one run and passes on what its operator asks."""

    ACTIONS: ClassVar[tuple[Action, ...]] = ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    TAB: ClassVar[str] = "run"

    def __init__(self, watch: Watch, budget_s: float | None, *, is_step: bool = False) -> None:
        super().__init__()
        self._is_step = is_step
        self.watch_run = watch
        self._budget_s = budget_s

    def compose_body(self) -> ComposeResult:
        """Lay the screen out from the top."""
        yield Static(id="progress", markup=False)
        yield Static(id="counts", markup=False)
        yield Static(id="room", markup=False)
        yield Static(id="ending", markup=False)
        with Horizontal(id="middle"):
            yield WorkerList(id="workers")
            yield Plot(id="plot")
        yield Static(id="caption", markup=False)
        yield ShardTable(id="shards")

    def home(self) -> None:
        """Begin in the table."""
        self.query_one(ShardTable).focus()

    async def look(self) -> bool:
        """Read what is new."""
        await asyncio.to_thread(self.watch_run.look)
        return False

    def heading(self) -> str | Text:
        """Name the run; one whose gate was opened against its checklist says so for as long as it is shown."""
        seen = self.watch_run
        record = seen.folder.record
        title = f"gonogo {record.job}  {record.corpus or ''}  {seen.folder.run_id}"
        opened = seen.view.opened
        if opened is None or not opened.overridden_by:
            return title
        return Text(f"{gate_line(opened)}  {title}", style="bold red")

    def status(self) -> tuple[Level, str]:
        """Say how the run is doing."""
        seen = self.watch_run
        found = status(seen.view, alive=seen.alive, problem=seen.problem)
        return found.level, found.text

    def show(self) -> None:
        """Draw what was seen."""
        seen = self.watch_run
        view, now = seen.view, seen.snapshot
        width = max(20, self.size.width - 2)
        self.put("progress", progress_line(view, now, self._budget_s, width))
        self.put("counts", counts_line(view))
        self.put("room", room_line(view, now))
        self.set_class(not view.states and (now is None or bool(now.stage)), "whole")
        self.query_one(WorkerList).show(now)
        rates = seen.rates
        peak = f"throughput, at most {show_bytes(max(rates))}/s" if rates else "throughput"
        self.query_one(Plot).show(list(rates), peak)
        table = self.query_one(ShardTable)
        table.show(view, seen.changes)
        self.put("caption", f"shards: {table.filter} ({len(table.rows):,})")
        if seen.ending and not self.has_class("ended"):
            self.query_one("#ending", Static).update("\n".join(seen.ending))
            self.add_class("ended")

    def why_not(self, action: str) -> str:
        """Say what a run that has ended cannot do any more."""
        if action in ("pause", "workers", "stop") and not self.watch_run.alive:
            return "the run has ended; the command that started it goes on from there"
        return ""

    def notes(self) -> tuple[str, ...]:
        """Say what closing does."""
        return ("Closing the console never ends a run: gonogo attach",)

    def action_pause(self) -> None:
        """Pause, or take the operator's pause back."""
        now = self.watch_run.snapshot
        held = now is not None and "operator" in now.pauses
        self._order(Request("resume" if held else "pause"))

    def action_workers(self, more: int) -> None:
        """Ask for more or fewer workers."""
        now = self.watch_run.snapshot
        if now is not None:
            self._order(Request("workers", count=max(1, now.workers_wanted + more)))

    def action_filter(self) -> None:
        """Show another kind of shards."""
        self.query_one(ShardTable).next_filter()
        self.draw()

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
            self._order(Request("stop"))

    @work(thread=True, group="tell")
    def _order(self, request: Request) -> None:
        refused = self.watch_run.tell(request)
        if refused:
            self.app.call_from_thread(self.tell, refused, "error")
        self.app.call_from_thread(self.look_again)
