"""Kills and signals, from outside, at any time: no original is lost, and the same command ends in the same bytes."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.app.corpora import hashes, leftovers, tars
from tests.app.program import Gonogo, events_of, until, until_event
from tests.recordings import make_corpus

SHARDS = 24


def make(folder: Path) -> Path:
    return make_corpus(folder, shards=SHARDS, clips=6, clip_s=0.5, sidecar=True)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return make(tmp_path / "corpus")


@pytest.fixture
def pace(slow_disk: dict[str, str]) -> dict[str, str]:
    """A disk of 10 MB/s: what is done to a run finds it under way, on any machine."""
    return {**slow_disk, "SLOW_DISK_NS_PER_BYTE": "100"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an undisturbed run makes of the corpus."""
    import shutil
    import tempfile

    home = Path(tempfile.mkdtemp(prefix="gg-", dir="/tmp"))
    corpus = make(tmp_path_factory.mktemp("undisturbed") / "corpus")
    program = Gonogo(home)
    assert program.convert(corpus).code == 0
    program.end()
    shutil.rmtree(home)
    return hashes(corpus)


def assert_nothing_is_lost(corpus: Path, originals: dict[str, bytes], undisturbed: dict[str, str]) -> None:
    """Every shard has its whole original or its whole result, and audio.tar is never absent."""
    for name, digest in hashes(corpus).items():
        backup = (corpus / name).with_name("audio_48k.bak")
        whole = {originals[name], (backup.read_bytes() if backup.exists() else b"")}
        assert (corpus / name).read_bytes() in whole or digest == undisturbed[name], name
    assert len(hashes(corpus)) == SHARDS


def workers_of(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


@pytest.mark.parametrize("moment", range(6))
def test_a_killed_engine_takes_its_workers_along_and_the_same_command_goes_on(
    gonogo: Gonogo, corpus: Path, undisturbed: dict[str, str], pace: dict[str, str], moment: int
) -> None:
    originals = tars(corpus)
    process = gonogo.start_convert(corpus, "--workers", "2", env=pace)
    until_event(process, "shard_started", 1 + moment * 3)
    time.sleep(random.Random(moment).random() * 0.05)
    children = workers_of(process.pid)
    process.send_signal(signal.SIGKILL)
    gonogo.finish(process)
    until(lambda: not any(psutil.pid_exists(child) for child in children), "the workers' end")
    assert_nothing_is_lost(corpus, originals, undisturbed)

    again = gonogo.convert(corpus)

    assert again.code == 0, again.stderr
    assert again.summary["counts"] == {"done": SHARDS, "skipped": 0, "quarantined": 0, "failed": 0}
    assert hashes(corpus) == undisturbed
    assert leftovers(corpus) == []


def test_recover_after_a_killed_engine_leaves_every_shard_in_a_known_state(
    gonogo: Gonogo, corpus: Path, undisturbed: dict[str, str], pace: dict[str, str]
) -> None:
    process = gonogo.start_convert(corpus, "--workers", "2", env=pace)
    until_event(process, "shard_done", 5)
    process.send_signal(signal.SIGKILL)
    gonogo.finish(process)

    said = gonogo("--json", "recover", corpus, "--dry-run")
    recovered = gonogo("--json", "recover", corpus)
    once_more = gonogo("--json", "recover", corpus)

    assert (said.code, recovered.code, once_more.code) == (0, 0, 0), recovered.stderr
    assert sorted(said.shards("shard_recovered")) == sorted(recovered.shards("shard_recovered"))
    assert leftovers(corpus) == []
    assert gonogo.convert(corpus).code == 0
    assert hashes(corpus) == undisturbed


def test_killed_workers_cost_their_own_shard_a_try_and_nothing_else(
    gonogo: Gonogo, corpus: Path, undisturbed: dict[str, str], pace: dict[str, str]
) -> None:
    process = gonogo.start_convert(corpus, "--workers", "2", env=pace)
    pids: dict[int, int] = {}
    killed: set[str] = set()
    summary = None
    for event in events_of(process):
        if event["type"] == "worker_started":
            pids[event["worker"]] = event["pid"]
        elif event["type"] == "shard_started" and event["worker"] in pids and len(killed) < 4:
            if event["shard"] in killed:
                continue
            os.kill(pids.pop(event["worker"]), signal.SIGKILL)
            killed.add(event["shard"])
        summary = event
    assert process.wait() == 0
    assert len(killed) >= 2
    assert summary is not None
    assert summary["counts"]["done"] == SHARDS
    assert hashes(corpus) == undisturbed
    assert leftovers(corpus) == []


def test_a_shard_that_kills_two_workers_is_parked_and_a_new_run_tries_it_again(
    gonogo: Gonogo, corpus: Path, pace: dict[str, str]
) -> None:
    victim = "final-export/shard_00003"
    process = gonogo.start_convert(corpus, "--workers", "1", env=pace)
    pid, ended = 0, []
    for event in events_of(process):
        if event["type"] == "worker_started":
            pid = event["pid"]
        elif event["type"] == "shard_started" and event["shard"] == victim:
            os.kill(pid, signal.SIGKILL)
        ended.append(event)
    assert process.wait() == 1
    assert ended[-1]["counts"] == {"done": SHARDS - 1, "skipped": 0, "quarantined": 0, "failed": 1}
    final = [event for event in ended if event["type"] == "shard_failed" and event["final"]]
    assert [event["shard"] for event in final] == [victim]
    assert "2 workers died" in final[0]["fault"]["problem"]
    assert "SIGKILL" in final[0]["fault"]["read"]

    again = gonogo.convert(corpus)
    assert (again.code, again.summary["converted"]) == (0, 1)


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_brings_every_swap_to_a_safe_point_and_the_summary_is_written(
    gonogo: Gonogo, corpus: Path, undisturbed: dict[str, str], pace: dict[str, str], which: signal.Signals
) -> None:
    process = gonogo.start_convert(corpus, "--workers", "2", env=pace)
    read = until_event(process, "shard_done", 3)
    process.send_signal(which)
    rest = list(events_of(process))
    assert process.wait() == 128 + which
    summary = rest[-1]
    assert summary["type"] == "summary"
    assert summary["pending"] > 0
    assert summary["counts"]["done"] == sum(event["type"] == "shard_done" for event in read + rest)
    assert summary["counts"]["failed"] == 0
    assert leftovers(corpus) == []

    again = gonogo.convert(corpus)
    assert again.code == 0
    assert again.summary["converted"] == SHARDS - summary["converted"]
    assert hashes(corpus) == undisturbed


def test_a_second_signal_stops_at_once_and_recovery_makes_that_safe(
    gonogo: Gonogo, corpus: Path, undisturbed: dict[str, str], pace: dict[str, str]
) -> None:
    originals = tars(corpus)
    process = gonogo.start_convert(corpus, "--workers", "2", env=pace)
    until_event(process, "shard_done", 2)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    ended = gonogo.finish(process)
    assert ended.code == 143
    assert_nothing_is_lost(corpus, originals, undisturbed)
    assert gonogo.convert(corpus).code == 0
    assert hashes(corpus) == undisturbed


def test_a_lost_terminal_does_not_end_a_run(gonogo: Gonogo, corpus: Path, pace: dict[str, str]) -> None:
    process = gonogo.start_convert(corpus, env=pace)
    until_event(process, "shard_done", 1)
    process.send_signal(signal.SIGHUP)
    assert gonogo.finish(process).code == 0


def test_a_second_run_on_the_same_corpus_is_refused_and_told_who_holds_it(
    gonogo: Gonogo, corpus: Path, pace: dict[str, str]
) -> None:
    process = gonogo.start_convert(corpus, env=pace)
    until_event(process, "shard_done", 1)
    process.send_signal(signal.SIGSTOP)
    try:
        second = gonogo.convert(corpus, "--state", corpus.parent / "elsewhere")
    finally:
        process.send_signal(signal.SIGCONT)
    assert second.code == 5
    assert f"pid {process.pid}" in second.stderr
    assert second.lines[0]["type"] == "version"
    assert second.lines[-1]["type"] == "summary"
    assert {line["run"] for line in second.lines} == {None}
    assert gonogo.finish(process).code == 0


def test_recover_leaves_nothing_half_written_behind(gonogo: Gonogo, corpus: Path) -> None:
    """As kills leave them during the first write of a record or clip table, beside the converted tar they are about."""
    shard = corpus / "final-export" / "shard_00003"
    before = hashes(corpus)
    (shard / "audio_16k.tar.tmp").write_bytes(b"")
    (shard / "shard_conversion_status.json.tmp").write_text('{"state": "swap')
    table = corpus / ".gonogo" / "clips" / "final-export" / "shard_00003.jsonl.gz.tmp"
    table.parent.mkdir(parents=True)
    table.write_bytes(b"")
    said = gonogo("--json", "recover", corpus, "--dry-run")
    assert (said.code, len(leftovers(corpus))) == (0, 3)
    assert gonogo("--json", "recover", corpus).code == 0
    assert leftovers(corpus) == []
    assert hashes(corpus) == before
