"""Which groups go to which split: each stratum's share of the hours, filled in the order of a keyed hash.

Why so. Thresholds on a hash are stable but miss the hours by some per cent, and each label's share by more. A random
shuffle to a target meets the hours and misses the labels. Here each stratum gives its share of the target; within it
the keyed hash decides who, so that no order of files or shards does. What a stratum gives too much or too little is
carried to the next; the strata come from the smallest to the largest, whose many groups fit what is left over.

Groups that have a split already keep it. New ones only fill what is missing: nobody ever moves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

Hours = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Splits = npt.NDArray[np.int8]
"""Values of :class:`Split`."""


class Split(IntEnum):
    """Where a group of clips goes."""

    NONE = -1
    """Nowhere yet."""
    TRAIN = 0
    DEV = 1
    TEST = 2
    EXCLUDED = 3
    """In none of the three: what would be in two of them at once."""

    @property
    def word(self) -> str:
        """As tables and locks write it."""
        return self.name.lower()


HELD_OUT: Final = (Split.TEST, Split.DEV)
"""In the order in which they choose: the test set is what results are reported on."""
CANDIDATES: Final = 256
"""How many groups, next in the order of the hash, are looked at for the one that fills a stratum's share best."""
_PAIRS: Final = np.array(np.triu_indices(64, k=1))
"""Of the first 64 of them, which are looked at by twos as well: with videos of minutes, 2,016 sums meet a target to a
second or so, where the best single one misses it by up to half a video."""


@dataclass(frozen=True)
class Targets:
    """The hours that are wanted outside the training set."""

    dev_hours: float
    test_hours: float

    def of(self, split: Split) -> float:
        """Return the hours that a split is to have."""
        return self.test_hours if split is Split.TEST else self.dev_hours


def hash_order(group_ids: Iterable[str], key: bytes) -> Codes:
    """Return the positions of the groups in the order of their keyed hash (BLAKE2b); equal for equal ids and key.

    Args:
        group_ids: each once.
        key: at most 64 bytes (RFC 7693, section 2.1).
    """
    digests = bytearray()
    for group in group_ids:
        name = group.encode("utf-8", "surrogatepass")
        digests += hashlib.blake2b(name, digest_size=16, key=key).digest()
    ranks = np.frombuffer(digests, dtype=[("high", ">u8"), ("low", ">u8")])
    return np.lexsort((ranks["low"], ranks["high"]))


def assign(order: Codes, hours: Hours, strata: Codes, before: Splits, targets: Targets) -> Splits:
    """Give every group its split.

    Args:
        order: positions of the groups, as :func:`hash_order` returns them; those that have a split may be left out.
        hours: of each group.
        strata: of each group, numbered from 0.
        before: the split that each group has already, ``Split.NONE`` for new ones.
        targets: the hours wanted in all; a target above what there is leaves nothing for training.

    Returns:
        A split for each group; where ``before`` had one, that one.
    """
    splits = before.copy()
    of_stratum = np.bincount(strata, weights=hours, minlength=int(strata.max(initial=-1)) + 1)
    by_stratum = order[np.argsort(strata[order], kind="stable")]
    members = np.split(by_stratum, np.searchsorted(strata[by_stratum], np.arange(1, of_stratum.size)))
    for split in HELD_OUT:
        held = np.bincount(strata[splits == split], weights=hours[splits == split], minlength=of_stratum.size)
        total = float(of_stratum.sum())
        shares = of_stratum * (targets.of(split) / total if total else 0.0)
        missing, carried = targets.of(split) - float(held.sum()), 0.0
        for stratum in np.argsort(of_stratum, kind="stable"):
            free = members[stratum][splits[members[stratum]] == Split.NONE]
            wanted = min(shares[stratum] - held[stratum] + carried, missing)
            taken = free[_fill(hours[free], wanted)]
            splits[taken] = split
            given = float(hours[taken].sum())
            carried, missing = wanted - given, missing - given
    splits[splits == Split.NONE] = Split.TRAIN
    return splits


def _fill(hours: Hours, wanted: float) -> Codes:
    """Choose groups, in their order, whose hours come as near to ``wanted`` as may be; return their positions.

    All but the last that fit whole are taken as they come; one or two of the next make up the rest.
    """
    if wanted <= 0 or not hours.size:
        return np.zeros(0, np.int64)
    kept = max(int(np.searchsorted(np.cumsum(hours), wanted, side="right")) - 1, 0)
    candidates = hours[kept : kept + CANDIDATES]
    first, second = _PAIRS[:, (candidates.size > _PAIRS).all(axis=0)]
    sums = np.concatenate([[0.0], candidates, candidates[first] + candidates[second]])
    best = int(np.argmin(np.abs(sums - (wanted - float(hours[:kept].sum()))))) - 1
    if best < 0:
        chosen = np.zeros(0, np.int64)
    elif best < candidates.size:
        chosen = np.array([best])
    else:
        chosen = np.array([first[best - candidates.size], second[best - candidates.size]])
    return np.concatenate([np.arange(kept), kept + chosen])
