"""What people have seen: acknowledgements outlive the screen, so that a red that was dealt with is dealt with for good.

``STATE/acknowledged.jsonl``, one line each. One counts for the alert that was shown and what a replay of its steps
brings again, not for the next one of the same rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from engine.run.appending import locked_lines, whole_lines
from engine.run.wire import encode
from engine.watch.alerts import Alert

FILE_NAME: Final = "acknowledged.jsonl"


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """One alert that somebody has seen."""

    path: str
    """The log, or what the gauge is called."""
    run: str
    rule: str
    step: int | None
    """The newest step that it was about then; None for one without steps."""
    by: str
    time_s: float
    """Wall clock, seconds since 1970."""
    note: str = ""


class Acknowledged:
    """The acknowledgements of one project; None as the folder keeps them for this program's life alone.

    Args:
        state: STATE; the file is made in it with the first one.
    """

    def __init__(self, state: Path | None) -> None:
        self._path = None if state is None else state / FILE_NAME
        self._seen = list(_read(self._path))

    def add(self, alerts: Iterable[Alert], paths: dict[str, str], by: str, note: str, time_s: float) -> None:
        """Keep that somebody has seen these.

        Raises:
            GonogoError: when it cannot be written.
        """
        for alert in alerts:
            path = paths.get(alert.source, alert.source)
            seen = Seen(path, alert.run, alert.rule, alert.last_step, by, time_s, note)
            self._seen.append(seen)
            if self._path is not None:
                with locked_lines(self._path, "list of acknowledgements") as lines:
                    lines.append(encode(seen))

    def of(self, alert: Alert, paths: dict[str, str]) -> Seen | None:
        """Return who has seen this alert; None for one that is new."""
        path = paths.get(alert.source, alert.source)
        for seen in reversed(self._seen):
            if (seen.path, seen.run, seen.rule) == (path, alert.run, alert.rule) and _covers(seen, alert):
                return seen
        return None


def _covers(seen: Seen, alert: Alert) -> bool:
    if seen.step is None or alert.first_step is None:
        return alert.last_s is not None and alert.last_s <= seen.time_s
    return alert.first_step <= seen.step


def _read(path: Path | None) -> Iterator[Seen]:
    try:
        rows = [] if path is None else whole_lines(path.read_bytes())
    except OSError:
        return
    for row in rows:
        try:
            yield msgspec.json.decode(row, type=Seen)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # a line that is damaged acknowledges nothing
