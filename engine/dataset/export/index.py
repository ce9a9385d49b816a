"""Index files of members: for each tar one of offsets, as NeMo and lhotse read them, and one of names, as JSON.

``TAR.idx`` holds N little-endian u64, where the first header of each sample begins, and at the end the size of the
file. Members behind one another whose names differ in their ending alone are one sample. Source: NVIDIA-NeMo/Speech,
nemo/collections/common/data/lhotse/indexed_adapters.py, create_tar_index (which looks at names without their folders).
``TAR.json`` holds where each member's data lie: ``{"files": {NAME: {"offset": …, "length": …}}}``, as webshart has it.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from engine.dataset.export.clip import Clip
from engine.dataset.export.rows import Piece
from engine.dataset.export.tally import Tally
from engine.dataset.export.tar import Tar
from engine.dataset.tar_path import ESCAPE
from engine.shards.tar import Member, padded
from engine.shards.tarheader import BLOCK_BYTES

FOLDER: Final = "tars"
"""A folder of their own, so that no tar's index has the name of another file of the export."""


class Index:
    """Writes the format."""

    def __init__(self, folder: Path) -> None:
        self.tally = Tally()
        self._folder = folder / FOLDER
        self._tar: Tar | None = None
        self._clips: list[Clip] = []

    def add(self, piece: Piece) -> None:
        """Take some clips; a tar's files are written when the next one begins."""
        if piece.tar is not self._tar:
            self._write()
            self._tar, self._clips = piece.tar, []
        for split, clips in piece.clips.items():
            self.tally.count(split, clips)
            self._clips += clips

    def finish(self) -> None:
        """Write the last tar's."""
        self._write()

    def close(self) -> None:
        """Nothing is open."""

    def _write(self) -> None:
        if self._tar is None:
            return
        members = _members(self._tar, sorted(self._clips, key=lambda clip: clip.offset))
        path = self._folder / self._tar.name
        path.parent.mkdir(parents=True, exist_ok=True)
        offsets = np.array([*sample_offsets(members), self._tar.size_bytes], dtype="<u8")
        path.with_name(f"{path.name}.idx").write_bytes(offsets.tobytes())
        files = {each.name: {"offset": each.data_offset, "length": each.size_bytes} for each in members}
        content = json.dumps({"files": files}, separators=(",", ":"))  # escapes what is not UTF-8, as msgspec cannot
        path.with_name(f"{path.name}.json").write_text(content, encoding="ascii")


def sample_offsets(members: Iterable[Member]) -> list[int]:
    """Return where each sample's first header begins; bytes."""
    offsets, before = [], None
    for member in members:
        stem = posixpath.splitext(member.name)[0]
        if stem != before:
            offsets.append(member.header_offset)
            before = stem
    return offsets


def _members(tar: Tar, clips: Sequence[Clip]) -> Sequence[Member]:
    """Return all files of a tar: from the manifest where its rows leave no room for others, else from the headers."""
    end = 0
    for clip in clips:
        if ESCAPE in clip.member or clip.offset != end + BLOCK_BYTES:
            return [member for member in tar.members if not member.is_folder]
        end = clip.offset + padded(clip.size)
    if not tar.ends_at(end):
        return [member for member in tar.members if not member.is_folder]
    return [Member(clip.member, clip.offset - BLOCK_BYTES, clip.offset, clip.size, is_folder=False) for clip in clips]
