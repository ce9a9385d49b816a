"""How long a conversion is forecast to take: the sweep's rates over the inventory's bytes, and what is said of it."""

from __future__ import annotations

import pytest

from engine.convert.sweep_events import SweepGroup
from engine.convert.sweep_trial import Figures
from engine.convert.sweep_verdict import Limit
from engine.jobs.window.forecast import Counted, Known, Measured, conversion_s, expect, notes_of, rate_of
from tests.engine.jobs.window.tables import STEPS


def figures(workers: int, mb_per_s: float) -> Figures:
    return Figures(
        workers=workers,
        wall_s=1,
        bytes_in=1,
        mb_per_s=mb_per_s,
        cpu_s_per_gb=1,
        utilisation=1,
        in_hand=1,
        on_cpu=1,
        cpu_wait=0,
        stages={},
        disk_read_bytes=0,
        disk_written_bytes=0,
    )


def group(codec: str = "flac", bytes_to_do: int = 10**12, workers: int = 4) -> SweepGroup:
    return SweepGroup(
        codec=codec,
        bytes_to_do=bytes_to_do,
        recommended_workers=workers,
        limited_by=Limit.CPU,
        why="",
        mb_per_s=400,
        estimate_s=bytes_to_do / 400e6,
        disk_allows=99,
        figures=(figures(1, 100), figures(4, 400), figures(8, 500)),
    )


@pytest.mark.parametrize(
    ("workers", "mb_per_s"), [(None, 400), (1, 100), (4, 400), (2, 200), (6, 450), (8, 500), (32, 500)]
)
def test_the_rate_of_a_number_of_workers_is_the_measured_one_or_lies_between(
    workers: int | None, mb_per_s: float
) -> None:
    assert rate_of(group(), workers) == pytest.approx(mb_per_s * 1e6)


def test_fewer_workers_than_were_measured_are_as_much_slower() -> None:
    only_four = group()
    only_four = type(only_four)(
        **{**{name: getattr(only_four, name) for name in only_four.__struct_fields__}, "figures": (figures(4, 400),)}
    )
    assert rate_of(only_four, 2) == pytest.approx(200e6)


def test_the_bytes_are_the_inventorys_and_each_codec_takes_its_own_time() -> None:
    groups = [group("flac", 3 * 10**12), group("wav", 10**12)]
    assert conversion_s(groups, None, None) == pytest.approx(4e12 / 400e6)
    assert conversion_s(groups, None, 2 * 10**12) == pytest.approx(2e12 / 400e6)


FOUND = Counted("2026-01-31T09:00:00.000Z", 100, 80, 10**12)
SWEPT = Measured("2026-01-31T09:10:00.000Z", 8, (group(),))


def test_a_conversion_is_forecast_from_the_sweep_and_says_so() -> None:
    told = {one.step: one for one in expect(STEPS, Known(FOUND, SWEPT), None)}
    assert told["work"].seconds == pytest.approx(2500)
    assert not told["work"].is_assumed
    assert "1.00 TB by the inventory of 2026-01-31T09:00:00.000Z" in told["work"].rests_on
    assert "flac 4 workers at 400 MB/s by the sweep of" in told["work"].rests_on
    assert (told["tell"].seconds, told["tell"].is_assumed) == (600, True)


def test_without_a_sweep_the_budget_stands_and_is_called_an_assumption() -> None:
    told = expect(STEPS, Known(FOUND), None)
    assert [one.seconds for one in told] == [step.budget_s for step in STEPS]
    assert told[1].rests_on == "the plan's budget: no sweep has measured its rate yet"
    assert notes_of(Known(FOUND), told) == (
        "inventory of 2026-01-31T09:00:00.000Z: 100 shards, 80 to convert, 1.00 TB",
        "no sweep yet: gonogo sweep measures how fast workers are",
        "assumed to take the whole budget: look, work, weigh, tell",
    )


def test_where_nothing_is_left_to_convert_no_time_is_forecast_for_it() -> None:
    done = Counted(FOUND.time, 100, 0, 0)
    told = expect(STEPS, Known(done, SWEPT), None)
    assert told[1].seconds == 0
    assert "nothing is left to convert" in told[1].rests_on
