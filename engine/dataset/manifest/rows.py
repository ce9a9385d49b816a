"""The rows of one shard of the manifest: a row for every clip, whatever is wrong with it or with its shard.

What the tar's headers, the metadata beside them and the clips' hashes say is put together here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from engine.crew.answers import State
from engine.dataset.manifest.clips import Clip, TarClips, walk
from engine.dataset.manifest.hashes import hash_clips, known_hashes
from engine.dataset.manifest.labels import Labels
from engine.dataset.manifest.metadata import Aliases, Metadata, gather
from engine.dataset.manifest.schema import Problem, ProblemKind
from engine.errors import Fault, printable
from engine.shards.files import Files
from engine.shards.names import ShardFiles
from engine.shards.sidecar import Row, webdataset_key

Tick = Callable[[], None]


class ClipEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One clip as the manifest has it; see the manifest's schema for what the columns mean."""

    utt_id: str
    video_id: str
    member: str
    offset: int
    size: int
    num_frames: int | None
    sample_rate_hz: int | None
    channels: int | None
    codec: str
    sample_format: str
    text: str
    language: str
    bucket: tuple[str, ...]
    audio_hash: str
    has_metadata: bool


class ShardRows(msgspec.Struct, frozen=True, kw_only=True):
    """All that the manifest says of one shard."""

    source: str
    shard: str
    tar: str
    """Path under the corpus."""
    state: str
    rows: tuple[ClipEntry, ...] = ()
    """In the order of the tar."""
    problems: tuple[Problem, ...] = ()
    look_again: bool = False
    """The disk refused something: another look may find more, though no file changes until then."""


def list_shard(
    files: Files,
    names: ShardFiles,
    *,
    source: str,
    shard: str,
    tar: str,
    sidecar: Path | None,
    clip_table: Path | None,
    state: str,
    aliases: Aliases,
    tick: Tick = lambda: None,
) -> ShardRows:
    """List a shard's clips; nothing is written.

    Args:
        files: the file system.
        names: the shard's files.
        source: its source's name.
        shard: its path under the source.
        tar: its tar's path under the corpus, ``/`` between folders.
        sidecar: the metadata beside the tar; None where there are none, then the tar's own metadata members count.
        clip_table: what its conversion left of its clips; believed of a shard that is done.
        state: of :class:`State`.
        aliases: further names of the sidecar's columns.
        tick: called often; may raise to stop.

    Returns:
        Rows and problems. A tar, a clip or a sidecar that is damaged or cannot be read is among the problems.
    """
    told = ShardRows(source=source, shard=shard, tar=tar, state=state)
    try:
        fault = _no_tar(files, names)
        if fault is not None:
            return msgspec.structs.replace(told, problems=(Problem(ProblemKind.SHARD, detail=str(fault)),))
        with files.open(names.audio) as reader:
            found = walk(reader, tick)
            metadata = gather(found, names.audio, sidecar, reader.read_at, aliases)
            known = known_hashes(clip_table) if state == State.DONE else []
            hashes, unreadable = hash_clips(reader, found.clips, known, tick)
    except OSError as error:
        problem = Problem(ProblemKind.SHARD, detail=f"the disk refuses: {error.strerror}")
        return msgspec.structs.replace(told, problems=(problem,), look_again=True)
    rows = [metadata.rows.get(clip.member.name) for clip in found.clips]
    entries = tuple(_entry(told, *each) for each in zip(found.clips, rows, hashes, strict=True))
    problems = (*_problems(found, metadata, entries), *unreadable)
    look_again = found.disk_refused or bool(unreadable)
    return msgspec.structs.replace(told, rows=entries, problems=problems, look_again=look_again)


def _no_tar(files: Files, names: ShardFiles) -> Fault | None:
    """Say why a shard's tar cannot even be opened."""
    facts = files.facts(names.audio)
    if facts is not None and facts.is_file:
        return None
    read = "nothing" if facts is None else "a link, a folder or a device"
    return Fault("the tar cannot be read", file=names.audio_name, read=read, wanted="a plain file")


def _entry(shard: ShardRows, clip: Clip, known: tuple[Row, Labels] | None, audio_hash: str) -> ClipEntry:
    row, labels = known or (Row(), ())
    info, name = clip.info, clip.member.name
    return ClipEntry(
        utt_id=row.utt_id or f"{shard.source}/{shard.shard}/{printable(webdataset_key(name))}",
        video_id=row.video_id or "",
        member=printable(name),
        offset=clip.member.data_offset,
        size=clip.member.size_bytes,
        num_frames=info.frames if info else None,
        sample_rate_hz=info.sample_rate_hz if info else None,
        channels=info.channels if info else None,
        codec=info.codec.value if info else "",
        sample_format=info.sample_format.value if info else "",
        text=row.text or "",
        language=row.language or "",
        bucket=labels,
        audio_hash=audio_hash,
        has_metadata=known is not None,
    )


def _problems(found: TarClips, metadata: Metadata, entries: Sequence[ClipEntry]) -> Iterator[Problem]:
    if found.fault is not None:
        yield Problem(ProblemKind.SHARD, member=printable(found.fault.member), detail=str(found.fault))
    for clip, entry in zip(found.clips, entries, strict=True):
        if clip.fault is not None:
            yield Problem(ProblemKind.HEADER, entry.member, entry.utt_id, str(clip.fault))
    ids = {entry.member: entry.utt_id for entry in entries}
    for problem in metadata.problems:
        yield msgspec.structs.replace(problem, utt_id=problem.utt_id or ids.get(problem.member, ""))
    keys = [webdataset_key(clip.member.name) for clip in found.clips]
    counts = Counter(keys)
    for key, entry in zip(keys, entries, strict=True):
        if counts[key] > 1:
            detail = f"{counts[key]:,} clips have the key {printable(key)}"
            yield Problem(ProblemKind.MERGED, entry.member, entry.utt_id, detail)
