"""Shards that were converted for real and keep their originals: what the tests of a clean stand on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.convert.answer import answer
from engine.convert.cleaning_tasks import Clean
from engine.convert.tasks import Convert, Recover, Result
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.crew.wire import ShardRef, to_wire
from engine.shards.files import RealFiles
from engine.shards.names import ShardFiles
from tests.recordings import Clip, cut, make_shard, real_clips_48k


@cache
def clips() -> tuple[Clip, ...]:
    return tuple(cut(clip, 4_800, at=9_600) for clip in real_clips_48k(2))


def _pulse() -> Pulse:
    return Pulse("t", lambda _: None, lambda: False)


@dataclass(frozen=True)
class Cleanable:
    """A converted shard with its original beside it."""

    folder: Path
    original: bytes
    result: bytes

    @property
    def names(self) -> ShardFiles:
        return ShardFiles.of_folder(self.folder)

    @property
    def table(self) -> Path:
        return self.folder.with_suffix(".jsonl.gz")

    @property
    def ref(self) -> ShardRef:
        return ShardRef(folder=to_wire(self.folder), audio_name="audio.tar", lone=False, sidecar=None, lock=None)

    def order(self, *, act: bool = True) -> Clean:
        """Ask for its clean, as a report that saw it now allows it."""
        facts = RealFiles().facts(self.names.audio)
        assert facts is not None
        return Clean(shard=self.ref, run="run", audio=facts.identity, clips=to_wire(self.table), act=act)

    def recovered(self) -> Result:
        return answer(RealFiles(), Recover(shard=self.ref, run="run", tool="test"), _pulse())

    def there(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}

    def is_known(self, when: str) -> bool:
        """Tell whether the original is gone; it is whole or gone, and the result is what it was."""
        assert self.names.audio.read_bytes() == self.result, when
        if not self.names.backup.exists():
            return True
        assert self.names.backup.read_bytes() == self.original, when
        return False


def make_cleanable(folder: Path, *, keep: bool = True) -> Cleanable:
    make_shard(folder, clips(), sidecar=False)
    original = (folder / "audio.tar").read_bytes()
    shard = Cleanable(folder, original, b"")
    task = Convert(shard=shard.ref, run="run", tool="test", spot_checks=0, keep_backup=keep, clips=to_wire(shard.table))
    assert answer(RealFiles(), task, _pulse()).state is State.DONE
    return Cleanable(folder, original, (folder / "audio.tar").read_bytes())
