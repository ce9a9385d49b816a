"""The number of workers follows the machine: simulated ones, an hour each, with bursts of other programs on them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.convert.auto_course import Limits
from engine.convert.auto_workers import AutoWorkers, most_workers, threads_each
from tests.engine.convert.simulated_machine import Machine, Pace, cpu_bound, disk_bound

HOUR_S = 3_600.0
NEAR_BEST = 0.9
"""Of the best pace: what is reached, and what an hour makes of it with all tries counted in."""
CHANGES_AN_HOUR = 24
"""From 32 workers to the best number some five; the others are tries in vain, each there and back, ever rarer."""
NOISE = [0.0, 0.2]


def seeks(cores: int, disk_mb_s: float, best: int) -> Machine:
    """Return a machine whose disk is slower with every worker beyond the best number."""
    return Machine(disk_bound(cores, 100, disk_mb_s, thrash_from=best, each_costs=1 / cores), cores)


@pytest.mark.parametrize("noise", NOISE)
def test_where_the_cpus_are_the_limit_it_stays_at_one_a_processor(noise: float) -> None:
    machine = Machine(cpu_bound(8, 100), cores=8, noise=noise)
    machine.run(HOUR_S)
    assert machine.workers == 8
    assert machine.numbers == []


@pytest.mark.parametrize("noise", NOISE)
def test_from_too_few_it_climbs_to_one_a_processor_and_stays(noise: float) -> None:
    machine = Machine(cpu_bound(8, 100), cores=8, start=2, noise=noise)
    machine.run(600)
    assert machine.workers == 8
    assert machine.numbers == sorted(machine.numbers)
    climbed = len(machine.numbers)
    machine.run(HOUR_S)
    assert len(machine.numbers) == climbed


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize(("cores", "disk_mb_s", "best"), [(2, 90.0, 1), (8, 200.0, 2), (32, 400.0, 4)])
def test_on_a_disk_that_seeks_it_comes_down_to_few_and_does_not_oscillate(
    cores: int, disk_mb_s: float, best: int, noise: float
) -> None:
    machine = seeks(cores, disk_mb_s, best)
    machine.noise = noise
    machine.run(HOUR_S)
    assert machine.converted_mb >= NEAR_BEST * machine.possible_mb
    assert len(machine.numbers) <= CHANGES_AN_HOUR, machine.numbers
    assert machine.settled_share_of_best >= NEAR_BEST
    before = len(machine.numbers)
    machine.run(HOUR_S)
    assert len(machine.numbers) - before <= CHANGES_AN_HOUR / 2, "tries become rarer"
    assert machine.settled_share_of_best >= NEAR_BEST


@pytest.mark.parametrize("shard_mb", [2.0, 3_000.0])
def test_tiny_shards_and_huge_ones_are_measured_alike(shard_mb: float) -> None:
    machine = seeks(8, 200, 2)
    machine.shard_mb = shard_mb
    machine.noise = 0.1
    machine.run(HOUR_S)
    assert machine.settled_share_of_best >= NEAR_BEST
    assert machine.converted_mb >= 0.8 * machine.possible_mb


def test_a_load_that_comes_and_goes_leaves_the_number_alone_where_cpus_are_the_limit() -> None:
    def shared(workers: int, at_s: float) -> Pace:
        ours = 8 if int(at_s // 600) % 2 == 0 else 4
        return Pace(min(workers, ours) * 100.0, idle=max(0.0, (ours - workers) / 8))

    machine = Machine(shared, cores=8, noise=0.1)
    machine.run(2 * HOUR_S)
    assert machine.workers == 8
    assert machine.numbers == []


def test_when_somebody_else_uses_the_disk_for_a_while_it_finds_its_way_back() -> None:
    def shared(workers: int, at_s: float) -> Pace:
        taken = 1_800 <= at_s < 3_600
        return disk_bound(8, 100, 120 if taken else 500, thrash_from=1 if taken else 5, each_costs=0.1)(workers, at_s)

    machine = Machine(shared, cores=8, noise=0.05)
    machine.run(3 * HOUR_S)
    assert machine.settled_share_of_best >= NEAR_BEST
    assert machine.converted_mb >= 0.85 * machine.possible_mb
    assert len(machine.numbers) <= 3 * CHANGES_AN_HOUR


def test_a_pause_in_between_changes_nothing() -> None:
    def held(at_s: float) -> bool:
        return at_s % 100 > 70

    machine = seeks(8, 200, 2)
    machine.held = held
    machine.run(HOUR_S)
    assert machine.settled_share_of_best >= NEAR_BEST
    steady = Machine(cpu_bound(8, 100), cores=8, held=held)
    steady.run(HOUR_S)
    assert steady.numbers == []


def test_each_codec_has_its_own_number_and_it_is_remembered() -> None:
    def codec(at_s: float) -> str:
        return "flac" if 1_800 <= at_s < 3_600 else "wav"

    def pace(workers: int, at_s: float) -> Pace:
        wav, flac = disk_bound(8, 100, 200, thrash_from=2, each_costs=0.12), cpu_bound(8, 12)
        return (flac if codec(at_s) == "flac" else wav)(workers, at_s)

    machine = Machine(pace, cores=8, codec=codec, shard_mb=20)
    machine.run(1_790)
    assert machine.base == 2
    machine.run(610)
    assert machine.base == 8
    turn = next(one for one in machine.decisions if one.why.startswith("flac from here on"))
    assert turn.workers == 8
    machine.run(1_800)
    back = next(one for one in machine.decisions if one.why.startswith("wav from here on"))
    assert (back.workers, back.why) == (2, "wav from here on: 2 workers, as this run measured")
    assert machine.base == 2


def test_a_sweeps_recommendation_is_where_it_begins() -> None:
    machine = seeks(8, 200, 2)
    begun = AutoWorkers(8, Limits(16, 8), {"wav": 2}).begin("wav")
    assert (begun.workers, begun.why) == (2, "as the last sweep found for wav")
    machine = Machine(machine.pace, cores=8, advised={"wav": 2})
    machine.run(HOUR_S)
    assert machine.converted_mb >= 0.95 * machine.possible_mb


def test_every_change_says_from_where_to_where_and_what_was_measured() -> None:
    machine = seeks(8, 200, 2)
    machine.run(600)
    assert machine.decisions
    for one in machine.decisions:
        assert " -> " in one.why.partition(":")[0], one.why
        assert "MB/s" in one.why
        assert "CPUs" in one.why
    kept = [one for one in machine.decisions if "MB/s" in one.why and one.why.count("->") == 2]
    assert kept, "a number that was tried is kept, or not, with the pace before and after"


def test_an_operators_number_is_where_it_goes_on_from() -> None:
    machine = Machine(cpu_bound(8, 100), cores=8)
    machine.workers = 3
    machine.chooser.set(3)
    machine.run(600)
    assert machine.workers == 8
    assert all(after > before for before, after in pairwise([3, *machine.numbers]))


@pytest.mark.parametrize(("cpus", "memory_gb", "most"), [(8, 64, 16), (8, 2, 5), (32, 4, 10), (4, 0.1, 1)])
def test_neither_processors_nor_memory_are_overrun(cpus: int, memory_gb: float, most: int) -> None:
    assert most_workers(cpus, int(memory_gb * 1e9)) == most


@pytest.mark.parametrize(
    ("codec", "cpus", "workers", "threads"),
    [
        ("flac", 8, 2, 4),
        ("flac", 8, 3, 2),
        ("flac", 8, 8, 1),
        ("flac", 2, 16, 1),
        ("flac+wav", 4, 1, 4),
        ("wav", 8, 1, 1),
        ("", 8, 1, 1),
    ],
)
def test_flac_gets_the_processors_that_no_other_worker_takes(codec: str, cpus: int, workers: int, threads: int) -> None:
    assert threads_each(codec, cpus, workers) == threads
