"""The colours of words: six tokens in ANSI's names, which each theme maps to its own, and a terminal without one too.

A state is never told by its colour alone: a word and a sign come first.
"""

from __future__ import annotations

from typing import Final

from rich.text import Text

PLAIN: Final = ""
GOOD: Final = "green"
WARN: Final = "bold yellow"
BAD: Final = "bold red"
UNKNOWN: Final = "bold magenta"
ACTIVE: Final = "bold cyan"
"""What is at work now."""
QUIET: Final = "dim"
STRONG: Final = "bold"


def spanned(text: Text) -> Text:
    """Return a text whose own ink is a span like any other.

    Textual reads the inks of spans as ANSI's names, which a theme maps; a text's own ink it reads as CSS, where red is
    #ff0000 and green #008000, whatever the theme.
    """
    if not text.style:
        return text
    made = text.copy()
    made.style = ""
    made.stylize_before(text.style)
    return made
