"""The screen of alerts: what wants a person, who has seen it, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Static

from app.alerts import Concern, waiting, worst
from app.alerts_reading import AlertSource, AlertsSeen
from app.console.actions import Action, bindings
from app.console.alerts.keys import ACTIONS
from app.console.alerts.table import AlertList
from app.console.alerts.words import below, page_of, status_of
from app.console.frame import Frame
from app.console.modals import Page
from app.console.pane import Lines
from app.console.training.prompts import NotePrompt
from engine.convert.view import Level
from engine.errors import GonogoError
from engine.run.off_loop import off_loop


def _now() -> datetime:
    return datetime.now().astimezone()


class AlertsScreen(Frame):
    """Alerts of all runs of a corpus.

    Args:
        source: looks for them.
        now: the clock on the wall, with the time zone that times are written in.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    TAB: ClassVar[str] = "alerts"
    DEFAULT_CSS = """
    AlertsScreen #alerts { height: 1fr; padding: 0 1; overflow-x: hidden; }
    AlertsScreen #below { height: 7; padding: 0 1; border-top: solid $primary; }
    """

    class Opened(Message):
        """Somebody wants to go to what an alert is about."""

        def __init__(self, kind: str, ref: str) -> None:
            super().__init__()
            self.kind, self.ref = kind, ref

    def __init__(self, source: AlertSource, now: Callable[[], datetime] = _now) -> None:
        super().__init__()
        self._source, self._now = source, now
        self.seen = AlertsSeen()
        self._red: frozenset[str] = frozenset()
        self._reds = 0
        """How often something new was red; what only grew is no news."""

    def compose_body(self) -> ComposeResult:
        """Lay out the list, and what is to be said of the alert under the cursor."""
        yield AlertList(id="alerts", now=self._now)
        yield Static(id="below", markup=False)

    @property
    def list(self) -> AlertList:
        """The list."""
        return self.query_one(AlertList)

    async def look(self) -> bool:
        """Look for alerts."""
        self.seen, more = await off_loop(self._source.look)
        return more

    def show(self) -> None:
        """Draw what was found."""
        self.list.why_empty = "nothing wants a person" if not self.seen.unread else "reading the logs of the runs"
        self.list.show(self.seen.concerns)
        self.put("below", below(self.list.chosen, self._now()))

    def heading(self) -> str:
        """Name whose alerts these are."""
        where = str(self._source.corpus) if self._source.corpus is not None else "no corpus"
        return f"alerts  {where}"

    def status(self) -> tuple[Level, str]:
        """Say how much waits."""
        return status_of(self.seen, worst(self.seen.concerns))

    def alarm(self) -> str:
        """Name the newest red that nobody has seen: the bell rings for each, and not when one is acknowledged."""
        red = frozenset(one.key for one in waiting(self.seen.concerns) if one.level is Level.RED)
        self._reds += bool(red - self._red)
        self._red = red
        return f"red {self._reds}" if red else ""

    @property
    def waiting(self) -> int:
        """How many alerts nobody has seen."""
        return len(waiting(self.seen.concerns))

    def why_not(self, action: str) -> str:
        """Say why a key does nothing now."""
        chosen = self.list.chosen if self.is_mounted else None
        if chosen is None:
            return "there is no alert"
        if action == "go_there" and not chosen.kind:
            return "there is no screen for it"
        if action == "acknowledge" and chosen.by:
            return f"{chosen.by} has seen it"
        return ""

    def memory(self) -> dict[str, str]:
        """Return which alert the cursor is on."""
        chosen = self.list.chosen
        return {} if chosen is None else {"alert": chosen.key}

    def recall(self, memory: Mapping[str, str]) -> None:
        """Put the cursor on the same alert, where it still stands."""
        self.list.show(self.seen.concerns)
        keys = [one.key for one in self.seen.concerns]
        if memory.get("alert") in keys:
            self.list.go(keys.index(memory["alert"]))

    def let_go(self) -> None:
        """Let go of what the alerts rest on."""
        self._source.close()

    def on_lines_moved(self, event: Lines.Moved) -> None:
        """Tell of the alert that the cursor went to."""
        event.stop()
        self.draw()

    def action_open(self) -> None:
        """Show the alert in full."""
        if self.list.chosen is not None:
            self.app.push_screen(Page(page_of(self.list.chosen, self._now())))

    def action_go_there(self) -> None:
        """Go to what it is about."""
        chosen = self.list.chosen
        if chosen is not None and chosen.kind:
            self.post_message(self.Opened(chosen.kind, chosen.ref))

    async def action_acknowledge(self) -> None:
        """Ask for a note; what is acknowledged is the alert as it was shown, not what came to it meanwhile."""
        chosen = self.list.chosen
        if chosen is None or chosen.by:
            return

        def answered(note: str | None) -> None:
            if note is not None:
                self._acknowledge(chosen, note)

        await self.app.push_screen(NotePrompt(page_of(chosen, self._now())), answered)

    @work(group="acknowledge")
    async def _acknowledge(self, concern: Concern, note: str) -> None:
        try:
            await off_loop(lambda: self._source.acknowledge(concern, note))
        except GonogoError as error:
            self.tell(f"not acknowledged: {error}", "error")
            return
        self.tell(f"seen by {self._source.who}: {concern.what}")
        self.look_again()
