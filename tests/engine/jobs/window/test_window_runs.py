"""A real window over a real corpus: its steps are runs of their own, and what stops it is where it goes on."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from engine.convert.view import VIEWED, Level, RunView, health
from engine.errors import CorpusHeldError, UsageError
from engine.jobs.start import run_job
from engine.jobs.window.events import StepState
from engine.run.outcome import Outcome
from engine.run.reading import read_events
from tests.app.corpora import assert_is_conversion, tars
from tests.engine.checklist.keys import make_flight, open_flight
from tests.engine.jobs.window.windows import GO, make, order, run, runs_of, step

pytestmark = pytest.mark.usefixtures("user_folders")

WHOLE = (
    step("inventory"),
    step("sweep", "give = { dry_run = 2, counts = [1] }", 'drop = "no advice"'),
    step("convert", 'gate = "convert.start"'),
    step("validate", GO),
)


async def test_a_window_runs_its_steps_in_order_each_as_a_run_of_its_own(tmp_path: Path) -> None:
    corpus = make(tmp_path, *WHOLE)
    before = tars(corpus)

    ended = await run(corpus)

    assert ended.summary is not None
    assert ended.summary.outcome is Outcome.OK
    assert (ended.summary.counts, ended.summary.pending, ended.summary.level) == ({"done": 4}, 0, "green")
    assert ended.started() == ["inventory", "sweep", "convert", "validate"]
    for name, original in before.items():
        assert_is_conversion(original, tars(corpus)[name])
    for line in ended.of_type("step_started"):
        (of_step,) = runs_of(corpus, line["job"])
        assert of_step.run_id == line["step_run"]
        view = RunView()
        for logged in read_events(of_step.events_path, VIEWED):
            view.apply(logged)
        assert view.summary is not None
        assert view.summary.outcome is Outcome.OK
    assert [check["state"] for check in ended.of_type("check")] == ["pass"]
    forecast = {one["step"]: one for one in ended.of_type("steps_expected")[-1]["steps"]}
    assert "by the inventory of" in forecast["convert"]["rests_on"]
    lines = ended.summary.steps
    assert [line.run for line in lines] == [line["step_run"] for line in ended.of_type("step_started")]
    assert all(line.started < line.ended and line.seconds is not None for line in lines)
    assert all(one.ended <= after.started for one, after in pairwise(lines))


async def test_its_own_log_is_read_by_status_as_any_runs_is(tmp_path: Path) -> None:
    corpus = make(tmp_path, step("inventory"))
    await run(corpus)
    (folder,) = runs_of(corpus, "window")
    view = RunView()
    for logged in read_events(folder.events_path, VIEWED):
        view.apply(logged)
    assert health(view, alive=folder.is_alive()) == (Level.GREEN, "ended well")
    assert folder.record.args["plan"] == "small"


async def test_a_window_that_reached_its_end_is_begun_anew(tmp_path: Path) -> None:
    corpus = make(tmp_path, step("inventory"))
    first, second = await run(corpus), await run(corpus)
    assert second.started() == ["inventory"]
    assert second.of_type("window_planned")[0]["earlier"] == ""
    assert second.summary is not None
    assert first.summary is not None
    assert second.summary.began > first.summary.began


NEVER = 'verify = [{ type = "file", path = "$STATE/signed-by-a-person" }]'


async def test_a_failed_verification_stops_it_and_it_goes_on_there(tmp_path: Path) -> None:
    corpus = make(tmp_path, step("recover"), step("inventory", NEVER), step("validate"))

    stopped = await run(corpus)

    assert stopped.summary is not None
    assert stopped.summary.outcome is Outcome.SOME_FAILED
    assert stopped.states() == {
        "recover": StepState.DONE,
        "inventory": StepState.FAILED,
        "validate": StepState.WAITING,
    }
    assert "inventory failed: a verification failed: inventory-1: read" in stopped.summary.detail
    assert (stopped.summary.pending, stopped.summary.level) == (2, "red")

    (corpus / ".gonogo" / "signed-by-a-person").write_text("yes")
    gone_on = await run(corpus)

    assert gone_on.summary is not None
    assert gone_on.started() == ["inventory", "validate"]
    assert gone_on.planned()["earlier"] == stopped.run
    (kept,) = gone_on.of_type("step_kept")
    assert kept["step_run"] == stopped.of_type("step_started")[0]["step_run"]
    assert gone_on.summary.began == stopped.summary.began
    assert len(runs_of(corpus, "recover")) == 1
    assert gone_on.summary.detail == "validate failed: 4 shards pending: run gonogo convert"


async def test_to_begin_anew_does_all_of_it_with_a_clock_of_its_own(tmp_path: Path) -> None:
    corpus = make(tmp_path, step("inventory"), step("recover", NEVER))
    stopped = await run(corpus)
    anew = await run(corpus, anew=True)
    assert anew.started() == ["inventory", "recover"]
    assert anew.summary is not None
    assert stopped.summary is not None
    assert anew.summary.began > stopped.summary.began


async def test_a_closed_gate_stops_it_and_it_goes_on_once_it_is_signed(tmp_path: Path) -> None:
    flight = make_flight(tmp_path)
    corpus = make(tmp_path / "other", step("recover"), step("convert"), config='[gates]\n"convert.start" = "flight"\n')
    for path in flight.corpus.glob("checklists/*"):
        (corpus / "checklists" / path.name).write_bytes(path.read_bytes())
    (corpus / "doors").write_text("shut\n")
    (corpus / "engine").write_text("on\n")
    before = tars(corpus)

    closed = await run(corpus)

    assert closed.summary is not None
    assert closed.summary.outcome is Outcome.GATE_CLOSED
    assert "the gate convert.start is closed" in closed.summary.detail
    assert closed.states()["convert"] is StepState.FAILED
    assert tars(corpus) == before
    (of_step,) = runs_of(corpus, "convert")
    last = json.loads(of_step.events_path.read_bytes().splitlines()[-1])
    assert (last["type"], last["outcome"]) == ("summary", "gate_closed")

    await open_flight(corpus).clear()
    opened = await run(corpus)

    assert opened.summary is not None
    assert opened.summary.outcome is Outcome.OK, opened.summary.detail
    assert opened.started() == ["convert"]


async def test_a_gate_that_the_plan_alone_sets_is_asked_too(tmp_path: Path) -> None:
    """An inventory has no gate of its own."""
    flight = make_flight(tmp_path)
    steps = (step("inventory", 'gate = "upload.start"'),)
    corpus = make(tmp_path / "other", *steps, config='[gates]\n"upload.start" = "flight"\n')
    for path in flight.corpus.glob("checklists/*"):
        (corpus / "checklists" / path.name).write_bytes(path.read_bytes())
    closed = await run(corpus)
    assert closed.summary is not None
    assert closed.summary.outcome is Outcome.GATE_CLOSED
    assert "the gate upload.start is closed" in closed.summary.detail
    assert runs_of(corpus, "inventory") == []


async def test_a_step_that_ends_red_stops_it_unless_its_plan_says_otherwise(tmp_path: Path) -> None:
    steps = (step("inventory", 'red = "go on"'), step("convert"), step("recover"))
    corpus = make(tmp_path, *steps)
    damaged = corpus / "final-export" / "shard_00001" / "audio.tar"
    damaged.write_bytes(damaged.read_bytes()[:3_000])

    ended = await run(corpus)

    assert ended.summary is not None
    assert ended.summary.outcome is Outcome.SOME_FAILED
    assert list(ended.states().values()) == [StepState.DONE, StepState.FAILED, StepState.WAITING]
    assert ended.summary.detail == "convert failed: 1 quarantined"

    passed_over = await run(corpus, from_step="recover")
    assert passed_over.states()["convert"] is StepState.SKIPPED
    assert passed_over.started() == ["recover"]


async def test_a_step_that_may_be_dropped_is_left_out(tmp_path: Path) -> None:
    corpus = make(tmp_path, *WHOLE[:2])
    ended = await run(corpus, drop=("sweep",))
    assert ended.summary is not None
    assert ended.summary.counts == {"done": 1, "dropped": 1}
    assert ended.started() == ["inventory"]
    with pytest.raises(UsageError, match="'inventory' may not be dropped; those that may: sweep"):
        await run(corpus, drop=("inventory",))


async def test_nobody_else_changes_the_corpus_while_a_window_holds_it(tmp_path: Path) -> None:
    corpus = make(tmp_path, step("inventory"))
    refused: list[BaseException] = []

    async def barge_in(_: object) -> None:
        try:
            await run_job(order(corpus), tmp_path / "elsewhere", lambda *_: None)
        except CorpusHeldError as error:
            refused.append(error)

    await run_job(order(corpus), corpus / ".gonogo", lambda *_: None, barge_in)
    assert len(refused) == 1
