"""One shard converted into scratch with a stopwatch: what it took of the worker, the CPUs and the disk."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from engine.convert.evidence import contradiction
from engine.convert.listening import keep_pairs
from engine.convert.make import Made, make
from engine.convert.shard import demand_plain
from engine.convert.tasks import Conversion, Measure, Measured, Result
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.crew.wire import from_wire
from engine.errors import DamagedError, UnsupportedError
from engine.shards.contents import Kind, examine
from engine.shards.files import Files

_ASIDE = (Kind.RESULT, Kind.WIDE, Kind.SILENT)
"""Nothing to convert in these, hence nothing to measure."""


@dataclass(frozen=True, slots=True)
class _Meter:
    """What this process had used at one moment."""

    at_s: float
    cpu_s: float
    cpu_wait_s: float
    disk_read_bytes: int
    disk_written_bytes: int

    @classmethod
    def read(cls) -> _Meter:
        fetched, written = _disk_bytes()
        return cls(time.monotonic(), time.process_time(), _cpu_wait_s(), fetched, written)

    def since(self, before: _Meter, codec: str, stages: dict[str, float]) -> Measured:
        """Tell what was used between two moments."""
        return Measured(
            codec=codec,
            seconds=self.at_s - before.at_s,
            cpu_s=self.cpu_s - before.cpu_s,
            cpu_wait_s=self.cpu_wait_s - before.cpu_wait_s,
            stages=stages,
            disk_read_bytes=self.disk_read_bytes - before.disk_read_bytes,
            disk_written_bytes=self.disk_written_bytes - before.disk_written_bytes,
        )


def measure_shard(files: Files, task: Measure, pulse: Pulse) -> Result:
    """Convert a shard into scratch, prove and delete the result, and tell what that took.

    Raises:
        InputError: when the shard cannot be converted.
        OSError: when the machine refuses.
        StopRequestedError: when the worker is to stop.
    """
    # Loaded before the stopwatch starts: a conversion of thousands of shards pays for this once.
    import engine.audio.check  # noqa: F401, PLC0415

    names = task.shard.files
    demand_plain(files, names)
    with files.open(names.audio, uncached=True):
        pass  # its pages are out of the cache now: the disk is measured, not the memory
    before = _Meter.read()
    pulse.enter("read")
    contents = examine(files, names.audio, pulse.tick)
    if contents.kind in _ASIDE:
        return Result(task=task.task, state=State.SKIPPED, seconds=0, note=str(contents.kind))
    if contents.fault is not None:
        raise (DamagedError if contents.kind is Kind.DAMAGED else UnsupportedError)(contents.fault)
    flags = contradiction(files, task.shard, contents, task.aliases)
    target = from_wire(task.scratch) / f"{os.getpid()}.16k.tar"
    made = make(
        files,
        names.audio,
        target,
        contents,
        spot_checks=task.spot_checks,
        flags=flags,
        pulse=pulse,
        threads=task.threads,
    )
    stages = pulse.stages()
    after = _Meter.read()
    try:
        if task.listen:
            folder = from_wire(task.listen)
            keep_pairs(files, names.audio, target, contents, folder=folder, count=task.listen_clips)
    finally:
        files.unlink(target)
    codec = "+".join(sorted({clip.codec for clip in contents.clips.values()}))
    return _told(task, made, after.since(before, codec, stages))


def _told(task: Measure, made: Made, measured: Measured) -> Result:
    conversion = Conversion(original=made.rewritten.original, result=made.rewritten.result, tally=made.tally)
    return Result(
        task=task.task,
        state=State.PENDING,
        seconds=0,
        conversion=conversion,
        flags=made.tally.flags,
        measured=measured,
    )


def _cpu_wait_s() -> float:
    """Return how long this process was ready to run while others had the CPUs (proc(5), schedstat: nanoseconds)."""
    try:
        return int(Path("/proc/self/schedstat").read_bytes().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def _disk_bytes() -> tuple[int, int]:
    """Return what this process had fetched from disks and sent to them (proc(5), io)."""
    try:
        lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
        fields = dict(line.split(": ", 1) for line in lines)
        return int(fields["read_bytes"]), int(fields["write_bytes"])
    except (OSError, KeyError, ValueError):
        return 0, 0
