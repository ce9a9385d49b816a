"""Groups in two splits, over random corpora that hypothesis makes to find them.

``python -m benchmarks.artifact_leaks [--quick]``. Each corpus has few videos that share few pieces of audio. It is
split through real files, grown by another one and split again beside its lock; leaks are counted from the rows that
were written, by a search that shares nothing with the split. A split that forgets the groups, made of the same rows,
shows that the search finds leaks where there are some.
"""

from __future__ import annotations

import importlib.util
import sys
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.artifact_leak_count import groups_in_two_splits
from benchmarks.figures import Figure, Goal, Section
from benchmarks.measuring import Spread
from benchmarks.plan import Plan, plan_from
from engine.dataset.split.make import SplitFiles, make_split
from engine.dataset.split.settings import SplitSettings

if TYPE_CHECKING:
    from tests.engine.dataset.split.corpora import Row

CORPORA: Final = 1_000
QUICK_CORPORA: Final = 100
ASKED: Final = SplitSettings(dev_share=0.2, test_share=0.2, common_videos=6)
"""Shares that leave clips for each split where there are some thirty of them."""
NONE: Final = Goal(0, at_least=False)


@dataclass
class Tally:
    """What was counted."""

    corpora: int = 0
    groups: int = 0
    """In two splits, before growth and after it."""
    videos_moved: int = 0
    careless: int = 0
    """Groups in two splits of a split by clips."""
    of_split: Counter[str] = field(default_factory=Counter)
    """Clips by split, after growth."""


def measure(plan: Plan) -> Section:
    """Make corpora, split them, count."""
    wanted = QUICK_CORPORA if plan.quick else CORPORA
    name = f"groups in two splits over {wanted:,} random corpora, each before and after growth"
    if importlib.util.find_spec("hypothesis") is None:
        return Section("Leaks", (Figure(name, NONE, None, "hypothesis is not installed"),))
    tally = _searched(plan, wanted)
    figures = (
        Figure(name, NONE, Spread.of([tally.groups])),
        Figure("videos that change split when these corpora grow", NONE, Spread.of([tally.videos_moved])),
        Figure("groups in two splits where clips are split instead of groups", None, Spread.of([tally.careless])),
    )
    clips = ", ".join(f"{count:,} in {split}" for split, count in tally.of_split.most_common())
    told = f"{tally.corpora:,} corpora; clips after growth: {clips}"
    return Section("Leaks", figures, remarks=(told,))


def _searched(plan: Plan, wanted: int) -> Tally:
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415  # not installed everywhere

    from benchmarks.artifact_leak_corpora import pairs  # noqa: PLC0415
    from tests.engine.dataset.split.corpora import files_in  # noqa: PLC0415

    folder, tally, tell = plan.place("leaks"), Tally(), plan.told("leaks")
    folder.mkdir()

    @settings(
        max_examples=wanted,
        derandomize=True,  # the same corpora in each run
        database=None,
        deadline=None,
        phases=[Phase.generate],  # a leak is counted, not shrunk
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs())
    def count(pair: tuple[list[Row], list[Row]]) -> None:
        tell(f"corpus {tally.corpora + 1} of {wanted}")
        _count(tally, files_in(folder), *pair)

    count()
    return tally


def _count(tally: Tally, files: SplitFiles, old: list[Row], new: list[Row]) -> None:
    for left in (files.lock, files.table):
        left.unlink(missing_ok=True)
    before, after = _split(files, old), _split(files, old + new)
    tally.corpora += 1
    tally.of_split.update(after)
    tally.groups += groups_in_two_splits(old, before, ASKED.common_videos)
    tally.groups += groups_in_two_splits(old + new, after, ASKED.common_videos)
    moved = {row.unit for row, was, is_now in zip(old, before, after, strict=False) if was != is_now}
    tally.videos_moved += len(moved)
    tally.careless += groups_in_two_splits(old + new, _by_clips(old + new), ASKED.common_videos)


def _split(files: SplitFiles, clips: Sequence[Row]) -> list[str]:
    """Split a manifest of these clips, and return what was written of each, in their order."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # 60 MB of library

    from tests.engine.dataset.split.corpora import write_manifest  # noqa: PLC0415

    write_manifest(files.manifest, clips)
    make_split(files, ASKED)
    return _splits_of(files.table, pq.read_table(files.table).to_pydict(), clips)


def _splits_of(table: Path, written: dict[str, list[str]], clips: Sequence[Row]) -> list[str]:
    assert written["utt_id"] == [row.utt_id for row in clips], f"{table}: other rows than the manifest's"
    return written["split"]


def _by_clips(clips: Sequence[Row]) -> list[str]:
    """Split as a script does that takes a hash of each clip's name."""
    shares = (*("train",) * 3, "dev", "test")
    return [shares[zlib.crc32(row.utt_id.encode()) % len(shares)] for row in clips]


def main() -> None:
    """Print this benchmark's part."""
    plan_from(sys.argv[1:], measure)


if __name__ == "__main__":
    main()
