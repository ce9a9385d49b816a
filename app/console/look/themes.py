"""The themes: calm in the dark, calm in daylight, and two that leave all colours to the terminal."""

from __future__ import annotations

from typing import Final

from rich.terminal_theme import TerminalTheme
from textual.theme import Theme

DARK: Final = "gonogo-dark"
LIGHT: Final = "gonogo-light"
ANSI: Final = "ansi-dark"
"""The terminal's own colours: for sixteen of them and fewer, where others come out as each other."""

_Rgb = tuple[int, int, int]


def _rgb(colour: str) -> _Rgb:
    value = int(colour.removeprefix("#"), 16)
    return value >> 16, value >> 8 & 255, value & 255


def _terminal(background: str, foreground: str, inks: tuple[str, ...]) -> TerminalTheme:
    """Map ANSI's eight colours, and their bright twins, to these."""
    normal = [_rgb(ink) for ink in inks]
    return TerminalTheme(_rgb(background), _rgb(foreground), normal, normal)


def _bar(handle: str, groove: str) -> dict[str, str]:
    """Colour the scroll bars: calm ones; what Textual would make of the other colours is louder than what they move."""
    names = ("scrollbar", "scrollbar-hover", "scrollbar-active")
    behind = ("background", "background-hover", "background-active", "corner-color")
    return dict.fromkeys(names, handle) | dict.fromkeys((f"scrollbar-{name}" for name in behind), groove)


# Black, red, green, yellow, blue, magenta, cyan, white. Each reads well on its background: 4.5 to 1 at least (WCAG AA).
DARK_INKS: Final = ("#11161d", "#ff7b72", "#6bc98b", "#e3b553", "#7ab7ff", "#d7a6f5", "#5fd0d6", "#d6dde6")
LIGHT_INKS: Final = ("#f7f8fa", "#a8201a", "#17692f", "#7a5000", "#0a52a8", "#7a2fb0", "#0a6670", "#1e252d")
DARK_TERMINAL: Final = _terminal("#11161d", "#d6dde6", DARK_INKS)
LIGHT_TERMINAL: Final = _terminal("#f7f8fa", "#1e252d", LIGHT_INKS)

THEMES: Final = (
    Theme(
        name=DARK,
        primary="#7ab7ff",
        secondary="#5fd0d6",
        accent="#d7a6f5",
        success="#6bc98b",
        warning="#e3b553",
        error="#ff7b72",
        foreground="#d6dde6",
        background="#11161d",
        surface="#171d26",
        panel="#1e2630",
        boost="#232c38",
        dark=True,
        variables={
            "footer-key-foreground": "#7ab7ff",
            "footer-background": "#1e2630",
            "border": "#4a5766",
            **_bar("#4a5766", "#171d26"),
        },
    ),
    Theme(
        name=LIGHT,
        primary="#0a52a8",
        secondary="#0a6670",
        accent="#7a2fb0",
        success="#17692f",
        warning="#7a5000",
        error="#a8201a",
        foreground="#1e252d",
        background="#f7f8fa",
        surface="#ffffff",
        panel="#e9edf2",
        boost="#dfe5ec",
        dark=False,
        variables={
            "footer-key-foreground": "#0a52a8",
            "footer-background": "#e9edf2",
            "border": "#8b98a8",
            **_bar("#8b98a8", "#e9edf2"),
        },
    ),
)
