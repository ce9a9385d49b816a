"""A shard of real speech on a simulated disk: the real worker's code works on it, many hundred times a second."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import xxhash

from engine.audio import check
from engine.audio.clip import convert_clip
from engine.convert import rewrite
from engine.convert import shard as shard_conversion
from engine.convert.answer import answer
from engine.convert.pulse import Pulse
from engine.convert.tasks import Convert, Recover, Result, ShardRef, State, to_wire
from engine.shards import compare, contents, recovery
from engine.shards.files import Facts, Files, Identity, Reader, RealFiles
from engine.shards.names import FOLDER_BACKUP, FOLDER_STATUS, FOLDER_TEMPORARY, ShardFiles
from engine.shards.record import TarDigest
from tests.faults.fault_files import Strike
from tests.faults.simulated.sim_disk import Disk
from tests.faults.simulated.sim_files import FOLDER_AUDIO, Call, SimFiles, Trick, Watched
from tests.recordings import Clip, cut, real_clips_48k, tar_bytes

AUDIO, BACKUP, TEMPORARY, STATUS = FOLDER_AUDIO, FOLDER_BACKUP, FOLDER_TEMPORARY, FOLDER_STATUS
_CLIP_FRAMES = 4_801
"""A tenth of a second, and no multiple of 3: what a clip says is no matter here, only that it is audio."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How the shard is converted."""

    links: bool = True
    keeps: bool = False
    """The original is to stay beside the result."""

    def __str__(self) -> str:
        return ("links" if self.links else "no links") + (", original kept" if self.keeps else "")


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt."""

    result: Result
    calls: list[Call]
    disk: Disk
    struck: bool
    """The trick had something to be played on."""


@dataclass(frozen=True)
class Shard:
    """The names, and what stands under them before and after."""

    folder: Path
    """A real and empty one: what a worker locks."""
    original: bytes
    result: bytes = b""

    @functools.cached_property
    def names(self) -> ShardFiles:
        return ShardFiles.of_folder(self.folder)

    @functools.cached_property
    def digests(self) -> tuple[TarDigest, TarDigest]:
        """Of the original and the result."""
        return hash_of(self.original), hash_of(self.result)

    def fresh(self) -> Disk:
        disk = Disk()
        disk.lay(AUDIO, self.original)
        return disk

    def convert(
        self,
        disk: Disk,
        setting: Setting,
        *,
        strike: Strike | None = None,
        trick: tuple[int, Trick] | None = None,
        pictures_from: int = 1,
    ) -> Run:
        """Let a worker convert the shard as it stands on ``disk``, which is left as it is."""
        sim = SimFiles(disk.copy(), self.folder)
        files = Watched(sim, strike, trick, self.result, pictures_from)
        ref = ShardRef(folder=to_wire(self.folder), audio_name=AUDIO, lone=False, sidecar=None, lock=None)
        task = Convert(shard=ref, run="run", tool="test", spot_checks=2, keep_backup=setting.keeps, links=setting.links)
        result = answer(files, task, Pulse("", lambda _: None, lambda: False))
        files.seen.append(Call("end", "", before=sim.disk))
        return Run(result, files.seen, sim.disk, sim.humour.struck)

    def recover(self, disk: Disk, *, act: bool = True, let_go: bool = False) -> Result:
        """Let a worker recover the shard on ``disk`` itself, and no more."""
        ref = ShardRef(folder=to_wire(self.folder), audio_name=AUDIO, lone=False, sidecar=None, lock=None)
        task = Recover(shard=ref, run="recovering", tool="test", act=act, let_go=let_go)
        return answer(SimFiles(disk, self.folder), task, Pulse("", lambda _: None, lambda: False))


def hash_of(data: bytes) -> TarDigest:
    return TarDigest(xxhash.xxh3_128_hexdigest(data), len(data))


def speech(count: int, at: int) -> list[Clip]:
    """Short clips of real speech, the words of each before it, as sorted names have it."""
    clips = [cut(clip, _CLIP_FRAMES, at=at) for clip in real_clips_48k(count)]
    return [
        member
        for name, data in clips
        for member in ((f"{name.removesuffix('.wav')}.json", b'{"text": "words"}'), (name, data))
    ]


class _InMemory:
    """One file's bytes, for :func:`examine` to walk."""

    def __init__(self, data: bytes) -> None:
        self._data, self.size_bytes = data, len(data)
        self.facts = Facts(Identity(0, 0, len(data), 0, 0), is_file=True, links=1)

    def read_at(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]


class _Held(RealFiles):
    def __init__(self, data: bytes) -> None:
        self._data = data

    @contextlib.contextmanager
    def open(self, path: Path, *, uncached: bool = False) -> Iterator[Reader]:  # type: ignore[override]  # no _RealReader
        yield _InMemory(self._data)


@functools.cache
def _examined(name: str, data: bytes) -> contents.Contents:
    return _EXAMINE(_Held(data), Path(name))


_EXAMINE = contents.examine
_CONVERT_CLIP = functools.cache(convert_clip)


def _examine_once(files: Files, path: Path, _tick: Callable[[], None] = lambda: None) -> contents.Contents:
    """Open the file and read it, as :func:`examine` does, and walk its bytes once for all times."""
    with files.open(path) as reader:
        return _examined(path.name, reader.read_at(0, reader.size_bytes))


@contextlib.contextmanager
def remembered() -> Iterator[None]:
    """Remember what follows from bytes alone and is asked a million times.

    That is: what a tar holds, what a clip's samples become, how two clips compare. Each file is opened and read all the
    same, so that every call to the file system but the number of its reads is the real one.
    """
    with contextlib.ExitStack() as stack:
        for module in (shard_conversion, recovery, compare):
            stack.enter_context(mock.patch.object(module, "examine", _examine_once))
        stack.enter_context(mock.patch.object(rewrite, "convert_clip", lambda data, _tick=None: _CONVERT_CLIP(data)))
        stack.enter_context(mock.patch.object(check, "spot_check", functools.cache(check.spot_check)))
        stack.enter_context(mock.patch.object(check, "is_conversion", functools.cache(check.is_conversion)))
        yield


@contextlib.contextmanager
def simulated_shard(original: bytes | None = None) -> Iterator[Shard]:
    """Make a shard, and what its undisturbed conversion gives."""
    with tempfile.TemporaryDirectory(prefix="gonogo-simulated-") as folder, remembered():
        (Path(folder) / "shard").mkdir()
        before = Shard(Path(folder).resolve() / "shard", original or tar_bytes(speech(2, 9_600)))
        run = before.convert(before.fresh(), Setting())
        assert run.result.state is State.DONE, run.result
        result = run.disk.bytes_at(AUDIO)
        assert result is not None
        assert result != before.original
        yield Shard(before.folder, before.original, result)
