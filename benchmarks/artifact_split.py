"""The split of 165,520 videos: how long it takes, how near it comes to what was asked for, who moves when more come.

``python -m benchmarks.artifact_split [--quick]``. Several corpora are drawn; each is split anew, reported on, grown by
a ninth and split again beside its lock, through real manifests. Deciding is timed alone, too: what is left of a split
when its manifest has been read.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from benchmarks.artifact_corpus import CLIPS, STRATA, VIDEOS, Videos, write_manifest
from benchmarks.artifact_kfold import PEER, KFold
from benchmarks.figures import Figure, Goal, Section
from benchmarks.measuring import Spread, figure
from benchmarks.plan import Plan, plan_from
from engine.dataset.split.corpus import Corpus, read_corpus
from engine.dataset.split.figures import SplitReport
from engine.dataset.split.lock import no_lock
from engine.dataset.split.make import SplitFiles, make_split
from engine.dataset.split.plan import make_plan
from engine.dataset.split.report import STRATA as OF_STRATA
from engine.dataset.split.report import build_report
from engine.dataset.split.session import SplitSession
from engine.dataset.split.settings import SplitSettings

if TYPE_CHECKING:
    import pyarrow as pa

ROUNDS: Final = 5
"""Corpora."""
QUICK_VIDEOS: Final = VIDEOS // 10
SETTINGS: Final = SplitSettings()
SECONDS: Final = Goal(1.0, at_least=False, unit=" s")
OFF_TARGET: Final = Goal(0.1, at_least=False, unit=" %")
VARIATION: Final = Goal(1.5, at_least=False, unit=" %")
NOBODY: Final = Goal(0, at_least=False)
KFOLD_VIDEOS: Final = 2_000
"""A third of a minute of the peer."""
KFOLDS: Final = 100
QUICK_KFOLD_VIDEOS, QUICK_KFOLDS = 300, 10

_T = TypeVar("_T")


@dataclass(frozen=True)
class Took:
    """Seconds."""

    cpu_s: float
    wall_s: float


@dataclass(frozen=True)
class Found:
    """What one corpus gave."""

    decided: Took
    made: Took
    report: SplitReport
    grown: SplitReport
    moved: int
    """Videos that were in the split before the corpus grew, and are elsewhere after it."""
    unlocked: int
    """The same without the lock."""


def measure(plan: Plan) -> Section:
    """Split corpora, and let them grow."""
    count = QUICK_VIDEOS if plan.quick else VIDEOS
    found = []
    for seed in range(plan.rounds(ROUNDS)):
        plan.told("split")(f"corpus {seed + 1}")
        found.append(_split_and_grown(plan.place(f"split-{seed}"), Videos.drawn(count, seed)))
    kfold, remarks = _peer(plan, found, count)
    name = f"split of {count:,} videos, {STRATA} strata"
    return Section("Split", (*_figures(name, found), *kfold), remarks=(*_told(found), *remarks))


def _split_and_grown(folder: Path, videos: Videos) -> Found:
    """Split the old videos, then all of them."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # 60 MB of library

    files = _files(folder)
    write_manifest(files.manifest, videos, videos.old)
    _, decided = took(_deciding(corpus_in(files)))
    _, made = took(lambda: make_split(files, SETTINGS))
    before, report = pq.read_table(files.table), build_report(files)
    write_manifest(files.manifest, videos, videos.hours.size)
    make_split(files, SETTINGS)
    moved, grown = _moved(before, pq.read_table(files.table)), build_report(files)
    files.lock.unlink()
    make_split(files, SETTINGS)
    return Found(decided, made, report, grown, moved, _moved(before, pq.read_table(files.table)))


def _moved(before: pa.Table, after: pa.Table) -> int:
    """Count videos of which a clip is elsewhere, from the written tables."""
    after = after.slice(0, before.num_rows)
    assert after["utt_id"].equals(before["utt_id"]), "the rows of a grown manifest begin with the old ones"
    rows = zip(*(column.to_pylist() for column in (before["video_id"], before["split"], after["split"])), strict=True)
    return len({video for video, was, is_now in rows if was != is_now})


def _files(folder: Path) -> SplitFiles:
    folder.mkdir()
    manifest, lock, table = (folder / name for name in ("manifest.parquet", "split.lock", "split.parquet"))
    return SplitFiles(manifest=manifest, lock=lock, table=table, near=folder)


def corpus_in(files: SplitFiles) -> Corpus:
    """Read what a split has to know of a manifest."""
    with SplitSession(files.manifest, SETTINGS.strata, (), files.near) as session:
        return read_corpus(session, SETTINGS.common_videos)


def _deciding(corpus: Corpus) -> Callable[[], object]:
    return lambda: make_plan(corpus, no_lock(SETTINGS), SETTINGS)


def took(work: Callable[[], _T]) -> tuple[_T, Took]:
    """Do something and time it, all threads' processor time together."""
    gc.collect()  # what others left is not this one's
    cpu_s, wall_s = time.process_time(), time.monotonic()
    result = work()
    return result, Took(time.process_time() - cpu_s, time.monotonic() - wall_s)


def _figures(name: str, found: list[Found]) -> tuple[Figure, ...]:
    labels = [balance.column for balance in found[0].report.balance if balance.column != OF_STRATA]
    return (
        Figure(f"{name}: deciding, CPU", SECONDS, Spread.of(one.decided.cpu_s for one in found)),
        Figure(f"{name}: deciding, wall", SECONDS, Spread.of(one.decided.wall_s for one in found)),
        Figure("split, from the manifest to lock and table: CPU, s", None, Spread.of(one.made.cpu_s for one in found)),
        Figure(
            "split, from the manifest to lock and table: wall, s", None, Spread.of(one.made.wall_s for one in found)
        ),
        Figure(f"{name}: hours off target", OFF_TARGET, Spread.of(_off_target(one.report) for one in found)),
        *(
            Figure(
                f"{name}: total variation, {label}",
                VARIATION,
                Spread.of(_variation(one.report, label) for one in found),
            )
            for label in (*labels, OF_STRATA)
        ),
        Figure(
            "split after 11 % new videos: old ones that change split", NOBODY, Spread.of(one.moved for one in found)
        ),
        Figure("split, the same without its lock", None, Spread.of(one.unlocked for one in found)),
        Figure(
            "split after 11 % new videos: hours off target, %", None, Spread.of(_off_target(one.grown) for one in found)
        ),
        Figure(
            "split after 11 % new videos: total variation, strata, %",
            None,
            Spread.of(_variation(one.grown, OF_STRATA) for one in found),
        ),
    )


def _off_target(report: SplitReport) -> float:
    """Return how far dev or test is off, whichever is further, in per cent."""
    return 100 * max(part.off_target for part in report.parts if part.off_target is not None)


def _variation(report: SplitReport, column: str) -> float:
    """Return the total variation of dev or test, whichever is larger, in per cent."""
    shares = [(balance.dev, balance.test) for balance in report.balance if balance.column == column]
    return 100 * max(share for pair in shares for share in pair if share is not None)


def _told(found: list[Found]) -> tuple[str, ...]:
    one = found[0]
    hours = sum(part.hours for part in one.report.parts)
    united = sum(part.videos - part.groups for part in one.report.parts)
    gaps = ", ".join(f"{gap.split} {gap.strata} ({gap.hours:,.0f} h)" for gap in one.report.gaps)
    leaking = sum(not report.leaks.none for both in found for report in (both.report, both.grown))
    first = (
        f"{len(found)} corpora; the first: {hours:,.0f} h in {one.report.rows:,} clips, {CLIPS} a video; {united:,} "
        f"videos joined to others by a clip that is the same; strata with no second in {gaps}"
    )
    excluded = (
        "after growth, what is a copy of a video in dev or test goes there too, above the target; excluded, since "
        f"their audio is in two splits: {one.grown.excluded.videos} new videos"
    )
    return (
        first,
        f"splits in which a group, a video or a clip's audio lies twice: {leaking} of {2 * len(found)}",
        excluded,
    )


def _peer(plan: Plan, found: list[Found], every: int) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """Have scikit-learn split the first videos of a corpus, and gonogo the same ones."""
    count = QUICK_KFOLD_VIDEOS if plan.quick else KFOLD_VIDEOS
    name = f"split of the first {count:,} videos, CPU: {PEER} / gonogo's deciding"
    kfold = KFold.found(QUICK_KFOLDS if plan.quick else KFOLDS)
    if kfold is None:
        return (Figure(name, None, None, "scikit-learn is not installed"),), ()
    plan.told("split")(PEER)
    files, videos = _files(plan.place("split-peer")), Videos.drawn(VIDEOS, 0)
    write_manifest(files.manifest, videos, count)
    corpus = corpus_in(files)
    ours = Spread.of(took(_deciding(corpus))[1].cpu_s for _ in range(ROUNDS))
    (hours, wanted), theirs = took(lambda: kfold.held_out(videos, count))
    whole_s, all_of_ours = theirs.cpu_s * every / count, Spread.of(one.decided.cpu_s for one in found)
    measured = (
        f"{kfold.name}: {figure(theirs.cpu_s)} s of CPU for {count:,} videos, one fold of {figure(hours)} h where "
        f"{figure(wanted)} h are its share; gonogo {figure(ours.middle * 1e3)} ms"
    )
    extrapolated = (
        f"extrapolated, not measured: at its cost a video it would take {whole_s / 60:,.1f} min for all {every:,}, "
        f"{whole_s / all_of_ours.middle:,.0f} times gonogo's {figure(all_of_ours.middle)} s"
    )
    return (Figure(name, None, Spread.of([theirs.cpu_s / ours.middle])),), (measured, extrapolated)


def main() -> None:
    """Print this benchmark's part."""
    plan_from(sys.argv[1:], measure)


if __name__ == "__main__":
    main()
