"""Other people's detectors, as far as their descriptions say, in one shape: records in, levels raised out.

- the operational checklist's own rules: NaN, infinite, or above 10 after step 100, all only before step 1,000;
- llm-foundry's KillLossSpike: window of 100 steps or 5 % of the run; a loss of at least twice the window's mean five
  times in a row; or more than half of a full window above min(10, the highest loss of the first window);
- EMA-z, as gradient clippers use it (ZClip, arXiv 2504.02507: weight 0.97, z > 2.5), here on the loss;
- Page-Hinkley with the usual delta 0.005 and lambda 5, on the median of 20.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean, median

from engine.watch.alerts import Level
from engine.watch.desk import Desk
from engine.watch.records import LOSS, Record
from engine.watch.rules.detector import Detector

Raised = tuple[int, Level, str]
"""The step at which an alarm rose, its level, and by which rule."""
Scored = Callable[[Sequence[Record]], list[Raised]]

_CLEAR = 20
"""An alarm of a rival is over after so many quiet records, as one of ours is."""


def ours(records: Sequence[Record]) -> list[Raised]:
    """All rules, through the desk."""
    detector, desk = Detector(), Desk()
    return [
        (record.step, alert.level, alert.rule)
        for record in records
        for alert in desk.take(record.source, record.run, detector.feed(record))
    ]


def _losses(records: Sequence[Record]) -> Iterator[tuple[int, float]]:
    return ((record.step, record.values[LOSS]) for record in records if LOSS in record.values)


def _risen(levels: Iterator[tuple[int, Level]], rule: str) -> list[Raised]:
    """Make alarms of levels: one when the level rises, none while it stands or hovers."""
    found: list[Raised] = []
    stands, quiet = Level.GREEN, 0
    for step, level in levels:
        quiet = 0 if level >= stands else quiet + 1
        if level > stands:
            found.append((step, level, rule))
            stands = level
        elif quiet >= _CLEAR:
            stands, quiet = Level.GREEN, 0
    return found


def checklist(records: Sequence[Record]) -> list[Raised]:
    """The checklist's own code."""

    def levels() -> Iterator[tuple[int, Level]]:
        for step, loss in _losses(records):
            if step < 1000 and not math.isfinite(loss):
                yield step, Level.RED
            else:
                yield step, Level.YELLOW if 100 < step < 1000 and loss > 10 else Level.GREEN

    return _risen(levels(), "checklist")


def llm_foundry(records: Sequence[Record]) -> list[Raised]:
    """KillLossSpike; a NaN compares false and stays in its mean, as there."""

    def levels() -> Iterator[tuple[int, Level]]:
        size = max(100, len(records) // 20)
        window: deque[float] = deque(maxlen=size)
        row, cap = 0, 0.0
        for count, (step, loss) in enumerate(_losses(records)):
            mean = fmean(window) if window else math.inf
            row = row + 1 if len(window) == size and loss >= 2 * mean else 0
            window.append(loss)
            if count + 1 == size:
                cap = min(10.0, max(window))
            high = count >= 2 * size and sum(each > cap for each in window) > size / 2
            yield step, Level.RED if row >= 5 or high else Level.GREEN

    return _risen(levels(), "llm-foundry")


def ema_z(records: Sequence[Record]) -> list[Raised]:
    """Exponential mean and variance; NaN is let through as an alarm."""

    def levels() -> Iterator[tuple[int, Level]]:
        mean = variance = 0.0
        for count, (step, loss) in enumerate(_losses(records)):
            if not math.isfinite(loss):
                yield step, Level.YELLOW
                continue
            above = loss - mean
            alarm = count > 50 and variance > 0 and above > 2.5 * math.sqrt(variance)
            mean = loss if count == 0 else mean + 0.03 * above
            variance = 0.97 * variance + 0.03 * above * above if count else 0.0
            yield step, Level.YELLOW if alarm else Level.GREEN

    return _risen(levels(), "ema-z")


def page_hinkley(records: Sequence[Record]) -> list[Raised]:
    """The test alone, on the median of 20."""

    def levels() -> Iterator[tuple[int, Level]]:
        window: deque[float] = deque(maxlen=20)
        count, mean, total, least = 0, 0.0, 0.0, 0.0
        for step, loss in _losses(records):
            if not math.isfinite(loss):
                yield step, Level.RED
                continue
            window.append(loss)
            level = median(window)
            count += 1
            mean += (level - mean) / count
            total += level - mean - 0.005
            least = min(least, total)
            yield step, Level.YELLOW if total - least > 5 else Level.GREEN

    return _risen(levels(), "page-hinkley")


DETECTORS: dict[str, Scored] = {
    "gonogo": ours,
    "checklist's code": checklist,
    "llm-foundry": llm_foundry,
    "EMA-z > 2.5": ema_z,
    "Page-Hinkley": page_hinkley,
}
