"""What is told of a run that is over: how far it came in its own work, what it counts, its end and the way out."""

from __future__ import annotations

import math

import msgspec
import pytest
from rich.cells import cell_len

from app.console.conversion.ending import fit_ending
from app.console.conversion.fitting import plain
from app.console.conversion.order import Only, Order
from app.console.conversion.reasons import reasons
from app.console.conversion.roll import Roll
from app.console.conversion.states import Shown
from app.console.conversion.words import counts_line, progress
from engine.convert.events import Planned, ShardSeen, ShardStarted, ShardTried
from engine.convert.validation_events import ShardValidated
from engine.convert.validation_facts import Validation
from engine.convert.view import AnySummary
from engine.crew.answers import State
from engine.run.events import Event, Version
from engine.run.outcome import Outcome
from engine.shards.record import Tally, TarDigest
from tests.app.console.conversion.values import NAMES, NOW, SIZE, done, fold, found, quarantined

WIDTH = 78
SHUT = [
    "NO-GO (gate closed): convert ended early: the gate convert.start is closed: 13 open of 18 items",
    *(f"  item-{number}: open: not answered yet, and a reason that takes a line of its own" for number in range(13)),
    "walk it: gonogo checklist run phase2-conversion --corpus corpus",
]
ONE_DETAIL = [SHUT[0], "\n".join(SHUT[1:])]
"""The same, as a summary's own words."""


def began(job: str) -> Version:
    return Version(gonogo="0", job=job, corpus=None, python="", host="")


def ended(job: str, outcome: Outcome = Outcome.OK, detail: str = "") -> AnySummary:
    return AnySummary(job=job, outcome=outcome, seconds=1.0, detail=detail)


def planned(to_do: int, *, done_before: int = 0, dry_run: int | None = None) -> Planned:
    return Planned(
        shards=to_do + done_before,
        done=done_before,
        to_do=to_do,
        bytes_to_do=to_do * SIZE,
        workers=2,
        dry_run=dry_run,
    )


def seen(name: str, state: State = State.PENDING) -> ShardSeen:
    return ShardSeen(shard=name, source="a", state=state, size_bytes=SIZE)


def validated(name: str) -> ShardValidated:
    return ShardValidated(shard=name, source="a", state=State.PENDING, size_bytes=SIZE, validation=Validation())


def tried(name: str) -> ShardTried:
    tally = Tally(members=1, clips=1, seconds_of_audio=1.0)
    before, after = TarDigest("a" * 32, SIZE), TarDigest("b" * 32, SIZE // 3)
    return ShardTried(shard=name, source="a", seconds=1.0, original=before, result=after, tally=tally)


def bar_of(*events: Event) -> str:
    return plain(progress(fold(*events), None, math.nan, WIDTH))


# How far it came.


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([began("convert"), found(*NAMES), planned(12), done(NAMES[0]), done(NAMES[1]), done(NAMES[2])], "3/12 shards"),
        ([began("inventory"), *map(seen, NAMES), ended("inventory")], "100%  12 shards looked at"),
        ([began("validate"), *map(validated, NAMES), ended("validate", Outcome.SOME_FAILED)], "100%  12 shards looked"),
        ([began("sweep"), *map(tried, NAMES[:3]), ended("sweep")], "100%  3 shards tried"),
        ([began("convert"), found(*NAMES), planned(12, dry_run=2), *map(tried, NAMES[:2]), ended("convert")], "100%"),
        ([began("recover"), ended("recover")], "100%"),
        ([began("split"), ended("split")], "100%"),
    ],
)
def test_the_bar_of_a_run_that_is_over_is_its_share_of_its_own_work(events: list[Event], told: str) -> None:
    line = bar_of(*events)
    assert told in line
    assert ("░" not in line) == ("100%" in told)


def test_what_earlier_runs_had_done_is_no_work_of_this_one() -> None:
    before = found(*NAMES[:6], state=State.DONE)
    events = [began("convert"), before, found(*NAMES[6:]), planned(6, done_before=6), *map(done, NAMES[6:9])]
    assert bar_of(*events, ended("convert", Outcome.INTERRUPTED)).endswith(" 50%  3/6 shards")
    nothing = [began("convert"), before, planned(0, done_before=6), ended("convert")]
    assert bar_of(*nothing).endswith("100%  nothing was left to do")


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([began("convert"), ended("convert", Outcome.GATE_CLOSED)], "nothing was done: the gate is closed"),
        ([began("convert"), ended("convert", Outcome.ERROR)], "it did not come to its end"),
        ([began("inventory"), seen(NAMES[0]), ended("inventory", Outcome.INTERRUPTED)], "1 shard looked at, not all"),
        ([began("inventory"), seen(NAMES[0]), seen(NAMES[1])], "2 shards looked at; how many there are is not known"),
        ([began("recover")], "how far it is, is not known"),
    ],
)
def test_a_run_of_which_no_share_is_known_has_no_bar(events: list[Event], told: str) -> None:
    assert bar_of(*events) == told


# What it counts.


def test_counts_of_a_job_that_only_looks_say_that_they_are_what_it_found() -> None:
    three = [quarantined(name) for name in NAMES[:3]]
    view = fold(began("validate"), *map(validated, NAMES[3:8]), *three)
    assert counts_line(view).startswith("found  ✓ 0 done")
    assert counts_line(fold(began("validate"))) == "found  nothing yet"
    dry = fold(began("convert"), found(*NAMES), planned(12, dry_run=2), tried(NAMES[0]))
    assert counts_line(dry).startswith("found  ")
    assert counts_line(fold(began("convert"), found(*NAMES), planned(12))).startswith("✓ 0 done")


def test_a_job_that_tells_of_red_shards_alone_counts_no_others() -> None:
    assert counts_line(fold(began("recover"))) == ""
    assert counts_line(fold(began("recover"), quarantined(NAMES[0]))) == "! 1 quarantined"


def test_a_sweeps_tries_are_not_called_shards() -> None:
    line = plain(progress(fold(found(*NAMES)), msgspec.structs.replace(NOW, pieces="tries"), math.nan, WIDTH))
    assert "1/4 tries" in line
    assert "shards" not in line


def test_of_a_killed_run_nothing_is_in_hand() -> None:
    view = fold(found(*NAMES), ShardStarted(shard=NAMES[0], worker=3, bytes_in=1))
    roll = Roll(view)
    order = Order(roll)
    order.take(roll.follow())
    assert "1 in hand" in counts_line(view)
    view.cut_off()
    changes = roll.follow()
    assert [(change.place, change.before, change.after) for change in changes] == [(0, Shown.IN_HAND, Shown.CUT_OFF)]
    order.take(changes)
    assert "in hand" not in counts_line(view)
    assert counts_line(view).endswith("▲ 1 cut off")
    order.choose(only=Only.IN_HAND)
    assert len(order) == 0
    order.choose(only=Only.PENDING)
    assert len(order) == len(NAMES)
    late = Roll(view)
    late.follow()
    assert late.shown(0) is Shown.CUT_OFF
    view.cut_off()
    assert roll.follow() == [], "once is enough"


# Its end, and the way out.


def test_an_end_that_fits_is_told_in_full() -> None:
    assert fit_ending(SHUT[:3], 200, 5, "r") == SHUT[:3]
    assert fit_ending(ONE_DETAIL, 200, 15, "r") == SHUT
    assert fit_ending(["a very long line " * 9], 20, 2, "r") == ["a very long line a", "  very long line a …"]


@pytest.mark.parametrize("height", [3, 6, 12, 14, 40])
@pytest.mark.parametrize("width", [58, 78, 118])
def test_the_way_out_is_in_sight_however_little_room_there_is(width: int, height: int) -> None:
    told = fit_ending(SHUT, width, height, "r")
    assert len(told) <= height
    assert all(cell_len(line) <= width for line in told)
    assert "walk it: gonogo checklist run phase2-conversion" in "\n".join(told[-2:])
    assert told[0].startswith("NO-GO (gate closed): convert ended early")
    items = sum(line.startswith("  item-") for line in told)
    more = [line for line in told if line.startswith("and ")]
    assert more == ([] if items == 13 else [f"and {13 - items} more: r"])


def test_foreign_text_in_an_end_is_escaped() -> None:
    assert fit_ending(["NO-GO: \x1b[2J"], 78, 5, "r") == ["NO-GO: \\x1b[2J"]


def test_the_page_of_reasons_tells_the_end_in_full_and_no_untrue_comfort() -> None:
    page = reasons(fold(began("convert"), ended("convert", Outcome.GATE_CLOSED)), None, SHUT)
    assert page == ["\n".join(SHUT)]
    assert reasons(fold(began("convert")), None, ONE_DETAIL) == page
    calm = "No shard has failed, none is quarantined."
    assert reasons(fold(found(*NAMES)), NOW, ()) == [calm]
    assert reasons(fold(found(*NAMES), ended("convert")), None, ["GO: convert"]) == ["GO: convert", calm]
