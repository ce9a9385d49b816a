"""Sources that know more than they tell while their log may still grow."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from engine.watch.records import Batch


@runtime_checkable
class Flushing(Protocol):
    """A source that holds something back while its log may still grow."""

    def flush(self) -> Batch:
        """Return what was held back: the writer is known to be finished."""
        ...
