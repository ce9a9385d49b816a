"""Reading what wants a person: every run of one STATE, its checklists, and who has seen what; a little at a time."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from app.alerts import OF_TRAINING, Concern, acknowledgement, in_order, with_who
from app.alerts_checklists import ChecklistLooks
from app.alerts_runs import RUN_EVENTS, About, RunFold, late_window, unreadable_run
from app.alerts_shards import SHARD_EVENTS, ShardTroubles
from app.alerts_training import TrainingAlerts
from app.following import Following
from app.snapshots import snapshot_of
from app.window_look import JOB as WINDOW
from app.window_look import SEEN, WindowLook
from engine.config import Settings
from engine.convert.view import AnySummary
from engine.errors import GonogoError, InputError, NoSuchRunError
from engine.jobs.window.events import WindowSummary
from engine.jobs.window.snapshot import WindowSnapshot
from engine.run.events import Event, GateOpened
from engine.run.folder import RunFolder
from engine.run.log import rfc3339, utc_now
from engine.run.reading import Logged
from engine.watch.acknowledged import Acknowledged

LOOK_S: Final = 0.1
"""One look reads for so long at most: a log of a million events comes in many, and the screen draws in between."""
_RUNS_AGAIN_S: Final = 1.0
"""How often it is looked whether there are new runs."""
_WINDOW_AGAIN_S: Final = 2.0
_ANSWER_WITHIN_S: Final = 0.5


class Others(Protocol):
    """Alerts that are not in STATE: those of a training that is watched by this very console."""

    def concerns(self) -> Sequence[Concern]:
        """Return them as they stand; never waits."""

    def acknowledge(self, concern: Concern, note: str) -> None:
        """Keep that somebody has seen one of them."""

    def close(self) -> None:
        """Let go of what they rest on."""


@dataclass(frozen=True, slots=True)
class AlertsSeen:
    """Everything that wants a person, at one moment."""

    concerns: tuple[Concern, ...] = ()
    unread: int = 0
    """Runs whose logs are not read to their end yet."""
    runs: int = 0


def _of_training(corpus: Path | None, state: Path, settings: Settings, who: str) -> Others | None:
    return TrainingAlerts(corpus, state, settings, who) if corpus is not None and settings.watch.logs else None


class AlertSource:
    """What is known of one STATE.

    Args:
        corpus: the corpus; None where there is none.
        state: STATE.
        settings: as resolved.
        who: in whose name alerts are acknowledged.
        others: more alerts; they keep themselves who has seen those of :data:`~app.alerts.OF_TRAINING`. None for
            those of the logs that the settings name.
        clock: the wall clock, seconds since 1970.
    """

    def __init__(
        self,
        corpus: Path | None,
        state: Path,
        settings: Settings,
        who: str,
        *,
        others: Others | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.corpus, self.who = corpus, who
        self._runs = state / "runs"
        self._others, self._clock = others or _of_training(corpus, state, settings, who), clock
        self._acknowledged = Acknowledged(state)
        self._lists = None if corpus is None else ChecklistLooks(corpus, state, settings)
        self._shards = ShardTroubles()
        self._readings: dict[str, _Reading] = {}
        self._damaged: dict[str, str] = {}
        self._runs_due_s = 0.0
        self._lock = threading.Lock()

    def look(self) -> tuple[AlertsSeen, bool]:
        """Read what is new; return it, and whether there is more to be read at once."""
        with self._lock:
            return self._look(time.monotonic() + LOOK_S)

    def _look(self, until: float) -> tuple[AlertsSeen, bool]:
        self._find_runs()
        self._acknowledged.refresh()
        unread = 0
        for reading in self._readings.values():  # the oldest first: what a run says of a shard goes before the last
            if unread or not reading.read(self._shards, until):
                unread += 1
        others = () if self._others is None else self._others.concerns()
        found = [with_who(one, self._acknowledged) for one in (*self._concerns(), *others)]
        return AlertsSeen(in_order(found), unread, len(self._readings)), bool(unread)

    def acknowledge(self, concern: Concern, note: str) -> None:
        """Keep that somebody has seen a concern as it was shown.

        Raises:
            GonogoError: when it cannot be written.
        """
        if concern.key.startswith(OF_TRAINING):
            if self._others is None:
                raise GonogoError(f"{concern.where} is not watched here; acknowledge it where it is")
            self._others.acknowledge(concern, note)
        else:
            with self._lock:
                self._acknowledged.keep(acknowledgement(concern, self.who, note, self._clock()))

    def close(self) -> None:
        """Let go of the training's logs."""
        if self._others is not None:
            self._others.close()

    def _find_runs(self) -> None:
        now_s = time.monotonic()
        if now_s < self._runs_due_s:
            return
        self._runs_due_s = now_s + _RUNS_AGAIN_S
        try:
            names = sorted(path.name for path in self._runs.iterdir() if not path.name.startswith("."))
        except OSError:
            return  # there is no run yet
        self._damaged.clear()
        for name in names:
            if name not in self._readings:
                try:
                    self._readings[name] = _Reading(RunFolder.open(self._runs / name))
                except NoSuchRunError:
                    continue
                except (InputError, OSError) as error:
                    self._damaged[name] = str(error)

    def _corpus_name(self) -> str:
        """Return the path of the corpus; that of the newest run, where only its state is known."""
        named = (reading.folder.record.corpus for reading in reversed(self._readings.values()))
        return str(self.corpus) if self.corpus is not None else next(filter(None, named), "CORPUS")

    def _concerns(self) -> Iterator[Concern]:
        yield from self._shards.concerns(self._corpus_name())
        if self._lists is not None:
            yield from self._lists.look()
        yield from itertools.starmap(unreadable_run, self._damaged.items())
        readings = list(self._readings.values())
        steps = frozenset[str]().union(*(reading.steps for reading in readings))
        newest: dict[tuple[str, bool], _Reading] = {}
        for reading in readings:  # a conversion makes a dry run before it old news, a dry run no conversion
            newest[reading.job, True] = reading
            if not reading.is_dry:
                newest[reading.job, False] = reading
        for reading in readings:
            is_newest = newest[reading.job, reading.is_dry] is reading
            yield from reading.concerns(is_newest=is_newest, is_step=reading.folder.run_id in steps)


_OF_RUNS = RUN_EVENTS | SHARD_EVENTS
_OF_WINDOWS = SEEN | GateOpened


class _Reading:
    """One run's log, read on from where it was."""

    def __init__(self, folder: RunFolder) -> None:
        record = folder.record
        self.folder, self.job, self.is_dry = folder, record.job, record.args.get("dry_run") is not None
        self._fold = RunFold(About(folder.run_id, record.job, record.corpus or "", record.created))
        self._window = WindowLook() if record.job == WINDOW else None
        self._log = Following(folder.events_path, _OF_WINDOWS if self._window else _OF_RUNS)
        self._alive, self._is_over = True, False
        self._snapshot: WindowSnapshot | None = None
        self._snapshot_due_s = 0.0
        self._late: Concern | None = None

    @property
    def steps(self) -> frozenset[str]:
        """The runs of its steps, as far as its log tells, those of an earlier window that it kept left out."""
        return frozenset() if self._window is None else self._window.view.runs

    def read(self, shards: ShardTroubles, until: float) -> bool:
        """Read on until a moment (monotonic); return whether all that there is was read."""
        if self._is_over:
            return True
        alive = self.folder.is_alive()  # before the log: what an engine wrote last is read then
        if not self._drain(shards, until):
            return False
        self._alive = alive
        self._is_over = not alive and self._log.is_drained
        if self._window is not None:
            self._look_at_window(self._window)
        return True

    def _drain(self, shards: ShardTroubles, until: float) -> bool:
        for logged in self._log.events(until):
            self._take(logged, shards)
        return self._log.is_drained or bool(self._log.problem)

    def _take(self, logged: Logged[Event], shards: ShardTroubles) -> None:
        if self._window is not None:
            self._window.apply(logged)
            summary = self._window.view.summary
            if summary is not None and self._fold.summary is None:
                self._fold.take(logged.time, _plain(summary))
                return
        else:
            shards.take(self.folder.run_id, logged.time, logged.event)
        self._fold.take(logged.time, logged.event)

    def _look_at_window(self, window: WindowLook) -> None:
        now_s = time.monotonic()
        if self._alive and now_s >= self._snapshot_due_s:
            self._snapshot_due_s = now_s + _WINDOW_AGAIN_S
            asked = snapshot_of(self.folder.run_id, WindowSnapshot, _ANSWER_WITHIN_S)
            self._snapshot = asked or self._snapshot
        table = window.table(utc_now(), self._snapshot, alive=self._alive)
        late = None if table is None else late_window(self._fold.about, table, rfc3339(utc_now()))
        if late is not None and self._late is not None and late.level is self._late.level:
            late = replace(late, since=self._late.since, newest=self._late.newest)
        self._late = late

    def concerns(self, *, is_newest: bool, is_step: bool) -> Iterable[Concern]:
        """Tell what of it wants a person."""
        if self._fold.about.is_step is not is_step:
            self._fold.about = replace(self._fold.about, is_step=is_step)
        yield from self._fold.concerns(alive=self._alive, is_newest=is_newest, damage=self._log.problem)
        if self._late is not None and self._alive and is_newest:
            yield self._late


def _plain(summary: WindowSummary) -> AnySummary:
    """Return what all summaries have in common."""
    return AnySummary(job=summary.job, outcome=summary.outcome, seconds=summary.seconds, detail=summary.detail)
