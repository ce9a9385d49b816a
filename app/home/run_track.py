"""One run, followed: one that ended is read once, from its last line; of one that lives, what is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from app.following import Following
from app.home.files import last_line
from app.home.values import RunLine
from app.snapshots import snapshot_of
from engine.convert.view import VIEWED, AnySummary, Level, RunView, health
from engine.crew.answers import State
from engine.crew.crew import Snapshot
from engine.run.events import Event
from engine.run.folder import RunFolder
from engine.run.outcome import Outcome
from engine.run.reading import EventParser, Logged

E = TypeVar("E", bound=Event)

ASKED_EVERY_S: Final = 1.0
"""Whether a run lives costs opening a file, and what it is at a question over its socket."""
_ASKED_SELDOM_S: Final = 10.0
"""For a run that does not answer: it hangs, and each question waits for it."""
_ANSWERS_WITHIN_S: Final = 0.5
_NO_MEASURE: Final = 1
"""A job that counts no bytes has one piece of work to do."""


class RunTrack:
    """One run of any job but a window."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.view = RunView()
        self.line = RunLine(
            id=folder.run_id,
            job=folder.record.job,
            created=folder.record.created,
            is_alive=True,
            level=Level.UNKNOWN,
            why="not looked at yet",
            dry_run=folder.record.args.get("dry_run") is not None,
        )
        self.is_over = False
        """It ended, and nothing about it changes any more."""
        self._log = Following(folder.events_path, VIEWED)
        self._asked_s: float | None = None
        self._ask_every_s = ASKED_EVERY_S
        self._snapshot: Snapshot | None = None

    @property
    def is_real_conversion(self) -> bool:
        """Tell whether it was to change shards."""
        return self.line.job == "convert" and not self.line.dry_run

    def look(self, now_s: float, until_s: float) -> None:
        """See what is new.

        Args:
            now_s: of the monotonic clock.
            until_s: when to leave the rest of a long log for the next look.
        """
        if self.is_over:
            return
        asks = self._asked_s is None or now_s - self._asked_s >= self._ask_every_s
        alive = self.folder.is_alive() if asks else self.line.is_alive
        if asks and not alive and self._read_end():
            return
        if asks:
            self._asked_s = now_s
            self._ask(alive)
        if self._read(until_s) or asks:
            self.line = self._now(alive)
        self.is_over = not alive and self._log.is_drained

    def _read(self, until_s: float) -> bool:
        """Fold what is new, and keep no shard's story: they are only counted here, and there may be many."""
        before = self._log.problem
        told = False
        for block in self._log.blocks(until_s):
            self.view.take(block)
            self.view.last.clear()
            self.view.sizes.clear()
            told = True
        return told or self._log.problem != before

    def _read_end(self) -> bool:
        """Take the last line of a log for all of it, where it is a summary."""
        summary = read_summary(self.folder.events_path, AnySummary)
        if summary is None:
            return False
        self.view = _ended(summary.event, summary.time)
        self._snapshot = None
        self.line = self._now(alive=False)
        self.is_over = True
        return True

    def _ask(self, alive: bool) -> None:
        self._snapshot = snapshot_of(self.folder.run_id, Snapshot, _ANSWERS_WITHIN_S) if alive else None
        if self._snapshot is not None:
            self._ask_every_s = ASKED_EVERY_S
        elif alive:
            self._ask_every_s = min(_ASKED_SELDOM_S, self._ask_every_s * 2)

    def _now(self, alive: bool) -> RunLine:
        view, level, why = self.view, *health(self.view, alive=alive)
        if self._log.problem:
            level, why = Level.UNKNOWN, f"its log cannot be read: {self._log.problem}"
        elif not alive and not view.newest:
            level, why = Level.UNKNOWN, "its log is gone"
        summary = view.summary
        told = replace(
            self.line,
            is_alive=alive,
            level=level,
            why=why,
            newest=view.newest,
            outcome=None if summary is None else summary.outcome,
            counts=view.counts,
            is_folding=not self._log.is_drained,
            is_stopping=alive and view.stopping,
            pauses=_told(view.pauses) if alive else (),
            converted=0 if summary is None else summary.converted,
            about_shards=summary is not None and summary.outcome is Outcome.SOME_FAILED and not summary.detail,
        )
        return told if self._snapshot is None else _at(told, self._snapshot)


def read_summary(log: Path, kind: type[E]) -> Logged[E] | None:
    """Return a log's last line as what it is to be; None where it is something else, or cannot be read."""
    try:
        line = last_line(log)
        return EventParser(kind).parse(line) if line else None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _ended(summary: AnySummary, time: str) -> RunView:
    """Return the view of a run as its summary alone tells it."""
    view = RunView(newest=time, summary=summary)
    known = {str(state): state for state in State}
    view.tally.update({known[name]: count for name, count in summary.counts.items() if name in known})
    view.tally[State.PENDING] += summary.pending
    return view


def _at(line: RunLine, now: Snapshot) -> RunLine:
    """Add what a run is at."""
    has_measure = now.bytes_to_do > _NO_MEASURE
    return replace(
        line,
        settled=now.settled,
        pieces=now.pieces,
        to_do=now.to_do,
        share=min(1.0, now.bytes_done / now.bytes_to_do) if has_measure else None,
        eta_s=now.eta_s if has_measure else None,
        stage=now.stage,
        pauses=_told(now.pauses),
        is_stopping=now.stopping,
    )


def _told(pauses: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{why}: {detail}" for why, detail in pauses.items())
