"""What every source is: something that is polled, and tells what is new since the last time."""

from __future__ import annotations

from typing import Protocol

from engine.watch.records import Batch, SourceStatus


class Source(Protocol):
    """One log, or the files that make up one log.

    A poll reads what was added, whole records only, and never waits. The first poll reads all there is. Whatever a
    writer does (grows, cuts short, rotates, replaces, replays after a resume), no record is told twice under the same
    segment and none is lost that was whole on disk.
    """

    @property
    def name(self) -> str:
        """How it is called on screens and in records."""
        ...

    def poll(self) -> Batch:
        """Return what is new; bounded in memory: a long log comes in several polls, the last of them empty."""
        ...

    def status(self) -> SourceStatus:
        """Say how it is doing."""
        ...

    def close(self) -> None:
        """Let go of files; a second call does nothing."""
        ...
