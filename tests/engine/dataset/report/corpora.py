"""A small corpus of real recordings with every artifact of a window, each made by the code that makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from engine.checklist.kinds.table_stop import Stop
from engine.config import Layout
from engine.convert.sweep_events import SweepGroup, SweepSummary
from engine.convert.sweep_verdict import Limit
from engine.convert.tasks import Validate
from engine.convert.validation import validate_shard
from engine.convert.validation_facts import Validation
from engine.convert.validation_report import build_report
from engine.convert.validation_shape import About, ShardLine
from engine.crew.pulse import Pulse
from engine.crew.wire import ShardRef
from engine.dataset.buckets.buckets import Cutting, cut, make_buckets
from engine.dataset.buckets.durations import Histogram, Limits, read_durations
from engine.dataset.buckets.file import write_buckets
from engine.dataset.decode.benchmark import Benchmark, Plan, run_benchmark, write_benchmark
from engine.dataset.decode.sample import Sample, draw
from engine.dataset.export.ask import ExportAsk
from engine.dataset.export.exporting import export
from engine.dataset.manifest.fragment import inputs_of, write_fragment
from engine.dataset.manifest.groups import find_groups
from engine.dataset.manifest.inputs import manifest_inputs
from engine.dataset.manifest.merge import merge
from engine.dataset.manifest.rows import list_shard
from engine.dataset.places import Places
from engine.dataset.report.shape import Check, Report
from engine.dataset.report.writing import build_report as build
from engine.dataset.split.make import make_split
from engine.dataset.split.settings import SplitSettings
from engine.dataset.split.table import file_xxh3_128
from engine.errors import printable
from engine.run.outcome import Outcome
from engine.shards.files import RealFiles
from engine.shards.layout import ShardPlace, find_shards
from tests.engine.dataset.export.corpora import as_flac, recordings
from tests.recordings import make_lone, make_shard

NOW = "2026-01-31T09:30:00.000Z"
LIMITS = Limits(0.05, 40.0)
BINS = 4
ALIASES: dict[str, Sequence[str]] = {}


@dataclass(frozen=True)
class Corpus:
    """A corpus, and the making of its artifacts."""

    corpus: Path
    state: Path

    @property
    def places(self) -> Places:
        return Places(self.corpus, self.state)

    def shards(self) -> tuple[ShardPlace, ...]:
        return find_shards(self.corpus, Layout()).shards

    def make_all(self) -> Corpus:
        """Make every artifact, in the window's order."""
        for step in (self.inventory, self.sweep, self.validate, self.manifest, self.split, self.benchmark):
            step()
        self.buckets()
        self.export()
        return self

    def inventory(self) -> None:
        rows = [{"source": place.source, "shard": place.shard, "hours": 1.0} for place in self.shards()]
        pq.write_table(pa.Table.from_pylist(rows), self.state / "inventory.parquet")

    def sweep(self) -> None:
        group = SweepGroup(
            codec="wav",
            bytes_to_do=10**9,
            recommended_workers=2,
            limited_by=Limit.CPU,
            why="at 2 workers, they take 99 % of 2 usable CPUs",
            mb_per_s=123.4,
            estimate_s=8.1,
            disk_allows=9,
            figures=(),
        )
        summary = SweepSummary(
            job="sweep", outcome=Outcome.OK, seconds=1, counts={}, tried=3, usable_cpus=2, codecs=(group,)
        )
        self.places("sweep.json").write_bytes(msgspec.json.encode(summary))

    def validate(self) -> None:
        """Look at every shard as a worker does, and report as the run does."""
        about = About(corpus=str(self.corpus), run="run-1", tool="gonogo 0", time=NOW, spot_checks=1, full=False)
        report = build_report([self._line(place) for place in self.shards()], about)
        self.places("validation.json").write_bytes(msgspec.json.encode(report))

    def _line(self, place: ShardPlace) -> ShardLine:
        order = Validate(
            task=place.id, shard=ShardRef.of(place, self.state / "locks"), spot_checks=1, full=False, clips=""
        )
        result = validate_shard(RealFiles(), order, Pulse(place.id, lambda _: None, lambda: False))
        found = result.validation or Validation()
        size = found.identity.size_bytes if found.identity else 0
        return ShardLine(
            shard=place.id, source=place.source, state=result.state, fault=result.fault, size_bytes=size, found=found
        )

    def manifest(self) -> None:
        states = {place.id: self._line(place).state for place in self.shards()}
        paths, inputs, files = [], [], RealFiles()
        for number, place in enumerate(self.shards()):
            shard = {
                "source": place.source,
                "shard": place.shard,
                "tar": printable(str(place.files.audio.relative_to(self.corpus))),
                "sidecar": place.sidecar,
                "clip_table": None,
                "state": str(states[place.id]),
                "aliases": ALIASES,
            }
            inputs.append(inputs_of(files, place.files, **shard))  # type: ignore[arg-type]  # as its own parameters say
            paths.append(self.state / "fragments" / f"{number}.parquet")
            write_fragment(paths[-1], list_shard(files, place.files, **shard), inputs[-1])  # type: ignore[arg-type]
        groups = find_groups(paths, self.state)
        merge(paths, self.places("manifest.parquet"), groups, manifest_inputs(inputs, tool="t", common_videos=20))

    def split(self) -> None:
        make_split(self.places.split, SplitSettings(dev_share=0.2, test_share=0.2))

    def benchmark(self) -> None:
        made = msgspec.structs.replace(
            _measured(), inputs={"manifest.parquet": file_xxh3_128(self.places("manifest.parquet"))}
        )
        write_benchmark(self.places("benchmark.json"), made)

    def buckets(self, limits: Limits = LIMITS) -> None:
        manifest = self.places("manifest.parquet")
        histogram = Histogram.count(read_durations(manifest), limits)
        edges = cut(histogram, BINS, Cutting.OPTIMAL)
        inputs = {"manifest.parquet": file_xxh3_128(manifest), "[buckets]": "0"}
        made = make_buckets(histogram, edges, None, inputs, bins=BINS, limits=limits)
        write_buckets(self.places("buckets.toml"), made)

    def export(self) -> None:
        ask = ExportAsk(
            corpus=str(self.corpus),
            manifest=str(self.places("manifest.parquet")),
            split=str(self.places("split.parquet")),
            folder=str(self.places("export")),
            formats=("hf",),
        )
        export(ask, lambda: None, Stop())

    def report(self) -> Report:
        return build(self.state, self.corpus, NOW, tool="gonogo 0")


def small(folder: Path) -> Corpus:
    """Make two sources of 16 kHz recordings: folder shards of WAV with sidecars, and a lone tar of FLAC without."""
    corpus, clips = folder / "corpus", recordings(20)
    for number in range(4):
        chosen = clips[number * 4 : number * 4 + 4]
        make_shard(corpus / "talks" / f"shard_{number}", chosen, video_id=f"video-{number}")
    make_lone(corpus / "calls" / "lone.tar", [as_flac(clip) for clip in clips[16:]])
    state = corpus / ".gonogo"
    (state / "artifacts").mkdir(parents=True)
    return Corpus(corpus, state)


@cache
def _measured() -> Benchmark:
    """Measure once a process: the figures do not depend on the copy of the corpus."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        made = small(Path(folder))
        made.validate()
        made.manifest()
        sample: Sample = draw(
            made.places("manifest.parquet"), lambda source, shard, tar: made.corpus / tar, near=made.state, clips=12
        )
        return run_benchmark(sample, Plan(decoders=("soundfile",), most_workers=2, for_s=0.05, rounds=1), {})


def of(report: Report, name: str) -> Check:
    """Return one check of a report."""
    return next(one for one in report.checks if one.id == name)
