"""Which shards a corpus holds, found by listing folders alone: no file is opened, and nothing is left out silently.

A folder with the audio tar in it, or with what a swap left of it, is a shard; so is every lone tar in a folder that
is no shard itself. What cannot be listed, or is met twice, comes back as a warning. Folders are listed many at once
(:mod:`engine.shards.listing`), and judged here one after the other, so that the answer is always the same.
"""

from __future__ import annotations

import enum
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final

from engine.config import Layout
from engine.errors import Fault, UsageError, printable
from engine.shards.listing import Folder, Listings
from engine.shards.names import ShardFiles, is_companion, lone_owner, stem

ROOT_SOURCE: Final = "."
"""The source of shards that lie right under the corpus."""


class ShardKind(enum.StrEnum):
    """How a shard lies on disk."""

    FOLDER = "folder"
    LONE = "lone"


@dataclass(frozen=True, slots=True)
class ShardPlace:
    """One shard and where its files are."""

    source: str
    """The first folder under the corpus, or ``.``; what is not printable is escaped, and so in ``shard``."""
    shard: str
    """Path under the source: ``shard_00012``, ``a/b``, or ``x.tar`` for a lone tar."""
    kind: ShardKind
    files: ShardFiles
    sidecar: Path | None
    """The metadata beside the tar, if any."""
    listed: frozenset[str] | None = None
    """Which of the shard's four files its folder named when it was listed; None where nobody has listed it."""

    def may_hold(self, path: Path) -> bool:
        """Tell whether one of the four files may be there: what a listing did not name need not be asked for."""
        return self.listed is None or path.name in self.listed

    @property
    def id(self) -> str:
        """What names the shard in events, reports and the manifest."""
        return f"{self.source}/{self.shard}"


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found."""

    shards: tuple[ShardPlace, ...]
    """In natural order: ``shard_2`` before ``shard_10``."""
    warnings: tuple[Fault, ...]
    unseen: int = 0
    """How many folders and entries could not be looked at: shards may lie there that are not counted."""


@dataclass(slots=True)
class _Search:
    layout: Layout
    shards: list[ShardPlace] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    unseen: int = 0
    seen: dict[tuple[int, int], str] = field(default_factory=dict)
    """(device, inode) of each folder visited, and its path under the corpus."""

    def warn(self, problem: str, where: Iterable[str], *, read: str = "", way_out: str = "") -> None:
        self.warnings.append(Fault(problem, file="/".join(where) or ".", read=read, way_out=way_out))


def find_shards(corpus: Path, layout: Layout) -> Discovery:
    """List a corpus and return its shards.

    Linked folders are visited after the real ones, each folder once, so a shard keeps the name of its real place.

    Raises:
        UsageError: when the corpus is not a folder that can be listed.
    """
    try:
        status = corpus.stat()
        with os.scandir(corpus):
            pass
    except OSError as error:
        raise UsageError(
            f"{corpus}: the corpus cannot be listed: {error.strerror}; wanted a folder with shards in it"
        ) from error
    search = _Search(layout)
    search.seen[status.st_dev, status.st_ino] = ROOT_SOURCE
    with Listings(corpus, lambda parts, name: _is_left_out(layout, parts, name)) as listings:
        _visit(search, listings)
    _warn_of_idle_patterns(search)
    ordered = sorted(search.shards, key=lambda place: (natural(place.source), natural(place.shard)))
    return Discovery(tuple(ordered), tuple(search.warnings), search.unseen)


def natural(text: str) -> tuple[tuple[tuple[str, int], ...], str]:
    """Return the key of natural order: digits count as numbers; the text itself settles a tie.

    >>> sorted(["shard_10", "shard_2"], key=natural)
    ['shard_2', 'shard_10']
    """
    return tuple((words, int(digits or -1)) for words, digits in re.findall(r"([^0-9]*)([0-9]*)", text)), text


def _visit(search: _Search, listings: Listings) -> None:
    """Judge every folder, parents first and in the order of their names; linked ones when no real one is left."""
    waiting: list[tuple[str, ...]] = [()]
    links: list[tuple[str, ...]] = []
    while waiting or links:
        parts = waiting.pop() if waiting else links.pop(0)
        folder = listings.folder(parts)
        if not _is_new(search, folder):
            continue
        _tell_troubles(search, folder)
        search.shards += _shards_in(search, folder)
        waiting += [(*parts, name) for name in reversed(folder.folders)]
        links += [(*parts, name) for name in folder.links]


def _is_new(search: _Search, folder: Folder) -> bool:
    """Tell whether a folder can be looked at and is met for the first time."""
    if folder.identity is None:
        search.unseen += 1
        search.warn("a folder cannot be looked at, its shards are not counted", folder.parts, read=folder.trouble)
        return False
    here = "/".join(folder.parts) or ROOT_SOURCE
    first = search.seen.setdefault(folder.identity, here)
    if first != here:
        inside = first == ROOT_SOURCE or here.startswith(f"{first}/")
        what = "a link leads back to a folder above it" if inside else "a folder is met a second time"
        search.warn(f"{what}, it is visited once", folder.parts, read=first)
    return first == here


def _tell_troubles(search: _Search, folder: Folder) -> None:
    for name, reason in folder.unseen:
        search.unseen += 1
        search.warn("an entry cannot be looked at", (*folder.parts, name), read=reason)
    if folder.trouble:
        search.unseen += 1
        search.warn(
            "a folder cannot be listed, its shards are not counted",
            folder.parts,
            read=folder.trouble,
            way_out="make it readable, or name it in [layout] ignore",
        )


def _is_left_out(layout: Layout, parts: tuple[str, ...], name: str) -> bool:
    path = "/".join((*parts, name))
    if name.startswith(".") or any(fnmatchcase(name, each) or fnmatchcase(path, each) for each in layout.ignore):
        return True
    # A folder right under the corpus may be a source, or a shard of the root's own source.
    return not parts and not (_is_wanted(layout, name) or _is_wanted(layout, ROOT_SOURCE))


def _is_wanted(layout: Layout, source: str) -> bool:
    return any(fnmatchcase(source, pattern) for pattern in layout.sources)


def _shards_in(search: _Search, folder: Folder) -> Iterator[ShardPlace]:
    """Yield the folder as a shard, or the lone shards in it."""
    names = set(folder.files) | {search.layout.audio} & set(folder.folders + folder.links)
    whole = ShardFiles.of_folder(folder.path, search.layout.audio)
    if names & {whole.audio_name, whole.backup_name, whole.temporary_name, whole.status_name}:
        found = [(folder.parts, ShardKind.FOLDER, whole, search.layout.sidecars)]
    else:
        tars = {name for name in names if not is_companion(name)} | {lone_owner(name) for name in names}
        found = [
            ((*folder.parts, tar), ShardKind.LONE, ShardFiles.of_lone(folder.path / tar), _lone_sidecars(search, tar))
            for tar in sorted(tar for tar in tars if tar and fnmatchcase(tar, search.layout.lone))
        ]
    for parts, kind, files, wanted in found:
        source, shard = (parts[0], "/".join(parts[1:])) if len(parts) > 1 else (ROOT_SOURCE, "".join(parts) or ".")
        if _is_wanted(search.layout, source):
            sidecar = _pick_sidecar(search, folder, names, wanted)
            listed = folder.names & {files.audio_name, files.backup_name, files.temporary_name, files.status_name}
            yield ShardPlace(printable(source), printable(shard), kind, files, sidecar, listed)


def _lone_sidecars(search: _Search, tar: str) -> tuple[str, ...]:
    """Name the sidecars of a lone tar: ``x.parquet`` beside ``x.tar``, in the configured order of formats."""
    endings = dict.fromkeys(PurePosixPath(name).suffix for name in search.layout.sidecars)
    return tuple(stem(tar) + ending for ending in endings)


def _pick_sidecar(search: _Search, folder: Folder, names: set[str], wanted: Iterable[str]) -> Path | None:
    """Return the first configured sidecar that is there, and warn of the others."""
    there = [name for name in wanted if name in names]
    if len(there) > 1:
        search.warn(
            f"more than one sidecar, {there[0]} is read",
            folder.parts,
            read=", ".join(there),
            way_out="remove the others, or change the order of [layout] sidecars",
        )
    return folder.path / there[0] if there else None


def _warn_of_idle_patterns(search: _Search) -> None:
    """Warn of a source pattern that found no shard: most often its name is misspelled."""
    sources = {place.source for place in search.shards}
    for pattern in search.layout.sources:
        if pattern != "*" and not any(fnmatchcase(source, pattern) for source in sources):
            search.warn("a pattern of [layout] sources found no shard", (), read=pattern)
