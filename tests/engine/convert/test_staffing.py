"""A conversion's own choice of workers and threads, as the pool and an operator meet it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.config import Settings
from engine.config.sections import Convert
from engine.convert.conversion import Conversion
from engine.convert.sweep_events import SweepGroup, SweepSummary
from engine.convert.sweep_verdict import Limit
from engine.convert.tasks import Convert as Order
from engine.convert.view import RunView
from engine.crew.artifacts import artifact, write_whole
from engine.crew.wire import ShardRef
from engine.errors import GonogoError
from engine.run.desk import Desk
from engine.run.events import Event, WorkersChanged
from engine.run.log import EventLog
from engine.run.outcome import Outcome
from engine.run.queue import Task
from engine.run.reading import Logged
from engine.shards.layout import ShardKind, ShardPlace
from engine.shards.names import ShardFiles

CPUS = 4


class Told:
    """A conversion at a desk, with all that its log was told."""

    def __init__(self, state: Path, workers: int | str = "auto", dry_run: int | None = None) -> None:
        self.events: list[Event] = []
        log = EventLog(None, None)
        log.listeners.append(lambda event, _: self.events.append(event))
        desk = Desk(run_id="run", tool="gonogo", state=state, log=log, worker_env={}, cpus=CPUS)
        self.run = Conversion(state, Settings(convert=Convert(workers=workers)), desk, dry_run=dry_run)
        self.tasks: list[Task] = []

    async def staffed(self, *sources: str) -> Told:
        places = [place(source, number) for number, source in enumerate(sources)]
        for one in places:
            order = Order(shard=ShardRef.of(one, Path("/locks")), run="run", tool="gonogo", spot_checks=0)
            self.tasks.append(self.run.enlist(one, 1_000_000, order))
        await self.run.staff(places[0] if places else None, steerable=self.run.dry_run is None)
        return self

    @property
    def changes(self) -> list[WorkersChanged]:
        return [event for event in self.events if isinstance(event, WorkersChanged)]


def place(source: str, number: int) -> ShardPlace:
    name = f"shard_{number}"
    return ShardPlace(source, name, ShardKind.FOLDER, ShardFiles.of_folder(Path("/c", source, name), "audio.tar"), None)


def sweep_report(state: Path, **workers: int) -> None:
    groups = tuple(
        SweepGroup(
            codec=codec,
            bytes_to_do=1,
            recommended_workers=count,
            limited_by=Limit.DISK,
            why="",
            mb_per_s=1.0,
            estimate_s=1.0,
            disk_allows=9,
            figures=(),
            sources=(f"{codec}s",),
        )
        for codec, count in workers.items()
    )
    summary = SweepSummary(
        job="sweep", outcome=Outcome.OK, seconds=1.0, counts={}, tried=1, usable_cpus=CPUS, codecs=groups
    )
    write_whole(artifact(state, "sweep.json"), msgspec.json.encode(summary))


async def test_it_begins_with_one_a_processor_where_nobody_knows_better(tmp_path: Path) -> None:
    told = await Told(tmp_path).staffed("a")
    now = told.run.look()
    assert (now.workers_wanted, now.auto, now.workers_why) == (CPUS, True, "one for each processor")
    assert told.events == []


async def test_it_begins_with_what_a_sweep_found_for_the_codec_that_comes_first(tmp_path: Path) -> None:
    sweep_report(tmp_path, wav=1, flac=3)
    told = await Told(tmp_path).staffed("flacs", "wavs")
    now = told.run.look()
    assert (now.workers_wanted, now.workers_why) == (3, "as the last sweep found for flac")


async def test_a_number_that_was_asked_for_is_not_touched(tmp_path: Path) -> None:
    sweep_report(tmp_path, wav=1)
    told = await Told(tmp_path, workers=2).staffed("wavs")
    told.run.steer()
    assert (told.run.look().workers_wanted, told.run.look().auto) == (2, False)


async def test_flac_gets_threads_by_the_workers_there_are_when_it_goes_out(tmp_path: Path) -> None:
    sweep_report(tmp_path, wav=4, flac=1)
    told = await Told(tmp_path, workers=2).staffed("flacs", "flacs", "flacs", "wavs")
    assert [told.run.particulars(task) for task in told.tasks] == [b'{"threads":2}'] * 3 + [b"{}"]
    told.run.set_workers(1)
    assert told.run.particulars(told.tasks[0]) == b'{"threads":4}'
    told.run.set_workers(4)
    assert told.run.particulars(told.tasks[0]) == b"{}"


async def test_the_last_shards_of_a_run_get_the_processors_of_those_that_are_gone(tmp_path: Path) -> None:
    sweep_report(tmp_path, flac=4)
    told = await Told(tmp_path).staffed("flacs", "flacs", "flacs", "flacs", "flacs")
    assert told.run.particulars(told.tasks[0]) == b"{}"
    for task in told.tasks[:3]:
        told.run.settle(task)
    assert told.run.particulars(told.tasks[3]) == b'{"threads":2}'


async def test_an_order_with_threads_is_one_that_a_worker_reads(tmp_path: Path) -> None:
    sweep_report(tmp_path, flac=1)
    told = await Told(tmp_path).staffed("flacs", "flacs")
    joined = told.run.particulars(told.tasks[0])[:-1] + b"," + told.tasks[0].payload[1:]
    assert msgspec.json.decode(joined, type=Order).threads == CPUS


async def test_an_operators_number_ends_auto_and_auto_begins_with_it_again(tmp_path: Path) -> None:
    told = await Told(tmp_path).staffed("a")
    told.run.set_workers(3)
    assert (told.run.look().auto, told.run.look().workers_why) == (False, "asked for")
    told.run.choose_workers()
    told.run.choose_workers()
    assert (told.run.look().auto, told.run.look().workers_wanted) == (True, 3)
    assert [(event.count, event.auto) for event in told.changes] == [(3, False), (3, True)]
    assert all(event.why for event in told.changes)


async def test_asking_for_the_number_that_there_is_ends_auto_too_and_is_told(tmp_path: Path) -> None:
    told = await Told(tmp_path).staffed("a")
    told.run.set_workers(CPUS)
    assert [(event.count, event.why, event.auto) for event in told.changes] == [(CPUS, "asked for", False)]
    view = RunView()
    for event in told.events:
        view.apply(Logged("2026-01-01T00:00:00Z", None, event))
    assert (view.workers, view.workers_why, view.auto) == (CPUS, "asked for", False)


async def test_no_number_below_one_ends_auto(tmp_path: Path) -> None:
    told = await Told(tmp_path).staffed("a")
    with pytest.raises(GonogoError, match="at least 1"):
        told.run.set_workers(0)
    assert told.run.look().auto


async def test_a_dry_run_chooses_nothing(tmp_path: Path) -> None:
    told = await Told(tmp_path, dry_run=3).staffed("a")
    assert (told.run.look().auto, told.run.look().workers_wanted) == (False, CPUS)
    with pytest.raises(GonogoError, match="a dry run chooses no number"):
        told.run.choose_workers()


async def test_a_damaged_sweep_report_is_warned_of_and_stops_nothing(tmp_path: Path) -> None:
    write_whole(artifact(tmp_path, "sweep.json"), b"{")
    told = await Told(tmp_path).staffed("a")
    assert told.run.look().workers_wanted == CPUS
    assert ["sweep again" in event.problem for event in told.events if hasattr(event, "problem")] == [True]
