"""The screen of one shard: all that is known of it, and its members."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from app.console.actions import Action, bindings
from app.console.conversion.facts import ShardFacts, read_facts
from app.console.conversion.forecast import run_clock
from app.console.conversion.full_words import Line, clip_heads, clip_parts, in_full, status
from app.console.frame import Frame
from app.console.look import inks
from app.console.pane import Lines, Part
from app.console.watch import Watch
from engine.convert.view import Level
from engine.run.off_loop import off_loop
from engine.shards.clips import ClipRow

_BESIDE = 110
"""From this width on the members stand beside the rest."""


class Told(Lines):
    """Lines of text that scroll."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._lines: list[Line] = []

    def show(self, lines: list[Line]) -> None:
        """Show lines; draws nothing where they are the same."""
        if lines != self._lines:
            self._lines = lines
            self.fill(len(lines))

    def parts(self, at: int, width: int) -> list[Part]:
        """Draw one line."""
        del width
        return self._lines[at]


class Members(Lines):
    """One line a clip; only those in sight are drawn."""

    HEADS: ClassVar[int] = 1

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._clips: tuple[ClipRow, ...] = ()

    def show(self, clips: tuple[ClipRow, ...]) -> None:
        """Show a shard's clips."""
        if clips is not self._clips:
            self._clips = clips
            self.fill(len(clips))

    def head(self, y: int, width: int) -> list[Part]:
        """Name the columns."""
        del y
        return [(clip_heads(width), inks.STRONG)]

    def parts(self, at: int, width: int) -> list[Part]:
        """Draw one clip."""
        return clip_parts(self._clips[at], width)

    def empty(self) -> str:
        """Say why there is none."""
        return "no clip table"


class ShardScreen(Frame):
    """One shard in full.

    Args:
        watch: the run that it is shown of.
        shard: its name.
    """

    TAB: ClassVar[str] = "run"
    CSS_PATH = "conversion.tcss"
    ACTIONS: ClassVar[tuple[Action, ...]] = (Action("shard.back", "escape", "back", "Back", "Back to all shards"),)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(self, watch: Watch, shard: str) -> None:
        super().__init__()
        self._watch, self._shard = watch, shard
        self._facts: ShardFacts | None = None
        self._read_at: tuple[object, ...] = ()

    def compose_body(self) -> ComposeResult:
        """Lay it out."""
        with Container(id="full"):
            yield Told(id="told")
            yield Members(id="members")

    def heading(self) -> str:
        """Name the shard."""
        return f"shard {self._shard}  {self._watch.folder.run_id}"

    def status(self) -> tuple[Level, str] | Text:
        """Say how it is."""
        return status(self._watch.view, self._shard)

    async def look(self) -> bool:
        """Look at the run; at the shard's files where the run told of it anew, or its worker is at another stage."""
        await off_loop(self._watch.look)
        view, now = self._watch.view, self._watch.snapshot
        stages = [worker.stage for worker in now.workers if worker.shard == self._shard] if now is not None else []
        told = (view.last.get(self._shard), view.in_hand.get(self._shard), view.reasons.get(self._shard))
        read_at = (*told, *stages)
        if self._facts is None or read_at != self._read_at:
            self._read_at = read_at
            self._facts = await off_loop(lambda: read_facts(self._watch.folder, self._shard))
        return False

    def notes(self) -> tuple[str, ...]:
        """Say how to reach the members."""
        return ("Tab goes to the members and back",)

    def show(self) -> None:
        """Draw it."""
        if self._facts is None:
            return
        self.set_class(self.size.width >= _BESIDE, "beside")
        self.set_class(not self._facts.clips, "bare")
        told = self.query_one(Told)
        width = max(20, told.size.width - 1)
        view, now = self._watch.view, self._watch.snapshot
        told.show(in_full(self._facts, view, now, run_clock(view, now), width))
        self.query_one(Members).show(self._facts.clips)

    def action_back(self) -> None:
        """Return to the run."""
        self.app.pop_screen()
