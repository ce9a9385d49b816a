"""Full disks and disks that refuse: the run waits, says why, goes on; or it never starts."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.corpora import hashes, leftovers, stamps
from tests.app.program import Gonogo, events_of, until_event
from tests.recordings import make_corpus

pytestmark = [
    pytest.mark.privileged,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root"),
]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB that the test made and takes away."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "gonogo-test", folder], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path, leave_bytes: int) -> Path:
    """Take all but ``leave_bytes`` of a file system."""
    status = os.statvfs(folder)
    ballast = folder / "ballast.bin"
    with ballast.open("wb") as out:
        out.write(bytes(max(0, status.f_bavail * status.f_frsize - leave_bytes)))
    return ballast


def test_below_the_floor_a_run_pauses_and_goes_on_when_there_is_room(gonogo: Gonogo, small_disk: Path) -> None:
    corpus = make_corpus(small_disk / "corpus", shards=6, clips=8, clip_s=1.0)
    ballast = fill(small_disk, leave_bytes=2_100_000)
    state = gonogo.home / "elsewhere"
    process = gonogo.start_convert(corpus, "--floor", "2MB", "--workers", "1", "--state", state)
    started = until_event(process, "paused")
    assert started[-1]["why"] == "disk"
    assert "2.00 MB for the floor" in started[-1]["detail"]
    assert not [event for event in started if event["type"] == "shard_started"]
    ballast.unlink()
    events = list(events_of(process))
    assert process.wait() == 0
    assert [event for event in events if event["type"] == "resumed"]
    assert events[-1]["counts"] == {"done": 6, "skipped": 0, "quarantined": 0, "failed": 0}
    assert leftovers(corpus) == []


def test_a_run_that_waits_too_long_for_room_stops_for_safety(gonogo: Gonogo, small_disk: Path) -> None:
    corpus = make_corpus(small_disk / "corpus", shards=2, clips=8, clip_s=1.0)
    before = hashes(corpus)
    fill(small_disk, leave_bytes=2_100_000)
    state = gonogo.home / "elsewhere"
    ended = gonogo.convert(corpus, "--floor", "2MB", "--state", state, env={"GONOGO_CONVERT_FLOOR_WAIT": "1s"})
    assert ended.code == 4
    assert ended.summary["outcome"] == "safety_stop"
    assert "no room" in ended.summary["detail"]
    assert ended.summary["pending"] == 2
    assert hashes(corpus) == before


def test_a_disk_that_is_full_in_the_middle_of_a_write_costs_nothing(gonogo: Gonogo, small_disk: Path) -> None:
    corpus = make_corpus(small_disk / "corpus", shards=3, clips=20, clip_s=2.0)
    before = hashes(corpus)
    state = gonogo.home / "elsewhere"
    process = gonogo.start_convert(corpus, "--floor", "0", "--workers", "1", "--state", state)
    # The guard has let the first shard go when its worker is started; the disk fills up behind its back.
    worker = until_event(process, "worker_started")[-1]["pid"]
    os.kill(worker, signal.SIGSTOP)
    ballast = fill(small_disk, leave_bytes=0)
    os.kill(worker, signal.SIGCONT)
    paused = until_event(process, "paused")[-1]
    assert paused["why"] == "disk"
    assert "ENOSPC" in paused["detail"]
    assert hashes(corpus) == before
    assert leftovers(corpus) == []
    ballast.unlink()
    events = list(events_of(process))
    assert process.wait() == 0, events[-1]
    assert events[-1]["counts"] == {"done": 3, "skipped": 0, "quarantined": 0, "failed": 0}


def test_a_floor_that_is_undercut_at_the_start_keeps_the_gate_shut(gonogo: Gonogo, small_disk: Path) -> None:
    corpus = make_corpus(small_disk / "corpus", shards=2)
    before = stamps(corpus)
    ended = gonogo.convert(corpus, "--floor", "1GB")
    assert ended.code == 3
    (red,) = [check for check in ended.of_type("check") if check["state"] != "pass"]
    assert red["id"] == "disk-floor"
    assert "1.00 GB" in red["read"]
    assert "disk-floor" in ended.stderr
    assert stamps(corpus) == before


def test_a_read_only_corpus_keeps_the_gate_shut_and_is_told_of(gonogo: Gonogo, small_disk: Path) -> None:
    corpus = make_corpus(small_disk / "corpus", shards=2)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    before = stamps(corpus)
    ended = gonogo.convert(corpus, "--floor", "1MB")
    assert ended.code == 3, ended.stderr
    red = {check["id"]: check for check in ended.of_type("check") if check["state"] != "pass"}
    assert list(red) == ["fs-powers"]
    assert "Read-only" in red["fs-powers"]["read"]
    assert stamps(corpus) == before
    inventory = gonogo("--json", "inventory", corpus)
    assert inventory.code == 0
    assert inventory.summary["counts"] == {"pending": 2}


def test_a_disk_that_dies_stops_the_run_for_safety_and_costs_no_original(gonogo: Gonogo, dying_disk: Path) -> None:
    corpus = make_corpus(dying_disk / "corpus", shards=20, clips=8, clip_s=1.0)
    subprocess.run(["sync", "-f", corpus], check=True)
    originals = hashes(corpus)
    state = gonogo.home / "elsewhere"
    process = gonogo.start_convert(corpus, "--floor", "0", "--workers", "1", "--state", state)
    until_event(process, "shard_done", 2)
    pull_the_plug(dying_disk)
    summary = list(events_of(process))[-1]
    assert process.wait() == 4, summary
    assert summary["outcome"] == "safety_stop"
    assert "EIO" in summary["detail"]
    assert summary["pending"] > 0

    subprocess.run(["umount", dying_disk], check=True)
    subprocess.run(["mount", "-o", "loop", dying_disk.with_suffix(".img"), dying_disk], check=True)
    at_hand = set(hashes(corpus)) == set(originals)
    assert at_hand, "audio.tar is never absent"
    again = gonogo.convert(corpus, "--floor", "0", "--state", state)
    assert again.code == 0, again.stderr
    assert again.summary["counts"] == {"done": 20, "skipped": 0, "quarantined": 0, "failed": 0}
    assert leftovers(corpus) == []


@pytest.fixture
def dying_disk(tmp_path: Path) -> Iterator[Path]:
    """An ext4 file system in a file, which a test can shut down as if its disk had died."""
    folder = tmp_path / "disk"
    folder.mkdir()
    image = folder.with_suffix(".img")
    with image.open("wb") as out:
        out.truncate(80 << 20)
    subprocess.run(["mkfs.ext4", "-qF", image], check=True)
    if subprocess.run(["mount", "-o", "loop", image, folder], check=False).returncode:
        pytest.skip("loop mounts are not allowed here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def pull_the_plug(folder: Path) -> None:
    """Stop a file system at once: what is not on the disk yet is lost, every later call fails with EIO."""
    shutdown, without_flush = 0x8004587D, 2
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, shutdown, struct.pack("I", without_flush))
    finally:
        os.close(descriptor)
