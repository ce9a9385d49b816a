"""All rules over one run: records in, verdicts out; goes back where a resume repeats steps."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from engine.watch.alerts import Level, Verdict
from engine.watch.curve import Curve
from engine.watch.records import LOSS, Mishap, MishapKind, Record
from engine.watch.rules.absolute import SlowStart, TooHigh
from engine.watch.rules.amp import Overflowing
from engine.watch.rules.base import Rule
from engine.watch.rules.mishaps import Told
from engine.watch.rules.nonfinite import Masked, NotANumber
from engine.watch.rules.plateau import Flat, Stuck
from engine.watch.rules.rising import Climbing
from engine.watch.rules.silence import Silent
from engine.watch.rules.spikes import Spiking
from engine.watch.rules.throughput import Slower
from engine.watch.scale import Setting
from engine.watch.thresholds import FAMILIES, Rules

_EVERY: Final = 512
"""Records between copies of the state: a copy costs about as much as 50 records."""
_KEPT_RECORDS: Final = 4096
"""Records that are kept as they came: a resume within them is followed to the very record."""
_LATE: Final = 5
"""A record of the same start of the run that lies so few intervals back came late; one farther back is a resume."""
_EVENTS: Final = ("R6a", "R6b")
"""Rules that tell of one record: told once, not again when a resume replays it."""


class _Judge:
    """Curve and rules: everything that a resume must take back. Its copies are independent."""

    def __init__(self, rules: Rules, setting: Setting) -> None:
        self.curve = Curve(setting, rules.noise)
        self.amp = Overflowing(rules.amp)
        self.segment = 0
        self.step: int | None = None
        self.loss_step: int | None = None
        families: tuple[tuple[tuple[str, ...], Rule], ...] = (
            (("R1",), NotANumber(rules.nonfinite)),
            (("R2",), TooHigh(rules.absolute)),
            (("R3",), SlowStart(rules.absolute)),
            (("R4",), Climbing(rules.rising)),
            (("R5",), Stuck(rules.plateau, rules.absolute.nats_below)),
            (("R6a", "R6b"), Spiking(rules.spikes)),
            (("R7",), Flat(rules.plateau)),
            (("R8",), Masked(rules.nonfinite)),
            (("R9",), self.amp),
            (("R11",), Slower(rules.throughput)),
        )
        self._rules = [rule for names, rule in families if not set(names) <= set(rules.off)]

    def feed(self, record: Record) -> list[Verdict]:
        self.curve.add(record)
        self.segment, self.step = record.segment, record.step
        if LOSS in record.values:
            self.loss_step = record.step
        verdicts: list[Verdict] = []
        for rule in self._rules:
            verdicts.extend(rule.look(self.curve, record))
        return verdicts


class Detector:
    """The rules R1 to R12 for one run of one source."""

    def __init__(self, rules: Rules | None = None, setting: Setting | None = None) -> None:
        self._rules = rules or Rules()
        self._setting = setting or Setting()
        self._judge = _Judge(self._rules, self._setting)
        self._silent = Silent(self._rules.silence)
        self._told = Told(self._rules.mishaps)
        self._off = frozenset(self._rules.off)
        self._kept: deque[Record] = deque(maxlen=_KEPT_RECORDS)
        self._copies: list[_Judge] = []
        self._since_copy = 0
        self._highest: int | None = None
        self._events: set[tuple[str, int | None]] = set()
        self._before: dict[tuple[int, tuple[str, ...]], Mapping[str, float]] = {}
        """What the steps that a resume took back had logged."""

    @property
    def note(self) -> str:
        """What is believed of the run's mode and scale, and why; "" while nothing can be said."""
        curve = self._judge.curve
        if curve.in_nats(self._rules.absolute.nats_below):
            return curve.inferred.note
        silent = f"The first losses are {curve.first:.3g}: no cross entropy in nats, so R2, R3 and R5 are silent."
        return f"{curve.inferred.note} {silent}".strip()

    @property
    def curve(self) -> Curve:
        """The curve as it stands, to look at."""
        return self._judge.curve

    def feed(self, record: Record) -> list[Verdict]:
        """Take the next record and return what every rule that can tell says now, green included."""
        self._silent.take(record)
        judge = self._judge
        if judge.step is not None and (record.step <= judge.step or record.segment != judge.segment):
            if self._goes_back(record):
                self._rewind(record.step)
            elif LOSS in record.values and judge.loss_step is not None and record.step <= judge.loss_step:
                return self._late(record)
        verdicts = self._judge.feed(record)
        verdicts.extend(self._told.look())
        self._keep(record)
        if self._before and self._replays(record):
            return []
        if self._events and self._highest is not None and record.step <= self._highest:
            verdicts = [each for each in verdicts if each.level is Level.GREEN or not self._again(each)]
        self._remember(verdicts, record.step)
        return [each for each in verdicts if each.rule not in self._off] if self._off else verdicts

    def take(self, mishap: Mishap) -> list[Verdict]:
        """Say what a line that tells of trouble means."""
        if mishap.kind is MishapKind.OVERFLOW:
            verdicts = self._judge.amp.overflow(mishap.step)
        else:
            verdicts = self._told.take(mishap)
        return [each for each in verdicts if each.rule not in self._off]

    def tick(self, now_s: float, *, newest_s: float | None = None, alive: bool | None = None) -> list[Verdict]:
        """Judge silence at ``now_s`` (seconds since 1970).

        Args:
            now_s: The time now.
            newest_s: When the log last grew, for logs without times.
            alive: Whether the trainer's process lives; None where that is not known.
        """
        planned, step = self._setting.planned_steps, self._judge.step
        curve = self._judge.curve
        # The last steps of a plan may fall between two lines of the log.
        done = planned is not None and step is not None and step > planned - max(1.0, curve.interval)
        ended = planned is None and curve.rates.ran_out
        verdicts = self._silent.tick(now_s, newest_s=newest_s, alive=alive, done=done, ended=ended)
        return [each for each in verdicts if each.rule not in self._off]

    def _goes_back(self, record: Record) -> bool:
        judge = self._judge
        assert judge.step is not None
        if record.segment != judge.segment:
            return record.step <= judge.step
        if LOSS not in record.values or judge.loss_step is None:
            return False
        return record.step < judge.loss_step - _LATE * max(1.0, judge.curve.interval)

    def _late(self, record: Record) -> list[Verdict]:
        """Look at a record whose place in the curve is taken (another rank, a late line) for NaN alone."""
        verdicts = NotANumber(self._rules.nonfinite).look(self._judge.curve, record)
        return [each for each in verdicts if each.level is Level.RED and each.rule not in self._off]

    def _keep(self, record: Record) -> None:
        self._kept.append(record)
        self._since_copy += 1
        if self._since_copy < _EVERY:
            return
        self._since_copy = 0
        self._copies.append(self._copy(self._judge))
        recent = _KEPT_RECORDS // _EVERY
        if len(self._copies) > 4 * recent:
            # Beyond the records that are kept, every second copy goes: there is always one not much too far back.
            self._copies = [*self._copies[:-recent:2], *self._copies[-recent:]]

    def _rewind(self, step: int) -> None:
        """Go back to before ``step``: to the newest copy before it, and from there through the records kept."""
        while self._copies and _of(self._copies[-1]) >= step:
            self._copies.pop()
        start = self._copies[-1] if self._copies else None
        judge = self._copy(start) if start is not None else _Judge(self._rules, self._setting)
        kept = list(self._kept)
        self._kept.clear()
        self._before |= {_place(record): record.values for record in kept if record.step >= step}
        self._since_copy = 0
        for record in kept:
            if record.step >= step:
                break
            self._kept.append(record)
            if start is None or record.step > _of(start):
                judge.feed(record)
                self._since_copy += 1
        self._judge = judge

    def _copy(self, judge: _Judge) -> _Judge:
        """Copy all that changes; the rules' numbers and the setting never do."""
        fixed = [self._setting, *(getattr(self._rules, name) for name in FAMILIES)]
        return copy.deepcopy(judge, {id(each): each for each in fixed})

    def _replays(self, record: Record) -> bool:
        """Tell whether the record says what was logged at its step before: nothing is new, nothing is said again."""
        if self._highest is not None and record.step > self._highest:
            self._before.clear()
            return False
        return self._before.get(_place(record)) == record.values

    def _again(self, verdict: Verdict) -> bool:
        return (verdict.rule, verdict.step) in self._events

    def _remember(self, verdicts: Sequence[Verdict], step: int) -> None:
        for verdict in verdicts:
            if verdict.level > Level.UNKNOWN and verdict.rule in _EVENTS:
                self._events.add((verdict.rule, verdict.step))
        if self._highest is None or step > self._highest:
            self._highest = step


def _place(record: Record) -> tuple[int, tuple[str, ...]]:
    return record.step, tuple(record.values)


def _of(judge: _Judge) -> int:
    return -1 if judge.step is None else judge.step
