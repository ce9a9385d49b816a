"""Putting phrases on one line: what has no room is left out as a whole, the last first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from app.console.pane import Part
from engine.errors import printable

Phrase = Sequence[Part]
"""Parts that are shown together or not at all."""
_SOURCE_LEAST: Final = 3
"""Columns in which something is left of a source that is cut."""


def wide(parts: Iterable[Part]) -> int:
    """Return how many columns parts take."""
    return sum(cell_len(text) for text, _ in parts)


def fit(phrases: Iterable[Phrase], width: int, gap: str = "  ") -> list[Part]:
    """Write as many phrases as there is room for, the first in any case."""
    line: list[Part] = []
    for phrase in phrases:
        if not phrase:
            continue
        if line and wide(line) + len(gap) + wide(phrase) > width:
            break
        line += [(gap, ""), *phrase] if line else phrase
    return line


def text_of(parts: Iterable[Part]) -> Text:
    """Return parts as a text for a Static."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for part, ink in parts:
        text.append(printable(part), style=ink)
    return text


def plain(parts: Iterable[Part]) -> str:
    """Return parts without their inks."""
    return "".join(text for text, _ in parts)


def cut(text: str, width: int) -> str:
    """Cut a text to a width, and say so with its last letter."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[: max(0, min(len(text) - 1, width - 1))]
    return f"{text}…" if width > 0 else ""


def cut_left(text: str, width: int) -> str:
    """Cut the beginning of a text off: of a path, the end tells which it is."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[1:]
    return f"…{text}" if width > 0 else ""


def short_name(shard: str, width: int) -> str:
    """Name a shard on a width: in full, or with its source cut, or as it is called in its folder, or by its end."""
    if cell_len(shard) <= width:
        return shard
    source, _, last = shard.rpartition("/")
    room = width - cell_len(last) - 1
    if source and room >= _SOURCE_LEAST:
        return f"{cut(source, room)}/{last}"
    return last if cell_len(last) <= width else cut_left(shard, width)


def bar(share: float, width: int) -> str:
    """Draw a share of a width."""
    filled = round(width * max(0.0, min(1.0, share)))
    return "█" * filled + "░" * (width - filled)
