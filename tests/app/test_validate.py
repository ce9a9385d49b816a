"""The validation report says what is there: its figures are held against tarfile's and libsndfile's own counts."""

from __future__ import annotations

import html
import io
import json
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.app.corpora import hashes, members, stamps, tars
from tests.app.program import Ended, Gonogo
from tests.recordings import cut, make_corpus, make_shard, real_clips_48k, tar_bytes, wav_bytes

AUDIO = (".wav", ".flac")


@dataclass(frozen=True)
class Count:
    members: int
    clips: int
    size_bytes: int
    seconds: float


def count(corpus: Path) -> Count:
    """Count a corpus without gonogo."""
    whole = tars(corpus)
    held = [member for tar in whole.values() for member in members(tar)]
    clips = [soundfile.info(io.BytesIO(data)) for name, data in held if name.endswith(AUDIO)]
    return Count(
        len(held), len(clips), sum(map(len, whole.values())), sum(clip.frames / clip.samplerate for clip in clips)
    )


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Six shards of real speech, one of them stereo FLAC beside text, and two of 16 kHz."""
    folder = make_corpus(tmp_path / "corpus", shards=5, clips=4, clip_s=0.31, sidecar=True)
    stereo = np.random.default_rng(1).normal(0, 0.1, (4_801, 2)).astype(np.float32)
    flac = wav_bytes(stereo, 48_000, "PCM_16", "FLAC")
    make_shard(folder / "stereo" / "shard_00000", [("a.flac", flac), ("a.txt", b"words"), ("b.flac", flac)])
    return make_corpus(folder, shards=2, source="broadcast", rate_hz=16_000)


def validate(gonogo: Gonogo, corpus: Path, *args: str) -> Ended:
    return gonogo("--no-ui", "--json", "validate", corpus, *args)


def report_of(corpus: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((corpus / ".gonogo" / "artifacts" / "validation.json").read_text())
    return found


def page(corpus: Path, kind: str) -> str:
    return (corpus / ".gonogo" / "artifacts" / f"validation.{kind}").read_text()


def test_the_figures_are_those_of_an_independent_count(gonogo: Gonogo, corpus: Path) -> None:
    before = count(corpus)
    assert gonogo.convert(corpus).code == 0
    after, untouched = count(corpus), stamps(corpus)

    ended = validate(gonogo, corpus)

    assert ended.code == 0, ended.stdout
    assert stamps(corpus) == untouched
    report = report_of(corpus)
    total = report["total"]
    assert (report["verdict"], report["reasons"]) == ("GO", [])
    assert (total["members"], total["clips"]) == (before.members, before.clips) == (after.members, after.clips)
    assert (total["bytes_before"], total["bytes_after"]) == (before.size_bytes, after.size_bytes)
    assert total["freed_bytes"] == before.size_bytes - after.size_bytes
    assert total["seconds_before"] == pytest.approx(before.seconds, abs=2e-6)
    assert total["seconds_after"] == pytest.approx(after.seconds, abs=2e-6)
    assert total["counts"]["done"] == 6
    assert total["counts"]["skipped"] == 2
    assert sum(total["durations"]) == after.clips
    assert (total["spot_decoded"], total["spot_failed"]) == (after.clips, 0)
    stereo = next(one for one in report["sources"] if one["source"] == "stereo")
    assert stereo["audio_before"] == [{"sample_rate_hz": 48_000, "channels": 2, "clips": 2}]
    assert stereo["audio_after"] == [{"sample_rate_hz": 16_000, "channels": 1, "clips": 2}]
    for field in ("members", "clips", "bytes_before", "bytes_after", "saturated_samples", "spot_decoded"):
        assert sum(one[field] for one in report["sources"]) == total[field]
    assert all(row["conversion_s"] > 0 for row in report["shards"] if row["state"] == "done")


def test_saturated_samples_are_those_that_the_conversion_told_of(gonogo: Gonogo, tmp_path: Path) -> None:
    loud = np.sign(np.random.default_rng(3).normal(size=48_000)).astype(np.float32) * np.float32(0.999)
    make_shard(tmp_path / "corpus" / "loud" / "s", [("loud.wav", wav_bytes(loud[:, None]))])
    converted = gonogo.convert(tmp_path / "corpus")
    validate(gonogo, tmp_path / "corpus")
    total = report_of(tmp_path / "corpus")["total"]
    assert total["saturated_samples"] == converted.summary["saturated_samples"] > 0
    assert total["saturated_clips"] == 1
    assert total["saturated_share"] == pytest.approx(total["saturated_samples"] / 16_000)


def test_json_is_lines_from_version_to_a_summary_that_names_the_report(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    ended = validate(gonogo, corpus)
    assert [ended.lines[0]["type"], ended.lines[-1]["type"]] == ["version", "summary"]
    assert len(ended.of_type("shard_validated")) == 8
    assert ended.summary["counts"]["done"] == 6
    assert ended.summary["verdict"] == "GO"
    assert json.loads(Path(ended.summary["report"]).read_text())["verdict"] == "GO"
    assert [Path(name).suffix for name in ended.summary["pages"]] == [".md", ".html"]
    assert not list((corpus / ".gonogo" / "artifacts").glob("*.tmp"))
    assert gonogo("status", "--check").code == 0


def test_json_markdown_and_html_tell_the_same(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    flip_a_sample(corpus / "final-export" / "shard_00001" / "audio.tar")
    validate(gonogo, corpus)
    report, markdown, page_html = report_of(corpus), page(corpus, "md"), page(corpus, "html")
    plain = html.unescape(re.sub("<[^>]+>", " ", page_html))
    total = report["total"]
    wanted = [report["verdict"], *report["reasons"], f"{total['clips']:,}", f"{total['seconds_after'] / 3600:,.4f}"]
    wanted += [trouble["fault"]["problem"] for trouble in report["troubles"]]
    for words in wanted:
        assert words in markdown, words
        assert words in plain, words
    assert markdown.startswith("# Conversion validation: NO-GO")


def test_the_html_runs_nothing_and_fetches_nothing(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    validate(gonogo, corpus)
    text = page(corpus, "html")
    assert text.count("<svg") == 3, "nothing was saturated: a sentence stands in that plot's place"
    assert "<script" not in text
    assert not re.findall(r"(?:src|href)=|url\(|@import", text)
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}


def test_a_pending_shard_is_no_go(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    make_corpus(corpus, shards=1, source="late")
    ended = validate(gonogo, corpus)
    assert ended.code == 1
    assert ended.summary["reasons"] == ["1 shard pending: run gonogo convert"]
    assert gonogo.convert(corpus).code == 0
    assert validate(gonogo, corpus).code == 0


def test_a_quarantined_shard_is_told_with_file_member_and_reason(gonogo: Gonogo, corpus: Path) -> None:
    other = wav_bytes(np.zeros((441, 1), np.float32), 44_100)
    make_shard(corpus / "final-export" / "odd", [("cd.wav", other)])
    gonogo.convert(corpus)
    ended = validate(gonogo, corpus)
    assert ended.code == 1
    (trouble,) = report_of(corpus)["troubles"]
    assert (trouble["shard"], trouble["what"]) == ("final-export/odd", "quarantined")
    assert (trouble["fault"]["file"], trouble["fault"]["member"]) == ("audio.tar", "cd.wav")
    assert "44100 Hz" in trouble["fault"]["read"]


def test_a_shard_whose_samples_a_conversion_refused_is_not_taken_for_pending(gonogo: Gonogo, corpus: Path) -> None:
    samples = np.zeros((4_800, 1), np.float32)
    samples[1_234] = np.nan
    odd = make_shard(corpus / "final-export" / "odd", [("nan.wav", wav_bytes(samples, 48_000, "FLOAT"))])
    gonogo.convert(corpus)
    validate(gonogo, corpus)
    report = report_of(corpus)
    assert report["total"]["counts"]["quarantined"] == 1
    told = {trouble["what"]: trouble["fault"] for trouble in report["troubles"]}
    assert told["quarantined"]["member"] == told["spot decode"]["member"] == "nan.wav"
    assert report["reasons"][0].startswith("1 decoded clip that libsndfile could not read")

    make_shard(odd, [cut(real_clips_48k(1)[0], 4_800)])
    validate(gonogo, corpus)
    counts = report_of(corpus)["total"]["counts"]
    assert (counts["quarantined"], counts["pending"]) == (0, 1), "what was said of the old tar is not said of the new"


def flip_a_sample(tar: Path) -> str:
    """Change one bit in the middle of a clip's samples; return the clip's name."""
    data = bytearray(tar.read_bytes())
    with tarfile.open(tar) as opened:
        clip = opened.getmembers()[1]
    data[clip.offset_data + clip.size // 2] ^= 0x04
    with tar.open("r+b") as out:
        out.write(data)
    return clip.name


def test_a_flipped_byte_is_found_and_its_clip_named(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    name = flip_a_sample(corpus / "final-export" / "shard_00002" / "audio.tar")
    ended = validate(gonogo, corpus)
    assert ended.code == 1
    faults = [trouble["fault"] for trouble in report_of(corpus)["troubles"]]
    assert [fault["problem"] for fault in faults] == [
        "the converted tar's bytes are not those on record",
        "a clip's bytes are not those of the clip table",
    ]
    assert faults[1]["member"] == name


def test_a_flip_below_the_file_system_is_found_with_full(gonogo: Gonogo, corpus: Path) -> None:
    """What a disk loses changes no time stamp: here the record is told the new ones."""
    gonogo.convert(corpus)
    tar = corpus / "final-export" / "shard_00002" / "audio.tar"
    flip_a_sample(tar)
    status = tar.with_name("shard_conversion_status.json")
    record, now = json.loads(status.read_text()), tar.stat()
    record["audio_identity"] |= {"mtime_ns": now.st_mtime_ns, "ctime_ns": now.st_ctime_ns}
    status.write_text(json.dumps({**record, "checksum": ""}))

    quick = validate(gonogo, corpus, "--spot-checks", "1")
    full = validate(gonogo, corpus, "--spot-checks", "1", "--full")

    assert (quick.code, full.code) == (0, 1)
    assert full.summary["mismatches"] == 2
    assert [row["shard"] for row in report_of(corpus)["shards"] if row["hashed"]] == [
        row["shard"] for row in report_of(corpus)["shards"] if row["state"] == "done"
    ]


def test_a_converted_tar_cut_short_is_quarantined_and_its_hours_are_missed(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    whole = count(corpus)
    tar = corpus / "final-export" / "shard_00003" / "audio.tar"
    tar.write_bytes(tar.read_bytes()[: 512 * 20])
    ended = validate(gonogo, corpus)
    assert ended.code == 1
    report = report_of(corpus)
    (trouble,) = report["troubles"]
    assert (trouble["what"], trouble["shard"]) == ("quarantined", "final-export/shard_00003")
    assert "longer than the rest" in trouble["fault"]["problem"]
    assert report["total"]["unreadable"] == 1
    assert report["total"]["clips"] == whole.clips - 4
    assert report["total"]["seconds_before"] - report["total"]["seconds_after"] == pytest.approx(4 * 0.31, abs=1e-3)


def test_a_clip_swapped_for_another_of_its_name_is_a_mismatch(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    tar = corpus / "final-export" / "shard_00000" / "audio.tar"
    held = members(tar.read_bytes())
    tar.write_bytes(tar_bytes([*held[:-1], (held[-1][0], wav_bytes(np.zeros((9_000, 1), np.float32), 16_000))]))
    assert validate(gonogo, corpus).code == 1
    problems = [trouble["fault"]["problem"] for trouble in report_of(corpus)["troubles"]]
    assert "the converted tar plays for another time than its original" in problems
    assert any("hours after are not the hours before" in reason for reason in report_of(corpus)["reasons"])


def test_kept_originals_count_as_held_and_leftovers_are_named(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus, "--keep-backups", "1", "--workers", "1")
    (backup,) = corpus.rglob("audio_48k.bak")
    (corpus / "final-export" / "shard_00000" / "notes.tmp").write_bytes(b"1234")
    untouched = hashes(corpus)
    ended = validate(gonogo, corpus, "--full")
    assert ended.code == 0, ended.stdout
    report = report_of(corpus)
    (kept,) = report["kept_backups"]
    assert kept["file"] == {"name": "audio_48k.bak", "size_bytes": backup.stat().st_size}
    assert report["total"]["freed_bytes"] == (
        report["total"]["bytes_before"] - report["total"]["bytes_after"] - backup.stat().st_size
    )
    assert report["leftovers"] == [
        {"shard": "final-export/shard_00000", "file": {"name": "notes.tmp", "size_bytes": 4}}
    ]
    assert (hashes(corpus), backup.exists()) == (untouched, True)


def test_without_clip_tables_the_record_alone_answers(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    shutil.rmtree(corpus / ".gonogo" / "clips")
    ended = validate(gonogo, corpus)
    assert ended.code == 0, ended.stdout
    assert "6 converted shards without a clip table" in ended.summary["cautions"]


def test_a_damaged_clip_table_is_a_mismatch_and_stops_nothing(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    table = next((corpus / ".gonogo" / "clips").rglob("*.gz"))
    table.write_bytes(table.read_bytes()[:40])
    ended = validate(gonogo, corpus)
    assert (ended.code, ended.summary["mismatches"]) == (1, 1)
    assert "the clip table cannot be read" in ended.stdout


def test_hostile_names_are_shown_as_text(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=1, clips=2)
    name = "\x1b]0;owned\x07<script>alert(1)</script>|`*\n[x](javascript:1).wav"
    make_shard(corpus / "a<b>&|\x1b[31m" / "s", [(name, wav_bytes(np.zeros((441, 1), np.float32), 44_100))])
    gonogo.convert(corpus)
    ended = gonogo("validate", corpus)
    assert ended.code == 1
    outputs = {kind: page(corpus, kind) for kind in ("md", "html", "json")}
    for text in (ended.stdout, ended.stderr, *outputs.values()):
        assert "\x1b" not in text
        assert "\x07" not in text
    assert "<script" not in outputs["html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in outputs["html"]
    assert "a&lt;b&gt;&amp;|\\x1b[31m/s" in outputs["html"]
    assert "<script" not in outputs["md"]
    assert all(line.count(" | ") == 5 for line in outputs["md"].splitlines() if "cannot" in line or "44100" in line)


def test_the_text_is_short_and_ends_with_verdict_and_paths(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    ended = gonogo("validate", corpus)
    lines = ended.stdout.splitlines()
    assert lines[0] == "GO: validate: 8 shards: 6 done, 2 skipped"
    assert [Path(line.removeprefix("report: ")).name for line in lines[-3:]] == [
        "validation.json",
        "validation.md",
        "validation.html",
    ]
    assert len(lines) <= 8


def test_a_corpus_without_shards_is_a_usage_error(gonogo: Gonogo, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert gonogo("validate", tmp_path / "empty").code == 2
