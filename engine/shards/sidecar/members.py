"""Metadata that a webdataset tar carries in a member of its own beside each clip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from engine.errors import DamagedError, Fault
from engine.shards.sidecar.fields import Row, Sidecar, interpret
from engine.shards.sidecar.formats import SidecarFormat
from engine.shards.sidecar.matching import webdataset_key
from engine.shards.sidecar.strictjson import as_object, decode, reason_of, skip_space
from engine.shards.sidecar.table import KEY_COLUMN, LINE_CAP_BYTES, NotStrictError, Table

NAMED_MOST: Final = 20
"""Members that are named for what is wrong with them: a worker's answer is one short line."""


def read_member_metadata(data: bytes, member: str, extra_aliases: Mapping[str, Sequence[str]] | None = None) -> Row:
    """Read what a webdataset tar says of a clip in a member beside it.

    Args:
        data: The member's bytes.
        member: Its name: ``.json`` holds an object of fields, any other ending the transcript as plain text.
        extra_aliases: As in :func:`read_sidecar`.

    Raises:
        DamagedError: when it is not UTF-8, not strict JSON, not an object, or too large.
    """
    if not member.endswith(".json"):
        return Row(text=_text(data, member))
    table = Table({})
    table.add(_object(data, member))
    return interpret(Path(member), SidecarFormat.MEMBERS, table, extra_aliases or {}).rows[0]


def sidecar_of_members(
    tar: Path,
    clips: Sequence[str],
    others: Sequence[str],
    read: Callable[[str], bytes],
    extra_aliases: Mapping[str, Sequence[str]] | None = None,
) -> Sidecar | None:
    """Gather the metadata members of a tar into what a sidecar beside it would hold.

    Args:
        tar: The tar, for messages.
        clips: Names of its clips.
        others: Names of its members that are no clips.
        read: Returns a member's bytes by its name.
        extra_aliases: As in :func:`read_sidecar`.

    Returns:
        A row for each clip that has a ``.json`` or ``.txt`` member of its key; None where no clip has one. A member
        that cannot be read is told among the problems.
    """
    objects = _by_clip(clips, [name for name in others if name.endswith(".json")])
    texts = _by_clip(clips, [name for name in others if name.endswith(".txt")])
    table, problems, transcripts = Table({}), [], list[str | None]()
    for clip in clips:
        if clip not in objects and clip not in texts:
            continue
        row: Mapping[str, object] = {}
        transcript = None
        try:
            row = _object(read(objects[clip]), objects[clip]) if clip in objects else {}
            transcript = _text(read(texts[clip]), texts[clip]) if clip in texts else None
        except DamagedError as error:
            problems.append(error.fault)
        table.add({**row, KEY_COLUMN: clip})
        transcripts.append(transcript)
    if not table.count:
        return None
    more = len(problems) - NAMED_MOST
    if more > 0:
        told = f"{more:,} further members with metadata cannot be read"
        problems[NAMED_MOST:] = [Fault(told, file=str(tar))]
    found = interpret(tar, SidecarFormat.MEMBERS, table, extra_aliases or {})
    rows = tuple(
        msgspec.structs.replace(row, member=table.columns[KEY_COLUMN][at], text=row.text or transcripts[at])
        for at, row in enumerate(found.rows)
    )
    return replace(found, rows=rows, problems=(*found.problems, *problems))


def _by_clip(clips: Sequence[str], others: Sequence[str]) -> dict[str, str]:
    """Find each clip's own member: of its whole stem, else of its webdataset key where no other clip shares that."""
    by_stem = {name.rpartition(".")[0]: name for name in others}
    by_key = {webdataset_key(name): name for name in others}
    shared = Counter(webdataset_key(clip) for clip in clips)
    found = {}
    for clip in clips:
        stem, key = clip.rpartition(".")[0], webdataset_key(clip)
        if stem in by_stem:
            found[clip] = by_stem[stem]
        elif shared[key] == 1 and key in by_key:
            found[clip] = by_key[key]
    return found


def _object(data: bytes, member: str) -> dict[str, object]:
    try:
        text = _decoded(data)
        value, end = decode(text, skip_space(text, 0))
        if skip_space(text, end) != len(text):
            raise NotStrictError("more behind the object")
        return as_object(value)
    except ValueError as error:
        raise _unreadable(error, member, "one object") from error


def _text(data: bytes, member: str) -> str:
    try:
        return _decoded(data).removesuffix("\n").removesuffix("\r")
    except ValueError as error:
        raise _unreadable(error, member, "UTF-8 text") from error


def _decoded(data: bytes) -> str:
    if len(data) > LINE_CAP_BYTES:
        raise NotStrictError(f"{len(data):,} bytes, more than {LINE_CAP_BYTES:,}")
    return data.decode("utf-8-sig")


def _unreadable(error: ValueError, member: str, wanted: str) -> DamagedError:
    problem = "a member with metadata cannot be read"
    return DamagedError(Fault(problem, member=member, read=reason_of(error), wanted=wanted))
