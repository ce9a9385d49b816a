"""The console: its screens, each a digit away, and the one in front."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, ParamSpec

from rich.console import RenderableType
from textual import work

from app.console.base import ConsoleApp
from app.console.frame import Frame
from app.console.keymap import Keymap
from app.console.memory import MemoryFile
from app.console.rooms import Rooms
from app.console.tabs import NAMES
from app.console.words import LEVEL_COLOURS, LEVEL_GLYPHS
from engine.errors import GonogoError
from engine.run.off_loop import off_loop

if TYPE_CHECKING:  # a screen that nobody opens is not imported either: the first one is to be there at once
    from app.console.alerts.screen import AlertsScreen
    from app.console.home.screen import HomeScreen
    from app.console.lists.screen import ListTable

P = ParamSpec("P")

_REMEMBERS_EVERY_S: Final = 1.0
_WRITES_WITHIN_S: Final = 1.0
_ATTENDS_EVERY_S: Final = 3.0
"""Alerts are read on a thread, and not before the first screen is drawn."""
_TAB_OF: Final = {"checklist": "checklists"}
"""The screen that shows one thing of a kind, where that is called otherwise."""


class Console(ConsoleApp):
    """A console that begins on one screen and can go to the others.

    Args:
        first: what it opens on.
        rooms: makes the others; None where there are none.
        memory: where it is kept what the next console opens on; None keeps nothing.
        theme: its name; "" for the usual one.
        ascii_only: the terminal draws no more than ASCII.
        read_only: nothing that changes anything is offered.
        keymap: the keys that its operator bound anew.
    """

    def __init__(
        self,
        first: Frame,
        rooms: Rooms | None = None,
        memory: MemoryFile | None = None,
        *,
        theme: str = "",
        ascii_only: bool = False,
        read_only: bool = False,
        keymap: Keymap | None = None,
    ) -> None:
        super().__init__(first, theme=theme, ascii_only=ascii_only, read_only=read_only, keymap=keymap)
        self._rooms = rooms
        self._memory = memory or MemoryFile(None)
        self._ends = False
        self._made: dict[str, Frame] = {}
        self._attends = False
        self._keep(first)

    def on_mount(self) -> None:
        """Open where the last console on this run was closed."""
        self.set_interval(_REMEMBERS_EVERY_S, self._remember)
        self.set_interval(_ATTENDS_EVERY_S, self._attend)
        front = self._memory.read(self._run_id).front
        if self._run_id and front in NAMES and front != self._first.TAB:
            self.call_after_refresh(self.go, front)

    @property
    def _run_id(self) -> str:
        return self._rooms.run_id if self._rooms is not None else ""

    @work(exclusive=True, group="remember")
    async def _remember(self) -> None:
        """Keep where we are."""
        here = self._whereabouts()
        await off_loop(lambda: self._memory.write(*here))

    def _whereabouts(self) -> tuple[str, str, dict[str, dict[str, str]]]:
        """Say which run this is about, which screen is in front, and what each wants to know again."""
        front = self.frame.TAB if self.frame is not None else ""
        began_here = front == self._first.TAB == "home"  # who came by Home and went back there left no run there
        frames = {name: frame.memory() for name, frame in self._made.items() if frame.has_looked}
        return "" if began_here else self._run_id, front, frames

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """End, and keep where we are: what was done in the last second too."""
        if not self._ends:
            self._ends = True
            self.must_end(return_code)
            self._keep_place()
        super().exit(result, return_code, message)

    def _keep_place(self) -> None:
        """Keep where we are once more; a disk that hangs costs that, and not the terminal."""
        here = self._whereabouts()
        writing = threading.Thread(target=lambda: self._memory.write(*here), daemon=True, name="keep the place")
        writing.start()
        writing.join(_WRITES_WITHIN_S)

    @work(exclusive=False, group="attend")
    async def _attend(self) -> None:
        """Count the alerts that nobody has seen, for the mark at their screen's name."""
        if self._rooms is None or self._attends:
            return
        self._attends = True
        try:
            count, level = await off_loop(self._rooms.attention)
        except (GonogoError, OSError):
            return  # the screen of alerts says why
        finally:
            self._attends = False
        self.waits = {"alerts": (f"{LEVEL_GLYPHS[level]}{count}", LEVEL_COLOURS[level])} if count else {}

    # Going from screen to screen.

    def frames(self) -> Iterable[Frame]:
        """Return every screen that was opened, in front or not."""
        return {id(frame): frame for frame in (*self._made.values(), *super().frames())}.values()

    def action_go(self, number: int) -> None:
        """Open one of the console's screens, by its digit."""
        self.go(NAMES[number - 1])

    def go(self, name: str) -> None:
        """Open one of the console's screens; say why where there is none."""
        frame = self._made.get(name)
        if frame is None:
            alone = "this console was opened on one thing alone"
            made = alone if self._rooms is None else _made(self._rooms.make, name)
            if isinstance(made, str):
                self._say(made)
                return
            frame = made
            self._keep(frame)
        self._bring(frame)

    def _keep(self, frame: Frame) -> None:
        """Keep a screen under its digit."""
        self._made[frame.TAB] = frame
        frame.remembered = self._memory.read(self._run_id).frames.get(frame.TAB, {})
        self.install_screen(frame, name=frame.TAB)

    def _bring(self, frame: Frame) -> None:
        """Bring a screen to the front, over nothing: Escape does not come back from it."""
        while len(self.screen_stack) > 2:
            self.pop_screen()
        if self.screen is not frame:
            self.switch_screen(frame)

    def open(self, kind: str, ref: str) -> None:
        """Open one thing over what is in front; Escape comes back."""
        if not ref:
            self.go(_TAB_OF.get(kind, kind))
            return
        made = "there is nothing to open it with" if self._rooms is None else _made(self._rooms.open, kind, ref)
        if isinstance(made, str):
            self._say(made)
        else:
            self.push_screen(made)

    def on_home_screen_opened(self, event: HomeScreen.Opened) -> None:
        """Open what somebody chose at Home."""
        self.open(event.kind, event.ref)

    def on_alerts_screen_opened(self, event: AlertsScreen.Opened) -> None:
        """Open what an alert is about."""
        self.open(event.kind, event.ref)

    def on_list_table_opened(self, event: ListTable.Opened) -> None:
        """Walk a list."""
        self.open("checklist", event.name)

    def _say(self, why: str) -> None:
        if self.frame is not None:
            self.frame.tell(why, "warning")


def _made(make: Callable[P, Frame | str], *args: P.args, **kwargs: P.kwargs) -> Frame | str:
    """Make a screen; say why there is none, also where a disk refuses what it would show."""
    try:
        return make(*args, **kwargs)
    except (GonogoError, OSError) as error:
        return str(error)
