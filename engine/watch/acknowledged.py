"""What people have seen: acknowledgements outlive the screen, so that a red that was dealt with is dealt with for good.

``STATE/acknowledged.jsonl``, one line each, for alerts of every kind. One counts for what had happened when it was
given (of a training log also for what a replay of its steps brings again), not for what comes after.
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
    """Whose it is: the log, what the gauge is called, or ``STATE`` for what is no training's."""
    run: str
    rule: str
    """Which of its alerts: a rule of the watch, or the alert's own key."""
    step: int | None
    """How far it had come then: of a training the newest step that it was about; None for one without steps."""
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
        self._stamp: tuple[int, int] | None = None
        self._seen: list[Seen] = []
        self.refresh()

    def refresh(self) -> bool:
        """Read what others have acknowledged meanwhile; return whether there was anything new."""
        stamp = _stamp(self._path)
        if stamp is None or stamp == self._stamp:
            return False
        self._stamp, self._seen = stamp, list(_read(self._path))
        return True

    def keep(self, seen: Seen) -> None:
        """Keep that somebody has seen an alert.

        Raises:
            GonogoError: when it cannot be written.
        """
        if self._path is not None:
            with locked_lines(self._path, "list of acknowledgements") as lines:
                lines.append(encode(seen))
        self._seen.append(seen)

    def given(self, path: str, run: str, rule: str) -> Iterator[Seen]:
        """Yield who has seen an alert, the newest first, whatever became of it since."""
        return (seen for seen in reversed(self._seen) if (seen.path, seen.run, seen.rule) == (path, run, rule))

    # Of the alerts of a watch.

    def add(self, alerts: Iterable[Alert], paths: dict[str, str], by: str, note: str, time_s: float) -> None:
        """Keep that somebody has seen these.

        Raises:
            GonogoError: when it cannot be written.
        """
        for alert in alerts:
            path = paths.get(alert.source, alert.source)
            self.keep(Seen(path, alert.run, alert.rule, alert.last_step, by, time_s, note))

    def of(self, alert: Alert, paths: dict[str, str]) -> Seen | None:
        """Return who has seen this alert; None for one that is new."""
        path = paths.get(alert.source, alert.source)
        return next((seen for seen in self.given(path, alert.run, alert.rule) if _covers(seen, alert)), None)


def _covers(seen: Seen, alert: Alert) -> bool:
    if seen.step is None or alert.first_step is None:
        return alert.last_s is not None and alert.last_s <= seen.time_s
    return alert.first_step <= seen.step


def _stamp(path: Path | None) -> tuple[int, int] | None:
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return None if found is None else (found.st_size, found.st_mtime_ns)


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
