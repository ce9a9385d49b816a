"""How the making of an artifact ended."""

from __future__ import annotations

import msgspec

from engine.run.events import Summary


class MadeSummary(Summary, frozen=True, kw_only=True, tag="summary"):
    """How the making of an artifact ended."""

    current: bool = False
    """It was there already, made from the same inputs, and was left as it is."""
    told: tuple[str, ...] = ()
    """What it came to, a line each."""
    cautions: tuple[str, ...] = ()
    """What a person should know and that stands in nobody's way."""
    figures: dict[str, int | float | str] = msgspec.field(default_factory=dict)
    """The same for programs."""
    report: str = ""
    """The artifact."""
    pages: tuple[str, ...] = ()
    """What was written beside it."""
    detail: str = ""
    """Why it ended early, or what a person has to mend."""
