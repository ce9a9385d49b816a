"""The timetable before anything starts: of given numbers, of a simulation, of what a sweep measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.convert.view import Level
from engine.jobs.window.ahead import Corpus, example
from engine.jobs.window.events import StepState
from engine.jobs.window.forecast import Counted, Known, Measured
from engine.jobs.window.plan import Plan
from engine.jobs.window.reading import read_plan
from engine.jobs.window.sim_corpus import Simulated
from engine.jobs.window.sim_window import Player
from engine.jobs.window.simulate import measured_by, simulate, timetable_of
from engine.jobs.window.timetable import timetable
from tests.engine.jobs.window.tables import moment
from tests.engine.jobs.window.test_forecast import group

PLAN = """\
[window]
id = "window-night"
title = "A night"
window = "6h"

[[step]]
name = "inventory"
title = "Inventory"
job = "inventory"
budget = "30m"

[[step]]
name = "convert"
title = "Conversion"
job = "convert"
budget = "240m"
hurry = "more workers"

[[step]]
name = "validate"
title = "Validation"
job = "validate"
budget = "60m"
drop = "no report"
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    path = tmp_path / "window-night.toml"
    path.write_text(PLAN)
    return read_plan(path)


def test_the_runbooks_numbers_make_its_three_hours(plan: Plan) -> None:
    table = example(plan, Corpus(), moment(0))
    convert = table.row("convert")
    assert convert.seconds == pytest.approx(3 * 3600, rel=0.001)
    assert convert.rests_on == "3,551 shards of 3.30 GB, 32 workers at 33.9 MB/s each"
    assert table.slack_s == pytest.approx((30 + 60) * 60, abs=20)
    assert (table.level, table.notes) == (Level.GREEN, (f"an example: {convert.rests_on}",))


def test_too_few_workers_break_the_window_and_it_says_what_could_go(plan: Plan) -> None:
    table = example(plan, Corpus(workers=19), moment(0))
    assert table.level is Level.RED
    assert [(one.step, one.do) for one in table.advice] == [("validate", "drop")]
    assert table.fits_then
    assert not example(plan, Corpus(workers=8), moment(0)).fits_then


def test_a_simulation_takes_its_place_in_a_window(plan: Plan) -> None:
    told = simulate(Simulated(shards=400, free_bytes=60e9))
    table = timetable_of(plan, told, moment(0))
    convert = table.row("convert")
    assert convert.seconds == pytest.approx(told.seconds, abs=0.001)
    assert convert.rests_on.startswith("simulated: 400 shards of 3.30 GB")
    assert table.notes == tuple(told.lines())


def test_a_simulation_takes_what_was_measured_for_what_was_given() -> None:
    given = Simulated(free_bytes=7e10)
    found, swept = Counted("then", 100, 80, 4 * 10**11), Measured("then", 8, (group(workers=4),))
    measured = measured_by(given, Known(found, swept))
    wanted = replace(given, shards=80, shard_bytes=5e9, workers=4, worker_bytes_per_s=1e8)
    assert measured == wanted
    assert measured_by(given, Known()) == given


def test_a_simulated_window_is_folded_as_a_real_one(plan: Plan) -> None:
    corpus = Simulated(shards=400, workers=4)
    player, tables = Player(plan, corpus, moment(0)), []
    for told in player.moments():
        if told.window is None and told.snapshot is None:
            continue
        progress = told.snapshot.progress if told.snapshot is not None else None
        table = timetable(player.view, moment(told.at_s / 60), progress)
        if table is not None:
            tables.append(table)
    last, took = tables[-1], simulate(corpus).seconds
    assert player.view.summary is not None
    assert player.view.summary.counts == {"done": 3}
    assert [row.seconds for row in last.rows] == pytest.approx([1800, took, 3600], abs=0.01)
    under_way = [table for table in tables if table.row("convert").state is StepState.UNDER_WAY]
    late = under_way[len(under_way) // 4 :]
    assert len(late) > 20
    assert all(table.row("convert").seconds == pytest.approx(took, rel=0.1) for table in late)


def test_a_simulated_window_whose_disk_is_full_stops_there(plan: Plan) -> None:
    player = Player(plan, Simulated(free_bytes=11e9), moment(0))
    *_, last = player.moments()
    table = timetable(player.view, moment(last.at_s / 60))
    assert table is not None
    assert (table.level, table.row("convert").state) == (Level.RED, StepState.FAILED)
    assert table.row("validate").state is StepState.WAITING
    assert "the disk had no room for another shard" in table.told
