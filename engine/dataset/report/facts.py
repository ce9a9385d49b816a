"""All that was read of a corpus and its artifacts, before anything is judged."""

from __future__ import annotations

from dataclasses import dataclass

from engine.dataset.buckets.buckets import Buckets
from engine.dataset.buckets.durations import Histogram
from engine.dataset.decode.benchmark import Benchmark
from engine.dataset.export.folder import Made as Export
from engine.dataset.manifest.report import ManifestReport
from engine.dataset.report.artifacts import Named
from engine.dataset.report.durations import Missed
from engine.dataset.report.read import Found, SweepSeen, ValidationSeen
from engine.dataset.report.shape import Artifact
from engine.dataset.report.tally import ShardTally
from engine.dataset.split.figures import SplitReport

Listed = tuple[tuple[Named, Artifact], ...]


@dataclass(frozen=True)
class Facts:
    """What there is."""

    validation: Found[ValidationSeen]
    manifest: Found[tuple[ShardTally, ...]]
    manifest_report: Found[ManifestReport]
    """``manifest.json``, where it is that of the table."""
    histogram: Histogram | None
    """Of the manifest's durations, within the buckets' limits; None without a manifest."""
    everything: Histogram | None
    """The same, up to an hour."""
    split: SplitReport | None
    """None where it is missing, stale or damaged: nothing of it can be said then."""
    buckets: Found[Buckets]
    missed: Missed | None
    benchmark: Found[Benchmark]
    sweep: Found[SweepSeen]
    inventory: Found[frozenset[str]]
    exports: tuple[Export, ...]
    """Those that are current."""
    artifacts: Listed
