"""Time from the left to the right: where a moment lies in a picture, and what stands under it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.page.svg import WIDTH
from engine.run.markup import html_text

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_STEPS_S: Final = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY for days in (1, 2, 7, 14, 28, 91, 364)),
)
"""Between two labels: lengths that people count time in."""
_LABELS_MOST: Final = 7
_ENDS: Final = 12
"""Units from the right edge within which a label ends at its place, not to be cut off."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time that a picture shows, from 0 on."""

    end_s: float
    left: float = 0.0
    """Where 0 lies."""

    def place(self, at_s: float) -> float:
        """Return where a moment lies; one outside lies at the edge."""
        share = min(1.0, max(0.0, at_s / self.end_s)) if self.end_s > 0 else 0.0
        return self.left + share * (WIDTH - self.left)

    def ticks(self) -> list[float]:
        """Return the moments that a label stands under, in seconds."""
        step = next((step for step in _STEPS_S if self.end_s / step <= _LABELS_MOST), self.end_s / _LABELS_MOST)
        return [at * step for at in range(int(self.end_s // step) + 1)] if step > 0 else [0.0]

    def under(self, base: float, top: float) -> list[str]:
        """Draw the axis at ``base``, its labels, and a thin line up to ``top`` over each."""
        drawn = []
        for at_s in self.ticks():
            across = self.place(at_s)
            anchor = "start" if at_s == 0 else "end" if across > WIDTH - _ENDS else "middle"
            if at_s:
                drawn.append(f'<line class="grid" x1="{across:.1f}" x2="{across:.1f}" y1="{top:g}" y2="{base:g}"/>')
            told = html_text(show_clock(at_s))
            drawn.append(f'<text class="quiet" x="{across:.1f}" y="{base + 15:g}" text-anchor="{anchor}">{told}</text>')
        drawn.append(f'<line class="axis" x1="{self.left:g}" x2="{WIDTH}" y1="{base:g}" y2="{base:g}"/>')
        return drawn


def show_clock(at_s: float) -> str:
    """Write a moment in as few letters as tell it: ``0``, ``30 s``, ``5 min``, ``1:30 h``, ``2 d``."""
    whole = round(at_s)
    if at_s < _MINUTE:
        return f"{at_s:.3g} s" if at_s else "0"
    if whole < _HOUR:
        minutes, seconds = divmod(whole, _MINUTE)
        return f"{minutes}:{seconds:02d} min" if seconds else f"{minutes} min"
    if whole < _DAY or whole % _DAY:
        hours, rest = divmod(whole, _HOUR)
        return f"{hours}:{rest // _MINUTE:02d} h" if rest // _MINUTE else f"{hours} h"
    return f"{whole // _DAY} d"
