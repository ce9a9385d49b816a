"""What this terminal can do, and how the console is drawn in it: decisions from what was asked elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.host.terminal import TerminalFacts

TRUECOLOR: Final = 1 << 24
FEW_COLOURS: Final = 16
"""With so many or fewer, the colours of a theme come out as each other: red as yellow."""
SMALLEST: Final = (60, 15)
"""Below, the console shows nothing but that."""
USUAL: Final = (80, 24)
"""From here on nothing important is cut."""


@dataclass(frozen=True, slots=True)
class Terminfo:
    """What the data base of terminals has of this one."""

    colours: int
    """0 for none."""
    can_place: bool
    """The cursor can be put anywhere: without that there is no screen to draw on."""
    has_mouse: bool


@dataclass(frozen=True, slots=True)
class Tmux:
    """The tmux around us, as it answers."""

    version: str
    options: Mapping[str, str]
    """By name; those that hold a list, joined by spaces."""
    features: str = ""
    """What it takes its own terminal to be able to do; "" where nobody is attached."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal, as far as it tells."""

    facts: TerminalFacts
    terminfo: Terminfo | None = None
    """None where the data base does not know it, or there is none."""
    tmux: Tmux | None = None
    """None where there is none, or it does not answer."""

    @property
    def is_dumb(self) -> bool:
        """Tell whether it cannot put its cursor anywhere."""
        return self.facts.term in ("", "dumb", "unknown") or (self.terminfo is not None and not self.terminfo.can_place)

    @property
    def can_draw(self) -> bool:
        """Tell whether the console can be drawn and driven: it is drawn on standard error."""
        facts = self.facts
        streams = facts.stdin_is_terminal and facts.stdout_is_terminal and facts.stderr_is_terminal
        return streams and not self.is_dumb

    @property
    def colours(self) -> int:
        """How many colours there are: 0, 8, 16, 256 or 2**24; 0 also where nobody wants any (NO_COLOR)."""
        if self.facts.no_color or self.is_dumb:
            return 0
        if self.facts.colorterm.lower() in ("truecolor", "24bit"):
            return TRUECOLOR
        if self.terminfo is not None:
            return self.terminfo.colours
        return 256 if "256color" in self.facts.term else FEW_COLOURS

    @property
    def color_system(self) -> str:
        """What Textual calls so many colours: for ``TEXTUAL_COLOR_SYSTEM``, since its own guess knows few names."""
        if self.colours >= TRUECOLOR:
            return "truecolor"
        return "256" if self.colours >= 256 else "standard"

    @property
    def unicode(self) -> bool:
        """Tell whether signs outside ASCII come out right."""
        is_utf8 = self.facts.encoding.lower().replace("-", "").replace("_", "") == "utf8"
        return is_utf8 and self.facts.term != "linux"  # Linux's own console has a font of 512 signs at most

    @property
    def theme_default(self) -> str:
        """The theme for who chose none."""
        return "ansi-dark" if self.colours <= FEW_COLOURS else "gonogo-dark"
