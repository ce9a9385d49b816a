"""Reading all there is of a corpus's artifacts, and how each of them stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from engine.checklist.kinds.table_stop import Stop
from engine.dataset.buckets.buckets import Buckets
from engine.dataset.buckets.durations import Histogram, Limits, Seconds, read_durations
from engine.dataset.buckets.file import read_buckets
from engine.dataset.decode.benchmark import read_benchmark
from engine.dataset.export.folder import MADE
from engine.dataset.export.folder import Made as Export
from engine.dataset.manifest.inputs import read_manifest_inputs
from engine.dataset.manifest.merge import REPORT as MANIFEST_REPORT
from engine.dataset.manifest.report import ManifestReport
from engine.dataset.places import MANIFEST, Places
from engine.dataset.report import artifacts as made
from engine.dataset.report.durations import missed_by
from engine.dataset.report.facts import Facts, Listed
from engine.dataset.report.read import (
    Found,
    SweepSeen,
    ValidationSeen,
    found,
    read_inventory,
    read_json,
)
from engine.dataset.report.shape import Artifact, Freshness
from engine.dataset.report.tally import ShardTally, tally_shards
from engine.dataset.report.tars import TarsMoved, look_at_tars, moved
from engine.dataset.split.figures import SplitReport
from engine.dataset.split.report import build_report as build_split_report
from engine.dataset.split.table import Inputs, read_inputs
from engine.units import counted

Tick = Callable[[], None]
_WithSplit = tuple[SplitReport, tuple[ShardTally, ...]]
_SPLIT: Final = "split.parquet"
_NAMED: Final = 3
"""Shards that are named where many changed."""


class Gathering:
    """One reading of a corpus's artifacts.

    Args:
        state: the corpus's state folder.
        corpus: the corpus.
        tick: called now and then, to say that this goes on.
        stop: what ends it.
    """

    def __init__(self, state: Path, corpus: Path, tick: Tick, stop: Stop) -> None:
        self._places = Places(corpus, state)
        self._tick, self._stop = tick, stop
        self._hashes = made.Hashes(state, corpus)

    def facts(self) -> Facts:
        """Read all of it, what others are held against first.

        Raises:
            OSError: when the disk fails.
            SafetyStopError: when there is no room for what does not fit in memory.
            StoppedError: when nobody waits any more.
        """
        places, near = self._places, self._places.state
        validation = read_json(places("validation.json"), ValidationSeen)
        inputs = found(places(_SPLIT), self._split_inputs)
        split_stale = self._split_stale(inputs.value)
        split = Found[_WithSplit]() if split_stale or not inputs.value else found(places(_SPLIT), self._split)
        manifest = Found(split.value[1]) if split.value else found(places(MANIFEST), self._tally)
        tars = self._tars(validation.value, manifest.value)
        buckets = found(places("buckets.toml"), lambda: read_buckets(places("buckets.toml")))
        fitted = self._histogram(manifest.value, buckets.value)
        benchmark = found(places("benchmark.json"), lambda: read_benchmark(places("benchmark.json")))
        sweep = read_json(places("sweep.json"), SweepSeen)
        inventory = read_inventory(near / made.INVENTORY.file)
        of_manifest = _since("manifest", tars.since_manifest) or self._unwhole(manifest.value)
        exports = list(self._exports())
        listed: Listed = (
            self._listed(made.INVENTORY, inventory),
            self._listed(made.SWEEP, sweep),
            self._listed(made.VALIDATION, validation, stale=_since("validation", tars.since_validation)),
            self._listed(made.MANIFEST, manifest, stale=of_manifest),
            self._listed(made.SPLIT, split if split.damage else inputs, stale=split_stale),
            self._listed(made.BENCHMARK, benchmark, inputs=benchmark.value.inputs if benchmark.value else None),
            self._listed(made.BUCKETS, buckets, inputs=buckets.value.inputs if buckets.value else None),
            *(one for one, _ in exports),
        )
        return Facts(
            validation=validation,
            manifest=manifest,
            manifest_report=read_json(places(MANIFEST_REPORT), ManifestReport),
            histogram=fitted,
            everything=fitted if buckets.value is None else self._histogram(manifest.value, None),
            split=split.value[0] if split.value else None,
            buckets=buckets,
            missed=None if buckets.value is None or fitted is None else missed_by(buckets.value, fitted),
            benchmark=benchmark,
            sweep=sweep,
            inventory=inventory,
            exports=tuple(export for (_, one), export in exports if export and one.freshness is Freshness.CURRENT),
            artifacts=listed,
        )

    def _split_inputs(self) -> Inputs:
        table = self._places(_SPLIT)
        inputs = read_inputs(table)
        if inputs is None:
            raise made.not_ours(table)
        return inputs

    def _split_stale(self, inputs: Inputs | None) -> str:
        if inputs is None:
            return ""
        return self._changed({MANIFEST: inputs.manifest_xxh3_128, "split.lock": inputs.lock_xxh3_128})

    def _changed(self, inputs: Mapping[str, str]) -> str:
        self._tick()
        self._stop.check()
        return self._hashes.changed(inputs)

    def _split(self) -> tuple[SplitReport, tuple[ShardTally, ...]]:
        """Return what is said of a split that is current, and the manifest counted with it."""
        rows = self._tally(with_split=True)
        report, table = self._places("split.json"), self._places(_SPLIT)
        if report.exists() and report.stat().st_mtime_ns >= table.stat().st_mtime_ns:
            said = read_json(report, SplitReport)  # of this very table: to look again costs a pass over all texts
            if said.value is not None:
                return said.value, rows
        self._tick()
        return build_split_report(self._places.split, self._stop), rows

    def _tally(self, *, with_split: bool = False) -> tuple[ShardTally, ...]:
        self._tick()
        split = self._places(_SPLIT) if with_split else None
        return tally_shards(self._places(MANIFEST), split, self._places.state, self._stop)

    def _unwhole(self, manifest: tuple[ShardTally, ...] | None) -> str:
        """Tell of a table that says nothing of its inputs: gonogo made none, or a disk refused something meanwhile."""
        if manifest is None or read_manifest_inputs(self._places(MANIFEST)) is not None:
            return ""
        return "it does not say what it was made from"

    def _tars(self, validation: ValidationSeen | None, manifest: tuple[ShardTally, ...] | None) -> TarsMoved:
        self._stop.check()
        tars = [(tally.id, tally.tar) for tally in manifest or ()]
        validated = {shard.shard: shard.identity for shard in (validation.shards if validation else ())}
        written = None if manifest is None else self._places(MANIFEST).stat().st_mtime_ns
        return moved(look_at_tars(self._places.corpus, tars, self._tick), validated, written)

    def _histogram(self, manifest: tuple[ShardTally, ...] | None, buckets: Buckets | None) -> Histogram | None:
        """Count the durations within the buckets' limits, or up to an hour."""
        if manifest is None:
            return None
        limits = Limits() if buckets is None else Limits(buckets.min_duration_s, buckets.max_duration_s)

        def batches() -> Iterator[Seconds]:
            for batch in read_durations(self._places(MANIFEST)):
                self._stop.check()
                self._tick()
                yield batch

        return Histogram.count(batches(), limits)

    def _listed(
        self, named: made.Named, read: Found[object], *, stale: str = "", inputs: Mapping[str, str] | None = None
    ) -> tuple[made.Named, Artifact]:
        places = self._places
        stale = stale or (self._changed(inputs) if inputs else "")
        untold = inputs is not None and not inputs
        return named, made.told(
            named, places.state, places.corpus, missing=read.missing, damage=read.damage, stale=stale, untold=untold
        )

    def _exports(self) -> Iterator[tuple[tuple[made.Named, Artifact], Export | None]]:
        """List each export that was made; where none was, that."""
        paths = sorted((self._places.state / made.EXPORT.file).glob(f"*/{MADE}"))
        for path in paths:
            export = read_json(path, Export)
            own = export.value.inputs if export.value else None
            inputs = {MANIFEST: own.manifest_xxh3_128, _SPLIT: own.split_xxh3_128} if own else None
            yield self._listed(made.export_of(path.parent.name), export, inputs=inputs), export.value
        if not paths:
            yield self._listed(made.EXPORT, Found()), None


def _since(what: str, shards: tuple[str, ...]) -> str:
    """Say which tars changed after something was made from them."""
    if not shards:
        return ""
    more = f" and {len(shards) - _NAMED:,} more" if len(shards) > _NAMED else ""
    return f"{counted(len(shards), 'tar')} changed since the {what}: {', '.join(shards[:_NAMED])}{more}"
