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

from app.console.look import inks
from app.console.pane import Part, strip

NAMES: Final = ("home", "run", "window", "checklists", "training", "alerts", "log")
"""In the order of their keys, from 1."""
_TITLES: Final = ("Home", "Run", "Window", "Lists", "Training", "Alerts", "Log")


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

    def parts(self) -> list[Part]:
        """Write the names."""
        waits = self.marks.waits or {}
        parts: list[Part] = []
        for number, (name, title) in enumerate(zip(NAMES, _TITLES, strict=True), 1):
            ink = inks.ACTIVE if name == self._here else inks.PLAIN
            text = f"[{number} {title}]" if name == self._here else f" {number} {title} "
            parts.append((text, ink))
            if name in waits:
                sign, colour = waits[name]
                parts.append((f"{sign} ", colour))
        return parts

    def render_line(self, y: int) -> Strip:
        """Draw it: the names from the left, the mark at the right where it has room."""
        del y
        width, base = self.size.width, self.rich_style
        parts = self.parts()
        taken = sum(len(text) for text, _ in parts)
        right = self.marks.right
        if right and taken + len(right) + 1 <= width:
            parts += [(" " * (width - taken - len(right)), inks.PLAIN), (right, self.marks.ink)]
        return strip(parts, base + Style(), width)

    async def on_click(self, event: Click) -> None:
        """Go to the screen whose name was clicked."""
        left = 0
        waits = self.marks.waits or {}
        for number, (name, title) in enumerate(zip(NAMES, _TITLES, strict=True), 1):
            left += len(title) + 4 + (len(waits[name][0]) + 1 if name in waits else 0)
            if event.x < left:
                await self.app.run_action(f"go({number})")
                return
