"""S1 as a gauge: a thread asks the service, the watch hears the newest answer and never waits for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from engine.watch.alerts import Verdict
from engine.watch.spot.interruptions import Interruptions, judge_spot
from engine.watch.spot.metadata import Metadata, Sign, SpotLook


class SpotGauge:
    """Watches for this machine being taken back.

    Args:
        metadata: the service; None where this is no machine of EC2's, and only interruptions of the last day count.
        state: STATE, where interruptions are kept.
    """

    name = "spot"

    def __init__(self, metadata: Metadata | None, state: Path) -> None:
        self._metadata = metadata
        self._interruptions = Interruptions(state)
        self._newest: SpotLook | None = None
        self._over = threading.Event()
        self._instance = ""
        if metadata is not None:
            threading.Thread(target=self._keep_asking, daemon=True, name="spot").start()

    def look(self, now_s: float) -> Sequence[Verdict]:
        """Say what the newest answer means."""
        now = datetime.fromtimestamp(now_s, UTC)
        return (judge_spot(self._newest, self._interruptions.of_last_day(), now),)

    def close(self) -> None:
        """Ask no more."""
        self._over.set()

    def _keep_asking(self) -> None:
        assert self._metadata is not None
        with self._metadata as service:
            identity = service.identity()
            self._instance = identity.instance if identity is not None else ""
            while not self._over.is_set():
                look = service.look()
                if look.sign is Sign.NOTICE:
                    self._interruptions.record(self._instance, look.action, at=look.time)
                self._newest = look
                self._over.wait(look.wait_s)
