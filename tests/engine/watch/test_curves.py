from dataclasses import replace

import pytest
from msgspec import structs

from engine.watch.alerts import Level
from tests.engine.watch.curves import BROKEN, broken, fine_tune, heavy, memorized, resumed, scratch, thinned
from tests.engine.watch.watching import records, watch

SEEDS = (900, 901)
HEALTHY = {"scratch": scratch, "fine-tune": fine_tune, "heavy": heavy}


@pytest.mark.parametrize("interval", [1, 10])
@pytest.mark.parametrize("kind", BROKEN)
def test_every_kind_of_broken_run_is_found_and_none_before_it_breaks(kind: str, interval: int) -> None:
    for seed in SEEDS:
        curve = broken(kind, seed, 2500 if interval == 1 else 600, interval)
        watched = watch(curve.records)
        assert curve.onset is not None
        assert watched.raised, f"{curve.name} was not found"
        assert all((alert.first_step or 0) >= curve.onset or alert.rule == "R6a" for alert in watched.raised)


@pytest.mark.parametrize("kind", HEALTHY)
@pytest.mark.parametrize("interval", [1, 10])
def test_a_healthy_run_is_green_at_its_end_and_never_red(kind: str, interval: int) -> None:
    for seed in SEEDS:
        watched = watch(HEALTHY[kind](seed, 3000 if interval == 1 else 800, interval).records)
        assert watched.level is Level.GREEN
        assert watched.worst < Level.RED
        assert watched.rules() <= {"R6a"}


def test_a_fine_tune_that_learns_its_few_examples_by_heart_is_healthy() -> None:
    assert watch(memorized(900).records).worst is Level.GREEN


@pytest.mark.parametrize("kind", ["nan", "inf", "shift-40", "corruption", "diverge", "too-high", "stuck"])
def test_the_verdict_is_the_same_when_only_every_tenth_step_is_logged(kind: str) -> None:
    for seed in SEEDS:
        curve = broken(kind, seed, 6000)
        if kind == "inf":  # a single record: let the tenth be the one
            begin = next(i for i, record in enumerate(curve.records) if record.step == curve.onset)
            curve = replace(curve, records=curve.records[begin % 10 :])
        assert watch(thinned(curve, 10).records).worst is watch(curve.records).worst, curve.name


@pytest.mark.parametrize("kind", HEALTHY)
def test_a_healthy_run_logged_at_every_tenth_step_is_as_healthy(kind: str) -> None:
    for seed in SEEDS:
        assert watch(thinned(HEALTHY[kind](seed, 4000, 1), 10).records).level is Level.GREEN


@pytest.mark.parametrize("cut", [60, 511, 513, 1000, 1400, 1702])
@pytest.mark.parametrize("kind", ["diverge", "drift", "plateau", "shift-15"])
def test_a_resume_that_repeats_steps_changes_no_verdict(kind: str, cut: int) -> None:
    curve = broken(kind, 900, 1800)
    whole, interrupted = watch(curve.records), watch(resumed(curve.records, cut, 50))
    assert [(a.rule, a.level, a.last_step) for a in interrupted.raised] == [
        (a.rule, a.level, a.last_step) for a in whole.raised
    ]
    assert interrupted.level is whole.level


def test_a_resume_within_a_lone_spike_tells_it_once() -> None:
    losses = [4.2 - 0.001 * i + 0.03 * ((i * 7) % 5) for i in range(600)]
    losses[400] = 9.0
    watched = watch(resumed(records(losses), 430, 50))
    assert [alert.rule for alert in watched.raised] == ["R6a"]


def test_a_resume_that_draws_other_batches_raises_nothing_in_a_healthy_run() -> None:
    rows = fine_tune(902, 2000).records
    other = [structs.replace(row, segment=1) for row in fine_tune(903, 2000).records[950:]]
    watched = watch([*rows[:1000], *other])
    assert watched.worst is Level.GREEN
