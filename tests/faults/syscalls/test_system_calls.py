"""Every system call that a conversion makes on its shard fails in every way it can, for real, under strace."""

from __future__ import annotations

import itertools
import re
import shutil
import signal
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from engine.convert.tasks import Result
from engine.crew.answers import State
from tests.faults.syscalls.broken import NO_LINK
from tests.faults.syscalls.conftest import Shop
from tests.faults.syscalls.convert_struck import Ended, Order
from tests.faults.syscalls.judging import ANY_LINKS, Judge
from tests.faults.syscalls.short import Short
from tests.faults.syscalls.strikes import Blow, blows_at, calls_of
from tests.faults.tally import Tallies, Tally

SHARE = 120
"""So many blows of each protocol in a quick run: about 5 s."""

NEEDS_STRACE = pytest.mark.usefixtures("strace")


def judge_of(shop: Shop, tally: Tallies, harness: str, *, wanted: int, links: bool) -> Judge:
    line = tally(f"{harness}, {'links' if links else 'renames'}", wanted=wanted)
    return Judge(shop.original, shop.result, line, links)


def recorded(shop: Shop, shard: Path, *, links: bool) -> tuple[Blow, ...]:
    """Everything that can befall the calls of an undisturbed attempt at this shard."""
    ended = shop.convert(Order(str(shard), links=links, trace=("-etrace=all", "-y")))
    assert ended.result is not None, ended.errors
    assert ended.result.state is State.DONE, ended.result
    shutil.rmtree(shard)
    return tuple(blows_at(calls_of(ended.trace)))


def is_told(result: Result, harm: str) -> bool:
    """Whether a person reads what was wrong: the errno by its name, or a sentence about the file."""
    if result.state is State.DONE:
        return result.fault is None
    if result.fault is None or "Traceback" in str(result.fault):
        return False
    named = re.fullmatch(r"error=(E\w+)", harm)
    if result.state is State.FAILED:
        return named is not None and f"({named[1]})" in result.fault.read
    return bool(result.fault.way_out)


def is_struck(blow: Blow, ended: Ended) -> bool:
    return ended.signal == signal.SIGKILL if blow.kills else any("INJECTED" in line for line in ended.trace)


def try_blows(shop: Shop, judge: Judge, blows: Iterable[Blow], *, killed_before: int = 0) -> list[str]:
    """Strike, judge, run again, judge; return the attempts whose answers tell a person nothing."""
    mute = []
    for blow in blows:
        shard = shop.fresh()
        when = str(blow)
        if killed_before:
            shop.convert(Order(str(shard), links=judge.links, kill_at=killed_before))
            when = f"a kill before call {killed_before}, then {when}"
        absent = not (shard / "audio.tar").exists()
        ended = shop.convert(Order(str(shard), links=judge.links, trace=blow.options))
        assert is_struck(blow, ended), f"nothing was struck by {when}: {ended}"
        judge.line.faults += 1
        judge.after_a_fault(shard, when, may_be_absent=blow.kills or absent)
        if ended.signal == 0 and (ended.result is None or not is_told(ended.result, blow.harm)):
            mute.append(f"{when}: {ended.result} {ended.errors}")
        if ended.result is not None and ended.result.state is State.DONE:
            judge.at_the_end(shard, when)
        shop.convert(Order(str(shard), links=judge.links))
        judge.at_the_end(shard, f"{when}, and run again")
        shutil.rmtree(shard)
    return mute


@NEEDS_STRACE
@ANY_LINKS
def test_a_share_of_all_failing_calls_loses_nothing_and_is_told(shop: Shop, tally: Tallies, *, links: bool) -> None:
    judge = judge_of(shop, tally, "a share of system calls", wanted=SHARE, links=links)
    share = Random(f"system calls {links}").sample(recorded(shop, shop.fresh(), links=links), SHARE)
    assert try_blows(shop, judge, share) == []
    assert judge.line.holds, judge.told()


@pytest.mark.full
@NEEDS_STRACE
@ANY_LINKS
def test_every_call_that_fails_in_every_way_loses_nothing_and_is_told(
    shop: Shop, tally: Tallies, *, links: bool
) -> None:
    judge = judge_of(shop, tally, "system calls", wanted=900, links=links)
    assert try_blows(shop, judge, recorded(shop, shop.fresh(), links=links)) == []
    assert judge.line.holds, judge.told()


@pytest.mark.full
@NEEDS_STRACE
@ANY_LINKS
def test_every_call_of_the_attempt_after_a_kill_may_fail_as_well(shop: Shop, tally: Tallies, *, links: bool) -> None:
    """The first kill comes before each of the calls that change a name; the attempt behind it begins with recovery."""
    judge = judge_of(shop, tally, "system calls of recovery", wanted=600, links=links)
    calls = shop.convert(Order(str(shop.fresh()), links=links)).calls
    names = {"link", "move", "rename", "unlink"}
    firsts = [at for at, call in enumerate(calls, 1) if call.split()[0] in names and ".json" not in call]
    assert len(firsts) == 3
    for first in firsts:
        shard = shop.fresh()
        assert shop.convert(Order(str(shard), links=links, kill_at=first)).signal == signal.SIGKILL
        blows = [blow for blow in recorded(shop, shard, links=links) if is_of_recovery(blow)]
        share = Random(f"recovery {links} {first}").sample(blows, min(len(blows), 220))
        assert try_blows(shop, judge, share, killed_before=first) == []
    assert judge.line.holds, judge.told()


def is_of_recovery(blow: Blow) -> bool:
    """Reads are most of what recovery does, and all alike: an error of them, and a kill, are tried at each second."""
    return blow.call.name != "pread64" or blow.call.nth % 2 == 0


@pytest.mark.parametrize("at_most_bytes", [1, pytest.param(300, marks=pytest.mark.full)])
@pytest.mark.parametrize("call", ["write", "pread"])
def test_a_call_that_moves_fewer_bytes_than_asked_changes_nothing(
    shop: Shop, tally: Tallies, call: str, at_most_bytes: int
) -> None:
    judge = judge_of(shop, tally, f"short {call}, {at_most_bytes} bytes", wanted=10, links=True)
    for nth in itertools.count(1):
        shard = shop.fresh()
        ended = shop.convert(Order(str(shard), short=Short(call, nth, at_most_bytes)))
        when = f"{call} {nth} moved at most {at_most_bytes} bytes"
        assert ended.result is not None, ended.errors
        assert ended.result.state is State.DONE, f"{when}: {ended.result}"
        judge.at_the_end(shard, when)
        shutil.rmtree(shard)
        if not ended.shortened:
            break
        judge.line.faults += 1
    assert judge.line.holds, judge.told()


@NEEDS_STRACE
def test_a_swap_without_its_link_is_found_out(shop: Shop) -> None:
    judge = Judge(shop.original, shop.result, Tally("a broken protocol"))
    kills = [blow for blow in recorded(shop, shop.fresh(), links=True) if blow.kills and blow.call.name == "fsync"]
    assert len(kills) == 8
    for blow in kills:
        shard = shop.fresh()
        shop.convert(Order(str(shard), trace=blow.options, broken=NO_LINK))
        judge.after_a_fault(shard, str(blow))
    assert judge.line.early > 0, judge.told()
