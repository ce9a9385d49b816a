"""Which clips the decode benchmark takes: an equal share of each codec, source and quartile of duration.

Drawn by a keyed hash of a clip's place, so that a manifest gives the same clips every time, whatever the order of its
rows. DuckDB passes over the manifest twice, in bounded memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, cast

import msgspec

from engine.checklist.kinds.parquet_session import Session
from engine.checklist.kinds.table_stop import Stop
from engine.dataset.buckets.durations import SLOTS_PER_S
from engine.dataset.decode.clip import Clip
from engine.errors import DamagedError, Fault, UsageError, printable

CLIPS: Final = 1_000
"""Drawn unless asked otherwise: seconds of FLAC, and ten clips lie above the 99th percentile."""
_QUARTILES: Final = 4

# A row without a codec, a duration or bytes was never decoded by the conversion either, and is not drawn.
_SLOTS: Final = """
SELECT codec, source, ceil(duration_s * ?)::BIGINT AS slot, count(*)
FROM manifest
WHERE codec <> '' AND isfinite(duration_s) AND duration_s > 0 AND size > 0
GROUP BY ALL ORDER BY ALL
"""
_DRAW: Final = """
SELECT codec, source, quartile, count(*),
       min_by({'shard': shard, 'tar': tar, 'at': "offset", 'size': size, 'lasts': duration_s, 'rank': rank}, rank, ?)
FROM (
  SELECT clips.*, (slot > bounds.q1)::INT + (slot > bounds.q2)::INT + (slot > bounds.q3)::INT + 1 AS quartile,
         md5(concat_ws(chr(31), ?, source, shard, tar, "offset")) AS rank
  FROM (SELECT *, ceil(duration_s * ?)::BIGINT AS slot FROM manifest WHERE duration_s > 0 AND size > 0) AS clips
  JOIN (SELECT unnest(?) AS codec, unnest(?) AS source, unnest(?) AS q1, unnest(?) AS q2, unnest(?) AS q3) AS bounds
  USING (codec, source)
  WHERE isfinite(duration_s)
)
GROUP BY ALL ORDER BY ALL
"""


class Stratum(NamedTuple):
    """Clips that are alike to a decoder."""

    codec: str
    source: str
    quartile: int
    """Of the durations of this codec in this source; 1 holds the shortest."""


class Drawn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many clips there are in a stratum, and how many were drawn."""

    codec: str
    source: str
    quartile: int
    clips: int
    drawn: int


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Clips to decode, in the order of their hash: at random, as a training run reads them."""

    clips: list[Clip]
    strata: list[Drawn]


class _Found(NamedTuple):
    """A candidate, before its tar has a path."""

    rank: str
    shard: str
    tar: str
    offset_bytes: int
    size_bytes: int
    duration_s: float


Place = Callable[[str, str, str], Path]
"""Finds a tar by its source, shard and name, as they stand in the manifest."""


def draw(
    manifest: Path, place: Place, *, near: Path, clips: int = CLIPS, key: str = "", stop: Stop | None = None
) -> Sample:
    """Draw clips from a manifest.

    Args:
        manifest: Parquet with source, shard, tar, offset, size (bytes), duration_s and codec.
        place: finds the tars.
        near: the folder to spill into.
        clips: how many; strata that have fewer than an equal share give the rest of it to the others.
        key: another one draws others.
        stop: what ends it.

    Raises:
        DamagedError: when the manifest is not such a table.
        UsageError: when there is nothing to draw.
        StoppedError: when it was stopped.
    """
    import duckdb  # noqa: PLC0415  # 0.2 s that most commands do not need

    try:
        with Session({"manifest": manifest}, near, stop or Stop()) as session:
            found = _candidates(session, clips, key)
    except duckdb.Error as error:
        why = printable(str(error).partition("\n")[0])
        way_out = "make the manifest again"
        fault = Fault(
            "the manifest cannot be read", str(manifest), read=why, wanted="Parquet of clips", way_out=way_out
        )
        raise DamagedError(fault) from error
    if clips < 1 or not found:
        raise UsageError(f"{manifest}: {clips} clips to draw: wanted 1 or more, and clips with a codec and a duration")
    shares = fair_shares({stratum: there for stratum, (there, _) in found.items()}, clips)
    chosen = [
        (each.rank, _clip(stratum, each, place))
        for stratum, (_, candidates) in found.items()
        for each in candidates[: shares[stratum]]
    ]
    strata = [Drawn(**stratum._asdict(), clips=there, drawn=shares[stratum]) for stratum, (there, _) in found.items()]
    return Sample(clips=[clip for _, clip in sorted(chosen, key=lambda pair: pair[0])], strata=strata)


def _candidates(session: Session, clips: int, key: str) -> dict[Stratum, tuple[int, list[_Found]]]:
    bounds = quartile_bounds(cast("list[tuple[str, str, int, int]]", session.all(_SLOTS, [SLOTS_PER_S])))
    columns = [[*column] for column in zip(*((*pair, *of_pair) for pair, of_pair in bounds.items()), strict=True)]
    if not columns or clips < 1:
        return {}
    rows = cast(
        "list[tuple[str, str, int, int, list[dict[str, object]]]]",
        session.all(_DRAW, [clips, key, SLOTS_PER_S, *columns]),
    )
    return {
        Stratum(codec, source, quartile): (there, sorted(_Found(*_ordered(each)) for each in candidates))
        for codec, source, quartile, there, candidates in rows
    }


def _ordered(row: dict[str, object]) -> tuple[str, str, str, int, int, float]:
    wanted = (str(row["rank"]), str(row["shard"]), str(row["tar"]), row["at"], row["size"], row["lasts"])
    return cast("tuple[str, str, str, int, int, float]", wanted)


def _clip(stratum: Stratum, found: _Found, place: Place) -> Clip:
    return Clip(
        tar=str(place(stratum.source, found.shard, found.tar)),
        offset_bytes=found.offset_bytes,
        size_bytes=found.size_bytes,
        codec=stratum.codec,
        source=stratum.source,
        duration_s=found.duration_s,
    )


def quartile_bounds(slots: Sequence[tuple[str, str, int, int]]) -> dict[tuple[str, str], list[int]]:
    """Return the last slot of the first three quartiles of each codec and source, by nearest rank.

    Args:
        slots: codec, source, slot of the duration, how many clips; slots of one pair rising.
    """
    of_pair: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for codec, source, slot, count in slots:
        of_pair.setdefault((codec, source), []).append((slot, count))
    return {pair: _bounds(counted) for pair, counted in of_pair.items()}


def _bounds(counted: Sequence[tuple[int, int]]) -> list[int]:
    total, seen, bounds = sum(count for _, count in counted), 0, list[int]()
    for slot, count in counted:
        seen += count
        while len(bounds) < _QUARTILES - 1 and seen * _QUARTILES >= total * (len(bounds) + 1):
            bounds.append(slot)
    return bounds


def fair_shares(there: Mapping[Stratum, int], wanted: int) -> dict[Stratum, int]:
    """Share out a number equally; who has less than an equal share gives all, and the rest is shared by the others.

    Args:
        there: how many each has.
        wanted: in all.
    """
    shares, left = {}, wanted
    for done, stratum in enumerate(sorted(there, key=lambda each: (there[each], each))):
        share = -(-left // (len(there) - done))  # what does not divide goes to the first
        shares[stratum] = min(there[stratum], share)
        left -= shares[stratum]
    return {stratum: shares[stratum] for stratum in there}
