"""Steps one below the other over time: as planned, and as they came. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.page.clock import Clock
from engine.page.svg import FOOT, LEGEND, LETTERS, WIDTH, legend, picture, rect, short
from engine.run.markup import html_text

_ROW, _LABEL, _PLANNED, _CAME = 40, 12, 17, 24
_PLANNED_TALL, _CAME_TALL = 5, 10
_INSET: Final = 4
"""Words at the right keep off the line of the end, which often stands there."""
_THIN: Final = 1.5
"""A step that is too short to be seen is drawn so wide."""


@dataclass(frozen=True, slots=True)
class Piece:
    """From when to when something was, in seconds."""

    start_s: float
    end_s: float
    style: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One row."""

    name: str
    told: str
    planned: tuple[float, float]
    """From when to when, in seconds."""
    came: tuple[Piece, ...]
    """What came of it, or is forecast."""


def gantt(
    title: str,
    what: str,
    steps: Sequence[Step],
    named: Sequence[tuple[str, str]],
    *,
    end_s: float,
    limit_s: float,
    now_s: float | None = None,
) -> str:
    """Draw steps over time.

    Args:
        title: of the picture.
        what: tells in words what is seen.
        steps: the rows.
        named: the style and the name of each kind of piece.
        end_s: of the time shown, which begins at 0.
        limit_s: what must not be passed; a line over all rows.
        now_s: where it stands, another line; None once it is over.
    """
    clock, base = Clock(end_s), float(LEGEND + len(steps) * _ROW)
    drawn = [*legend([("before", "planned"), *named]), *clock.under(base, LEGEND)]
    for at, step in enumerate(steps):
        drawn += _row(step, clock, LEGEND + at * _ROW)
    drawn.append(_upright("limit", clock.place(limit_s), base, "the window's end"))
    if now_s is not None:
        drawn.append(_upright("now", clock.place(now_s), base, "as of now"))
    return picture(title, what, base + FOOT, drawn)


def _row(step: Step, clock: Clock, top: float) -> Iterator[str]:
    yield f'<text x="0" y="{top + _LABEL:g}">{short(step.name, LETTERS - len(step.told))}</text>'
    right = f'x="{WIDTH - _INSET}" y="{top + _LABEL:g}" text-anchor="end"'
    yield f'<text {right} class="told">{html_text(step.told)}</text>'
    yield _bar(Piece(*step.planned, "before", "planned"), clock, top + _PLANNED, _PLANNED_TALL)
    for piece in step.came:
        yield _bar(piece, clock, top + _CAME, _CAME_TALL)


def _bar(piece: Piece, clock: Clock, top: float, tall: float) -> str:
    left, right = clock.place(piece.start_s), clock.place(piece.end_s)
    return rect(piece.style, min(left, WIDTH - _THIN), top, max(right - left, _THIN), tall, what=piece.what)


def _upright(style: str, across: float, base: float, what: str) -> str:
    across = min(max(across, 1.0), WIDTH - 1.0)
    place = f'x1="{across:.1f}" x2="{across:.1f}" y1="{LEGEND}" y2="{base:g}"'
    return f'<line class="{style}" {place}><title>{html_text(what)}</title></line>'
