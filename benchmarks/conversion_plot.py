"""The picture of docs/performance.md: MB of PCM a second of processor time, gonogo beside the others, as SVG.

On a logarithmic scale, since a process a clip is a hundred times slower. Made by hand, as the validation report's
pictures are; its colours follow the reader's light or dark scheme.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log10

from benchmarks.figures import Section, Speed
from benchmarks.measuring import figure

WIDTH, LABELS = 760, 230
"""Units across, and how many of them the names take."""
_ROW, _DOT, _HEAD = 22, 5, 44
_LEAST, _MOST = 1.0, 10_000.0
"""MB/s at the ends of the scale."""
_TICKS = (1, 10, 100, 1000, 10_000)
_FOOT = "MB of 48 kHz PCM a second of processor time, logarithmic; thin lines: from least to most"
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.tick { fill: #57606a; font-size: 11px }
line { stroke: #d0d7de }
.ours { fill: #0969da; stroke: #0969da }
.theirs { fill: #8c959f; stroke: #8c959f }
.whisker { stroke: #24292f }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .tick { fill: #9198a1 }
  line { stroke: #3d444d }
  .ours { fill: #4493f8; stroke: #4493f8 }
  .theirs { fill: #6e7681; stroke: #6e7681 }
  .whisker { stroke: #e6edf3 }
}
"""


def plot(sections: Sequence[Section]) -> str:
    """Draw the candidates of all sections that have some."""
    parts: list[str] = []
    top = 0.0
    for section in sections:
        if section.speeds:
            parts += _panel(section, top)
            top += _HEAD + len(section.speeds) * _ROW + 12
    parts.append(f'<text class="tick" x="{LABELS}" y="{top + 8}">{escape(_FOOT)}</text>')
    return (
        f'<svg viewBox="0 0 {WIDTH} {top + 16:g}" role="img" aria-label="{escape(_FOOT)}" '
        f'xmlns="http://www.w3.org/2000/svg"><style>{_STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _panel(section: Section, top: float) -> list[str]:
    bottom = top + _HEAD + len(section.speeds) * _ROW
    parts = [f'<text class="title" x="0" y="{top + 14:g}">{escape(section.title)}</text>']
    for tick in _TICKS:
        parts.append(f'<line x1="{_x(tick):.1f}" x2="{_x(tick):.1f}" y1="{top + _HEAD - 6:g}" y2="{bottom:g}"/>')
        parts.append(
            f'<text class="tick" x="{_x(tick):.1f}" y="{top + _HEAD - 9:g}" text-anchor="middle">{tick:,}</text>'
        )
    fastest_first = sorted(section.speeds, key=lambda speed: -speed.by_cpu.middle)
    for at, speed in enumerate(fastest_first):
        parts += _bar(speed, top + _HEAD + at * _ROW)
    return parts


def _bar(speed: Speed, top: float) -> list[str]:
    rate = speed.by_cpu
    middle = top + _ROW / 2
    kind = "ours" if speed.name.startswith("gonogo") else "theirs"
    return [
        f'<text x="{LABELS - 8}" y="{middle + 4:g}" text-anchor="end">{escape(speed.name)}</text>',
        f'<line class="{kind}" x1="{LABELS}" x2="{_x(rate.middle):.1f}" y1="{middle:g}" y2="{middle:g}"/>',
        f'<circle class="{kind}" cx="{_x(rate.middle):.1f}" cy="{middle:g}" r="{_DOT}"/>',
        f'<line class="whisker" x1="{_x(rate.least):.1f}" x2="{_x(rate.most):.1f}" y1="{middle:g}" y2="{middle:g}"/>',
        f'<text x="{_x(rate.most) + 6:.1f}" y="{middle + 4:g}">{figure(rate.middle)}</text>',
    ]


def _x(rate: float) -> float:
    """Return where a rate lies on the scale."""
    share = log10(max(rate, _LEAST) / _LEAST) / log10(_MOST / _LEAST)
    return LABELS + min(share, 1.0) * (WIDTH - LABELS - 50)
