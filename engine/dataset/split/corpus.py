"""What a split has to know of a corpus: its units with their hours in each stratum, and the audio that they share.

Aggregated by DuckDB; what comes out are arrays with an entry for each unit, not for each clip.
"""

# Queries are put together from constants.

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.dataset.split.groups import Links
from engine.dataset.split.quota import Codes
from engine.dataset.split.session import CLIP, SplitSession

if TYPE_CHECKING:
    import pyarrow as pa

US_PER_HOUR: Final = 3_600_000_000

_UNITS: Final = """
CREATE TEMP TABLE shares AS SELECT unit, stratum, sum(us)::BIGINT AS us FROM clips GROUP BY unit, stratum;
CREATE TEMP TABLE units AS SELECT unit, row_number() OVER (ORDER BY unit) - 1 AS code
FROM (SELECT DISTINCT unit FROM shares);
CREATE TEMP TABLE strata AS SELECT stratum, row_number() OVER (ORDER BY stratum) - 1 AS number
FROM (SELECT DISTINCT stratum FROM shares)
"""
# First by 64 bits alone, which fit in memory where tens of millions of hashes as text do not; then exactly.
_AUDIO: Final = """
CREATE TEMP TABLE suspects AS SELECT hash(audio) AS k FROM clips WHERE audio IS NOT NULL
GROUP BY k HAVING min(hash(unit)) <> max(hash(unit));
CREATE TEMP TABLE shared AS SELECT DISTINCT audio, unit FROM clips
WHERE audio IS NOT NULL AND hash(audio) IN (SELECT k FROM suspects);
CREATE TEMP TABLE uniting AS SELECT audio, row_number() OVER (ORDER BY audio) - 1 AS number
FROM (SELECT audio FROM shared GROUP BY audio HAVING count(*) BETWEEN 2 AND {common})
"""
_SHARES: Final = "SELECT code, number, us FROM shares JOIN units USING (unit) JOIN strata USING (stratum) ORDER BY ALL"
_LINKS: Final = "SELECT number, code FROM shared JOIN uniting USING (audio) JOIN units USING (unit) ORDER BY ALL"


@dataclass(frozen=True)
class Corpus:
    """The units of a corpus, numbered from 0 in the order of their names."""

    units: pa.LargeStringArray
    """Names, rising (by UTF-8 bytes): a ``video_id``, or ``clip:`` and a ``utt_id`` for a clip without one."""
    share_unit: Codes
    """With the next two: a unit's microseconds in a stratum, sorted by unit, then stratum."""
    share_stratum: Codes
    share_us: Codes
    audios: pa.LargeStringArray
    """Hashes of the audio that unites, rising."""
    links: Links
    """Which units have it."""

    def is_clip(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Tell for each unit whether it is a clip without a video."""
        import pyarrow.compute as pc  # noqa: PLC0415  # 60 MB of library

        return np.asarray(pc.starts_with(self.units, CLIP), dtype=np.bool_)


def read_corpus(session: SplitSession, common_videos: int) -> Corpus:
    """Gather it.

    Args:
        session: with the manifest.
        common_videos: audio in more units than this unites none.

    Raises:
        DamagedError: when the manifest cannot be read.
        StoppedError: when nobody waits any more.
    """
    session.run(_UNITS)
    session.run(_AUDIO.format(common=common_videos))
    shares, links = session.table(_SHARES), session.table(_LINKS)
    return Corpus(
        units=_strings(session.table("SELECT unit FROM units ORDER BY unit")),
        share_unit=_codes(shares, "code"),
        share_stratum=_codes(shares, "number"),
        share_us=_codes(shares, "us"),
        audios=_strings(session.table("SELECT audio FROM uniting ORDER BY audio")),
        links=Links(_codes(links, "number"), _codes(links, "code")),
    )


def _codes(table: pa.Table, column: str) -> Codes:
    return np.asarray(table[column].combine_chunks(), dtype=np.int64)


def _strings(table: pa.Table) -> pa.LargeStringArray:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    return table.column(0).cast(pa.large_string()).combine_chunks()
