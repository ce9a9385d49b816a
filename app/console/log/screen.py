"""The screen of a log: newest first, filtered by words and by kind, one event in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar, Final

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from app.console.actions import Action, bindings
from app.console.frame import Frame
from app.console.keymap import key_for
from app.console.log.keys import ACTIONS
from app.console.log.page import EventPage
from app.console.log.rows import LogList
from app.console.log.source import LogSeen, LogSource, Sight
from app.console.look import inks
from app.console.pane import Lines
from app.log_events import Kind
from app.log_search import FOUND_MOST, Wanted
from engine.errors import printable
from engine.run.off_loop import off_loop
from engine.units import show_bytes

KINDS: Final = {"all": Kind.OTHER, "trouble": Kind.TROUBLE, "gates and orders": Kind.ORDERS, "shards": Kind.SHARDS}
"""In the order of the key that goes through them."""


class FindLine(Input):
    """Where the text to be found is typed; what it holds is looked for at once."""

    DEFAULT_CSS = """
    FindLine { display: none; }
    FindLine.open { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "All again", id="find.drop"),
        Binding("down", "submit", show=False),
    ]

    def action_drop(self) -> None:
        """Find nothing in particular any more."""
        self.value = ""
        self.post_message(self.Submitted(self, ""))


def _now() -> datetime:
    return datetime.now().astimezone()


class LogScreen(Frame):
    """A log.

    Args:
        source: the log.
        now: the clock on the wall, with the time zone that times are written in.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    TAB: ClassVar[str] = "log"
    AUTO_FOCUS = "#log"
    DEFAULT_CSS = """
    LogScreen #log { height: 1fr; padding: 0 1; overflow-x: hidden; }
    LogScreen #chosen { height: 1; padding: 0 1; }
    """

    def __init__(self, source: LogSource, now: Callable[[], datetime] = _now) -> None:
        super().__init__()
        self._source, self._now = source, now
        self._kind = "all"
        self._text = ""
        self._is_anew = False
        """Other lines were chosen: they are shown from the newest on, wherever the list still is."""
        self.seen = LogSeen(Sight())

    def compose_body(self) -> ComposeResult:
        """Lay out what was chosen, where to type, and the list."""
        yield Static(id="chosen", markup=False)
        told = "text to find; Enter keeps it, Escape shows all"
        yield FindLine(id="find", placeholder=told, select_on_focus=False, classes="line")
        yield LogList(id="log", missing=self.look_again, now=self._now)

    @property
    def list(self) -> LogList:
        """The list."""
        return self.query_one(LogList)

    # Looking and drawing.

    async def look(self) -> bool:
        """Read what came, and what is in sight."""
        sight = self._sight()
        seen, more = await off_loop(lambda: self._source.look(sight))
        self.seen = seen
        return more

    def _sight(self) -> Sight:
        shown, wanted = self.list, Wanted(KINDS[self._kind], self._text)
        first = int(shown.scroll_offset.y)
        rows = shown.size.height or self.app.size.height  # before it is laid out: at most so many
        if self._is_anew:
            self._is_anew = False
            return Sight(wanted, None, 0, rows)
        if not first <= shown.at < first + rows:  # it was moved, and is about to be scrolled to
            first = max(0, shown.at - rows // 2)
        return Sight(wanted, None if shown.follows else self.seen.top, first, rows)

    def show(self) -> None:
        """Draw the list, and what it shows."""
        if self.seen.sight.wanted == Wanted(KINDS[self._kind], self._text):
            self.list.why_empty = self._why_empty()
            self.list.show(self.seen)
        self.put("chosen", self._chosen())

    def heading(self) -> str:
        """Name the log."""
        return f"log of {self._source.name}  {self._source.path}"

    def status(self) -> Text:
        """Say whether what comes is seen, and how much there is."""
        seen = self.seen
        about = "" if seen.is_whole or not seen.sight.wanted.is_all else "more than "
        line = Text()
        if not seen.is_there:
            line.append("? the log is gone", inks.UNKNOWN)
        elif seen.newer:
            line.append(f"▲ {seen.newer:,} newer above", inks.WARN).append(
                f": {key_for('list.first', 'g')} goes there", inks.PLAIN
            )
        elif seen.alive:
            line.append("● follows", inks.GOOD)
        else:
            line.append("· ended", inks.QUIET)
        line.append(f"  {about}{seen.lines:,} events, {show_bytes(self._source_size)}")
        if seen.torn_bytes and not seen.alive:
            line.append(f"  ▲ the last line was cut off ({seen.torn_bytes:,} bytes)", inks.WARN)
        return line

    @property
    def _source_size(self) -> int:
        return self._source.size_bytes

    def _chosen(self) -> Text:
        """Say which lines are shown."""
        seen = self.seen
        line = Text(f"events: {self._kind}", inks.STRONG)
        if self._text:
            line.append(f" with {printable(self._text)!r}")
        if not seen.sight.wanted.is_all:
            found = f"{seen.count:,}" + (" and more" if not seen.is_whole else "")
            line.append(f" ({found})", inks.PLAIN)
            if seen.has_most:
                line.append(f"  the newest {FOUND_MOST:,} are shown: choose fewer", inks.WARN)
            elif not seen.is_whole:
                line.append(f"  searched {seen.searched:.0%}, the rest as you go down", inks.QUIET)
        return line

    def _why_empty(self) -> str:
        seen = self.seen
        if not seen.is_there and not seen.lines:
            return f"there is no log: {self._source.path}"
        if seen.sight.wanted.is_all:
            return "nothing has been written yet"
        return f"no such event; {key_for('log.all', 'x')} shows all again" if seen.is_whole else "searching"

    # Keys.

    def why_not(self, action: str) -> str:
        """Say why a key does nothing now."""
        if action == "open" and not self.seen.count:
            return "no event is shown"
        if action == "all" and self.seen.sight.wanted.is_all:
            return "all events are shown already"
        return ""

    def memory(self) -> dict[str, str]:
        """Return which events were chosen."""
        return {"kind": self._kind, "text": self._text}

    def recall(self, memory: Mapping[str, str]) -> None:
        """Choose the same events."""
        kind, text = memory.get("kind", ""), memory.get("text", "")
        if text:
            find = self.query_one(FindLine)
            with find.prevent(Input.Changed):
                find.value = text
            find.add_class("open")
        self._choose(kind if kind in KINDS else "all", text)

    def let_go(self) -> None:
        """Let go of the file."""
        self._source.close()

    def on_lines_moved(self, event: Lines.Moved) -> None:
        """Read what the cursor went to; at the top, follow again."""
        event.stop()
        self.look_again()

    def action_open(self) -> None:
        """Show the event under the cursor in full."""
        number = self.list.chosen
        if number is not None:
            self._open(number)

    @work(exclusive=True, group="page")
    async def _open(self, number: int) -> None:
        text = await off_loop(lambda: self._source.page(number))
        await self.app.push_screen(EventPage(text))

    def action_kinds(self) -> None:
        """Show another kind of events."""
        names = list(KINDS)
        self._choose(names[(names.index(self._kind) + 1) % len(names)], self._text)

    def action_all(self) -> None:
        """Show all events again."""
        find = self.query_one(FindLine)
        with find.prevent(Input.Changed):
            find.value = ""
        find.remove_class("open")
        self._choose("all", "")

    def action_find(self) -> None:
        """Take the text to be found."""
        find = self.query_one(FindLine)
        find.add_class("open")
        find.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for what is typed as it is typed."""
        self._choose(self._kind, event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on in the list."""
        if not event.value:
            self.query_one(FindLine).remove_class("open")
        self.list.focus()

    def _choose(self, kind: str, text: str) -> None:
        if (kind, text) != (self._kind, self._text):
            self._kind, self._text = kind, text
            self._is_anew = True
            shown = self.list
            shown.at = 0
            shown.scroll_home(animate=False)
            self.look_again()
