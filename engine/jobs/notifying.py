"""The notices of a run, sent by its engine: a listener of its log that never blocks, slows or fails it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Final

import msgspec

from engine.config import Settings
from engine.jobs.last_wait import LastWait
from engine.jobs.notice import About, Notice
from engine.jobs.notice_words import broke_off
from engine.jobs.notices import RunNotices
from engine.jobs.registry import Order
from engine.jobs.sending import Sender
from engine.jobs.window.snapshot import WindowSnapshot
from engine.jobs.window.timetable import timetable
from engine.jobs.window.view import WindowView
from engine.run.desk import Job
from engine.run.events import Event, Summary, Warned
from engine.run.log import EventLog, utc_now

END_WAIT_S: Final = 10.0
"""The last notice is on its way for so long at most: a service takes a fraction of a second, but apprise sends some no
two notices within 5 s, for they would turn the second away."""
_LOOKS_EVERY_S: Final = 15.0
"""A window's forecast moves slowly, and red is told only after a minute of it."""
_LONGEST_DISK_WAIT_S: Final = 300.0
"""A run that waits for the disk for five minutes waits for somebody to make room."""

_OUTER: ContextVar[Notifier | None] = ContextVar("_OUTER", default=None)
"""The notices of the run that another one is a step of: its steps are told of by them, and end unsaid."""


class _TimeOf(msgspec.Struct):
    time: str


class Notifier:
    """Tells of one run.

    Args:
        order: what it was asked to do; its settings say who is told, and of what.
        run: its id.
        log: gets a warning where nobody could be told.
    """

    def __init__(self, order: Order, run: str, log: EventLog) -> None:
        settings = order.settings.notify
        self.about = About(run, order.job, os.fsdecode(order.corpus), socket.gethostname())
        self._on = settings.on
        self._log = log
        self._notices = RunNotices(self.about, settings.quiet_s, disk_wait_s(order.settings))
        self._window = WindowView()
        self._loop = asyncio.get_running_loop()
        self._alarm: asyncio.TimerHandle | None = None
        self._is_over = False
        self._is_deaf = False
        """An event could not be folded: what follows is not told, but for the end."""
        self._last_wait = LastWait()
        self._sender = Sender(settings.urls, self._failed, self._last_wait.one_through)

    def hear(self, event: Event, line: bytes) -> None:
        """Take an event of the run's log, or of its step's."""
        if self._is_over or self._is_deaf:
            return
        try:
            if self.about.job == "window":
                self._window.apply(msgspec.json.decode(line, type=_TimeOf).time, event)
            self._tell(self._notices.take(event, time.monotonic()))
            self._set_alarm()
        except Exception as error:  # noqa: BLE001  # whatever is wrong with notices, the run goes on
            self._give_up(error)

    async def watch(self, job: Job) -> None:
        """Look at a window, whose level changes with the clock alone, until cancelled."""
        is_warned = False
        while self.about.job == "window" and not self._is_over:
            try:
                snapshot = msgspec.json.decode(job.snapshot(), type=WindowSnapshot)
                table = timetable(self._window, utc_now(), snapshot.progress)
                self._tell(self._notices.look(table, time.monotonic()))
            except Exception as error:  # noqa: BLE001  # as above
                if not is_warned:
                    what = f"the window's forecast could not be looked at: {type(error).__name__}"
                    self._warn_soon(f"{what}; it is looked at again and again")
                is_warned = True
            await asyncio.sleep(_LOOKS_EVERY_S)

    async def end(self, summary: Summary) -> None:
        """Tell how the run ended, before its log does: what cannot be told is still a warning there."""
        if self._is_over:
            return
        try:
            self._tell_end(summary)
            self._sender.finish()
            for problem in await self._last_wait.until_through(self._sender, END_WAIT_S):
                self._warn(problem)
        finally:
            self._is_over = True
            self._cancel_alarm()

    def hurry(self) -> None:
        """Have :meth:`end` wait no longer for what is on its way."""
        self._last_wait.cut()

    def _tell_end(self, summary: Summary) -> None:
        try:
            self._tell([self._notices.end(summary)])
        except Exception as error:  # noqa: BLE001  # as above
            self._warn(f"nobody is told of the end: {type(error).__name__}")

    def broke_off(self, error: BaseException) -> None:
        """Tell that the engine failed; blocks for a while, for there is nothing else to do."""
        if not self._is_over:
            self._is_over = True
            self._cancel_alarm()
            self._tell([broke_off(self.about, type(error).__name__)])
            self._sender.close(END_WAIT_S)

    def _tell(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            if notice.is_asked(self._on):
                self._sender.send(notice)

    def _set_alarm(self) -> None:
        """Be woken when something has waited long enough: no event may come by then."""
        self._cancel_alarm()
        due_s = self._notices.due_s
        if due_s is not None:
            self._alarm = self._loop.call_later(max(0.0, due_s - time.monotonic()), self._ring)

    def _cancel_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        try:
            self._tell(self._notices.due(time.monotonic()))
            self._set_alarm()
        except Exception as error:  # noqa: BLE001  # as above
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._is_deaf = True
        self._cancel_alarm()
        self._warn_soon(f"nobody is told any more, but for the end: {type(error).__name__}")

    def _failed(self, problem: str) -> None:
        """Have the loop, which alone writes the log, write a warning; called by the sender's threads."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: the run is over, and its log with it
            self._loop.call_soon_threadsafe(self._warn, problem)

    def _warn_soon(self, problem: str) -> None:
        """Write a warning when the log is not in the middle of a line."""
        self._loop.call_soon(self._warn, problem)

    def _warn(self, problem: str) -> None:
        if not self._is_over:
            self._log.append(Warned(problem=problem))


def disk_wait_s(settings: Settings) -> float:
    """Return how long a run may wait for the disk unsaid: half of what it waits before it stops for safety."""
    return min(_LONGEST_DISK_WAIT_S, settings.convert.floor_wait_s / 2)


@contextlib.contextmanager
def notifying(order: Order, log: EventLog) -> Iterator[Notifier | None]:
    """Have the events of a run told to those whom its settings name.

    Gives None where they name nobody, and for a step: its window tells of it, and the step's end is not the run's.
    """
    outer = _OUTER.get()
    if outer is not None:
        log.listeners.append(outer.hear)
        yield None
        return
    if not order.settings.notify.urls:
        yield None
        return
    notifier = Notifier(order, log.run_id or "", log)
    log.listeners.append(notifier.hear)
    token = _OUTER.set(notifier)
    try:
        yield notifier
    except Exception as error:
        notifier.broke_off(error)
        raise
    finally:
        _OUTER.reset(token)
