"""lhotse's cuts: files of JSON Lines, packed, whose recordings lie in our tars and are not copied.

Source of the fields: lhotse 1.33.0, lhotse/cut/mono.py, lhotse/audio/recording.py and source.py; of ``shar_ptr``:
lhotse a79cc864, lhotse/shar/lazy_pointer.py.
"""

from __future__ import annotations

import gzip
import shlex
from pathlib import Path
from typing import BinaryIO, Final, Literal

import msgspec

from engine.dataset.export.ask import SPLITS
from engine.dataset.export.clip import Clip
from engine.dataset.export.rows import Piece
from engine.dataset.export.tally import Tally
from engine.dataset.export.tar import Tar, is_utf8
from engine.shards.tar import padded
from engine.shards.tarheader import BLOCK_BYTES

NOT_UTF8: Final = "the path of its tar is not UTF-8"
_PACKED: Final = 1
"""Of gzip's levels the quickest: three times as fast as the default, and the files are a seventh larger."""


class Source(msgspec.Struct, frozen=True):
    """Where lhotse finds the bytes of a recording."""

    type: str
    channels: list[int]
    source: str


class Recording(msgspec.Struct, frozen=True):
    """One clip's audio."""

    id: str
    sources: list[Source]
    sampling_rate: int
    num_samples: int
    duration: float
    channel_ids: list[int]


class Supervision(msgspec.Struct, frozen=True):
    """What is said in it."""

    id: str
    recording_id: str
    start: float
    duration: float
    channel: int | list[int]
    text: str
    language: str | None


class Custom(msgspec.Struct, frozen=True):
    """What lhotse has no field for."""

    split: str
    group_id: str
    video_id: str
    source: str
    shard: str
    bucket: list[str]
    tar: str
    """Path under the corpus."""
    member: str
    offset_bytes: int
    size_bytes: int
    codec: str
    audio_hash: str


class Cut(msgspec.Struct, frozen=True):
    """One line."""

    id: str
    start: float
    duration: float
    channel: int | list[int]
    supervisions: list[Supervision]
    recording: Recording
    custom: Custom
    type: str
    """``MultiCut`` where the clip has several channels: a ``MonoCut`` would silently take the first."""


class Lhotse:
    """Writes the format.

    Args:
        folder: where to write.
        source: which type of source names a clip's bytes.
        cuts_a_file: how many cuts a file holds.
    """

    def __init__(self, folder: Path, source: Literal["command", "shar_ptr"], cuts_a_file: int) -> None:
        self.tally = Tally()
        self._by_pointer = source == "shar_ptr"
        self._encoder = msgspec.json.Encoder()
        self._files = {split: _Files(folder, split, cuts_a_file) for split in SPLITS}

    def add(self, piece: Piece) -> None:
        """Write the cuts of some clips."""
        path = str(piece.tar.path)
        for split, clips in piece.clips.items():
            if not is_utf8(path):
                self.tally.left_out[NOT_UTF8] += len(clips)
                continue
            lines = [self._encoder.encode(_cut(piece.tar, path, clip, pointer=self._by_pointer)) for clip in clips]
            self._files[split].write(lines)
            self.tally.count(split, clips)

    def finish(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """Close what is open."""
        for files in self._files.values():
            files.close()


class _Files:
    """The files of one split."""

    def __init__(self, folder: Path, split: str, cuts_a_file: int) -> None:
        self._folder, self._split, self._most = folder, split, cuts_a_file
        self._begun = self._held = 0
        self._raw: BinaryIO | None = None
        self._out: gzip.GzipFile | None = None

    def write(self, lines: list[bytes]) -> None:
        while lines:
            if self._out is None or self._held == self._most:
                self._next()
            assert self._out is not None
            now, lines = lines[: self._most - self._held], lines[self._most - self._held :]
            self._out.write(b"".join(line + b"\n" for line in now))
            self._held += len(now)

    def _next(self) -> None:
        self.close()
        self._raw = (self._folder / f"cuts_{self._split}.{self._begun:06d}.jsonl.gz").open("xb")
        # No name and no time in it: the same cuts make the same bytes.
        self._out = gzip.GzipFile(filename="", mode="wb", compresslevel=_PACKED, fileobj=self._raw, mtime=0)
        self._begun, self._held = self._begun + 1, 0

    def close(self) -> None:
        if self._out is not None:
            self._out.close()
        if self._raw is not None:
            self._raw.close()


def _cut(tar: Tar, path: str, clip: Clip, *, pointer: bool) -> Cut:
    channels = list(range(clip.channels))
    channel = 0 if clip.channels == 1 else channels
    source = _pointer(path, clip, channels) if pointer and "?" not in path else _command(path, clip, channels)
    return Cut(
        id=clip.utt_id,
        start=0.0,
        duration=clip.duration_s,
        channel=channel,
        supervisions=[
            Supervision(clip.utt_id, clip.utt_id, 0.0, clip.duration_s, channel, clip.text, clip.language or None)
        ],
        recording=Recording(
            clip.utt_id, [source], clip.sample_rate_hz, clip.num_frames, clip.duration_s, channel_ids=channels
        ),
        custom=_custom(tar, clip),
        type="MonoCut" if clip.channels == 1 else "MultiCut",
    )


def _custom(tar: Tar, clip: Clip) -> Custom:
    return Custom(
        split=clip.split,
        group_id=clip.group_id,
        video_id=clip.video_id,
        source=clip.source,
        shard=clip.shard,
        bucket=clip.bucket,
        tar=tar.name,
        member=clip.member,
        offset_bytes=clip.offset,
        size_bytes=clip.size,
        codec=clip.codec,
        audio_hash=clip.audio_hash,
    )


def _command(path: str, clip: Clip, channels: list[int]) -> Source:
    """Name the bytes by what a shell writes to its output: ``tail`` seeks, so nothing before them is read."""
    return Source("command", channels, f"tail -c +{clip.offset + 1} {shlex.quote(path)} | head -c {clip.size}")


def _pointer(path: str, clip: Clip, channels: list[int]) -> Source:
    """Name them by the tar's path (which holds no ``?``), the member's own header block and the end of its padding."""
    begin, end = clip.offset - BLOCK_BYTES, clip.offset + padded(clip.size)
    return Source("shar_ptr", channels, f"{path}?o={begin}&e={end}")
