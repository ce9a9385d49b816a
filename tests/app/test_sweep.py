"""Sweeps for real: what limits is named, nothing in the corpus is touched, and scratch is empty afterwards."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.app.corpora import stamps
from tests.app.program import Gonogo, until, until_event
from tests.recordings import make_corpus, make_shard, real_clips_48k, wav_bytes


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder on a file system that has no disk."""
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("/dev/shm cannot be written to")
    folder = Path(tempfile.mkdtemp(prefix="gg-", dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


def scratch(corpus: Path) -> list[Path]:
    return list((corpus / ".gonogo" / "scratch").rglob("*"))


def test_in_memory_the_cpus_are_the_limit(gonogo: Gonogo, in_memory: Path) -> None:
    corpus = make_corpus(in_memory / "corpus", shards=4, clips=25, clip_s=2.0)
    before = stamps(corpus)
    ended = gonogo("--json", "sweep", corpus, "--counts", "2,1")
    assert ended.code == 0, ended.stderr
    summary = ended.summary
    assert summary["limited_by"] == "cpu", summary
    assert summary["recommended_workers"] in {1, 2}
    assert stamps(corpus) == before
    assert scratch(corpus) == []


def test_with_a_slow_disk_the_disk_is_the_limit(gonogo: Gonogo, tmp_path: Path, slow_disk: dict[str, str]) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=4, clips=5, clip_s=2.0)
    ended = gonogo("--json", "sweep", corpus, "--counts", "1,2", env=slow_disk)
    assert ended.code == 0, ended.stderr
    summary = ended.summary
    assert summary["limited_by"] == "disk", summary
    assert summary["recommended_workers"] in {1, 2}
    figures = {each["workers"]: each for each in summary["codecs"][0]["figures"]}
    assert figures[2]["utilisation"] < figures[1]["utilisation"]
    assert scratch(corpus) == []


def test_wav_and_flac_are_measured_apart_and_what_is_damaged_is_told_of(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=4, clips=10, clip_s=1.0)
    make_corpus(corpus, shards=2, source="broadcast", rate_hz=16_000)
    for number in range(2):
        clips = [(f"{name}.flac", flac(data)) for name, data in real_clips_48k(4)]
        make_shard(corpus / "studio" / f"shard_{number}", clips)
    sizes = {
        codec: sum(tar.stat().st_size for tar in corpus.glob(f"{source}/*/audio.tar"))
        for codec, source in (("wav", "final-export"), ("flac", "studio"))
    }
    damaged = make_shard(corpus / "broken" / "shard_0", real_clips_48k(1)) / "audio.tar"
    damaged.write_bytes(damaged.read_bytes()[:3_000])
    before = stamps(corpus)

    ended = gonogo("--json", "sweep", corpus, "--shards", "3", "--counts", "1")

    assert ended.code == 1, ended.stderr
    assert ended.shards("shard_quarantined") == ["broken/shard_0"]
    assert stamps(corpus) == before
    assert scratch(corpus) == []
    assert ended.lines[0]["type"] == "version"
    summary = ended.summary
    assert {group["codec"] for group in summary["codecs"]} == {"wav", "flac"}
    assert {group["codec"]: group["bytes_to_do"] for group in summary["codecs"]} == sizes
    assert summary["codecs"][0]["bytes_to_do"] == max(sizes.values())
    assert summary["estimate_s"] == pytest.approx(
        sum(group["bytes_to_do"] / group["mb_per_s"] / 1e6 for group in summary["codecs"]), abs=0.01
    )
    assert summary["counts"] == {"pending": len(ended.shards("shard_tried")), "quarantined": 1}
    assert len(summary["trials"]) == len(ended.of_type("sweep_trial")) == 6
    assert {shard for planned in ended.of_type("sweep_planned") for shard in planned["shards"]} >= set(
        ended.shards("shard_tried")
    )
    report = json.loads((corpus / ".gonogo" / "artifacts" / "sweep.json").read_text())
    assert report["recommended_workers"] == summary["recommended_workers"] == 1
    assert [path.name for path in (corpus / ".gonogo" / "artifacts").iterdir()] == ["sweep.json"]


def test_a_dry_run_leaves_clips_before_and_after_for_an_operators_ears(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=4, clips=5, clip_s=0.5)
    ended = gonogo("--json", "sweep", corpus, "--counts", "1")
    folder = Path(ended.summary["listen"])
    pairs = sorted(folder.glob("*/*-before.wav"))
    assert len(pairs) == 3
    for before in pairs:
        was, now = soundfile.info(before), soundfile.info(str(before).replace("-before", "-after"))
        assert (was.samplerate, now.samplerate, now.channels) == (48_000, 16_000, 1)
        assert now.frames == -(-was.frames // 3)
    left = folder / "of-an-earlier-sweep"
    left.mkdir()
    assert gonogo("--json", "sweep", corpus, "--shards", "1", "--counts", "1").code == 0
    assert not left.exists()
    assert len(list(folder.glob("*/*"))) == 6


def flac(wav: bytes) -> bytes:
    data, rate_hz = soundfile.read(io.BytesIO(wav), always_2d=True)
    return wav_bytes(data, rate_hz, container="FLAC")


def test_a_signal_ends_a_sweep_and_scratch_is_empty(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=3, clips=20, clip_s=1.0)
    before = stamps(corpus)
    process = gonogo.start("--json", "sweep", corpus, "--counts", "1,2")
    until_event(process, "sweep_trial")
    until(lambda: list(corpus.glob(".gonogo/scratch/*/*")), "a shard in scratch")
    process.send_signal(signal.SIGTERM)
    ended = gonogo.finish(process)
    assert ended.code == 143
    assert ended.summary["recommended_workers"] is None
    assert scratch(corpus) == []
    assert stamps(corpus) == before
    assert not (corpus / ".gonogo" / "artifacts").exists()


def test_what_a_killed_sweep_leaves_in_scratch_the_next_run_removes(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=3, clips=20, clip_s=1.0)
    before = stamps(corpus)
    process = gonogo.start("--json", "sweep", corpus, "--counts", "1")
    until_event(process, "sweep_planned")
    until(lambda: list(corpus.glob(".gonogo/scratch/*/*")), "a shard in scratch")
    process.send_signal(signal.SIGKILL)
    gonogo.finish(process)
    assert scratch(corpus)
    assert gonogo.convert(corpus, "--dry-run", "1").code == 0
    assert scratch(corpus) == []
    assert stamps(corpus) == before


def test_a_sweep_and_a_conversion_do_not_run_side_by_side(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=3, clips=20, clip_s=1.0)
    process = gonogo.start("--json", "sweep", corpus, "--counts", "1")
    until_event(process, "shard_tried")
    assert gonogo.convert(corpus).code == 5
    process.send_signal(signal.SIGTERM)
    assert gonogo.finish(process).code == 143


def test_a_corpus_with_nothing_to_convert_gets_no_recommendation(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=2, rate_hz=16_000)
    ended = gonogo("--json", "sweep", corpus)
    assert ended.code == 0, ended.stderr
    assert ended.summary["recommended_workers"] is None
    assert "needs a conversion" in ended.summary["detail"]


def test_without_room_above_the_floor_a_sweep_stops_for_safety(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=2)
    before = stamps(corpus)
    ended = gonogo("--json", "sweep", corpus, "--floor", "1000TB")
    assert ended.code == 4, ended.stderr
    assert "for the floor" in ended.summary["detail"]
    assert (stamps(corpus), scratch(corpus)) == (before, [])


@pytest.mark.privileged
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_counts_that_the_disk_has_no_room_for_are_named_and_not_measured(gonogo: Gonogo, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "gonogo-test", disk], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        corpus = make_corpus(disk / "corpus", shards=2, clips=20, clip_s=1.0)
        status = os.statvfs(disk)
        reserve = (corpus / "final-export" / "shard_00001" / "audio.tar").stat().st_size // 2
        floor = status.f_bavail * status.f_frsize - 3 * reserve
        ended = gonogo("--json", "sweep", corpus, "--counts", "1,8", "--floor", str(floor))
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
    assert ended.code == 0, ended.stderr
    assert "want of room in scratch: 8 workers" in ended.summary["detail"]
    assert ended.summary["recommended_workers"] == 1
    assert 1 <= ended.summary["codecs"][0]["disk_allows"] <= 3


@pytest.mark.parametrize("counts", ["0", "two", "1,,2", "1,-2", ""])
def test_wrong_counts_are_refused(gonogo: Gonogo, tmp_path: Path, counts: str) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=1)
    ended = gonogo("sweep", corpus, "--counts", counts)
    assert ended.code == 2
    assert "1,2,4" in ended.stderr
