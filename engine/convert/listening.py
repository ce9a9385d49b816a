"""Clips for an operator's ears: a few of a dry run's, as they were and as they have become, side by side."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from engine.crew.artifacts import write_whole
from engine.shards.contents import Contents
from engine.shards.files import Files
from engine.shards.tar import read_index

PAIRS: Final = 3
"""So many are listened to before a corpus is converted."""
_LONGEST_S: Final = 30.0
"""Nobody listens to the end of a longer one."""


def listening_folder(state: Path, shard: str = "") -> Path:
    """Name the folder of the clips to listen to, of all shards or of one."""
    return state / "listen" / _plain(shard)


def clear_listening(state: Path) -> None:
    """Take away what an earlier dry run left to listen to."""
    shutil.rmtree(listening_folder(state), ignore_errors=True)


def keep_pairs(files: Files, audio: Path, target: Path, contents: Contents, *, folder: Path, count: int) -> None:
    """Copy clips out of an original and out of its conversion, as they lie there.

    Args:
        files: the shard's files.
        audio: the original tar.
        target: its conversion: the same members in the same order.
        contents: what the original holds.
        folder: where ``1-NAME-before.wav`` and ``1-NAME-after.wav`` go.
        count: how many clips.

    Raises:
        OSError: when they cannot be read or written.
    """
    assert contents.index is not None
    with files.open(audio) as before, files.open(target) as after:
        results = read_index(after.read_at, after.size_bytes).members
        for number, position in enumerate(_choose(contents, count), 1):
            for when, reader, member in (
                ("before", before, contents.index.members[position]),
                ("after", after, results[position]),
            ):
                name = _plain(Path(member.name).stem)
                ending = Path(member.name).suffix if re.fullmatch(r"\.\w{1,5}", Path(member.name).suffix) else ""
                data = reader.read_at(member.data_offset, member.size_bytes)
                write_whole(folder / f"{number}-{name}-{when}{ending}", data)


def _choose(contents: Contents, count: int) -> list[int]:
    """Choose the longest clips that a person hears to their end; they say most."""

    def rank(at: int) -> tuple[bool, float]:
        duration_s = contents.clips[at].duration_s
        return duration_s > _LONGEST_S, -duration_s

    return sorted(contents.clips, key=rank)[:count]


def _plain(name: str) -> str:
    """Make a file name of whatever an archive or a folder calls something."""
    return re.sub(r"[^\w.-]+", "-", name)[-60:].lstrip(".")
