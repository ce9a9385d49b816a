"""DuckDB over a manifest of tens of millions of clips, in bounded memory: the one place where a split opens it.

Files are handed over as links in a private folder, so that a path's own characters are no pattern and no SQL; what
is spilled lies beside the links, and all of it goes with the session.
"""

# Queries are put together from quoted names of columns and from constants.

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from engine.checklist.kinds.parquet_session import SPILL_BYTES_SHARE, quote
from engine.checklist.kinds.table_stop import Stop
from engine.dataset.split.manifest import Telling, check_columns
from engine.host.facts import usable_cpus

if TYPE_CHECKING:
    import pyarrow as pa

MEMORY: Final = "512MB"
"""What needs more is spilled; Python, Arrow and the writing of the table take about as much again."""
THREADS: Final = 4
"""At most: each keeps tables of its own, and more of them would have too little of the memory."""
CLIP: Final = "clip:"
"""Begins the name of a clip that no video is known for: it is a unit of its own, by its utt_id."""
VIDEO: Final = "video:"
"""Begins the name of a video whose id begins with one of these two words, so that all names stay different."""

_CLIPS: Final = """
CREATE VIEW clips AS SELECT
  utt_id, video_id, {labels} {stratum} AS stratum, coalesce(text, '') AS text,
  CASE WHEN coalesce(video_id, '') = '' THEN '{CLIP}' || coalesce(utt_id, '')
       WHEN starts_with(video_id, '{CLIP}') OR starts_with(video_id, '{VIDEO}') THEN '{VIDEO}' || video_id
       ELSE video_id END AS unit,
  CASE WHEN isfinite(duration_s) AND duration_s > 0 THEN round(duration_s * 1e6)::BIGINT ELSE 0 END AS us,
  CASE WHEN isfinite(duration_s) AND duration_s > 0 THEN nullif(audio_hash, '') END AS audio
FROM read_parquet('{link}')
"""
"""Durations are counted in whole microseconds: sums of them do not depend on their order, and a split must not."""


class SplitSession:
    """One connection with the view ``clips``: utt_id, video_id, the labels, stratum, text, unit, us, audio.

    Args:
        manifest: the table of all clips.
        strata: the columns whose values, joined by a unit separator, make a clip's stratum.
        labels: columns that are looked at one by one; an absent label is an empty string.
        near: the folder to spill into, where it can be written to.
        stop: what ends it; None where nobody can.

    Raises:
        DamagedError: when the manifest is no Parquet file, or lacks a column.
    """

    def __init__(
        self, manifest: Path, strata: tuple[str, ...], labels: tuple[str, ...], near: Path, stop: Stop | None = None
    ) -> None:
        import duckdb  # noqa: PLC0415  # 0.2 s that most commands do not need

        check_columns(manifest, (*strata, *labels))
        self.manifest = manifest
        self._stop = stop or Stop()
        self._folder = Path(tempfile.mkdtemp(prefix="gonogo-split-", dir=near if os.access(near, os.W_OK) else None))
        try:
            self._duckdb = duckdb.connect(
                config={
                    "memory_limit": MEMORY,
                    "threads": min(usable_cpus(), THREADS),
                    "temp_directory": str(self._folder / "spill"),
                    "preserve_insertion_order": "true",  # rows are streamed in the order of the manifest
                }
            )
            self.run("SET enable_progress_bar = false")  # it would be drawn on stdout, which is data
            room = int(shutil.disk_usage(self._folder).free * SPILL_BYTES_SHARE)
            self.run(f"SET max_temp_directory_size = '{room}B'")
            self._stop.interrupts(self._duckdb.interrupt)
            self.run(_view(self.link("manifest", manifest), strata, labels))
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        """Close it and remove what it left."""
        self._stop.interrupts(lambda: None)
        self._duckdb.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, query: str) -> None:
        """Do what a query says."""
        self.rows(query)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return all rows of a small answer.

        Raises:
            StoppedError: when nobody waits any more.
            DamagedError: when the manifest cannot be read.
            SafetyStopError: when there is no room to spill.
        """
        with Telling(self.manifest, self._stop):
            rows: list[tuple[object, ...]] = self._duckdb.execute(query).fetchall()
        return rows

    def table(self, query: str) -> pa.Table:
        """Return the answer as an Arrow table."""
        with Telling(self.manifest, self._stop):
            return self._duckdb.sql(query).to_arrow_table()

    def stream(self, query: str, rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the answer in batches of about so many rows, in the order of the file; nothing else may be asked."""
        with Telling(self.manifest, self._stop):
            for batch in self._duckdb.sql(query).to_arrow_reader(rows):
                self._stop.check()
                yield batch

    def link(self, name: str, file: Path) -> str:
        """Give a file a name that is no pattern, and return it as it may stand between quotes in SQL."""
        link = self._folder / f"{name}.parquet"
        link.symlink_to(file.absolute())
        return str(link).replace("'", "''")


def label(column: str) -> str:
    """Return, in SQL, the name that a label's column has in the view: it may be called like one of the others."""
    return quote(f"label {column}")


def _view(link: str, strata: tuple[str, ...], labels: tuple[str, ...]) -> str:
    values = {name: f"coalesce({quote(name)}::VARCHAR, '')" for name in (*strata, *labels)}
    return _CLIPS.format(
        labels="".join(f"{values[name]} AS {label(name)}, " for name in labels),
        stratum=f"concat_ws({', '.join(['chr(31)', *(values[name] for name in strata)])})" if strata else "''",
        CLIP=CLIP,
        VIDEO=VIDEO,
        link=link,
    )
