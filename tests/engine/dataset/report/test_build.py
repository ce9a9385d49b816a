"""The report is held against what was planted in a small corpus of real recordings with every artifact of a window."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from engine.checklist.kinds.table_stop import Stop, StoppedError
from engine.dataset.buckets.durations import Limits
from engine.dataset.buckets.file import read_buckets, write_buckets
from engine.dataset.decode.benchmark import read_benchmark, write_benchmark
from engine.dataset.export.folder import Made
from engine.dataset.report.shape import GO, NO_GO, Artifact, Freshness, Report, Standing
from engine.dataset.report.writing import write_report
from tests.engine.dataset.report.corpora import Corpus, of, small

OPTIONAL = ("split.parquet", "buckets.toml", "benchmark.json", "sweep.json", "export/hf/export.json")


@pytest.fixture
def made(tmp_path: Path) -> Corpus:
    return small(tmp_path).make_all()


def standing(report: Report, name: str) -> Standing:
    return of(report, name).standing


def artifact(report: Report, name: str) -> Artifact:
    return next(one for one in report.artifacts if one.name == name)


def rewrite(path: Path, table: pa.Table) -> None:
    """Put other rows into a table that goes on saying what it was made from."""
    told = {key: value for key, value in pq.read_metadata(path).metadata.items() if key.startswith(b"gonogo.")}
    pq.write_table(table.replace_schema_metadata(told), path)


def test_a_window_that_ended_well_is_go_and_everything_is_current(made: Corpus) -> None:
    report = made.report()
    assert (report.verdict, report.reasons) == (GO, ())
    assert {one.freshness for one in report.artifacts} == {Freshness.CURRENT}
    assert [one.name for one in report.artifacts][-1] == "export hf"
    assert {check.id for check in report.checks if check.standing is not Standing.MET} == {"metadata", "transcripts"}
    assert of(report, "metadata").examples == ("calls/lone.tar: 4",)
    assert report.total is not None
    assert (report.total.clips, report.total.shards, [one.source for one in report.sources]) == (
        20,
        5,
        ["calls", "talks"],
    )
    assert sum(report.total.split_hours.values()) == pytest.approx(report.total.hours)
    assert report.buckets is not None
    assert sum(report.buckets.clips) == 20
    assert report.sweep[0].limited_by == "cpu"


def test_without_a_validation_or_a_manifest_it_is_no_go(made: Corpus) -> None:
    for lost in ("validation.json", "manifest.parquet"):
        path = made.places(lost)
        content = path.read_bytes()
        path.unlink()
        report = made.report()
        assert report.verdict == NO_GO
        assert f"{lost.partition('.')[0]}: missing, wanted current; gonogo " in report.reasons[0]
        assert standing(report, "rows") is Standing.OPEN
        path.write_bytes(content)
    assert made.report().verdict == GO


def test_what_is_optional_is_a_caution_that_names_the_command(made: Corpus) -> None:
    (made.state / "inventory.parquet").unlink()
    for name in OPTIONAL:
        made.places(name).unlink()
    report = made.report()
    assert (report.verdict, report.reasons) == (GO, ())
    missing = [one for one in report.artifacts if one.freshness is Freshness.MISSING]
    assert len(missing) == len(OPTIONAL) + 1
    for one in missing:
        assert any(one.renew in caution for caution in report.cautions)
    assert (report.split, report.decode_rates, report.buckets) == (None, (), None)
    assert standing(report, "leaks") is Standing.OPEN


def test_nothing_at_all_has_a_report(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "corpus", tmp_path / "state")
    report = write_report(corpus.state, corpus.corpus, "gonogo 0", lambda: None, Stop())
    assert report.verdict == NO_GO
    assert len(report.reasons) == 2
    assert "NO-GO" in corpus.places("report.md").read_text()


def test_a_tar_that_changed_makes_validation_and_manifest_stale(made: Corpus) -> None:
    tar = made.corpus / "talks" / "shard_1" / "audio.tar"
    tar.write_bytes(tar.read_bytes())
    report = made.report()
    assert report.verdict == NO_GO
    for name in ("validation", "manifest"):
        one = artifact(report, name)
        assert one.freshness is Freshness.STALE
        assert one.why == f"1 tar changed since the {name}: talks/shard_1"
        assert any(one.renew in reason for reason in report.reasons)
    tar.unlink()
    assert artifact(made.report(), "manifest").why == "1 tar changed since the manifest: talks/shard_1"


def test_a_tar_under_a_name_that_no_terminal_shows_is_looked_at(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    strange = corpus.corpus / "talks" / "shard\n\x1b9"
    (corpus.corpus / "talks" / "shard_1").rename(strange)
    corpus.validate()
    corpus.manifest()
    assert corpus.report().verdict == GO
    (strange / "audio.tar").touch()
    assert artifact(corpus.report(), "validation").why == r"1 tar changed since the validation: talks/shard\n\x1b9"


def test_what_was_made_of_another_manifest_is_stale(made: Corpus) -> None:
    made.manifest()
    assert made.report().verdict == GO
    table = pq.read_table(made.places("manifest.parquet"))
    rewrite(made.places("manifest.parquet"), table.slice(0, 19))
    report = made.report()
    stale = {one.name for one in report.artifacts if one.freshness is Freshness.STALE}
    assert stale == {"split", "decode benchmark", "buckets", "export hf"}
    assert standing(report, "fresh: decode benchmark") is Standing.CAUTION
    assert standing(report, "fresh: buckets") is Standing.BROKEN
    assert artifact(report, "split").why == "manifest.parquet is another one now"


def test_a_lock_that_changed_makes_the_split_stale(made: Corpus) -> None:
    made.places.split.lock.unlink()
    assert artifact(made.report(), "split").why == "split.lock is gone"


def test_a_clip_without_a_row_and_an_hour_too_many_are_found_in_their_shards(made: Corpus) -> None:
    path = made.places("manifest.parquet")
    table = pq.read_table(path)
    rewrite(path, table.slice(1))
    report = made.report()
    assert of(report, "rows").examples == ("calls/lone.tar: 4 clips validated, 3 rows",)
    assert standing(report, "manifest.json") is Standing.BROKEN
    longer = pc.if_else(pc.equal(table["shard"].cast(pa.string()), "shard_2"), 3600.0, table["duration_s"])
    rewrite(path, table.set_column(table.column_names.index("duration_s"), "duration_s", longer))
    report = made.report()
    assert standing(report, "rows") is Standing.MET
    assert len(of(report, "hours").examples) == 1
    assert of(report, "hours").examples[0].startswith("talks/shard_2: ")


def test_a_shard_that_was_never_validated_and_one_that_was_lost_are_named(made: Corpus) -> None:
    (made.corpus / "talks" / "shard_0").rename(made.corpus / "talks" / "shard_9")
    made.manifest()
    report = made.report()
    assert of(report, "rows").examples == (
        "talks/shard_0: 4 clips validated, 0 rows",
        "talks/shard_9: 4 rows, never validated",
    )
    made.validate()
    report = made.report()
    assert of(report, "inventory").examples == ("talks/shard_0 is gone", "talks/shard_9 is new")
    assert standing(report, "inventory") is Standing.BROKEN


def test_a_video_in_two_splits_is_no_go(made: Corpus) -> None:
    path = made.places("split.parquet")
    table = pq.read_table(path)
    words = ["train", "test"] * (table.num_rows // 2)
    rewrite(path, table.set_column(table.column_names.index("split"), "split", pa.array(words)))
    report = made.report()
    assert standing(report, "leaks") is Standing.BROKEN
    assert any(reason.startswith("leaks: ") for reason in report.reasons)


def test_a_split_with_another_word_is_damage(made: Corpus) -> None:
    path = made.places("split.parquet")
    table = pq.read_table(path)
    words = pc.replace_substring(table["split"], "dev", "deaf")
    rewrite(path, table.set_column(table.column_names.index("split"), "split", words))
    split = artifact(made.report(), "split")
    assert split.freshness is Freshness.DAMAGED
    assert split.why.endswith(
        "a clip is in no split: read another word, wanted train, dev, test, excluded; make the split again"
    )


def test_a_split_report_or_an_export_of_fewer_clips_is_found(made: Corpus) -> None:
    split = made.report().split
    assert split is not None
    parts = (msgspec.structs.replace(split.parts[0], clips=1), *split.parts[1:])
    made.places("split.json").write_bytes(msgspec.json.encode(msgspec.structs.replace(split, parts=parts)))
    path = made.places("export") / "hf" / "export.json"
    export = msgspec.json.decode(path.read_bytes(), type=Made)
    clips = export.report.clips | {"train": export.report.clips["train"] - 1}
    changed = msgspec.structs.replace(export, report=msgspec.structs.replace(export.report, clips=clips))
    path.write_bytes(msgspec.json.encode(changed))
    report = made.report()
    assert standing(report, "split hours") is Standing.BROKEN
    assert of(report, "export hf").read == "19 clips out, 0 left out"
    assert standing(report, "export hf") is Standing.BROKEN


def test_rows_of_a_split_in_another_order_are_damage(made: Corpus) -> None:
    path = made.places("split.parquet")
    table = pq.read_table(path)
    rewrite(path, table.take(list(reversed(range(table.num_rows)))))
    assert artifact(made.report(), "split").freshness is Freshness.DAMAGED


def test_a_quarantined_shard_is_no_go_and_says_who_decides(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    tar = corpus.corpus / "talks" / "shard_3" / "audio.tar"
    tar.write_bytes(tar.read_bytes()[:20_480])
    corpus.inventory()
    corpus.validate()
    corpus.manifest()
    report = corpus.report()
    assert report.verdict == NO_GO
    assert of(report, "quarantined").examples == ("talks/shard_3: quarantined",)
    assert "clean.start" in of(report, "quarantined").way_out
    (apart,) = report.apart
    assert (apart.shard, apart.state) == ("talks/shard_3", "quarantined")
    assert apart.problem
    assert standing(report, "rows") is Standing.MET
    assert report.total is not None
    assert "quarantined" in report.total.clips_by_state


def test_the_same_audio_twice_is_a_caution(tmp_path: Path) -> None:
    corpus = small(tmp_path)
    one, other = (corpus.corpus / "talks" / f"shard_{number}" / "audio.tar" for number in (0, 1))
    other.write_bytes(one.read_bytes())
    corpus.validate()
    corpus.manifest()
    report = corpus.report()
    assert standing(report, "duplicates") is Standing.CAUTION
    assert {problem.kind: problem.count for problem in report.problems}["duplicate audio"] == 4
    assert report.verdict == GO


def test_buckets_that_leave_clips_out_are_a_caution_and_ones_too_short_are_no_go(made: Corpus) -> None:
    made.buckets(Limits(0.05, 0.3))
    report = made.report()
    assert standing(report, "limits") is Standing.CAUTION
    assert report.verdict == GO
    made.buckets()
    path = made.places("buckets.toml")
    buckets = read_buckets(path)
    write_buckets(path, msgspec.structs.replace(buckets, bucket_duration_bins=buckets.bucket_duration_bins[:-1]))
    report = made.report()
    assert standing(report, "last edge") is Standing.BROKEN


def test_a_clip_that_did_not_decode_is_no_go(made: Corpus) -> None:
    path = made.places("benchmark.json")
    benchmark = read_benchmark(path)
    found = benchmark.decoders["soundfile"]
    together = msgspec.structs.replace(found.warm.together, failed=1)
    warm = msgspec.structs.replace(found.warm, together=together, failures={"lost sync": 1})
    decoders = {"soundfile": msgspec.structs.replace(found, warm=warm)}
    write_benchmark(path, msgspec.structs.replace(benchmark, decoders=decoders))
    report = made.report()
    assert standing(report, "decoding") is Standing.BROKEN
    assert of(report, "decoding").examples == ("1 clip, soundfile: lost sync",)


def test_what_is_damaged_is_no_go_and_no_error(made: Corpus) -> None:
    for name in ("validation.json", "manifest.parquet", *OPTIONAL):
        path = made.places(name)
        content = path.read_bytes()
        path.write_bytes(b"{")
        report = made.report()
        (damaged,) = (one for one in report.artifacts if one.freshness is Freshness.DAMAGED)
        assert damaged.file.endswith(name)
        assert damaged.why
        assert report.verdict == NO_GO
        path.write_bytes(content)


def test_a_report_that_nobody_waits_for_leaves_the_old_one(made: Corpus) -> None:
    ticks: list[int] = []
    write_report(made.state, made.corpus, "gonogo 0", lambda: ticks.append(1), Stop())
    assert len(ticks) > len(made.shards())
    before, left = made.places("report.json").read_bytes(), sorted(made.state.iterdir())
    stop = Stop()
    stop.now()
    with pytest.raises(StoppedError):
        write_report(made.state, made.corpus, "gonogo 0", lambda: None, stop)
    assert made.places("report.json").read_bytes() == before
    assert sorted(made.state.iterdir()) == left
