"""How many workers next? A hill-climb over measured stretches, by small steps, with hysteresis. Pure.

One :class:`Course` a codec. At its base, the number that proved best so far, it gathers stretches until it knows pace
and noise. Then it tries a neighbour:

* *up*, where processors are left over; kept where the gain stands out of the noise;
* *down*, where processors are left over or a disk is waited for; kept where next to nothing is lost, for fewer workers
  leave room for others, and on a disk that seeks they are faster.

A neighbour that proves no better is left alone for a while, each time twice as long, and so is going back where the
course came from: this is what keeps it from oscillating. Where the base's own pace changes for good, somebody came or
left: what was learnt is forgotten, and it looks around again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from statistics import median
from typing import Final

from engine.convert.auto_pace import Window

KEPT: Final = 8
"""Stretches remembered of the base: more would tell of a machine that is no more."""
GAIN: Final = 0.04
"""More workers must bring this much, or half of what their number promises where that is less."""
NOISE_AT_MOST: Final = 0.2
"""However much stretches differ, a gain of half of this is believed: with more doubt nothing would ever be tried."""
SLACK: Final = 0.02
"""Fewer workers may cost this much."""
FLOOR: Final = 0.93
"""Of the best pace on this course: what many small steps down may cost together."""
CLEARLY_WORSE: Final = 0.8
"""Of the base's pace: one stretch of this is enough to turn back."""
SPARE: Final = 0.08
"""Processors with less than this left over are full: the engine, interrupts and write-back need some themselves."""
WAITING: Final = 0.2
"""Left over for so much of the time, or all waiting for a disk: fewer workers may do."""
OFTEN: Final = 0.5
"""Somebody waiting for a disk for so much of the time: so they may where other programs take what is left over."""
SHIFTED: Final = 0.25
"""A base whose newest stretches all differ by more than this from those before is another machine."""
SHIFTED_FOR: Final = 3
"""So many of them."""
FIRST_WAIT: Final = 8
"""Stretches after a vain try; doubled with each."""
LONGEST_WAIT: Final = 128
"""Ten minutes and more: a disk that has become faster is found, sooner or later."""
STEP_SHARE: Final = 4
"""A first step is a quarter of the workers, the next in the same direction half of them: 32 become 3 in four steps."""

_STRETCHES: Final = ((0.03, 2), (0.06, 3), (0.12, 5))
"""Noise below this, and how many stretches tell a pace then; with more noise, all that are kept."""


class Way(IntEnum):
    """More workers, or fewer."""

    UP = 1
    DOWN = -1


@dataclass(frozen=True, slots=True)
class Course:
    """What was learnt about one codec on this machine."""

    workers: int
    """The base."""
    rates: tuple[float, ...] = ()
    """Of the base's newest stretches, in bytes of input per second."""
    trying: int = 0
    """The number that is being tried; 0 for none."""
    tried: tuple[float, ...] = ()
    """Of its stretches."""
    peak: float = 0.0
    """The best median of any number on this course."""
    came: Way | None = None
    """How it came to its base."""
    wait: tuple[int, int] = (0, 0)
    """Stretches until the next try up, and down."""
    next_wait: tuple[int, int] = (FIRST_WAIT, FIRST_WAIT)
    vain: tuple[int, int] = (0, 0)
    """Tries in vain from this base: the next step is half as wide."""

    @property
    def wanted(self) -> int:
        """How many workers there shall be now."""
        return self.trying or self.workers


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the number of workers."""

    most: int
    usable_cpus: int


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from one more stretch."""

    course: Course
    why: str = ""
    """The reason for another number, or for keeping the one that was tried; empty where nothing is decided."""


def follow(course: Course, window: Window, limits: Limits) -> Step:
    """Take one stretch that was measured at ``course.wanted`` workers."""
    if course.trying:
        return _weigh(course, window)
    course = _remember(course, window.bytes_per_s)
    if len(course.rates) < wanted_stretches(course.rates):
        return Step(course)
    way = _choose(course, window, limits)
    if way is None:
        return Step(course)
    number = _neighbour(course, way, limits)
    doing = f"{median(course.rates) / 1e6:,.1f} MB/s, {_cpus(window)}"
    return Step(replace(course, trying=number, tried=()), f"{_arrow(course.workers, number)}: a try; {doing}")


def noise(rates: Sequence[float]) -> float:
    """Return half of the range of some rates, as a share of their median; 0 for fewer than two."""
    middle = median(rates) if rates else 0.0
    return (max(rates) - min(rates)) / 2 / middle if middle > 0 else 0.0


def wanted_stretches(rates: Sequence[float]) -> int:
    """Say how many stretches tell a pace, with such noise."""
    if len(rates) < 2:
        return 2
    told = noise(rates)
    return next((count for below, count in _STRETCHES if told < below), KEPT)


def _remember(course: Course, rate: float) -> Course:
    """Add a stretch of the base; where its pace has changed for good, forget what was learnt."""
    rates = (*course.rates, rate)
    waited = (max(0, course.wait[0] - 1), max(0, course.wait[1] - 1))
    older, newest = rates[:-SHIFTED_FOR], rates[-SHIFTED_FOR:]
    if len(older) >= SHIFTED_FOR:
        usual, doubt = median(older), max(SHIFTED, 2 * noise(older))
        off = [one / usual - 1 if usual > 0 else 0.0 for one in newest]
        if all(one > doubt for one in off) or all(one < -doubt for one in off):
            return Course(course.workers, newest, peak=median(newest), next_wait=course.next_wait)
    rates = rates[-KEPT:]
    peak = max(course.peak, median(rates)) if len(rates) >= wanted_stretches(rates) else course.peak
    return replace(course, rates=rates, wait=waited, peak=peak)


def _choose(course: Course, window: Window, limits: Limits) -> Way | None:
    """Say which neighbour may be better, and may be tried now."""
    spare, load = window.load.spare, window.load
    waits = spare >= WAITING or load.io_stalled >= WAITING or load.io_waiting >= OFTEN
    many = course.workers > limits.usable_cpus
    up = course.workers < limits.most and spare >= SPARE and not course.wait[0]
    down = course.workers > 1 and (waits or many) and not course.wait[1]
    if up and down:
        stuck = load.io_stalled >= WAITING or load.iowait > load.idle
        return Way.DOWN if stuck or course.came is Way.DOWN else Way.UP
    return Way.UP if up else Way.DOWN if down else None


def _neighbour(course: Course, way: Way, limits: Limits) -> int:
    share = STEP_SHARE // 2 if course.came is way else STEP_SHARE
    width = max(1, (course.workers // share) >> course.vain[_index(way)])
    number = min(limits.most, max(1, course.workers + way * width))
    crossed = course.workers < limits.usable_cpus < number  # what most machines want is looked at first
    return limits.usable_cpus if crossed else number


def _weigh(course: Course, window: Window) -> Step:
    """Add a stretch of the number that is being tried; decide when it tells enough."""
    base = median(course.rates)
    tried = (*course.tried, window.bytes_per_s)
    hopeless = window.bytes_per_s < CLEARLY_WORSE * base and noise(course.rates) < NOISE_AT_MOST / 2
    if len(tried) < max(wanted_stretches(course.rates), wanted_stretches(tried)) and not hopeless:
        return Step(replace(course, tried=tried))
    way = Way.UP if course.trying > course.workers else Way.DOWN
    pace = median(tried)
    told = f"{base / 1e6:,.1f} -> {pace / 1e6:,.1f} MB/s"
    if is_better(course, tried, way):
        return Step(_moved(course, tried, way), f"{_arrow(course.workers, course.trying)}: {told}, {_cpus(window)}")
    lost = "gained too little" if way is Way.UP else "lost too much"
    why = f"{_arrow(course.trying, course.workers)}: {course.trying} {lost}: {told}, {_cpus(window)}"
    return Step(_stayed(course, way), why)


def is_better(course: Course, tried: Sequence[float], way: Way) -> bool:
    """Tell whether the number that was tried shall be the base."""
    base, pace = median(course.rates), median(tried)
    doubt = min(NOISE_AT_MOST, max(noise(course.rates), noise(tried)))
    if way is Way.UP:
        promised = course.trying / course.workers - 1
        return pace >= base * (1 + max(min(GAIN, promised / 2), doubt / 2))
    return pace >= base * (1 - max(SLACK, doubt / 4)) and pace >= FLOOR * course.peak


def _moved(course: Course, tried: tuple[float, ...], way: Way) -> Course:
    """Make the number that was tried the base; who turns round waits before going on."""
    turned = course.came is not None and course.came is not way
    moved = replace(
        course,
        workers=course.trying,
        rates=tried,
        trying=0,
        tried=(),
        came=way,
        vain=(0, 0),
        peak=max(course.peak, median(tried)),
    )
    back = Way(-way)
    moved = _wait(moved, back)
    return _wait(moved, way) if turned else moved


def _stayed(course: Course, way: Way) -> Course:
    vain = list(course.vain)
    vain[_index(way)] += 1
    return _wait(replace(course, trying=0, tried=(), vain=(vain[0], vain[1])), way)


def _wait(course: Course, way: Way) -> Course:
    """Leave one direction alone for a while, and the next time for twice as long."""
    wait, following = list(course.wait), list(course.next_wait)
    at = _index(way)
    wait[at] = following[at]
    following[at] = min(LONGEST_WAIT, 2 * following[at])
    return replace(course, wait=(wait[0], wait[1]), next_wait=(following[0], following[1]))


def _index(way: Way) -> int:
    return 0 if way is Way.UP else 1


def _arrow(before: int, after: int) -> str:
    return f"{before} -> {after} worker" + ("" if after == 1 else "s")


def _cpus(window: Window) -> str:
    load = window.load
    if load.io_stalled >= WAITING:
        return f"CPUs {load.spare:.0%} idle, all wait for the disk {load.io_stalled:.0%} of the time"
    waits = f", disk waited for {load.io_waiting:.0%} of the time" if load.io_waiting >= OFTEN else ""
    return f"CPUs {load.spare:.0%} idle{waits}"
