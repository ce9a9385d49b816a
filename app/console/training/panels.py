"""The two tables of the training screen: runs, one of them chosen, and alerts, one of them under the cursor."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from app.console.actions import Action, bindings
from app.console.keymap import take_keys
from app.console.pane import MOVES
from app.console.training.seen import AlertSeen, RunSeen, foremost
from app.console.training.words import COLOURS, GLYPHS, RUN_HEADS, RUN_WIDTHS, alert_words, run_cells
from engine.errors import printable

_NAME_LEAST: Final = 8
_RUNS_SHARE: Final = 5
"""Runs get a line for each so many of the screen's; the chosen one is always among them."""


def fit(text: str, width: int) -> str:
    """Cut or fill a text to a width in cells, whatever script it is in."""
    while cell_len(text) > width:
        text = text[: len(text) - max(1, (cell_len(text) - width) // 2)]
    return text + " " * (width - cell_len(text))


def fit_start(text: str, width: int) -> str:
    """Fill a sentence to a width, or cut its end off and show that."""
    return fit(text, width) if cell_len(text) <= width else f"{fit(text, max(0, width - 1))}…"


def fit_end(text: str, width: int) -> str:
    """Fill a name to a width, or cut its beginning off: paths differ at their ends."""
    cut = cell_len(text) > width
    while cell_len(text) > width - cut:
        text = text[max(1, (cell_len(text) - width) // 2) :]
    return fit(f"…{text}" if cut else text, width)


class RunTable(Widget):
    """One line for each run: how it is, and its newest numbers."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._runs: tuple[RunSeen, ...] = ()
        self._chosen = 0
        self._lines: list[tuple[str, ...]] = []
        self._count = 0

    def show(self, runs: tuple[RunSeen, ...], chosen: int, now_s: float) -> None:
        """Show runs as they are now."""
        most = max(3, self.screen.size.height // _RUNS_SHARE)
        top = max(0, min(chosen - most // 2, len(runs) - most))
        shown = runs[top : top + most]
        lines = [(run.level.name, run.name, *run_cells(run, now_s)) for run in shown]
        if (lines, chosen - top, len(runs)) != (self._lines, self._chosen, self._count):
            self._lines, self._chosen, self._runs, self._count = lines, chosen - top, shown, len(runs)
            self.styles.height = 1 + max(1, len(shown))
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the heads, or one run."""
        base, width = self.rich_style, self.size.width
        columns = self._columns(width)
        room = max(_NAME_LEAST, width - 4 - sum(RUN_WIDTHS[at] for at in columns))
        if y == 0:
            heads = "".join(f"{RUN_HEADS[at]:>{RUN_WIDTHS[at]}}" for at in columns)
            name = f"run {len(self._runs)}/{self._count}" if self._count > len(self._runs) else "run"
            head = Segment(f"    {fit(name, room)}{heads}", base + Style(dim=True))
            return Strip([head]).adjust_cell_length(width, base)
        if y > len(self._runs):
            return Strip([Segment("    no run yet" if y == 1 else "", base)]).adjust_cell_length(width, base)
        run, cells = self._runs[y - 1], self._lines[y - 1][2:]
        chosen = y - 1 == self._chosen and len(self._runs) > 1
        mark = Segment("▸ " if chosen else "  ", base + Style(bold=True))
        glyph = Segment(f"{GLYPHS[run.level]} ", base + Style.parse(COLOURS[run.level]))
        text = fit_end(printable(run.name), room) + "".join(f"{cells[at]:>{RUN_WIDTHS[at]}}" for at in columns)
        return Strip([mark, glyph, Segment(text, base + Style(bold=chosen))]).adjust_cell_length(width, base)

    @staticmethod
    def _columns(width: int) -> list[int]:
        """Leave columns out from the middle where there is no room: step, loss and silence stay."""
        columns = list(range(len(RUN_HEADS)))
        for least in (3, 4, 5, 2):
            if width - 4 - sum(RUN_WIDTHS[at] for at in columns) >= _NAME_LEAST:
                break
            columns.remove(least)
        return columns


class AlertTable(ScrollView, can_focus=True):
    """Alerts, the worst first; the one under the cursor says what to do."""

    ACTIONS: ClassVar[tuple[Action, ...]] = MOVES
    BINDINGS: ClassVar[list[BindingType]] = bindings(MOVES)

    class Moved(Message):
        """The cursor is on another alert."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._alerts: tuple[AlertSeen, ...] = ()
        self._key: tuple[str, str, str, int] | None = None
        self._with_run = False
        self._follows = True
        """The cursor is on what is worst, until somebody moves it away."""

    def on_mount(self) -> None:
        """Take the keys that the operator bound anew."""
        take_keys(self, self.ACTIONS)

    def show(self, alerts: tuple[AlertSeen, ...], *, with_run: bool) -> None:
        """Show alerts as they stand; the cursor goes to the worst, or stays where somebody has put it."""
        if (alerts, with_run) == (self._alerts, self._with_run):
            return
        self._alerts, self._with_run = alerts, with_run
        if (self._follows or self.chosen is None) and alerts:
            self._follows = True
            self._key = _key(foremost(alerts) or alerts[0])
        self._measure()
        self.post_message(self.Moved())
        self.refresh()

    @property
    def chosen(self) -> AlertSeen | None:
        """The alert under the cursor."""
        return next((each for each in self._alerts if _key(each) == self._key), None)

    @property
    def _at(self) -> int:
        return next((at for at, each in enumerate(self._alerts) if _key(each) == self._key), 0)

    def _measure(self) -> None:
        """One line each, and one more for what to do about the one under the cursor."""
        self.virtual_size = Size(self.size.width, len(self._alerts) + bool(self._alerts))
        self.scroll_to_region(Region(0, self._at, 1, 2), animate=False, force=True)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._measure()

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse points."""
        line = int(self.scroll_offset.y) + event.y
        self._choose(line - (line > self._at))

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._choose(self._at + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self._choose(self._at + by * max(1, self.size.height - 1))

    def _choose(self, at: int) -> None:
        if self._alerts:
            chosen = self._alerts[max(0, min(len(self._alerts) - 1, at))]
            self._key, self._follows = _key(chosen), chosen is foremost(self._alerts)
            self._measure()
            self.post_message(self.Moved())
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line of those in sight."""
        base = self.rich_style
        width = self.scrollable_content_region.width or self.size.width
        line, at = int(self.scroll_offset.y) + y, self._at
        if not self._alerts:
            text = "  none" if y == 0 else ""
            return Strip([Segment(text, base + Style(dim=True))]).adjust_cell_length(width, base)
        if line == at + 1:
            advice = fit_start(f"    → {printable(self._alerts[at].alert.advice)}", width)
            return Strip([Segment(advice, base + Style(bold=True))])
        index = line - (line > at)
        if index >= len(self._alerts):
            return Strip.blank(width, base)
        return self._line(self._alerts[index], base, width, under=index == at)

    def _line(self, each: AlertSeen, base: Style, width: int, *, under: bool) -> Strip:
        level, place, told = alert_words(each, with_run=self._with_run)
        colour = Style(dim=True) if each.over else Style.parse(COLOURS[each.alert.level])
        rest = base + (Style(dim=True) if each.over else Style())
        if under:  # in no colour of its own: reversed, it would be a bar of it
            colour = rest = Style(reverse=True, bold=True)
            colour, rest = base + colour, base + rest
        else:
            colour = base + colour
        head = f" {level:<9}"
        text = fit_start(f"{place:<17} {told}", width - len(head))
        return Strip([Segment(head, colour), Segment(text, rest)]).adjust_cell_length(width, rest if under else base)


def _key(each: AlertSeen) -> tuple[str, str, str, int]:
    alert = each.alert
    return alert.source, alert.run, alert.rule, each.number if each.over else -1
