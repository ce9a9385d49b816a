"""A second witness for the sample rate: how long the sidecar says a clip is, against what its header says.

A header can lie: a 16 kHz file whose header says 48 kHz would be made useless by a conversion, and every check that
reads headers would pass. The durations beside the tar were measured by somebody else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from statistics import median

from engine.crew.wire import ShardRef
from engine.errors import Fault, InputError, UnsupportedError
from engine.shards.compare import spread
from engine.shards.contents import Contents
from engine.shards.files import Files
from engine.shards.sidecar import LINE_CAP_BYTES, Match, Sidecar, match_rows, read_sidecar, sidecar_of_members
from engine.shards.sidecar.sample import read_sidecar_sample
from engine.shards.tar import ReadAt, TarIndex

Aliases = Mapping[str, tuple[str, ...]]

JUDGED_CLIPS = 256
"""Clips of a shard whose durations are looked up: the median of so many is that of all to within a few per cent, and a
wrong rate is off by more. To read the rows of thousands would take as long as to convert a tenth of them."""
_AGREES = (0.8, 1.25)
"""Segment times in sidecars are rounded and trimmed by some percent; a wrong rate is off by 8 % (44.1 for 48 kHz) to
200 %, and the rates that occur in corpora differ by a factor of 1.5 or more, but for 44.1."""


def find_sidecar(
    shard: ShardRef, read_at: ReadAt, index: TarIndex, clips: Collection[int], aliases: Aliases
) -> tuple[Sidecar | None, tuple[str, ...]]:
    """Read what is known of a shard's clips: the sidecar beside the tar, or a lone tar's own metadata members.

    Returns:
        The metadata, where there are any, and what a person should know: none, or unreadable ones.
    """
    path = shard.sidecar_path
    if path is not None:
        try:
            return read_sidecar(path, aliases), ()
        except InputError as error:
            return None, _unreadable(error)
    if not shard.lone:
        return None, ("no sidecar",)
    by_name = {member.name: member for member in index.members}
    others = [member.name for at, member in enumerate(index.members) if at not in clips]

    def read(name: str) -> bytes:
        return read_at(by_name[name].data_offset, min(by_name[name].size_bytes, LINE_CAP_BYTES + 1))

    names = [index.members[at].name for at in clips]
    return sidecar_of_members(shard.files.audio, names, others, read, aliases), ()


def contradiction(files: Files, shard: ShardRef, contents: Contents, aliases: Aliases) -> tuple[str, ...]:
    """Hold a shard's durations against its metadata's.

    Returns:
        What a person should know: no sidecar, an unreadable one.

    Raises:
        UnsupportedError: when the metadata say that the clips play at another rate than their headers claim.
    """
    assert contents.index is not None
    if shard.sidecar_path is None:
        with files.open(shard.files.audio) as reader:
            table, flags = find_sidecar(shard, reader.read_at, contents.index, contents.clips, aliases)
        if table is not None:
            demand_agreement(table, match_rows(table, _names(contents)), contents)
        return flags
    if len(contents.clips) > JUDGED_CLIPS:
        chosen = sorted(spread(tuple(contents.clips), JUDGED_CLIPS))
        contents = replace(contents, clips={position: contents.clips[position] for position in chosen})
    names = _names(contents)
    try:
        sample = read_sidecar_sample(shard.sidecar_path, names, aliases)
    except InputError as error:
        return _unreadable(error)
    demand_agreement(sample.sidecar, match_rows(sample.sidecar, names), contents)
    return ()


def _names(contents: Contents) -> list[str]:
    assert contents.index is not None
    return [contents.index.members[position].name for position in contents.clips]


def _unreadable(error: InputError) -> tuple[str, ...]:
    return (f"the sidecar is unreadable: {error}",)


def plays_as_told(duration_s: float, told_s: float) -> bool:
    """Tell whether two durations of one clip are the same but for rounding and trimming."""
    return _AGREES[0] <= duration_s / told_s <= _AGREES[1]


def demand_agreement(table: Sidecar, match: Match, contents: Contents) -> None:
    """Compare the durations of the clips that have a row.

    Raises:
        UnsupportedError: when they differ by a factor, as a wrong sample rate makes them.
    """
    assert contents.index is not None
    factors: list[float] = []
    for position, clip in contents.clips.items():
        row = match.row_of.get(contents.index.members[position].name)
        told = table.rows[row].duration_s if row is not None else None
        if told and clip.frames:
            factors.append(clip.duration_s / told)
    if not factors or plays_as_told(median(factors), 1.0):
        return
    rate = next(iter(contents.clips.values())).sample_rate_hz
    fault = Fault(
        "the clips' headers and the sidecar contradict each other",
        file=table.path.name,
        read=f"headers of {rate} Hz, which make the clips {median(factors):.2f} times as long as the sidecar says",
        wanted="the same durations, within a quarter",
        way_out="listen to a clip: either its sample rate is declared wrong, or the sidecar belongs to other audio",
    )
    raise UnsupportedError(fault)
