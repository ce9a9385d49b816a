"""How fast gonogo's low-pass and decimation are, against the resamplers that others use.

``python -m benchmarks.kernel [--quick]``. 16-bit mono clips in memory to 16-bit mono clips in memory, the conversion
between integers and floats included, one thread. gonogo runs once for each instruction set that this processor has, and
once without compiled code.
"""

from __future__ import annotations

import contextlib
import sys

from benchmarks.figures import Goal, Section, compared, speeds
from benchmarks.lane import Lane, race
from benchmarks.measuring import megabytes_per_s, times_as_long
from benchmarks.peers import absent
from benchmarks.plan import Plan, plan_from
from benchmarks.resamplers import NEEDS, RESAMPLERS
from engine.audio.kernel import INSTRUCTION_SETS, kernel
from engine.native import VARIABLE

PASSES = {"avx512": 12, "avx2": 8, "plain": 4, "off": 4, "soxr HQ": 3}
"""So that a round of each takes some 30 ms or more: short ones are the timer's and the scheduler's as well."""
LENGTHS_S = (0.05, 0.25, 0.5, 3.0, 30.0)
"""Further lengths of clips; 10 s is the one that the figures are about."""
_WORDS = {"avx512": "AVX-512", "avx2": "AVX2", "plain": "plain C", "off": "numpy alone"}
WHAT = "kernel, mono PCM 16, 10 s clips, speed"
GOALS = (
    ("avx512", "soxr HQ", Goal(4.8)),
    ("avx2", "soxr HQ", Goal(3)),
    ("avx512", "scipy resample_poly", Goal(15)),
)


def choices() -> tuple[str, ...]:
    """Return what gonogo's decimator can run as here, the fastest first."""
    found = kernel()
    compiled = [name for name, at in INSTRUCTION_SETS.items() if found is not None and at <= found.instruction_set]
    return (*reversed(compiled), "off")


def named(choice: str) -> str:
    """Name gonogo with a choice of its compiled code."""
    return f"gonogo, {_WORDS[choice]}"


def measure(plan: Plan) -> Section:
    """Race the kernels."""
    missing = absent()
    installed = [name for name in RESAMPLERS if NEEDS[name] not in missing]
    with contextlib.ExitStack() as stack:
        lanes = _lanes(stack, plan, 10.0, installed)
        raced = race(lanes, plan.rounds(21), plan.told("kernel"))
        figures = tuple(
            compared(f"{WHAT}: {named(isa)} / {peer}", goal, raced, theirs=peer, ours=named(isa))
            for isa, peer, goal in GOALS
        )
        best = next(iter(lanes))
        return Section("Kernel, 10 s clips", figures, speeds(raced, best), _by_length(plan, installed))


def _lanes(stack: contextlib.ExitStack, plan: Plan, clip_s: float, peers: list[str], most: int = 99) -> dict[str, Lane]:
    lanes = {}
    for choice in choices()[:most]:
        made = Lane("benchmarks.ours:Kernel", clip_s, _passes(choice, clip_s), env={VARIABLE: choice})
        lanes[named(choice)] = stack.enter_context(made)
    for name in peers:
        made = Lane("benchmarks.resamplers:KernelPeer", name, clip_s, _passes(name, clip_s))
        lanes[name] = stack.enter_context(made)
    return lanes


def _passes(name: str, clip_s: float) -> int:
    return max(1, round(PASSES.get(name, 1) * 10.0 / clip_s))


def _by_length(plan: Plan, installed: list[str]) -> tuple[str, ...]:
    """Say how the best instruction set stands to soxr at other lengths of clips."""
    if plan.quick or "soxr HQ" not in installed:
        return ()
    told = []
    for clip_s in LENGTHS_S:
        with contextlib.ExitStack() as stack:
            lanes = _lanes(stack, plan, clip_s, ["soxr HQ"], most=1)
            raced = race(lanes, plan.rounds(9), plan.told(f"kernel, {clip_s:g} s"))
        ours, theirs = (raced[name] for name in lanes)
        told.append(
            f"clips of {clip_s:g} s: gonogo {megabytes_per_s(ours)} MB/s, soxr HQ {megabytes_per_s(theirs)} MB/s, "
            f"ratio {times_as_long(theirs, ours)}"
        )
    return tuple(told)


def main() -> None:
    """Print this benchmark's part."""
    plan_from(sys.argv[1:], measure)


if __name__ == "__main__":
    main()
