"""What the training screen shows at one moment: values alone, made on the thread that watches. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from engine.watch.alerts import Alert, Level
from engine.watch.machine.host import HostLook
from engine.watch.records import EVAL_LOSS, GRAD_NORM, LEARNING_RATE, LOSS, SourceStatus
from engine.watch.series import Board, Point, Series

BESIDE: Final = (LEARNING_RATE, GRAD_NORM, EVAL_LOSS)
"""Curves that have a place of their own; others are called up in place of the loss."""


@dataclass(frozen=True, slots=True)
class CurveSeen:
    """One metric of one run."""

    name: str
    points: tuple[Point, ...]
    not_finite: tuple[int, ...]
    """Steps at which it was no number."""

    @property
    def last(self) -> float | None:
        """Its newest value; NaN where that was no number, None where there is none."""
        if self.not_finite and (not self.points or self.not_finite[-1] >= self.points[-1].step):
            return math.nan
        return self.points[-1].mean if self.points else None

    @property
    def best(self) -> Point | None:
        """Where it was lowest."""
        return min(self.points, key=lambda point: point.low, default=None)

    @property
    def last_step(self) -> int | None:
        """The newest step at which it was logged."""
        steps = [*(point.step for point in self.points[-1:]), *self.not_finite[-1:]]
        return max(steps, default=None)


@dataclass(frozen=True, slots=True)
class RunSeen:
    """One run."""

    source: str
    run: str
    level: Level
    step: int | None
    records: int
    newest: Mapping[str, float]
    """The newest value of every metric."""
    curves: Mapping[str, CurveSeen]
    resumes: tuple[int, ...]
    steps_per_s: float | None = None
    """As logged, or from the times of its records; None where neither tells."""
    lowest: float | None = None
    """The loss at its best, or of what stands for it."""
    heard_s: float | None = None
    """When it was last heard of, seconds since 1970."""

    @property
    def name(self) -> str:
        """How it is called."""
        return "/".join(part for part in (self.source, self.run) if part)

    @property
    def shown(self) -> tuple[str, ...]:
        """The metrics that the large plot can show, the loss first."""
        rest = sorted(name for name in self.curves if name not in {LOSS, EVAL_LOSS})
        losses = [name for name in (LOSS, EVAL_LOSS) if name in self.curves]
        likely = [name for name in rest if "loss" in name.lower() and "scale" not in name.lower()]
        return (*losses, *likely, *(name for name in rest if name not in likely))


@dataclass(frozen=True, slots=True)
class AlertSeen:
    """One alert, and when it came up."""

    alert: Alert
    number: int
    """The higher, the newer."""
    over: bool = False
    note: str = ""
    """What was said when it was acknowledged."""


@dataclass(frozen=True, slots=True)
class GaugeSeen:
    """What one gauge says."""

    name: str
    rule: str
    level: Level
    told: str
    details: tuple[str, ...] = ()
    """What the gauge has to tell beside it, the same for all its rules."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything at one moment."""

    level: Level
    worst: Level
    runs: tuple[RunSeen, ...]
    alerts: tuple[AlertSeen, ...]
    """Those that stand, the worst first; then those that are over."""
    statuses: tuple[SourceStatus, ...]
    gauges: tuple[GaugeSeen, ...]
    notes: tuple[str, ...]
    """What sources said, the newest last."""
    reading_bytes: int | None
    """How much there is to be read before anything counts; None once it was read."""
    now_s: float
    deeds: tuple[str, ...] = field(default=())
    """What was done on red."""
    host: HostLook | None = None
    """How the machine is; None where it was not looked at."""

    @property
    def standing(self) -> tuple[Alert, ...]:
        """The alerts that stand."""
        return tuple(each.alert for each in self.alerts if not each.over)


def curves_of(metrics: Mapping[str, Series]) -> dict[str, CurveSeen]:
    """Copy a board's curves."""
    return {name: CurveSeen(name, series.points, tuple(series.not_finite)) for name, series in metrics.items()}


def newest_of(curves: Mapping[str, CurveSeen]) -> dict[str, float]:
    """Return the newest value of each metric."""
    return {name: last for name, curve in curves.items() if (last := curve.last) is not None}


def run_seen(
    key: tuple[str, str], board: Board, level: Level, *, steps_per_s: float | None, heard_s: float | None
) -> RunSeen:
    """Copy what the screen needs of a run."""
    curves = curves_of(board.metrics)
    newest = newest_of(curves)
    step = board.newest.step if board.newest is not None else None
    seen = RunSeen(*key, level, step, board.records, newest, curves, tuple(board.resumes), steps_per_s, None, heard_s)
    best = curves[seen.shown[0]].best if curves else None
    return replace(seen, lowest=best.low if best is not None else None)


def in_order(
    standing: Iterable[Alert],
    ended: Iterable[Alert],
    numbers: Mapping[tuple[str, str, str], int],
    notes: Mapping[tuple[str, str, str], str],
) -> tuple[AlertSeen, ...]:
    """Put the worst first, what nobody has seen before the rest, and the newest of these; those that are over last."""

    def note(alert: Alert) -> str:  # of this alert, not of an older one of the same rule
        return notes.get(key_of(alert), "") if alert.acknowledged_by else ""

    stand = [AlertSeen(alert, numbers.get(key_of(alert), 0), note=note(alert)) for alert in standing]
    over = [AlertSeen(alert, at, over=True, note=note(alert)) for at, alert in enumerate(ended)]
    stand.sort(key=_urgency, reverse=True)
    over.sort(key=lambda each: -each.number)
    return (*stand, *over)


def key_of(alert: Alert) -> tuple[str, str, str]:
    """Return what an alert is known by."""
    return alert.source, alert.run, alert.rule


def foremost(alerts: Sequence[AlertSeen]) -> AlertSeen | None:
    """Return what is to be told first: the worst that stands, what nobody has seen before what somebody has."""
    stand = [each for each in alerts if not each.over]
    return max(stand, key=_urgency, default=None)


def _urgency(each: AlertSeen) -> tuple[Level, bool, int]:
    return each.alert.level, not each.alert.acknowledged_by, each.number
