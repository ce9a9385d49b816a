"""The same run shown by widgets that others made: Textual's DataTable with a row a shard, and textual-plot.

``python -m benchmarks.rival_console RUN``. It looks four times a second, as the console does, in the same way, and
updates the cells of those shards alone that workers have or have just done with.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from typing import ClassVar, Final

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable
from textual_plot import HiResMode, PlotWidget

from app.console.watch import Watch
from engine.crew.crew import Snapshot
from engine.run.folder import find_run
from engine.units import show_bytes

LOOKS_PER_S: Final = 4
_POINTS: Final = 240
"""What fits into the width, two to a cell."""


class Rival(App[None]):
    """A table and a plot."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "Quit")]
    CSS = "DataTable { height: 2fr; } PlotWidget { height: 1fr; }"

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self._before: dict[str, int] = {}
        self._asked: Snapshot | None = None
        self._rates: deque[float] = deque(maxlen=_POINTS)

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield DataTable(id="shards")
        yield PlotWidget(id="plot")

    async def on_mount(self) -> None:
        """Fill the table and begin to look."""
        await asyncio.to_thread(self._watch.look)
        table = self.query_one("#shards", DataTable)
        for key, width in (("state", 14), ("share", 8), ("shard", 40), ("note", 40)):
            table.add_column(key, key=key, width=width)
        for shard, state in self._watch.view.states.items():
            table.add_row(str(state), "", shard, show_bytes(self._watch.view.sizes[shard]), key=shard)
        self.set_interval(1 / LOOKS_PER_S, self._look)

    async def _look(self) -> None:
        await asyncio.to_thread(self._watch.look)
        table, view, now = self.query_one("#shards", DataTable), self._watch.view, self._watch.snapshot
        for shard in self._before.keys() - view.in_hand.keys():
            table.update_cell(shard, "state", str(view.states[shard]))
            table.update_cell(shard, "share", "")
        for worker in now.workers if now is not None else ():
            table.update_cell(worker.shard, "state", f"> worker {worker.worker}")
            table.update_cell(worker.shard, "share", f"{worker.read_bytes / worker.of_bytes:.0%}")
            table.update_cell(worker.shard, "note", worker.stage)
        self._before = dict(view.in_hand)
        if now is not None and self._asked is not None and now.elapsed_s > self._asked.elapsed_s:
            done = now.bytes_done - self._asked.bytes_done
            self._rates.append(max(0.0, done / (now.elapsed_s - self._asked.elapsed_s)))
        self._asked = now
        plot, rates = self.query_one("#plot", PlotWidget), list(self._rates)
        plot.clear()
        plot.set_ylimits(0.0, 1.1 * max(rates, default=1.0))  # it cannot scale values that are all the same
        plot.plot(x=list(range(len(rates))), y=rates, hires_mode=HiResMode.BRAILLE)


if __name__ == "__main__":
    Rival(Watch(find_run(sys.argv[1]))).run()
