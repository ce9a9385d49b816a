"""Runs a detector and a desk over records, as the program does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.watch.alerts import Alert, Level, Verdict
from engine.watch.desk import Desk
from engine.watch.records import LOSS, Record
from engine.watch.rules.detector import Detector
from engine.watch.scale import Setting
from engine.watch.thresholds import Rules


@dataclass
class Watched:
    """What came of it."""

    detector: Detector
    desk: Desk = field(default_factory=Desk)
    raised: list[Alert] = field(default_factory=list)

    def feed(self, records: Iterable[Record]) -> list[Verdict]:
        """Feed more records; the verdicts of the last one."""
        verdicts: list[Verdict] = []
        for record in records:
            verdicts = self.detector.feed(record)
            self.raised += self.desk.take(record.source, record.run, verdicts, at_s=record.time_s)
        return verdicts

    @property
    def level(self) -> Level:
        return self.desk.level()

    @property
    def worst(self) -> Level:
        return self.desk.worst()

    def rules(self, level: Level = Level.YELLOW) -> set[str]:
        """The rules that raised alerts of at least a level."""
        return {alert.rule for alert in self.raised if alert.worst >= level}

    def first(self, rule: str, level: Level = Level.YELLOW) -> int | None:
        """The step at which a rule first reached a level."""
        return next((each.last_step for each in self.raised if each.rule == rule and each.level >= level), None)


def watch(records: Iterable[Record], setting: Setting | None = None, rules: Rules | None = None) -> Watched:
    """Watch a whole run."""
    watched = Watched(Detector(rules, setting))
    watched.feed(records)
    return watched


def records(losses: Iterable[float], *, start: int = 1, interval: int = 1, **more: float) -> list[Record]:
    """Make records of losses; ``more`` are constant values by canonical name."""
    return [Record("log", "", 0, start + i * interval, {LOSS: loss, **more}) for i, loss in enumerate(losses)]
