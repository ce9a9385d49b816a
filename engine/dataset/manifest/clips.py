"""The clips of one tar as a manifest has them: one walk over all headers, to the end or to where the tar is damaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.audio.formats import ClipInfo
from engine.audio.plain_wav import plain_info
from engine.audio.probe import HEAD_BYTES, SNIFF_BYTES
from engine.audio.sniff import looks_like_audio
from engine.errors import Fault, InputError
from engine.shards.contents import probe_member
from engine.shards.files import Reader, ReadFailedError
from engine.shards.tar import Member, ReadAt, read_index
from engine.shards.tarheader import BLOCK_BYTES
from engine.shards.window import Windows


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of a tar."""

    member: Member
    info: ClipInfo | None
    """None where its header cannot be read; ``fault`` says why."""
    fault: Fault | None = None


@dataclass(slots=True)
class TarClips:
    """What a walk found, to the end of the tar or to where it is damaged."""

    clips: list[Clip] = field(default_factory=list)
    others: list[Member] = field(default_factory=list)
    """Members that are no clips."""
    fault: Fault | None = None
    """Why the walk ended early."""
    disk_refused: bool = False
    """It was the disk, not the tar."""


def walk(reader: Reader, tick: Callable[[], None] = lambda: None) -> TarClips:
    """List the clips of an open tar, as far as it can be read."""
    found, windows = TarClips(), Windows(reader)

    def visit(member: Member) -> None:
        clip = None if member.is_folder else _clip(windows.read_at, member)
        if clip is not None:
            found.clips.append(clip)
        elif not member.is_folder:
            found.others.append(member)

    whole_blocks = reader.size_bytes - reader.size_bytes % BLOCK_BYTES
    for size_bytes in dict.fromkeys((reader.size_bytes, whole_blocks)):  # one that was cut within a block is refused
        try:
            read_index(windows.read_at, size_bytes, tick, visit)
        except InputError as error:
            found.fault = found.fault or error.fault
        except ReadFailedError as error:
            found.fault, found.disk_refused = Fault("the tar cannot be read", read=error.strerror or ""), True
    return found


def _clip(read_at: ReadAt, member: Member) -> Clip | None:
    """Read one member's header; None where it is no clip."""
    head = read_at(member.data_offset, min(HEAD_BYTES, member.size_bytes))
    try:
        info = plain_info(head, member.size_bytes)
        if info is None and not looks_like_audio(member.name, head[:SNIFF_BYTES]):
            return None
        return Clip(member, info or probe_member(read_at, member))
    except InputError as error:
        return Clip(member, None, error.fault)
