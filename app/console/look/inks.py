"""The colours of words: six tokens in ANSI's names, which each theme maps to its own, and a terminal without one too.

A state is never told by its colour alone: a word and a sign come first.
"""

from __future__ import annotations

from typing import Final

PLAIN: Final = ""
GOOD: Final = "green"
WARN: Final = "bold yellow"
BAD: Final = "bold red"
UNKNOWN: Final = "bold magenta"
ACTIVE: Final = "bold cyan"
"""What is at work now."""
QUIET: Final = "dim"
STRONG: Final = "bold"
