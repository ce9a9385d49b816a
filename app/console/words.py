"""The signs and colours that all screens share: a state is a word and a sign first, then a colour."""

from __future__ import annotations

from rich.text import Text

from engine.convert.view import Level
from engine.crew.answers import State
from engine.errors import printable

GLYPHS = {
    State.PENDING: "·",
    State.DONE: "✓",
    State.SKIPPED: "-",
    State.RECOVERING: "~",
    State.QUARANTINED: "!",
    State.FAILED: "x",
}
LEVEL_GLYPHS = {Level.GREEN: "●", Level.YELLOW: "▲", Level.RED: "■", Level.UNKNOWN: "?"}
LEVEL_COLOURS = {
    Level.GREEN: "bold green",
    Level.YELLOW: "bold yellow",
    Level.RED: "bold red",
    Level.UNKNOWN: "bold magenta",
}


def level_line(level: Level, why: str) -> Text:
    """Say a level: its sign and word in its colour, then why."""
    line = Text().append(f"{LEVEL_GLYPHS[level]} {level.name} ", style=LEVEL_COLOURS[level])
    return line.append(printable(why.partition("\n")[0]))
