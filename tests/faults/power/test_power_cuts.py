"""The power is cut between any two calls of a real conversion, on real file systems with real journals."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import pytest

from tests.faults.fault_files import EFFECTS
from tests.faults.power.conftest import SHARD, Yard
from tests.faults.power.disks import BTRFS, EXT4, XFS, FileSystem, cut_power, mounted
from tests.faults.syscalls.broken import NO_SYNC
from tests.faults.syscalls.convert_struck import Order
from tests.faults.syscalls.judging import ANY_LINKS, Judge
from tests.faults.tally import Tallies, Tally

pytestmark = pytest.mark.privileged

STEP = 5
"""A quick run takes each fifth moment, back from the last: about 2 s. Odd, so that both flags have their turn."""

JOURNAL_FIRST, NOTHING = 1, 2
REACHES = {JOURNAL_FIRST: "with the journal written out, without the data", NOTHING: "with nothing written out"}
"""What reaches the disk at the last moment, by the flag that asks for it."""


@dataclass(frozen=True)
class Cut:
    """When the power goes, and what still reaches the disk."""

    at: int
    call: str
    flag: int


def moments(yard: Yard, system: FileSystem, *, links: bool, first: Cut | None = None) -> list[tuple[int, str]]:
    """The calls of an attempt that change the disk, and the moment behind them all; ``first`` cut an earlier one."""
    image = yard.fresh(yard.base(system))
    if first is not None:
        with mounted(system, image, yard.folder / "disk") as disk:
            yard.convert(Order(str(disk / SHARD), links=links, kill_at=first.at))
            cut_power(disk, first.flag)
    with mounted(system, image, yard.folder / "disk") as disk:
        calls = yard.convert(Order(str(disk / SHARD), links=links)).calls
    image.unlink()
    found = [(at, call) for at, call in enumerate(calls, 1) if call.split()[0] in EFFECTS]
    return [*found, (len(calls) + 1, "the end")]


def shut_down(yard: Yard, judge: Judge, system: FileSystem, cuts: Iterable[Cut], *, broken: str = "") -> None:
    """Convert until a call, cut the power, start again, convert until another; then look at what there is."""
    image = yard.fresh(yard.base(system))
    told = []
    for cut in cuts:
        with mounted(system, image, yard.folder / "disk") as disk:
            order = Order(str(disk / SHARD), links=judge.links, kill_at=cut.at, broken=broken)
            assert yard.convert(order).signal in (0, signal.SIGKILL)
            cut_power(disk, cut.flag)
        told.append(f"a cut on {system.name} before call {cut.at}, {cut.call}, {REACHES[cut.flag]}")
    yard.judge(system, image, judge, ", then ".join(told))
    image.unlink()


@ANY_LINKS
def test_a_share_of_all_power_cuts_on_ext4_loses_nothing(yard: Yard, tally: Tallies, *, links: bool) -> None:
    judge = yard.judge_of(tally, "a share of power cuts, ext4", wanted=12, links=links)
    every = list(product(moments(yard, EXT4, links=links), REACHES))
    for moment, flag in every[::-STEP]:
        shut_down(yard, judge, EXT4, [Cut(*moment, flag)])
    assert judge.line.holds, judge.told()


@pytest.mark.full
@ANY_LINKS
@pytest.mark.parametrize("system", [EXT4, XFS], ids=lambda system: system.name)
def test_the_power_is_cut_before_every_call_that_changes_the_disk(
    yard: Yard, tally: Tallies, system: FileSystem, *, links: bool
) -> None:
    judge = yard.judge_of(tally, f"power cuts, {system.name}", wanted=50, links=links)
    for moment, flag in product(moments(yard, system, links=links), REACHES):
        shut_down(yard, judge, system, [Cut(*moment, flag)])
    assert judge.line.holds, judge.told()


@pytest.mark.full
@ANY_LINKS
@pytest.mark.parametrize("system", [EXT4, XFS], ids=lambda system: system.name)
def test_the_power_is_cut_again_in_the_attempt_that_follows(
    yard: Yard, tally: Tallies, system: FileSystem, *, links: bool
) -> None:
    """The first cuts come between the calls that change a name, with all that led there on the disk."""
    judge = yard.judge_of(tally, f"two power cuts, {system.name}", wanted=60, links=links)
    between = [moment for moment in moments(yard, system, links=links) if is_of_the_swap(moment[1])]
    assert len(between) == 3
    for moment in between:
        first = Cut(*moment, JOURNAL_FIRST)
        for second in moments(yard, system, links=links, first=first):
            shut_down(yard, judge, system, [first, Cut(*second, NOTHING)])
    assert judge.line.holds, judge.told()


def is_of_the_swap(call: str) -> bool:
    return call.split(maxsplit=1)[0] in {"link", "move", "rename", "unlink"} and ".json" not in call


@pytest.mark.full
@ANY_LINKS
@pytest.mark.parametrize("system", [EXT4, XFS, BTRFS], ids=lambda system: system.name)
def test_the_disk_as_it_is_before_every_call_holds_all_that_is_needed(
    yard: Yard, tally: Tallies, system: FileSystem, *, links: bool
) -> None:
    """The image is copied while it is mounted: the one way that btrfs allows."""
    judge = yard.judge_of(tally, f"copies of a live {system.name}", wanted=25, links=links)
    for at, call in moments(yard, system, links=links):
        image = yard.fresh(yard.base(system))
        with mounted(system, image, yard.folder / "disk") as disk:
            yard.convert(Order(str(disk / SHARD), links=links, kill_at=at))
            live = yard.fresh(image)
        image.unlink()
        yard.judge(system, live, judge, f"a copy of {system.name} before call {at}, {call}")
        live.unlink()
    assert judge.line.holds, judge.told()


def test_a_swap_whose_result_is_never_synced_is_found_out(yard: Yard) -> None:
    judge = Judge(yard.original, yard.result, Tally("a broken protocol"))
    for at, call in moments(yard, EXT4, links=True)[-3:]:
        shut_down(yard, judge, EXT4, [Cut(at, call, JOURNAL_FIRST)], broken=NO_SYNC)
    assert judge.line.lost > 0, judge.told()
