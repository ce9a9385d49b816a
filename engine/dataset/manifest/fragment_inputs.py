"""What a shard's fragment is made of: the versions of its files, its state, and how its sidecar is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from engine.dataset.manifest.schema import FORMAT
from engine.shards.files import Files
from engine.shards.names import ShardFiles


class Version(msgspec.Struct, frozen=True):
    """One version of one file; the device is left out, for a volume may be mounted under another number."""

    inode: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int


class FragmentInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a fragment was made of; while all of it is the same, so is the fragment."""

    format: int = FORMAT
    source: str
    shard: str
    tar_name: str
    tar: Version | None
    """None where there is none; so with the next two."""
    sidecar: Version | None
    clip_table: Version | None
    state: str
    aliases: Mapping[str, Sequence[str]]


def inputs_of(
    files: Files,
    names: ShardFiles,
    *,
    source: str,
    shard: str,
    tar: str,
    sidecar: Path | None,
    clip_table: Path | None,
    state: str,
    aliases: Mapping[str, Sequence[str]],
) -> FragmentInputs:
    """Look at a shard's files as they are now; to be called before they are read, so that a change makes stale."""

    def version(path: Path | None) -> Version | None:
        facts = None if path is None else files.facts(path)
        if facts is None:
            return None
        identity = facts.identity
        return Version(identity.inode, identity.size_bytes, identity.mtime_ns, identity.ctime_ns)

    return FragmentInputs(
        source=source,
        shard=shard,
        tar_name=tar,
        tar=version(names.audio),
        sidecar=version(sidecar),
        clip_table=version(clip_table),
        state=state,
        aliases={field: tuple(columns) for field, columns in sorted(aliases.items())},
    )
