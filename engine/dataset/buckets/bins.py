"""Duration bins: where to cut so that batches of clips from one bin carry the least padding.

A batch holds clips of one bin and is padded to the bin's upper edge at most. Cutting at equal shares of the seconds,
which is lhotse's and NeMo's way, looks at the clips alone and not at what padding costs; the best cuts for a given
number of bins are found exactly by dynamic programming over the histogram of the durations.

Edges here are upper edges, rising, the longest duration last. A clip as long as an edge belongs below it, as lhotse's
``SamplingConstraint.select_bucket`` (``bisect_left``) has it.
"""

from __future__ import annotations

import numpy as np

from engine.dataset.buckets.durations import Histogram, Seconds
from engine.errors import UsageError


def padding(edges_s: Seconds, histogram: Histogram) -> float:
    """Return the share of a batch that is padding, over all clips, were each padded to its bin's edge.

    Args:
        edges_s: upper edges, rising; no clip is longer than the last.
        histogram: of the clips.
    """
    padded_s = float((edges_s[np.searchsorted(edges_s, histogram.longest_s)] * histogram.clips).sum())
    return 1.0 - histogram.total_s / padded_s if padded_s else 0.0


def equal_seconds(histogram: Histogram, bins: int) -> Seconds:
    """Cut where a bin has had its share of the seconds, as lhotse's ``estimate_duration_buckets`` does for NeMo too.

    It walks over the clips, shortest first. Once those since the last cut are longer together than the share, the
    next clip's duration is the cut, and the count begins anew: what a bin has too much is not taken from the next
    one's share, so there may be fewer bins than asked for. Equal cuts are given once.

    Raises:
        UsageError: when no clip is counted or ``bins`` is no positive number.
    """
    _check(histogram, bins)
    share_s = histogram.total_s / bins
    ends, mean_s = np.cumsum(histogram.clips), histogram.seconds / histogram.clips
    ends_s = np.cumsum(histogram.seconds)
    edges, counted_s = [], 0.0
    for _ in range(bins):  # each has more than its share, so there are not more
        at = int(np.searchsorted(ends_s, counted_s + share_s, side="right"))  # here the share is exceeded
        if at == ends.size:
            break
        before_s = ends_s[at] - histogram.seconds[at]
        clips_in = min(int((counted_s + share_s - before_s) / mean_s[at]) + 1, int(histogram.clips[at]))
        counted_s = before_s + clips_in * mean_s[at]
        following = at + (clips_in == histogram.clips[at])
        if following == ends.size:
            break
        edges.append(histogram.longest_s[following])
    return np.unique(np.append(edges, histogram.longest_s[-1]))


def optimal(histogram: Histogram, bins: int) -> Seconds:
    """Cut where the padding of all clips together is least; exactly, among all edges at which a clip ends.

    Least cost of the first ``j`` durations in ``b`` bins: the minimum over ``i < j`` of ``least(b - 1, i) +
    clips(i..j) * edge(j)``. For one ``b`` these are lines over ``edge``, and the lower envelope of the lines answers
    all ``j`` in one pass (the convex hull trick; Brucker, "Efficient algorithms for some path partitioning problems",
    1995): bins times durations steps.

    Args:
        histogram: of the clips.
        bins: how many at most; where fewer durations occur, each is its own bin.

    Raises:
        UsageError: when no clip is counted or ``bins`` is no positive number.
    """
    _check(histogram, bins)
    edges: list[float] = histogram.longest_s.tolist()
    if len(edges) <= bins:
        return histogram.longest_s
    clips_up_to: list[int] = np.cumsum(histogram.clips).tolist()
    cost = [clips * edge for clips, edge in zip(clips_up_to, edges, strict=True)]
    last_of_bin_before: list[list[int]] = []
    for bin_number in range(1, bins):
        cost, chosen = _one_more_bin(bin_number, edges, clips_up_to, cost)
        last_of_bin_before.append(chosen)
    cuts = [len(edges) - 1]
    for chosen in reversed(last_of_bin_before):
        cuts.append(chosen[cuts[-1]])
    return histogram.longest_s[cuts[::-1]]


def _one_more_bin(
    bin_number: int, edges: list[float], clips_up_to: list[int], cost: list[float]
) -> tuple[list[float], list[int]]:
    """Return the least cost with one more bin for each last duration, and where its bin before ends.

    Durations before ``bin_number`` cannot be last: each bin holds one at least. Theirs are left as they were.
    """
    least, chosen = cost[:], list(range(len(cost)))
    hull: list[int] = []
    best = 0
    for last in range(bin_number, len(edges)):
        while len(hull) - best >= 2 and _never_least(hull[-2], hull[-1], last - 1, clips_up_to, cost):
            hull.pop()
        hull.append(last - 1)
        edge = edges[last]
        while best + 1 < len(hull) and (
            cost[hull[best + 1]] - clips_up_to[hull[best + 1]] * edge
            <= cost[hull[best]] - clips_up_to[hull[best]] * edge
        ):
            best += 1
        before = hull[best]
        least[last] = cost[before] + (clips_up_to[last] - clips_up_to[before]) * edge
        chosen[last] = before
    return least, chosen


def _never_least(first: int, middle: int, newest: int, clips_up_to: list[int], cost: list[float]) -> bool:
    """Tell whether the middle line lies nowhere below both others; the newest falls the fastest."""
    to_middle = (cost[middle] - cost[first]) * (clips_up_to[newest] - clips_up_to[first])
    to_newest = (cost[newest] - cost[first]) * (clips_up_to[middle] - clips_up_to[first])
    return to_newest <= to_middle


def _check(histogram: Histogram, bins: int) -> None:
    if bins < 1:
        raise UsageError(f"{bins} bins: wanted 1 or more")
    if not histogram.clips.size:
        left = histogram.left_out
        raise UsageError(
            f"no clip to cut bins for: {left.without_duration:,} without a duration, {left.too_short:,} too short, "
            f"{left.too_long:,} too long; widen min_duration and max_duration, or look at the manifest"
        )
