"""The names beside a shard: the audio, and the companions that a swap makes and takes away.

The companions' names are fixed. Recovery tells from them what a crash left behind, so a setting that renamed them
between two runs would hide an original from the run that must bring it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER_BACKUP: Final = "audio_48k.bak"
FOLDER_TEMPORARY: Final = "audio_16k.tar.tmp"
FOLDER_STATUS: Final = "shard_conversion_status.json"
LONE_BACKUP: Final = ".48k.bak"
LONE_TEMPORARY: Final = ".16k.tmp"
LONE_STATUS: Final = ".status.json"
_TAR: Final = ".tar"


@dataclass(frozen=True, slots=True)
class ShardFiles:
    """Where the files of one shard's swap are, or would be; nothing here looks at the disk."""

    folder: Path
    """The folder that holds all of them: what is fsynced, and locked for a folder shard."""
    audio_name: str
    backup_name: str
    temporary_name: str
    status_name: str

    @classmethod
    def of_folder(cls, folder: Path, audio_name: str = "audio.tar") -> ShardFiles:
        """Name the files of a folder shard; the companions stay the same whatever the audio is called."""
        return cls(folder, audio_name, FOLDER_BACKUP, FOLDER_TEMPORARY, FOLDER_STATUS)

    @classmethod
    def of_lone(cls, tar: Path) -> ShardFiles:
        """Name the files of a lone tar: ``x.tar`` has ``x.tar.48k.bak``, ``x.tar.16k.tmp`` and ``x.status.json``."""
        name = tar.name
        return cls(tar.parent, name, name + LONE_BACKUP, name + LONE_TEMPORARY, stem(name) + LONE_STATUS)

    @property
    def audio(self) -> Path:
        """The shard's tar (A)."""
        return self.folder / self.audio_name

    @property
    def backup(self) -> Path:
        """The original under its second name while it is swapped, or kept (B)."""
        return self.folder / self.backup_name

    @property
    def temporary(self) -> Path:
        """The converted tar before it takes the audio's place (T)."""
        return self.folder / self.temporary_name

    @property
    def status(self) -> Path:
        """The record of the conversion (S)."""
        return self.folder / self.status_name


def stem(tar_name: str) -> str:
    """Return the name of a lone tar without ``.tar``."""
    return tar_name.removesuffix(_TAR)


def is_companion(name: str) -> bool:
    """Tell whether a file is made by a swap, and so is never a shard of its own."""
    fixed = (FOLDER_BACKUP, FOLDER_TEMPORARY, FOLDER_STATUS)
    return name in fixed or name.endswith((LONE_BACKUP, LONE_TEMPORARY, LONE_STATUS))


def lone_owner(name: str) -> str | None:
    """Return the lone tar that a companion belongs to: ``x.tar`` for ``x.tar.48k.bak``; None for any other name."""
    for ending in (LONE_BACKUP, LONE_TEMPORARY):
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending)
    if name.endswith(LONE_STATUS) and len(name) > len(LONE_STATUS):
        return name.removesuffix(LONE_STATUS) + _TAR
    return None
