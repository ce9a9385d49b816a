"""The manifest counted by shard, with the split where one is current: a row for each shard, not for each clip.

DuckDB passes over the tables in bounded memory; see :mod:`engine.dataset.split.session`.
"""

# ruff: noqa: S608
# Queries are put together from quoted names of columns and from constants.

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.checklist.kinds.table_stop import Stop
from engine.dataset.split.audit import place
from engine.dataset.split.quota import Split
from engine.dataset.split.session import SplitSession, label
from engine.errors import DamagedError, Fault

_LABELS: Final = ("source", "shard", "tar", "shard_state", "has_metadata", "text_empty")
_COUNTED: Final = f"""
SELECT {label("source")}, {label("shard")}, {label("tar")}, {label("shard_state")}, s, count(*), sum(us)::BIGINT,
  count(*) FILTER ({label("text_empty")} = 'true'), count(*) FILTER ({label("has_metadata")} <> 'true'),
  count(*) FILTER (us = 0)
FROM {{view}} GROUP BY 1, 2, 3, 4, 5
"""
_UNSPLIT: Final = -1
"""Where no split is looked at, and where a row of it has none of the four words."""


@dataclass(slots=True)
class ShardTally:
    """The rows of one shard."""

    source: str
    shard: str
    tar: str
    """Under the corpus."""
    state: str
    clips: int = 0
    us: int = 0
    """Microseconds: whole numbers add up to the same in any order."""
    us_by_split: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """By :class:`~engine.dataset.split.quota.Split`."""
    text_empty: int = 0
    without_metadata: int = 0
    without_duration: int = 0

    @property
    def id(self) -> str:
        """As the validation names it."""
        return f"{self.source}/{self.shard}"


def tally_shards(manifest: Path, split: Path | None, near: Path, stop: Stop) -> tuple[ShardTally, ...]:
    """Count a manifest by shard, in its order of names.

    Args:
        manifest: the table of all clips.
        split: its split, row for row; None to leave it out.
        near: the folder to spill into.
        stop: what ends it.

    Raises:
        DamagedError: when the manifest cannot be read or lacks a column, or the split's rows are others or in none.
        StoppedError: when nobody waits any more.
    """
    with SplitSession(manifest, (), _LABELS, near, stop) as session:
        if split is None:
            query = _COUNTED.format(view=f"(SELECT *, {_UNSPLIT}::TINYINT AS s FROM clips)")
        else:
            place(session, split)
            query = _COUNTED.format(view=f"(SELECT * REPLACE (coalesce(s::TINYINT, {_UNSPLIT}) AS s) FROM placed)")
        rows = session.rows(query)
    shards: dict[tuple[str, str], ShardTally] = {}
    for source, shard, tar, state, *numbers in rows:
        key = str(source), str(shard)
        tally = shards.setdefault(key, ShardTally(*key, tar=str(tar), state=str(state)))
        code, clips, us, empty, bare, mute = (int(str(number or 0)) for number in numbers)
        tally.clips += clips
        tally.us += us
        if split is not None and code == _UNSPLIT:
            raise _no_split(split)
        tally.us_by_split[code] += us
        tally.text_empty += empty
        tally.without_metadata += bare
        tally.without_duration += mute
    return tuple(shards[key] for key in sorted(shards))


def _no_split(table: Path) -> DamagedError:
    words = ", ".join(split.word for split in Split if split is not Split.NONE)
    way_out = "make the split again"
    return DamagedError(Fault("a clip is in no split", str(table), read="another word", wanted=words, way_out=way_out))


def split_us(shards: Sequence[ShardTally]) -> dict[str, int]:
    """Return the microseconds of each split."""
    words = [split for split in Split if split is not Split.NONE]
    return {split.word: sum(shard.us_by_split.get(split, 0) for shard in shards) for split in words}
