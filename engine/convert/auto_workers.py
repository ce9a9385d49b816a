"""``workers = auto``: the number of workers follows what the run measures, apart for each codec it comes to.

It decides nothing by itself: :mod:`engine.convert.auto_pace` measures, :mod:`engine.convert.auto_course` decides, and
whoever owns the pool does what comes out. The kernel's counters and the clock come in by one door.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from engine.convert.auto_course import Course, Limits, follow
from engine.convert.auto_pace import Pace
from engine.crew.answers import Progress
from engine.host.load import Counters
from engine.units import counted

WORKERS_A_CPU: Final = 2
"""At most: where a disk answers late (a network volume), more workers than processors keep more requests on the way."""
WORKER_BYTES: Final = 400_000_000
"""Of memory, for each worker: four times what one with its libraries was seen to take: the page cache needs some."""


@dataclass(frozen=True, slots=True)
class Decision:
    """So many workers from now on, or still; and why."""

    workers: int
    why: str


def most_workers(usable_cpus: int, memory_bytes: int) -> int:
    """Say how many workers a run never goes beyond by itself."""
    return max(1, min(WORKERS_A_CPU * usable_cpus, memory_bytes // WORKER_BYTES))


class AutoWorkers:
    """Chooses the number of workers of one run.

    Args:
        start: how many to begin a codec with of which nobody knows better.
        limits: what bounds the number.
        advised: by codec, what a sweep recommends.
        read: asks the kernel.
        clock: tells the monotonic time in seconds, the same as ``read`` tells.
    """

    def __init__(
        self,
        start: int,
        limits: Limits,
        advised: Mapping[str, int],
        read: Callable[[], Counters] = Counters.read,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start = min(start, limits.most)
        self._limits = limits
        self._advised = advised
        self._read = read
        self._clock = clock
        self._pace = Pace(limits.usable_cpus)
        self._courses: dict[str, Course] = {}
        self._codec = ""
        self._newest: deque[str] = deque(maxlen=1 + limits.most)

    def begin(self, codec: str) -> Decision:
        """Choose the first number: the run starts with this codec."""
        self._codec = codec
        return Decision(self._course(codec).wanted, self._reason(codec))

    # What the run sees.

    def take(self, shard: str, size_bytes: int, codec: str) -> None:
        """Learn that a worker has a shard."""
        self._newest.append(codec)
        self._pace.take(shard, size_bytes, self._clock())

    def advance(self, shard: str, progress: Progress) -> None:
        """Learn how far a worker is."""
        self._pace.advance(shard, progress)

    def give(self, shard: str, *, converted: bool) -> None:
        """Learn that a shard is out of a worker's hands."""
        if converted:
            self._pace.finish(shard, self._clock())
        else:
            self._pace.lose(shard)

    def disturb(self) -> None:
        """Learn of a pause, a death, an error: what was being measured does not count."""
        self._pace.disturb()

    def set(self, workers: int) -> None:
        """Learn that somebody else chose the number."""
        self._courses[self._codec] = Course(workers)
        self._pace.change(self._clock())

    # What it decides.

    def look(self, *, calm: bool) -> Decision | None:
        """Decide, a few times a second; None where nothing is decided.

        Args:
            calm: nothing holds the pool, and it is not stopping.
        """
        now = self._read()
        if not calm:
            self._pace.disturb()
            return None
        course = self._course(self._codec)
        turned = self._turned_to(course.wanted)
        if turned is not None:
            return self._turn(turned, course, now.at_s)
        window = self._pace.look(now, course.wanted)
        if window is None:
            return None
        step = follow(course, window, self._limits)
        self._courses[self._codec] = step.course
        if step.course.wanted != course.wanted:
            self._pace.change(now.at_s)
        return Decision(step.course.wanted, step.why) if step.why else None

    def _turned_to(self, workers: int) -> str | None:
        """Return the codec that every worker has now, and the next one gets, where that is another than before."""
        newest = list(self._newest)[-1 - workers :]
        same = len(newest) == 1 + workers and len(set(newest)) == 1
        return newest[0] if same and newest[0] not in ("", self._codec) else None

    def _turn(self, codec: str, course: Course, at_s: float) -> Decision:
        """Go on with another codec; a try that was under way is forgotten."""
        before, self._codec = self._codec, codec
        self._courses[before] = replace(course, trying=0, tried=())
        if not before and codec not in self._advised:
            self._courses.setdefault(codec, self._courses[before])  # it was this codec all along
        self._pace.change(at_s)
        workers = self._course(codec).wanted
        return Decision(workers, f"{codec} from here on: {counted(workers, 'worker')}, {self._reason(codec)}")

    def _course(self, codec: str) -> Course:
        if codec not in self._courses:
            advised = min(self._advised.get(codec, self._start), self._limits.most)
            self._courses[codec] = Course(advised)
        return self._courses[codec]

    def _reason(self, codec: str) -> str:
        if self._courses[codec].rates:
            return "as this run measured"
        if codec in self._advised:
            return f"as the last sweep found for {codec}"
        return "one for each processor" if self._start == self._limits.usable_cpus else "what memory has room for"


def threads_each(codec: str, usable_cpus: int, workers: int) -> int:
    """Say how many threads a worker may use inside a shard: processors that no other worker takes, for FLAC.

    Decoding and encoding FLAC is nearly all computing, some ten times that of WAV a byte; WAV soon waits for the disk,
    and several readers of one shard would only make it seek.
    """
    return max(1, usable_cpus // max(workers, 1)) if "flac" in codec.split("+") else 1
