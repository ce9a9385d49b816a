"""The end of a run that came to no summary of its own job."""

from __future__ import annotations

from engine.run.events import Summary


class EndedEarly(Summary, frozen=True, kw_only=True, tag="summary"):
    """The summary of a run that an error ended, or that never began."""

    detail: str
