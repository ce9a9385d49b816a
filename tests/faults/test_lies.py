"""A disk that takes what it is given and gives back something else: found out before an original loses its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.convert.answer import answer
from engine.convert.tasks import Convert, Result
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.crew.wire import ShardRef, to_wire
from engine.shards.files import Files, RealFiles
from tests.faults.conftest import Bench
from tests.faults.fault_files import LyingFiles


def converted_on(files: Files, shard: Path) -> Result:
    ref = ShardRef(folder=to_wire(shard), audio_name="audio.tar", lone=False, sidecar=None, lock=None)
    task = Convert(shard=ref, run="run", tool="test", spot_checks=2)
    return answer(files, task, Pulse("", lambda _: None, lambda: False))


def lying_about(name: str) -> Callable[[Path], bool]:
    return lambda path: path.name == name


@pytest.mark.parametrize(
    ("name", "left", "told"),
    [
        ("audio_16k.tar.tmp", {"audio.tar"}, "other bytes than were written"),
        ("audio.tar", {"audio.tar", "shard_conversion_status.json"}, "the original is back in its place"),
        ("shard_conversion_status.json", {"audio.tar", "shard_conversion_status.json"}, "did not keep the status file"),
    ],
)
def test_a_lie_about_any_file_leaves_the_original_in_its_place(
    bench: Bench, name: str, left: set[str], told: str
) -> None:
    shard = bench.fresh()
    inode = (shard / "audio.tar").lstat().st_ino
    result = converted_on(LyingFiles(RealFiles(), lying_about(name)), shard)
    assert result.state is State.QUARANTINED
    assert result.fault is not None
    assert told in result.fault.problem
    assert {path.name for path in shard.iterdir()} == left
    assert (shard / "audio.tar").read_bytes() == bench.original
    assert (shard / "audio.tar").lstat().st_ino == inode
    bench.comes_to_its_end(shard, f"a lie about {name}")
