"""A simulated conversion as everybody else sees a real one: its log, its snapshots, its end, and a window around it.

What is simulated is the timetable's long step, with the disk guard's own rule and the pool's own queue; letting kept
originals go takes no time here, and every worker is there from the first moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from engine.convert.events import ConvertSummary, FoundShard, Planned, ShardsFound
from engine.crew.answers import State
from engine.crew.crew import Snapshot, WorkerNow
from engine.jobs.window.ahead import table_of
from engine.jobs.window.events import Expected
from engine.jobs.window.forecast import CONVERT, Known
from engine.jobs.window.plan import Plan
from engine.jobs.window.shape import Timetable
from engine.jobs.window.sim_corpus import Drawn, Simulated, draw
from engine.jobs.window.sim_play import InHand, Play
from engine.jobs.window.sim_result import Simulation
from engine.run.events import Event, Version
from engine.run.folder import RunFolder
from engine.run.log import EventLog
from engine.run.outcome import Outcome

_FOUND_A_LINE = 200
"""As a real conversion tells of the shards that it finds."""
_WHERE = "simulated"


class Simulator:
    """One simulated conversion: iterate :meth:`frames` once, then ask for :meth:`result`."""

    def __init__(self, corpus: Simulated) -> None:
        self.corpus = corpus
        self._drawn: Drawn = draw(corpus)
        self._play = Play(corpus, self._drawn)
        self._bytes_to_do = sum(self._drawn.sizes)

    def frames(self, snapshot_every_s: float | None = None) -> Iterator[tuple[float, Event | Snapshot]]:
        """Yield what the log of a real run has, and its snapshots, each with its second on the virtual clock.

        Args:
            snapshot_every_s: how far apart snapshots are at least, in virtual seconds; None for none.
        """
        for event in self._begin():
            yield 0.0, event
        snap_at = 0.0
        for at_s, event in self._play.run():
            if snapshot_every_s is not None and snap_at <= at_s:
                yield at_s, self.snapshot()
                snap_at = at_s + snapshot_every_s
            yield at_s, event
        yield self._play.at_s, self._summary()

    def result(self) -> Simulation:
        """Return what it came to, once it is over."""
        told, disk = self._play.tallied, self._play.disk
        return Simulation(
            corpus=self.corpus,
            seconds=told.seconds,
            done=told.done,
            failed=told.failed,
            pending=self.corpus.shards - told.done - told.failed,
            retried=told.retried,
            bytes_in=told.bytes_in,
            bytes_out=told.bytes_out,
            lowest_free_bytes=disk.lowest,
            lowest_at_s=disk.lowest_at_s,
            free_at_end_bytes=disk.free(self._play.work),
            pauses=tuple(told.pauses),
            safety=told.safety,
        )

    def snapshot(self) -> Snapshot:
        """Return this moment, as a real run's socket would."""
        play, told = self._play, self._play.tallied
        pauses = {"disk": play.waiting} if play.waiting else {}
        workers = tuple(self._worker(worker, play.in_hand.get(worker)) for worker in range(self.corpus.workers))
        return Snapshot(
            run=_WHERE,
            job=CONVERT,
            elapsed_s=play.at_s,
            workers_wanted=self.corpus.workers,
            workers=workers,
            pauses=pauses,
            stopping=False,
            settled=told.done + told.failed,
            to_do=self.corpus.shards,
            bytes_done=told.bytes_in + sum(worker.read_bytes for worker in workers),
            bytes_to_do=self._bytes_to_do,
            free_bytes=int(play.disk.free(play.work)),
            floor_bytes=int(self.corpus.floor_bytes),
        )

    def _worker(self, number: int, hand: InHand | None) -> WorkerNow:
        if hand is None:
            return WorkerNow(worker=number, pid=None)
        size, writer = self._drawn.sizes[hand.shard], hand.writer
        share = min(1.0, (self._play.work - hand.begun) / (writer.until - hand.begun))
        written = max(0.0, (self._play.work - writer.since) * writer.slope)
        return WorkerNow(
            worker=number,
            pid=None,
            shard=self._drawn.ids[hand.shard],
            stage="convert" if written else "read",
            read_bytes=int(share * size),
            of_bytes=size,
            written_bytes=int(written),
            seconds=self._play.at_s - hand.since_s,
        )

    def _begin(self) -> Iterator[Event]:
        drawn, count = self._drawn, self.corpus.shards
        yield Version(gonogo=_WHERE, job=CONVERT, corpus=_WHERE, python="", host=_WHERE)
        for at in range(0, count, _FOUND_A_LINE):
            ids, sizes = drawn.ids[at : at + _FOUND_A_LINE], drawn.sizes[at : at + _FOUND_A_LINE]
            yield ShardsFound(shards=tuple(map(FoundShard, ids, [State.PENDING] * len(ids), sizes)))
        yield Planned(shards=count, done=0, to_do=count, bytes_to_do=self._bytes_to_do, workers=self.corpus.workers)

    def _summary(self) -> ConvertSummary:
        it = self.result()
        ended = Outcome.SAFETY_STOP if it.safety else Outcome.SOME_FAILED if it.failed else Outcome.OK
        return ConvertSummary(
            job=CONVERT,
            outcome=ended,
            seconds=round(it.seconds, 3),
            counts={"done": it.done, "skipped": 0, "quarantined": 0, "failed": it.failed},
            pending=it.pending,
            converted=it.done,
            bytes_in=it.bytes_in,
            bytes_out=it.bytes_out,
            backups_kept=min(self.corpus.keep_backups, it.done),
            detail=it.safety,
        )


def simulate(corpus: Simulated) -> Simulation:
    """Play a conversion to its end and return what it came to."""
    simulator = Simulator(corpus)
    for _ in simulator.frames():
        pass
    return simulator.result()


def measured_by(corpus: Simulated, known: Known) -> Simulated:
    """Put what the newest sweep and inventory say in place of given numbers, as far as they say it.

    The sweep's pace at its recommended number of workers is shared out evenly over them.
    """
    found, swept = known.counted, known.measured
    if found is not None and found.to_do:
        corpus = replace(corpus, shards=found.to_do, shard_bytes=found.bytes_to_do / found.to_do)
    if swept is not None and swept.groups:
        first = swept.groups[0]
        each = first.mb_per_s * 1e6 / first.recommended_workers
        corpus = replace(corpus, workers=first.recommended_workers, worker_bytes_per_s=each)
    return corpus


def timetable_of(plan: Plan, simulation: Simulation, now: datetime) -> Timetable:
    """Put a simulated conversion into a window that would begin now; the other steps take their budgets."""
    told = Expected(CONVERT, simulation.seconds, f"simulated: {simulation.corpus}", is_assumed=False)
    return table_of(plan, told, now, (*simulation.lines(),))


def record(state: Path, corpus: Simulated, began: datetime) -> tuple[RunFolder, Simulation]:
    """Write a simulated conversion as a run's folder, so that ``status`` and the console show it as any other.

    Args:
        state: where the folder is made.
        corpus: what is simulated.
        began: when it begins, on the clock of its log.

    Raises:
        SafetyStopError: when the log cannot be written.
    """
    simulator, clock = Simulator(corpus), [began]
    folder = RunFolder.create(
        state, job=CONVERT, corpus=None, args={"simulated": str(corpus)}, config={}, versions={}, host={}
    )
    try:
        with EventLog(folder.events_path, folder.run_id, now=lambda: clock[0]) as log:
            for at_s, event in simulator.frames():
                if isinstance(event, Event):
                    clock[0] = began + timedelta(seconds=at_s)
                    log.append(event)
    finally:
        folder.close()
    return folder, simulator.result()
