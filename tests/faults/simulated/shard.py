"""A shard of real speech on a simulated disk: the real worker's code works on it, many hundred times a second."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import xxhash

from engine.audio import check, proof
from engine.audio.clip import convert_clip
from engine.audio.together import Converted
from engine.convert import rewrite
from engine.convert import shard as shard_conversion
from engine.convert.answer import answer
from engine.convert.clip_work import ClipWork
from engine.convert.clips import write_clip_table
from engine.convert.tasks import Convert, Recover, Result
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.crew.wire import ShardRef, from_wire, to_wire
from engine.shards import compare, contents, pair, recovery
from engine.shards.clips import ClipRow
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

    @property
    def clips(self) -> str:
        """Where the clip table lies: in the state folder, which is on another disk than the shard."""
        return to_wire(self.folder.with_name("clips.jsonl.gz"))

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
        task = Convert(
            shard=ref,
            run="run",
            tool="test",
            spot_checks=2,
            keep_backup=setting.keeps,
            links=setting.links,
            clips=self.clips,
        )
        result = answer(files, task, Pulse("", lambda _: None, lambda: False))
        files.seen.append(Call("end", "", before=sim.disk))
        return Run(result, files.seen, sim.disk, sim.humour.struck)

    def recover(self, disk: Disk, *, act: bool = True, let_go: bool = False) -> Result:
        """Let a worker recover the shard on ``disk`` itself, and no more."""
        ref = ShardRef(folder=to_wire(self.folder), audio_name=AUDIO, lone=False, sidecar=None, lock=None)
        task = Recover(shard=ref, run="recovering", tool="test", act=act, let_go=let_go, clips=self.clips)
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


def _convert_once(clips: Sequence[memoryview], _tick: Callable[[], None]) -> list[Converted]:
    return [_CONVERT_CLIP(bytes(clip)) for clip in clips]


def _examine_once(files: Files, path: Path, _tick: Callable[[], None] = lambda: None) -> contents.Contents:
    """Open the file and read it, as :func:`examine` does, and walk its bytes once for all times."""
    with files.open(path) as reader:
        return replace(_examined(path.name, reader.read_at(0, reader.size_bytes)), facts=reader.facts)


@contextlib.contextmanager
def remembered() -> Iterator[None]:
    """Remember what follows from bytes alone and is asked a million times.

    That is: what a tar holds, what a clip's samples become, how two clips compare. Each file is opened and read all the
    same, so that every call to the file system but the number of its reads is the real one.
    """
    with contextlib.ExitStack() as stack:
        for module in (shard_conversion, recovery, compare, pair):
            stack.enter_context(mock.patch.object(module, "examine", _examine_once))
        work = functools.partial(ClipWork, convert=_convert_once)
        stack.enter_context(mock.patch.object(rewrite, "ClipWork", work))
        stack.enter_context(mock.patch.object(check, "spot_check", functools.cache(check.spot_check)))
        find_misfit = functools.cache(proof.find_misfit)
        stack.enter_context(mock.patch.object(proof, "find_misfit", lambda was, now, _tick=None: find_misfit(was, now)))
        yield


@contextlib.contextmanager
def simulated_shard(original: bytes | None = None) -> Iterator[Shard]:
    """Make a shard, and what its undisturbed conversion gives: its result, and its clip table, which stays as it is."""
    with tempfile.TemporaryDirectory(prefix="gonogo-simulated-") as folder, remembered():
        (Path(folder) / "shard").mkdir()
        before = Shard(Path(folder).resolve() / "shard", original or tar_bytes(speech(2, 9_600)))
        run = before.convert(before.fresh(), Setting())
        assert run.result.state is State.DONE, run.result
        result = run.disk.bytes_at(AUDIO)
        assert result is not None
        assert result != before.original
        table = from_wire(before.clips)
        assert table.exists()

        def write_others(path: Path, rows: Iterable[ClipRow]) -> None:
            if path != table:
                write_clip_table(path, rows)

        with mock.patch.object(shard_conversion, "write_clip_table", write_others):
            yield Shard(before.folder, before.original, result)
