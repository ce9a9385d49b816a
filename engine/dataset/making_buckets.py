"""The duration buckets as a task: ``buckets.toml``."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import xxhash

from engine.checklist.kinds.table_stop import Stop
from engine.config import Buckets as Section
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.dataset.attended import attended
from engine.dataset.buckets.batches import MemoryModel
from engine.dataset.buckets.buckets import Batches, Buckets, Cutting, cut, make_buckets
from engine.dataset.buckets.calibration import Evidence, calibrate
from engine.dataset.buckets.command import CommandStep
from engine.dataset.buckets.durations import Histogram, Limits, read_durations
from engine.dataset.buckets.file import read_buckets, write_buckets
from engine.dataset.places import MANIFEST, Places, places_of
from engine.dataset.split.table import file_xxh3_128
from engine.dataset.tasks import Made, MakeBuckets
from engine.errors import ConfigError, printable
from engine.host.gpu import Gpus, GpusUnknownError

_OnTry = Callable[[Evidence], None]

_SETTINGS = "[buckets]"
"""Beside the manifest's hash stands that of the settings: with both the same, trying steps again finds the same."""


def make_buckets_file(task: MakeBuckets, pulse: Pulse) -> Made:
    """Cut the edges, find what fits into a batch of each, and write the file; one that is current is left as it is.

    Raises:
        InputError: when the manifest is missing or damaged.
        UsageError: when nothing can be cut, or not even one clip fits.
        CalibrationError: when a step cannot tell whether its batch fits.
        OSError: when the disk refuses.
        StoppedError: when the worker is to stop.
    """
    places, asked = places_of(task), task.settings
    path = places("buckets.toml")
    pulse.enter("durations")
    with attended(pulse) as stop:
        manifest = places.manifest
        inputs = {MANIFEST: file_xxh3_128(manifest), _SETTINGS: xxhash.xxh3_128_hexdigest(msgspec.json.encode(asked))}
        made = _current(places, inputs)
        if made is not None:
            return _made(places, made, current=True)
        limits = Limits(asked.min_duration, asked.max_duration)
        histogram = Histogram.count(read_durations(manifest), limits)
        cutting = Cutting(asked.cutting or Cutting.OPTIMAL)
        edges = cut(histogram, asked.bins, cutting)

        def on_try(tried: Evidence) -> None:
            stop.check()
            pulse.enter(f"tried {tried.batch} of {tried.seconds:g} s")

        batches = _batches(asked, edges, places, on_try, stop)
        made = make_buckets(
            histogram,
            edges,
            batches,
            inputs,
            bins=asked.bins,
            cutting=cutting,
            limits=limits,
            merges=asked.merge == "equal",
        )
        write_buckets(path, made)
    return _made(places, made, current=False)


def _current(places: Places, inputs: dict[str, str]) -> Buckets | None:
    path = places("buckets.toml")
    try:
        made = read_buckets(path) if path.exists() else None
    except ConfigError:
        return None
    return made if made is not None and made.inputs == inputs else None


def _batches(asked: Section, edges_s: list[float], places: Places, on_try: _OnTry, stop: Stop) -> Batches | None:
    """Find the batch sizes: by real steps where there is a command, by the memory model where somebody measured it."""
    if asked.step:
        step = CommandStep(asked.step, places.corpus, does_not_fit=frozenset({asked.does_not_fit}) - {0}, stop=stop)
        return Batches.by_steps(calibrate(edges_s, step, memory_fraction=asked.memory_fraction, on_try=on_try))
    terms, device = asked.model_bytes, asked.memory_bytes or _gpu_bytes()
    if terms is None or device is None:
        return None
    fixed, per_second, per_second2 = terms
    model = MemoryModel(fixed_bytes=fixed, per_second_bytes=per_second, per_second2_bytes=per_second2)
    return Batches.by_model(edges_s, model, device, asked.memory_fraction)


def _gpu_bytes() -> int | None:
    """Return the memory of the first GPU; None where there is none to be seen."""
    try:
        with Gpus() as gpus:
            return next((gpu.memory_total_bytes for gpu in gpus.read()), None)
    except GpusUnknownError:
        return None


def _made(places: Places, buckets: Buckets, *, current: bool) -> Made:
    padding, durations, sizes = buckets.padding, buckets.durations, buckets.bucket_batch_size
    left = durations.without_duration + durations.too_short + durations.too_long
    edges = buckets.bucket_duration_bins
    clips = f"{durations.clips:,} clips, {durations.hours:,.2f} h"
    told = [
        f"{len(edges)} buckets from {edges[0]:g} s to {edges[-1]:g} s for {clips}",
        f"padding {padding.used:.2%} ({buckets.cutting}); lhotse's and NeMo's edges: {padding.equal_seconds:.2%}",
    ]
    cautions = []
    if sizes and buckets.batches is not None:
        told.append(f"batches of {min(sizes):,} to {max(sizes):,} clips, by {buckets.batches.found}")
    else:
        cautions.append(
            "no batch sizes: set [buckets] step to a command that takes a real step, or memory_per_second (and memory)"
        )
    if left:
        cautions.append(
            f"{left:,} clips are in no bucket: {durations.without_duration:,} without a duration, "
            f"{durations.too_short:,} too short, {durations.too_long:,} too long"
        )
    return Made(
        task="",
        state=State.DONE,
        seconds=0,
        current=current,
        told=tuple(told),
        cautions=tuple(cautions),
        figures={
            "buckets": len(edges),
            "clips": durations.clips,
            "left_out": left,
            "padding": round(padding.used, 6),
            "padding_equal_seconds": round(padding.equal_seconds, 6),
        },
        files=(printable(str(places("buckets.toml"))),),
    )
