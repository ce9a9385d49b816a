"""A column of lines whose cursor stays on the thing that it is on, whatever comes above it."""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from app.console.home.lines import Line
from app.console.look import inks
from app.console.pane import Lines, Part, strip

_NONE = Line(())


class Board(Lines):
    """One column of the home screen."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self.lines: tuple[Line, ...] = ()

    @property
    def here(self) -> Line:
        """The line under the cursor."""
        return self.lines[self.at] if self.at < len(self.lines) else _NONE

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show these; what is the same as before is not drawn again."""
        before, here = self.lines, self.here
        if lines == before:
            return
        self.lines = lines
        at = next((at for at, line in enumerate(lines) if line.key and line.key == here.key), self.at)
        if len(lines) != len(before) or at != self.at:
            self.fill(len(lines), at)
            return
        self.at = self._nearest(self.at, 1)
        top = int(self.scroll_offset.y)
        for number, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                self.refresh(Region(0, number - top, self.size.width, 1))

    def rests(self, at: int) -> bool:
        """See :class:`Lines`."""
        return bool(self.lines[at].key)

    def empty(self) -> str:
        """See :class:`Lines`."""
        return ""

    def parts(self, at: int, width: int) -> list[Part]:
        """See :class:`Lines`."""
        del width
        return [(" ", ""), *self.lines[at].parts]

    def draw(self, at: int, base: Style, width: int, *, under: bool) -> Strip:
        """Mark the cursor before its line: a bar over it would take the colours away that tell how things are."""
        if not under or not self.lines[at].key:
            return strip(self.parts(at, width), base, width)
        return strip([("▸", inks.ACTIVE), *self.lines[at].parts], base + Style(bold=True), width)
