"""What is looked at beside the logs, each on its own pace: GPUs, checkpoints, money."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from engine.watch.alerts import Verdict
from engine.watch.machine.checkpoints import CheckpointsLook, look_at_checkpoints
from engine.watch.machine.gpu import SAMPLE_S, BusyWindow, GpuLook, GpuReader, chosen
from engine.watch.machine.gpu_rules import GpuHealth
from engine.watch.machine.gpu_wording import gpu_line, program_of
from engine.watch.machine.rules import GpuRule, judge_checkpoints
from engine.watch.money.cost import Account
from engine.watch.money.ledger import HEARTBEAT_S, CostLedger
from engine.watch.money.plan import Plan
from engine.watch.money.projection import Figures, figures
from engine.watch.money.rules import judge_money

CHECKPOINTS_EACH_S: Final = 15.0
"""A folder of checkpoints is listed, and a new file's directory read: cheap, and nothing that changes by the second."""


MONEY_EACH_S: Final = 10.0
"""A ledger that is added up anew reads only what was appended."""


@dataclass(frozen=True, slots=True)
class Paid:
    """A machine that costs while it is watched."""

    instance: str
    kind: str
    usd_per_hour: Decimal


class GpuGauge:
    """G1 to G4: how busy the GPUs are over five minutes, their memory, what holds their clocks back."""

    name = "gpu"

    def __init__(self) -> None:
        self.has_started: Callable[[], bool] = lambda: True
        """Whether the run has told anything yet: a GPU that waits for the first step is not idle by mistake."""
        self._reader = GpuReader()
        self._window = BusyWindow()
        self._rule = GpuRule()
        self._health = GpuHealth(chosen)
        self.newest: GpuLook | None = None
        """What the driver said last, of all GPUs."""
        self._next_s = 0.0
        self._said: tuple[Verdict, ...] = ()

    def look(self, now_s: float) -> Sequence[Verdict]:
        """Ask the driver where it is time to, and judge the mean."""
        at_s = time.monotonic()
        if at_s >= self._next_s:
            self._next_s = at_s + SAMPLE_S
            self.newest = seen = self._reader.look(at_s)
            self._window.add(seen, chosen(seen.gpus), paused=not self.has_started())
            self._said = (
                self._rule.judge(self._window.busy(), self._window.trained_s),
                *self._health.judge(seen),
            )
        return self._said

    def details(self) -> tuple[str, ...]:
        """Say what each GPU of the machine says of itself."""
        return tuple(gpu_line(gpu, program_of) for gpu in self.newest.gpus) if self.newest is not None else ()


class CheckpointGauge:
    """K1: how old the newest checkpoint is, and whether it can be read."""

    name = "checkpoints"

    def __init__(self, folder: Path, interval_s: float | None) -> None:
        self._folder = folder
        self._interval_s = interval_s
        self._next_s = 0.0
        self.newest: CheckpointsLook | None = None
        self._said: tuple[Verdict, ...] = ()

    def newest_path(self) -> Path | None:
        """Return the newest whole checkpoint; None where there is none."""
        seen = self.newest
        return seen.newest.path if seen is not None and seen.newest is not None else None

    def look(self, now_s: float) -> Sequence[Verdict]:
        """Look at the folder where it is time to, and judge what lies there."""
        if now_s >= self._next_s or now_s < self._next_s - CHECKPOINTS_EACH_S:
            self._next_s = now_s + CHECKPOINTS_EACH_S
            self.newest = look_at_checkpoints(self._folder, now_s, interval_s=self._interval_s, before=self.newest)
            self._said = (judge_checkpoints(self.newest),)
        return self._said


class MoneyGauge:
    """C1 to C3: what was spent, against the plan; while a machine's price is told, it beats for that machine."""

    name = "cost"

    def __init__(self, ledger: CostLedger, plan_of: Callable[[Account], Plan], paid: Paid | None = None) -> None:
        self._ledger = ledger
        self._plan_of = plan_of
        self._interval = "" if paid is None else ledger.start(paid.instance, paid.kind, paid.usd_per_hour)
        self._next_s = 0.0
        self._next_beat_s = time.monotonic() + HEARTBEAT_S
        self.figures: Figures | None = None
        self._said: tuple[Verdict, ...] = ()

    def look(self, now_s: float) -> Sequence[Verdict]:
        """Add the ledger up where it is time to, and judge the sum."""
        at_s = time.monotonic()
        if self._interval and at_s >= self._next_beat_s:
            self._next_beat_s = at_s + HEARTBEAT_S
            self._ledger.beat(self._interval)
        if at_s >= self._next_s:
            self._next_s = at_s + MONEY_EACH_S
            account = self._ledger.account()
            now = datetime.fromtimestamp(now_s, UTC)
            self.figures = None if account.is_empty else figures(account, self._plan_of(account), now)
            self._said = judge_money(self.figures)
        return self._said

    def end(self) -> None:
        """Say that nobody watches any more: the interval ends here, unless somebody goes on with it."""
        if self._interval:
            self._ledger.beat(self._interval)
