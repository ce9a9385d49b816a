"""What the explorer has found in the engine, each in its smallest form."""

from __future__ import annotations

import pytest

from engine.crew.answers import State
from engine.shards.states import Ends
from tests.faults.simulated.shard import AUDIO, BACKUP, STATUS, TEMPORARY, Setting, Shard
from tests.faults.simulated.sim_disk import Disk


@pytest.mark.parametrize("whole_bytes", [0, 512, 1_024], ids=["nothing", "a header", "words"])
def test_a_converted_tar_that_a_power_cut_filled_with_zeros_is_made_again(shard: Shard, whole_bytes: int) -> None:
    """Zeros are how a tar ends: it reads as a whole one without clips, and was taken for somebody else's."""
    disk = shard.fresh()
    disk.lay(TEMPORARY, shard.result[:whole_bytes] + bytes(len(shard.result) - whole_bytes))
    run = shard.convert(disk, Setting())
    assert run.result.state is State.DONE, run.result
    assert run.disk.bytes_at(AUDIO) == shard.result


def test_an_original_beside_a_tar_of_zeros_is_put_back(shard: Shard) -> None:
    disk = Disk()
    disk.lay(AUDIO, bytes(len(shard.result)))
    disk.lay(BACKUP, shard.original)
    recovery = shard.recover(disk).recovery
    assert recovery is not None
    assert (recovery.row, recovery.ends) == (9, Ends.PENDING)
    assert (disk.bytes_at(AUDIO), disk.bytes_at(BACKUP)) == (shard.original, None)


@pytest.mark.parametrize("junk", [None, b'{"state": "swap'], ids=["no record", "no readable record"])
def test_without_a_record_the_proof_is_of_the_disk_and_not_of_its_cache(shard: Shard, junk: bytes | None) -> None:
    """The cache still held the right bytes: they proved the pair, the wrong ones were recorded, the original went."""
    disk = Disk()
    disk.lay(AUDIO, shard.result)
    disk.lay(BACKUP, shard.original)
    if junk is not None:
        disk.lay(STATUS, junk)
    disk.rot(disk.names[AUDIO])
    shard.recover(disk)
    assert disk.bytes_at(BACKUP) == shard.original


def test_a_stale_record_is_gone_for_good_before_a_new_one_is_written(shard: Shard) -> None:
    """Else a power cut gave its name back beside a finished shard, where nobody would ever remove it."""
    disk = shard.fresh()
    disk.lay(f"{STATUS}.tmp", b"of a run that was killed")
    calls = [call.what for call in shard.convert(disk, Setting()).calls if call.before is not None]
    at = calls.index("unlink")
    assert calls[at + 1] == "sync_folder"
