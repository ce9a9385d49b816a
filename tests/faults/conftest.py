from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from engine.crew.answers import State
from engine.shards.files import RealFiles
from engine.shards.names import ShardFiles
from engine.shards.record import Record, SwapState, read_record
from tests.faults.convert_one import Ended, Order
from tests.faults.fault_files import Strike
from tests.faults.program import Copies, Program
from tests.faults.tally import TALLIES, Tallies
from tests.recordings import Clip, cut, make_shard, real_clips_48k, tar_bytes


def members() -> list[Clip]:
    """Four clips of 0.1 s of real speech, each with its words beside it."""
    clips = [cut(clip, 4_800, at=9_600) for clip in real_clips_48k(4)]
    return [member for name, data in clips for member in ((name, data), (f"{name}.json", b'{"text": "words"}'))]


@pytest.fixture
def tally() -> Tallies:
    """Give out the lines of this run's table of faults."""
    return TALLIES


class Converter:
    """The program that converts one shard at a time in processes of their own."""

    def __init__(self, clip: Path) -> None:
        self._program = Program("tests.faults.convert_one", clip)
        self.close = self._program.close

    def __call__(
        self,
        shard: Path,
        strike: Strike | None = None,
        *,
        keep_backup: bool = False,
        convert: bool = True,
        let_go: bool = False,
    ) -> Ended:
        order = Order(str(shard), strike, keep_backup, convert, let_go)
        return msgspec.json.decode(self._program.ask(order), type=Ended)


@dataclass(frozen=True, kw_only=True)
class Bench(Copies):
    """A shard before and after its conversion, as many fresh copies of it as wanted, and what must hold of them."""

    convert: Converter
    result: bytes = b""
    calls: tuple[str, ...] = ()
    """Of an undisturbed conversion."""

    def nothing_is_lost(self, shard: Path, when: str) -> None:
        """The original is whole under one of its names, or its whole conversion is in its place."""
        audio, backup = shard / "audio.tar", shard / "audio_48k.bak"
        assert audio.exists(), f"no audio.tar after {when}"
        kept = [path.read_bytes() for path in (audio, backup) if path.exists()]
        assert self.original in kept or kept[0] == self.result, f"the original is lost after {when}"

    def comes_to_its_end(self, shard: Path, when: str, *, keep_backup: bool = False) -> None:
        """The next attempt, undisturbed, ends as if nothing had happened, and leaves nothing but what it should."""
        ended = self.convert(shard, keep_backup=keep_backup)
        assert ended.result is not None
        assert ended.result.state is State.DONE, f"after {when}: {ended.result}"
        self.is_done(shard, when, keep_backup=keep_backup)

    def is_done(self, shard: Path, when: str, *, keep_backup: bool = False) -> None:
        there = {path.name: path for path in shard.iterdir()}
        assert there.keys() == {"audio.tar", "shard_conversion_status.json"} | ({"audio_48k.bak"} & {*there}), when
        assert ("audio_48k.bak" in there) is keep_backup, when
        assert there["audio.tar"].read_bytes() == self.result, f"other bytes after {when}"
        if keep_backup:
            assert there["audio_48k.bak"].read_bytes() == self.original, when
        record = read_record(RealFiles(), ShardFiles.of_folder(shard).status)
        assert isinstance(record, Record), when
        assert record.state is SwapState.SWAPPED, when
        shutil.rmtree(shard)  # hundreds of them would only fill the disk


@pytest.fixture(scope="package")
def convert(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Converter]:
    clip = tmp_path_factory.mktemp("warm") / "clip.wav"
    clip.write_bytes(members()[0][1])
    converter = Converter(clip)
    yield converter
    converter.close()


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: no power is cut here, so a sync need not wait for a disk."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="gonogo-faults-", dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def bench(quick_folder: Path, convert: Converter) -> Bench:
    """A small shard, and what its undisturbed conversion gives."""
    before = Bench(folder=quick_folder, original=tar_bytes(members()), convert=convert)
    shard = before.fresh()
    ended = convert(shard)
    assert ended.result is not None
    assert ended.result.state is State.DONE, ended.result
    result = (shard / "audio.tar").read_bytes()
    assert result != before.original
    return replace(before, result=result, calls=ended.calls)


@pytest.fixture
def larger_shard(tmp_path: Path) -> Callable[[str], Path]:
    """Make a shard that takes a worker some time."""
    clips = [(f"{turn:02d}_{name}", data) for turn in range(12) for name, data in real_clips_48k(8)]

    def make(name: str) -> Path:
        return make_shard(tmp_path / name, clips)

    return make
