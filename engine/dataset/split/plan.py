"""Who goes to which split: from a corpus's units and its lock to a split for each, without a file or a clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.dataset.split.corpus import US_PER_HOUR, Corpus
from engine.dataset.split.groups import Grouping, group, straddling
from engine.dataset.split.lock import LINES_AT_ONCE, Lock
from engine.dataset.split.quota import Codes, Hours, Split, Splits, Targets, assign, hash_order
from engine.dataset.split.settings import SplitSettings

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Plan:
    """What becomes of each unit of a corpus."""

    splits: Splits
    """Of each unit."""
    leader: Codes
    """For each unit the one whose name its group bears: the first video, the first clip where there is no video."""
    targets: Targets
    """The hours that were aimed at."""
    torn: Codes
    """Audio that lies in two splits because its units were locked there before they came to share it."""
    torn_keeps: Splits
    """The split in which each such audio may stay; its clips are left out of the others."""


def make_plan(corpus: Corpus, lock: Lock, settings: SplitSettings) -> Plan:
    """Decide; the same for the same corpus, lock and settings, whatever the order of files and rows was."""
    count = len(corpus.units)
    grouping = group(count, corpus.links, locked(corpus.units, lock))
    roots, of_unit = np.unique(grouping.root, return_inverse=True)
    leaders = _leaders(grouping, corpus.is_clip())[roots]
    hours, strata = hours_and_strata(corpus, of_unit, roots.size)
    side = grouping.side[roots]
    taking_part = np.flatnonzero(side != Split.EXCLUDED)
    targets = settings.targets(float(hours[taking_part].sum()))
    free = taking_part[side[taking_part] == Split.NONE]
    order = free[_order(corpus.units, leaders[free], settings.key)]
    place = np.full(roots.size, -1, np.int64)
    place[taking_part] = np.arange(taking_part.size)
    splits = side.copy()
    splits[taking_part] = assign(place[order], hours[taking_part], strata[taking_part], side[taking_part], targets)
    of_units = splits[of_unit]
    return Plan(of_units, leaders[of_unit], targets, *straddling(corpus.links, of_units))


def locked(units: pa.LargeStringArray, lock: Lock) -> Splits:
    """Return the split that each unit has in the lock, ``Split.NONE`` where it is not there."""
    import pyarrow.compute as pc  # noqa: PLC0415  # 60 MB of library

    at = np.asarray(pc.fill_null(pc.index_in(units, value_set=lock.names), -1), dtype=np.int64)
    return np.append(lock.splits, np.int8(Split.NONE))[at]


def extend(lock: Lock, corpus: Corpus, plan: Plan, settings: SplitSettings) -> Lock:
    """Return the lock with everybody in it who was there, is there, or both: those who are gone may come back."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.compute as pc  # noqa: PLC0415

    gone = np.asarray(pc.invert(pc.is_in(lock.names, value_set=corpus.units)), dtype=np.bool_)
    names = pa.concat_arrays([corpus.units, lock.names.filter(pa.array(gone))])
    splits = np.concatenate([plan.splits, lock.splits[gone]])
    order = pc.sort_indices(names)
    return Lock(settings, names.take(order), splits[np.asarray(order)])


def hours_and_strata(corpus: Corpus, of_unit: Codes, groups: int) -> tuple[Hours, Codes]:
    """Return the hours of each group, and the stratum that has most of them (the first of equals).

    Args:
        corpus: the corpus.
        of_unit: the group of each unit, numbered from 0.
        groups: how many there are.
    """
    strata = int(corpus.share_stratum.max(initial=0)) + 1
    cells, at = np.unique(of_unit[corpus.share_unit] * strata + corpus.share_stratum, return_inverse=True)
    us = np.zeros(cells.size, np.int64)
    np.add.at(us, at, corpus.share_us)
    of_group, of_stratum = np.divmod(cells, strata)
    most_first = np.lexsort((of_stratum, -us, of_group))
    _, firsts = np.unique(of_group[most_first], return_index=True)
    totals = np.zeros(groups, np.int64)
    np.add.at(totals, of_group, us)
    return totals / US_PER_HOUR, of_stratum[most_first][firsts]


def _leaders(grouping: Grouping, is_clip: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Codes:
    """Return for each root the first video of its group, the first clip where it has none."""
    count = is_clip.size
    ranks = np.arange(count) + count * is_clip
    first = np.full(count, 2 * count, np.int64)
    np.minimum.at(first, grouping.root, ranks)
    return first % max(count, 1)


def _order(units: pa.LargeStringArray, leaders: Codes, key: str) -> Codes:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    names = units.take(pa.array(leaders))
    batches = (names.slice(start, LINES_AT_ONCE).to_pylist() for start in range(0, len(names), LINES_AT_ONCE))
    return hash_order((name for batch in batches for name in batch), key.encode())
