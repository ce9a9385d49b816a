"""The console: its screens, each a digit away, and the one in front."""

from __future__ import annotations

from collections.abc import Iterable

from app.console.base import ConsoleApp
from app.console.frame import Frame
from app.console.rooms import Rooms
from app.console.tabs import NAMES


class Console(ConsoleApp):
    """A console that begins on one screen and can go to the others.

    Args:
        first: what it opens on.
        rooms: makes the others; None where there are none.
        theme: its name; "" for the usual one.
        ascii_only: the terminal draws no more than ASCII.
        read_only: nothing that changes anything is offered.
    """

    def __init__(
        self,
        first: Frame,
        rooms: Rooms | None = None,
        *,
        theme: str = "",
        ascii_only: bool = False,
        read_only: bool = False,
    ) -> None:
        super().__init__(first, theme=theme, ascii_only=ascii_only, read_only=read_only)
        self._rooms = rooms
        self._made: dict[str, Frame] = {first.TAB: first}
        self.install_screen(first, name=first.TAB)

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
            made = "this console was opened on one thing alone" if self._rooms is None else self._rooms.make(name)
            if isinstance(made, str):
                self._say(made)
                return
            frame = made
            self.install(name, frame)
        self.front(frame)

    def install(self, name: str, frame: Frame) -> None:
        """Keep a screen under one of the digits, in place of what was there."""
        before = self._made.pop(name, None)
        if before is not None and before is not frame:
            self.uninstall_screen(before)
        self._made[name] = frame
        self.install_screen(frame, name=name)

    def front(self, frame: Frame) -> None:
        """Bring a screen to the front, over nothing: Escape does not come back from it."""
        while len(self.screen_stack) > 2:
            self.pop_screen()
        if self.screen is not frame:
            self.switch_screen(frame)

    def open(self, kind: str, ref: str) -> None:
        """Open one thing over what is in front; Escape comes back."""
        made = "there is nothing to open it with" if self._rooms is None else self._rooms.open(kind, ref)
        if isinstance(made, str):
            self._say(made)
        else:
            self.push_screen(made)

    def _say(self, why: str) -> None:
        if self.frame is not None:
            self.frame.tell(why, "warning")
