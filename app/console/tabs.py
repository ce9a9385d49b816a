"""The first line: the console's screens with their keys, which one this is, what waits there, and who has control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rich.style import Style
from textual.events import Click
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from app.console.keymap import key_for
from app.console.look import inks
from app.console.pane import Part, strip

NAMES: Final = ("home", "run", "window", "checklists", "training", "alerts", "log")
"""In the order of their keys, from 1."""
_TITLES: Final = ("Home", "Run", "Window", "Lists", "Training", "Alerts", "Log")


def key_to(name: str) -> str:
    """Write the key of one of the console's screens: its digit, where nobody bound it anew."""
    return key_for(f"console.{name}", str(NAMES.index(name) + 1))


@dataclass(frozen=True, slots=True)
class Marks:
    """What the line says beside the names."""

    right: str = ""
    """Whether this console may act; "" where nothing need be said."""
    ink: str = inks.PLAIN
    waits: Mapping[str, Part] | None = None
    """What waits on a screen: a sign and a number, and its ink."""


class Tabs(Widget):
    """One line; a click goes there as the key does."""

    marks: reactive[Marks] = reactive(Marks())

    def __init__(self, here: str) -> None:
        super().__init__(id="tabs")
        self._here = here

    def names(self) -> list[list[Part]]:
        """Write each name with what waits there; where there is little room, the keys of the others alone."""
        room = self.size.width - (len(self.marks.right) + 1 if self.marks.right else 0)
        names: list[list[Part]] = []
        for title, gap in ((True, " "), (True, ""), (False, "")):
            names = [self._parts_of(name, gap, has_title=title or name == self._here) for name in NAMES]
            if _width(names) <= room:
                break
        return names

    def _parts_of(self, name: str, gap: str, *, has_title: bool) -> list[Part]:
        text = f"{key_to(name)} {_TITLES[NAMES.index(name)]}" if has_title else key_to(name)
        parts: list[Part] = [(f"[{text}]", inks.ACTIVE) if name == self._here else (f"{gap}{text} ", inks.PLAIN)]
        if name in (self.marks.waits or {}):
            sign, ink = (self.marks.waits or {})[name]
            parts.append((f"{sign} ", ink))
        return parts

    def render_line(self, y: int) -> Strip:
        """Draw it: the names from the left, the mark at the right where it has room."""
        del y
        width, base = self.size.width, self.rich_style
        names = self.names()
        parts, taken = [part for name in names for part in name], _width(names)
        right = self.marks.right
        if right and taken + len(right) + 1 <= width:
            parts += [(" " * (width - taken - len(right)), inks.PLAIN), (right, self.marks.ink)]
        return strip(parts, base + Style(), width)

    async def on_click(self, event: Click) -> None:
        """Go to the screen whose name was clicked."""
        left = 0
        for number, name in enumerate(self.names(), 1):
            left += _width([name])
            if event.x < left:
                await self.app.run_action(f"go({number})")
                return


def _width(names: list[list[Part]]) -> int:
    return sum(len(text) for name in names for text, _ in name)
