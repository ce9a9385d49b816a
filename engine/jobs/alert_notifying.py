"""The notices of a training watch: sent where red is reacted to, which is the same with a screen and without one."""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.config import Notify
from engine.jobs.alert_notices import AlertNotices
from engine.jobs.sending import Sender
from engine.watch.actions import OnRed, Reactor
from engine.watch.alerts import Alert

_END_WAIT_S: Final = 10.0
"""What is on its way when the watch ends may take so long."""


class AlertNotifier:
    """Tells of the red alerts of one watch.

    Args:
        settings: who is told, and of what; a watch has no end of its own to tell, and waits for nobody.
    """

    def __init__(self, settings: Notify) -> None:
        self._failures: deque[str] = deque()
        self._is_asked = bool(settings.urls) and "red" in settings.on
        self._notices = AlertNotices(socket.gethostname(), settings.quiet_s)
        self._sender = Sender(settings.urls if self._is_asked else (), self._failures.append)

    def look(self, alerts: list[Alert]) -> list[str]:
        """Send what is new among the alerts that stand; return what could not be sent before, in sentences."""
        if self._is_asked:
            for notice in self._notices.look(alerts, time.monotonic()):
                self._sender.send(notice)
        return [self._failures.popleft() for _ in range(len(self._failures))]

    def close(self) -> None:
        """Wait a while for what is on its way."""
        self._sender.close(_END_WAIT_S)


class TellingReactor(Reactor):
    """Tells somebody of red alerts before it does whatever else is to be done on red.

    Args:
        notifier: tells.
        on_red: as :class:`Reactor`, like those that follow.
        grace_s: likewise.
        newest: likewise.
        kept: likewise.
    """

    def __init__(
        self, notifier: AlertNotifier, on_red: OnRed, grace_s: float, newest: Callable[[], Path | None], kept: Path
    ) -> None:
        super().__init__(on_red, grace_s, newest, kept)
        self._notifier = notifier

    def look(self, alerts: list[Alert], now_s: float) -> list[str]:
        """See :class:`Reactor`."""
        return [*self._notifier.look(alerts), *super().look(alerts, now_s)]
