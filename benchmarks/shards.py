"""What converting a whole shard costs, WAV and FLAC, against scripts, programs and bare libFLAC: processor time.

``python -m benchmarks.shards [--quick] [--folder ON_THE_DISK]``. gonogo does all that a worker does with a shard (see
:mod:`benchmarks.ours`): validation and swap included. The scripts write a new tar, bring it to the disk and rename it
to the original's name, and validate nothing. The originals are in the page cache.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from benchmarks.bare_flac import build_bare_flac
from benchmarks.figures import Goal, Section, compared, shares, speeds
from benchmarks.kernel import choices, named
from benchmarks.lane import Lane, race
from benchmarks.made_shards import Shard
from benchmarks.measuring import Race, Spread
from benchmarks.peers import PROGRAMS, absent
from benchmarks.plan import Plan, plan_from
from benchmarks.resamplers import NEEDS
from engine.native import VARIABLE

SHARD_MB = 100
LARGE_SHARD_MB = 400
PROGRAM_CLIPS = 20
"""Of a shard that a program a clip is run on."""
ROUNDS = 7
SCRIPTS = ("scipy resample_poly", "soxr HQ", "torchaudio's sinc", *PROGRAMS)
WAV_GOALS = {
    "scipy resample_poly": ("tarfile + soundfile + resample_poly script", Goal(10)),
    "soxr HQ": ("tarfile + soundfile + soxr script", Goal(6)),
    "sox": ("one sox process a clip", Goal(18)),
    "ffmpeg": ("one ffmpeg process a clip", Goal(100)),
    "torchaudio's sinc": ("tarfile + soundfile + torchaudio's sinc script", None),
}
_NEEDED = {**NEEDS, **{name: name for name in PROGRAMS}}


def measure(plan: Plan) -> Section:
    """Race over WAV shards, by processor time."""
    shard, large = plan.shard("wav", SHARD_MB), plan.shard("wav", LARGE_SHARD_MB)
    missing = absent()
    with contextlib.ExitStack() as stack:
        lanes = {named(isa): stack.enter_context(gonogo_lane(plan, shard, isa)) for isa in choices()}
        best = next(iter(lanes))
        lanes[f"{best}, {LARGE_SHARD_MB} MB"] = stack.enter_context(gonogo_lane(plan, large, choices()[0]))
        for name in SCRIPTS:
            if _NEEDED[name] not in missing:
                lanes[_theirs(name)] = stack.enter_context(_script(plan, shard, name))
        raced = race(lanes, plan.rounds(ROUNDS), plan.told("WAV shards"))
    figures = tuple(
        compared(
            f"WAV shard with full validation, CPU: {words} / gonogo",
            goal,
            raced,
            theirs=_theirs(name),
            ours=best,
            note=missing.get(_NEEDED[name], ""),
        )
        for name, (words, goal) in WAV_GOALS.items()
    )
    return Section(f"WAV shard of {SHARD_MB} MB, 10 s clips, mono", figures, speeds(raced, best), _stages(raced, best))


def measure_flac(plan: Plan) -> Section:
    """Race over a FLAC shard, by processor time."""
    shard, missing = plan.shard("flac", SHARD_MB), absent()
    with contextlib.ExitStack() as stack:
        lanes = {named(isa): stack.enter_context(gonogo_lane(plan, shard, isa)) for isa in (choices()[0], "off")}
        best = next(iter(lanes))
        for name in ("soxr HQ", "scipy resample_poly"):
            if _NEEDED[name] not in missing:
                lanes[_theirs(name)] = stack.enter_context(_script(plan, shard, name))
        bare = _bare(plan, shard, lanes[best])
        if bare is not None:
            lanes["bare libFLAC"] = stack.enter_context(bare)
        raced = race(lanes, plan.rounds(ROUNDS), plan.told("FLAC shards"))
    what = "FLAC shard with full validation, CPU"
    script = f"{what}: tarfile + soundfile + soxr + soundfile script / gonogo"
    libflac = f"{what}: bare libFLAC decode + encode / gonogo"
    figures = (
        compared(script, Goal(1.3), raced, theirs=_theirs("soxr HQ"), ours=best, note=missing.get("soxr", "")),
        compared(libflac, Goal(0.85), raced, theirs="bare libFLAC", ours=best, note="apt install libflac-dev gcc"),
    )
    return Section(f"FLAC shard of {SHARD_MB} MB of PCM", figures, speeds(raced, best), _stages(raced, best))


def _theirs(name: str) -> str:
    return f"{name}, a process a clip" if name in PROGRAMS else f"script with {name}"


def gonogo_lane(plan: Plan, shard: Shard, isa: str, state: str = "hot") -> Lane:
    """Return gonogo as a candidate on one shard, which lies in the page cache (``hot``) or does not (``cold``)."""
    place = _place(plan, shard, f"{named(isa)} {state}")
    return Lane("benchmarks.ours:ConvertedShard", shard.path, place, state, env={VARIABLE: isa})


def _place(plan: Plan, shard: Shard, name: str) -> Path:
    return plan.place(f"{name}-{Path(shard.path).stem}")


def _script(plan: Plan, shard: Shard, name: str) -> Lane:
    at_most = str(PROGRAM_CLIPS) if name in PROGRAMS else ""
    return Lane("benchmarks.peers:ShardScript", name, shard.path, _place(plan, shard, name), at_most)


def _bare(plan: Plan, shard: Shard, ours: Lane) -> Lane | None:
    """Bare libFLAC encodes what gonogo makes of the shard: the same samples."""
    binary = build_bare_flac(plan.folder)
    if binary is None:
        return None
    ours.round()
    converted = _place(plan, shard, f"{named(choices()[0])} hot") / "shard" / "audio.tar"
    return Lane("benchmarks.bare_flac:BareFlac", binary, shard.path, converted, plan.place("bare"))


def _stages(raced: Race, ours: str) -> tuple[str, ...]:
    """Say what each stage of our conversion costs: the medians over the rounds."""
    costs = raced[ours]
    parts = {name: Spread.of(cost.parts.get(name, 0.0) for cost in costs).middle for name in costs[0].parts}
    return (f"CPU of {ours} by stage: {shares(parts)}",)


def main() -> None:
    """Print this benchmark's parts."""
    for part in (measure, measure_flac):
        plan_from(sys.argv[1:], part)


if __name__ == "__main__":
    main()
