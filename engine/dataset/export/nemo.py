"""NeMo's tarred data sets: a folder of links to our tars for each split, and beside each link its manifest.

NeMo finds the number of a shard by patterns in its path, wants the numbers 0 to N-1 on both sides, and looks a
member up by the name that Python's tarfile gives it. Source: NVIDIA/NeMo and NVIDIA-NeMo/Speech,
nemo/collections/common/data/lhotse/nemo_adapters.py, LazyNeMoTarredIterator.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from engine.dataset.export.ask import SPLITS
from engine.dataset.export.clip import Clip
from engine.dataset.export.rows import Piece
from engine.dataset.export.tally import Tally
from engine.dataset.export.tar import Tar, is_utf8
from engine.errors import UsageError

NOT_UTF8: Final = "its name is not UTF-8"
_TAR_NUMBER: Final = re.compile(r"audio[^/]*_(\d+)[^/]*\.tar")
_MANIFEST_NUMBER: Final = re.compile(r"manifest[^/]*_(\d+)[^/]*\.json")
_SUB: Final = re.compile(r"^(?P<stem>.+)(?P<sub>-sub\d+)(?P<ext>\.\w+)?$")
"""NeMo takes such an ending for a piece of a recording, and looks for a member without it."""


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a manifest. There is no ``offset``: NeMo would take it for seconds to skip."""

    audio_filepath: str
    duration: float
    text: str
    lang: str | None = None
    shard_id: int
    sampling_rate: int
    """Always: NeMo's indexed reader assumes 16 kHz and one channel where it is not told."""
    num_channels: int
    utt_id: str
    video_id: str | None = None
    group_id: str
    source: str
    bucket: list[str]


class Nemo:
    """Writes the format.

    Args:
        folder: where to write.
        home: where that folder is going to be: links are relative to it.

    Raises:
        UsageError: when NeMo would read another number out of the path of ``home``.
    """

    def __init__(self, folder: Path, home: Path, *, indexed: bool) -> None:
        self.tally = Tally()
        self._indexed = indexed
        self._encoder = msgspec.json.Encoder()
        self._stack = ExitStack()
        self._farms = {split: _Farm(folder / split, home / split, self._stack) for split in SPLITS}

    def add(self, piece: Piece) -> None:
        """Write the lines of some clips."""
        for split, clips in piece.clips.items():
            rows = [(clip, _name(piece.tar, clip)) for clip in clips]
            taken = [(clip, name) for clip, name in rows if name is not None]
            if taken:
                number = self._farms[split].shard(piece.tar, indexed=self._indexed)
                lines = (self._encoder.encode(_row(clip, name, number)) + b"\n" for clip, name in taken)
                self._farms[split].write(b"".join(lines))
                self.tally.count(split, [clip for clip, _ in taken])
            if len(taken) < len(clips):
                self.tally.left_out[NOT_UTF8] += len(clips) - len(taken)

    def finish(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """Close what is open."""
        self._stack.close()

    @property
    def shards(self) -> dict[str, int]:
        """How many each split has."""
        return {split: farm.shards for split, farm in self._farms.items()}


class _Farm:
    """The links and manifests of one split; a tar that has no clip of it has no number in it."""

    def __init__(self, folder: Path, home: Path, stack: ExitStack) -> None:
        self.shards = 0
        self._folder, self._home = folder, Path(os.path.realpath(home))
        self._tar = ""
        self._out: BinaryIO | None = None
        stack.callback(self._end)
        _demand_numbers(self._home)

    def shard(self, tar: Tar, *, indexed: bool) -> int:
        """Return the number of the tar's shard; a new tar gets the next one, its link and its manifest."""
        if tar.name != self._tar:
            self._end()
            self._folder.mkdir(parents=True, exist_ok=True)
            self._link(f"audio_{self.shards}.tar", Path(os.path.realpath(tar.path)))
            if indexed:
                self._link(f"audio_{self.shards}.tar.idx", self._home.parents[1] / "index" / "tars" / f"{tar.name}.idx")
            self._out = (self._folder / f"manifest_{self.shards}.json").open("xb")
            self._tar = tar.name
            self.shards += 1
        return self.shards - 1

    def write(self, lines: bytes) -> None:
        assert self._out is not None
        self._out.write(lines)

    def _link(self, name: str, target: Path) -> None:
        (self._folder / name).symlink_to(os.path.relpath(target, self._home))

    def _end(self) -> None:
        if self._out is not None:
            self._out.close()


def member_key(name: str) -> str:
    """Return what ``audio_filepath`` must be so that NeMo looks for a member of this name.

    >>> member_key("talk-sub1.wav")
    'talk-sub1-sub0.wav'
    """
    found = _SUB.match(name)
    return name if found is None else f"{found['stem']}{found['sub']}-sub0{found['ext'] or ''}"


def _name(tar: Tar, clip: Clip) -> str | None:
    name = tar.member_name(clip.member, clip.offset)
    return member_key(name) if is_utf8(name) else None


def _row(clip: Clip, name: str, number: int) -> Row:
    return Row(
        audio_filepath=name,
        duration=clip.duration_s,
        text=clip.text,
        lang=clip.language or None,
        shard_id=number,
        sampling_rate=clip.sample_rate_hz,
        num_channels=clip.channels,
        utt_id=clip.utt_id,
        video_id=clip.video_id or None,
        group_id=clip.group_id,
        source=clip.source,
        bucket=clip.bucket,
    )


def _demand_numbers(home: Path) -> None:
    for pattern, name in ((_TAR_NUMBER, "audio_0.tar"), (_MANIFEST_NUMBER, "manifest_0.json")):
        found = pattern.search(str(home / name))
        if found is None or found[1] != "0":
            read = found[0] if found else "nothing"
            way_out = "move the corpus, or keep its state elsewhere (--state DIR)"
            raise UsageError(f"{home / name}: NeMo reads a shard's number from {read}, wanted {name}; {way_out}")
