"""The buckets of a corpus: edges, batch sizes, what padding they cost, and what they were found from."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, Self

import msgspec
import numpy as np

from engine.dataset.buckets.batches import MemoryModel, merge_equal, modelled_batches
from engine.dataset.buckets.bins import equal_seconds, optimal, padding
from engine.dataset.buckets.calibration import Calibrated, Evidence
from engine.dataset.buckets.durations import Histogram, Limits
from engine.errors import UsageError

FORMAT: Final = 1
BINS: Final = 30
"""NeMo's default of ``estimate_duration_bins.py``."""


class Cutting(StrEnum):
    """How the edges are chosen."""

    OPTIMAL = "optimal"
    """Least padding, by dynamic programming."""
    EQUAL_SECONDS = "equal seconds"
    """As lhotse's and NeMo's estimates do."""


class Found(StrEnum):
    """Where batch sizes come from."""

    BY_MODEL = "memory model"
    BY_STEPS = "real steps"


class Padding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The share of batches that is padding, were each clip padded to its bucket's edge."""

    used: float
    """With the buckets of this file."""
    optimal: float
    """With the best edges, as many as were asked for."""
    equal_seconds: float
    """With lhotse's and NeMo's, as many."""


class Durations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The clips that the edges were cut for, in seconds and hours; and those that were left out."""

    clips: int
    hours: float
    mean_s: float
    median_s: float
    p99_s: float
    longest_s: float
    without_duration: int
    too_short: int
    too_long: int


class Batches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the batch sizes were found."""

    found: Found
    memory_fraction: float
    sizes: list[int]
    """One for each edge that was asked about."""
    steps: int = 0
    """Real ones that were tried."""
    budget_bytes: int = 0
    """The memory that the model was to fit into."""
    model: MemoryModel | None = None
    tried: list[Evidence] = []

    @classmethod
    def by_steps(cls, calibrated: Calibrated) -> Self:
        """Take what trying found."""
        return cls(
            found=Found.BY_STEPS,
            memory_fraction=calibrated.memory_fraction,
            sizes=calibrated.batches,
            steps=calibrated.steps,
            tried=calibrated.tried,
        )

    @classmethod
    def by_model(cls, edges_s: Sequence[float], model: MemoryModel, budget_bytes: int, memory_fraction: float) -> Self:
        """Ask the memory model; see :func:`~engine.dataset.buckets.batches.modelled_batches`.

        Raises:
            UsageError: when a clip does not fit.
        """
        sizes = modelled_batches(edges_s, model, budget_bytes, memory_fraction)
        return cls(
            found=Found.BY_MODEL, memory_fraction=memory_fraction, sizes=sizes, budget_bytes=budget_bytes, model=model
        )


class Buckets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``buckets.toml`` holds."""

    format: int
    cutting: Cutting
    bins_wanted: int
    min_duration_s: float
    max_duration_s: float
    bucket_duration_bins: list[float]
    """Upper edges, rising, the last included: NeMo and lhotse want it there beside batch sizes of their own."""
    bucket_batch_size: list[int]
    """Clips in a batch of each bucket; empty where none were found."""
    inputs: dict[str, str]
    """The hash of each file that this was made from, by its name."""
    padding: Padding
    durations: Durations
    batches: Batches | None = None

    def __post_init__(self) -> None:
        """Refuse edges and sizes that no sampler takes.

        Raises:
            ValueError: when they are none.
        """
        edges, sizes = self.bucket_duration_bins, self.bucket_batch_size
        if self.format != FORMAT:
            raise ValueError(f"format = {self.format}: wanted {FORMAT}")
        if not edges or edges[0] <= 0 or any(after <= before for before, after in itertools.pairwise(edges)):
            raise ValueError(f"bucket_duration_bins = {edges}: wanted rising numbers above 0")
        if sizes and (len(sizes) != len(edges) or min(sizes) < 1):
            raise ValueError(f"bucket_batch_size = {sizes}: wanted {len(edges)} numbers above 0, or none")


def cut(histogram: Histogram, bins: int, cutting: Cutting) -> list[float]:
    """Return the edges of so many bins.

    Raises:
        UsageError: when no clip is counted or ``bins`` is no positive number.
    """
    edges = optimal(histogram, bins) if cutting is Cutting.OPTIMAL else equal_seconds(histogram, bins)
    return [float(edge) for edge in edges]


def make_buckets(
    histogram: Histogram,
    edges_s: Sequence[float],
    batches: Batches | None,
    inputs: Mapping[str, str],
    *,
    bins: int = BINS,
    cutting: Cutting = Cutting.OPTIMAL,
    limits: Limits | None = None,
    merges: bool = False,
) -> Buckets:
    """Put together what was found.

    Args:
        histogram: of the durations.
        edges_s: as :func:`cut` returned them.
        batches: one size for each edge, or None.
        inputs: names of files, and their hashes.
        bins: as many as were asked for.
        cutting: how.
        limits: as the histogram was counted with.
        merges: make one bucket of neighbours with equal batch sizes.

    Raises:
        UsageError: when the edges, bins or sizes cannot be.
    """
    limits = limits or Limits()
    edges, sizes = list(edges_s), list(batches.sizes) if batches else []
    if merges and sizes:
        edges, sizes = merge_equal(edges, sizes)
    try:
        return Buckets(
            format=FORMAT,
            cutting=cutting,
            bins_wanted=bins,
            min_duration_s=limits.min_duration_s,
            max_duration_s=limits.max_duration_s,
            bucket_duration_bins=edges,
            bucket_batch_size=sizes,
            inputs=dict(inputs),
            padding=Padding(
                used=padding(np.array(edges), histogram),
                optimal=padding(optimal(histogram, bins), histogram),
                equal_seconds=padding(equal_seconds(histogram, bins), histogram),
            ),
            durations=_summary(histogram),
            batches=batches,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error


def _summary(histogram: Histogram) -> Durations:
    ranks = np.cumsum(histogram.clips)
    left = histogram.left_out

    def percentile(share: float) -> float:
        """Nearest rank: the least duration that no less than this share of the clips keep to."""
        return float(histogram.longest_s[np.searchsorted(ranks, share * ranks[-1])])

    return Durations(
        clips=histogram.total_clips,
        hours=histogram.total_s / 3600,
        mean_s=histogram.total_s / histogram.total_clips,
        median_s=percentile(0.5),
        p99_s=percentile(0.99),
        longest_s=float(histogram.longest_s[-1]),
        without_duration=left.without_duration,
        too_short=left.too_short,
        too_long=left.too_long,
    )
