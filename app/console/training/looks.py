"""Watching on a thread of its own: it alone touches what is watched, and hands out what was seen."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from app.console.training.facts import Facts
from app.console.training.pace import Pace
from app.console.training.seen import GaugeSeen, RunSeen, Seen, in_order, key_of, run_seen
from engine.errors import GonogoError
from engine.watch.actions import Reactor
from engine.watch.records import STEPS_PER_S, SourceStatus
from engine.watch.watching import Detailed, Gauge, Watching

R = TypeVar("R")
_NOTES: Final = 200
"""Sentences about sources that are kept to be read again."""
_OVER: Final = 200
"""Alerts that are over and still shown, the newest of them."""
_LEAVE_S: Final = 5.0
"""A look takes a fraction of a second; a source that blocks longer than this is on a server that is gone."""


class Looks:
    """Owns what is watched.

    Args:
        watching: sources, rules, desk.
        reactor: what is done on red.
        facts: what else is known.
    """

    def __init__(self, watching: Watching, reactor: Reactor, facts: Facts) -> None:
        self._watching, self._reactor, self._facts = watching, reactor, facts
        self._owner = concurrent.futures.ThreadPoolExecutor(1, "watching")
        self._doer = concurrent.futures.ThreadPoolExecutor(1, "on-red")
        self._deed: concurrent.futures.Future[list[str]] | None = None
        self._deeds: list[str] = []
        self._notes: deque[str] = deque(maxlen=_NOTES)
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._paces: dict[tuple[str, str], Pace] = {}
        self._runs: dict[tuple[str, str], RunSeen] = {}
        self.refused: GonogoError | None = None
        """Why what was named cannot be watched."""
        self._count = 0
        self._has_read = False
        self._size_bytes = 0

    async def look(self) -> tuple[Seen, bool]:
        """Look once; tell what is seen, and whether there is more to read at once."""
        return await self._run(self._look)

    async def acknowledge(self, source: str, run: str, rule: str, note: str) -> None:
        """Say that somebody has seen an alert.

        Raises:
            UsageError: when it stands no more.
        """
        await self._run(lambda: self._watching.acknowledge(rule, self._facts.who, note, source=source, run=run))

    @property
    def has_acted(self) -> bool:
        """Whether what was to be done on red has been done."""
        return self._reactor.done

    def leave(self) -> bool:
        """Wait for the look in hand, and hand over what is watched; tell whether that worked."""
        try:
            self._owner.submit(lambda: None).result(_LEAVE_S)
        except concurrent.futures.TimeoutError:
            return False
        return True

    async def _run(self, function: Callable[[], R]) -> R:
        return await asyncio.wrap_future(self._owner.submit(function))

    def _look(self) -> tuple[Seen, bool]:
        look = self._watching.look()
        now_s = time.time()
        self._notes.extend(look.notes)
        for alert in look.risen:
            self._count += 1
            self._numbers[key_of(alert)] = self._count
        self._has_read = self._has_read or not look.more
        seen = self._seen(now_s)
        if self._has_read:
            self._react(seen, now_s)
        return replace(seen, deeds=tuple(self._deeds)), look.more

    def _react(self, seen: Seen, now_s: float) -> None:
        """Do what is to be done on red: beside the looks, for a command may take minutes."""
        if self._deed is not None:
            if not self._deed.done():
                return
            self._deeds += self._deed.result()
        standing = list(seen.standing)
        self._deed = self._doer.submit(lambda: self._reactor.look(standing, now_s))

    def _seen(self, now_s: float) -> Seen:
        desk, statuses = self._watching.desk, self._watching.statuses()
        notes = {(each.key.source, each.key.run, each.key.rule): each.note for each in desk.acknowledged}
        gauges = tuple(
            GaugeSeen(gauge.name, verdict.rule, verdict.level, verdict.told, _details(gauge))
            for gauge in self._facts.gauges
            for verdict in gauge.look(now_s)
        )
        return Seen(
            level=desk.level(),
            worst=desk.worst(),
            runs=self._look_at_runs(statuses, now_s),
            alerts=in_order(desk.alerts(), desk.ended()[-_OVER:], self._numbers, notes),
            statuses=statuses,
            gauges=gauges,
            notes=tuple(self._notes),
            reading_bytes=None if self._has_read else self._size(statuses),
            now_s=now_s,
            host=self._watching.host,
        )

    def _look_at_runs(self, statuses: tuple[SourceStatus, ...], now_s: float) -> tuple[RunSeen, ...]:
        grown = {status.name: status.newest_s for status in statuses}
        for key, board in self._watching.boards.items():
            before = self._runs.get(key)
            level = self._watching.desk.level(*key)
            if before is not None and before.records == board.records:
                self._runs[key] = before if before.level is level else replace(before, level=level)
                continue
            told_s = board.newest.time_s if board.newest is not None else None
            heard_s = told_s if told_s is not None else grown.get(key[0])
            pace = self._paces.setdefault(key, Pace())
            if told_s is not None or self._has_read:  # what is read at once from a file has no times of its own
                pace.add(board.steps, heard_s if heard_s is not None else now_s)
            logged = board.metrics.get(STEPS_PER_S)
            rate = logged.points[-1].mean if logged is not None and logged.points else pace.steps_per_s
            self._runs[key] = run_seen(key, board, level, steps_per_s=rate, heard_s=heard_s)
        return tuple(self._runs.values())

    def _size(self, statuses: tuple[SourceStatus, ...]) -> int:
        """Add up the files, once: what there is to be read."""
        if not self._size_bytes:
            names = {name for status in statuses for name in (status.files or (status.path,))}
            for name in names:
                try:
                    self._size_bytes += Path(name).stat().st_size
                except OSError:
                    continue  # a pipe, or gone: no size to tell
        return self._size_bytes


def _details(gauge: Gauge) -> tuple[str, ...]:
    return gauge.details() if isinstance(gauge, Detailed) else ()
