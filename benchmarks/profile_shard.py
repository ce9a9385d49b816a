"""Where gonogo's time goes when it converts a WAV or a FLAC shard.

``python -m benchmarks.profile_shard [wav|flac]``. By perf, which sees the compiled code and the kernel's, where it is
installed and allowed; else by cProfile, which sees Python's functions alone. What stops a figure is read here.
"""

from __future__ import annotations

import cProfile
import io
import os
import pstats
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import Section
from benchmarks.lane import ROOT
from benchmarks.made_shards import Shard
from benchmarks.ours import ConvertedShard
from benchmarks.plan import Plan, plan_for
from engine.host.threads import worker_environment

ROUNDS = {"wav": 20, "flac": 3}
"""Conversions in a profile: some seconds of them."""
SHOWN_LIBRARIES, SHOWN = 8, 25
"""Lines of a profile that are told: by library, then by function."""
_PERF_S = 300
"""Longer than any profile takes: one that perf never lets begin ends then."""
_OFF, _ON = b"disable\n", b"enable\n"


def profiled(plan: Plan, codec: str) -> Section:
    """Profile the conversion of one shard, several times over."""
    shard = plan.shard(codec, 100)
    told = _by_perf(plan, shard) or _by_cprofile(plan, shard)
    return Section(f"Profile of gonogo, {codec} shard", remarks=tuple(told))


def convert_often(shard_path: str, place: str, watch: Callable[[bool], None]) -> None:
    """Convert a shard as often as a profile needs; ``watch`` is told when there is something to see."""
    candidate = ConvertedShard(shard_path, place)
    for _ in range(ROUNDS[Path(shard_path).name.partition("-")[0]]):
        candidate.prepare()
        watch(True)
        candidate.run()
        watch(False)


def convert_under_perf(shard_path: str, place: str, control: str, answers: str) -> None:
    """Convert in a program that perf has started, and let perf see nothing but the conversions."""
    with Path(control).open("wb", buffering=0) as orders, Path(answers).open("rb", buffering=0) as answered:

        def watch(on: bool) -> None:
            orders.write(_ON if on else _OFF)
            answered.read(len("ack\n\0"))

        convert_often(shard_path, place, watch)


def _by_perf(plan: Plan, shard: Shard) -> list[str]:
    """Return perf's lines: share of the samples and library, then with the function; none where perf cannot be used."""
    data, control, answers = (plan.place(f"perf.{name}") for name in ("data", "control", "answers"))
    os.mkfifo(control)
    os.mkfifo(answers)
    arguments = ", ".join(repr(str(one)) for one in (shard.path, plan.place("profiled"), control, answers))
    program = f"from benchmarks.profile_shard import convert_under_perf as convert; convert({arguments})"
    record = ["perf", "record", "-q", "-F", "2000", "-D", "-1", "--control", f"fifo:{control},{answers}"]
    record += ["-o", str(data), "--", sys.executable, "-c", program]
    try:
        subprocess.run(
            record, cwd=ROOT, env=worker_environment(os.environ), check=True, capture_output=True, timeout=_PERF_S
        )
        return [*_reported(data, "dso")[:SHOWN_LIBRARIES], *_reported(data, "dso,symbol")[:SHOWN]]
    except (OSError, subprocess.SubprocessError):
        return []
    finally:
        control.unlink()
        answers.unlink()


def _reported(data: Path, by: str) -> list[str]:
    """Return the lines of perf's report."""
    argv = ["perf", "report", "-q", "--stdio", "--no-children", "--sort", by, "-i", str(data)]
    lines = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()
    return [" ".join(line.rstrip(" -").split()) for line in lines if line.strip() and not line.startswith("#")]


def _by_cprofile(plan: Plan, shard: Shard) -> list[str]:
    """Return Python's functions by their own time."""
    watched = cProfile.Profile()
    convert_often(shard.path, str(plan.place("profiled")), lambda on: watched.enable() if on else watched.disable())
    told = io.StringIO()
    pstats.Stats(watched, stream=told).strip_dirs().sort_stats("tottime").print_stats(SHOWN)
    return ["perf is not installed or not allowed here: Python's functions alone", *told.getvalue().split("\n\n")[-2:]]


def main() -> None:
    """Print the profile of one codec's conversion."""
    codec = sys.argv[1] if sys.argv[1:] else "wav"
    with plan_for(None, quick=False) as plan:
        section = profiled(plan, codec)
    sys.stdout.write("\n".join((section.title, *section.remarks)) + "\n")


if __name__ == "__main__":
    main()
