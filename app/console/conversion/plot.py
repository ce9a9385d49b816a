"""A plot of one figure over time: its caption, its scale, the curve, a floor and a forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.strip import Strip
from textual.widget import Widget

from app.console.conversion.braille import Axes, Canvas, Layer, draw_band, draw_forecast, draw_level, spread
from app.console.conversion.fitting import Phrase, fit
from app.console.conversion.history import History
from app.console.look import inks
from app.console.pane import Part, strip
from engine.units import show_bytes

_GUTTER: Final = 9
_WITH_GUTTER: Final = 30
"""From this width on the scale has room beside the curve."""
_WITH_TIMES: Final = 8
"""From this height on the times have room below the curve."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be drawn."""

    history: History
    caption: tuple[Phrase, ...]
    """As many as there is room for."""
    at_s: float
    """Now, in seconds from the beginning of the run."""
    floor: float | None = None
    forecast: tuple[float, float] | None = None
    """When, in seconds from the beginning of the run, and how much it will be then."""
    from_zero: bool = False
    """The scale begins at nothing."""
    times: tuple[str, str] = ("", "")
    """Of the left and the right end."""

    @property
    def axes(self) -> Axes:
        """What is in sight: from the first look to now, or to the end that is foreseen."""
        buckets = self.history.values
        values = [bucket.low for bucket in buckets] + [bucket.high for bucket in buckets]
        values += [self.floor] if self.floor is not None else []
        values += [self.forecast[1]] if self.forecast is not None else []
        low, high = spread(values + [0.0] * self.from_zero)
        first_s = self.history.first * self.history.step_s
        to_s = max(self.at_s, self.forecast[0] if self.forecast is not None else 0.0)
        return Axes(first_s, max(to_s, first_s + self.history.step_s), low, high)

    @property
    def signature(self) -> tuple[object, ...]:
        """What of it shows: a curve is drawn anew once a second at most."""
        ahead = None if self.forecast is None else (round(self.forecast[0]), round(self.forecast[1], -7))
        return self.caption, int(self.at_s), len(self.history.buckets), self.floor, ahead, self.times


def draw(picture: Picture, width: int, height: int) -> list[list[Part]]:
    """Draw a picture on so many columns and lines, the caption first."""
    lines = [fit(picture.caption, width, gap=" ")]
    tall = height - 1 - (height >= _WITH_TIMES)
    gutter = _GUTTER if width >= _WITH_GUTTER else 0
    if tall < 1 or width - gutter < 4:
        return lines
    if not picture.history.values:
        return [*lines, [("no figure yet", inks.QUIET)]]
    axes = picture.axes
    canvas = Canvas(width - gutter, tall)
    if picture.floor is not None:
        draw_level(canvas, Layer.FLOOR, axes, picture.floor)
    if picture.forecast is not None:
        last = next((bucket.last for bucket in reversed(picture.history.buckets) if not bucket.is_empty), axes.low)
        draw_forecast(canvas, axes, (picture.at_s, last), picture.forecast)
    draw_band(canvas, picture.history, axes)
    scale = {0: show_bytes(axes.high), tall - 1: show_bytes(axes.low)}
    for y in range(tall):
        label = f"{scale.get(y, ''):>{_GUTTER - 1}}{'┤' if y in scale else '│'}" if gutter else ""
        is_floor = picture.floor is not None and y == tall - 1 and axes.low == picture.floor
        lines.append([(label, inks.BAD if is_floor else inks.QUIET), *canvas.line(y)])
    if height >= _WITH_TIMES:
        left, right = picture.times
        lines.append([(f"{'':{gutter}}{left}{right:>{max(1, width - gutter - len(left))}}", inks.QUIET)])
    return lines


class Plot(Widget):
    """One picture; drawn anew only where it shows."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._picture: Picture | None = None
        self._drawn: tuple[object, ...] = ()
        self._lines: list[list[Part]] = []

    def show(self, picture: Picture) -> None:
        """Draw a picture."""
        self._picture = picture
        drawn = (picture.signature, self.size)
        if drawn != self._drawn and self.size.width:
            self._drawn = drawn
            lines = draw(picture, *self.size)
            if lines != self._lines:
                self._lines = lines
                self.refresh()

    def on_resize(self) -> None:
        """Draw it as large as there is room."""
        if self._picture is not None:
            self.show(self._picture)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        parts = self._lines[y] if y < len(self._lines) else []
        return strip(parts, self.rich_style, self.size.width)
