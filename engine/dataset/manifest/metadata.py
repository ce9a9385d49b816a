"""What is known of a tar's clips: the rows of the sidecar beside it or of metadata members in it, matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from engine.dataset.manifest.clips import TarClips
from engine.dataset.manifest.labels import Labels, flattened, labels_of, told_of
from engine.dataset.manifest.schema import Problem, ProblemKind
from engine.errors import Fault, InputError, printable
from engine.shards.sidecar import (
    LINE_CAP_BYTES,
    Match,
    Row,
    Sidecar,
    match_rows,
    read_sidecar,
    sidecar_of_members,
)
from engine.shards.tar import ReadAt

Aliases = Mapping[str, Sequence[str]]


class Metadata(msgspec.Struct, frozen=True):
    """The rows of a shard's clips."""

    rows: Mapping[str, tuple[Row, Labels]] = {}
    """By the name of the clip's member, as it stands in the tar."""
    problems: tuple[Problem, ...] = ()


def gather(found: TarClips, tar: Path, sidecar: Path | None, read_at: ReadAt, aliases: Aliases) -> Metadata:
    """Match clips with what is known of them; what is left over on either side is told.

    Raises:
        OSError: when the disk refuses.
    """
    names = [clip.member.name for clip in found.clips]
    try:
        table = _members(found, tar, names, read_at, aliases) if sidecar is None else read_sidecar(sidecar, aliases)
    except InputError as error:
        return Metadata(problems=(_unreadable(error.fault), *_without(names)))
    if table is None:
        return Metadata(problems=tuple(_without(names)))
    labels, faults = _labels(table, aliases)
    match = match_rows(table, names)
    rows = {name: (table.rows[at], labels[at]) for name, at in match.row_of.items()}
    problems = (*map(_unreadable, faults), *_without(match.clips_without_row), *_left_over(table, match))
    return Metadata(rows, problems)


def _members(found: TarClips, tar: Path, names: Sequence[str], read_at: ReadAt, aliases: Aliases) -> Sidecar | None:
    by_name = {member.name: member for member in found.others}

    def read(name: str) -> bytes:
        data = read_at(by_name[name].data_offset, min(by_name[name].size_bytes, LINE_CAP_BYTES + 1))
        return flattened(data, aliases) if name.endswith(".json") else data

    return sidecar_of_members(tar, names, list(by_name), read, aliases)


def _labels(table: Sidecar, aliases: Aliases) -> tuple[list[Labels], tuple[Fault, ...]]:
    try:
        labels = labels_of(table, aliases)
    except InputError as error:
        return [(row.bucket,) if row.bucket else () for row in table.rows], (*table.problems, error.fault)
    return labels, told_of(table, labels)


def _unreadable(fault: Fault) -> Problem:
    return Problem(ProblemKind.METADATA, member=printable(fault.member), detail=str(fault))


def _without(names: Sequence[str]) -> list[Problem]:
    return [Problem(ProblemKind.NO_METADATA, member=printable(name)) for name in names]


def _left_over(table: Sidecar, match: Match) -> list[Problem]:
    kinds = ((ProblemKind.NO_CLIP, match.rows_without_clip), (ProblemKind.CLIP_AGAIN, match.doubled))
    return [
        Problem(
            kind,
            member=printable(table.rows[at].member or ""),
            utt_id=table.rows[at].utt_id or "",
            detail=f"row {at + 1:,}",
        )
        for kind, places in kinds
        for at in places
    ]
