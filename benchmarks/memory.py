"""How much memory a worker takes at most: the real worker program, fed with one task as an engine feeds it.

``python -m benchmarks.memory [--quick]``. The peak is the kernel's own count (VmHWM of proc(5)), read when the worker
has answered; shards of two sizes show that it does not grow with them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from benchmarks.figures import Figure, Goal, Section
from benchmarks.lane import ROOT
from benchmarks.made_shards import Shard, fresh_copy
from benchmarks.measuring import Spread
from benchmarks.ours import convert_task
from benchmarks.plan import Plan, plan_from
from engine.convert.tasks import Result
from engine.crew.answers import Progress, State
from engine.host.threads import worker_environment
from engine.run.child import Beat, Ready
from engine.run.limits import WorkerLimits, with_orders

GOAL = Goal(64, at_least=False, unit=" MB")
SHARDS = (("wav", 100, 10.0), ("wav", 400, 10.0), ("wav", 100, 0.1), ("flac", 100, 10.0))
"""Codec, MB of PCM, seconds a clip."""
ROUNDS = 3
_Message = Ready | Beat | Progress | Result


def measure(plan: Plan) -> Section:
    """Have real workers convert one shard each."""
    return Section("Memory of a worker", tuple(_figure(plan, *shape) for shape in SHARDS))


def _figure(plan: Plan, codec: str, megabytes: int, clip_s: float) -> Figure:
    shard = plan.shard(codec, megabytes, clip_s)
    peaks = []
    for at in range(plan.rounds(ROUNDS)):
        place = plan.place(f"memory-{codec}-{megabytes}-{clip_s:g}-{at}")
        fresh_copy(shard, place, cold=False)
        peaks.append(peak_bytes(shard, place) / 1e6)
    return Figure(f"peak memory of a worker: {codec}, {megabytes} MB, clips of {clip_s:g} s", GOAL, Spread.of(peaks))


def peak_bytes(shard: Shard, place: Path) -> int:
    """Start a worker, have it convert the shard in a folder, and return the most memory that it ever held."""
    with subprocess.Popen(
        [sys.executable, "-m", "engine.convert.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=with_orders(worker_environment(os.environ), WorkerLimits()),
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(msgspec.json.encode(convert_task(place)) + b"\n")
        worker.stdin.flush()
        for line in worker.stdout:
            message = msgspec.json.decode(line, type=_Message)
            if isinstance(message, Result):
                assert message.state is State.DONE, f"{shard.path}: the conversion ended as {message}"
                return _peak_of(worker.pid)
    raise SystemExit("the worker ended without an answer; why stands above")


def _peak_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def main() -> None:
    """Print this benchmark's part."""
    plan_from(sys.argv[1:], measure)


if __name__ == "__main__":
    main()
