"""Alerts of the training logs that gonogo.toml names, by the rules of ``gonogo watch``; read on a thread of its own."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.alerts import Concern, of_training, told_in_key
from engine.config import Settings
from engine.convert.view import Level
from engine.errors import GonogoError
from engine.watch.alerts import Level as WatchLevel
from engine.watch.logs import configured_logs
from engine.watch.opening import open_watching
from engine.watch.watching import Watching

_AGAIN_S: Final = 2.0
"""Between two looks: a training logs a line in seconds, and a look at an idle log costs a few system calls."""


class TrainingAlerts:
    """Watches the logs, and tells what their rules say.

    Args:
        corpus: where ``gonogo.toml`` names them.
        state: STATE, where acknowledgements are kept.
        settings: as resolved.
        who: in whose name alerts are acknowledged.
    """

    def __init__(self, corpus: Path, state: Path, settings: Settings, who: str) -> None:
        self._corpus, self._state, self._settings, self._who = corpus, state, settings, who
        # One thread for everything: a source on SQLite insists on that, and a server that is gone blocks no screen.
        self._owner = concurrent.futures.ThreadPoolExecutor(1, "training-alerts")
        self._at_the_door = threading.Lock()
        self._is_closed = False
        self._look: concurrent.futures.Future[tuple[Concern, ...]] | None = None
        self._due_s = 0.0
        self._seen: tuple[Concern, ...] = ()
        self._watching: Watching | None = None
        self._paths: tuple[Path, ...] = ()
        self._more = False

    def concerns(self) -> Sequence[Concern]:
        """Return what stood at the last look; has it looked again where that is due, and never waits for it.

        Once closed, what stood then.
        """
        with self._at_the_door:
            if self._look is not None and self._look.done():
                self._seen, self._look = self._look.result(), None
            now_s = time.monotonic()
            if not self._is_closed and self._look is None and (now_s >= self._due_s or self._more):
                self._due_s = now_s + _AGAIN_S
                self._look = self._owner.submit(self._find)
            return self._seen

    def acknowledge(self, concern: Concern, note: str) -> None:
        """Keep that somebody has seen one of them.

        Raises:
            GonogoError: when it does not stand any more, or cannot be written.
        """
        with self._at_the_door:
            if self._is_closed:
                raise _not_watched(concern)
            done = self._owner.submit(self._acknowledge, concern, note)
        done.result()
        self._due_s = 0.0

    def close(self) -> None:
        """Let go of the logs; more than once is once."""
        with self._at_the_door:
            if not self._is_closed:
                self._is_closed = True
                self._owner.submit(self._close)
                self._owner.shutdown(wait=False)

    def _find(self) -> tuple[Concern, ...]:
        try:
            watching = self._opened()
            if watching is None:
                return ()
            self._more = watching.look().more
        except (GonogoError, OSError) as error:
            self._more = False
            return (_unreadable(str(error)),)
        notes = {(one.key.source, one.key.run, one.key.rule): one.note for one in watching.desk.acknowledged}
        standing = [alert for alert in watching.desk.alerts() if alert.level > WatchLevel.UNKNOWN]
        return tuple(of_training(alert, notes.get((alert.source, alert.run, alert.rule), "")) for alert in standing)

    def _opened(self) -> Watching | None:
        """Open the logs; where a pattern finds others than before, anew."""
        paths = configured_logs(self._settings, self._corpus)
        if paths != self._paths or self._watching is None:
            self._close()
            self._paths = paths
            self._watching = open_watching(paths, self._settings, state=self._state) if paths else None
        return self._watching

    def _acknowledge(self, concern: Concern, note: str) -> None:
        if self._watching is None:
            raise _not_watched(concern)
        rule = concern.key.rpartition("/")[2]
        for alert in self._watching.desk.alerts():
            if of_training(alert).key == concern.key:
                self._watching.acknowledge(rule, self._who, note, source=alert.source, run=alert.run)
                return
        raise GonogoError(f"{concern.what} does not stand any more")

    def _close(self) -> None:
        if self._watching is not None:
            self._watching.close()
            self._watching = None


def _not_watched(concern: Concern) -> GonogoError:
    return GonogoError(f"{concern.where} is not watched any more")


def _unreadable(told: str) -> Concern:
    """Tell of logs of which no rule speaks; no watch knows of it, so it is acknowledged as the alerts of STATE are."""
    return Concern(
        key=f"logs/unreadable/{told_in_key(told)}",
        level=Level.UNKNOWN,
        since="",
        newest="",
        where="training",
        what=f"a log cannot be watched: {told}",
        advice="nobody sees red there until it can: see [watch] logs in gonogo.toml",
        kind="training",
    )
