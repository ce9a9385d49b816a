"""The training artifacts of a converted corpus, made by the commands and held against what other programs read."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import sys
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest
import soundfile
import xxhash

from tests.app.program import Ended, Gonogo, until, until_event
from tests.recordings import Clip, cut, make_shard, real_clips_48k

pytestmark = pytest.mark.slow

SHARDS, CLIPS = 6, 8


def clips(shard: int, rate_hz: int = 48_000) -> list[Clip]:
    """Pieces of real recordings, no two of a corpus alike and no two of a shard equally long."""
    pool = real_clips_48k(12)
    found = []
    for number in range(CLIPS):
        name, data = pool[(shard * CLIPS + number) % len(pool)]
        _, piece = cut((name, data), 9_600 + 2_400 * number, at=4_800 + 333 * shard, rate_hz=rate_hz)
        found.append((f"clip_{shard}_{number}.wav", piece))
    return found


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Shards of two videos each source, one source at 16 kHz already."""
    folder = tmp_path / "corpus"
    for shard in range(SHARDS):
        make_shard(folder / "talks" / f"shard_{shard:05d}", clips(shard), video_id=f"talk-{shard}")
    make_shard(folder / "calls" / "shard_00000", clips(SHARDS, 16_000), video_id="call-0")
    return folder


@pytest.fixture
def converted(gonogo: Gonogo, corpus: Path) -> Path:
    assert gonogo.convert(corpus).code == 0
    return corpus


def make(gonogo: Gonogo, job: str, corpus: Path, *args: str | Path) -> Ended:
    return gonogo("--json", job, corpus, *args)


def artifact(corpus: Path, name: str) -> Path:
    return corpus / ".gonogo" / "artifacts" / name


def table(corpus: Path, name: str = "manifest.parquet") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(artifact(corpus, name)).to_pylist()
    return rows


def independent_count(corpus: Path) -> dict[tuple[str, str], tuple[int, int, str]]:
    """Frames, bytes and hash of every clip by tar and member, as tarfile and soundfile see them."""
    found = {}
    for tar in corpus.glob("*/*/audio.tar"):
        with tarfile.open(tar) as opened:
            for member in opened:
                stream = opened.extractfile(member)
                assert stream is not None
                data = stream.read()
                frames = soundfile.info(io.BytesIO(data)).frames
                name = str(tar.relative_to(corpus))
                found[name, member.name] = (frames, len(data), xxhash.xxh3_128_hexdigest(data))
    return found


def test_the_manifest_has_every_clip_as_tarfile_and_soundfile_find_it(gonogo: Gonogo, converted: Path) -> None:
    ended = make(gonogo, "manifest", converted)
    assert ended.code == 0, ended.stderr
    rows = table(converted)
    listed = {(row["tar"], row["member"]): (row["num_frames"], row["size"], row["audio_hash"]) for row in rows}
    assert listed == independent_count(converted)
    assert len(rows) == len(listed) == ended.summary["figures"]["clips"]
    for row in rows:
        data = (converted / row["tar"]).read_bytes()[row["offset"] : row["offset"] + row["size"]]
        assert xxhash.xxh3_128_hexdigest(data) == row["audio_hash"]
        assert (row["sample_rate_hz"], row["channels"]) == (16_000, 1)
    assert Counter(row["shard_state"] for row in rows) == {"done": SHARDS * CLIPS, "skipped": CLIPS}
    assert {row["video_id"] for row in rows} == {*(f"talk-{shard}" for shard in range(SHARDS)), "call-0"}


def test_a_second_manifest_changes_nothing_and_a_changed_shard_alone_is_listed_again(
    gonogo: Gonogo, converted: Path
) -> None:
    make(gonogo, "manifest", converted)
    before = artifact(converted, "manifest.parquet").read_bytes()
    again = make(gonogo, "manifest", converted)
    assert again.summary["current"] is True
    assert all(line["current"] for line in again.of_type("shard_listed"))
    assert artifact(converted, "manifest.parquet").read_bytes() == before

    metadata = converted / "calls" / "shard_00000" / "metadata.jsonl"
    metadata.write_text(metadata.read_text().replace("words 0", "other words"))
    changed = make(gonogo, "manifest", converted)
    assert [line["shard"] for line in changed.of_type("shard_listed") if not line["current"]] == ["calls/shard_00000"]
    assert "other words" in {row["text"] for row in table(converted)}


def test_shards_that_nobody_converts_have_rows_and_what_is_missing_is_told(gonogo: Gonogo, corpus: Path) -> None:
    torn = corpus / "talks" / "shard_00001" / "audio.tar"
    torn.write_bytes(torn.read_bytes()[:100_000])
    metadata = corpus / "talks" / "shard_00002" / "metadata.jsonl"
    lines = metadata.read_text().splitlines(keepends=True)
    extra = json.dumps({"utt_id": "nobody", "member": "nobody.wav", "video_id": "talk-2", "text": ""}) + "\n"
    metadata.write_text("".join([*lines[1:-1], extra]))
    assert gonogo.convert(corpus).code == 1

    ended = make(gonogo, "manifest", corpus)
    assert ended.code == 1
    states = Counter((row["shard"], row["shard_state"]) for row in table(corpus) if row["source"] == "talks")
    left = states["shard_00001", "quarantined"]
    assert 0 < left < CLIPS
    assert states["shard_00002", "done"] == CLIPS
    kinds = Counter(row["kind"] for row in table(corpus, "manifest_problems.parquet"))
    assert kinds == {
        "shard that cannot be read": 1,
        "clip without metadata": 2,
        "metadata without clip": 1 + CLIPS - left,
    }
    assert sum(not row["has_metadata"] for row in table(corpus)) == 2


def test_a_killed_manifest_leaves_none_and_the_same_command_goes_on(gonogo: Gonogo, converted: Path) -> None:
    process = gonogo.start("--json", "manifest", converted)
    until_event(process, "shard_listed", 2)
    children = [child.pid for child in psutil.Process(process.pid).children()]
    process.send_signal(signal.SIGKILL)
    gonogo.finish(process)
    until(lambda: not any(psutil.pid_exists(child) for child in children), "the workers' end")
    whole = artifact(converted, "manifest.parquet")
    assert not whole.exists() or pq.read_metadata(whole).num_rows == (SHARDS + 1) * CLIPS
    again = make(gonogo, "manifest", converted)
    assert again.code == 0
    assert sum(line["current"] for line in again.of_type("shard_listed")) >= 2
    assert len(table(converted)) == (SHARDS + 1) * CLIPS


@pytest.mark.parametrize("job", ["split", "benchmark", "buckets", "export"])
def test_without_a_manifest_the_way_out_is_told(gonogo: Gonogo, corpus: Path, job: str) -> None:
    ended = make(gonogo, job, corpus)
    assert ended.code == 1
    assert f"make it: gonogo manifest {corpus}" in ended.stderr
    assert ended.summary["outcome"] == "error"


def test_no_video_is_in_two_splits_and_a_rerun_is_byte_for_byte_the_same(gonogo: Gonogo, converted: Path) -> None:
    (converted / "gonogo.toml").write_text("[split]\ndev_share = 0.15\ntest_share = 0.15\nstrata = []\n")
    make(gonogo, "manifest", converted)
    ended = make(gonogo, "split", converted)
    assert ended.code == 0, ended.stderr
    rows = table(converted, "split.parquet")
    assert [row["utt_id"] for row in rows] == [row["utt_id"] for row in table(converted)]
    splits: dict[str, set[str]] = {}
    for row in rows:
        splits.setdefault(row["video_id"], set()).add(row["split"])
    assert all(len(where) == 1 for where in splits.values())
    assert {"train", "dev", "test"} == set.union(*splits.values())
    assert ended.summary["figures"]["leaks"] == 0
    before = artifact(converted, "split.parquet").read_bytes(), (converted / "split.lock").read_bytes()
    artifact(converted, "split.parquet").unlink()
    again = make(gonogo, "split", converted)
    assert (artifact(converted, "split.parquet").read_bytes(), (converted / "split.lock").read_bytes()) == before
    assert again.summary["current"] is False
    assert make(gonogo, "split", converted).summary["current"] is True


def test_the_decode_benchmark_reads_real_clips_of_both_sources(gonogo: Gonogo, converted: Path) -> None:
    make(gonogo, "manifest", converted)
    (converted / "gonogo.toml").write_text("[benchmark]\nclips = 40\nseconds = 0.1\nworkers = 2\n")
    ended = make(gonogo, "benchmark", converted)
    assert ended.code == 0, ended.stderr
    found = json.loads(artifact(converted, "benchmark.json").read_bytes())
    assert {each["source"] for each in found["strata"]} == {"talks", "calls"}
    warm = found["decoders"]["soundfile"]["warm"]["together"]
    assert (warm["clips"], warm["failed"]) == (40, 0)
    assert [each["workers"] for each in found["decoders"]["soundfile"]["scaling"]] == [1, 2]


def test_buckets_take_their_batches_from_real_steps_of_a_command(gonogo: Gonogo, converted: Path) -> None:
    make(gonogo, "manifest", converted)
    step = converted.parent / "step.py"
    step.write_text(
        "import sys\n"
        "batch, seconds, share = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])\n"
        "if batch * seconds > 100 * share:\n"
        "    raise MemoryError\n"
    )
    command = json.dumps([sys.executable, str(step), "{batch}", "{seconds}", "{memory_fraction}"])
    (converted / "gonogo.toml").write_text(f"[buckets]\nbins = 3\nstep = {command}\n")
    ended = make(gonogo, "buckets", converted)
    assert ended.code == 0, ended.stderr
    text = artifact(converted, "buckets.toml").read_text()
    import tomllib

    found = tomllib.loads(text)
    pairs = list(zip(found["bucket_duration_bins"], found["bucket_batch_size"], strict=True))
    assert len(pairs) == 3
    for edge, size in pairs:
        assert 0.9 * 90 < edge * size <= 90, pairs
    assert make(gonogo, "buckets", converted).summary["current"] is True


def test_an_interrupted_step_ends_the_run_and_leaves_no_process(gonogo: Gonogo, converted: Path) -> None:
    make(gonogo, "manifest", converted)
    command = json.dumps([sys.executable, "-c", "import time; time.sleep(600)", "{batch} {seconds} {memory_fraction}"])
    (converted / "gonogo.toml").write_text(f"[buckets]\nstep = {command}\n")
    process = gonogo.start("--json", "buckets", converted)
    until_event(process, "worker_started")
    engine = psutil.Process(process.pid)
    until(lambda: any("time.sleep(600)" in each for each in commands_under(engine)), "the step")
    below = engine.children(recursive=True)
    process.send_signal(signal.SIGTERM)
    os.kill(process.pid, signal.SIGTERM)
    assert gonogo.finish(process).code == 143
    until(lambda: not any(child.is_running() for child in below), "the end of the step")
    assert not artifact(converted, "buckets.toml").exists()


def commands_under(process: psutil.Process) -> list[str]:
    """What the processes below one run; one that ends meanwhile runs nothing."""
    found = []
    for child in process.children(recursive=True):
        try:
            found.append(" ".join(child.cmdline()))
        except psutil.Error:
            continue
    return found


def test_a_copied_corpus_keeps_what_its_conversion_proved(gonogo: Gonogo, converted: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(converted, copy)
    ended = make(gonogo, "manifest", copy)
    assert ended.code == 0, ended.stderr
    assert Counter(row["shard_state"] for row in table(copy)) == {"done": SHARDS * CLIPS, "skipped": CLIPS}
    assert make(gonogo, "split", copy).code == 0
    exported = make(gonogo, "export", copy, "--format", "hf")
    assert (exported.code, exported.summary["figures"]["hf_clips"]) == (0, (SHARDS + 1) * CLIPS)


def test_an_export_of_a_half_converted_corpus_is_no_go(gonogo: Gonogo, converted: Path) -> None:
    make_shard(converted / "talks" / "shard_00099", clips(2), video_id="talk-99")
    make(gonogo, "manifest", converted)
    make(gonogo, "split", converted)
    ended = make(gonogo, "export", converted, "--format", "index")
    assert ended.code == 1
    assert f"{CLIPS} clips left out: shard is pending" in ended.summary["cautions"]
