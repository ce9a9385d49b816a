"""The corpus in figures: what the newest inventory counted, and the states that the newest conversion told since."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from app.home.files import ABSENT, stamp
from app.home.run_track import RunTrack, read_summary
from app.home.runs import Track
from app.home.slowly import Slowly
from app.home.values import CorpusSeen
from engine.convert.events import InventorySummary, SourceTotals
from engine.convert.inventory import TABLE
from engine.run.log import rfc3339

_READ_EVERY_S: Final = 3600.0
"""The table is read again when it changes; this is for nothing but completeness."""
_COLUMNS: Final = ["source", "state", "size_bytes", "clips", "clips_exact", "hours"]


class Row(NamedTuple):
    """What is read of one shard: :data:`_COLUMNS`."""

    source: str
    state: str
    size_bytes: int
    clips: int
    clips_exact: bool
    hours: float


class Corpus:
    """Puts together what runs say of a corpus.

    Args:
        state: STATE.
        clock: seconds, of a clock that never goes back.
    """

    def __init__(self, state: Path, clock: Callable[[], float]) -> None:
        self._table = state / TABLE
        self._inventory: tuple[str, CorpusSeen] | None = None
        self._not_told: set[str] = set()
        """Inventories that ended without saying what they found."""
        self._table_read = ABSENT
        self._read = Slowly("table", self._look_at_table, clock, least_s=2.0, most_s=_READ_EVERY_S)

    def look(self, tracks: Iterable[Track]) -> tuple[CorpusSeen | None, str]:
        """Return what is known, and why no more is.

        Args:
            tracks: the runs, the newest first.
        """
        runs = [track for track in tracks if isinstance(track, RunTrack)]
        counted, problem = self._counted(runs), ""
        if counted is None and (now := stamp(self._table)) != ABSENT:
            found = self._read.newest(is_changed=now != self._table_read)
            counted, problem = (found, "") if isinstance(found, CorpusSeen) else (None, found or "")
        return with_states(counted, runs), problem

    def close(self) -> None:
        """Let go of the thread."""
        self._read.close()

    def _look_at_table(self) -> CorpusSeen | str:
        self._table_read = stamp(self._table)
        return read_table(self._table)

    def _counted(self, runs: list[RunTrack]) -> CorpusSeen | None:
        for run in runs:
            if run.line.job != "inventory" or run.line.is_alive or run.line.id in self._not_told:
                continue
            if self._inventory is None or self._inventory[0] != run.line.id:
                told = read_summary(run.folder.events_path, InventorySummary)
                if told is None or not told.event.shards:
                    self._not_told.add(run.line.id)
                    continue
                self._inventory = (run.line.id, of_summary(told.event, run.line.id, told.time))
            return self._inventory[1]
        return None


def of_summary(summary: InventorySummary, run: str, time: str) -> CorpusSeen:
    """Return the corpus as an inventory told it."""
    return CorpusSeen(
        shards=summary.shards,
        counts=summary.counts,
        sources=summary.sources,
        clips=sum(source.clips for source in summary.sources),
        size_bytes=summary.size_bytes,
        duration_s=summary.seconds_of_audio,
        is_exact=all(source.clips_are_exact for source in summary.sources),
        inventory_time=time,
        states_from=run,
        states_time=time,
    )


def with_states(counted: CorpusSeen | None, runs: Iterable[RunTrack]) -> CorpusSeen | None:
    """Let the newest conversion say which states the shards are in, where it is newer than the inventory."""
    for run in runs:
        line = run.line
        told = sum(line.counts.values())
        if not run.is_real_conversion or not told or line.is_folding:
            continue
        if counted is None:
            return CorpusSeen(
                shards=told,
                counts=line.counts,
                sources=(),
                clips=0,
                size_bytes=0,
                duration_s=0.0,
                is_exact=False,
                inventory_time="",
                states_from=line.id,
                states_time=line.newest,
            )
        if line.newest <= counted.inventory_time:
            return counted
        return replace(counted, shards=told, counts=line.counts, states_from=line.id, states_time=line.newest)
    return counted


def read_table(path: Path) -> CorpusSeen | str:
    """Read an inventory whose run is gone from its table; return why it cannot be read where it cannot."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library, for a table whose run somebody deleted
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        made = rfc3339(datetime.fromtimestamp(path.stat().st_mtime, UTC))
        table = pq.read_table(path, columns=_COLUMNS)
    except (OSError, pa.ArrowException) as error:
        return f"{path}: cannot be read: {error}; make it again: gonogo inventory"
    rows = [Row(*row) for row in zip(*(table[name].to_pylist() for name in _COLUMNS), strict=True)]
    sources = sources_of(rows)
    return CorpusSeen(
        shards=len(rows),
        counts=Counter(row.state for row in rows),
        sources=sources,
        clips=sum(source.clips for source in sources),
        size_bytes=sum(source.size_bytes for source in sources),
        duration_s=sum(source.seconds_of_audio for source in sources),
        is_exact=all(source.clips_are_exact for source in sources),
        inventory_time=made,
        states_time=made,
    )


def sources_of(rows: Iterable[Row]) -> tuple[SourceTotals, ...]:
    """Add up the rows of each source."""
    by_source: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_source[row.source].append(row)
    return tuple(
        SourceTotals(
            source=source,
            counts=Counter(row.state for row in found),
            clips=sum(row.clips for row in found),
            size_bytes=sum(row.size_bytes for row in found),
            seconds_of_audio=sum(row.hours for row in found) * 3600,
            clips_are_exact=all(row.clips_exact for row in found),
            audio=(),
        )
        for source, found in by_source.items()
    )
