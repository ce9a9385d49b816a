"""Pictures as inline SVG, readable on a phone and by a screen reader: what all kinds of them share. Pure.

Colours come from the page's style sheet, so that they follow its light or dark scheme; every figure is in words too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.errors import printable
from engine.run.markup import html_text

WIDTH: Final = 360
"""Units across: about a phone's pixels, so that letters are about as large as those of the text."""
HEIGHT: Final = 150
"""Units of what stands upright: columns and lines."""
TOP: Final = 10
FOOT: Final = 22
LEGEND: Final = 24
"""What the names of series take above a picture."""
STYLES: Final = ("after", "second", "third", "before")
"""Of the style sheet, in the order in which series take them."""
LETTERS: Final = 54
"""Characters across, in letters of the usual width."""
_SHORTEST: Final = 8
"""Characters of a label below which it would name nothing."""
_PATCH: Final = 3
"""Characters that a patch and the space about it take."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture, or the sentence that stands in its place."""

    title: str
    svg: str
    note: str = ""


def picture(title: str, what: str, height: float, drawn: Sequence[str]) -> str:
    """Wrap a picture up; the ids that name and describe it are its title's, so that no two of a page share one.

    Args:
        title: of the picture.
        what: tells in words what is seen.
        height: in units, :data:`WIDTH` of which are its width.
        drawn: markup, in which all foreign text went through :func:`~engine.run.markup.html_text`.
    """
    name = f"plot-{hashlib.blake2b(title.encode(), digest_size=4).hexdigest()}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="{name} {name}-what" '
        f'xmlns="http://www.w3.org/2000/svg"><title id="{name}">{html_text(title)}</title>'
        f'<desc id="{name}-what">{html_text(what)}</desc>{"".join(drawn)}</svg>'
    )


def legend(entries: Sequence[tuple[str, str]]) -> list[str]:
    """Draw a patch of each style with its name, side by side along the upper edge."""
    step, most = WIDTH / max(len(entries), 1), LETTERS // max(len(entries), 1) - _PATCH
    return [
        f'{rect(style, at * step, 0, 10, 10)}<text x="{at * step + 14:.1f}" y="9.5">{short(name, most)}</text>'
        for at, (style, name) in enumerate(entries)
    ]


def rect(style: str, left: float, top: float, wide: float, tall: float, *, what: str = "") -> str:
    """Draw a rectangle; ``what`` is shown where the pointer rests on it."""
    place = f'x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
    if not what:
        return f'<rect class="{style}" {place}/>'
    return f'<rect class="{style}" {place}><title>{html_text(what)}</title></rect>'


def short(name: str, most: int) -> str:
    """Write a label as markup in so many characters: a long one goes without a part of its middle.

    More stays of its end than of its beginning, since names of one corpus differ there.
    """
    name = printable(name)
    most = max(most, _SHORTEST)
    head = most // 3
    return html_text(name if len(name) <= most else f"{name[:head]}…{name[head + 1 - most :]}")
