"""What the home screen says, at the sizes that people have: nothing too long, nothing foreign interpreted."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from app.console.home.ago import ago, since
from app.console.home.jobs import JOBS, job, next_job, question, why_not
from app.console.home.layout import Laid, lay_out
from app.console.home.lines import Line, Section, beside, share_out
from app.console.home.start import JobList
from app.console.home.timeline import timeline
from app.home.values import (
    ArtifactSeen,
    Concern,
    CorpusSeen,
    HomeSeen,
    Kind,
    ListSeen,
    Place,
    Ref,
    RunLine,
    VolumeSeen,
    WindowSeen,
)
from engine.config import Settings
from engine.convert.events import SourceTotals
from engine.convert.guard import Room
from engine.convert.view import Level
from engine.jobs.window.events import StepState
from engine.jobs.window.shape import Row, Timetable
from engine.run.outcome import Outcome

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SIZES = pytest.mark.parametrize(("width", "right", "rows"), [(77, 0, 20), (57, 57, 32), (97, 97, 46)])
HOSTILE = "[bold]no markup[/bold]\x1b[2J\nnext " + "very long " * 40


def text(line: Line) -> str:
    return "".join(part for part, _ in line.parts)


def texts(laid: Laid) -> str:
    return "\n".join(map(text, (*laid.left, *laid.right)))


def table(*, late: bool = False) -> Timetable:
    began = NOW - timedelta(hours=2)
    steps = [("inventory", 1.0, StepState.DONE), ("convert", 7.0 if late else 4.0, StepState.UNDER_WAY)]
    rows, at = [], began
    for name, hours, state in [*steps, ("validate", 1.0, StepState.WAITING)]:
        end = at + timedelta(hours=hours)
        ended = end if state is StepState.DONE else None
        rows.append(Row(name, name, name, state, hours * 3600, at, end, at, ended, at, end, "", "", False, ""))
        at = end
    ends = began + timedelta(hours=8)
    return Timetable("", NOW, began, ends, at, at, tuple(rows), Level.RED if late else Level.GREEN, "told", (), True)


def full(hostile: str = "") -> HomeSeen:
    """A corpus in the middle of its window, with everything that there can be to say."""
    source = SourceTotals(
        source=f"final-export{hostile}",
        counts={"done": 1520, "pending": 2029, "quarantined": 2},
        clips=1_023_127,
        size_bytes=10**12,
        seconds_of_audio=3600.0 * 5640,
        audio=("48 kHz mono wav pcm_16",),
    )
    corpus = CorpusSeen(
        3551, dict(source.counts), (source,), source.clips, 10**12, 3600.0 * 5640, True, "2026-11-21T08:00:00Z", "r"
    )
    runs = tuple(
        RunLine(
            id=f"20261122T00000{at}Z-{name}-9f3{at}",
            job=name,
            created=f"2026-11-22T00:00:0{at}Z",
            is_alive=at == 5,
            level=Level.YELLOW if at == 5 else Level.GREEN,
            why=f"error: {hostile}",
            newest="2026-11-22T02:00:00Z",
            outcome=None if at == 5 else Outcome.ERROR,
            share=0.43,
            eta_s=4800.0,
            settled=1520,
            to_do=3551,
        )
        for at, name in reversed(list(enumerate(("inventory", "convert", "sweep", "validate", "inventory", "convert"))))
    )
    return HomeSeen(
        place=Place(Path("/corpus"), Path("/corpus/.gonogo"), Settings(gates={"convert.start": "phase2"})),
        level=Level.RED,
        headline="shards",
        now_s=NOW.timestamp(),
        concerns=(
            Concern(Level.RED, "shards", f"2 quarantined{hostile}", Ref(Kind.RUN, "r")),
            Concern(None, "phase2", "1 to sign", Ref(Kind.CHECKLIST, "phase2")),
        ),
        runs=runs,
        runs_in_all=6,
        window=WindowSeen("w", True, Level.GREEN, f"2 h of slack{hostile}", table(), "convert"),
        corpus=corpus,
        volumes=(VolumeSeen("disk", Room(812 * 10**9, 10**10), Level.GREEN, ""),),
        lists=tuple(
            ListSeen(f"list-{at}{hostile}", "", ("convert.start",), False, at == 0, False, f"why{hostile}")
            for at in range(4)
        ),
        artifacts=tuple(ArtifactSeen(f"artifact{at}", None if at > 2 else time.time()) for at in range(8)),
        is_settled=True,
    )


@SIZES
@pytest.mark.parametrize("hostile", ["", HOSTILE, "日本語" * 30], ids=["plain", "hostile", "wide"])
def test_no_line_is_wider_or_the_screen_longer_than_there_is_room(
    width: int, right: int, rows: int, hostile: str
) -> None:
    laid = lay_out(full(hostile), width, right, rows)
    for lines, room in ((laid.left, width), (laid.right, right)):
        assert len(lines) <= rows
        for line in lines:
            assert cell_len(text(line)) <= room - 1, text(line)
            assert text(line).isprintable()


@SIZES
def test_what_matters_is_there_at_every_size(width: int, right: int, rows: int) -> None:
    told = texts(lay_out(full(), width, right, rows))
    for wanted in (
        "6 Alerts",
        "■ RED     shards: 2 quarantined",
        "○ WAITS   phase2: 1 to sign",
        "2 Runs",
        "● RUNS    convert 9f35",
        "43% ",
        "1:20 h left",
        "3 Window",
        "convert (2 of 3), 2 h of slack",
        "4 Lists",
        "● GO      list-0 (convert.start)",
        "5 Training",
        "! 2 quarantined  ✓ 1,520 done  · 2,029 pending",
        "5,640:00 h",
        "812 GB free, the floor is 10.0 GB",
    ):
        assert wanted in told, wanted


def test_a_run_that_a_later_one_made_old_news_needs_room_to_be_shown() -> None:
    small, large = texts(lay_out(full(), 77, 0, 20)), texts(lay_out(full(), 97, 97, 46))
    assert "inventory 9f34" in small
    assert "inventory 9f30" not in small
    assert "inventory 9f30" in large


def test_each_step_of_the_window_has_its_line_where_there_is_room() -> None:
    small, large = texts(lay_out(full(), 57, 57, 32)), texts(lay_out(full(), 97, 97, 46))
    assert "· waiting     validate" not in small
    assert "✓ done        inventory  0:00-1:00" in large
    assert "▸ under way   convert    1:00-5:00   4:00 h of 4:00 h" in large
    assert "· waiting     validate" in large


def test_nothing_is_called_next_while_anything_runs() -> None:
    seen = replace(full(), artifacts=made("sweep"))
    over = tuple(replace(each, is_alive=False, outcome=Outcome.OK) for each in seen.runs)
    assert "next would be convert: s starts it" in texts(lay_out(replace(seen, runs=over), 97, 97, 46))
    for name, window in (("convert", ""), ("inventory", ""), ("validate", ""), ("validate", "a-window")):
        alive = replace(over[0], job=name, window=window, is_alive=True)
        for at in (replace(seen, runs=(alive, *over[1:])), replace(seen, corpus=None, runs=(alive, *over[1:]))):
            assert not re.search(r"next(:| would be)", texts(lay_out(at, 97, 97, 46))), name
            jobs = JobList(at)
            assert not any("next" in part for row in range(jobs.count) for part, _ in jobs.parts(row, 80)), name


def ended(job: str, outcome: Outcome | None, at: int = 1, *, window: str = "") -> RunLine:
    """A run that is over; without an outcome it was killed."""
    created = f"2026-11-22T00:00:0{at}Z"
    return RunLine(f"2026-run-9f3{at}", job, created, False, Level.RED, "", outcome=outcome, window=window)


@pytest.mark.parametrize("outcome", [None, Outcome.INTERRUPTED, Outcome.TERMINATED, Outcome.SAFETY_STOP, Outcome.ERROR])
def test_what_was_cut_off_is_next_before_anything_else(outcome: Outcome | None) -> None:
    seen = full()
    assert seen.corpus is not None
    for known in (seen.corpus, None, replace(seen.corpus, inventory_time="")):
        cut_off = replace(seen, corpus=known, artifacts=made(), runs=(ended("convert", outcome),))
        assert next_job(cut_off) == "convert"
        assert "next: s goes on with convert 9f31" in texts(lay_out(cut_off, 57, 57, 32))
        step = ended("convert", outcome, 2, window="w")
        assert next_job(replace(cut_off, runs=(step, ended("window", outcome)))) == "window"


def test_what_was_gone_on_with_or_left_nothing_or_changes_nothing_is_not_next() -> None:
    seen = replace(full(), artifacts=made())
    assert seen.corpus is not None
    killed = ended("convert", None)
    assert next_job(replace(seen, runs=(ended("convert", Outcome.OK, 2), killed))) == "sweep"
    assert next_job(replace(seen, runs=(replace(killed, dry_run=True),))) == "sweep"
    assert next_job(replace(seen, runs=(ended("inventory", None),))) == "sweep"
    done = replace(seen, corpus=replace(seen.corpus, counts={"done": 3551}), runs=(killed,))
    assert next_job(done) == "validate"


def test_every_alert_leads_somewhere_and_can_be_read_whole() -> None:
    laid = lay_out(full(HOSTILE), 77, 0, 20)
    (shards,) = [line for line in laid.left if "shards: " in text(line)]
    assert shards.ref == Ref(Kind.RUN, "r")
    assert shards.page.endswith("very long ")


def test_a_new_corpus_says_what_to_do_next() -> None:
    seen = replace(full(), corpus=None, runs=(), window=None, concerns=(), lists=(), artifacts=())
    told = texts(lay_out(seen, 77, 0, 20))
    assert "no inventory yet: i makes one" in told
    assert "none yet: s starts a job" in told
    assert "nothing is wrong, and nobody is waited for" in told


def test_without_a_corpus_there_is_a_welcome() -> None:
    seen = replace(full(), place=Place(None, Path("/state"), Settings()))
    told = texts(lay_out(seen, 77, 0, 20))
    assert "gonogo init CORPUS" in told
    assert "gonogo demo" in told
    assert max(map(len, told.splitlines())) <= 76


@given(lengths=st.lists(st.integers(0, 30), max_size=8), least=st.integers(0, 4), rows=st.integers(0, 60))
def test_rows_are_shared_out_to_the_last_and_nobody_gets_less_than_his_least(
    lengths: list[int], least: int, rows: int
) -> None:
    sections = [Section("s", "", (Line(()),) * length, least) for length in lengths]
    shared = share_out(sections, rows)
    given_ = [len(each.lines) for each in shared]
    assert all(got >= min(least, length) for got, length in zip(given_, lengths, strict=True))
    assert all(got + each.hidden == length for got, each, length in zip(given_, shared, lengths, strict=True))
    owed = sum(min(least, length) for length in lengths)
    assert sum(given_) == max(owed, min(rows, sum(lengths)))


def test_what_is_not_shown_is_counted() -> None:
    lines = beside([Section("Runs", "2", (Line((("a run", ""),)),) * 9, least=2)], 4)
    assert [text(line) for line in lines][:2] == ["2 Runs      a run", "  +5 more   a run"]


@pytest.mark.parametrize("late", [False, True])
@given(width=st.integers(5, 200))
def test_a_timeline_is_as_wide_as_asked_and_shows_now_and_the_end(late: bool, width: int) -> None:
    drawn = "".join(part for part, _ in timeline(table(late=late), width, is_alive=True))
    assert cell_len(drawn) == width
    assert drawn.count("┃") == 1
    assert ("!" in drawn) == (late and width > 10) or width <= 10


def test_a_timeline_draws_done_under_way_to_do_and_slack_in_their_lengths() -> None:
    drawn = "".join(part for part, _ in timeline(table(), 80, is_alive=False))
    assert drawn == "█" * 10 + "▓" * 40 + "▒" * 10 + "·" * 19 + "│"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "0 s ago"), (59.9, "59 s ago"), (60, "1 min ago"), (7199, "1 h ago"), (86_400 * 2, "2 days ago")],
)
def test_ages_are_told_coarsely(seconds: float, told: str) -> None:
    assert ago(seconds) == told


def test_a_time_that_cannot_be_read_has_no_age() -> None:
    assert since("soon", 0.0) == since("", 0.0) == ""


# Jobs.


def made(*names: str) -> tuple[ArtifactSeen, ...]:
    all_names = ("sweep", "validation", "manifest", "split", "benchmark", "buckets", "export", "report")
    return tuple(ArtifactSeen(name, 1.0 if name in names else None) for name in all_names)


def test_the_next_job_is_the_one_that_brings_the_corpus_on() -> None:
    seen = replace(full(), artifacts=made())
    assert next_job(replace(seen, corpus=None)) == "inventory"
    assert next_job(seen) == "sweep"
    assert next_job(replace(seen, artifacts=made("sweep"))) == "convert"
    assert seen.corpus is not None
    done = replace(seen, corpus=replace(seen.corpus, counts={"done": 3551}))
    assert next_job(done) == "validate"
    assert next_job(replace(done, artifacts=made("validation", "manifest"))) == "split"
    every = made("validation", "manifest", "split", "benchmark", "buckets", "export", "report")
    assert next_job(replace(done, artifacts=every)) == "clean"


def test_one_job_at_a_time_holds_the_corpus_and_reading_ones_go_beside_it() -> None:
    seen = full()
    assert "convert 9f35 holds the corpus" in why_not(job("sweep"), seen)
    assert why_not(job("inventory"), seen) == ""
    assert why_not(job("sweep"), replace(seen, runs=())) == ""


def test_what_cannot_be_undone_is_asked_for_with_the_corpus_and_the_shards_named() -> None:
    asked = {each.name: question(each, full()) for each in JOBS if each.asks}
    assert set(asked) == {"convert", "window", "recover", "clean"}
    assert all("/corpus" in each for each in asked.values())
    assert "2,029 of 3,551 shards" in asked["convert"]
    assert "cannot be undone" in asked["convert"]
    assert "cannot be had back" in asked["clean"]
