"""What a tar holds, judged by its content: every header of the tar and of every clip, never by a file's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from engine.audio.formats import SOURCE_RATE_HZ, TARGET_RATE_HZ, ClipInfo
from engine.audio.plain_wav import plain_info
from engine.audio.probe import HEAD_BYTES, probe_clip
from engine.audio.sniff import looks_like_audio
from engine.errors import DamagedError, Fault, InputError
from engine.shards.files import Facts, Files
from engine.shards.tar import Member, ReadAt, TarIndex, read_index
from engine.shards.window import Windows

_SNIFF_BYTES = 64


class Kind(StrEnum):
    """What a whole tar is to a conversion, or that it is not whole."""

    ORIGINAL = "48 kHz"
    """Every clip has 48 kHz: to be converted."""
    RESULT = "16 kHz mono"
    """Every clip has 16 kHz and one channel: nothing to do."""
    WIDE = "16 kHz, several channels"
    """Every clip has 16 kHz, not all have one channel: left alone and reported."""
    SILENT = "no audio"
    """There is no clip in it: left alone and reported."""
    FOREIGN = "not convertible"
    """Whole, but with other or mixed rates, or with members that no corpus holds: a person decides."""
    DAMAGED = "damaged"
    """Cut short or contradicting itself."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The outcome of walking one tar."""

    kind: Kind
    index: TarIndex | None = None
    """None where the tar could not be walked to its end."""
    clips: Mapping[int, ClipInfo] = field(default_factory=dict)
    """By position among the members: what each clip's own header says."""
    fault: Fault | None = None
    """Why it is foreign or damaged."""
    facts: Facts | None = None
    """The file as it was when it was opened for the walk."""

    @property
    def seconds_of_audio(self) -> float:
        """Duration of all clips together."""
        return sum(clip.duration_s for clip in self.clips.values())


def examine(files: Files, path: Path, tick: Callable[[], None] = lambda: None) -> Contents:
    """Walk the tar at ``path`` to its proven end and read the header of each clip.

    A tar that is damaged or not convertible is an answer (with its fault), not an exception; ``OSError`` is raised.
    """
    with files.open(path) as reader:
        windows = Windows(reader)
        probes = _Probes(windows.read_at)
        try:
            index = read_index(windows.read_at, reader.size_bytes, tick, probes.visit)
            clips = probes.clips
        except InputError as error:
            kind = Kind.DAMAGED if isinstance(error, DamagedError) else Kind.FOREIGN
            return Contents(kind, fault=error.within(file=path.name).fault)
        facts = reader.facts
    kind, fault = judge(index.members, clips)
    return Contents(kind, index, clips, fault and InputError(fault).within(file=path.name).fault, facts)


class _Probes:
    """The clips of a tar, probed while it is walked: one read for a member's header and its clip's."""

    def __init__(self, read_at: ReadAt) -> None:
        self._read_at = read_at
        self._clips: dict[int, ClipInfo] = {}
        self._members = 0
        self._error: InputError | None = None

    def visit(self, member: Member) -> None:
        """Probe the next member; what is wrong with it waits for the end of the walk: the tar itself comes first."""
        position, self._members = self._members, self._members + 1
        if self._error is not None or member.is_folder:
            return
        head = self._read_at(member.data_offset, min(HEAD_BYTES, member.size_bytes))
        try:
            clip = plain_info(head, member.size_bytes)
            if clip is None and looks_like_audio(member.name, head[:_SNIFF_BYTES]):
                clip = probe_member(self._read_at, member)
        except InputError as error:
            self._error = error
            return
        if clip is not None:
            self._clips[position] = clip

    @property
    def clips(self) -> dict[int, ClipInfo]:
        """All clips by their position among the members.

        Raises:
            InputError: for the first that is damaged or of no codec that is converted.
        """
        if self._error is not None:
            raise self._error
        return self._clips


def probe_clips(read_at: ReadAt, index: TarIndex, tick: Callable[[], None] = lambda: None) -> dict[int, ClipInfo]:
    """Read the header of every clip of a tar.

    Raises:
        InputError: when a clip is damaged or of no codec that gonogo converts; names the member.
    """
    clips: dict[int, ClipInfo] = {}
    for position, member in enumerate(index.members):
        tick()
        if is_clip(read_at, member):
            clips[position] = probe_member(read_at, member)
    return clips


def is_clip(read_at: ReadAt, member: Member) -> bool:
    """Tell whether a member is audio, by its name or by how its data begin."""
    if member.is_folder:
        return False
    return looks_like_audio(member.name, read_at(member.data_offset, min(_SNIFF_BYTES, member.size_bytes)))


def probe_member(read_at: ReadAt, member: Member) -> ClipInfo:
    """Read one clip's header out of its tar.

    Raises:
        InputError: when the clip is damaged or unsupported; names the member.
    """

    def within(offset: int, size: int) -> bytes:
        return read_at(member.data_offset + offset, max(0, min(size, member.size_bytes - offset)))

    try:
        return probe_clip(member.size_bytes, within)
    except InputError as error:
        raise error.within(member=member.name) from None


def judge(members: tuple[Member, ...], clips: Mapping[int, ClipInfo]) -> tuple[Kind, Fault | None]:
    """Decide what the clips of a whole tar make of it; the fault names the first clip that stands out."""
    if not clips:
        return Kind.SILENT, None
    rates = {clip.sample_rate_hz for clip in clips.values()}
    if rates == {SOURCE_RATE_HZ}:
        return Kind.ORIGINAL, None
    if rates == {TARGET_RATE_HZ}:
        return (Kind.RESULT if all(clip.channels == 1 for clip in clips.values()) else Kind.WIDE), None
    if len(rates) == 1:
        position = next(iter(clips))
        problem, wanted = "the sample rate is not convertible", f"{SOURCE_RATE_HZ} Hz"
    else:
        common = SOURCE_RATE_HZ if SOURCE_RATE_HZ in rates else TARGET_RATE_HZ
        position = next(at for at, clip in clips.items() if clip.sample_rate_hz != common)
        problem, wanted = "the clips of one shard have different sample rates", f"{common} Hz as in its other clips"
    fault = Fault(
        problem,
        member=members[position].name,
        read=f"{clips[position].sample_rate_hz} Hz",
        wanted=wanted,
        way_out="resample or move this clip by hand, then run again",
    )
    return Kind.FOREIGN, fault
