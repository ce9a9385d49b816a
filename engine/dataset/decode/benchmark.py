"""The decode benchmark: what a training run's loader can hope for from this corpus on this machine.

Nobody's loader can be faster than reading and decoding. So this is measured alone: a stratified sample, cold and warm,
with each decoder that is here, and over more and more processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from engine.crew.artifacts import write_whole
from engine.dataset.decode.clip import Clip, Tars
from engine.dataset.decode.cold import drop_from_cache
from engine.dataset.decode.crew import Scaling, scaling
from engine.dataset.decode.decoders import LOADERS, Decoder, load_decoder
from engine.dataset.decode.loop import measure, overhead
from engine.dataset.decode.sample import Drawn, Sample
from engine.dataset.decode.stats import Phase, phase
from engine.errors import ConfigError, UsageError, printable
from engine.host.facts import HostFacts, host_facts, package_versions

FORMAT: Final = 1
PACKAGES: Final = ("gonogo", "numpy", "soundfile", "torch", "torchaudio", "torchcodec")
"""Whose versions are told."""
_OVERHEAD_CLIPS: Final = 200
"""Enough for a tenth of a second of decoding, in which a share of a per cent can be seen."""
_OVERHEAD_ROUNDS: Final = 9
"""Both loops in turns: the median of so many ratios stands still where a neighbour on the machine does not."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured."""

    decoders: tuple[str, ...] = tuple(LOADERS)
    most_workers: int = 1
    for_s: float = 2.0
    """Each measurement of scaling: hundreds of clips a process, so that none in hand at the end counts for much."""
    rounds: int = 3
    """Of scaling: an odd number has a median that was measured."""


class Measured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One decoder."""

    version: str
    cold: Phase
    """The first pass, after the clips were dropped from the page cache; see its ``still_cached``."""
    warm: Phase
    """The second."""
    scaling: list[Scaling]
    """Warm, for each number of processes."""
    overhead: float
    """CPU time that measuring adds to a bare loop over the same clips, as a share of it."""


class Benchmark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``benchmark.json`` holds."""

    format: int
    inputs: dict[str, str]
    """The hash of each file that this was made from, by its name."""
    strata: list[Drawn]
    decoders: dict[str, Measured]
    absent: dict[str, str]
    """Decoders that are not here, and why."""
    host: HostFacts
    versions: dict[str, str]
    load_before: tuple[float, float, float]
    """The machine's load averages over 1, 5 and 15 minutes, without which no figure here can be compared."""
    load_after: tuple[float, float, float]


def run_benchmark(
    sample: Sample, plan: Plan, inputs: Mapping[str, str], on_step: Callable[[str], None] = lambda _: None
) -> Benchmark:
    """Measure all decoders that are here.

    Args:
        sample: what to decode.
        plan: how much.
        inputs: names of files and their hashes.
        on_step: told what comes next.

    Raises:
        UsageError: when no decoder is here.
        DecodeWorkerError: when a process of the crew dies.
    """
    load_before = os.getloadavg()
    here, absent = _load(plan.decoders)
    if not here:
        raise UsageError(f"no decoder to measure: {'; '.join(absent.values())}")
    return Benchmark(
        format=FORMAT,
        inputs=dict(inputs),
        strata=sample.strata,
        decoders={decoder.name: _measured(sample.clips, decoder, plan, on_step) for decoder in here},
        absent=absent,
        host=host_facts(),
        versions=package_versions(PACKAGES),
        load_before=load_before,
        load_after=os.getloadavg(),
    )


def _load(names: Sequence[str]) -> tuple[list[Decoder], dict[str, str]]:
    here, absent = [], {}
    for name in names:
        try:
            here.append(load_decoder(name))
        except UsageError as error:
            absent[name] = str(error)
    return here, absent


def _measured(clips: Sequence[Clip], decoder: Decoder, plan: Plan, on_step: Callable[[str], None]) -> Measured:
    with Tars.opened() as tars:
        on_step(f"{decoder.name}: cold")
        still_cached = drop_from_cache(clips, tars)
        cold = phase(clips, measure(clips, decoder, tars), still_cached)
        on_step(f"{decoder.name}: warm")
        lap = measure(clips, decoder, tars)
    good = [clip for place, clip in enumerate(clips) if place not in lap.failures]
    workers = min(plan.most_workers, len(good))
    on_step(f"{decoder.name}: up to {workers} workers")
    return Measured(
        version=decoder.version,
        cold=cold,
        warm=phase(clips, lap),
        scaling=scaling(good, decoder.name, workers, for_s=plan.for_s, rounds=plan.rounds) if good else [],
        overhead=overhead(good[:_OVERHEAD_CLIPS], decoder, _OVERHEAD_ROUNDS) if good else 0.0,
    )


def write_benchmark(path: Path, benchmark: Benchmark) -> None:
    """Write ``benchmark.json``; it appears under its name when it is whole.

    Raises:
        OSError: when the disk refuses.
    """
    write_whole(path, msgspec.json.format(msgspec.json.encode(benchmark), indent=2) + b"\n")


def read_benchmark(path: Path) -> Benchmark:
    """Read it back.

    Raises:
        ConfigError: when it is not what :func:`write_benchmark` wrote.
        OSError: when it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Benchmark)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path}: no benchmark of ours: {printable(str(error))}; run the benchmark again") from error
