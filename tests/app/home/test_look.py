"""What the home screen knows: of a new corpus, of one with runs, and of one whose files are damaged."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.home.look import Home
from app.home.values import HomeSeen, Kind, Place, Ref
from engine.checklist.around import Around
from engine.checklist.finding import open_list
from engine.checklist.walk import Walk
from engine.config import Settings, load_settings
from engine.convert.events import ShardQuarantined
from engine.convert.view import Level
from engine.errors import Fault
from engine.run.events import Paused
from engine.run.outcome import Outcome
from tests.app.home.made import begin, convert_summary, found, inventory_summary, place, run


def look(corpus: Path, settings: Settings | None = None) -> HomeSeen:
    home = Home(place(corpus, settings))
    try:
        return home.settle()
    finally:
        home.close()


def test_a_new_corpus_is_well_and_nothing_runs(corpus: Path) -> None:
    seen = look(corpus)
    assert (seen.level, seen.headline) == (Level.GREEN, "all is well, nothing runs")
    assert seen.corpus is None
    assert not seen.runs
    assert [volume.name for volume in seen.volumes] == ["disk"]
    assert {each.name for each in seen.artifacts if each.made} == set()


def test_the_first_look_waits_for_nothing_slow(corpus: Path) -> None:
    home = Home(place(corpus))
    first = home.look()
    assert not first.is_settled or first.lists is not None
    assert home.settle().is_settled
    home.close()


def test_without_a_corpus_there_is_a_place_all_the_same(tmp_path: Path) -> None:
    home = Home(Place(None, tmp_path / "state", Settings()))
    seen = home.settle()
    home.close()
    assert seen.is_settled
    assert (seen.corpus, seen.volumes, seen.runs) == (None, (), ())
    assert seen.lists, "the shipped ones"


def test_the_corpus_is_what_the_newest_inventory_counted(corpus: Path, state: Path) -> None:
    run(state, "inventory", inventory_summary(pending=7))
    newest = run(state, "inventory", inventory_summary(pending=3, skipped=2))
    seen = look(corpus).corpus
    assert seen is not None
    assert (seen.shards, seen.clips, seen.duration_s, seen.size_bytes) == (5, 50, 5 * 3600.0, 5 * 10**9)
    assert seen.counts == {"pending": 3, "skipped": 2}
    assert seen.states_from == newest


def test_a_conversion_after_the_inventory_says_how_the_shards_are_now(corpus: Path, state: Path) -> None:
    run(state, "inventory", inventory_summary(pending=5))
    newest = run(state, "convert", convert_summary(done=3, skipped=1, pending=1, converted=3))
    run(state, "convert", convert_summary(done=5), dry_run=3)
    seen = look(corpus).corpus
    assert seen is not None
    assert (seen.counts, seen.states_from) == ({"pending": 1, "done": 3, "skipped": 1}, newest)
    assert seen.clips == 50


def test_an_inventory_after_the_conversion_says_it(corpus: Path, state: Path) -> None:
    run(state, "convert", convert_summary(done=3, converted=3))
    newest = run(state, "inventory", inventory_summary(done=3, pending=9))
    seen = look(corpus).corpus
    assert seen is not None
    assert (seen.counts, seen.states_from) == ({"done": 3, "pending": 9}, newest)


def test_a_conversion_that_was_killed_still_says_how_the_shards_are(corpus: Path, state: Path) -> None:
    run(state, "convert", found(pending=4, done=2))
    seen = look(corpus)
    assert seen.corpus is not None
    assert seen.corpus.counts == {"pending": 4, "done": 2}
    assert seen.level is Level.RED
    assert "its engine was killed; run it again" in seen.headline


def test_quarantined_shards_are_red_once_and_lead_to_their_run(corpus: Path, state: Path) -> None:
    run(state, "inventory", inventory_summary(pending=5))
    newest = run(state, "convert", convert_summary(Outcome.SOME_FAILED, done=3, quarantined=2))
    seen = look(corpus)
    assert [(each.level, each.about, each.told) for each in seen.concerns] == [
        (Level.RED, "shards", "2 quarantined: untouched, a person decides")
    ]
    assert seen.concerns[0].ref == Ref(Kind.RUN, newest)
    assert seen.level is Level.RED


def test_a_run_that_lives_comes_first_and_what_pauses_it_is_told(corpus: Path, state: Path) -> None:
    folder, log = begin(state, "convert", found(pending=4), Paused(why="operator", detail="asked for"))
    run(state, "inventory", inventory_summary(pending=4))
    seen = look(corpus)
    log.close()
    folder.close()
    assert [(each.job, each.is_alive) for each in seen.runs] == [("convert", True), ("inventory", False)]
    assert seen.runs[0].pauses == ("operator: asked for",)
    assert (seen.level, seen.headline) == (Level.YELLOW, "convert: paused: operator: asked for")


def test_the_end_of_a_run_is_seen_by_the_next_look(corpus: Path, state: Path) -> None:
    folder, log = begin(state, "convert", found(pending=2))
    clock = [0.0]
    home = Home(place(corpus), lambda: clock[0])
    assert home.settle().living
    fault = Fault("the tar is cut short")
    log.append(ShardQuarantined(shard="a/shard_00000", source="a", fault=fault))
    clock[0] += 0.25
    counts = home.look().corpus
    assert counts is not None
    assert counts.counts == {"pending": 1, "quarantined": 1}
    log.append(convert_summary(Outcome.SOME_FAILED, done=1, quarantined=1))
    log.close()
    folder.close()
    clock[0] += 2.0
    seen = home.look()
    home.close()
    assert not seen.living
    assert seen.runs[0].outcome is Outcome.SOME_FAILED


def test_a_later_run_of_the_same_job_makes_an_earlier_failure_old_news(corpus: Path, state: Path) -> None:
    run(state, "convert", convert_summary(Outcome.ERROR, detail="the disk refuses writes"))
    assert look(corpus).level is Level.RED
    run(state, "convert", convert_summary(done=1, converted=1))
    assert look(corpus).level is Level.GREEN


def test_a_conversion_makes_a_dry_run_before_it_old_news_and_a_dry_run_no_conversion(corpus: Path, state: Path) -> None:
    run(state, "convert", convert_summary(Outcome.ERROR, detail="scratch is full"), dry_run=3)
    run(state, "convert", convert_summary(done=1, converted=1))
    assert look(corpus).level is Level.GREEN
    run(state, "convert", found(pending=4))
    run(state, "convert", convert_summary(done=3), dry_run=3)
    assert "its engine was killed" in look(corpus).headline


def test_a_full_disk_is_red_by_the_rule_of_the_guard(corpus: Path) -> None:
    (corpus / "gonogo.toml").write_text('[convert]\nfloor = "900000TB"\n')
    seen = look(corpus)
    assert seen.level is Level.RED
    assert "below the floor: no shard starts" in seen.headline


def test_an_artifact_that_is_older_than_what_it_was_made_from_says_so(corpus: Path, state: Path) -> None:
    (state / "artifacts").mkdir()
    for name, age_s in (("manifest.parquet", 100), ("split.parquet", 200), ("sweep.json", 300)):
        path = state / "artifacts" / name
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age_s,) * 2)
    seen = {each.name: each for each in look(corpus).artifacts}
    assert seen["split"].is_older
    assert not seen["manifest"].is_older
    assert not seen["sweep"].is_older
    run(state, "convert", convert_summary(done=1, converted=1))
    assert {each.name: each for each in look(corpus).artifacts}["manifest"].is_older


def test_a_bound_list_waits_for_a_person_once_its_gate_is_next(corpus: Path, state: Path) -> None:
    (corpus / "gonogo.toml").write_text('[gates]\n"convert.start" = "phase2-conversion"\n"clean.start" = "clean"\n')
    run(state, "inventory", inventory_summary(pending=5))
    seen = look(corpus)
    assert [each.id for each in seen.lists or ()][:2] == ["clean", "phase2-conversion"]
    (waits,) = seen.concerns
    assert (waits.level, waits.about, waits.ref) == (
        None,
        "phase2-conversion",
        Ref(Kind.CHECKLIST, "phase2-conversion"),
    )
    assert "before convert.start" in waits.told
    assert seen.headline == "all is well, nothing runs; 1 thing waits for a person"


def test_training_logs_of_the_settings_are_watched(corpus: Path) -> None:
    (corpus / "runs").mkdir()
    stamp = datetime.now(UTC).isoformat()
    lines = [f'{{"step": {step}, "loss": {4 - step / 100}, "timestamp": "{stamp}"}}' for step in range(1, 60)]
    (corpus / "runs" / "train.jsonl").write_text("\n".join([*lines, '{"step": 60, "loss": NaN}\n']))
    (corpus / "gonogo.toml").write_text('[watch]\nlogs = ["runs/*.jsonl"]\n')
    seen = look(corpus)
    assert seen.training is not None
    (training,) = seen.training.runs
    assert (training.step, training.level) == (60, Level.RED)
    assert seen.level is Level.RED
    assert seen.concerns[0].ref.kind is Kind.TRAINING
    assert "R1" in seen.headline


# Damage.


def test_a_damaged_record_of_a_run_is_told_in_its_place(corpus: Path, state: Path) -> None:
    damaged = run(state, "inventory", inventory_summary(pending=5))
    (state / "runs" / damaged / "run.json").write_text('{"run": 3}')
    sound = run(state, "convert", convert_summary(done=1))
    told = {each.id: (each.level, each.why) for each in look(corpus).runs}
    assert told[sound] == (Level.GREEN, "ended well")
    level, why = told[damaged]
    assert level is Level.UNKNOWN
    assert why.startswith("cannot be read: ")
    assert "run.json" in why


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "its log is gone"),
        (b'{"type":"version"}\n', "its log cannot be read"),
        (b"\xff\xfe no event\n", "its log cannot be read"),
        (b"a line that was torn", "its log is gone"),
    ],
)
def test_a_damaged_log_is_told_in_its_place(corpus: Path, state: Path, content: bytes, told: str) -> None:
    damaged = run(state, "convert", convert_summary(done=1))
    (state / "runs" / damaged / "events.jsonl").write_bytes(content)
    seen = look(corpus)
    assert (seen.runs[0].level, seen.level) == (Level.UNKNOWN, Level.UNKNOWN)
    assert seen.runs[0].why.startswith(told)


def test_a_log_that_is_gone_is_told_in_its_place(corpus: Path, state: Path) -> None:
    damaged = run(state, "window")
    (state / "runs" / damaged / "events.jsonl").unlink()
    seen = look(corpus)
    assert (seen.runs[0].level, seen.runs[0].why) == (Level.UNKNOWN, "its log is gone")


def test_a_damaged_inventory_table_without_its_run_is_told(corpus: Path, state: Path) -> None:
    (state / "inventory.parquet").write_bytes(b"PAR1 no table")
    home = Home(place(corpus))
    home.settle()
    home._corpus._read.settle(60)
    seen = home.look()
    home.close()
    assert seen.corpus is None
    assert "inventory.parquet: cannot be read" in seen.corpus_problem
    assert seen.level is Level.UNKNOWN


def test_a_ledger_that_was_changed_by_hand_is_red(corpus: Path, state: Path) -> None:
    (state / "ledger.jsonl").write_text('{"n": 7, "no": "chain"}\n')
    seen = look(corpus)
    assert seen.level is Level.RED
    assert seen.headline.startswith("ledger: the ledger cannot be believed")


def test_a_list_that_cannot_be_read_is_told_and_the_others_stand(corpus: Path) -> None:
    (corpus / "checklists").mkdir()
    (corpus / "checklists" / "mine.toml").write_text("[checklist\n")
    (corpus / "gonogo.toml").write_text('[gates]\n"convert.start" = "mine"\n"train.start" = "gone"\n')
    seen = look(corpus)
    problems = {each.id: each.problem for each in seen.lists or () if each.problem}
    assert set(problems) == {"mine", "gone"}
    assert problems["gone"] == "there is no such checklist"
    assert {each.level for each in seen.concerns if each.about in problems} == {Level.RED}
    assert any(each.id == "clean" and not each.problem for each in seen.lists or ())


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_folders_that_may_not_be_read_are_told(corpus: Path, state: Path) -> None:
    run(state, "convert", convert_summary(done=1))
    (state / "runs").chmod(0)
    try:
        assert "cannot be read" in look(corpus).headline
    finally:
        (state / "runs").chmod(0o755)


def test_a_state_folder_that_is_a_file_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    home = Home(Place(tmp_path, tmp_path / "state", load_settings(tmp_path).settings))
    seen = home.settle()
    home.close()
    assert seen.is_settled
    assert not seen.runs


def test_a_list_that_somebody_began_is_told_though_no_gate_rests_on_it(corpus: Path) -> None:
    where = place(corpus)
    around = Around(corpus, where.state, where.settings, {}, {})
    assert not any(each.is_begun for each in look(corpus).lists or ())
    walk = Walk(open_list("go-no-go", corpus), around)
    item = next(item for item in walk.checklist.items if item.asks_person)
    walk.answer(item, "a value", "anna")
    begun = [each for each in look(corpus).lists or () if each.is_begun]
    assert [each.id for each in begun] == ["go-no-go"]
    assert begun[0].title == walk.checklist.title
    assert not look(corpus).concerns, "nothing waits for it"
