"""The workers of a run, one line each, drawn as they are in sight."""

from __future__ import annotations

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.console.words import worker_line, workers_line
from engine.crew.crew import Snapshot


class WorkerList(ScrollView, can_focus=True):
    """One line a worker: its number, stage, share and shard."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._title = "workers"
        self._lines: list[str] = []

    def show(self, now: Snapshot | None) -> None:
        """Show the workers of this moment; None where there is no engine any more."""
        lines = [workers_line(now), *(worker_line(worker) for worker in now.workers)] if now else ["workers: none"]
        if lines != self._lines:
            self._lines = lines
            self.virtual_size = Size(self.size.width, len(lines))
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        at = int(self.scroll_offset.y) + y
        text = self._lines[at] if at < len(self._lines) else ""
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)
