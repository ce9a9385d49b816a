"""Inventories of large tars, which are sampled; of many shards at once; and what a rerun touches."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.inventory_latency import SlowReads, write_sidecar, write_tar
from tests.app.corpora import stamps
from tests.app.program import Gonogo, events_of, until_event
from tests.recordings import make_corpus

CLIPS, CLIP_S = 300, 3.0
"""A tar of 86 MB, nearly all of it a hole."""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A corpus of one shard."""
    folder = tmp_path / "corpus" / "final-export" / "shard_00000"
    folder.mkdir(parents=True)
    write_sidecar(folder / "metadata.parquet", write_tar(folder / "audio.tar", CLIPS, CLIP_S, 48_000), CLIP_S)
    return tmp_path / "corpus"


def test_a_large_tar_is_sampled_and_its_figures_are_told_as_estimates(gonogo: Gonogo, large: Path) -> None:
    before = stamps(large)
    ended = gonogo("--json", "inventory", large)
    assert ended.code == 0
    (row,) = pq.read_table(ended.summary["table"]).to_pylist()
    assert (row["state"], row["clips_exact"], row["hours_exact"]) == ("pending", False, False)
    assert row["members"] == row["clips"] == pytest.approx(CLIPS, rel=0.1)
    assert row["hours"] == pytest.approx(CLIPS * CLIP_S / 3600, rel=0.1)
    assert 16 <= row["clips_probed"] < 60
    assert (row["rows"], row["sidecar_fields"], row["flags"]) == (
        CLIPS,
        ["bucket", "duration_s", "language", "member", "text", "utt_id", "video_id"],
        [],
    )
    assert stamps(large) == before


def test_a_person_is_told_that_figures_are_estimates(gonogo: Gonogo, large: Path) -> None:
    said = gonogo("inventory", large)
    lines = [line for line in (said.stdout + said.stderr).splitlines() if "final-export" in line]
    assert len(lines) == 2, "the shard's line and the source's"
    assert all(f"about {CLIPS} clips" in line for line in lines)


def test_a_full_inventory_walks_what_an_earlier_one_has_sampled_and_the_next_one_keeps_it(
    gonogo: Gonogo, large: Path
) -> None:
    gonogo("--json", "inventory", large)
    for arguments, unchanged in ((("--full",), False), ((), True)):
        ended = gonogo("--json", "inventory", large, *arguments)
        (seen,) = ended.of_type("shard_seen")
        found = seen["inspection"]
        assert (seen["unchanged"], found["members_are_exact"], found["seconds_are_exact"]) == (unchanged, True, True)
        assert (found["members"], found["clips"], found["probed"]) == (CLIPS, CLIPS, CLIPS)


def test_a_worker_killed_in_the_middle_of_a_batch_loses_nothing(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=200, clips=4)
    process = gonogo.start("--json", "inventory", corpus, "--workers", "1")
    before = until_event(process, "shard_seen")
    (worker,) = [event["pid"] for event in before if event["type"] == "worker_started"]
    os.kill(worker, signal.SIGKILL)
    events = before + list(events_of(process))
    seen = [event["shard"] for event in events if event["type"] == "shard_seen"]
    assert sorted(seen) == [f"final-export/shard_{number:05d}" for number in range(200)]
    assert [event["how"] for event in events if event["type"] == "worker_ended"].count("killed") == 1
    assert events[-1]["counts"] == {"pending": 200}


@pytest.fixture
def slow(tmp_path: Path) -> SlowReads:
    """A corpus' looks, counted; they take next to no time."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc: what counts the calls is a preloaded library that the test compiles")
    return SlowReads(tmp_path, tmp_path / "corpus", wait_us=1)


def test_a_rerun_costs_one_stat_a_file_and_one_listing_a_folder(
    gonogo: Gonogo, tmp_path: Path, slow: SlowReads
) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=100, clips=2, sidecar=True)
    gonogo("--json", "inventory", corpus)
    ended = gonogo("--json", "inventory", corpus, env=slow.env)
    assert all(line["unchanged"] for line in ended.of_type("shard_seen"))
    calls = slow.calls()
    few = 40  # the corpus, its source and gonogo's own files
    assert calls["listings"] <= 100 + few
    assert calls["stats"] <= 3 * 100 + few, "the folder, the tar and the sidecar"
    assert calls["reads"] <= few


def test_a_search_for_traces_of_a_swap_costs_two_stats_a_shard(gonogo: Gonogo, tmp_path: Path, slow: SlowReads) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=100, clips=2)
    (corpus / "final-export" / "shard_00042" / "audio_16k.tar.tmp").write_bytes(b"")
    ended = gonogo("--json", "recover", corpus, "--dry-run", env=slow.env)
    assert (ended.summary["looked_at"], ended.summary["shards"]) == (1, 100)
    assert slow.calls()["stats"] <= 2 * 100 + 60
