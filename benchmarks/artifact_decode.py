"""What the decode benchmark's own measuring costs: its loop beside a bare one, by processor time.

``python -m benchmarks.artifact_decode [--quick]``. The clips are what a conversion leaves: 16 kHz, mono, 16-bit, 5.9 s
in the mean, as WAV and as FLAC. Once the benchmark says itself what it costs, as it does in each ``benchmark.json``;
once its loop runs in processes of its own beside processes with a loop that is written anew here: pread, soundfile, and
nothing else. A few processes of each, for where a process's memory lies is worth a per cent; bare ones held against
bare ones show what such a comparison can see.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
import soundfile

from benchmarks.artifact_padding import drawn
from benchmarks.figures import Figure, Goal, Section
from benchmarks.lane import Lane, Work, race
from benchmarks.made_shards import Pcm, cut, tape
from benchmarks.measuring import Race, Spread, figure
from benchmarks.plan import Plan, plan_from
from engine.dataset.decode.clip import Clip, Tars
from engine.dataset.decode.decoders import load_decoder
from engine.dataset.decode.loop import measure as measuring
from engine.dataset.decode.loop import overhead

RATE_HZ: Final = 16_000
CODECS: Final = ("wav", "flac")
CLIPS: Final = 300
QUICK_CLIPS: Final = 40
SHORT_S: Final = 0.5
"""A clip that decodes in a fraction of the time, and is measured in the same: where a loop's own cost shows most."""
ROUNDS: Final = 31
PROCESSES: Final = 4
"""Of each loop."""
OWN_CLIPS, OWN_ROUNDS = 200, 9
"""As the benchmark itself does it."""
OWN_TIMES: Final = 9
GOAL: Final = Goal(3, at_least=False, unit=" %")
BARE, MEASURED = "bare", "measured"


class Loop:
    """One of the two loops over all clips, a candidate of a race."""

    def __init__(self, kind: str, clips: str) -> None:
        self._clips = msgspec.json.decode(Path(clips).read_bytes(), type=list[Clip])
        self._go = {BARE: _bare, MEASURED: _measured}[kind]

    def prepare(self) -> None:
        """Nothing to make ready: after the first round all is in the cache."""

    def run(self) -> Work:
        """Go over the clips once."""
        return Work(sum(clip.size_bytes for clip in self._clips), cpu_s=self._go(self._clips))


def _bare(clips: Sequence[Clip]) -> float:
    """Read and decode; return the seconds of CPU."""
    places = [(clip.offset_bytes, clip.size_bytes) for clip in clips]
    descriptor = os.open(clips[0].tar, os.O_RDONLY)
    began = time.thread_time()
    for offset_bytes, size_bytes in places:
        soundfile.read(io.BytesIO(os.pread(descriptor, size_bytes, offset_bytes)), dtype="float32")
    took_s = time.thread_time() - began
    os.close(descriptor)
    return took_s


def _measured(clips: Sequence[Clip]) -> float:
    """Measure as the benchmark does; return the seconds of CPU."""
    decoder = load_decoder("soundfile")
    with Tars.opened() as tars:
        tars.descriptor(clips[0].tar)
        began = time.thread_time()
        lap = measuring(clips, decoder, tars)
        took_s = time.thread_time() - began
    assert not lap.failures, lap.failures
    return took_s


def measure(plan: Plan) -> Section:
    """Hold the benchmark's loop against bare ones."""
    figures, remarks, count = list[Figure](), list[str](), QUICK_CLIPS if plan.quick else CLIPS
    for codec in CODECS:
        clips = make_tar(plan.place(f"decode.{codec}.tar"), codec, drawn(1, count)[0].tolist())
        file = plan.place(f"decode.{codec}.json")
        file.write_bytes(msgspec.json.encode(clips))
        raced = _raced(plan, codec, file)
        name = f"decode benchmark, {codec}: its overhead over a bare loop, as it says itself"
        figures += (_own_word(plan, name, clips), *_beside_bare(codec, raced))
        remarks.append(_told(codec, clips, raced))
    short = make_tar(plan.place("decode.short.tar"), "wav", [SHORT_S] * count)
    figures.append(
        _own_word(
            plan, f"decode benchmark, wav clips of {SHORT_S:g} s: its overhead, as it says itself, %", short, goal=None
        )
    )
    return Section("Decode benchmark", tuple(figures), remarks=tuple(remarks))


def make_tar(path: Path, codec: str, lengths_s: Sequence[float]) -> list[Clip]:
    """Write clips of these lengths, and list them."""
    sound, frames = tape(), [round(clip_s * RATE_HZ) for clip_s in lengths_s]
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for number, length in enumerate(frames):
            data = _encoded(cut(sound, length, number), codec)
            header = tarfile.TarInfo(f"clip_{number:06d}.{codec}")
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    with tarfile.open(path) as tar:
        return [
            Clip(
                tar=str(path),
                offset_bytes=member.offset_data,
                size_bytes=member.size,
                codec=codec,
                source="bench",
                duration_s=length / RATE_HZ,
            )
            for member, length in zip(tar, frames, strict=True)
        ]


def _encoded(samples: Pcm, codec: str) -> bytes:
    stored = io.BytesIO()
    soundfile.write(stored, samples, RATE_HZ, format=codec.upper(), subtype="PCM_16")
    return stored.getvalue()


def _raced(plan: Plan, codec: str, clips: Path) -> Race:
    with contextlib.ExitStack() as stack:
        lanes = {
            f"{kind} {number}": stack.enter_context(Lane("benchmarks.artifact_decode:Loop", kind, clips))
            for number in range(PROCESSES)
            for kind in (BARE, MEASURED)
        }
        return race(lanes, plan.rounds(ROUNDS), plan.told(f"decode, {codec}"))


def _own_word(plan: Plan, name: str, clips: list[Clip], goal: Goal | None = GOAL) -> Figure:
    decoder, times = load_decoder("soundfile"), plan.rounds(OWN_TIMES)
    said = Spread.of(100 * overhead(clips[:OWN_CLIPS], decoder, OWN_ROUNDS) for _ in range(times))
    return Figure(name, goal, said)


def _beside_bare(codec: str, raced: Race) -> tuple[Figure, ...]:
    bare, measured = (_cpu_s(raced, kind) for kind in (BARE, MEASURED))
    name = f"decode benchmark, {codec}: beside a bare loop in processes of its own"
    return (
        Figure(name, GOAL, _per_cent_more(measured, bare)),
        Figure(f"{codec}: bare loops beside bare loops, %", None, _per_cent_more(bare[::2], bare[1::2])),
    )


def _cpu_s(raced: Race, kind: str) -> list[float]:
    """Return for each process what a round takes it: the median, since a burst of load lasts a round or two."""
    return [median(cost.cpu_s for cost in raced[f"{kind} {number}"]) for number in range(PROCESSES)]


def _per_cent_more(some: Sequence[float], others: Sequence[float]) -> Spread:
    return Spread.of(100 * (one / other - 1) for one, other in zip(some, others, strict=True))


def _told(codec: str, clips: Sequence[Clip], raced: Race) -> str:
    bare_us, measured_us = (1e6 * median(_cpu_s(raced, kind)) / len(clips) for kind in (BARE, MEASURED))
    seconds = sum(clip.duration_s for clip in clips) / len(clips)
    return (
        f"{codec}: {len(clips)} clips of {figure(seconds)} s in the mean, {figure(bare_us)} µs of CPU a clip bare, "
        f"{figure(measured_us)} µs measured"
    )


def main() -> None:
    """Print this benchmark's part."""
    plan_from(sys.argv[1:], measure)


if __name__ == "__main__":
    main()
