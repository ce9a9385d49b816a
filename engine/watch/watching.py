"""Watching: sources are polled, their records judged and drawn, and what the rules say comes to one desk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from engine.watch.acknowledged import Acknowledged
from engine.watch.alerts import Alert, Level, Verdict
from engine.watch.desk import Desk
from engine.watch.late import Growing
from engine.watch.machine.host import HostGauge, HostLook
from engine.watch.pipes import may_go_on
from engine.watch.records import Batch, Record, SourceStatus
from engine.watch.rules.detector import Detector
from engine.watch.scale import Setting
from engine.watch.series import Board
from engine.watch.sources.base import Source
from engine.watch.sources.flushing import Flushing
from engine.watch.thresholds import Rules

LOOK_S: Final = 0.2
"""A look reads for so long at most: a log of gigabytes comes in many looks, and a screen stays alive meanwhile."""


_STREAM_S: Final = 0.02
"""A stream that has nothing at the moment is asked again after so long: it has no other way to tell of its end."""


class Gauge(Protocol):
    """Something beside the logs that rules look at: GPUs, checkpoints, Spot, money."""

    @property
    def name(self) -> str:
        """Whose alerts these are."""
        ...

    def look(self, now_s: float) -> Sequence[Verdict]:
        """Say what stands at a moment (seconds since 1970); never waits."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """What one look brought."""

    records: int
    risen: tuple[Alert, ...]
    """Alerts that are new, or worse than before."""
    notes: tuple[str, ...]
    more: bool
    """A source has more to read at once."""

    def __bool__(self) -> bool:
        """Tell whether anything came."""
        return bool(self.records or self.risen or self.notes)


@runtime_checkable
class Detailed(Protocol):
    """A gauge that has more to tell than what its rules say."""

    def details(self) -> tuple[str, ...]:
        """Return one line for each thing that it looks at."""
        ...


class Watching:
    """Several sources and gauges, one desk.

    Args:
        sources: the logs.
        rules: the numbers of the rules.
        setting: what is known of the runs.
        gauges: what is looked at beside the logs.
        state: STATE, where acknowledgements are kept; None keeps them for as long as this lives.
        host: the machine that this runs on, told beside what the gauges tell; None leaves it out.
        clock: the wall clock, seconds since 1970.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        rules: Rules,
        setting: Setting,
        gauges: Sequence[Gauge] = (),
        *,
        state: Path | None = None,
        host: HostGauge | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.sources = tuple(sources)
        self.desk = Desk(rules.standing)
        self.boards: dict[tuple[str, str], Board] = {}
        self._rules = rules
        self._setting = setting
        self._gauges = tuple(gauges)
        self._host = host
        self._clock = clock
        self._detectors: dict[tuple[str, str], Detector] = {}
        self._believed: dict[tuple[str, str], str] = {}
        self._acknowledged = Acknowledged(state)
        self._paths: dict[str, str] = {}
        self._adopt()

    def look(self, *, at_clock: bool = True) -> Look:
        """Read what is new, for a while.

        Args:
            at_clock: whether rules about silence count: not where a log is read once, however old it is.
        """
        until = time.monotonic() + LOOK_S
        self._adopt()
        records, notes, risen, more = 0, list[str](), list[Alert](), False
        for source in self.sources:
            batch = source.poll()
            while batch:
                records += len(batch.records)
                risen += self._judge(batch)
                notes += _named(source, batch.notes)
                if time.monotonic() > until:
                    more = True
                    break
                batch = source.poll()
        risen += self._gauge(at_clock=at_clock)
        self._recall()
        notes += self._beliefs()
        return Look(records, tuple(risen), tuple(notes), more)

    def finish(self) -> Look:
        """Read everything that there is, to the last line without its end: nothing more will come.

        A stream is read until its other side closes it.
        """
        records, notes, risen = 0, list[str](), list[Alert]()
        look = self.look(at_clock=False)
        while True:
            records, notes, risen = records + look.records, [*notes, *look.notes], [*risen, *look.risen]
            if not look.more:
                if not any(map(may_go_on, self.sources)):
                    break
                time.sleep(_STREAM_S)
            look = self.look(at_clock=False)
        for source in self.sources:
            rest = source.flush() if isinstance(source, Flushing) else Batch()
            records += len(rest.records)
            risen += self._judge(rest)
            notes += _named(source, rest.notes)
        self._recall()
        return Look(records, tuple(risen), (*notes, *self._beliefs()), more=False)

    def acknowledge(
        self, rule: str, by: str, note: str = "", *, source: str | None = None, run: str | None = None
    ) -> list[Alert]:
        """Say that a person has seen an alert; a latched one may then fall, now and whenever its log is read again.

        Raises:
            UsageError: when nobody is named, or no such alert stands.
            GonogoError: when it cannot be kept.
        """
        now_s = self._clock()
        seen = self.desk.acknowledge(rule, by, note, source=source, run=run, at_s=now_s)
        self._acknowledged.add(seen, self._paths, by, note, now_s)
        return seen

    def statuses(self) -> tuple[SourceStatus, ...]:
        """Say how each source is doing; a folder whose logs were found is none of its own."""
        return tuple(
            source.status() for source in self.sources if not (isinstance(source, Growing) and source.is_spoken_for)
        )

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """What is looked at beside the logs."""
        return self._gauges

    def details(self) -> tuple[str, ...]:
        """Say what the gauges have to tell beside what their rules say."""
        return tuple(line for gauge in self._gauges if isinstance(gauge, Detailed) for line in gauge.details())

    @property
    def host(self) -> HostLook | None:
        """What the machine said last; None where it is not looked at."""
        return self._host.newest if self._host is not None else None

    @property
    def level(self) -> Level:
        """The worst that stands now."""
        return self.desk.level()

    @property
    def worst(self) -> Level:
        """The worst since the start."""
        return self.desk.worst()

    def close(self) -> None:
        """Let go of all sources."""
        for source in self.sources:
            source.close()

    def _adopt(self) -> None:
        """Take in the sources that appeared in folders."""
        new = [each for source in self.sources if isinstance(source, Growing) for each in source.grown()]
        self.sources = (*self.sources, *new)
        for status in self.statuses() if new or not self._paths else ():
            self._paths.setdefault(status.name, str(Path(status.path).absolute()))

    def _judge(self, batch: Batch) -> list[Alert]:
        risen: list[Alert] = []
        for record in batch.records:
            detector = self._detector(record)
            self.boards.setdefault((record.source, record.run), Board()).add(record)
            risen += self.desk.take(record.source, record.run, detector.feed(record), at_s=record.time_s)
        for mishap in batch.mishaps:
            key = (mishap.source, mishap.run)
            detector = self._detectors.setdefault(key, Detector(self._rules, self._setting))
            risen += self.desk.take(*key, detector.take(mishap), at_s=mishap.time_s)
        return risen

    def _detector(self, record: Record) -> Detector:
        key = (record.source, record.run)
        found = self._detectors.get(key)
        if found is None:
            found = self._detectors[key] = Detector(self._rules, self._setting)
        return found

    def _gauge(self, *, at_clock: bool) -> list[Alert]:
        now_s = self._clock()
        risen: list[Alert] = []
        if at_clock:
            newest = {status.name: status.newest_s for status in self.statuses()}
            for (source, run), detector in self._detectors.items():
                verdicts = detector.tick(now_s, newest_s=newest.get(source))
                risen += self.desk.take(source, run, verdicts, at_s=now_s, clock=True)
        if self._host is not None:
            self._host.look()
        for gauge in self._gauges:
            risen += self.desk.take(gauge.name, "", gauge.look(now_s), at_s=now_s, clock=True)
        return risen

    def _recall(self) -> None:
        """Acknowledge again what was acknowledged when this log was watched before."""
        self._acknowledged.refresh()
        for alert in self.desk.alerts():
            seen = None if alert.acknowledged_by else self._acknowledged.of(alert, self._paths)
            if seen is not None:
                at = {"source": alert.source, "run": alert.run}
                self.desk.acknowledge(alert.rule, seen.by, seen.note, at_s=seen.time_s, **at)

    def _beliefs(self) -> list[str]:
        """Say once what is believed of a run's mode and scale, and again where that changes."""
        told = []
        for key, detector in self._detectors.items():
            note = detector.note
            if note and self._believed.get(key) != note:
                self._believed[key] = note
                told.append(f"{'/'.join(filter(None, key))}: {note}")
        return told


def _named(source: Source, notes: Iterable[str]) -> list[str]:
    """Put a source's name before its notes, where they do not begin with it themselves."""
    return [note if note.startswith(source.name) else f"{source.name}: {note}" for note in notes]
