"""The audit of a written split: nothing of how it was made is used, only the table, the videos and the audio."""

# ruff: noqa: S608
# Queries are put together from constants and numbers.

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Final

from engine.dataset.split.corpus import US_PER_HOUR
from engine.dataset.split.figures import CommonAudio, Leaks
from engine.dataset.split.quota import Split
from engine.dataset.split.session import SplitSession
from engine.errors import DamagedError, Fault, printable

EXAMPLES: Final = 5
_ROWS_AT_ONCE: Final = 1 << 17

_PLACED: Final = """
CREATE VIEW written AS SELECT split, group_id FROM read_parquet('{link}');
CREATE VIEW placed AS SELECT * FROM clips
POSITIONAL JOIN (SELECT (list_position({words}, split) - 1)::UTINYINT AS s FROM written)
"""
_VIDEOS: Final = (
    "SELECT video_id FROM placed WHERE s < {excluded} AND video_id <> '' GROUP BY video_id HAVING min(s) <> max(s)"
)
_GROUPS: Final = (
    "SELECT group_id FROM written WHERE split <> 'excluded' GROUP BY group_id HAVING min(split) <> max(split)"
)
# Only what dev or test has can leak, and that is little: the rest need not be remembered.
_HELD: Final = (
    "CREATE TEMP TABLE held AS SELECT DISTINCT audio FROM placed WHERE audio IS NOT NULL AND s IN ({dev}, {test})"
)
_AUDIO: Final = """
CREATE TEMP TABLE leaking AS
SELECT audio, count(DISTINCT unit) > {common} AS is_common FROM placed
WHERE audio IN (SELECT audio FROM held)
GROUP BY audio HAVING bit_count(bit_or(CASE WHEN s < {excluded} THEN 1 << s ELSE 0 END)) > 1
"""
_COMMON: Final = """
SELECT count(*), coalesce(sum(n), 0)::BIGINT, coalesce(sum(us), 0)::BIGINT FROM (
  SELECT count(*) AS n, sum(us) AS us FROM clips WHERE audio IS NOT NULL AND hash(audio) IN (
    SELECT hash(audio) AS k FROM clips WHERE audio IS NOT NULL GROUP BY k HAVING count(*) > {common})
  GROUP BY audio HAVING count(DISTINCT unit) > {common})
"""


def place(session: SplitSession, table: Path) -> None:
    """Put a written split beside the manifest: the view ``placed`` is ``clips`` with ``s``, a :class:`Split`.

    Raises:
        DamagedError: when the table's rows are not the manifest's, one for one and in its order.
    """
    _check_rows(session.manifest, table)
    words = [split.word for split in Split if split is not Split.NONE]
    session.run(_PLACED.format(link=session.link("split", table), words=words))


def find_leaks(session: SplitSession, common_videos: int) -> tuple[Leaks, int]:
    """Count what lies in two splits; the second figure is of common audio, which may."""
    codes = {"common": common_videos, "excluded": int(Split.EXCLUDED), "dev": int(Split.DEV), "test": int(Split.TEST)}
    session.run(_HELD.format(**codes))
    session.run(_AUDIO.format(**codes))
    found = {
        "group": _GROUPS,
        "video": _VIDEOS.format(**codes),
        "audio": "SELECT audio FROM leaking WHERE NOT is_common",
    }
    counts, examples = {}, []
    for kind, query in found.items():
        counts[kind] = int(str(session.rows(f"SELECT count(*) FROM ({query})")[0][0]))
        if counts[kind]:
            some = session.rows(f"SELECT * FROM ({query}) ORDER BY 1 LIMIT {EXAMPLES}")
            examples += [f"{kind} {printable(str(row[0]))}" for row in some]
    common = int(str(session.rows("SELECT count(*) FROM leaking WHERE is_common")[0][0]))
    leaks = Leaks(groups=counts["group"], videos=counts["video"], audios=counts["audio"], examples=tuple(examples))
    return leaks, common


def count_common(session: SplitSession, common_videos: int, in_two_splits: int) -> CommonAudio:
    """Count audio that is in more than so many units."""
    audios, clips, us = (int(str(one)) for one in session.rows(_COMMON.format(common=common_videos))[0])
    return CommonAudio(
        videos=common_videos, audios=audios, clips=clips, hours=us / US_PER_HOUR, in_two_splits=in_two_splits
    )


def _check_rows(manifest: Path, table: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415  # 60 MB of library

    with pq.ParquetFile(manifest, pre_buffer=False) as one, pq.ParquetFile(table, pre_buffer=False) as other:
        counts = one.metadata.num_rows, other.metadata.num_rows
        batches = (file.iter_batches(_ROWS_AT_ONCE, columns=["utt_id"]) for file in (one, other))
        same = counts[0] == counts[1] and all(
            left["utt_id"].equals(right["utt_id"]) for left, right in zip_longest(*batches)
        )
    if not same:
        raise DamagedError(
            Fault(
                "the split's rows are not those of the manifest",
                file=str(table),
                read=f"{counts[1]:,} rows",
                wanted=f"the {counts[0]:,} utt_ids of {manifest.name}, in its order",
                way_out="make the split again",
            )
        )
