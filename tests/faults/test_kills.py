"""A process is killed (SIGKILL, for real) before every single call that it makes to the file system."""

from __future__ import annotations

import signal
from itertools import count
from pathlib import Path

import pytest

from engine.crew.answers import State
from tests.faults.conftest import Bench
from tests.faults.fault_files import EFFECTS, Harm, Strike


def kill(at: int) -> Strike:
    return Strike(at, Harm.KILL)


def effects(calls: tuple[str, ...]) -> list[int]:
    """The numbers of the calls that change the disk."""
    return [number for number, call in enumerate(calls, 1) if call.split()[0] in EFFECTS]


def test_the_calls_that_are_struck_are_those_of_the_twelve_steps(bench: Bench) -> None:
    changes = [call for call in bench.calls if call.split()[0] in EFFECTS]
    folder, status = "shard_00000", "shard_conversion_status.json"
    record = [*(f"{what} {status}.tmp" for what in ("create", "write", "sync", "close")), f"rename {status}"]
    written = [*record, f"sync_folder {folder}"]
    assert changes[0] == "create audio_16k.tar.tmp"
    assert [change for change in changes if change != "write audio_16k.tar.tmp"][1:] == [
        *("sync audio_16k.tar.tmp", "close audio_16k.tar.tmp"),
        *written,
        *("link audio_48k.bak", f"sync_folder {folder}", "rename audio.tar", f"sync_folder {folder}"),
        *written,
        *("unlink audio_48k.bak", f"sync_folder {folder}"),
    ]


@pytest.mark.parametrize("keep_backup", [False, True])
def test_a_kill_before_every_call_loses_nothing(bench: Bench, *, keep_backup: bool) -> None:
    for at in count(1):
        shard = bench.fresh()
        ended = bench.convert(shard, kill(at), keep_backup=keep_backup)
        if ended.signal == 0:
            break
        assert ended.signal == signal.SIGKILL
        when = f"a kill before call {at}"
        bench.nothing_is_lost(shard, when)
        bench.comes_to_its_end(shard, when, keep_backup=keep_backup)
    unlinks = 2  # what a run that keeps the original leaves out: the unlink, and the sync behind it
    assert at - 1 == len(bench.calls) - (unlinks if keep_backup else 0)
    bench.is_done(shard, "no kill", keep_backup=keep_backup)


def test_a_kill_is_followed_by_recovery_alone_as_well(bench: Bench) -> None:
    """``gonogo recover`` comes to a known state from any kill, and says the same when it is asked again."""
    ends = set()
    for at in effects(bench.calls):
        shard = bench.fresh()
        bench.convert(shard, kill(at))
        recovered = bench.convert(shard, convert=False)
        assert recovered.result is not None
        state = recovered.result.state
        ends.add(state)
        when = f"recovery from a kill before call {at}, {bench.calls[at - 1]}"
        assert (shard / "audio.tar").read_bytes() == {State.PENDING: bench.original, State.DONE: bench.result}[state]
        assert not (shard / "audio_48k.bak").exists(), when
        assert not (shard / "audio_16k.tar.tmp").exists(), when
        again = bench.convert(shard, convert=False)
        assert again.result is not None
        assert again.result.state is state, when
        bench.comes_to_its_end(shard, when)
    assert ends == {State.PENDING, State.DONE}


def test_a_second_kill_in_the_following_attempt_loses_nothing(bench: Bench) -> None:
    """The first kills leave every state there is between two steps; the second come before every change made then.

    A kill before a call that only reads leaves what a kill before the next change leaves.
    """
    between = {"create", "link", "rename", "unlink"}
    firsts = [at for at, call in enumerate(bench.calls, 1) if call.split()[0] in between]
    firsts += [bench.calls.index("sync audio_16k.tar.tmp") + 1, len(bench.calls)]
    doubles = 0
    for first in firsts:
        probe = bench.fresh()
        bench.convert(probe, kill(first))
        following = bench.convert(probe).calls
        for second in effects(following):
            shard = bench.fresh()
            bench.convert(shard, kill(first))
            assert bench.convert(shard, kill(second)).signal == signal.SIGKILL
            when = f"kills before {bench.calls[first - 1]} and then {following[second - 1]}"
            bench.nothing_is_lost(shard, when)
            bench.comes_to_its_end(shard, when)
            doubles += 1
    assert doubles > 150


def test_a_kill_while_a_kept_original_is_released_loses_nothing(bench: Bench) -> None:
    for at in count(1):
        shard = bench.fresh()
        bench.convert(shard, keep_backup=True)
        ended = bench.convert(shard, kill(at), convert=False, let_go=True)
        if ended.signal == 0:
            break
        when = f"a kill before call {at} of the release"
        bench.nothing_is_lost(shard, when)
        assert (shard / "audio.tar").read_bytes() == bench.result, when
        bench.convert(shard, convert=False, let_go=True)
        bench.is_done(shard, when)
    assert at > 5
    bench.is_done(shard, "the release")


def test_a_kill_in_the_restoring_of_an_original_loses_nothing(bench: Bench) -> None:
    """A disk lied: A is damaged, B its original. And the seed's window: A is absent, B is all there is."""
    for damage in (bench.result[:4_096], b"", None):
        undisturbed = bench.convert(damaged(bench, damage)).calls
        for at in effects(undisturbed):
            shard = damaged(bench, damage)
            assert bench.convert(shard, kill(at)).signal == signal.SIGKILL
            names = [path for path in (shard / "audio.tar", shard / "audio_48k.bak") if path.exists()]
            held = [path.read_bytes() for path in names]
            when = f"a kill before {undisturbed[at - 1]} with A of {damage and len(damage)} bytes"
            assert bench.original in held or held[0] == bench.result, when
            bench.comes_to_its_end(shard, when)


def damaged(bench: Bench, audio: bytes | None) -> Path:
    shard = bench.fresh()
    (shard / "audio.tar").rename(shard / "audio_48k.bak")
    if audio is not None:
        (shard / "audio.tar").write_bytes(audio)
    return shard
