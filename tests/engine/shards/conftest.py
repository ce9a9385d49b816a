from __future__ import annotations

import io
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile

from engine.convert.answer import answer
from engine.convert.tasks import Convert
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.crew.wire import ShardRef, to_wire
from engine.shards.files import RealFiles
from engine.shards.names import ShardFiles
from tests.recordings import Clip, cut, real_clips_48k, tar_bytes, wav_bytes

CLIP_FRAMES = 6_001
"""An eighth of a second, and no multiple of 3."""


def with_words(clips: Sequence[Clip]) -> list[Clip]:
    """Put a text member behind each clip, as webdataset shards have them."""
    return [member for name, data in clips for member in ((name, data), (f"{name}.json", b'{"text": "words"}'))]


def speech(count: int, at: int) -> list[Clip]:
    return [
        (f"clip_{number}.wav", cut(clip, CLIP_FRAMES, at=at)[1]) for number, clip in enumerate(real_clips_48k(count))
    ]


def backwards(clip: Clip) -> Clip:
    """Play a clip from its end: another recording, of the same length and loudness."""
    name, data = clip
    samples, _ = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    return name, wav_bytes(samples[::-1].copy())


def converted(original: bytes, folder: Path, *, keep_backup: bool = False) -> bytes:
    """Convert a tar as a worker does, and return the bytes of its result."""
    folder.mkdir()
    (folder / "audio.tar").write_bytes(original)
    shard = ShardRef(folder=to_wire(folder), audio_name="audio.tar", lone=False, sidecar=None, lock=None)
    task = Convert(shard=shard, run="run", tool="test", spot_checks=9, keep_backup=keep_backup)
    result = answer(RealFiles(), task, Pulse("", lambda _: None, lambda: False))
    assert result.state is State.DONE, result
    return (folder / "audio.tar").read_bytes()


@dataclass(frozen=True)
class Tars:
    """Tars of real speech in every condition that a shard's files are found in."""

    original: bytes
    result: bytes
    other: bytes
    """Another original: the same names and lengths, other speech."""
    other_result: bytes
    reverse: bytes
    """Another original that no level meter tells from the first: its clips played backwards."""
    reverse_result: bytes
    damaged: bytes
    """An original that lost its second half."""
    mixed: bytes
    """Clips of 48 kHz and of 16 kHz."""
    silent: bytes
    """No clip at all."""

    @property
    def result_of(self) -> dict[bytes, bytes]:
        return {self.original: self.result, self.other: self.other_result, self.reverse: self.reverse_result}


@pytest.fixture(scope="session")
def tars(tmp_path_factory: pytest.TempPathFactory) -> Tars:
    folder = tmp_path_factory.mktemp("tars")
    clips, others = speech(3, 9_600), speech(3, 38_400)
    original, other = tar_bytes(with_words(clips)), tar_bytes(with_words(others))
    reverse = tar_bytes(with_words([backwards(clip) for clip in clips]))
    result = converted(original, folder / "original")
    return Tars(
        original=original,
        result=result,
        other=other,
        other_result=converted(other, folder / "other"),
        reverse=reverse,
        reverse_result=converted(reverse, folder / "reverse"),
        damaged=original[: len(original) // 2 // 512 * 512],
        mixed=tar_bytes([*clips[:2], ("low.wav", cut(others[2], CLIP_FRAMES, rate_hz=16_000)[1])]),
        silent=tar_bytes([("words.txt", b"no audio")]),
    )


@pytest.fixture
def shard(tmp_path: Path) -> ShardFiles:
    """The names of a folder shard whose folder is there and empty."""
    folder = tmp_path / "shard"
    folder.mkdir()
    return ShardFiles.of_folder(folder)


Seen = tuple[int, int, int, int, int, bytes]


def snapshot(folder: Path) -> dict[str, Seen]:
    """Everything that can be told of a folder's entries: type, inode, links, times and content."""
    return {path.name: _seen(path) for path in sorted(folder.iterdir())}


def _seen(path: Path) -> Seen:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        content = os.fsencode(path.readlink())
    else:
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
    return status.st_mode, status.st_ino, status.st_nlink, status.st_mtime_ns, status.st_ctime_ns, content


def bytes_at(path: Path) -> bytes | None:
    """What a whole plain file holds; None where there is none."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None
