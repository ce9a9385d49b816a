from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from app.console.conversion.fitting import cut, plain, short_name, wide
from app.console.conversion.forecast import Deadline, clock_time, deadline_of, run_clock
from app.console.conversion.limits import limit
from app.console.conversion.noting import in_a_line, noted
from app.console.conversion.order import By, Only, Order
from app.console.conversion.paced import WorkerPaces
from app.console.conversion.reasons import SHOWN, reasons
from app.console.conversion.roll import Roll
from app.console.conversion.words import ahead, caption, counts, counts_line, progress, status
from app.console.conversion.workers import caption as crew_caption
from app.console.conversion.workers import worker_parts
from engine.convert.events import ShardSkipped, ShardTried
from engine.convert.validation_events import ShardValidated
from engine.convert.validation_facts import Validation
from engine.convert.view import AnySummary, Level
from engine.crew.answers import State
from engine.crew.crew import Snapshot, WorkerNow
from engine.errors import Fault
from engine.run.events import Event, Paused, Resumed
from engine.run.outcome import Outcome
from engine.shards.record import Tally, TarDigest
from tests.app.console.conversion.values import (
    BEGAN,
    NAMES,
    NOW,
    add,
    busy,
    done,
    fold,
    found,
    quarantined,
    shard_events,
)

CLOCK = datetime(2026, 1, 1, 12, 0, 10, tzinfo=UTC)
WIDTH = 78
"""Of a terminal of 80 columns."""


def now(**changes: object) -> Snapshot:
    return msgspec.structs.replace(NOW, **changes)


# How far, how fast, until when.


def test_the_bar_tells_share_and_pace() -> None:
    line = plain(progress(fold(found(*NAMES)), NOW, math.nan, WIDTH))
    assert line.endswith("25%  1/4 shards  25 B/s")
    assert len(line) == WIDTH
    full, empty = line.count("█"), line.count("░")
    assert full == round(0.25 * (full + empty))
    assert "30 B/s" in plain(progress(fold(found(*NAMES)), NOW, 30.0, WIDTH)), "that of this moment, where it is known"


@given(width=st.integers(20, 200), share=st.integers(0, 1_500))
def test_the_bar_never_outgrows_its_line(width: int, share: int) -> None:
    assert wide(progress(fold(found(*NAMES)), now(bytes_done=share), math.nan, width)) <= max(width, 20)


def test_a_stage_without_a_measure_is_named_in_place_of_a_bar() -> None:
    assert plain(progress(fold(), now(stage="hashing the corpus"), math.nan, WIDTH)) == "at hashing the corpus"


def test_the_end_is_told_against_the_budget_with_the_zone_once() -> None:
    view = fold(found(*NAMES))
    line = plain(ahead(view, NOW, deadline_of(view, 14_400), CLOCK, WIDTH))
    assert line == "30 s left of 4:00 h  done at 12:00 UTC, 3:59 h before the budget's end"


def test_a_run_that_ends_after_its_window_says_so_with_a_sign() -> None:
    late = Deadline(CLOCK - timedelta(minutes=5), "the window's end")
    parts = ahead(fold(found(*NAMES)), NOW, late, CLOCK, WIDTH)
    assert "▲ 5:30 min AFTER the window's end" in plain(parts)
    assert any(ink == "bold red" for _, ink in parts)


def test_while_it_rests_no_end_is_foretold_and_the_deadline_is() -> None:
    view = fold(found(*NAMES))
    line = plain(ahead(view, now(pauses={"disk": "1 GB free"}), deadline_of(view, 14_400), CLOCK, WIDTH))
    assert line.startswith("30 s of work left of 4:00 h  the budget's end is at 16:00 UTC")


@pytest.mark.parametrize("changes", [{"bytes_done": 0}, {"elapsed_s": 0.0}, {"bytes_to_do": 10**40, "bytes_done": 1}])
def test_a_run_without_a_pace_foretells_nothing(changes: dict[str, object]) -> None:
    line = plain(ahead(fold(found(*NAMES)), now(**changes), None, CLOCK, WIDTH))
    assert "done at" not in line
    assert line


def test_a_run_that_is_over_tells_what_it_came_to() -> None:
    line = plain(ahead(fold(found(*NAMES), done(NAMES[0])), None, None, CLOCK, WIDTH))
    assert line == "3.00 MB -> 1.00 MB by this run  took 0.0 s: 12:00 to 12:00 UTC"


def test_a_run_that_is_played_has_a_clock_of_its_own() -> None:
    view = fold(found(*NAMES))
    assert run_clock(view, now(elapsed_s=3_600.0)) == datetime.fromisoformat(BEGAN) + timedelta(hours=1)


def test_a_time_of_another_day_is_told_with_its_day() -> None:
    assert clock_time(CLOCK + timedelta(hours=1), CLOCK) == "13:00"
    assert clock_time(CLOCK + timedelta(days=1), CLOCK) == "Fri 12:00"
    assert clock_time(CLOCK + timedelta(days=30), CLOCK) == "2026-01-31"


# What limits.


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"limit": "cpu", "limit_why": "95 % of 16 processors busy"}, "limit  CPU ██████ 95 % of 16 processors busy"),
        (
            {"limit": "disk", "limit_why": "waits for the disk 50 % of the time, processors 55 % busy"},
            "limit  DISK ███░░░ waits for the disk 50 % of the time, processors 55 % busy",
        ),
        (
            {"limit": "workers", "limit_why": "3 busy on 16 processors, and the disk keeps up"},
            "limit  WORKERS 3 busy on 16 processors, and the disk keeps up; + adds one",
        ),
        ({"limit": "end", "limit_why": "2 left for 4 workers"}, "limit  THE END 2 left for 4 workers"),
        ({}, "limit  not known yet"),
        ({"stopping": True}, "limit  ▲ STOPPING: shards in hand come to a safe point"),
        (
            {"pauses": {"disk": "12 GB free; wanted 10 GB for the floor"}},
            "limit  ▲ PAUSED by the disk guard: 12 GB free; wanted 10 GB for the floor",
        ),
        (
            {"pauses": {"operator": "asked for", "disk": "12 GB free"}},
            "limit  ▲ PAUSED by the disk guard and the operator: 12 GB free; asked for",
        ),
    ],
)
def test_one_line_says_what_limits(changes: dict[str, object], told: str) -> None:
    line = plain(limit(fold(found(*NAMES)), now(**changes), WIDTH))
    assert line == told
    assert cell_len(line) <= WIDTH


def test_a_run_that_is_over_is_limited_by_nothing() -> None:
    assert limit(fold(found(*NAMES)), None, WIDTH) == []


# Counts, levels, the caption.


def test_counts_are_those_of_the_fold() -> None:
    view = fold(found(*NAMES[:6]), ShardSkipped(shard=NAMES[1], source="a", note="16 kHz"), quarantined(NAMES[0]))
    assert counts_line(view) == "✓ 0 done  - 1 skipped  ! 1 quarantined  x 0 failed  · 4 pending"


@given(events=st.lists(shard_events, max_size=40))
def test_however_events_come_each_shard_is_counted_once(events: list[Event]) -> None:
    view = add(fold(found(*NAMES)), *events)
    assert sum(view.counts.values()) == len(NAMES)
    told = counts_line(view)
    for state, count in view.counts.items():
        assert f"{count} {state}" in told


def test_counts_of_a_large_corpus_fit_a_line_of_eighty() -> None:
    view = fold(found(*(f"a/{number}" for number in range(3_551))))
    for at, state in enumerate(view.states):
        if at % 9:
            add(view, done(state) if at % 9 < 5 else ShardSkipped(shard=state, source="a", note=""))
    add(view, quarantined("a/9"))
    assert wide(counts(view, WIDTH)) <= WIDTH
    assert "! 1 quarantined" in plain(counts(view, WIDTH))


def test_a_run_is_red_with_a_quarantined_shard_and_yellow_while_paused() -> None:
    assert status(fold(found(*NAMES)), alive=True)[0] is Level.GREEN
    assert status(fold(found(*NAMES), Paused(why="disk", detail="full")), alive=True)[0] is Level.YELLOW
    assert status(fold(Paused(why="disk"), Resumed(why="disk")), alive=True)[0] is Level.GREEN
    assert status(fold(found(*NAMES), quarantined(NAMES[0])), alive=True)[0] is Level.RED
    assert status(fold(found(*NAMES)), alive=False)[0] is Level.RED, "killed: there is no summary"
    ended = AnySummary(job="convert", outcome=Outcome.OK, seconds=1.0)
    assert status(fold(found(*NAMES), ended), alive=False)[1] == "GO"
    red = AnySummary(job="convert", outcome=Outcome.SOME_FAILED, seconds=1.0)
    assert status(fold(found(*NAMES), quarantined(NAMES[0]), red), alive=False) == (
        Level.RED,
        "NO-GO: 1 shard quarantined or failed",
    )
    shut = AnySummary(job="convert", outcome=Outcome.GATE_CLOSED, seconds=0.0, detail="2 open\n  a: open\nwalk it")
    assert status(fold(shut), alive=False)[1] == "NO-GO (gate closed): 2 open"
    cut_off = AnySummary(job="convert", outcome=Outcome.INTERRUPTED, seconds=1.0)
    assert status(fold(found(*NAMES), cut_off), alive=False)[1] == "STOPPED (run it again and it goes on)"
    assert status(fold(), alive=True, problem="line 3 is not an event") == (Level.UNKNOWN, "line 3 is not an event")


def test_the_caption_says_which_shards_are_shown_and_where_the_map_is() -> None:
    roll = Roll(fold(found(*NAMES), quarantined(NAMES[3])))
    order = Order(roll)
    order.take(roll.follow())
    order.choose(only=Only.TROUBLE, by=By.SIZE, text="a/")
    assert plain(caption(order, None, "", WIDTH)) == "shards: trouble (1), with 'a/' by size ▼"
    told = plain(caption(order, 3, "4 shards a cell", 110))
    assert "! quarantined a/d  3.00 MB, x.wav: damaged" in told


def test_the_maps_header_keeps_the_number_of_a_shard_with_a_long_name() -> None:
    name = "interviews with a rather long source name/shard_0036"
    roll = Roll(fold(found(name), quarantined(name)))
    order = Order(roll)
    order.take(roll.follow())
    narrow, wider = (plain(caption(order, 0, "", width)) for width in (WIDTH, 120))
    assert "! quarantined interviews with " in narrow
    assert "…/shard_0036" in narrow[:WIDTH]
    assert f"! quarantined {name}  3.00 MB" in wider


# Shards and workers.


def test_a_row_tells_what_became_of_its_shard() -> None:
    view = fold(found(*NAMES), done(NAMES[0], saturated=1), quarantined(NAMES[1]))
    told = noted(view, NAMES[0])
    assert (told.size, told.clips, told.seconds) == ("3.00 MB -> 1.00 MB", "5", "2.0 s")
    assert told.note == "1 saturated sample"
    assert noted(view, NAMES[1]).note.startswith("x.wav: damaged")
    assert noted(view, NAMES[2]).size == "3.00 MB"
    assert in_a_line(view, NAMES[2]) == "3.00 MB"


def test_a_shard_that_was_tried_says_that_it_was_not_changed() -> None:
    before, after = TarDigest("a" * 32, 3_000), TarDigest("b" * 32, 1_000)
    tally = Tally(members=1, clips=1, seconds_of_audio=1.0, flags=("no sidecar",))
    tried = ShardTried(shard=NAMES[0], source="a", seconds=1.0, original=before, result=after, tally=tally)
    assert noted(fold(found(*NAMES), tried), NAMES[0]).note == "tried in scratch, not changed; no sidecar"


def test_what_a_validation_found_unlike_the_record_is_told_in_the_row() -> None:
    unlike = Fault("the hash is another than on record", file="audio.tar")
    validation = Validation(mismatches=(unlike,))
    seen = ShardValidated(shard=NAMES[0], source="a", state=State.DONE, size_bytes=3_000_000, validation=validation)
    told = noted(fold(found(*NAMES), seen), NAMES[0])
    assert told.note == "audio.tar: the hash is another than on record"


def test_a_worker_tells_its_stage_share_pace_memory_and_shard() -> None:
    line = plain(worker_parts(busy(7, "a/b", memory_bytes=1_200_000_000), 310e6, 60))
    assert line == "  7 convert  25%  310 MB/s  1.20 GB  a/b"
    assert plain(worker_parts(WorkerNow(worker=7, pid=None), None, 60)) == "  7 idle"


def test_a_long_name_keeps_its_end() -> None:
    assert short_name("final-export/shard_00012", 30) == "final-export/shard_00012"
    assert short_name("final-export/shard_00012", 12) == "shard_00012"
    assert short_name("final-export/shard_00012", 6) == "…00012"


def test_a_name_that_is_too_long_is_cut_in_its_source_and_keeps_its_number() -> None:
    assert short_name("interviews with a rather long source name/shard_0036", 30) == "interviews with a …/shard_0036"
    assert short_name("a/b/c/d/shard_00012", 16) == "a/b…/shard_00012"


@given(
    shard=st.text("ab/語", max_size=40).map(lambda source: f"{source}/shard_0036"),
    width=st.integers(10, 60),
)
def test_however_narrow_a_shard_is_known_by_its_number(shard: str, width: int) -> None:
    told = short_name(shard, width)
    assert cell_len(told) <= width
    assert told.endswith("shard_0036")


@given(text=st.text(max_size=40), width=st.integers(0, 30))
def test_what_is_cut_has_no_more_than_its_width(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= width


def test_the_caption_of_the_workers_is_short_and_the_reason_is_told_on_the_page() -> None:
    why = "1 -> 2 workers: 40.0 -> 75.0 MB/s, CPUs 10% idle"
    chosen = now(auto=True, workers_why=why)
    assert crew_caption(NOW) == "workers: 0 busy of 2"
    assert crew_caption(chosen) == "workers: 0 busy of 2 (auto)"
    view = fold(found(*NAMES), quarantined(NAMES[0]))
    view.workers_why, view.auto = why, True
    page = "\n".join(reasons(view, chosen, ()))
    assert f"workers (auto): {why}" in page
    assert "restore it from another copy" in page, "the way out"


def test_a_page_of_very_many_reasons_is_cut_and_says_so() -> None:
    view = fold(found(*(f"a/{number}" for number in range(200))))
    add(view, *(quarantined(f"a/{number}") for number in range(200)))
    page = reasons(view, None, ())
    assert len(page) == SHOWN + 1
    assert page[-1].startswith("and 150 more")


def test_the_pace_of_a_worker_is_that_of_its_stage_and_never_negative() -> None:
    paces = WorkerPaces()
    for at in range(10):
        paces.take(now(elapsed_s=at * 0.5, workers=(busy(1, "a/a", read_bytes=at * 100),)))
    assert paces.of(1) == pytest.approx(200.0)
    paces.take(now(elapsed_s=5.0, workers=(busy(1, "a/a", stage="verify", read_bytes=10),)))
    assert paces.of(1) is None
    assert paces.of(2) is None
