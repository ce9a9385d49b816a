"""The terminal's bell, where a run has something to tell: tmux marks the window, many terminals call for attention."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from engine.jobs.notice import About
from engine.jobs.notices import RunNotices
from engine.jobs.notifying import disk_wait_s
from engine.jobs.registry import Order
from engine.run.events import Event, Summary


class Bell:
    """Rings for what would be a notice, whether or not one is sent; a listener of a run's events.

    Args:
        order: the run's; its settings say what is told.
        ring: rings.
    """

    def __init__(self, order: Order, ring: Callable[[], object]) -> None:
        about = About("", order.job, os.fsdecode(order.corpus), "")
        self._notices = RunNotices(about, order.settings.notify.quiet_s, disk_wait_s(order.settings))
        self._on = order.settings.notify.on
        self._ring = ring

    def hear(self, event: Event, line: bytes) -> None:
        """Take an event."""
        del line
        notices = self._notices.take(event, time.monotonic())
        if isinstance(event, Summary):
            notices.append(self._notices.end(event))
        if any(notice.is_asked(self._on) for notice in notices):
            self._ring()


def ring_terminal() -> None:
    """Ring the bell of the terminal at standard error; no other reader of it gets a stray byte."""
    if sys.stderr.isatty():
        sys.stderr.write("\a")
        sys.stderr.flush()
