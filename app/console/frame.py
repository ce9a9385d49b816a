"""What every screen is: a bar of screens, a title, a level; looks four times a second, and keys that say why not."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.css.query import NoMatches
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Footer, Static

from app.console.actions import Action
from app.console.keymap import take_keys
from app.console.look import inks
from app.console.pane import Lines
from app.console.small import TooSmall
from app.console.tabs import Marks, Tabs
from app.console.words import level_line
from engine.convert.view import Level
from engine.errors import GonogoError, printable

LOOKS_PER_S: Final = 4
_SHOWN_S: Final = {"information": 5.0, "warning": 5.0, "error": 12.0}
"""A refusal holds a way out: long enough to read it."""
READ_ONLY: Final = "this console may only look: it was opened with --read-only"


class Frame(Screen[None]):
    """A screen of the console; a subclass has a body, looks, and shows what it saw."""

    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    """Its keys; ``BINDINGS = bindings(ACTIONS)`` beside it."""
    BINDINGS: ClassVar[list[BindingType]] = []
    TAB: ClassVar[str] = ""
    """Which of the console's screens it is, or belongs to."""
    RESTS: ClassVar[bool] = True
    """It does not look while another screen is in front."""
    STATUS_GROWS: ClassVar[bool] = False
    """Its level may take more than one line."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, object] = {}
        self._at_once = asyncio.Event()
        self._enabled: tuple[bool | None, ...] = ()
        self.has_looked = False
        self._stale = ""
        self.remembered: Mapping[str, str] = {}
        """What :meth:`recall` gets once it has looked."""
        self._alarm: str | None = None
        self._is_laid_out = False
        self._has_drawn = False

    # What a subclass says.

    @abstractmethod
    def compose_body(self) -> ComposeResult:
        """Lay out what stands between the level and the footer."""

    @abstractmethod
    async def look(self) -> bool:
        """Read what is new, off the loop; return whether there is more to be read at once."""

    @abstractmethod
    def show(self) -> None:
        """Draw what was seen, as far as it is another than before."""

    @abstractmethod
    def heading(self) -> str | Text:
        """Name what is shown, in one line."""

    @abstractmethod
    def status(self) -> tuple[Level, str] | Text:
        """Say how it is: the level and why, in one line."""

    def why_not(self, action: str) -> str:
        """Say why an action can do nothing now; "" where it can."""
        del action
        return ""

    def marks(self) -> Marks:
        """Say what the line of screens says beside their names."""
        return Marks("READ-ONLY", inks.WARN) if self._may_only_look else Marks()

    def home(self) -> None:
        """Put the focus where keys are wanted first."""
        first = next(iter(self.query(Lines)), None)
        if first is not None:
            first.focus()

    @property
    def takes_no_keys(self) -> bool:
        """Tell whether no key is a command at this moment."""
        return False

    def notes(self) -> tuple[str, ...]:
        """Say below the keys what else there is to know here."""
        return ()

    def parting(self) -> str:
        """Ask before the console is closed, where that ends something; "" where it ends nothing."""
        return ""

    def takes(self, which: signal.Signals) -> bool:
        """Tell whether a signal is meant for something that this screen has under way, and not for the console."""
        del which
        return False

    def let_go(self) -> None:
        """End what would outlive the console."""

    def memory(self) -> dict[str, str]:
        """Return what is to be the same when the console is opened again."""
        return {}

    def recall(self, memory: Mapping[str, str]) -> None:
        """Be as :meth:`memory` said; what does not fit any more is passed over."""

    # Laying out and looking.

    def compose(self) -> ComposeResult:
        """Lay the screen out from the top."""
        yield Tabs(self.TAB)
        yield Static(id="title", markup=False)
        yield Static(id="status", markup=False)
        yield from self.compose_body()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin to look, once everything is in its place: what lies within other widgets comes a moment later."""
        take_keys(self, self.ACTIONS)
        self.call_after_refresh(self._start_looking)

    def _start_looking(self) -> None:
        if not self._is_laid_out:
            self._is_laid_out = True
            self.home()
            self._keep_looking()

    def on_screen_resume(self) -> None:
        """Look at once when it comes to the front again."""
        self.look_again()

    def on_resize(self) -> None:
        """Draw anew what depends on the room."""
        if self.has_looked:
            self.draw()

    def look_again(self) -> None:
        """Look at once: something was asked for, or answered."""
        self._at_once.set()

    @property
    def is_in_front(self) -> bool:
        """Tell whether it is what the operator sees, be it under a question."""
        frames = [screen for screen in self.app.screen_stack if isinstance(screen, Frame)]
        return bool(frames) and frames[-1] is self

    @work(exclusive=True, group="look")
    async def _keep_looking(self) -> None:
        """Look, draw, wait: one look at a time, away from the loop that draws; behind another screen it rests."""
        while True:
            more = False
            if self.is_in_front or not self.RESTS:
                more = await self._look_once()
                if not self._is_there:
                    return
                if self.has_looked and self.remembered and not more:
                    self.recall(self.remembered)
                    self.remembered = {}
                self._draw_what_was_seen()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._at_once.wait(), 0 if more else 1 / LOOKS_PER_S)
            self._at_once.clear()

    @property
    def _is_there(self) -> bool:
        """Tell whether there is still something to draw on: while a look goes on, the console may end."""
        return self.is_attached and self.app.is_running

    async def _look_once(self) -> bool:
        """Look; what a disk or a server refuses is told, and the next look tries again."""
        try:
            more = await self.look()
        except NoMatches:
            if self._is_there:
                raise
            return False
        except (GonogoError, OSError) as error:
            self._stale = f"this screen is not up to date: {error}"
            return False
        self._stale, self.has_looked = "", True
        return more

    def _draw_what_was_seen(self) -> None:
        """Draw, and ring; while the console ends, what was there a moment ago may be gone already."""
        try:
            if self.has_looked:
                self._ring()
            if self.is_attached and self.is_in_front:
                self.draw()
        except NoMatches:
            if not self._has_drawn:
                raise
        self._has_drawn = True

    def alarm(self) -> str:
        """Name what somebody should come and see; the bell rings when it becomes another. "" for nothing."""
        told = self.status()
        return told[0].name if isinstance(told, tuple) and told[0] is Level.RED else ""

    def _ring(self) -> None:
        """Ring when there is something new to come for; what was so when it was opened is in sight anyway."""
        before, self._alarm = self._alarm, self.alarm()
        if before is not None and self._alarm not in ("", before):
            self.app.bell()

    def draw(self) -> None:
        """Draw the frame and the body; while the console ends, there may be nothing to draw on any more."""
        if not self._is_laid_out or not self.query(Tabs):
            return
        if self._stale and not self.has_looked:
            self.put("status", level_line(Level.UNKNOWN, self._stale))
            return
        self.query_one(Tabs).marks = replace(self.marks(), waits=getattr(self.app, "waits", {}))
        self.put("title", self._cut(self.heading()))
        told = (Level.UNKNOWN, self._stale) if self._stale else self.status()
        line = told if isinstance(told, Text) else level_line(*told)
        self.put("status", line, layout=self.STATUS_GROWS)
        if isinstance(self.app.screen, TooSmall):
            self.app.screen.how(line)
        self.show()
        self.enable()

    def _cut(self, title: str | Text) -> Text:
        text = Text(printable(title)) if isinstance(title, str) else title.copy()
        text.truncate(max(20, self.size.width - 2), overflow="ellipsis")
        return text

    def put(self, name: str, content: str | Text, *, layout: bool = False) -> None:
        """Change one text where it is another than before; without ``layout``, nothing is laid out for it."""
        if isinstance(content, Text):
            content = inks.spanned(content)
        if self._told.get(name) != content:
            self._told[name] = content
            self.query_one(f"#{name}", Static).update(content, layout=layout)

    # Keys.

    @property
    def panes(self) -> tuple[Lines, ...]:
        """The lists of this screen."""
        return tuple(self.query(Lines))

    def refusal(self, action: Action) -> str:
        """Say why an action can do nothing now; "" where it can."""
        if action.changes and self._may_only_look:
            return READ_ONLY
        return self.why_not(action.name) if self._is_laid_out else ""

    @property
    def _may_only_look(self) -> bool:
        return bool(getattr(self.app, "read_only", False))

    def enable(self) -> None:
        """Grey out what can do nothing now; drawn only where that changed, for it is the whole footer."""
        enabled = tuple(self.check_action(each.name, ()) for each in self.ACTIONS)
        if enabled != self._enabled:
            self._enabled = enabled
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let an action through, or grey it out."""
        del parameters
        own = self._own(action)
        return None if own is not None and self.refusal(own) else True

    def _own(self, name: str) -> Action | None:
        return next((each for each in self.ACTIONS if each.name == name), None)

    def refuses(self, key: str) -> str:
        """Say why a key of this screen does nothing now; "" where it does something, or is no key of it."""
        for binding in self._bindings.key_to_bindings.get(key, ()):
            own = self._own(binding.action.partition("(")[0])
            if own is not None and (why := self.refusal(own)):
                return why
        return ""

    def tell(self, text: str, severity: SeverityLevel = "information") -> None:
        """Say something in a corner, in place of what was said before: a pile of words would hide the lines."""
        self.app.clear_notifications()
        self.notify(printable(text), severity=severity, timeout=_SHOWN_S[severity], markup=False)
