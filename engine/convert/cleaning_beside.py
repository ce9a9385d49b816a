"""What lies beside a corpus's shards that a clean is there for: looked at by name and ``lstat`` alone."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from engine.convert.cleaning_tasks import Gone, Spent
from engine.errors import printable
from engine.shards.clips import clip_table
from engine.shards.files import Facts, Files
from engine.shards.layout import ShardPlace
from engine.shards.listing import LOOKS_AT_ONCE
from engine.shards.names import ShardFiles


@dataclass(frozen=True, slots=True)
class Beside:
    """One shard with something beside it."""

    place: ShardPlace
    spent: tuple[Gone, ...]
    """What would go."""
    audio_bytes: int
    """Of its tar, which is read before an original goes; 0 where it is absent."""
    has_temporary_tar: bool
    """A converted tar that was never put in place: the swap is not over."""

    @property
    def backup(self) -> Gone | None:
        """The kept original, if there is one."""
        return next((one for one in self.spent if one.kind is Spent.BACKUP), None)


def look_beside(files: Files, places: Sequence[ShardPlace], state: Path) -> tuple[Beside, ...]:
    """Look at every shard, many at once; return those with anything beside them, in their order.

    Raises:
        OSError: when a folder cannot be looked at.
    """
    with ThreadPoolExecutor(LOOKS_AT_ONCE, "clean") as threads:
        found = threads.map(lambda place: _look(files, place, state), places)
        return tuple(one for one in found if one.spent or one.has_temporary_tar)


def _look(files: Files, place: ShardPlace, state: Path) -> Beside:
    names = place.files

    def facts(path: Path) -> Facts | None:
        return files.facts(path) if place.may_hold(path) else None

    backup, audio = facts(names.backup), facts(names.audio)
    spent = [] if backup is None else [_gone(Spent.BACKUP, names.backup, backup)]
    for path, found in temporaries_of(files, names, clip_table(state, place.source, place.shard)).items():
        spent.append(_gone(Spent.TEMPORARY, path, found))
    size = audio.identity.size_bytes if audio else 0
    return Beside(place, tuple(spent), size, facts(names.temporary) is not None)


def temporaries_of(files: Files, names: ShardFiles, clips: Path) -> dict[Path, Facts]:
    """Find what a shard's record and its clip table (``clips``) were being written to when a kill cut that off."""
    paths = names.status.with_name(f"{names.status_name}.tmp"), clips.with_name(f"{clips.name}.tmp")
    found = {path: files.facts(path) for path in paths}
    return {path: facts for path, facts in found.items() if facts is not None and facts.is_file}


def _gone(kind: Spent, path: Path, facts: Facts) -> Gone:
    """Say how much room it makes: none where the file has a further name."""
    return Gone(kind=kind, name=printable(path.name), size_bytes=facts.identity.size_bytes if facts.links == 1 else 0)
