"""The decode benchmark as a task: ``benchmark.json``."""

from __future__ import annotations

from pathlib import Path

from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.dataset.attended import attended
from engine.dataset.decode.benchmark import Benchmark, Measured, Plan, run_benchmark, write_benchmark
from engine.dataset.decode.sample import draw
from engine.dataset.places import MANIFEST, places_of
from engine.dataset.split.table import file_xxh3_128
from engine.dataset.tar_path import tar_path
from engine.dataset.tasks import Made, MeasureDecoding
from engine.errors import printable
from engine.units import counted


def measure_decoding(task: MeasureDecoding, pulse: Pulse) -> Made:
    """Draw clips, decode them with whatever is here, and write what came of it.

    Raises:
        InputError: when the manifest is missing or damaged.
        UsageError: when there is nothing to decode, or nothing to decode it with.
        OSError: when the disk refuses.
        StoppedError: when the worker is to stop.
    """
    places = places_of(task)

    def tar_of(source: str, shard: str, tar: str) -> Path:
        return tar_path(places.corpus, tar)

    pulse.enter("draw")
    with attended(pulse) as stop:
        manifest = places.manifest
        sample = draw(manifest, tar_of, near=places.state, clips=task.settings.clips, stop=stop)
        plan = Plan(most_workers=task.workers, for_s=task.settings.seconds)

        def on_step(step: str) -> None:
            stop.check()
            pulse.enter(step)

        benchmark = run_benchmark(sample, plan, {MANIFEST: file_xxh3_128(manifest)}, on_step)
        path = places("benchmark.json")
        write_benchmark(path, benchmark)
    return _made(benchmark, path)


def _made(benchmark: Benchmark, path: Path) -> Made:
    failures = sum(each.warm.together.failed for each in benchmark.decoders.values())
    figures: dict[str, int | float | str] = {"failed": failures, "load": round(benchmark.load_before[0], 2)}
    for name, measured in benchmark.decoders.items():
        warm, most = measured.warm.together, measured.scaling[-1] if measured.scaling else None
        figures[f"{name}_clips_per_s"] = round(warm.clips_per_s, 1)
        figures[f"{name}_x_real_time"] = round(warm.x_real_time, 1)
        if most is not None:
            figures[f"{name}_clips_per_s_together"] = round(most.clips_per_s, 1)
    return Made(
        task="",
        state=State.DONE,
        seconds=0,
        well=not failures,
        told=tuple(_told(name, measured) for name, measured in benchmark.decoders.items()),
        cautions=tuple(f"{name} was not measured: {why}" for name, why in benchmark.absent.items()),
        figures=figures,
        files=(printable(str(path)),),
    )


def _told(name: str, measured: Measured) -> str:
    cold, warm = measured.cold.together, measured.warm.together
    most = measured.scaling[-1] if measured.scaling else None
    together = f"; {most.workers} workers {most.clips_per_s:,.0f} clips/s" if most and most.workers > 1 else ""
    failed = f"; {counted(warm.failed, 'clip')} failed" if warm.failed else ""
    return (
        f"{name} {measured.version}: {warm.clips_per_s:,.0f} clips/s, {warm.mb_per_s:,.0f} MB/s, "
        f"{warm.x_real_time:,.0f} x real time, p50 {warm.p50_ms:.2f} ms, p99 {warm.p99_ms:.2f} ms "
        f"(cold {cold.clips_per_s:,.0f} clips/s){together}{failed}"
    )
