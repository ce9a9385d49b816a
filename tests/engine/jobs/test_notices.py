"""What a run tells somebody who is not looking, and how often: events in, notices out, by a clock of the test's own."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.endings import SUMMARIES
from engine.convert.events import ConvertSummary, ShardDone, ShardFailed, ShardQuarantined, ShardSeen
from engine.crew.answers import State
from engine.errors import Fault
from engine.jobs.alert_notices import AlertNotices
from engine.jobs.ended import EndedEarly
from engine.jobs.notice import About, Kind, Notice, Weight
from engine.jobs.notice_words import AnyEnd
from engine.jobs.notices import LATE_HOLDS_S, RunNotices
from engine.run.events import Event, Paused, Resumed, Stopping, Summary, WorkerEnded
from engine.run.outcome import Outcome
from engine.watch.alerts import Alert, Level
from tests.engine.jobs.window.tables import Story

QUIET_S, DISK_S = 600.0, 300.0
ABOUT = About("20260131T093000Z-convert-9f3c", "convert", "/data/speech-corpus", "ml-07")
FAULT = Fault("checksum of a tar header is wrong", file="audio.tar", offset_bytes=512, way_out="restore it")


def notices() -> RunNotices:
    return RunNotices(ABOUT, QUIET_S, DISK_S)


def quarantined(shard: int) -> ShardQuarantined:
    return ShardQuarantined(shard=f"final/shard_{shard:05d}", source="final", fault=FAULT)


def died(worker: int) -> WorkerEnded:
    return WorkerEnded(worker=worker, pid=100 + worker, how="killed", detail="SIGKILL; it said: out of\nmemory")


def titles(told: list[Notice]) -> list[str]:
    return [notice.title for notice in told]


class TestShards:
    def test_the_first_red_shard_is_told_at_once_with_what_to_do(self) -> None:
        (notice,) = notices().take(quarantined(3), 0)
        assert notice.title == "RED: 1 shard quarantined - speech-corpus"
        assert notice.body.splitlines() == [
            "final/shard_00003: audio.tar: checksum of a tar header is wrong at byte 512; restore it",
            "The originals are untouched; the run goes on with the other shards.",
            "Corpus /data/speech-corpus, run 20260131T093000Z-convert-9f3c.",
            "Look at it on ml-07: gonogo attach 20260131T093000Z-convert-9f3c",
        ]
        assert (set(notice.kinds), notice.weight) == ({Kind.RED}, Weight.ALARM)

    def test_thousands_that_follow_are_one_notice_when_the_quiet_time_is_over(self) -> None:
        run = notices()
        run.take(quarantined(0), 0)
        assert not [told for shard in range(1, 3_000) for told in run.take(quarantined(shard), shard / 100)]
        failed = ShardFailed(shard="final/odd", source="final", fault=FAULT, final=True)
        assert not run.take(failed, 599)
        assert run.due_s == QUIET_S
        (notice,) = run.due(QUIET_S)
        assert notice.title == "RED: 2,999 shards quarantined and 1 shard failed since, 3,001 in all - speech-corpus"
        assert "... and 2,995 more." in notice.body
        assert not run.due(10 * QUIET_S)
        assert run.due_s is None

    def test_a_shard_is_told_once_a_run_whatever_step_meets_it_again(self) -> None:
        run = notices()
        run.take(quarantined(0), 0)
        seen = ShardSeen(shard="final/shard_00000", source="final", state=State.QUARANTINED, size_bytes=1, fault=FAULT)
        assert not run.take(seen, QUIET_S)
        assert titles(run.take(quarantined(1), QUIET_S)) == ["RED: 1 shard quarantined since, 2 in all - speech-corpus"]

    def test_attempts_that_are_repeated_and_shards_that_are_well_are_not_told(self) -> None:
        run = notices()
        tried = ShardFailed(shard="a", source="final", fault=FAULT, final=False)
        well = ShardSeen(shard="b", source="final", state=State.PENDING, size_bytes=1)
        assert not [
            told for event in (tried, well, ShardDone(shard="c", source="x", seconds=1)) for told in run.take(event, 0)
        ]

    def test_names_and_reasons_from_outside_are_one_harmless_line_each(self) -> None:
        event = ShardQuarantined(shard="a\x1b[31m\nb", source="a", fault=Fault("bad\r\nSubject: x", read="y" * 5_000))
        (notice,) = notices().take(event, 0)
        first = notice.body.splitlines()[0]
        assert first.startswith(r"a\x1b[31m\nb: bad Subject: x: read yyy")
        assert len(first) < 400


class TestWorkers:
    def test_a_lost_worker_is_told_and_those_that_follow_are_gathered(self) -> None:
        run = notices()
        (notice,) = run.take(died(1), 0)
        assert notice.title == "CAUTION: 1 worker lost - speech-corpus"
        assert "Worker 1 was killed: SIGKILL; it said: out of memory" in notice.body
        assert notice.weight is Weight.CAUTION
        assert not run.take(died(2), 1)
        assert not run.take(died(3), 2)
        assert titles(run.due(QUIET_S)) == ["CAUTION: 2 workers lost since, 3 in all - speech-corpus"]

    def test_workers_that_end_as_asked_are_not_told(self) -> None:
        run = notices()
        assert not run.take(WorkerEnded(worker=1, pid=2, how="exited"), 0)
        assert not run.take(Stopping(why="told to stop at once", now=True), 1)
        assert not run.take(died(1), 2)


class TestPauses:
    def test_a_short_wait_for_the_disk_is_not_told(self) -> None:
        run = notices()
        assert not run.take(Paused(why="disk", detail="2 GB free"), 0)
        assert run.due_s == DISK_S
        assert not run.take(Resumed(why="disk"), DISK_S - 1)
        assert not run.due(DISK_S + 1)

    def test_a_long_one_calls_for_a_person_and_says_when_nobody_needs_to_come_any_more(self) -> None:
        run = notices()
        run.take(Paused(why="disk", detail="2 GB free; wanted 10 GB for the floor"), 0)
        run.take(Paused(why="disk", detail="1 GB free; wanted 10 GB for the floor"), 100)
        (notice,) = run.due(DISK_S)
        assert notice.title == "NEEDS A PERSON: convert waits for disk space - speech-corpus"
        assert notice.body.startswith("It has waited for 5:00 min: 1 GB free; wanted 10 GB for the floor.\nMake room")
        assert notice.kinds == {Kind.PERSON}
        assert not run.due(10 * DISK_S)
        assert titles(run.take(Resumed(why="disk"), 400)) == ["GOES ON: convert - speech-corpus"]

    def test_a_pause_that_comes_and_goes_calls_once_in_the_quiet_time(self) -> None:
        run = notices()
        fault = Paused(why="fault", detail="the disk is read-only")
        assert titles(run.take(fault, 0)) == ["NEEDS A PERSON: convert paused by a fault - speech-corpus"]
        told = [titles(run.take(event, at)) for at in range(1, 500) for event in (Resumed(why="fault"), fault)]
        assert [one for one in told if one] == [["GOES ON: convert - speech-corpus"]]
        assert len(run.due(QUIET_S)) == 1

    def test_what_an_operator_holds_is_the_operators(self) -> None:
        run = notices()
        assert not run.take(Paused(why="operator", detail="asked for"), 0)
        assert not run.due(100 * QUIET_S)

    def test_a_wait_ends_with_its_step(self) -> None:
        run = notices()
        run.take(Paused(why="disk", detail="2 GB free"), 0)
        run.take(EndedEarly(job="convert", outcome=Outcome.SAFETY_STOP, seconds=1, detail="no room"), 10)
        assert not run.due(DISK_S)


class TestWindows:
    def test_a_window_that_breaks_is_told_when_red_has_held_and_not_again_while_it_lasts(self) -> None:
        run = notices()
        late = Story().start(0, "look").end(5, "look").start(5, "work").expect(6, "work", 20_000).at(30)
        assert late.told.startswith("the window breaks")
        assert not run.look(late, 0)
        (notice,) = run.look(late, LATE_HOLDS_S)
        assert notice.title == "RED: the window is late - speech-corpus"
        assert notice.body.startswith("The window breaks: ")
        assert "Leave out tell wins 10:00 min: no report." in notice.body
        assert "Even with all of that it does not fit." in notice.body
        assert not run.look(late, 10_000)

    def test_a_forecast_that_wavers_is_not_told(self) -> None:
        run = notices()
        late = Story().start(0, "look").expect(1, "work", 20_000).at(2)
        good = Story().start(0, "look").at(2)
        told = [run.look(late if at % 2 else good, at * LATE_HOLDS_S / 2) for at in range(50)]
        assert not [one for one in told if one]

    def test_before_the_plan_is_known_there_is_nothing_to_tell(self) -> None:
        assert not notices().look(None, 0)

    def test_a_step_that_failed_is_told_by_the_end_of_its_window(self) -> None:
        run = RunNotices(About("r", "window", "/data/c", "h"), QUIET_S, DISK_S)
        end = EndedEarly(job="window", outcome=Outcome.SOME_FAILED, seconds=60, detail="convert failed: 2 quarantined")
        assert run.end(end).title == "RED: window ended NO-GO, convert failed - c"


class TestEnds:
    def end(self, outcome: Outcome, detail: str = "", pending: int = 0, **counts: int) -> Notice:
        return notices().end(
            ConvertSummary(
                job="convert",
                outcome=outcome,
                seconds=11_520,
                counts=counts,
                pending=pending,
                converted=0,
                detail=detail,
            )
        )

    def test_a_run_that_went_well_says_go_with_counts_and_duration(self) -> None:
        notice = self.end(Outcome.OK, done=3_549, skipped=587, quarantined=0)
        assert notice.title == "GO: convert ended - speech-corpus"
        assert notice.body.startswith("Shards: 3,549 done, 587 skipped.\nIt took 3:12 h.\n")
        assert (set(notice.kinds), notice.weight) == ({Kind.END}, Weight.GOOD)

    def test_every_end_says_the_worst_first_and_is_of_the_kinds_that_it_concerns(self) -> None:
        told = {outcome: self.end(outcome, "why", pending=7, done=1, failed=2) for outcome in Outcome}
        assert {outcome: notice.title.removesuffix(" - speech-corpus") for outcome, notice in told.items()} == {
            Outcome.OK: "GO: convert ended",
            Outcome.SOME_FAILED: "RED: convert ended NO-GO, 2 failed",
            Outcome.GATE_CLOSED: "NEEDS A PERSON: convert waits at a closed gate",
            Outcome.SAFETY_STOP: "RED: convert stopped for safety",
            Outcome.INTERRUPTED: "STOPPED: convert was told to stop",
            Outcome.TERMINATED: "STOPPED: convert was terminated",
            Outcome.ERROR: "RED: convert ended with an error",
        }
        assert all(notice.is_asked(["end"]) for notice in told.values())
        assert {outcome for outcome, notice in told.items() if notice.is_asked(["person"])} == {
            Outcome.GATE_CLOSED,
            Outcome.SAFETY_STOP,
        }
        assert "7 still to be done. Run it again and it goes on." in told[Outcome.INTERRUPTED].body

    def test_a_closed_gate_keeps_its_first_lines_and_the_way_out(self) -> None:
        missing = [f"  item-{number}: open: not answered yet" for number in range(30)]
        notice = self.end(
            Outcome.GATE_CLOSED, "\n".join(["the gate is closed", *missing, "walk it: gonogo checklist run"])
        )
        lines = notice.body.splitlines()
        assert lines[:2] == ["The gate is closed", "item-0: open: not answered yet"]
        assert lines[8:10] == ["... and 23 more.", "walk it: gonogo checklist run"]

    def test_shards_that_wait_to_be_told_are_told_with_the_end(self) -> None:
        run = notices()
        run.take(quarantined(0), 0)
        run.take(quarantined(1), 1)
        body = run.end(EndedEarly(job="convert", outcome=Outcome.ERROR, seconds=0, detail="no more")).body
        assert "final/shard_00001: audio.tar: checksum" in body
        assert "final/shard_00000" not in body

    @pytest.mark.parametrize("outcome", [Outcome.INTERRUPTED, Outcome.TERMINATED])
    def test_an_end_that_tells_of_red_shards_reaches_who_asked_for_red_alone(self, outcome: Outcome) -> None:
        run = notices()
        for shard in range(9):
            run.take(quarantined(shard), shard)
        notice = run.end(EndedEarly(job="convert", outcome=outcome, seconds=0, detail=""))
        assert notice.is_asked(["red", "person"])
        assert notice.weight is Weight.ALARM
        assert notice.title.endswith(", 8 shards quarantined since, 9 in all - speech-corpus")
        assert "8 shards quarantined since, 9 in all:\nfinal/shard_00001: " in notice.body
        assert "\n... and 3 more.\n" in notice.body

    def test_lost_workers_that_wait_to_be_told_are_told_with_the_end(self) -> None:
        run = notices()
        for worker in range(8):
            run.take(died(worker), worker)
        notice = run.end(EndedEarly(job="convert", outcome=Outcome.OK, seconds=0, detail=""))
        assert notice.title == "GO: convert ended, 7 workers lost since, 8 in all - speech-corpus"
        assert (set(notice.kinds), notice.weight) == ({Kind.RED, Kind.END}, Weight.CAUTION)
        assert "7 workers lost since, 8 in all:\nWorker 1 was killed: SIGKILL; it said: out of memory\n" in notice.body
        assert "\n... and 2 more.\n" in notice.body

    def test_what_has_been_told_makes_no_end_red(self) -> None:
        run = notices()
        run.take(quarantined(0), 0)
        run.take(died(1), 0)
        notice = run.end(EndedEarly(job="convert", outcome=Outcome.TERMINATED, seconds=0, detail=""))
        assert (notice.title, set(notice.kinds)) == ("STOPPED: convert was terminated - speech-corpus", {Kind.END})


_EVENTS = st.one_of(
    st.integers(0, 10_000).map(quarantined),
    st.integers(0, 64).map(died),
    st.sampled_from([Paused(why="disk"), Paused(why="fault"), Paused(why="operator")]),
    st.sampled_from([Resumed(why="disk"), Resumed(why="fault"), Resumed(why="operator")]),
)


def told_of(what: str, told: list[Notice]) -> int:
    """How many of a kind some notices tell of in all; what a title and its text both say counts once."""
    found = [re.search(rf"([\d,]+) {what}", f"{notice.title}\n{notice.body}") for notice in told]
    return sum(int(one[1].replace(",", "")) for one in found if one)


@given(st.lists(st.tuples(st.floats(0, 30), _EVENTS), max_size=200))
@settings(deadline=None)
def test_whatever_happens_notices_are_few_and_each_fits_a_telephone(story: list[tuple[float, Event]]) -> None:
    run, now, told = notices(), 0.0, list[Notice]()
    for step, event in story:
        now += step
        told += run.take(event, now)
        due_s = run.due_s
        assert due_s is None or due_s > now, "nothing that could be told is kept back"
    last = run.end(EndedEarly(job="convert", outcome=Outcome.TERMINATED, seconds=1, detail=""))
    shards = {event.shard for _, event in story if isinstance(event, ShardQuarantined)}
    workers = [event for _, event in story if isinstance(event, WorkerEnded)]
    assert told_of("shards? quarantined", [*told, last]) == len(shards)
    assert told_of("workers? lost", [*told, last]) == len(workers)
    assert len(last.body) < 6_000
    kinds_of_notice = 6  # shards, workers, two pauses, two that go on
    assert len(told) <= kinds_of_notice * (1 + now / QUIET_S)
    assert all("\n" not in notice.title and len(notice.title) < 120 for notice in told)
    assert all(len(notice.body) < 3_000 for notice in told)


def alert(rule: str = "R1", *, level: Level = Level.RED, seen_by: str = "") -> Alert:
    return Alert(
        rule=rule,
        source="train.log",
        run="",
        level=level,
        worst=level,
        first_step=1_200,
        last_step=1_200,
        first_s=None,
        last_s=None,
        value=None,
        threshold=None,
        window="1 record",
        told="loss is nan at step 1,200; a finite number was wanted.",
        advice="Stop the run.",
        acknowledged_by=seen_by,
    )


class TestAlerts:
    def test_a_red_alert_is_told_when_it_rises_and_not_while_it_stands(self) -> None:
        watch = AlertNotices("ml-07", QUIET_S)
        (notice,) = watch.look([alert()], 0)
        assert notice.title == "RED: loss is nan at step 1,200; a finite number was wanted - train.log"
        assert notice.body.startswith("R1 in train.log at step 1,200: loss is nan at step 1,200; a finite number was")
        assert not watch.look([alert()], 10 * QUIET_S)

    def test_one_that_falls_and_rises_is_told_again_after_the_quiet_time(self) -> None:
        watch = AlertNotices("ml-07", QUIET_S)
        watch.look([alert()], 0)
        assert not [told for at in range(1, 100) for alerts in ([], [alert()]) for told in watch.look(alerts, at)]
        assert len(watch.look([alert()], QUIET_S)) == 1

    def test_several_that_rise_together_are_one_notice(self) -> None:
        (notice,) = AlertNotices("ml-07", QUIET_S).look([alert(f"R{number}") for number in range(9)], 0)
        assert notice.title.endswith("train.log (and 8 alerts more)")
        assert "... and 4 more." in notice.body

    def test_yellow_and_acknowledged_alerts_are_not_told(self) -> None:
        watch = AlertNotices("ml-07", QUIET_S)
        assert not watch.look([alert(level=Level.YELLOW), alert("R2", seen_by="olga")], 0)


def test_the_summary_of_every_job_can_be_told() -> None:
    wanted = {field.name: field.type for field in msgspec.structs.fields(AnyEnd)}
    kinds: set[type[Summary]] = {*SUMMARIES.values(), EndedEarly}
    unlike = [
        (kind, field.name)
        for kind in kinds
        for field in msgspec.structs.fields(kind)
        if wanted.get(field.name, field.type) != field.type
    ]
    assert not unlike
