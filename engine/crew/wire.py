"""Shards and paths as they travel to a worker.

Paths are text that every file name survives: the bytes of the path, read as Latin-1.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from engine.shards.layout import ShardKind, ShardPlace
from engine.shards.names import ShardFiles


def to_wire(path: Path) -> str:
    """Write a path as text that JSON can carry."""
    return os.fsencode(path).decode("latin-1")


def from_wire(text: str) -> Path:
    """Read what :func:`to_wire` wrote."""
    return Path(os.fsdecode(text.encode("latin-1")))


def path_from_wire(text: str | None) -> Path | None:
    """Read a path that may be left out."""
    return None if text is None else from_wire(text)


class ShardRef(msgspec.Struct, frozen=True, kw_only=True):
    """A shard, as a worker finds it."""

    folder: str
    audio_name: str
    lone: bool
    sidecar: str | None
    lock: str | None
    """The file that a lone tar's lock is taken on; a folder shard's lock is its folder."""

    @classmethod
    def of(cls, place: ShardPlace, locks: Path) -> ShardRef:
        """Refer to a discovered shard; ``locks`` is the folder for the lock files of lone tars."""
        lone = place.kind is ShardKind.LONE
        return cls(
            folder=to_wire(place.files.folder),
            audio_name=to_wire(Path(place.files.audio_name)),
            lone=lone,
            sidecar=None if place.sidecar is None else to_wire(place.sidecar),
            lock=to_wire(locks / os.fsencode(place.id).hex()[-200:]) if lone else None,
        )

    @property
    def files(self) -> ShardFiles:
        """The names of the shard's four files."""
        folder, audio = from_wire(self.folder), from_wire(self.audio_name)
        return ShardFiles.of_lone(folder / audio) if self.lone else ShardFiles.of_folder(folder, str(audio))

    @property
    def sidecar_path(self) -> Path | None:
        """The metadata beside the tar, if any."""
        return None if self.sidecar is None else from_wire(self.sidecar)

    @property
    def lock_path(self) -> Path | None:
        """The lock file of a lone tar."""
        return None if self.lock is None else from_wire(self.lock)
