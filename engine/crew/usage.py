"""What a crew's workers and their machine did over the last seconds, asked of the kernel at most once a second."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from engine.crew.limits import Limit, Moment, Work, limit_of
from engine.host.load import Counters
from engine.host.processes import ProcessUse, use_of

EACH_S: Final = 1.0
"""Between questions to the kernel, whoever looks how often: 32 workers and the machine are some 0.7 ms."""
_OVER_S: Final = 5.0
"""What limits a run is told of this stretch: bursts of write-back and a worker's start are shorter."""
_STANDS_S: Final = 2.0
"""Another measured answer must stand so long before it is told: a sign that flickers is not believed."""
_FADES_S: Final = 8.0
"""Where nothing is found any more, the last answer is told for so long: a burst is out of the stretch by then."""
_AT_ONCE: Final[frozenset[Limit]] = frozenset({"operator", "guard", "fault"})
"""Facts, not measurements: told at once, and gone at once."""


@dataclass(frozen=True, slots=True)
class _Sample:
    counters: Counters
    uses: Mapping[int, ProcessUse]
    busy: frozenset[int]


class Usage:
    """Samples of a crew's processes, and the answer that is told of what limits it.

    Args:
        cpus: how many processors the crew may use.
        clock: seconds, monotonic.
        counters: reads the machine's.
        use: reads a process'.
    """

    def __init__(
        self,
        cpus: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        counters: Callable[[], Counters] = Counters.read,
        use: Callable[[int], ProcessUse | None] = use_of,
    ) -> None:
        self.cpus = cpus
        self._clock = clock
        self._counters = counters
        self._use = use
        self._samples: deque[_Sample] = deque()
        self._asked_at = float("-inf")
        self._told: tuple[Limit, str] = ("", "")
        self._rival: Limit | None = None
        self._rival_since = 0.0

    def look(self, busy: Mapping[int, bool]) -> None:
        """Ask the kernel where it is time to.

        Args:
            busy: each worker process by its id, and whether it has a shard in hand.
        """
        at_s = self._clock()
        if at_s - self._asked_at < EACH_S:
            return
        if at_s - self._asked_at > 2 * _OVER_S:
            self._samples.clear()  # nobody looked for a while: what was then says nothing of now
        self._asked_at = at_s
        uses = {pid: used for pid in busy if (used := self._use(pid)) is not None}
        self._samples.append(_Sample(self._counters(), uses, frozenset(pid for pid in uses if busy[pid])))
        while len(self._samples) > 2 and at_s - self._samples[1].counters.at_s >= _OVER_S:
            self._samples.popleft()

    def resident_bytes(self, pid: int | None) -> int:
        """Return the memory of a worker at the last question; 0 where it is not known."""
        used = self._samples[-1].uses.get(pid) if self._samples and pid is not None else None
        return 0 if used is None else used.resident_bytes

    def work(self) -> Work | None:
        """Return what was done over the last seconds; None until a worker was seen at work twice, or where none is."""
        if len(self._samples) < 2:
            return None
        first, last = self._samples[0], self._samples[-1]
        lasted_s = last.counters.at_s - first.counters.at_s
        if lasted_s <= 0 or last.counters.idle_s == first.counters.idle_s == 0.0:
            return None
        computing = self._computing()
        if computing is None:
            return None
        waited = [sample.uses[pid].in_disk_wait for sample in self._samples for pid in sample.busy]
        return Work(
            load=last.counters.since(first.counters, self.cpus),
            computing=computing,
            in_disk_wait=sum(waited) / len(waited),
        )

    def _computing(self) -> float | None:
        """Return the share of their time in which workers computed, from one sample to the next with work in hand."""
        spent_s = lasted_s = 0.0
        for before, after in pairwise(self._samples):
            for pid in before.busy & after.busy:
                spent_s += max(0.0, after.uses[pid].cpu_s - before.uses[pid].cpu_s)
                lasted_s += after.counters.at_s - before.counters.at_s
        return min(1.0, spent_s / lasted_s) if lasted_s else None

    def limit(self, now: Moment) -> tuple[Limit, str]:
        """Return what limits the run, in an answer that does not flicker."""
        found, why = limit_of(now)
        told = self._told[0]
        if found == told or found in _AT_ONCE or told in _AT_ONCE or not told:
            self._rival = None
            self._told = found, why
        elif found != self._rival:
            self._rival, self._rival_since = found, self._clock()
        elif self._clock() - self._rival_since >= (_STANDS_S if found else _FADES_S):
            self._rival = None
            self._told = found, why
        return self._told
