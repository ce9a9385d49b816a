"""Moments of logs: read, and written as a page for people has them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def read_moment(text: str) -> datetime | None:
    """Read the time of a log's line; None for what is none. One without a zone is UTC, as all of ours are."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def show_moment(text: str) -> str:
    """Write a moment of a log as a person reads it: ``2026-01-31 09:30:00 UTC``; one that is none as it stands."""
    moment = read_moment(text)
    return text if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def show_span(began: str, newest: str, as_of: str, *, alive: bool) -> str:
    """Say from when to when a run worked, or as of when this is.

    Args:
        began: RFC 3339, as all of these; "" where nothing was written.
        newest: its last event.
        as_of: when it was looked at.
        alive: whether its engine was there then.
    """
    if alive:
        return f"as of {show_moment(as_of)}: under way since {show_moment(began) if began else 'just now'}"
    return f"{show_moment(began)} to {show_moment(newest)}" if began else "nothing was written"
