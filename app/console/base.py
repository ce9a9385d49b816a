"""The application under every screen: signals, theme, signs, room, keys and the palette; it knows no screen by name."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from textual.app import App, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette
from textual.events import Key, Resize
from textual.filter import LineFilter
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Input

from app.console.actions import Action, bindings
from app.console.frame import READ_ONLY, Frame
from app.console.help import help_page
from app.console.key_names import spelt
from app.console.keymap import Keymap, key_for, put_in_force
from app.console.look.glyphs import AsciiOnly
from app.console.look.themes import DARK, DARK_TERMINAL, LIGHT_TERMINAL, THEMES
from app.console.modals import Confirm, Page
from app.console.palette import Actions
from app.console.pane import MOVES, Part
from app.console.small import TooSmall, is_too_small
from engine.errors import printable

_ENDS_S: Final = 5.0
"""Textual gives the terminal back within half a second."""
_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)
_SHEETS: Final = Path(__file__).parent / "look"

EVERYWHERE: Final = (
    Action("console.home", "1", "go(1)", "Home", "Home: the corpus at a glance", footer=False),
    Action("console.run", "2", "go(2)", "Run", "The newest run, or the one that you were at", footer=False),
    Action("console.window", "3", "go(3)", "Window", "The timeline of the window", footer=False),
    Action("console.checklists", "4", "go(4)", "Checklists", "Checklists, GO or NO-GO", footer=False),
    Action("console.training", "5", "go(5)", "Training", "Training runs: curves, machines, alerts", footer=False),
    Action("console.alerts", "6", "go(6)", "Alerts", "What wants a person, newest first", footer=False),
    Action("console.log", "7", "go(7)", "Log", "What happened, newest first", footer=False),
    Action("console.palette", "ctrl+p,colon", "palette", "Palette", "Find an action by its words", ":", footer=False),
    Action("console.help", "question_mark,f1", "help", "Keys", "What every key does here", shown_as="?"),
    Action("console.back", "escape", "back", "Back", "Back to where you came from", shown_as="Esc"),
    Action(
        "console.theme", "", "theme", "Theme", "The next theme: dark, light, the terminal's own colours", footer=False
    ),
    Action(
        "console.suspend",
        "ctrl+z",
        "to_shell",
        "To the shell",
        "Give the shell the terminal; fg comes back",
        footer=False,
    ),
    Action("console.leave", "q", "leave", "Leave", "Close the console; what runs goes on"),
)
"""The keys that work on every screen."""
_TEXTUALS_PALETTE: Final = "command_palette"
"""The action that Textual binds to the palette's key by itself."""
_THEMES: Final = (*(theme.name for theme in THEMES), "ansi-dark", "ansi-light")


class Palette(CommandPalette):
    """Textual's palette, which a key that turns a page would crash before its list is laid out."""

    def _action_command_list(self, action: str) -> None:
        if not action.startswith("page") or self.query_one(CommandList).scrollable_content_region.height:
            super()._action_command_list(action)


class ConsoleApp(App[int]):
    """Opens on one screen and ends on any signal, the terminal as it was.

    Args:
        first: the screen.
        theme: its name.
        ascii_only: the terminal draws no more than ASCII.
        read_only: nothing that changes anything is offered.
        keymap: the keys that its operator bound anew.
    """

    TITLE = "gonogo"
    ACTIONS: ClassVar[tuple[Action, ...]] = EVERYWHERE
    BINDINGS: ClassVar[list[BindingType]] = bindings(EVERYWHERE)
    COMMANDS = {Actions}  # noqa: RUF012  # Textual's own declaration
    COMMAND_PALETTE_BINDING = "ctrl+p"
    CSS_PATH: ClassVar = [_SHEETS / "tokens.tcss", _SHEETS / "frame.tcss", _SHEETS / "panes.tcss"]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (180, "-widest")]  # noqa: RUF012  # as above
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-usual"), (32, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        first: Frame,
        *,
        theme: str = "",
        ascii_only: bool = False,
        read_only: bool = False,
        keymap: Keymap | None = None,
    ) -> None:
        super().__init__()
        self.ansi_theme_dark, self.ansi_theme_light = DARK_TERMINAL, LIGHT_TERMINAL
        for each in THEMES:
            self.register_theme(each)
        if theme or not os.environ.get("TEXTUAL_THEME"):
            self.theme = theme or DARK
        self.read_only = read_only
        self.keymap = keymap or Keymap()
        self._bindings = self.keymap.rebound(self._bindings, self.ACTIONS, moved={"console.palette": _TEXTUALS_PALETTE})
        self.waits: dict[str, Part] = {}
        """What waits on a screen: a sign and a number beside its name, and its ink."""
        self._first = first
        self._translates = AsciiOnly(enabled=ascii_only)
        self._last_resort: threading.Timer | None = None

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Translate what is drawn where the terminal has no Unicode."""
        filters = super().get_line_filters()
        return [*filters, self._translates] if self._translates.enabled else filters

    def on_load(self) -> None:
        """Let the keys count for every screen: whatever is mounted or drawn from here on is a child of this task."""
        put_in_force(self.keymap)

    def on_mount(self) -> None:
        """Leave the terminal as it was, whatever signal comes: Textual handles none of these itself."""
        loop = asyncio.get_running_loop()
        for which in _SIGNALS:
            loop.add_signal_handler(which, self.end_by, which)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)  # at once: who gives the terminal back first is stopped in that
        loop.add_signal_handler(signal.SIGCONT, self._take_terminal)
        self.push_screen(self._first)
        self._cover(self.size)

    # How it ends.

    def frames(self) -> Iterable[Frame]:
        """Return every screen that there is, in front or not."""
        return [screen for screen in self.screen_stack if isinstance(screen, Frame)]

    def end_by(self, which: signal.Signals) -> None:
        """End as a program that this signal ended; where the terminal is gone, Textual is not waited for for ever.

        Its thread that writes may have died with a full queue, which its shutdown then wants to write to.
        """
        frames = list(self.frames())
        if any(frame.takes(which) for frame in frames):
            return
        self.must_end(128 + which)
        for frame in frames:
            frame.let_go()
        self.exit(return_code=128 + which)

    def must_end(self, code: int) -> None:
        """Be over in a few seconds, with this exit code, whatever a disk that hangs still holds."""
        if self._last_resort is None and not self.is_headless:  # else it is no program of its own
            self._last_resort = threading.Timer(_ENDS_S, os._exit, (code,))
            self._last_resort.daemon = True
            self._last_resort.start()

    def has_ended(self) -> None:
        """Say that it came to its end: what is done from here on may take its time."""
        if self._last_resort is not None:
            self._last_resort.cancel()

    def _take_terminal(self) -> None:
        """Take the terminal anew after a stop: the shell had it, and drew on it.

        Textual would do so only where it saw the stop coming. Else it would begin a second time without having ended,
        read keys twice, and at its end leave the terminal as it found it then: raw.
        """
        with contextlib.suppress(SuspendNotSupported), self.suspend():
            pass

    # Room.

    def on_resize(self, event: Resize) -> None:
        """See whether there is room."""
        if self.frame is not None:  # nothing to cover before the first
            self._cover(event.size)

    def _cover(self, size: Size) -> None:
        """Cover everything while there is no room for it."""
        small = is_too_small(size.width, size.height)
        covered = isinstance(self.screen, TooSmall)
        if small and not covered:
            self.push_screen(TooSmall())
        elif covered and not small:
            self.pop_screen()

    # What keys do.

    @property
    def frame(self) -> Frame | None:
        """The screen in front, be it under a question or the palette."""
        return next((each for each in reversed(self.screen_stack) if isinstance(each, Frame)), None)

    def on_key(self, event: Key) -> None:
        """Say why a key does nothing, and give what was typed ahead to the question that it is for.

        Here, where keys come one after the other: what was typed before this one has been done by now. A field keeps
        the letters that it gets, so one that comes here was typed before the field was there.
        """
        field = self.focused
        if isinstance(field, Input):
            if event.is_printable and event.character is not None:
                field.insert_text_at_cursor(event.character)
                event.prevent_default()
        elif isinstance(self.screen, Frame) and self._is_refused(self.screen, event.key):
            event.prevent_default()

    def _is_refused(self, frame: Frame, key: str) -> bool:
        """Tell whether a key does nothing now, and say why where it is greyed out."""
        if frame.takes_no_keys:
            return True
        why = frame.refuses(key)
        if not why or any(key in self.keymap.bound(action).keys.split(",") for action in self.ACTIONS):
            return False
        frame.tell(why, "warning")
        return True

    def sections(self) -> list[tuple[str, tuple[Action, ...]]]:
        """Return what can be done here and with which keys, by whose it is; what moves in every list comes last."""
        return [(heading, tuple(map(self._written, actions))) for heading, actions in self._sections()]

    def _written(self, action: Action) -> Action:
        bound = self.keymap.bound(action)
        return bound.spelt() if self._translates.enabled else bound

    def get_key_display(self, binding: Binding) -> str:
        """Write a key in the footer."""
        shown = super().get_key_display(binding)
        return spelt(shown) if self._translates.enabled else shown

    def _sections(self) -> list[tuple[str, tuple[Action, ...]]]:
        frame = self.frame
        if frame is None:
            return [("everywhere", self.ACTIONS)]
        pane = actions_of(frame.focused) if isinstance(frame.focused, Widget) else ()
        own = tuple(action for action in pane if action not in MOVES)
        sections = [("on this screen", (*own, *frame.ACTIONS)), ("everywhere", self.ACTIONS)]
        return [*sections, ("in a list", MOVES)] if len(own) < len(pane) else sections

    def all_actions(self) -> tuple[Action, ...]:
        """See :class:`Doing`."""
        return tuple(action for _, actions in self.sections() for action in actions)

    def refusal_of(self, action: Action) -> str:
        """See :class:`Doing`."""
        frame = self.frame
        if action.changes and self.read_only:
            return READ_ONLY
        return frame.refusal(action) if frame is not None and action in frame.ACTIONS else ""

    async def do(self, action: Action) -> None:
        """See :class:`Doing`."""
        frame = self.frame
        if frame is None:
            return
        if why := self.refusal_of(action):
            frame.tell(why, "warning")
            return
        focused = frame.focused
        here = focused if focused is not None and action in actions_of(focused) else frame
        await self.run_action(action.does, self if action in self.ACTIONS else here)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a way back only where there is one."""
        if action == "back":
            return self._came_from_somewhere
        return super().check_action(action, parameters)

    @property
    def _came_from_somewhere(self) -> bool:
        return sum(isinstance(screen, Frame) for screen in self.screen_stack) > 1

    def action_go(self, number: int) -> None:
        """Open one of the console's screens; a console of one screen has no other."""
        del number

    def action_palette(self) -> None:
        """Open the palette; over a question, another palette, or where there is no room for it, it stays shut."""
        if isinstance(self.screen, Frame):
            self.push_screen(Palette(id="--command-palette"))

    def action_command_palette(self) -> None:
        """Do the same for Textual's own binding of the key, which goes before those of every screen."""
        self.action_palette()

    def action_help(self) -> None:
        """Show what every key does, those of the pane in focus first."""
        frame = self.frame
        self.push_screen(Page(help_page(self.sections(), frame.notes() if frame is not None else ())))

    def action_theme(self) -> None:
        """Take the next theme."""
        at = _THEMES.index(self.theme) if self.theme in _THEMES else -1
        self.theme = _THEMES[(at + 1) % len(_THEMES)]

    async def action_back(self) -> None:
        """Close the screen that was opened from another one."""
        if self._came_from_somewhere and isinstance(self.screen, Frame):
            self.pop_screen()

    def action_to_shell(self) -> None:
        """Give the shell the terminal, until it says to go on; the guard above is stopped along."""
        try:
            with self.suspend():
                os.killpg(0, signal.SIGTSTP)
        except SuspendNotSupported:
            if self.frame is not None:
                self.frame.tell("there is no shell behind this console", "warning")

    def action_help_quit(self) -> None:
        """Say how to leave, to whom Textual's own key of Ctrl+C would have named another."""
        if self.frame is not None:
            self.frame.tell(f"{key_for('console.leave', 'q')} closes the console; what runs goes on")

    async def action_quit(self) -> None:
        """Leave by Textual's own key, Ctrl+Q, as by ours."""
        self.action_leave()

    def action_leave(self) -> None:
        """Close the console; ask first where that ends something."""
        question = next((why for frame in self.frames() if (why := frame.parting())), "")
        if question:
            self.push_screen(Confirm(printable(question)), self._leave_if)
        else:
            self.exit(0)

    def _leave_if(self, yes: bool | None) -> None:
        if yes:
            self.exit(0)


def actions_of(widget: Widget) -> tuple[Action, ...]:
    """Return a pane's own actions."""
    actions = getattr(widget, "ACTIONS", ())
    return tuple(each for each in actions if isinstance(each, Action))
