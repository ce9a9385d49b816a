"""A machine that converts shards in simulated time, for tests of what chooses the number of workers."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.convert.auto_course import Limits
from engine.convert.auto_workers import AutoWorkers, Decision
from engine.crew.answers import Progress
from engine.host.load import Counters

TICK_S = 1.0
"""Half as often as a conversion looks."""
START_S = 1.5
"""What a new worker needs until it works."""
NOISE_LASTS_S = 4.0
"""Other programs come and go in such bursts."""

MB = 1e6


@dataclass(frozen=True)
class Pace:
    """What so many workers do at a moment."""

    mb_per_s: float
    idle: float = 0.0
    iowait: float = 0.0
    stalled: float = 0.0


def cpu_bound(cores: int, core_mb_s: float) -> Callable[[int, float], Pace]:
    """Return a machine on which every core counts and nothing else does."""
    return lambda workers, _: Pace(min(workers, cores) * core_mb_s, idle=max(0.0, 1 - workers / cores))


def disk_bound(
    cores: int, core_mb_s: float, disk_mb_s: float, *, thrash_from: int = 1 << 30, each_costs: float = 0.0
) -> Callable[[int, float], Pace]:
    """Return a machine whose disk sets the pace, and beyond a number of workers seeks: each of them costs a share."""

    def pace(workers: int, _: float) -> Pace:
        wanted = min(workers, cores) * core_mb_s
        most = disk_mb_s * max(0.3, 1 - each_costs * max(0, workers - thrash_from))
        reached = min(wanted, most) * (1 - 0.1 * min(wanted, most) / max(wanted, most))
        spare = max(0.0, 1 - reached / (cores * core_mb_s))
        waits = wanted > most
        return Pace(reached, spare * (0.3 if waits else 1), spare * 0.7 if waits else 0.0, 0.5 if waits else 0.0)

    return pace


@dataclass
class _InHand:
    shard: str
    size: float
    at_work_from: float
    done: float = 0.0


@dataclass
class Machine:
    """Workers at shards, with a clock of their own."""

    pace: Callable[[int, float], Pace]
    cores: int
    shard_mb: float = 200.0
    noise: float = 0.0
    codec: Callable[[float], str] = lambda _: "wav"
    held: Callable[[float], bool] = lambda _: False
    """Whether the disk guard holds shards back."""
    advised: dict[str, int] = field(default_factory=dict)
    start: int = 0
    seed: int = 1
    convert_share: float = 0.7
    """Of a shard's time until its input is read."""

    def __post_init__(self) -> None:
        self.at_s = 0.0
        self.workers = self.start or self.cores
        self.numbers: list[int] = []
        """Every number that was chosen after the first."""
        self.decisions: list[Decision] = []
        self.converted_mb = self.possible_mb = 0.0
        self._idle = self._iowait = self._stalled = 0.0
        self._dice = random.Random(self.seed)
        self._luck, self._luck_ends = 1.0, 0.0
        self._in_hand: list[_InHand] = []
        self._serial = 0
        limits = Limits(2 * self.cores, self.cores)
        self.chooser = AutoWorkers(self.workers, limits, self.advised, self._read, lambda: self.at_s)
        self.workers = self.chooser.begin(self.codec(0.0)).workers

    def _read(self) -> Counters:
        return Counters(self.at_s, self._idle, self._iowait, self._stalled)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until = self.at_s + seconds
        while self.at_s < until:
            self._tick()

    def _tick(self) -> None:
        start_s = self.at_s
        held = self.held(start_s)
        while not held and len(self._in_hand) < self.workers:
            self._hand_out(START_S)
        if start_s >= self._luck_ends:
            self._luck, self._luck_ends = 1 + self._dice.uniform(-self.noise, self.noise), start_s + NOISE_LASTS_S
        now = self.pace(max(1, len(self._in_hand)), start_s)
        self._count(now)
        work = now.mb_per_s * MB * self._luck * TICK_S / max(1, len(self._in_hand))
        for one in list(self._in_hand):
            self._advance(one, start_s, work, held=held)
        self.at_s = start_s + TICK_S
        self._decide(calm=not held)

    def _decide(self, *, calm: bool) -> None:
        decision = self.chooser.look(calm=calm)
        if decision is not None:
            self.decisions.append(decision)
            if decision.workers != self.workers:
                self.workers = decision.workers
                self.numbers.append(decision.workers)

    def _hand_out(self, after_s: float) -> _InHand:
        self._serial += 1
        one = _InHand(f"shard_{self._serial}", self.shard_mb * MB, self.at_s + after_s)
        self._in_hand.append(one)
        self.chooser.take(one.shard, int(one.size), self.codec(self.at_s))
        return one

    def _advance(self, one: _InHand, start_s: float, work: float, *, held: bool) -> None:
        """Let one worker work for a tick: it may finish its shard, and more of them."""
        left = work if start_s >= one.at_work_from else 0.0
        while left > 0:
            step = min(left, one.size - one.done)
            one.done += step
            left -= step
            self.converted_mb += step / MB
            if one.done < one.size:
                self._tell(one)
                return
            self.at_s = start_s + TICK_S * (1 - left / work)
            self._in_hand.remove(one)
            self.chooser.give(one.shard, converted=True)
            if held or len(self._in_hand) >= self.workers:
                return
            one = self._hand_out(0.0)

    def _tell(self, one: _InHand) -> None:
        share = one.done / one.size
        read = int(min(1.0, share / self.convert_share) * one.size)
        stage = "convert" if share < self.convert_share else "verify"
        self.chooser.advance(one.shard, Progress(task="", stage=stage, read_bytes=read, of_bytes=int(one.size)))

    def _count(self, now: Pace) -> None:
        ticks = TICK_S * self.cores
        self._idle += now.idle * ticks
        self._iowait += now.iowait * ticks
        self._stalled += now.stalled * TICK_S
        self.possible_mb += TICK_S * self.best()

    def best(self) -> float:
        """Return the best pace that any number of workers reaches at this moment, in MB/s."""
        return max(self.pace(number, self.at_s).mb_per_s for number in range(1, 2 * self.cores + 1))

    @property
    def base(self) -> int:
        """The number that it has settled on; a try that is under way is left out."""
        told = self.decisions[-1] if self.decisions else None
        trying = told is not None and ": a try;" in told.why
        return int(told.why.split()[0]) if told is not None and trying else self.workers

    @property
    def settled_share_of_best(self) -> float:
        """The pace of the number that it has settled on, against the best."""
        return self.pace(self.base, self.at_s).mb_per_s / self.best()
