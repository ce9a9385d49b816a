from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from app.console.conversion.facts import ShardFacts, read_facts
from app.console.conversion.fitting import plain, wide
from app.console.conversion.full_words import clip_parts, in_full
from app.console.conversion.full_words import status as shard_status
from app.console.conversion.steps import Mark, Traces, steps
from app.console.conversion.trail import told, trail
from engine.convert.clips import write_clip_table
from engine.convert.events import ShardDone, ShardStarted
from engine.convert.view import Level
from engine.run.events import Event
from engine.run.folder import RunFolder
from engine.run.log import EventLog
from engine.shards.clips import ClipRow, clip_table
from engine.shards.files import RealFiles
from engine.shards.names import ShardFiles
from engine.shards.record import Record, SwapState, Tally, TarDigest, Unreadable, write_record
from tests.app.console.conversion.values import NAMES, NOW, busy, done, fold, found, quarantined

CLOCK = datetime(2026, 1, 1, 12, 0, 10, tzinfo=UTC)
SHARD = "a/b"
ORIGINAL, RESULT = TarDigest("a" * 32, 3_000), TarDigest("b" * 32, 1_000)
TALLY = Tally(members=3, clips=2, seconds_of_audio=4.0, saturated_samples=7, flags=("no sidecar",))


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))


def clip(number: int, saturated: int = 0) -> ClipRow:
    return ClipRow(
        member=f"clip_{number}.wav",
        offset_bytes=512,
        size_bytes=32_044,
        frames=16_000,
        original_frames=48_000,
        original_xxh3_128="c" * 32,
        xxh3_128="d" * 32,
        original_channels=2,
        saturated_samples=saturated,
    )


def record(state: SwapState = SwapState.SWAPPED, *, keeps: bool = False, adopted: bool = False) -> Record:
    return Record(
        state=state,
        tool="gonogo 0",
        run="run",
        time="2026-01-01T12:00:00.000Z",
        original=ORIGINAL,
        result=RESULT,
        tally=TALLY,
        keeps_backup=keeps,
        adopted=adopted,
    )


def run_on(tmp_path: Path, *events: Event, corpus: bool = True) -> RunFolder:
    folder = RunFolder.create(
        tmp_path / "corpus" / ".gonogo",
        job="convert",
        corpus=tmp_path / "corpus" if corpus else None,
        args={},
        config={"convert": {"spot_checks": 8}, "layout": {"audio": "audio.tar"}},
        versions={},
        host={},
    )
    with EventLog(folder.events_path, folder.run_id) as log:
        for event in events:
            log.append(event)
    folder.close()
    return RunFolder.open(folder.path)


def make_shard(tmp_path: Path, stands: Record | None) -> ShardFiles:
    names = ShardFiles.of_folder(tmp_path / "corpus" / "a" / "b")
    names.folder.mkdir(parents=True)
    names.audio.write_bytes(b"x" * 1_000)
    if stands is not None:
        write_record(RealFiles(), names, stands)
    return names


def page(facts: ShardFacts, *events: Event, width: int = 78) -> str:
    lines = in_full(facts, fold(found(SHARD), *events), None, CLOCK, width)
    assert max(map(wide, lines)) <= width, "nothing is cut"
    return "\n".join(map(plain, lines))


# The steps of a swap.


def marks(traces: Traces) -> list[Mark]:
    return [step.mark for step in steps(traces)]


def facts_of(path: Path) -> Traces:
    path.write_bytes(b"x")
    return Traces(audio=RealFiles().facts(path), backup=RealFiles().facts(path))


def test_of_a_shard_that_nobody_touched_no_step_is_done() -> None:
    assert set(marks(Traces())) == {Mark.NOT_YET}


@pytest.mark.parametrize(("stage", "under_way"), [("convert", 0), ("sync", 1), ("verify", 2), ("swap", 3)])
def test_the_step_that_a_worker_is_at_is_under_way_and_all_before_it_are_done(stage: str, under_way: int) -> None:
    found_marks = marks(Traces(stage=stage))
    assert found_marks[:under_way] == [Mark.DONE] * under_way
    assert found_marks[under_way] is Mark.UNDER_WAY


def test_a_finished_swap_has_all_steps_and_only_the_log_proves_the_last() -> None:
    assert set(marks(Traces(record=record(), done_at="2026-01-01T12:00:01.000Z"))) == {Mark.DONE}
    assert marks(Traces(record=record()))[12] is Mark.UNKNOWN


def test_a_kept_original_leaves_the_last_two_steps_out(tmp_path: Path) -> None:
    there = facts_of(tmp_path / "b").backup
    assert marks(Traces(record=record(keeps=True), backup=there))[11:] == [Mark.LEFT_OUT, Mark.LEFT_OUT]
    assert marks(Traces(record=record(), backup=there))[11:] == [Mark.NOT_YET, Mark.NOT_YET]


def test_a_swap_that_was_cut_off_is_known_as_far_as_its_files_tell(tmp_path: Path) -> None:
    there = facts_of(tmp_path / "b").backup
    promised = record(SwapState.SWAPPING)
    cut_off = marks(Traces(record=promised, audio=there, temporary=there))
    assert cut_off[:5] == [Mark.DONE] * 5
    assert set(cut_off[5:]) == {Mark.UNKNOWN}
    renamed = marks(Traces(record=promised, audio=there, backup=there))
    assert renamed[:8] == [Mark.DONE] * 8
    assert set(renamed[8:]) == {Mark.UNKNOWN}


@pytest.mark.parametrize("stands", [None, Unreadable("its checksum is not that of its content")])
def test_traces_without_a_record_are_left_to_recovery(tmp_path: Path, stands: Unreadable | None) -> None:
    there = facts_of(tmp_path / "b").backup
    assert set(marks(Traces(record=stands, backup=there))) == {Mark.UNKNOWN}


def test_a_shard_that_was_adopted_claims_no_step_of_ours() -> None:
    found_marks = marks(Traces(record=record(adopted=True)))
    assert set(found_marks[:10]) == {Mark.UNKNOWN}
    assert found_marks[10] is Mark.DONE


# Its log.


def test_the_log_of_a_shard_is_found_in_a_long_one_the_newest_first(tmp_path: Path) -> None:
    others = [ShardStarted(shard=f"a/{number}", worker=1, bytes_in=1) for number in range(30_000)]
    mine = ShardStarted(shard=SHARD, worker=3, bytes_in=1)
    folder = run_on(tmp_path, found(SHARD, "a/bb"), mine, *others, done("a/bb"), done(SHARD))
    assert folder.events_path.stat().st_size > 2 << 20, "more than one block"
    events = [logged.event for logged in trail(folder.events_path, SHARD)]
    assert [type(event) for event in events] == [ShardDone, ShardStarted]
    assert told(mine) == "taken in hand by worker 3"
    assert told(events[0]) == "done 3.00 MB -> 1.00 MB, 5 clips, 2.0 s"


def test_a_torn_or_a_damaged_line_costs_nothing_but_itself(tmp_path: Path) -> None:
    folder = run_on(tmp_path, done(SHARD))
    with folder.events_path.open("ab") as log:
        log.write(b'{"type":"shard_done","shard":"a/b",\n{"type":"shard_done","shard":"a/b"')
    assert len(trail(folder.events_path, SHARD)) == 1


# All of it.


def test_a_converted_shard_is_told_in_full(tmp_path: Path) -> None:
    make_shard(tmp_path, record())
    write_clip_table(clip_table(tmp_path / "corpus" / ".gonogo", "a", "b"), [clip(0, 7), clip(1)])
    facts = read_facts(run_on(tmp_path, done(SHARD)), SHARD)
    shown = page(facts, done(SHARD))
    assert facts.problems == ()
    for each in (ORIGINAL.xxh3_128, RESULT.xxh3_128, "33.3% of the original's bytes"):
        assert each in shown
    assert "2 clips decoded by libsndfile on both sides" in shown
    assert "7 samples held at the format's end" in shown
    assert "no sidecar" in shown
    assert "2 clips with hashes, as the record counts" in shown
    assert "done and durable at" in shown
    assert "log, the newest first (UTC)" in shown
    assert plain(clip_parts(facts.clips[0], 60)).split() == [
        *("clip_0.wav", "48,000", "→", "16,000", "32.0", "kB", "2", "7", "saturated")
    ]


def test_a_damaged_clip_table_is_told_and_what_can_be_read_of_it_is_shown(tmp_path: Path) -> None:
    make_shard(tmp_path, record())
    table = clip_table(tmp_path / "corpus" / ".gonogo", "a", "b")
    write_clip_table(table, [clip(0, 7), clip(1)])
    table.write_bytes(gzip.compress(gzip.decompress(table.read_bytes())[:-20] + b"\n"))
    facts = read_facts(run_on(tmp_path), SHARD)
    assert len(facts.clips) == 1
    shown = " ".join(page(facts).split())
    assert "the clip table is damaged after 1 clips" in shown
    assert "not as the record counts" in shown


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    names = make_shard(tmp_path, record())
    names.status.write_text(names.status.read_text().replace("3000", "3001"))
    shown = " ".join(page(read_facts(run_on(tmp_path), SHARD)).split())
    assert "cannot be read: its checksum is not that of its content" in shown
    assert "recovery finds out" in shown


def test_a_shard_that_is_gone_is_told_and_nothing_is_raised(tmp_path: Path) -> None:
    folder = run_on(tmp_path, quarantined(SHARD))
    folder.events_path.unlink()
    shown = page(read_facts(folder, SHARD), quarantined(SHARD))
    assert "audio.tar: not there" in shown
    assert "restore it from another copy" in shown, "the way out"


def test_what_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    (tmp_path / "corpus" / "a").mkdir(parents=True)
    (tmp_path / "corpus" / "a" / "b").write_text("a file where a folder should be")
    facts = read_facts(run_on(tmp_path), SHARD)
    assert "cannot be looked at" in page(facts)


def test_a_run_that_names_no_corpus_shows_what_its_log_tells(tmp_path: Path) -> None:
    shown = page(read_facts(run_on(tmp_path, done(SHARD), corpus=False), SHARD), done(SHARD))
    assert "this run names no corpus" in shown
    assert "a" * 32 in shown


def test_a_lone_tar_has_its_own_names(tmp_path: Path) -> None:
    (tmp_path / "corpus" / "a").mkdir(parents=True)
    (tmp_path / "corpus" / "a" / "x.tar").write_bytes(b"x")
    facts = read_facts(run_on(tmp_path), "a/x.tar")
    assert facts.files is not None
    assert facts.files.backup_name == "x.tar.48k.bak"
    assert facts.seen["audio"] is not None


def test_a_shard_in_hand_tells_where_its_worker_is(tmp_path: Path) -> None:
    view = fold(found(*NAMES), ShardStarted(shard=NAMES[0], worker=7, bytes_in=1))
    now = msgspec.structs.replace(NOW, workers=(busy(7, NAMES[0], seconds=3.0),))
    make_shard(tmp_path, None)
    facts = read_facts(run_on(tmp_path), NAMES[0])
    shown = "\n".join(map(plain, in_full(facts, view, now, CLOCK, 78)))
    assert "convert 25% of 200 B, 3.0 s" in shown
    assert "▸ under way" in shown
    assert shard_status(view, NAMES[0]) == (Level.GREEN, "in hand: worker 7: 3.00 MB")
    assert shard_status(fold(found(SHARD), quarantined(SHARD)), SHARD)[0] is Level.RED


def test_names_and_reasons_from_archives_move_no_cursor(tmp_path: Path) -> None:
    odd = ClipRow(**{**{f: getattr(clip(0), f) for f in clip(0).__struct_fields__}, "member": "a\x1b[31mb.wav"})
    assert "\x1b" not in plain(clip_parts(odd, 60))
    facts = read_facts(run_on(tmp_path, corpus=False), "a/\x1b[2J")
    assert "\x1b" not in "\n".join(map(plain, in_full(facts, fold(), None, CLOCK, 78)))
