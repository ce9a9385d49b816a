"""Which videos belong together: those that share audio, directly or through others, and must not be torn apart.

A video here is a unit: all clips of one ``video_id``, or one clip that has none. Re-uploads under another id and
videos that span shards or sources are united through audio that is the same byte for byte. Units that have a split
already keep it, so sound that links units of two splits unites nobody; a new unit that would be linked to both
sides is excluded, and every group lies in one split.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.dataset.split.quota import HELD_OUT, Codes, Split, Splits


@dataclass(frozen=True)
class Links:
    """Which units have a piece of audio: one entry for each pair, both numbered from 0."""

    audio: Codes
    unit: Codes


@dataclass(frozen=True)
class Grouping:
    """What belongs together."""

    root: Codes
    """For each unit the first of its group."""
    side: Splits
    """For each unit the split that its group has already, ``Split.NONE`` where it has none yet."""


def connected(count: int, left: Codes, right: Codes) -> Codes:
    """Return for each of ``count`` nodes the smallest one that it is connected to by the edges ``left``-``right``.

    Roots are hooked to the smallest neighbouring root and paths halved until nothing changes; each round at least
    halves the unfinished components (Shiloach and Vishkin, "An O(log n) parallel connectivity algorithm", 1982).
    """
    root = np.arange(count, dtype=np.int64)
    while True:
        low, high = np.minimum(root[left], root[right]), np.maximum(root[left], root[right])
        if np.array_equal(low, high):
            return root
        np.minimum.at(root, high, low)
        while not np.array_equal(flat := root[root], root):
            root = flat


def group(count: int, links: Links, before: Splits) -> Grouping:
    """Unite units that share audio, and none of two splits.

    Args:
        count: of the units.
        links: audio that unites; audio that is everywhere is left out by the caller.
        before: the split that each unit has already, ``Split.NONE`` for new ones.
    """
    side = before.copy()
    new = before == Split.NONE
    side[new] = _sides_of_new(count, links, before)[new]
    uniting = side[links.unit] != Split.EXCLUDED
    audio, unit = links.audio[uniting], links.unit[uniting]
    return Grouping(connected(count, *_neighbours(audio * len(Split) + side[unit] - Split.NONE, unit)), side)


def straddling(links: Links, splits: Splits) -> tuple[Codes, Splits]:
    """Find audio that lies in two splits, as units that were locked apart may come to share some later.

    Returns:
        The audio, rising, and the split that each may stay in: the one that results are reported on comes first.
    """
    bits = _met(links, splits)
    audio = np.flatnonzero(np.bitwise_count(bits) > 1)
    keeps = np.full(audio.size, Split.TRAIN, np.int8)
    for split in reversed(HELD_OUT):
        keeps[bits[audio] & (1 << split) > 0] = split
    return audio, keeps


def _sides_of_new(count: int, links: Links, before: Splits) -> Splits:
    """Return for new units the one split that their like is in, none, or ``EXCLUDED`` where it is in several."""
    new = before[links.unit] == Split.NONE
    audio, unit = links.audio[new], links.unit[new]
    root = connected(count, *_neighbours(audio, unit))
    met = np.zeros(count, np.uint8)
    np.bitwise_or.at(met, root[unit], _met(links, before)[audio])
    sides = np.full(count, Split.NONE, np.int8)
    for split in (Split.TRAIN, *HELD_OUT):
        sides[met == 1 << split] = split
    sides[np.bitwise_count(met) > 1] = Split.EXCLUDED
    return sides[root]


def _met(links: Links, splits: Splits) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Return for each audio the splits that it is in: a bit for each of the three."""
    there = np.isin(splits[links.unit], (Split.TRAIN, *HELD_OUT))
    bits = np.zeros(int(links.audio.max(initial=-1)) + 1, np.uint8)
    np.bitwise_or.at(bits, links.audio[there], np.left_shift(1, splits[links.unit[there]]).astype(np.uint8))
    return bits


def _neighbours(keys: Codes, units: Codes) -> tuple[Codes, Codes]:
    """Return edges that connect all units of a key: each to the next."""
    order = np.lexsort((units, keys))
    keys, units = keys[order], units[order]
    same = keys[1:] == keys[:-1]
    return units[:-1][same], units[1:][same]
