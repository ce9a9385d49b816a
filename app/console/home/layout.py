"""The whole screen as lines: one column, or two where there is room; a corpus that is none has a welcome. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.console.home.corpus_words import corpus, disk, made
from app.console.home.lines import LABEL, Line, below, beside
from app.console.home.window_words import window
from app.console.home.words import alerts, lists, runs, training
from app.console.keymap import key_for
from app.console.look import inks
from app.home.values import HomeSeen

TWO_FROM: Final = 110
"""Columns of a window from which there are two columns: each has then what 80 columns have without their labels."""
_INDENT: Final = 3
"""The cursor's mark, and what lines stand in under their heading."""
_MARK: Final = 1
_STEPS_FROM: Final = 40
"""Rows from which each step of the window has a line: all of them, or none."""


@dataclass(frozen=True, slots=True)
class Laid:
    """The lines of each column."""

    left: tuple[Line, ...]
    right: tuple[Line, ...] = ()
    """None where there is one column."""


def lay_out(seen: HomeSeen, width: int, right_width: int, rows: int) -> Laid:
    """Lay everything out.

    Args:
        seen: what was seen.
        width: of the left column, or of the only one.
        right_width: of the right one; 0 for none.
        rows: that there are.
    """
    if seen.place.corpus is None:
        return Laid(_welcome())
    if not right_width:
        room = width - _MARK - LABEL
        sections = [
            alerts(seen, room, wraps=False),
            runs(seen, room, older=False),
            window(seen, room, steps=False),
            lists(seen, room),
            training(seen, room),
            corpus(seen, room, sources=False),
            disk(seen, room),
            made(seen, room, each_alone=False),
        ]
        return Laid(beside(sections, rows))
    left, right = width - _INDENT, right_width - _INDENT
    first = [
        alerts(seen, left, wraps=True),
        runs(seen, left, older=True),
        window(seen, left, steps=rows >= _STEPS_FROM),
        training(seen, left),
    ]
    second = [
        lists(seen, right),
        corpus(seen, right, sources=True),
        disk(seen, right),
        made(seen, right, each_alone=True),
    ]
    return Laid(below(first, rows, width - _MARK), below(second, rows, right_width - _MARK))


_WELCOME: Final = (
    ("No corpus here", ""),
    ("", ""),
    ("A corpus is a folder of sources, a source a folder of shards: tars of audio.", ""),
    ("", ""),
    ("gonogo demo", "makes a small one and runs everything on it"),
    ("gonogo init CORPUS", "writes a commented gonogo.toml for yours"),
    ("gonogo inventory CORPUS", "finds every shard; it reads, and changes nothing"),
    ("cd CORPUS; gonogo", "opens this console on it"),
    ("", ""),
    ("gonogo watch LOG", "watches a training run; it needs no corpus"),
    ("gonogo runs", "lists every run of yours, wherever its corpus lies"),
    ("", ""),
)
_COMMAND: Final = 26


def _welcome() -> tuple[Line, ...]:
    lines = []
    keys = f"{key_for('console.help', '?')} says what every key does, {key_for('console.leave', 'q')} leaves."
    for number, (text, told) in enumerate((*_WELCOME, (keys, ""))):
        ink = inks.STRONG if told or not number else inks.PLAIN
        lines.append(Line(((f"{text:<{_COMMAND}}" if told else text, ink), (told, inks.PLAIN))))
    return tuple(lines)
