"""The report of a split: hours, balance, leaks and overlaps, all of it from the files as they were written."""

# ruff: noqa: S608
# Queries are put together from quoted names of columns and from constants.

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from engine.checklist.kinds.table_stop import Stop
from engine.dataset.split.audit import EXAMPLES, count_common, find_leaks, place
from engine.dataset.split.corpus import US_PER_HOUR
from engine.dataset.split.figures import Balance, Excluded, Gap, Part, SplitReport
from engine.dataset.split.lock import Lock, read_lock
from engine.dataset.split.make import SplitFiles, is_current
from engine.dataset.split.quota import Split
from engine.dataset.split.session import SplitSession, label
from engine.dataset.split.settings import SplitSettings
from engine.dataset.split.table import read_inputs
from engine.dataset.split.texts import find_overlaps
from engine.errors import Fault, InputError, printable

LABELS: Final = ("language", "bucket", "source")
"""Columns whose balance is told, besides those of the strata."""
STRATA: Final = "strata"
_NAMES: Final = 20
"""Excluded videos that are named; the lock names them all."""

Us = Mapping[str, int]
"""Microseconds by value of a column."""


def build_report(files: SplitFiles, stop: Stop | None = None) -> SplitReport:
    """Look at a split that was made.

    Raises:
        InputError: when the table is missing, or not that of the manifest and the lock as they are now.
        DamagedError: when the table's rows are not the manifest's.
        StoppedError: when nobody waits any more.
    """
    inputs = read_inputs(files.table)
    if inputs is None or not is_current(files, inputs.settings):
        raise InputError(
            Fault(
                "the split is not of this manifest and lock",
                file=str(files.table),
                read="no table of a split" if inputs is None else f"one of manifest {inputs.manifest_xxh3_128}",
                wanted=f"one of {files.manifest.name} and {files.lock.name} as they are now",
                way_out="make the split again",
            )
        )
    lock = read_lock(files.lock.read_bytes(), str(files.lock))
    labels = tuple(dict.fromkeys((*LABELS, *inputs.settings.strata)))
    with SplitSession(files.manifest, inputs.settings.strata, labels, files.near, stop) as session:
        place(session, files.table)
        return _look(session, inputs.settings, labels, lock)


def _look(session: SplitSession, settings: SplitSettings, labels: Sequence[str], lock: Lock) -> SplitReport:
    excluded, hours_left = _excluded(session, lock)
    units, rows, empty, us = _numbers(session, "count(DISTINCT unit), count(*), count(*) FILTER (us = 0), sum(us)")
    hours = us / US_PER_HOUR - hours_left
    leaks, common_in_two = find_leaks(session, settings.common_videos)
    spread = _spread(session, labels)
    return SplitReport(
        rows=rows,
        key=settings.key,
        parts=_parts(session, settings, hours),
        cuts=settings.cuts(hours),
        balance=tuple(_balance(column, spread[column]) for column in (*labels, STRATA)),
        gaps=tuple(_gap(split, spread[STRATA]) for split in (Split.DEV, Split.TEST)),
        leaks=leaks,
        common=count_common(session, settings.common_videos, common_in_two),
        empty_clips=empty,
        excluded=excluded,
        gone=len(lock.names) - units,
        texts=find_overlaps(session),
    )


def _numbers(session: SplitSession, what: str) -> list[int]:
    return [int(str(one or 0)) for one in session.rows(f"SELECT {what} FROM placed")[0]]


def _parts(session: SplitSession, settings: SplitSettings, hours: float) -> tuple[Part, ...]:
    query = "SELECT s, count(*), sum(us)::BIGINT, count(DISTINCT unit) FROM placed GROUP BY s"
    found = {int(str(s)): (int(str(n)), int(str(us)), int(str(units))) for s, n, us, units in session.rows(query)}
    query = "SELECT split, count(DISTINCT group_id) FROM written GROUP BY split"
    groups = {str(word): int(str(count)) for word, count in session.rows(query)}
    targets = settings.targets(hours)
    aims = {Split.DEV: targets.dev_hours, Split.TEST: targets.test_hours}
    parts = []
    for split in (Split.TRAIN, Split.DEV, Split.TEST, Split.EXCLUDED):
        clips, us, units = found.get(split, (0, 0, 0))
        parts.append(
            Part(
                split=split.word,
                clips=clips,
                hours=us / US_PER_HOUR,
                videos=units,
                groups=groups.get(split.word, 0),
                target_hours=aims.get(split),
            )
        )
    return tuple(parts)


def _excluded(session: SplitSession, lock: Lock) -> tuple[Excluded, float]:
    """Return what is excluded, and the hours of the videos that the lock says so of."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    named = set(lock.names.filter(pa.array(lock.splits == Split.EXCLUDED)).to_pylist())
    query = (
        f"SELECT unit, count(*), sum(us)::BIGINT FROM placed WHERE s = {Split.EXCLUDED:d} GROUP BY unit ORDER BY unit"
    )
    rows = [(str(unit), int(str(clips)), int(str(us)) / US_PER_HOUR) for unit, clips, us in session.rows(query)]
    whole, torn = [row for row in rows if row[0] in named], [row for row in rows if row[0] not in named]
    hours = sum(hours for _, _, hours in whole)
    excluded = Excluded(
        videos=len(whole),
        hours=hours,
        names=tuple(printable(unit) for unit, _, _ in whole[:_NAMES]),
        torn_clips=sum(clips for _, clips, _ in torn),
        torn_hours=sum(hours for _, _, hours in torn),
    )
    return excluded, hours


def _spread(session: SplitSession, labels: Sequence[str]) -> dict[str, dict[Split, Us]]:
    """Return for each column, and for the strata, the microseconds of each value in each split."""
    columns = ", ".join(["stratum", *map(label, labels)])
    query = f"SELECT s, sum(us)::BIGINT, {columns} FROM placed WHERE s < {Split.EXCLUDED:d} AND us > 0 GROUP BY ALL"
    spread: dict[str, dict[Split, dict[str, int]]] = {
        column: {split: defaultdict(int) for split in (Split.TRAIN, Split.DEV, Split.TEST)}
        for column in (STRATA, *labels)
    }
    for s, us, *values in session.rows(query):
        for column, value in zip((STRATA, *labels), values, strict=True):
            spread[column][Split(int(str(s)))][str(value)] += int(str(us))
    return {column: dict(splits) for column, splits in spread.items()}


def _balance(column: str, us: Mapping[Split, Us]) -> Balance:
    whole = _whole(us)
    return Balance(
        column=column,
        values=len(whole),
        dev=total_variation(us[Split.DEV], whole),
        test=total_variation(us[Split.TEST], whole),
    )


def total_variation(part: Us, whole: Us) -> float | None:
    """Return half the sum of the differences of the shares, from 0 to 1; None where the part is empty."""
    of_part, of_whole = sum(part.values()), sum(whole.values())
    if not of_part:
        return None
    return sum(abs(part.get(value, 0) / of_part - us / of_whole) for value, us in whole.items()) / 2


def _gap(split: Split, us: Mapping[Split, Us]) -> Gap:
    whole = _whole(us)
    missing = sorted((value for value in whole if not us[split].get(value)), key=lambda value: (-whole[value], value))
    return Gap(
        split=split.word,
        strata=len(missing),
        of=len(whole),
        hours=sum(whole[value] for value in missing) / US_PER_HOUR,
        largest=tuple(_as_words(value) for value in missing[:EXAMPLES]),
    )


def _as_words(stratum: str) -> str:
    return " / ".join(printable(value) or "(none)" for value in stratum.split("\x1f"))


def _whole(us: Mapping[Split, Us]) -> Us:
    whole: dict[str, int] = defaultdict(int)
    for of_split in us.values():
        for value, more in of_split.items():
            whole[value] += more
    return whole
