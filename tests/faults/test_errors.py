"""Every single call to the file system fails once: refused, done but said to have failed, or refused from there on."""

from __future__ import annotations

import errno

import pytest

from engine.convert.answer import answer
from engine.convert.tasks import Convert
from engine.crew.answers import State, Trouble
from engine.crew.pulse import Pulse
from engine.crew.wire import ShardRef, to_wire
from engine.shards.files import RealFiles
from tests.faults.conftest import Bench
from tests.faults.fault_files import EFFECTS, Harm, Strike

HARMS = (Harm.ERROR_BEFORE, Harm.ERROR_AFTER, Harm.ERRORS_FROM_HERE)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("harm", HARMS)
def test_an_error_at_every_call_loses_nothing(bench: Bench, harm: Harm, code: int) -> None:
    """A call that only reads has no after, and no disk is too full for it: it errs once, with EIO, before."""
    reads_too = harm is Harm.ERROR_BEFORE and code == errno.EIO
    for at, call in enumerate(bench.calls, 1):
        if call.split()[0] not in EFFECTS and not reads_too:
            continue
        shard = bench.fresh()
        ended = bench.convert(shard, Strike(at, harm, code))
        assert ended.result is not None
        when = f"{harm} at call {at}, {call}"
        bench.nothing_is_lost(shard, when)
        assert ended.result.state is State.FAILED, f"{when}: {ended.result}"
        assert ended.result.fault is not None, when
        assert errno.errorcode[code] in ended.result.fault.read, when
        bench.comes_to_its_end(shard, when)


@pytest.mark.parametrize("harm", HARMS)
def test_an_error_at_every_change_of_the_attempt_after_a_kill_loses_nothing(bench: Bench, harm: Harm) -> None:
    tried = 0
    for first, call in enumerate(bench.calls, 1):
        if call.split()[0] not in {"link", "rename", "unlink"}:
            continue
        probe = bench.fresh()
        bench.convert(probe, Strike(first, Harm.KILL))
        following = bench.convert(probe).calls
        for at, struck in enumerate(following, 1):
            if struck.split()[0] not in EFFECTS:
                continue
            shard = bench.fresh()
            bench.convert(shard, Strike(first, Harm.KILL))
            bench.convert(shard, Strike(at, harm, errno.EIO))
            when = f"a kill before {call} and {harm} at {struck}"
            bench.nothing_is_lost(shard, when)
            bench.comes_to_its_end(shard, when)
            tried += 1
    assert tried > 0, "no change of a second attempt was ever struck"


def test_a_full_disk_waits_for_room_and_leaves_no_temporary_tar_in_its_way(bench: Bench) -> None:
    for at, call in enumerate(bench.calls, 1):
        if call.split()[0] not in {"write", "sync", "close"}:
            continue
        shard = bench.fresh()
        ended = bench.convert(shard, Strike(at, Harm.ERROR_BEFORE, errno.ENOSPC))
        assert ended.result is not None
        assert ended.result.trouble is Trouble.SPACE, call
        assert (shard / "audio_16k.tar.tmp").exists() is False, f"left behind by ENOSPC at call {at}, {call}"


def test_a_disk_that_refuses_a_write_is_told_apart_from_a_file_that_cannot_be_read(bench: Bench) -> None:
    for at, call in enumerate(bench.calls, 1):
        what, _, name = call.partition(" ")
        if what not in {"read_at", "write", "sync", "rename"}:
            continue
        ended = bench.convert(bench.fresh(), Strike(at, Harm.ERROR_BEFORE, errno.EIO))
        assert ended.result is not None
        wanted = Trouble.SHARD if what == "read_at" else Trouble.DISK
        assert ended.result.trouble is wanted, f"{call} of {name}"


def test_a_failed_sync_is_never_asked_again(bench: Bench) -> None:
    """After a failed write-back the kernel marks the pages clean: the second fsync says yes, and the data are gone."""
    syncs = [at for at, call in enumerate(bench.calls, 1) if call.split()[0] == "sync"]
    assert len(syncs) == 3
    for at in syncs:
        ended = bench.convert(bench.fresh(), Strike(at, Harm.ERROR_BEFORE, errno.EIO))
        name = bench.calls[at - 1].split()[1]
        assert not {f"sync {name}", f"sync_file {name}", f"rename {name}"} & {*ended.calls[at:]}


def test_a_table_of_clips_that_cannot_be_written_leaves_the_shard_as_it_was(bench: Bench) -> None:
    shard = bench.fresh()
    ref = ShardRef(folder=to_wire(shard), audio_name="audio.tar", lone=False, sidecar=None, lock=None)
    nowhere = to_wire(shard / "audio.tar" / "no folder" / "clips.jsonl.gz")
    task = Convert(shard=ref, run="run", tool="test", spot_checks=2, clips=nowhere)
    result = answer(RealFiles(), task, Pulse("", lambda _: None, lambda: False))
    assert result.state is State.FAILED
    assert [path.name for path in shard.iterdir()] == ["audio.tar"]
    assert (shard / "audio.tar").read_bytes() == bench.original
