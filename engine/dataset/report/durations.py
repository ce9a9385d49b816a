"""What the report says of durations: a histogram that fits a page, padding by number of bins, and who the buckets miss.

The clips themselves are counted in slots of 20 ms; see :mod:`engine.dataset.buckets.durations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.dataset.buckets.bins import equal_seconds, optimal, padding
from engine.dataset.buckets.buckets import Buckets
from engine.dataset.buckets.durations import Histogram
from engine.dataset.report.shape import Bins, BucketsTold, Durations

CLASSES: Final = 80
"""Columns that a picture of a phone's width can tell apart."""
_SHOWN_SHARE: Final = 0.999
"""Of the clips have a column of their own; a single hour-long clip would press all others into one."""
_WIDTHS_S: Final = (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Columns are as wide as one of these: edges that a person can read."""
_BINS: Final = (1, 2, 4, 8, 12, 16, 24, 30, 48, 64)
"""Around NeMo's 30, evenly apart to the eye."""
_SLOTS_MOST: Final = 6_000
"""With more different durations (two minutes) trying all these numbers of bins takes more than seconds."""


def in_classes(histogram: Histogram) -> Durations | None:
    """Put clips into classes of one width; None where there is no clip."""
    if not histogram.total_clips:
        return None
    ranks = np.cumsum(histogram.clips)

    def percentile(share: float) -> float:
        """Nearest rank: the least duration that no less than this share of the clips keep to."""
        return float(histogram.longest_s[np.searchsorted(ranks, share * ranks[-1])])

    shown_s = percentile(_SHOWN_SHARE)
    width_s = next((width for width in _WIDTHS_S if width * CLASSES >= shown_s), shown_s / CLASSES)
    count = int(np.ceil(shown_s / width_s - 1e-9))
    # A clip that is as long as an edge is below it, as in buckets; the slots' own edges are divided by rounding.
    place = np.ceil(histogram.longest_s / width_s - 1e-9).astype(np.int64) - 1
    counts = np.bincount(np.minimum(place, count), weights=histogram.clips, minlength=count + 1).astype(np.int64)
    return Durations(
        width_s=width_s,
        clips=tuple(counts[:count].tolist()),
        longer=int(counts[count:].sum()),
        median_s=percentile(0.5),
        p99_s=percentile(0.99),
        longest_s=float(histogram.longest_s[-1]),
    )


def by_bins(histogram: Histogram) -> tuple[Bins, ...]:
    """Say what padding costs for a few numbers of bins; nothing where that takes too long."""
    different = histogram.longest_s.size
    if not 0 < different <= _SLOTS_MOST:
        return ()
    return tuple(
        Bins(
            bins=bins,
            optimal=padding(optimal(histogram, bins), histogram),
            equal_seconds=padding(equal_seconds(histogram, bins), histogram),
        )
        for bins in _BINS
        if bins <= different
    )


@dataclass(frozen=True, slots=True)
class Missed:
    """How the buckets fit the manifest's clips."""

    inside: int
    too_short: int
    too_long: int
    without_duration: int
    beyond_last_edge: int
    """Within the limits, and longer than the last edge: a sampler stops at them."""


def missed_by(buckets: Buckets, histogram: Histogram) -> Missed:
    """Count which clips have no bucket.

    Args:
        buckets: with their limits.
        histogram: of the manifest, counted within these limits.
    """
    left = histogram.left_out
    beyond = histogram.longest_s > buckets.bucket_duration_bins[-1]
    return Missed(
        inside=histogram.total_clips,
        too_short=left.too_short,
        too_long=left.too_long,
        without_duration=left.without_duration,
        beyond_last_edge=int(histogram.clips[beyond].sum()),
    )


def told(buckets: Buckets, histogram: Histogram) -> BucketsTold:
    """Count the clips in each bucket; arguments as for :func:`missed_by`."""
    edges = np.array(buckets.bucket_duration_bins)
    place = np.searchsorted(edges, histogram.longest_s)
    counts = np.bincount(place, weights=histogram.clips, minlength=edges.size + 1).astype(np.int64)
    return BucketsTold(
        min_duration_s=buckets.min_duration_s,
        max_duration_s=buckets.max_duration_s,
        edges_s=tuple(buckets.bucket_duration_bins),
        batch_sizes=tuple(buckets.bucket_batch_size),
        clips=tuple(counts[: edges.size].tolist()),
        padding=buckets.padding.used,
        padding_equal_seconds=buckets.padding.equal_seconds,
    )
