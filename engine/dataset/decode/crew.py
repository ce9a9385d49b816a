"""How decoding scales: the same clips shared out over one, two, four … processes, all at work at the same time.

All of them are started once; those that have no share in a measurement sleep.
"""

from __future__ import annotations

import contextlib
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Final, TypeVar

import msgspec

from engine.dataset.decode.clip import Clip
from engine.dataset.decode.worker import Go, Take, Taken, Went
from engine.errors import GonogoError, UsageError, printable
from engine.host.threads import worker_environment
from engine.run.child import Ready
from engine.run.limits import WorkerLimits, with_orders
from engine.run.wire import encode

_PROGRAM: Final = (sys.executable, "-P", "-m", "engine.dataset.decode.worker")
_SLOW_S: Final = WorkerLimits().start_s
"""For an answer beyond the time that was asked for: importing torch from a cold network volume, a first cold read."""
_LAST_WORDS: Final = 500
_READ_BYTES: Final = 1 << 16

A = TypeVar("A", Ready, Taken, Went)


class DecodeWorkerError(GonogoError):
    """Raised when a process of the decode benchmark dies or falls silent."""


class Scaling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What so many processes did together."""

    workers: int
    clips_per_s: float
    mb_per_s: float
    x_real_time: float
    speedup: float
    """Of clips a second, over one process."""
    efficiency: float
    """The same for each process: 1 where they do not hinder each other."""
    cpu_share: float
    """Of their wall time: at 1, each had a processor to itself and waited for nothing."""
    rounds: int
    """Of which these are the medians."""


def worker_counts(most: int) -> list[int]:
    """Return the numbers of processes to try: powers of two, and the most.

    >>> worker_counts(6)
    [1, 2, 4, 6]
    """
    return [*(1 << power for power in range(most.bit_length()) if 1 << power < most), most]


def scaling(clips: Sequence[Clip], decoder: str, most: int, *, for_s: float, rounds: int) -> list[Scaling]:
    """Measure with warm caches; start-up is not counted. The numbers of workers take turns in each round.

    Args:
        clips: that decode; shared out evenly, the next one to the next worker.
        decoder: its name.
        most: workers.
        for_s: how long each measurement lasts.
        rounds: how many there are of each.

    Raises:
        DecodeWorkerError: when a process dies or does not answer.
        UsageError: when there are fewer clips than workers.
    """
    if not 1 <= most <= len(clips):
        raise UsageError(
            f"{most} workers for {len(clips)} clips: wanted at least one of each, and a clip for each worker"
        )
    went: dict[int, list[list[Went]]] = {count: [] for count in worker_counts(most)}
    with contextlib.ExitStack() as crew:
        workers = [crew.enter_context(_Worker.started()) for _ in range(most)]
        _hand_out(workers, Take(decoder=decoder, clips=list(clips)))
        for _ in range(rounds):
            for count, measured in went.items():
                measured.append(_together(workers[:count], for_s))
    return weigh(went)


def _hand_out(workers: Sequence[_Worker], take: Take) -> None:
    """Let each get the clips, and decode all of them once: its libraries and the page cache are warm then."""
    for worker in workers:
        worker.answer(Ready, _SLOW_S)
        worker.tell(take)
    for worker in workers:
        worker.answer(Taken, _SLOW_S)


def _together(workers: Sequence[_Worker], for_s: float) -> list[Went]:
    for place, worker in enumerate(workers):
        worker.tell(Go(for_s=for_s, place=place, count=len(workers)))
    return [worker.answer(Went, for_s + _SLOW_S) for worker in workers]


def weigh(went: dict[int, list[list[Went]]]) -> list[Scaling]:
    """Sum up: rates of workers add up, rounds give their median.

    Args:
        went: for each number of workers, for each round, what each worker did; one worker comes first.
    """
    alone = _rate(went[1], lambda done: done.clips)
    found = []
    for count, measured in went.items():
        rate = _rate(measured, lambda done: done.clips)
        cpu = [sum(done.cpu_s for done in crew) / sum(done.wall_s for done in crew) for crew in measured]
        found.append(
            Scaling(
                workers=count,
                clips_per_s=rate,
                mb_per_s=_rate(measured, lambda done: done.size_bytes / 1e6),
                x_real_time=_rate(measured, lambda done: done.audio_s),
                speedup=rate / alone if alone else 0.0,
                efficiency=rate / alone / count if alone else 0.0,
                cpu_share=statistics.median(cpu),
                rounds=len(measured),
            )
        )
    return found


def _rate(measured: Sequence[Sequence[Went]], amount: Callable[[Went], float]) -> float:
    return statistics.median(sum(amount(done) / done.wall_s for done in crew) for crew in measured)


class _Worker:
    """One process, from its start to its end."""

    def __init__(self, process: subprocess.Popen[bytes], complaints: IO[bytes]) -> None:
        self._process = process
        self._complaints = complaints
        self._pending = b""

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator[_Worker]:
        """Start one, and kill it at the end."""
        env = with_orders(worker_environment(os.environ), WorkerLimits(nice=0))
        pipe = subprocess.PIPE
        with (
            tempfile.TemporaryFile() as complaints,
            subprocess.Popen(
                _PROGRAM, stdin=pipe, stdout=pipe, stderr=complaints, env=env, start_new_session=True
            ) as process,
        ):
            try:
                yield cls(process, complaints)
            finally:
                process.kill()

    def tell(self, order: msgspec.Struct) -> None:
        """Send an order.

        Raises:
            DecodeWorkerError: when nobody is there to take it.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(encode(order) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._gone("ended") from error

    def answer(self, kind: type[A], within_s: float) -> A:
        """Wait for an answer.

        Raises:
            DecodeWorkerError: when it does not come.
        """
        assert self._process.stdout is not None
        fd, ends = self._process.stdout.fileno(), time.monotonic() + within_s
        while b"\n" not in self._pending:
            if not select.select([fd], [], [], max(0.0, ends - time.monotonic()))[0]:
                raise self._gone(f"said nothing for {within_s:g} s")
            chunk = os.read(fd, _READ_BYTES)
            if not chunk:
                raise self._gone("ended")
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        return msgspec.json.decode(line, type=kind)

    def _gone(self, how: str) -> DecodeWorkerError:
        self._process.kill()
        code = self._process.wait()
        self._complaints.seek(0)
        words = self._complaints.read().decode("utf-8", "replace").strip()[-_LAST_WORDS:]
        return DecodeWorkerError(
            f"a process of the decode benchmark {how} (code {code}): wanted an answer; "
            f"try fewer workers; it said: {printable(words) or 'nothing'}"
        )
