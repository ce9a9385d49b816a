from __future__ import annotations

import asyncio
import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.alerts import OF_STATE, Concern, acknowledgement, in_order, moment_of, of_training, waiting, with_who, worst
from app.alerts_reading import AlertSource
from app.alerts_runs import About, RunFold, late_window
from app.alerts_shards import ShardTroubles
from engine.checklist.around import Around
from engine.checklist.finding import open_list
from engine.checklist.walk import Walk
from engine.config import Settings
from engine.convert.events import ShardDone, ShardFailed, ShardQuarantined, ShardSeen, ShardSkipped
from engine.convert.view import AnySummary, Level
from engine.crew.answers import State
from engine.errors import Fault, GonogoError
from engine.jobs.ended import EndedEarly
from engine.jobs.window.events import PlannedStep, StepStarted, WindowPlanned
from engine.jobs.window.shape import Timetable
from engine.jobs.window.timetable import timetable
from engine.jobs.window.view import WindowView
from engine.run.events import Event, GateOpened, Paused, Resumed, Stopping, WorkerEnded
from engine.run.folder import RunFolder
from engine.run.log import EventLog, rfc3339
from engine.run.outcome import Outcome
from engine.watch import alerts as watch
from engine.watch.acknowledged import Acknowledged, Seen
from tests.app.console.walking import LIST
from tests.app.program import until

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
NOW_S = NOON.timestamp() + 86_400
NAN = '{"step": 50, "loss": NaN}\n'


def at(seconds: float) -> str:
    return rfc3339(NOON + timedelta(seconds=seconds))


def bad(shard: int, problem: str = "checksum of a tar header is wrong") -> ShardQuarantined:
    name = f"a/shard_{shard:05d}"
    return ShardQuarantined(shard=name, source="a", fault=Fault(problem, file=f"{name}/audio.tar"))


def done(shard: int) -> ShardDone:
    return ShardDone(shard=f"a/shard_{shard:05d}", source="a", seconds=1.0)


def lost(worker: int) -> WorkerEnded:
    return WorkerEnded(worker=worker, pid=1, how="killed", detail="SIGKILL")


# The fold over shards.


def troubles(*told: tuple[float, Event], run: str = "r1") -> list[Concern]:
    fold = ShardTroubles()
    for seconds, event in told:
        fold.take(run, at(seconds), event)
    return list(fold.concerns("/corpus"))


def test_three_hundred_quarantined_shards_of_one_reason_are_one_alert() -> None:
    (one,) = troubles(*((number, bad(number)) for number in range(300)))
    assert (one.count, one.level, one.since, one.newest) == (300, Level.RED, at(0), at(299))
    assert one.what == "300 shards quarantined: checksum of a tar header is wrong"
    assert len(one.details) == 51
    assert one.details[-1] == "and 250 more: gonogo status r1"


def test_another_reason_and_another_state_are_other_alerts() -> None:
    failed = ShardFailed(shard="a/x", source="a", fault=Fault("disk error"), final=True)
    tried_again = ShardFailed(shard="a/y", source="a", fault=Fault("worker died"), final=False)
    found = troubles((0, bad(1)), (1, bad(2, "no audio.tar")), (2, failed), (3, tried_again))
    assert sorted(one.key for one in found) == [
        "shards/failed/disk error",
        "shards/quarantined/checksum of a tar header is wrong",
        "shards/quarantined/no audio.tar",
    ]


def test_a_shard_that_a_later_run_converts_is_nobodys_concern_any_more() -> None:
    assert troubles((0, bad(1)), (9, done(1))) == []
    seen_well = ShardSeen(shard="a/shard_00001", source="a", state=State.PENDING, size_bytes=1)
    assert troubles((0, bad(1)), (9, seen_well)) == []
    skipped = ShardSkipped(shard="a/shard_00001", source="a", note="16 kHz")
    assert troubles((0, bad(1)), (9, skipped)) == []


def test_an_inventory_does_not_clear_what_failed() -> None:
    failed = ShardFailed(shard="a/shard_00001", source="a", fault=Fault("disk error"), final=True)
    seen = ShardSeen(shard="a/shard_00001", source="a", state=State.PENDING, size_bytes=1)
    assert len(troubles((0, failed), (9, seen))) == 1


def test_reasons_without_end_are_gathered_under_one_more() -> None:
    found = troubles(*((number, bad(number, f"reason {number}")) for number in range(100)))
    assert len(found) == 41
    assert sum(one.count for one in found) == 100


# Acknowledging.


def acknowledged_in(folder: Path, concern: Concern) -> Acknowledged:
    store = Acknowledged(folder)
    store.keep(acknowledgement(concern, "kim", "known", NOW_S))
    return Acknowledged(folder)


def test_what_somebody_has_seen_stays_seen_after_a_restart_and_when_told_again(tmp_path: Path) -> None:
    (one,) = troubles((0, bad(1)), (1, bad(2)))
    store = acknowledged_in(tmp_path, one)
    seen = with_who(one, store)
    assert (seen.by, seen.note, seen.seen_at) == ("kim", "known", moment_of(NOW_S))
    (again,) = troubles((0, bad(1)), (1, bad(2)), (5_000, bad(1)), (5_001, bad(2)))
    assert with_who(again, store).by == "kim", "the same shards, met by a later run"


def test_more_shards_raise_an_acknowledged_alert_again(tmp_path: Path) -> None:
    (one,) = troubles((0, bad(1)), (1, bad(2)))
    store = acknowledged_in(tmp_path, one)
    (more,) = troubles((0, bad(1)), (1, bad(2)), (2, bad(3)))
    assert not with_who(more, store).by


@given(shown=st.lists(st.integers(0, 9), min_size=1, max_size=9), after=st.lists(st.integers(0, 9), max_size=9))
def test_an_acknowledgement_holds_exactly_while_no_shard_is_new(
    tmp_path_factory: pytest.TempPathFactory, shown: list[int], after: list[int]
) -> None:
    told = [(float(time), bad(shard)) for time, shard in enumerate(shown)]
    (one,) = troubles(*told)
    store = acknowledged_in(tmp_path_factory.mktemp("state"), one)
    later = [(float(len(shown) + time), bad(shard)) for time, shard in enumerate(after)]
    (then,) = troubles(*told, *later)
    assert bool(with_who(then, store).by) == (set(after) <= set(shown))


def test_the_newest_stands_first_and_what_was_seen_below() -> None:
    def one(key: str, newest: str, by: str = "", level: Level = Level.RED) -> Concern:
        return Concern(key, level, newest, newest, "w", "what", "advice", by=by)

    found = [one("old", at(1)), one("seen", at(9), "kim"), one("new", at(5), level=Level.YELLOW), one("never", "")]
    assert [each.key for each in in_order(found)] == ["new", "old", "never", "seen"]
    assert [each.key for each in waiting(in_order(found))] == ["new", "old", "never"]
    assert worst(found) is Level.RED
    assert worst(found[1:3]) is Level.YELLOW
    assert worst(found[1:2]) is Level.GREEN


def test_a_line_of_a_watch_and_one_of_the_console_live_in_one_file(tmp_path: Path) -> None:
    store = Acknowledged(tmp_path)
    alert = watch.Alert("R1", "log", "", watch.Level.RED, watch.Level.RED, 5, 9, 1.0, 2.0, 1.0, 1.0, "", "nan", "stop")
    store.add([alert], {"log": "/logs/a"}, "kim", "", NOW_S)
    (one,) = troubles((0, bad(1)))
    store.keep(acknowledgement(one, "lee", "", NOW_S))
    again = Acknowledged(tmp_path)
    seen = again.of(alert, {"log": "/logs/a"})
    assert seen is not None
    assert seen.by == "kim"
    assert [each.by for each in again.given(OF_STATE, "", one.key)] == ["lee"]


def test_what_another_console_acknowledges_is_seen_here(tmp_path: Path) -> None:
    here, there = Acknowledged(tmp_path), Acknowledged(tmp_path)
    assert not here.refresh()
    there.keep(Seen(OF_STATE, "", "key", 1, "kim", NOW_S))
    assert here.refresh()
    assert next(here.given(OF_STATE, "", "key")).by == "kim"


def test_an_alert_of_a_training_reads_like_any_other() -> None:
    red = watch.Level.RED
    alert = watch.Alert("R1", "log", "a", red, red, 5, 9, 1.0, 2.0, 1.0, 1.0, "", "loss is NaN", "stop")
    alert = replace(alert, acknowledged_by="kim")
    found = of_training(alert, "looked at it")
    assert (found.level, found.what, found.by, found.note) == (Level.RED, "R1: loss is NaN", "kim", "looked at it")
    assert (found.kind, found.ref) == ("training", "log/a")


# The fold over a run.


def run_of(*told: Event, job: str = "convert", alive: bool = True, newest: bool = True) -> dict[str, Concern]:
    fold = RunFold(About("r1", job, "/corpus", at(0)))
    for seconds, event in enumerate(told):
        fold.take(at(seconds), event)
    found = fold.concerns(alive=alive, is_newest=newest)
    return {one.key.removeprefix("run/r1/"): one for one in found}


def summary(outcome: Outcome, detail: str = "", job: str = "convert") -> AnySummary:
    return AnySummary(job=job, outcome=outcome, seconds=1.0, detail=detail)


CLOSED = (
    "the gate convert.start is closed: the checklist 'phase2-conversion' says NO-GO: 3 open of 10 items\n"
    "  disk: open: is there room?\nwalk it: gonogo checklist run phase2-conversion --corpus /corpus"
)


def test_a_run_paused_by_the_guard_wants_a_person_and_one_paused_by_its_operator_does_not() -> None:
    found = run_of(Paused(why="disk", detail="9 GB free"), Paused(why="operator"))
    assert list(found) == ["paused/disk"]
    assert found["paused/disk"].level is Level.YELLOW
    assert run_of(Paused(why="disk"), Resumed(why="disk")) == {}
    assert "gonogo resume r1" in run_of(Paused(why="fault", detail="x"))["paused/fault"].command


def test_lost_workers_are_one_alert_that_rises_with_every_new_one(tmp_path: Path) -> None:
    two = run_of(lost(1), lost(2))["lost"]
    assert (two.count, two.since, two.newest) == (2, at(0), at(1))
    store = acknowledged_in(tmp_path, two)
    assert with_who(two, store).by
    assert not with_who(run_of(lost(1), lost(2), lost(3))["lost"], store).by
    assert "lost" not in run_of(Stopping(why="operator", now=True), lost(1)), "they were killed as asked"


def test_an_engine_that_was_killed_says_how_to_go_on() -> None:
    found = run_of(done(1), alive=False)["killed"]
    assert (found.level, found.command) == (Level.RED, "gonogo convert /corpus")


@pytest.mark.parametrize(
    ("told", "key", "level"),
    [
        (summary(Outcome.GATE_CLOSED, CLOSED), "closed", Level.RED),
        (summary(Outcome.SAFETY_STOP, "disk"), "stopped", Level.RED),
        (summary(Outcome.ERROR, "oops"), "error", Level.RED),
        (summary(Outcome.TERMINATED), "terminated", Level.YELLOW),
    ],
)
def test_an_end_that_is_no_good_one_wants_a_person(told: AnySummary, key: str, level: Level) -> None:
    found = run_of(told, alive=False)
    assert list(found) == [key]
    assert found[key].level is level
    assert found[key].advice
    assert found[key].command


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.INTERRUPTED])
def test_a_good_end_and_one_that_somebody_asked_for_want_nobody(outcome: Outcome) -> None:
    assert run_of(summary(outcome), alive=False) == {}


def test_a_closed_gate_leads_to_its_checklist_and_names_what_is_missing() -> None:
    found = run_of(summary(Outcome.GATE_CLOSED, CLOSED), alive=False)["closed"]
    assert (found.kind, found.ref) == ("checklist", "phase2-conversion")
    assert found.command == "gonogo checklist run phase2-conversion --corpus /corpus"
    assert "disk: open: is there room?" in found.details


def test_a_gate_that_was_overridden_is_told_for_ever_and_everything_else_only_until_a_newer_run() -> None:
    opened = GateOpened(
        gate="convert.start", checklist="c", ledger_count=1, ledger_sha256="", overridden_by="kim", reason="late"
    )
    found = run_of(opened, lost(1), summary(Outcome.ERROR, "x"), alive=False, newest=False)
    assert list(found) == ["overridden/convert.start"]
    assert "OVERRIDDEN by kim" in found["overridden/convert.start"].what


def planned(budget_s: float, window_s: float) -> Callable[[float], Timetable]:
    """A window of one step that is under way; what its timetable is after so many seconds."""
    view = WindowView()
    step = PlannedStep(name="convert", title="Convert", job="convert", budget_s=budget_s)
    plan = WindowPlanned(
        plan="p", title="Plan", path="p.toml", sha256="", window_s=window_s, began=at(0), steps=(step,)
    )
    view.apply(at(0), plan)
    view.apply(at(0), StepStarted(step="convert", job="convert", step_run="r2"))

    def after(seconds: float) -> Timetable:
        table = timetable(view, NOON + timedelta(seconds=seconds), None)
        assert table is not None
        return table

    return after


# Reading a STATE.


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))


Making = Callable[..., RunFolder]


@pytest.fixture
def makes(tmp_path: Path) -> Iterator[Making]:
    """Makes runs, each a minute after the last; those that live do so to the end of the test."""
    minutes = itertools.count()
    living: list[RunFolder] = []

    def make(*told: Event, job: str = "convert", alive: bool = False, dry_run: int | None = None) -> RunFolder:
        moment = NOON + timedelta(minutes=next(minutes))
        folder = RunFolder.create(
            tmp_path / "state",
            job=job,
            corpus=tmp_path,
            args={"dry_run": dry_run},
            config={},
            versions={},
            host={},
            now=lambda: moment,
        )
        add(folder, *told, moment=moment)
        if alive:
            living.append(folder)
        else:
            folder.close()
        return folder

    yield make
    for folder in living:
        folder.close()


def add(folder: RunFolder, *told: Event, moment: datetime) -> None:
    with EventLog(folder.events_path, folder.run_id, now=lambda: moment) as log:
        for event in told:
            log.append(event)


def source_of(tmp_path: Path) -> AlertSource:
    return AlertSource(tmp_path, tmp_path / "state", Settings(), "kim", clock=lambda: NOW_S)


def found_by(source: AlertSource) -> tuple[Concern, ...]:
    more = True
    while more:
        seen, more = source.look()
    return seen.concerns


def test_all_runs_of_a_state_are_told_together_and_later_ones_clear_earlier_ones(makes: Making, tmp_path: Path) -> None:
    makes(bad(1), bad(2), summary(Outcome.SOME_FAILED))
    makes(done(1), alive=False)
    (killed, shards) = found_by(source_of(tmp_path))
    assert killed.key.endswith("/killed")
    assert (shards.count, shards.key) == (1, "shards/quarantined/checksum of a tar header is wrong")


def test_a_living_run_is_followed(makes: Making, tmp_path: Path) -> None:
    folder = makes(alive=True)
    source = source_of(tmp_path)
    assert found_by(source) == ()
    add(folder, Paused(why="disk", detail="full"), lost(1), moment=NOON + timedelta(hours=1))
    assert sorted(one.key.rpartition(folder.run_id)[2] for one in found_by(source)) == ["/lost", "/paused/disk"]


def test_an_acknowledgement_is_kept_with_name_and_note_and_seen_by_the_next_console(
    makes: Making, tmp_path: Path
) -> None:
    makes(bad(1), summary(Outcome.SOME_FAILED))
    source = source_of(tmp_path)
    (one,) = found_by(source)
    source.acknowledge(one, "asked the archive for the file")
    (seen,) = found_by(source_of(tmp_path))
    assert (seen.by, seen.note) == ("kim", "asked the archive for the file")


def test_a_log_that_is_damaged_is_an_alert_and_the_other_runs_are_told_still(makes: Making, tmp_path: Path) -> None:
    first = makes(bad(1), EndedEarly(job="convert", outcome=Outcome.ERROR, seconds=1.0, detail="x"))
    second = makes(bad(2))
    with second.events_path.open("ab") as file:
        file.write(b"\xff damage\n")
    found = {one.key: one for one in found_by(source_of(tmp_path))}
    assert found[f"run/{second.run_id}/log"].level is Level.UNKNOWN
    assert found["shards/quarantined/checksum of a tar header is wrong"].count == 2
    assert f"run/{first.run_id}/error" not in found, "a newer run of the job went on"


def window_of(folder: RunFolder) -> tuple[Event, Event]:
    """What a window writes that has one step, done by this run."""
    step = PlannedStep(name="convert", title="Convert", job="convert", budget_s=60.0)
    plan = WindowPlanned(plan="p", title="Plan", path="p.toml", sha256="", window_s=60.0, began=at(0), steps=(step,))
    return plan, StepStarted(step="convert", job="convert", step_run=folder.run_id)


def test_a_window_that_was_killed_is_told_once_and_not_by_its_steps_as_well(makes: Making, tmp_path: Path) -> None:
    window = makes(job="window")
    step = makes(bad(1))
    add(window, *window_of(step), moment=NOON)
    keys = [one.key for one in found_by(source_of(tmp_path))]
    assert [key for key in keys if key.endswith("/killed")] == [f"run/{window.run_id}/killed"]
    assert sum(key.startswith("shards/") for key in keys) == 1


def test_a_run_that_has_the_process_number_of_a_window_is_no_step_of_it(makes: Making, tmp_path: Path) -> None:
    """Every engine is process 1 in its container, and numbers come again after a reboot."""
    window = makes(EndedEarly(job="window", outcome=Outcome.OK, seconds=1.0, detail=""), job="window")
    killed = makes()
    assert window.record.pid == killed.record.pid
    assert [one.key for one in found_by(source_of(tmp_path))] == [f"run/{killed.run_id}/killed"]


def test_a_dry_run_settles_no_conversion_and_a_conversion_settles_both(makes: Making, tmp_path: Path) -> None:
    killed = makes()
    makes(summary(Outcome.OK), dry_run=8)
    source = source_of(tmp_path)
    assert [one.key for one in found_by(source)] == [f"run/{killed.run_id}/killed"]
    failed = makes(summary(Outcome.ERROR, "x"), dry_run=8)
    again = {one.key for one in found_by(source_of(tmp_path))}
    assert again == {f"run/{killed.run_id}/killed", f"run/{failed.run_id}/error"}
    makes(summary(Outcome.OK))
    assert found_by(source_of(tmp_path)) == ()


def test_a_window_that_is_late_wants_a_person_and_worse_is_new(tmp_path: Path) -> None:
    about = About("w1", "window", "/corpus", at(0))
    plan = planned(budget_s=3_600, window_s=4_000)
    tables = [plan(seconds) for seconds in range(60, 9_000, 60)]
    calm, late, broken = (next(one for one in tables if one.level is level) for level in list(Level)[:3])
    assert late_window(about, calm, at(0)) is None
    found = [late_window(about, table, at(1)) for table in (late, broken)]
    assert [one.level for one in found if one is not None] == [Level.YELLOW, Level.RED]
    yellow, red = found
    assert yellow is not None
    assert red is not None
    store = acknowledged_in(tmp_path, yellow)
    assert with_who(replace(yellow, newest=at(500)), store).by, "as late as it was"
    assert not with_who(red, store).by


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    """A list whose one machine's item reads the file ``tool``."""
    (tmp_path / "checklists").mkdir()
    (tmp_path / "checklists" / "pilot.toml").write_text(LIST.replace("MODE", "do-confirm"))
    (tmp_path / "tool").write_text("broken\n")
    around = Around(tmp_path, tmp_path / "state", Settings(), dict(os.environ), dict(os.environ))
    return Walk(open_list("pilot", tmp_path), around)


def test_red_items_of_a_checklist_are_one_alert_until_they_are_answered_anew(walk: Walk, tmp_path: Path) -> None:
    source = source_of(tmp_path)
    assert found_by(source) == (), "open is not red"
    asyncio.run(walk.refresh())
    (red,) = found_by(source)
    assert (red.level, red.kind, red.ref, red.count) == (Level.RED, "checklist", "pilot", 1)
    assert red.what == "1 item red: tool"
    assert red.command.startswith("gonogo checklist run pilot --corpus ")
    source.acknowledge(red, "mending it")
    asyncio.run(walk.refresh())
    (again,) = found_by(source)
    assert (again.by, again.since) == ("kim", red.since), "the same item, red still"
    (tmp_path / "tool").write_text("ready\n")
    asyncio.run(walk.refresh())
    assert found_by(source) == ()
    (tmp_path / "tool").write_text("broken\n")
    asyncio.run(walk.ask([walk.checklist.items[0]]))
    (anew,) = found_by(source)
    assert (anew.key, anew.by) == (red.key, ""), "it was green in between"
    assert anew.since > red.since


def test_what_a_person_answered_wrong_is_red_since_the_first_of_these_answers(walk: Walk, tmp_path: Path) -> None:
    ears = next(item for item in walk.checklist.items if item.id == "ears")
    walk.answer(ears, "7", "anna")
    source = source_of(tmp_path)
    (red,) = found_by(source)
    source.acknowledge(red, "")
    walk.answer(ears, "8", "anna")
    assert found_by(source)[0].by == "kim"
    walk.answer(ears, "10", "anna")
    assert found_by(source) == ()
    walk.answer(ears, "9", "anna")
    (anew,) = found_by(source)
    assert (anew.what, anew.by) == ("1 item red: ears", "")


def test_a_ledger_that_is_broken_in_another_way_is_another_alert(walk: Walk, tmp_path: Path) -> None:
    asyncio.run(walk.refresh())
    asyncio.run(walk.refresh())
    ledger = walk.ledger.path
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(lines[0] + lines[1].replace(b"broken", b"mended") + lines[2])
    source = source_of(tmp_path)
    (one,) = found_by(source)
    source.acknowledge(one, "I know")
    assert [each.by for each in found_by(source)] == ["kim"]
    ledger.write_bytes(lines[0] + b"rubbish\n" + lines[2])
    (other,) = found_by(source)
    assert other.what != one.what
    assert other.by == ""


def test_a_list_that_cannot_be_read_for_another_reason_is_another_alert(walk: Walk, tmp_path: Path) -> None:
    asyncio.run(walk.refresh())
    path = tmp_path / "checklists" / "pilot.toml"
    path.write_text("[checklist\n")
    source = source_of(tmp_path)
    (one,) = found_by(source)
    source.acknowledge(one, "I know")
    assert [each.by for each in found_by(source_of(tmp_path))] == ["kim"]
    path.write_text('[checklist]\nid = "pilot"\n')
    assert [each.by for each in found_by(source_of(tmp_path))] == [""]


def test_alerts_of_the_logs_that_the_settings_name_are_told_and_acknowledged_in_the_watchs_own_way(
    tmp_path: Path,
) -> None:
    log = tmp_path / "train.jsonl"
    log.write_text("".join(json.dumps({"step": step, "loss": 2.0}) + "\n" for step in range(50)) + NAN)
    settings = replace(Settings(), watch=replace(Settings().watch, logs=("train.jsonl",)))

    def opened() -> AlertSource:
        return AlertSource(tmp_path, tmp_path / "state", settings, "kim")

    def red(source: AlertSource, *, seen: bool) -> Concern:
        def those() -> list[Concern]:
            return [one for one in source.look()[0].concerns if one.level is Level.RED and bool(one.by) is seen]

        until(those, "the alert")
        return those()[0]

    source = opened()
    one = red(source, seen=False)
    assert one.kind == "training"
    source.acknowledge(one, "restarted it")
    assert red(source, seen=True).note == "restarted it"
    source.close()
    again = opened()
    assert (red(again, seen=True).by, red(again, seen=True).note) == ("kim", "restarted it")
    again.close()


def watching(tmp_path: Path, log: str) -> AlertSource:
    settings = replace(Settings(), watch=replace(Settings().watch, logs=(log,)))
    return AlertSource(tmp_path, tmp_path / "state", settings, "kim", clock=lambda: NOW_S)


def test_a_log_that_cannot_be_watched_is_an_alert_that_can_be_acknowledged_until_the_reason_is_another(
    tmp_path: Path,
) -> None:
    (tmp_path / "train.jsonl").write_text("\0\1\2 no log at all\n" * 10_000)
    source = watching(tmp_path, "train.jsonl")
    until(lambda: source.look()[0].concerns, "the alert")
    (one,) = source.look()[0].concerns
    assert (one.level, one.kind, one.by) == (Level.UNKNOWN, "training", "")
    source.acknowledge(one, "it comes tonight")
    (seen,) = source.look()[0].concerns
    assert (seen.by, seen.note) == ("kim", "it comes tonight")
    source.close()
    (tmp_path / "other.jsonl").write_text("\0\1\2 no log at all\n" * 10_000)
    other = watching(tmp_path, "other.jsonl")
    until(lambda: other.look()[0].concerns, "the other alert")
    assert [each.by for each in other.look()[0].concerns] == [""]
    other.close()


def test_a_source_that_was_let_go_tells_what_it_knew_and_can_be_let_go_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.alerts_training._AGAIN_S", 0.0)
    (tmp_path / "train.jsonl").write_text('{"step": 1, "loss": 2.0}\n' * 50 + NAN)
    source = watching(tmp_path, "train.jsonl")
    until(lambda: source.look()[0].concerns, "the alert")
    (one, *_) = source.look()[0].concerns
    source.close()
    source.close()
    assert source.look()[0].concerns[0].key == one.key
    with pytest.raises(GonogoError, match="not watched any more"):
        source.acknowledge(one, "too late")


def test_a_state_without_anything_wants_nobody(tmp_path: Path) -> None:
    assert found_by(source_of(tmp_path)) == ()
    assert not (tmp_path / "state").exists(), "looking leaves nothing behind"
