"""What machines run out of, and workers that hang: the run waits or parks the shard, says why, and goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.app.corpora import hashes, leftovers
from tests.app.program import Gonogo, events_of, until_event
from tests.faults.live.places import (
    break_ext4,
    fill,
    fill_inodes,
    image,
    kill_by_memory,
    memory_group,
    mounted,
    oom_kills,
)
from tests.faults.tally import Tallies, Tally
from tests.recordings import make_corpus

privileged = [
    pytest.mark.privileged,
    pytest.mark.skipif(os.geteuid() != 0, reason="file systems and groups of one's own need root"),
]
SHARDS = 6
NAMES_BUT_NO_SHARD = 600_000
"""Bytes: enough for folders and small files, and less than the conversion of forty clips takes."""
NEXT_TO_NOTHING = 128 << 10


@pytest.fixture
def line(tally: Tallies) -> Tally:
    """One line for all of them; each counts as one fault."""
    return tally("resources that run out, workers that hang")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return made(tmp_path / "corpus")


def made(folder: Path) -> Path:
    return make_corpus(folder, shards=SHARDS, clips=8, clip_s=1.0)


def start(gonogo: Gonogo, corpus: Path, **settings: str) -> subprocess.Popen[str]:
    """Start a run whose own files lie elsewhere than on the disk that runs out."""
    env = {f"GONOGO_CONVERT_{name.upper()}": value for name, value in settings.items()}
    command = ("--no-ui", "--json", "convert", corpus, "--floor", "0", "--workers", "1")
    return gonogo.start(*command, "--state", gonogo.home / "elsewhere", env=env)


def first_worker(process: subprocess.Popen[str]) -> int:
    pid: int = until_event(process, "worker_started")[-1]["pid"]
    return pid


def all_done(process: subprocess.Popen[str], corpus: Path, shards: int = SHARDS) -> list[dict[str, Any]]:
    """Read a run to its end: every shard done, nothing left over."""
    events = list(events_of(process))
    assert process.wait() == 0, events[-3:]
    assert events[-1]["counts"] == {"done": shards, "skipped": 0, "quarantined": 0, "failed": 0}
    assert leftovers(corpus) == []
    return events


def ends(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == "worker_ended" and event["how"] != "exited"]


def test_a_worker_that_hangs_is_killed_and_its_shard_tried_again(gonogo: Gonogo, corpus: Path, line: Tally) -> None:
    line.faults += 1
    process = start(gonogo, corpus, silence="4s")
    os.kill(first_worker(process), signal.SIGSTOP)
    (end,) = ends(all_done(process, corpus))
    assert (end["how"], "said nothing for 4 s" in end["detail"]) == ("silent", True)


def test_a_worker_that_floods_its_pipe_is_killed_and_its_shard_tried_again(
    gonogo: Gonogo, corpus: Path, line: Tally
) -> None:
    line.faults += 1
    process = start(gonogo, corpus)
    pid = first_worker(process)
    os.kill(pid, signal.SIGSTOP)
    flood(pid)
    (end,) = ends(all_done(process, corpus))
    assert (end["how"], "a line of more than" in end["detail"]) == ("flooded", True)


def flood(pid: int) -> None:
    """Write a line that never ends into the pipe between a worker and its engine."""
    pipes = [path for path in Path(f"/proc/{pid}/fd").iterdir() if str(path.readlink()).startswith("pipe:")]
    to_engine = next(path for path in pipes if writes_to_engine(path))
    with to_engine.open("wb", buffering=0) as pipe:
        for _ in range(32):
            pipe.write(b"x" * 65_536)


def writes_to_engine(path: Path) -> bool:
    """The worker's second pipe for writing: the first two are its standard output and error, which are one."""
    info = Path(str(path).replace("/fd/", "/fdinfo/")).read_text()
    flags = int(next(row.split()[1] for row in info.splitlines() if row.startswith("flags:")), 8)
    return bool(flags & os.O_WRONLY) and int(path.name) > 2 and not flags & os.O_NONBLOCK


def test_a_run_that_is_stopped_and_continued_takes_nobody_for_hung(gonogo: Gonogo, corpus: Path, line: Tally) -> None:
    line.faults += 1
    process = start(gonogo, corpus, silence="4s")
    first_worker(process)
    stopped = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for each in stopped:
        each.suspend()
    subprocess.run(["sleep", "6"], check=True)
    for each in reversed(stopped):
        each.resume()
    assert ends(all_done(process, corpus)) == []


@pytest.mark.full
@pytest.mark.parametrize("jump", ["+400d", "-2h"])
def test_a_clock_that_jumps_disturbs_nothing(
    gonogo: Gonogo, corpus: Path, tmp_path: Path, line: Tally, jump: str
) -> None:
    line.faults += 1
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        pytest.skip("libfaketime is not installed")
    clock = tmp_path / "clock"
    clock.write_text("+0")
    faked = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "GONOGO_CONVERT_SILENCE": "5s",
    }
    process = gonogo.start("--no-ui", "--json", "convert", corpus, "--workers", "1", env=faked)
    before = until_event(process, "shard_done", 2)
    clock.write_text(jump)
    events = all_done(process, corpus)
    assert ends(events) == []
    assert events[-1]["time"][:10] != before[-1]["time"][:10] or jump == "-2h"
    assert 0 < events[-1]["seconds"] < 120


class TestOnSmallDisks:
    pytestmark = privileged

    def test_a_disk_without_room_for_another_name_pauses_the_run(
        self, gonogo: Gonogo, tmp_path: Path, line: Tally
    ) -> None:
        line.faults += 1
        with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=64m,nr_inodes=128", "gonogo-test") as disk:
            corpus = made(disk / "corpus")
            process, ballast = stuck_without(gonogo, corpus, lambda: fill_inodes(disk))
            assert "ENOSPC" in until_event(process, "paused")[-1]["detail"]
            shutil.rmtree(ballast)
            all_done(process, corpus)

    @pytest.mark.full
    @pytest.mark.parametrize(
        "make", [("mkfs.ext4", "-qF"), ("mkfs.xfs", "-qf"), ("mkfs.btrfs", "-q")], ids=lambda m: m[0]
    )
    def test_a_full_disk_pauses_the_run_until_there_is_room(
        self, gonogo: Gonogo, tmp_path: Path, line: Tally, make: tuple[str, ...]
    ) -> None:
        line.faults += 1
        with image(tmp_path / "disk", make, 320) as disk:
            corpus = made(disk / "corpus")
            process, ballast = stuck_without(gonogo, corpus, lambda: fill(disk))
            assert "ENOSPC" in until_event(process, "paused")[-1]["detail"]
            ballast.unlink()
            all_done(process, corpus)

    @pytest.mark.full
    def test_a_quota_parks_the_shards_with_its_name_and_a_run_with_more_room_does_them(
        self, gonogo: Gonogo, tmp_path: Path, line: Tally
    ) -> None:
        line.faults += 1
        with image(tmp_path / "disk", ("mkfs.btrfs", "-q"), 320) as disk:
            place = disk / "corpus"
            for command in ("quota enable", "subvolume create"):
                btrfs(*command.split(), disk if command == "quota enable" else place)
            corpus = make_corpus(place, shards=2, clips=40, clip_s=4.0)
            subprocess.run(["sync", "-f", disk], check=True)
            before = hashes(corpus)
            taken = sum(path.stat().st_size for path in corpus.rglob("audio.tar"))
            btrfs("qgroup", "limit", str(taken + NAMES_BUT_NO_SHARD), place)
            events = list(events_of(process := start(gonogo, corpus)))
            assert process.wait() == 1
            failed = [event["fault"] for event in events if event["type"] == "shard_failed" and event["final"]]
            assert failed
            assert all("EDQUOT" in fault["read"] for fault in failed)
            assert hashes(corpus).keys() == before.keys()
            btrfs("qgroup", "limit", "none", place)
            all_done(start(gonogo, corpus), corpus, shards=2)

    @pytest.mark.full
    def test_a_disk_that_becomes_read_only_stops_the_run_and_a_later_one_goes_on(
        self, gonogo: Gonogo, tmp_path: Path, line: Tally
    ) -> None:
        line.faults += 1
        with image(tmp_path / "disk", ("mkfs.ext4", "-qF"), 64, "loop,errors=remount-ro") as disk:
            corpus = make_corpus(disk / "corpus", shards=100)
            subprocess.run(["sync", "-f", disk], check=True)
            process = start(gonogo, corpus)
            until_event(process, "shard_done", 2)
            break_ext4(disk)
            summary = list(events_of(process))[-1]
            assert process.wait() == 4, summary
            assert "EROFS" in summary["detail"]
            subprocess.run(["umount", disk], check=True)
            subprocess.run(["e2fsck", "-fy", disk.with_suffix(".img")], check=False, capture_output=True)
            subprocess.run(["mount", "-o", "loop", disk.with_suffix(".img"), disk], check=True)
            all_done(start(gonogo, corpus), corpus, shards=100)


def stuck_without(gonogo: Gonogo, corpus: Path, take_all: Callable[[], Path]) -> tuple[subprocess.Popen[str], Path]:
    """Start a run, and take what there is of something while its first worker is held."""
    process = start(gonogo, corpus)
    worker = first_worker(process)
    os.kill(worker, signal.SIGSTOP)
    ballast = take_all()
    os.kill(worker, signal.SIGCONT)
    return process, ballast


def btrfs(*command: str | Path) -> None:
    subprocess.run(["btrfs", *command], check=True, capture_output=True)


@pytest.mark.full
def test_a_file_that_may_not_grow_so_large_parks_its_shard(gonogo: Gonogo, corpus: Path, line: Tally) -> None:
    """As under ``ulimit -f``: the error says so, and without the limit the shard is done."""
    line.faults += 1
    process = start(gonogo, corpus)
    worker = first_worker(process)
    os.kill(worker, signal.SIGSTOP)
    subprocess.run(["prlimit", f"--pid={worker}", "--fsize=100000"], check=True)
    os.kill(worker, signal.SIGCONT)
    events = list(events_of(process))
    assert process.wait() == 1
    parked = [event for event in events if event["type"] == "shard_failed" and event["final"]]
    assert len(parked) == SHARDS
    assert all("EFBIG" in event["fault"]["read"] for event in parked)
    all_done(start(gonogo, corpus), corpus)


@pytest.fixture
def small_memory() -> Callable[[], AbstractContextManager[Path]]:
    return lambda: memory_group(f"gonogo-test-{os.getpid()}", NEXT_TO_NOTHING)


@pytest.mark.privileged
@pytest.mark.skipif(os.geteuid() != 0, reason="groups of one's own need root")
def test_a_worker_that_the_kernel_kills_for_memory_costs_its_shard_one_try(
    gonogo: Gonogo, corpus: Path, line: Tally, small_memory: Callable[[], AbstractContextManager[Path]]
) -> None:
    line.faults += 1
    with small_memory() as group:
        process = start(gonogo, corpus)
        kill_by_memory(group, first_worker(process))
        (end,) = ends(all_done(process, corpus))
        assert oom_kills(group) == 1
    assert (end["how"], "SIGKILL" in end["detail"]) == ("killed", True)
    assert sys.platform == "linux"
