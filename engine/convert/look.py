"""What can be seen of one tar and its sidecar without converting it: by a walk over all of it, or by samples.

A walk reads every tar header, and the clip headers of a spread sample. The other clips are held against their sidecar
rows by bytes per second: one that has three times too few for its duration is opened too, so that a few strays of
another rate are found without reading every clip. A large tar is sampled instead, in some dozens of reads; only where
all that a sample shows is as it should be, it is believed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.audio.formats import ClipInfo
from engine.convert.evidence import demand_agreement, find_sidecar, plays_as_told
from engine.convert.tasks import Inspect
from engine.crew.pulse import Pulse
from engine.errors import InputError
from engine.shards.compare import spread
from engine.shards.contents import Contents, Kind, is_clip, judge, probe_member
from engine.shards.files import Reader
from engine.shards.sidecar import Match, Sidecar, match_rows
from engine.shards.sidecar.sample import read_sidecar_sample
from engine.shards.tar import Member, ReadAt, TarIndex, read_index
from engine.shards.tarsample import Sample, sample_tar
from engine.shards.window import Windows

_IN_MEMORY_BYTES = 4 << 20
"""A smaller tar is read in one piece: that is quicker than to go back for the clips that are probed."""
_BELIEVED = {Kind.ORIGINAL, Kind.RESULT, Kind.WIDE}
"""What a sample may say of a tar; that it has no clip at all, or a stray one, asks for a walk."""
_ROWS_OFF_BY = 2.0
"""So far from the sidecar's rows, a sample's number of clips is no matter of chance any more: with some 30 members of
usual lengths it is within a fifth."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a tar, and of the sidecar that goes with it."""

    contents: Contents
    """The members that were seen, and the clips among them whose headers were read."""
    clips: tuple[int, ...]
    """Positions of all clips among those members."""
    sidecar: Sidecar | None
    match: Match | None
    rows: int
    """Of the sidecar as a whole."""
    flags: tuple[str, ...]
    share: float | None = None
    """Which part of the tar the members are; None where they are all of them."""

    @property
    def members(self) -> tuple[Member, ...]:
        """The members that were seen."""
        assert self.contents.index is not None
        return self.contents.index.members


def look_at_tar(reader: Reader, task: Inspect, pulse: Pulse) -> Look:
    """Look at one tar, and at what is known of its clips.

    Raises:
        InputError: when the tar or a clip is damaged, or holds what no corpus holds; never on a sample alone.
        OSError: when it cannot be read.
        StopRequestedError: when the worker is to stop.
    """
    if task.full:
        return _walked(reader, task, pulse, probes=None)
    if reader.size_bytes <= _IN_MEMORY_BYTES:
        return _walked(_in_memory(reader), task, pulse, probes=task.probes)
    seen = _Seen(probes_all=True)
    try:
        sample = sample_tar(reader.read_at, reader.size_bytes, task.probes - 2, pulse.tick, seen.visit)
        look = None if sample is None else _sampled(reader.read_at, sample, seen, task)
    except InputError:
        look = None  # a walk finds it again, and what is before it
    if look is not None:
        return look
    return _walked(reader, task, pulse, probes=None if seen.any else task.probes)


@dataclass(slots=True)
class _Seen:
    """The members that a walk comes by, judged while their bytes are at hand."""

    probes_all: bool
    clips: list[int] = field(default_factory=list)
    """Where their headers begin."""
    probed: dict[int, ClipInfo] = field(default_factory=dict)
    error: InputError | None = None
    """Of the first clip that is damaged or unsupported: it waits for the end of the walk, for the tar comes first."""

    @property
    def any(self) -> bool:
        return bool(self.clips) or self.error is not None

    def visit(self, read_at: ReadAt, member: Member) -> None:
        if not is_clip(read_at, member):
            return
        self.clips.append(member.header_offset)
        if self.probes_all and self.error is None:
            try:
                self.probed[member.header_offset] = probe_member(read_at, member)
            except InputError as error:
                self.error = error

    def positions(self, members: tuple[Member, ...]) -> tuple[tuple[int, ...], dict[int, ClipInfo]]:
        """Return the clips, and what was probed of them, by position among these members.

        Raises:
            InputError: the one that waited.
        """
        if self.error is not None:
            raise self.error
        at = {member.header_offset: position for position, member in enumerate(members)}
        return tuple(sorted(at[clip] for clip in self.clips)), {at[clip]: self.probed[clip] for clip in self.probed}


class _InMemory:
    """A small file, read once."""

    def __init__(self, reader: Reader) -> None:
        self._data = reader.read_at(0, reader.size_bytes)
        self.size_bytes, self.facts = reader.size_bytes, reader.facts

    def read_at(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]


def _in_memory(reader: Reader) -> Reader:
    return _InMemory(reader)


def _walked(reader: Reader, task: Inspect, pulse: Pulse, *, probes: int | None) -> Look:
    """Walk all of a tar; read the headers of so many clips, or (None) of all."""
    windows = Windows(reader)
    seen = _Seen(probes_all=probes is None)
    index = read_index(
        windows.read_at, reader.size_bytes, pulse.tick, lambda member: seen.visit(windows.read_at, member)
    )
    clips, probed = seen.positions(index.members)
    for at in sorted(spread(clips, probes or 0)):
        probed[at] = probe_member(windows.read_at, index.members[at])
    sidecar, flags = find_sidecar(task.shard, windows.read_at, index, clips, task.aliases)
    if sidecar is None:
        return Look(Contents(Kind.ORIGINAL, index, probed), clips, None, None, 0, flags)
    match = match_rows(sidecar, [index.members[at].name for at in clips])
    for at in _odd(index.members, clips, probed, sidecar, match):
        pulse.tick()
        probed[at] = probe_member(windows.read_at, index.members[at])
    told = (
        (f"{len(match.clips_without_row):,} clips have no row in the sidecar", match.clips_without_row),
        (f"{len(match.rows_without_clip):,} rows of the sidecar have no clip", match.rows_without_clip),
        (f"{len(match.doubled):,} rows of the sidecar name a clip again", match.doubled),
    )
    flags = (*flags, *(text for text, found in told if found), *(str(fault) for fault in sidecar.problems))
    return Look(Contents(Kind.ORIGINAL, index, probed), clips, sidecar, match, len(sidecar.rows), flags)


def _sampled(read_at: ReadAt, sample: Sample, seen: _Seen, task: Inspect) -> Look | None:
    """Put a sample together; None where it shows anything but what a tar should be.

    Raises:
        InputError: when a clip in it is damaged, or the sidecar contradicts the clips.
    """
    clips, probed = seen.positions(sample.members)
    index = TarIndex(sample.members, sample.end_offset, sample.size_bytes)
    contents = Contents(Kind.ORIGINAL, index, probed)
    kind, _ = judge(sample.members, probed)
    if kind not in _BELIEVED:
        return None
    names = [sample.members[at].name for at in clips]
    sidecar, rows, flags = _sidecar_of(read_at, index, clips, names, task)
    if sidecar is None:
        return Look(contents, clips, None, None, 0, flags, sample.share)
    match = match_rows(sidecar, names)
    if kind is not Kind.WIDE:
        demand_agreement(sidecar, match, contents)
    flags = (*flags, *_doubts(len(clips), rows, match, sample), *(str(fault) for fault in sidecar.problems))
    return Look(contents, clips, sidecar, match, rows, flags, sample.share)


def _sidecar_of(
    read_at: ReadAt, index: TarIndex, clips: tuple[int, ...], names: list[str], task: Inspect
) -> tuple[Sidecar | None, int, tuple[str, ...]]:
    """Read what is known of a sample's clips: the rows, how many there are in all, and what a person should know."""
    path = task.shard.sidecar_path
    if path is None:
        sidecar, flags = find_sidecar(task.shard, read_at, index, clips, task.aliases)
        return sidecar, len(sidecar.rows) if sidecar else 0, flags
    try:
        found = read_sidecar_sample(path, names, task.aliases)
    except InputError as error:
        return None, 0, (f"the sidecar is unreadable: {error}",)
    return found.sidecar, found.rows, ()


def _doubts(clips: int, rows: int, match: Match, sample: Sample) -> list[str]:
    """Say what a sample lets suspect of a sidecar that lies beside the tar."""
    doubts = []
    if match.clips_without_row:
        doubts.append(f"{len(match.clips_without_row):,} of {clips:,} sampled clips have no row in the sidecar")
    about = clips / sample.share
    if rows > len(match.row_of) and not 1 / _ROWS_OFF_BY <= rows / about <= _ROWS_OFF_BY:
        doubts.append(f"the sidecar has {rows:,} rows for about {about:,.0f} clips")
    return doubts


def _odd(
    members: tuple[Member, ...],
    clips: tuple[int, ...],
    probed: dict[int, ClipInfo],
    sidecar: Sidecar,
    match: Match,
) -> list[int]:
    """Find the clips whose bytes per second do not fit their shard's: candidates for another rate."""
    rates = [
        members[at].size_bytes / clip.duration_s for at, clip in probed.items() if clip.frames and clip.codec == "wav"
    ]
    if not rates:
        return []
    bytes_per_s = sorted(rates)[len(rates) // 2]
    odd = []
    for at in clips:
        row = match.row_of.get(members[at].name)
        told_s = sidecar.rows[row].duration_s if row is not None else None
        if at not in probed and told_s and not plays_as_told(members[at].size_bytes / bytes_per_s, told_s):
            odd.append(at)
    return odd
