"""A real file system without hard links: exFAT, by way of FUSE. The swap goes by renames, with the program itself."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.conftest import gonogo, home
from tests.app.corpora import assert_is_conversion, leftovers, tars
from tests.app.program import Gonogo, until_event
from tests.faults.fault_files import EFFECTS
from tests.faults.power.conftest import Yard
from tests.faults.power.disks import EXFAT, exfat, made
from tests.faults.syscalls.convert_struck import Order
from tests.faults.tally import Tallies
from tests.recordings import make_corpus

__all__ = ["gonogo", "home"]

pytestmark = [
    pytest.mark.privileged,
    pytest.mark.full,
    pytest.mark.skipif(shutil.which("mount.exfat-fuse") is None, reason="exfat-fuse is not installed"),
]

NO_LINKS = "no hard links on this volume"


@pytest.fixture
def disk(yard: Yard) -> Iterator[Path]:
    with exfat(made(EXFAT, yard.folder / "exfat.img"), yard.folder / "disk") as folder:
        yield folder


def test_a_corpus_on_exfat_is_converted_and_the_missing_links_are_told(gonogo: Gonogo, disk: Path) -> None:
    corpus = make_corpus(disk / "corpus", shards=4)
    originals = tars(corpus)
    ended = gonogo.convert(corpus, "--floor", "1MB")
    assert ended.code == 0, ended.stderr
    assert NO_LINKS in ended.stdout
    results = tars(corpus)
    assert results.keys() == originals.keys()
    for name, original in originals.items():
        assert_is_conversion(original, results[name])
    assert leftovers(corpus) == []


def test_shards_killed_at_every_step_on_exfat_are_recovered_and_converted(
    gonogo: Gonogo, yard: Yard, disk: Path, tally: Tallies
) -> None:
    """One shard for each call that changes the disk; ``gonogo recover`` and ``gonogo convert`` see them all at once."""
    calls = yard.convert(Order(str(shard_of(yard, disk / "probe")), links=False)).calls
    moments = [at for at, call in enumerate(calls, 1) if call.split(maxsplit=1)[0] in EFFECTS]
    judge = yard.judge_of(tally, "kills on exFAT", wanted=len(moments), links=False)
    corpus = disk / "corpus"
    shards = [shard_of(yard, corpus / "source" / f"shard_{at:05d}") for at in moments]
    for at, shard in zip(moments, shards, strict=True):
        assert yard.convert(Order(str(shard), links=False, kill_at=at)).signal == signal.SIGKILL
        judge.line.faults += 1
        judge.after_a_fault(shard, f"a kill before call {at}, {calls[at - 1]}", may_be_absent=True)
    absent = [shard for shard in shards if not (shard / "audio.tar").exists()]
    assert absent, "no kill came between the two renames"

    recovered = gonogo("--json", "recover", corpus)
    assert recovered.code == 0, recovered.stderr
    for shard in shards:
        judge.after_a_fault(shard, f"recovery of {shard.name}")
    ended = gonogo.convert(corpus, "--floor", "1MB")
    assert ended.code == 0, ended.stderr
    for shard in shards:
        judge.at_the_end(shard, f"recovery and conversion of {shard.name}")
    assert judge.line.holds, judge.told()


def test_a_killed_run_on_exfat_goes_on_after_recovery(gonogo: Gonogo, disk: Path) -> None:
    corpus = make_corpus(disk / "corpus", shards=12, clips=8, clip_s=0.5)
    originals = tars(corpus)
    process = gonogo.start_convert(corpus, "--floor", "1MB", "--workers", "2")
    until_event(process, "shard_done", 3)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert gonogo("--json", "recover", corpus).code == 0
    assert tars(corpus).keys() == originals.keys()
    assert gonogo.convert(corpus, "--floor", "1MB").code == 0
    for name, result in tars(corpus).items():
        assert_is_conversion(originals[name], result)
    assert leftovers(corpus) == []


def shard_of(yard: Yard, folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "audio.tar").write_bytes(yard.original)
    return folder
