"""The shards of a run as a table that stays smooth with thousands: only the lines in sight are ever drawn."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.console.words import COLOURS, GLYPHS, shard_note
from engine.convert.view import RunView
from engine.crew.answers import State
from engine.errors import printable

_STATE_WIDTH = 14
FILTERS: dict[str, Callable[[RunView, str], bool]] = {
    "all": lambda _view, _shard: True,
    "in hand": lambda view, shard: shard in view.in_hand,
    "trouble": lambda view, shard: shard in view.reasons,
    "pending": lambda view, shard: view.states.get(shard) in (State.PENDING, State.RECOVERING),
    "done": lambda view, shard: view.states.get(shard) in (State.DONE, State.SKIPPED),
}
"""What may be shown, by its name; the order is that of the key that goes through them."""


class ShardTable(ScrollView, can_focus=True):
    """One line a shard: state, name, what there is to say."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._view = RunView()
        self._rows: list[str] = []
        self._wide = 24
        self._seen = -1
        self.filter = "all"

    def show(self, view: RunView, changes: int) -> None:
        """Show a run as it is now; does nothing while nothing has changed."""
        if view is self._view and changes == self._seen:
            return
        self._view, self._seen = view, changes
        self._choose()

    def next_filter(self) -> str:
        """Go on to the next kind of shards, and return its name."""
        names = list(FILTERS)
        self.filter = names[(names.index(self.filter) + 1) % len(names)]
        self._choose()
        self.scroll_home(animate=False)
        return self.filter

    @property
    def rows(self) -> list[str]:
        """The shards that are shown, in order."""
        return self._rows

    def _choose(self) -> None:
        wanted = FILTERS[self.filter]
        self._rows = [shard for shard in self._view.states if wanted(self._view, shard)]
        self._wide = max((len(shard) for shard in self._rows), default=24)
        self.virtual_size = Size(self.size.width, len(self._rows))
        self.refresh()

    def on_resize(self) -> None:
        """Keep the scroll bar right."""
        self.virtual_size = Size(self.size.width, len(self._rows))

    def render_line(self, y: int) -> Strip:
        """Draw one line of those in sight."""
        width, base = self.scrollable_content_region.width or self.size.width, self.rich_style
        at = int(self.scroll_offset.y) + y
        if at >= len(self._rows):
            text = "nothing to show here" if y == 0 else ""
            return Strip([Segment(text, base)]).adjust_cell_length(width, base)
        shard = self._rows[at]
        view = self._view
        state = view.states.get(shard, State.PENDING)
        word = f"{GLYPHS[state]} {state}"
        colour = COLOURS.get(state)
        if shard in view.in_hand:
            word, colour = f"> worker {view.in_hand[shard]}", "bold"
        rest = f" {shard:<{self._wide}}  {printable(shard_note(view, shard))}"
        style = base + Style.parse(colour) if colour else base
        return Strip([Segment(f"{word:<{_STATE_WIDTH}}", style), Segment(rest, base)]).adjust_cell_length(width, base)
