"""The forecast of a real corpus before anything starts: what it rests on, and what is assumed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.jobs.registry import Order
from engine.jobs.start import run_job
from engine.jobs.window.ahead import plan_ahead
from engine.jobs.window.events import StepState
from engine.jobs.window.known import read_known
from engine.run.log import utc_now
from tests.app.corpora import tars
from tests.engine.jobs.window.windows import GO, make, order, run, step

pytestmark = pytest.mark.usefixtures("user_folders")

WHOLE = (
    step("inventory"),
    step("sweep", "give = { dry_run = 2, counts = [1] }", 'drop = "no advice"'),
    step("convert", 'gate = "convert.start"'),
    step("validate", GO),
)
NEVER = 'verify = [{ type = "file", path = "$STATE/signed-by-a-person" }]'


async def test_the_forecast_ahead_rests_on_what_is_known_and_says_so(tmp_path: Path) -> None:
    corpus = make(tmp_path, *WHOLE)
    state = corpus / ".gonogo"
    blind = await asyncio.to_thread(plan_ahead, order(corpus), state, utc_now())
    assert blind.notes == (
        "no inventory yet: gonogo inventory counts shards and bytes",
        "no sweep yet: gonogo sweep measures how fast workers are",
        "assumed to take the whole budget: inventory, sweep, convert, validate",
    )
    assert blind.slack_s == 6 * 60
    assert not (state / "runs").exists()

    inventory = Order("inventory", corpus, order(corpus).settings)
    await run_job(inventory, state, lambda *_: None)
    known = await asyncio.to_thread(read_known, state)
    assert known.counted is not None
    assert (known.counted.shards, known.counted.to_do) == (4, 4)
    assert known.counted.bytes_to_do == sum(map(len, tars(corpus).values()))
    (state / "artifacts").mkdir()
    (state / "artifacts" / "sweep.json").write_text("{")
    told = await asyncio.to_thread(plan_ahead, order(corpus), state, utc_now())
    assert told.notes[0].startswith("assumed: ")
    assert "the sweep's report cannot be read" in told.notes[0]
    assert ": 4 shards, 4 to convert, " in told.notes[1]


async def test_an_inventory_of_before_a_conversion_says_so_and_how_to_make_it_anew(tmp_path: Path) -> None:
    corpus = make(tmp_path, *WHOLE)
    state, settings = corpus / ".gonogo", order(corpus).settings

    async def notes() -> str:
        return "\n".join((await asyncio.to_thread(plan_ahead, order(corpus), state, utc_now())).notes)

    await run_job(Order("inventory", corpus, settings), state, lambda *_: None)
    await run_job(Order("convert", corpus, settings, dry_run=2), state, lambda *_: None)
    assert "out of date" not in await notes(), "a dry run converts nothing"
    await run_job(Order("convert", corpus, settings), state, lambda *_: None)
    told = await notes()
    assert ": 4 shards, 4 to convert, " in told
    assert "out of date: 4 of these were converted since; gonogo inventory counts anew" in told

    await run_job(Order("inventory", corpus, settings), state, lambda *_: None)
    told = await notes()
    assert ": 4 shards, 0 to convert, " in told
    assert "out of date" not in told


async def test_the_forecast_ahead_of_one_that_goes_on_begins_with_what_was_done(tmp_path: Path) -> None:
    corpus = make(tmp_path, step("inventory"), step("recover", NEVER))
    stopped = await run(corpus)
    table = await asyncio.to_thread(plan_ahead, order(corpus), corpus / ".gonogo", utc_now())
    assert table.notes[0].startswith(f"goes on after {stopped.run}, whose clock began ")
    assert [row.state for row in table.rows] == [StepState.DONE, StepState.WAITING]
    assert table.row("inventory").kept
