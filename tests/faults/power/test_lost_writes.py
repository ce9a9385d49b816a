"""A drive's cache is lost: of what was written since the last flush, any blocks may have reached the disk."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from engine.crew.answers import State
from tests.faults.power.blocks import Cut, cuts, stretches
from tests.faults.power.conftest import SHARD, Yard
from tests.faults.power.disks import BTRFS, EXT4, XFS, FileSystem, can_record, mounted, recorded
from tests.faults.syscalls.convert_struck import Order
from tests.faults.syscalls.judging import ANY_LINKS, Judge
from tests.faults.tally import Tallies

pytestmark = pytest.mark.privileged

SHARE = 30
"""So many states of each protocol in a quick run: about 3 s."""

MOST = 160
"""So many of each file system and protocol in a full run: a neighbour that syncs makes hundreds, most of them alike."""


def all_states(yard: Yard, system: FileSystem, *, links: bool, restless: bool, choices: int) -> list[Cut]:
    """Convert a shard on a disk that writes everything down, and return what the disk could hold after a cut."""
    if not can_record():
        pytest.skip("nbdfuse, nbdkit with its Python plugin, or fuse3 is not installed")
    image, log = yard.fresh(yard.base(system)), yard.folder / "disk.log"
    with (
        recorded(image, log, yard.folder / "recorded") as device,
        mounted(system, device, yard.folder / "disk") as disk,
    ):
        neighbour = str(disk / "neighbour") if restless else ""
        ended = yard.convert(Order(str(disk / SHARD), links=links, neighbour=neighbour))
        assert ended.result is not None
        assert ended.result.state is State.DONE, ended.result
    found = list(cuts(stretches(log), Random(f"{system.name} {links} {restless}"), choices=choices))
    image.unlink()
    log.unlink()
    return found


def replay(yard: Yard, judge: Judge, system: FileSystem, cut: Cut) -> None:
    image = yard.fresh(yard.base(system))
    write(image, cut)
    yard.judge(system, image, judge, f"{system.name}, {cut.when}")
    image.unlink()


def write(image: Path, cut: Cut) -> None:
    disk = os.open(image, os.O_WRONLY)
    try:
        for block in cut.writes:
            os.pwrite(disk, block.data, block.offset)
    finally:
        os.close(disk)


@ANY_LINKS
def test_a_share_of_all_lost_writes_on_ext4_loses_no_original(yard: Yard, tally: Tallies, *, links: bool) -> None:
    judge = yard.judge_of(tally, "a share of lost writes, ext4", wanted=SHARE, links=links)
    states = all_states(yard, EXT4, links=links, restless=False, choices=4)
    for cut in Random("share").sample(states, SHARE):
        replay(yard, judge, EXT4, cut)
    assert judge.line.holds, judge.told()


@pytest.mark.full
@ANY_LINKS
@pytest.mark.parametrize("restless", [False, True], ids=["alone", "beside a neighbour that syncs"])
@pytest.mark.parametrize("system", [EXT4, XFS, BTRFS], ids=lambda system: system.name)
def test_whatever_unflushed_blocks_are_lost_no_original_is(
    yard: Yard, tally: Tallies, system: FileSystem, *, restless: bool, links: bool
) -> None:
    harness = f"lost writes, {system.name}{', a neighbour' if restless else ''}"
    judge = yard.judge_of(tally, harness, wanted=150 if restless else 30, links=links)
    states = all_states(yard, system, links=links, restless=restless, choices=1 if restless else 8)
    for cut in Random(harness).sample(states, min(len(states), MOST)):
        replay(yard, judge, system, cut)
    assert judge.line.holds, judge.told()
