"""Columns side by side: how many there are of each class, in the order of the classes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.page.svg import FOOT, HEIGHT, TOP, WIDTH, picture, rect
from engine.run.markup import html_text

_TOLD: Final = 10
"""What figures over the columns take beyond the space that is there."""
_UNIT: Final = 12
"""What the line below the labels takes."""
_NEAR: Final = 8
"""From an edge of the picture on, a label in the middle of its place would be cut off."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    value: float
    told: str = ""
    """Stands over it, where there is room for that."""
    what: str = ""
    """Shown where the pointer rests on it."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What stands under the columns."""

    labels: Sequence[tuple[float, str]]
    """Places, counted in columns from the left, and what stands there."""
    unit: str = ""
    """Of all labels, in a line below them."""


def columns(title: str, what: str, held: Sequence[Column], axis: Axis, edges: Sequence[float] = ()) -> str:
    """Draw columns.

    Args:
        title: of the picture.
        what: tells in words what is seen.
        held: the columns.
        axis: under them.
        edges: places, as those of labels, at which a thin line stands over the columns.
    """
    top = TOP + (_TOLD if any(column.told for column in held) else 0)
    step, base = WIDTH / max(len(held), 1), top + HEIGHT
    most = max((column.value for column in held), default=0) or 1
    drawn = []
    for at, column in enumerate(held):
        tall = max(1.0 if column.value else 0.0, column.value / most * HEIGHT)
        if tall:
            drawn.append(rect("after", at * step + 0.5, base - tall, max(step - 1, 0.5), tall, what=column.what))
        if column.told:
            place = f'x="{(at + 0.5) * step:.1f}" y="{base - tall - 5:.1f}" text-anchor="middle"'
            drawn.append(f'<text class="told" {place}>{html_text(column.told)}</text>')
    for edge in edges:
        across = edge * step
        drawn.append(f'<line class="edge" x1="{across:.1f}" x2="{across:.1f}" y1="{top - 6}" y2="{base}"/>')
    drawn += _under(axis, step, base)
    return picture(title, what, base + FOOT + (_UNIT if axis.unit else 0), drawn)


def _under(axis: Axis, step: float, base: float) -> list[str]:
    drawn = [f'<line class="axis" x1="0" x2="{WIDTH}" y1="{base}" y2="{base}"/>']
    for place, words in axis.labels:
        across = place * step
        anchor = "start" if across < _NEAR else "end" if across > WIDTH - _NEAR else "middle"
        drawn.append(f'<text x="{across:.1f}" y="{base + 14}" text-anchor="{anchor}">{html_text(words)}</text>')
    if axis.unit:
        down = base + FOOT + _UNIT - 3
        drawn.append(f'<text x="{WIDTH}" y="{down}" text-anchor="end">{html_text(axis.unit)}</text>')
    return drawn
