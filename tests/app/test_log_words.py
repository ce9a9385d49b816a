from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.endings import SUMMARIES
from app.log_events import TYPES, Kind, may_be
from app.log_page import page_of
from app.log_reading import GrowingLines, LogLine
from app.log_search import Found, Wanted
from app.log_words import LONGEST, clock, event_row, is_today, plain_row, words_of
from app.wording import line_for
from engine.convert.events import ConvertSummary, ShardQuarantined, ShardsFound, ShardSkipped, ShardStarted
from engine.convert.sweep_events import SweepGroup, SweepSummary
from engine.convert.sweep_verdict import Limit
from engine.convert.view import Level
from engine.errors import Fault
from engine.jobs.ended import EndedEarly
from engine.run.events import Check, Event, GateOpened, Paused, Version, Warned, WorkerEnded
from engine.run.log import encode_event
from engine.run.outcome import Outcome
from tests.app.made_events import made

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
SHARD = "final-export/shard_00003"
QUARANTINED = ShardQuarantined(shard=SHARD, source="final-export", fault=Fault("no tar at all", read="\x1b[31m"))


def line(content: bytes, number: int = 0) -> LogLine:
    return LogLine(number, 0, len(content), content)


def logged(event: Event) -> LogLine:
    return line(encode_event(event, moment=NOON, run_id="r")[:-1])


@pytest.mark.parametrize(
    ("event", "level", "kind"),
    [
        (QUARANTINED, Level.RED, Kind.SHARDS | Kind.TROUBLE),
        (ShardSkipped(shard=SHARD, source="s", note="16 kHz"), None, Kind.SHARDS),
        (Paused(why="disk", detail="full"), Level.YELLOW, Kind.ORDERS | Kind.TROUBLE),
        (Paused(why="operator"), None, Kind.ORDERS),
        (WorkerEnded(worker=3, pid=1, how="killed", detail="SIGKILL"), Level.YELLOW, Kind.TROUBLE),
        (Check(id="a", ask="?", state="fail"), Level.RED, Kind.ORDERS | Kind.TROUBLE),
        (GateOpened(gate="g", checklist="c", ledger_count=1, ledger_sha256=""), Level.GREEN, Kind.ORDERS),
        (
            GateOpened(gate="g", checklist="c", ledger_count=1, ledger_sha256="", overridden_by="kim"),
            Level.RED,
            Kind.ORDERS | Kind.TROUBLE,
        ),
        (Version(gonogo="1", job="convert", corpus="/c", python="3", host="h"), None, Kind.ORDERS),
    ],
)
def test_an_event_reads_as_the_headless_face_says_it_with_its_level_and_kind(
    event: Event, level: Level | None, kind: Kind
) -> None:
    row, told = event_row(logged(event)), line_for(event)
    assert told is not None
    assert (row.text, row.level, row.kind, row.time) == (told.text, level, kind, NOON)


def test_an_end_says_its_first_line_and_how_many_more_there_are() -> None:
    ended = ConvertSummary(job="convert", outcome=Outcome.OK, seconds=1.0, counts={"done": 3}, pending=0, converted=3)
    row = event_row(logged(ended))
    assert row.text.startswith("GO: convert: 3 done, 0 pending  … and ")
    assert row.level is Level.GREEN


def test_the_reason_of_a_shard_is_not_pushed_out_of_sight_by_its_name_a_second_time() -> None:
    fault = Fault("checksum of a tar header is wrong", file=f"{SHARD}/audio.tar")
    row = event_row(logged(QUARANTINED.but(fault=fault)))
    assert row.text == f"QUARANTINED {SHARD} audio.tar: checksum of a tar header is wrong"


def test_an_event_without_words_of_its_own_names_its_fields() -> None:
    row = event_row(logged(ShardStarted(shard=SHARD, worker=2, bytes_in=7)))
    assert row.text == f"shard started: shard {SHARD}, worker 2, bytes_in 7"
    assert event_row(logged(ShardsFound(shards=()))).text == "shards found: shards (0)"


def test_an_event_of_a_newer_version_is_told_and_is_no_damage() -> None:
    row = event_row(line(b'{"type":"brand_new","time":"2026-11-22T12:00:00.000Z","run":"r","what":[1,2]}'))
    assert (row.text, row.level, row.time) == ("brand new: what (2)", None, NOON)


def test_broken_utf8_and_what_is_no_json_is_told_as_damage_and_escaped() -> None:
    row = event_row(line(b"\xff\xfe \x1b[2J\x1b]0;owned\x07 [red]x[/red]"))
    assert row.text == r"no event: \xff\xfe \x1b[2J\x1b]0;owned\x07 [red]x[/red]"
    assert (row.level, row.kind) == (Level.UNKNOWN, Kind.TROUBLE)


def test_a_line_of_a_megabyte_is_one_short_line_with_its_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(encode_event(Warned(problem="x" * 1_000_000), moment=NOON, run_id="r"))
    lines = GrowingLines(path)
    lines.look()
    found = lines.line(lines.newest)
    assert found is not None
    row = event_row(found)
    assert row.text.startswith("a line of 1.00 MB: ")
    assert len(row.text) <= LONGEST + 1
    assert row.time == NOON
    told = list(page_of(found, lines.read(found.offset, found.size), str(path)))
    assert any("tail -c +1 FILE" in each for each in told)
    assert sum(map(len, told)) < 100_000


@pytest.mark.parametrize(
    "kind", [*TYPES, *dict.fromkeys(SUMMARIES.values()), EndedEarly], ids=lambda kind: kind.__name__
)
@settings(max_examples=30)
@given(data=st.data())
def test_an_event_of_whatever_values_is_put_into_words_or_into_none(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(made(kind))
    assert isinstance(words_of(event), str)
    assert event_row(logged(event)).text.isprintable()


def test_a_sweep_that_measured_nothing_for_a_codec_says_so() -> None:
    group = SweepGroup(
        codec="flac",
        bytes_to_do=10,
        recommended_workers=1,
        limited_by=Limit.CPU,
        why="",
        mb_per_s=0.0,
        estimate_s=0.0,
        disk_allows=1,
        figures=(),
    )
    ended = SweepSummary(
        job="sweep", outcome=Outcome.OK, seconds=1.0, counts={}, tried=0, usable_cpus=1, codecs=(group,)
    )
    told = words_of(ended)
    assert "flac: 10 B to do; nothing was measured\n" in told


HOSTILE = st.one_of(
    st.binary(max_size=2_000),
    st.text(max_size=300).map(lambda text: json.dumps({"type": "warned", "time": text, "problem": text}).encode()),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40)),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
        max_leaves=15,
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from([b"[" * 100_000, b'{"type":"step_kept","started":"x"}', b'{"type":"warned","problem":"\\ud800"}']),
    st.text(max_size=40).map(
        lambda text: json.dumps(
            {"type": "step_kept", "step": text, "step_run": text, "outcome": "ok", "started": text, "ended": text}
        ).encode()
    ),
)


@given(content=HOSTILE)
def test_whatever_stands_in_a_log_comes_out_as_one_line_of_printable_characters(content: bytes) -> None:
    content = content.replace(b"\n", b" ")
    for row in (event_row(line(content)), plain_row(line(content))):
        assert row.text.isprintable()
        assert len(row.text) < LONGEST + 60
        assert clock(row.time, NOON, with_day=True).isprintable()
    assert all(each.isprintable() for each in page_of(line(content), content, "log"))


@given(content=HOSTILE, kind=st.sampled_from([Kind.TROUBLE, Kind.ORDERS, Kind.SHARDS]))
def test_a_glance_never_misses_a_line_that_is_of_a_kind(content: bytes, kind: Kind) -> None:
    if event_row(line(content)).kind & kind:
        assert may_be(content, kind)


def test_a_page_shows_the_words_and_every_field() -> None:
    event = logged(QUARANTINED)
    told = "\n".join(page_of(event, event.content, "events.jsonl"))
    assert "RED: QUARANTINED" in told
    assert '"problem": "no tar at all"' in told
    assert "\x1b" not in told


def test_times_are_written_in_the_clock_of_the_wall_and_with_the_day_where_asked() -> None:
    now = datetime(2026, 11, 22, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert clock(NOON, now, with_day=False) == "14:00:00"
    assert clock(NOON, now, with_day=True) == "11-22 14:00:00"
    assert is_today(NOON, now)
    assert not is_today(NOON - timedelta(days=1), now)
    assert clock(None, now, with_day=False) == " " * 8
    assert clock(datetime.max.replace(tzinfo=UTC), now, with_day=False) == " " * 8


# Searching.


def log_with(path: Path, count: int, first: int = 0) -> None:
    with path.open("ab") as file:
        for number in range(first, first + count):
            event: Event = ShardSkipped(shard=f"a/{number:05d}", source="a", note="x")
            if number % 10 == 3:
                event = ShardQuarantined(shard=f"a/{number:05d}", source="a", fault=Fault("bad"))
            file.write(encode_event(event, moment=NOON, run_id="r"))


def shards_of(found: Found, lines: GrowingLines, top: int) -> list[str]:
    told = []
    for at in range(found.up_to(top)):
        hit = lines.line(found.number(at, top))
        assert hit is not None
        told.append(json.loads(hit.content)["shard"])
    return told


def test_a_search_finds_the_newest_first_and_stops_when_there_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log_with(path, 5_000)
    lines = GrowingLines(path)
    lines.look()
    found = Found(Wanted(Kind.TROUBLE), event_row)
    assert found.look(lines, enough=5, most_s=60.0) is False
    assert shards_of(found, lines, lines.newest)[:3] == ["a/04993", "a/04983", "a/04973"]
    assert 5 <= len(found) < 500
    found.look(lines, enough=10_000, most_s=60.0)
    assert shards_of(found, lines, lines.newest) == [f"a/{number:05d}" for number in range(4_993, 0, -10)]


def test_what_comes_later_is_found_above_and_below_a_line_it_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log_with(path, 20)
    lines = GrowingLines(path)
    lines.look()
    found = Found(Wanted(Kind.TROUBLE), event_row)
    found.look(lines, enough=100, most_s=60.0)
    top = lines.newest
    log_with(path, 20, first=20)
    lines.look()
    found.look(lines, enough=100, most_s=60.0)
    assert shards_of(found, lines, top) == ["a/00013", "a/00003"]
    assert shards_of(found, lines, lines.newest) == ["a/00033", "a/00023", "a/00013", "a/00003"]


@given(numbers=st.lists(st.booleans(), max_size=30), tops=st.lists(st.integers(-40, 40), max_size=5))
def test_a_search_finds_what_a_look_at_every_line_finds(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[bool], tops: list[int]
) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(b"".join(b"wanted\n" if wanted else b"other\n" for wanted in numbers))
    lines = GrowingLines(path, 4)
    while not lines.is_whole or (numbers and not lines.count):
        lines.look(4)
    found = Found(Wanted(text="WANTED"), plain_row)
    found.look(lines, enough=1_000, most_s=60.0)
    every = [one.number for one in lines.lines(lines.oldest, lines.newest) if one.content == b"wanted"]
    for top in tops:
        assert [found.number(at, top) for at in range(found.up_to(top))] == [one for one in every if one <= top][::-1]
    lines.close()


def test_a_text_is_found_in_the_words_and_in_the_line_whatever_its_capitals() -> None:
    holds = Wanted(text="quarantined").holds
    assert holds(logged(QUARANTINED), event_row)
    assert Wanted(text="No Tar At All").holds(logged(QUARANTINED), event_row)
    assert Wanted(text="worker 3 (pid").holds(logged(WorkerEnded(worker=3, pid=1, how="killed")), event_row)
    assert not holds(logged(Paused(why="operator")), event_row)
    assert not Wanted(Kind.SHARDS, "disk").holds(logged(Paused(why="disk")), event_row)
