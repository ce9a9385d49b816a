"""Signs for terminals without Unicode: what is drawn is translated at the last moment, so that nothing is missed."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_PLAIN: Final = {
    **dict.fromkeys("─━═╌╍┄┈▔▁", "-"),
    **dict.fromkeys("│┃║╎┆┊▏▕▎▌▐", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝┏┓┗┛", "+"),
    **dict.fromkeys("█▇▆▅■▓", "#"),
    **dict.fromkeys("▒▄▃▀", "="),
    **dict.fromkeys("░▂·•", "."),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("‘’‚′", "'"),
    **dict.fromkeys("–—−", "-"),
    "●": "*",
    "○": "o",
    "▲": "^",
    "△": "^",
    "▼": "v",
    "▾": "v",
    "▸": ">",
    "▶": ">",
    "◆": "+",
    "✓": "v",
    "✗": "x",
    "…": "~",
    "→": ">",
    "←": "<",
    "↑": "^",
    "↓": "v",
    "⏎": "<",
    "␣": "_",
    "×": "x",
    "±": "~",
    "≤": "<",
    "≥": ">",
    "≈": "~",
    "µ": "u",
    "°": "'",
    "§": "S",
    "€": "E",
    "£": "L",
    "«": "<",
    "»": ">",
    "✎": "/",
    " ": " ",
}
"""One column for one column: a table stays in line."""
_BRAILLE: Final = range(0x2800, 0x2900)
_BY_DOTS: Final = " .:::+##@"
"""A braille cell by how many of its eight dots are set."""
UNKNOWN: Final = "?"


@lru_cache(maxsize=4096)
def to_ascii(text: str) -> str:
    """Return a text of as many columns in ASCII alone."""
    return text if text.isascii() else "".join(map(_one, text))


def _one(char: str) -> str:
    if char.isascii():
        return char
    if ord(char) in _BRAILLE:
        return _BY_DOTS[(ord(char) - _BRAILLE.start).bit_count()]
    return _PLAIN.get(char) or UNKNOWN * cell_len(char)


class AsciiOnly(LineFilter):
    """Translates every line that is about to be drawn, whoever made it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII."""
        del background
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]
