"""gonogo as a candidate: what one worker does with one shard, and its kernel alone.

A round of a shard is all of a worker's task: the lease, the walk of the tar, the conversion beside the original, fsync,
reading it back from the disk, the hash of the whole, the comparison with the original and its spot checks, the clip
table, the record and the swap. Each round has a fresh copy of the shard, since it replaces it.
"""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.lane import Work
from benchmarks.made_shards import fresh_copy, kernel_clips, shard_at, wav
from engine.audio.clip import convert_clip
from engine.config import Settings
from engine.convert.answer import answer
from engine.convert.tasks import Convert
from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.crew.wire import ShardRef, to_wire
from engine.host.memory import keep_freed_memory
from engine.shards.files import RealFiles


class CpuPulse(Pulse):
    """A worker's pulse that keeps the processor time of each stage."""

    def __init__(self) -> None:
        self.stage_cpu_s: dict[str, float] = {}
        self._within = ""
        self._since_s = time.process_time()
        super().__init__("1", lambda _: None, lambda: False)

    def enter(self, stage: str, *, of_bytes: int = 0, may_stop: bool = True) -> None:
        """See :meth:`Pulse.enter`."""
        self.close(stage)
        super().enter(stage, of_bytes=of_bytes, may_stop=may_stop)

    def close(self, following: str = "") -> None:
        """Charge what has passed to the stage that ends."""
        at = time.process_time()
        name = self._within or "begin"
        self.stage_cpu_s[name] = self.stage_cpu_s.get(name, 0.0) + at - self._since_s
        self._within, self._since_s = following, at


def convert_task(folder: Path, *, spot_checks: int | None = None) -> Convert:
    """Ask for the conversion of the shard in a folder as an engine does, with the settings' own spot checks."""
    checks = Settings().convert.spot_checks if spot_checks is None else spot_checks
    ref = ShardRef(folder=to_wire(folder), audio_name="audio.tar", lone=False, sidecar=None, lock=None)
    table = to_wire(folder.parent / "clips" / f"{folder.name}.jsonl.gz")
    return Convert(shard=ref, task="1", run="bench", tool="gonogo bench", spot_checks=checks, clips=table)


class ConvertedShard:
    """One task of a worker, in this process."""

    def __init__(self, source: str, folder: str, state: str = "hot") -> None:
        self._shard = shard_at(source)
        self._folder = Path(folder) / "shard"
        self._cold = state == "cold"
        self._files = RealFiles()
        keep_freed_memory()  # as the worker program does

    def prepare(self) -> None:
        """Put a fresh copy there."""
        fresh_copy(self._shard, self._folder, cold=self._cold)

    def run(self) -> Work:
        """Convert and swap it."""
        pulse = CpuPulse()
        result = answer(self._files, convert_task(self._folder), pulse)
        pulse.close()
        if result.state is not State.DONE:
            raise SystemExit(f"{self._shard.path}: the conversion ended as {result.state}: {result.fault}")
        return Work(self._shard.pcm_bytes, pulse.stage_cpu_s)


class Kernel:
    """The clips' conversion alone: WAV in memory to WAV in memory."""

    def __init__(self, clip_s: str, passes: str = "1") -> None:
        self._clips = [wav(clip) for clip in kernel_clips(float(clip_s))]
        self._passes = int(passes)

    def prepare(self) -> None:
        """Nothing to make ready."""

    def run(self) -> Work:
        """Convert all clips, as often as was asked for."""
        for _ in range(self._passes):
            for clip in self._clips:
                convert_clip(clip)
        return Work(self._passes * sum(map(len, self._clips)))
