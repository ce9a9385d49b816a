from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from engine.run.locks import hold_folder
from tests.app.corpora import assert_is_conversion, hashes, leftovers, stamps, tars
from tests.app.program import Gonogo
from tests.recordings import make_corpus, make_lone, make_shard, real_clips_48k


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Eight shards of real speech in one source, three of 16 kHz in another."""
    folder = make_corpus(tmp_path / "corpus", shards=8, clips=5, clip_s=0.3, sidecar=True)
    return make_corpus(folder, shards=3, source="broadcast", rate_hz=16_000)


@pytest.mark.slow
def test_a_thousand_shards_are_done_exactly_once_and_a_second_run_changes_nothing(
    gonogo: Gonogo, tmp_path: Path
) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=1_000, clips=2)
    originals = tars(corpus)

    first = gonogo.convert(corpus)

    assert first.code == 0, first.stderr
    assert first.lines[0]["type"] == "version"
    assert first.summary["type"] == "summary"
    assert first.summary["counts"] == {"done": 1_000, "skipped": 0, "quarantined": 0, "failed": 0}
    assert (first.summary["converted"], first.summary["pending"]) == (1_000, 0)
    done = first.shards("shard_done")
    assert len(done) == len(set(done)) == 1_000
    converted = tars(corpus)
    for name in list(originals)[::50]:
        assert_is_conversion(originals[name], converted[name])
    before = stamps(corpus)

    second = gonogo.convert(corpus)

    assert second.code == 0
    assert second.summary["counts"]["done"] == 1_000
    assert second.summary["converted"] == 0
    assert stamps(corpus) == before
    assert leftovers(corpus) == []


def test_every_line_has_type_time_and_run(gonogo: Gonogo, corpus: Path) -> None:
    ended = gonogo.convert(corpus)
    runs = {line["run"] for line in ended.lines}
    assert len(runs) == 1
    assert all(line["time"].endswith("Z") and line["type"] for line in ended.lines)
    log = corpus / ".gonogo" / "runs" / runs.pop() / "events.jsonl"
    assert log.read_text() == ended.stdout


def test_members_keep_names_order_format_and_what_is_no_audio(gonogo: Gonogo, tmp_path: Path) -> None:
    clips = real_clips_48k(6)
    mixed = [clip for name, data in clips for clip in ((name, data), (name.replace(".wav", ".json"), b'{"text": ""}'))]
    make_shard(tmp_path / "corpus" / "final-export" / "shard_0", mixed)
    make_lone(tmp_path / "corpus" / "web" / "part-0.tar", mixed)
    originals = tars(tmp_path / "corpus")

    ended = gonogo.convert(tmp_path / "corpus")

    assert ended.code == 0, ended.stderr
    assert sorted(ended.shards("shard_done")) == ["final-export/shard_0", "web/part-0.tar"]
    for name, data in tars(tmp_path / "corpus").items():
        assert_is_conversion(originals[name], data)
    status = json.loads((tmp_path / "corpus" / "web" / "part-0.status.json").read_text())
    assert (status["state"], status["tally"]["clips"]) == ("swapped", 6)


def test_shards_of_16_khz_are_skipped_and_nothing_is_written_to_them(gonogo: Gonogo, corpus: Path) -> None:
    before = {name: stamp for name, stamp in stamps(corpus).items() if name.startswith("broadcast")}
    ended = gonogo.convert(corpus)
    assert ended.summary["counts"] == {"done": 8, "skipped": 3, "quarantined": 0, "failed": 0}
    assert {name: stamp for name, stamp in stamps(corpus).items() if name.startswith("broadcast")} == before


def test_the_bytes_do_not_depend_on_the_number_of_workers(gonogo: Gonogo, tmp_path: Path) -> None:
    results = []
    for workers in (1, 3):
        corpus = make_corpus(tmp_path / f"corpus-{workers}", shards=6, clips=4, clip_s=0.3)
        assert gonogo.convert(corpus, "--workers", str(workers)).code == 0
        results.append(hashes(corpus))
    assert results[0] == results[1]


def test_a_dry_run_tries_shards_in_scratch_and_touches_nothing(gonogo: Gonogo, corpus: Path) -> None:
    before = stamps(corpus)
    ended = gonogo.convert(corpus, "--dry-run", "3")
    assert ended.code == 0, ended.stderr
    assert ended.summary["tried"] == 3
    assert ended.summary["converted"] == 0
    assert len(ended.of_type("shard_tried")) == 3
    assert stamps(corpus) == before
    assert not (corpus / ".gonogo" / "scratch").exists() or not list((corpus / ".gonogo" / "scratch").iterdir())


def test_a_dry_run_finds_shards_to_try_among_those_of_16_khz(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=6, source="a-broadcast", rate_hz=16_000)
    make_corpus(corpus, shards=2, source="final-export")
    assert gonogo.convert(corpus, "--dry-run", "2").summary["tried"] == 2


def test_a_shard_without_a_sidecar_is_converted_and_reported(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=2, sidecar=False)
    ended = gonogo.convert(corpus)
    assert ended.code == 0
    assert all("no sidecar" in event["tally"]["flags"] for event in ended.of_type("shard_done"))


def test_kept_originals_stay_as_many_as_asked(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=5, sidecar=True)
    originals = set(hashes(corpus).values())
    ended = gonogo.convert(corpus, "--keep-backups", "2", "--workers", "1")
    assert ended.code == 0, ended.stderr
    kept = sorted(corpus.rglob("audio_48k.bak"))
    assert gonogo("--json", "inventory", corpus).summary["counts"] == {"done": 5}
    assert [path.parent.name for path in kept] == ["shard_00003", "shard_00004"]
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in kept} <= originals
    gonogo.convert(corpus, "--dry-run", "1")
    again = gonogo.convert(corpus)
    assert again.summary["counts"]["done"] == 5
    assert sorted(corpus.rglob("audio_48k.bak")) == kept, "what is kept is let go only by name"
    gonogo.convert(corpus, "--keep-backups", "1")
    assert list(corpus.rglob("audio_48k.bak")) == kept[1:]


def test_a_kept_original_that_somebody_works_on_stays_and_is_told_of(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=3)
    gonogo.convert(corpus, "--keep-backups", "3", "--workers", "1")
    kept = sorted(corpus.rglob("audio_48k.bak"))
    with hold_folder(kept[0].parent):
        ended = gonogo.convert(corpus, "--keep-backups", "1")
    assert sorted(corpus.rglob("audio_48k.bak")) == [kept[0], kept[2]]
    told = [event["problem"] for event in ended.of_type("warned")]
    assert any("its kept original stays" in problem and "another process" in problem for problem in told), told


def test_text_on_stdout_tells_each_shard_and_the_verdict(gonogo: Gonogo, corpus: Path) -> None:
    ended = gonogo("convert", corpus)
    assert sum(line.startswith("done") for line in ended.stdout.splitlines()) == 8
    assert "GO: convert: 8 done, 3 skipped, 0 quarantined, 0 failed" in ended.stdout
    assert "check decimator: PASS" in ended.stderr


def test_a_reader_that_goes_away_does_not_stop_the_run(gonogo: Gonogo, corpus: Path) -> None:
    process = gonogo.start_convert(corpus)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr is not None
    assert "nobody reads standard output" in process.stderr.read()
    process.stderr.close()
    process.stdout = process.stderr = None
    assert not leftovers(corpus)


def test_a_converted_tar_keeps_the_mode_and_owner_of_its_original(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=2)
    private, shared = sorted(corpus.rglob("audio.tar"))
    private.chmod(0o600)
    shared.chmod(0o664)
    if os.geteuid() == 0:
        os.chown(shared, 1234, 1234)
    assert gonogo.convert(corpus).code == 0
    assert (private.stat().st_mode & 0o777, shared.stat().st_mode & 0o777) == (0o600, 0o664)
    assert os.geteuid() != 0 or (shared.stat().st_uid, shared.stat().st_gid) == (1234, 1234)


def test_a_source_behind_a_link_is_converted_where_it_lies(gonogo: Gonogo, tmp_path: Path) -> None:
    elsewhere = make_corpus(tmp_path / "volume", shards=2)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "final-export").symlink_to(elsewhere / "final-export")
    ended = gonogo.convert(tmp_path / "corpus")
    assert ended.summary["counts"] == {"done": 2, "skipped": 0, "quarantined": 0, "failed": 0}


def test_a_folder_in_the_place_of_the_status_file_is_named_before_any_work(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=2)
    (corpus / "final-export" / "shard_00000" / "shard_conversion_status.json").mkdir()
    ended = gonogo.convert(corpus)
    assert ended.code == 1
    assert "cannot be written" in ended.of_type("shard_quarantined")[0]["fault"]["problem"]
    assert ended.summary["counts"]["done"] == 1


def test_an_original_that_nobody_asked_to_keep_goes_even_where_the_swap_died_just_before(
    gonogo: Gonogo, tmp_path: Path
) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=1)
    assert gonogo.convert(corpus, "--keep-backups", "1").code == 0
    status = next(corpus.rglob("shard_conversion_status.json"))
    record = json.loads(status.read_text())
    status.write_text(json.dumps({**record, "keeps_backup": False, "checksum": ""}))
    ended = gonogo.convert(corpus)
    assert ended.summary["counts"]["done"] == 1
    assert leftovers(corpus) == []


def test_an_original_is_kept_also_where_its_record_is_lost(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=1)
    assert gonogo.convert(corpus, "--keep-backups", "1").code == 0
    next(corpus.rglob("shard_conversion_status.json")).unlink()
    assert gonogo.convert(corpus, "--keep-backups", "1").summary["counts"]["done"] == 1
    assert len(list(corpus.rglob("audio_48k.bak"))) == 1
